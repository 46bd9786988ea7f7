//! Which words are there, and how is each read?

use crate::model::{Field, Item};

/// A piece of text that is written without a space.
pub(super) struct Word {
    pub(super) written: &'static str,
    /// How it is seen: composed, without what is invisible.
    pub(super) seen: &'static str,
    /// Its readings: position of the first word, position after the last, folded form.
    pub(super) reads: &'static [(u32, u32, &'static str)],
}

impl Word {
    /// Positions that it takes.
    pub(super) fn positions(&self) -> u32 {
        self.reads
            .iter()
            .map(|(_, after, _)| *after)
            .max()
            .unwrap_or(0)
    }

    /// Where its single words begin and end, as they are seen. A possessive is none.
    fn parts(&self) -> Vec<(usize, usize)> {
        let alone = |char| matches!(char, 'ก'..='๛' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣');
        let mut parts = Vec::new();
        let mut start = None;
        for (at, char) in self.seen.char_indices() {
            let joint = matches!(char, '\'' | '’' | '-' | '.' | ',' | '+' | '#');
            if joint || alone(char) {
                parts.extend(start.take().map(|start| (start, at)));
            }
            if alone(char) {
                parts.push((at, at + char.len_utf8()));
            } else if !joint && start.is_none() {
                start = Some(at);
            }
        }
        parts.extend(start.map(|start| (start, self.seen.len())));
        parts
    }

    /// Whether it has one reading of one word.
    pub(super) fn is_simple(&self) -> bool {
        self.reads.len() == 1
    }
}

macro_rules! words {
    ($($written:literal $(as $seen:literal)?: $($first:literal-$after:literal $form:literal),+;)*) => {
        &[$(Word {
            written: $written,
            seen: words!(@ $written $($seen)?),
            reads: &[$(($first, $after, $form)),+],
        }),*]
    };
    (@ $written:literal) => { $written };
    (@ $written:literal $seen:literal) => { $seen };
}

/// From the definition of a word: Latin, Cyrillic, Greek, Arabic, Hebrew, Devanagari, Han, Kana,
/// Hangul and Thai.
pub(super) const WORDS: &[Word] = words! {
    "a": 0-1 "a";
    "Russia": 0-1 "russia";
    "RUSSIA": 0-1 "russia";
    "Rus\u{AD}sia" as "Russia": 0-1 "russia";
    "ｒｕｓｓｉａ" as "russia": 0-1 "russia";
    "China": 0-1 "china";
    "China's": 0-1 "china";
    "china’s": 0-1 "china";
    "navy": 0-1 "navy";
    "Navy": 0-1 "navy";
    "military": 0-1 "military";
    "militaries": 0-1 "militaries";
    "militia": 0-1 "militia";
    "drill": 0-1 "drill";
    "drills": 0-1 "drills";
    "dril": 0-1 "dril";
    "sanction": 0-1 "sanction";
    "sanctions": 0-1 "sanctions";
    "Sanctioned": 0-1 "sanctioned";
    "US": 0-1 "us";
    "us": 0-1 "us";
    "U.S.": 0-1 "u", 1-2 "s", 0-2 "us";
    "C": 0-1 "c";
    "C++": 0-1 "c", 0-1 "c++";
    "C#": 0-1 "c", 0-1 "c#";
    "5G": 0-1 "5g";
    "1,000": 0-1 "1", 1-2 "000", 0-2 "1000";
    "1000": 0-1 "1000";
    "COVID-19": 0-1 "covid", 1-2 "19", 0-2 "covid19";
    "Covid19": 0-1 "covid19";
    "O'Brien": 0-1 "o", 1-2 "brien", 0-2 "obrien";
    "O’Brien": 0-1 "o", 1-2 "brien", 0-2 "obrien";
    "obrien": 0-1 "obrien";
    "l'Iran": 0-1 "l", 1-2 "iran", 0-2 "liran";
    "Iran": 0-1 "iran";
    "Iranian": 0-1 "iranian";
    "co-operation": 0-1 "co", 1-2 "operation", 0-2 "cooperation";
    "cooperation": 0-1 "cooperation";
    "operation": 0-1 "operation";
    "d’Al-Qaida": 0-1 "d", 1-2 "al", 2-3 "qaida", 0-2 "dal", 1-3 "alqaida", 0-3 "dalqaida";
    "Al-Qaida": 0-1 "al", 1-2 "qaida", 0-2 "alqaida";
    "Straße": 0-1 "strasse";
    "STRASSE": 0-1 "strasse";
    "café": 0-1 "cafe";
    "cafe\u{301}" as "café": 0-1 "cafe";
    "Cafe": 0-1 "cafe";
    "İstanbul": 0-1 "istanbul";
    "ıstanbul": 0-1 "istanbul";
    "Łódź": 0-1 "lodz";
    "Uzbekistan": 0-1 "uzbekistan";
    "Pakistan": 0-1 "pakistan";
    "Zelensky": 0-1 "zelensky";
    "Zelenskyy": 0-1 "zelenskyy";
    "Zelenski": 0-1 "zelenski";
    "ёлка": 0-1 "елка";
    "ЕЛКА": 0-1 "елка";
    "ракета": 0-1 "ракета";
    "ракеты": 0-1 "ракеты";
    "Ракетой": 0-1 "ракетой";
    "флот": 0-1 "флот";
    "Флота": 0-1 "флота";
    "Αθήνα": 0-1 "αθηνα";
    "ΑΘΗΝΑ": 0-1 "αθηνα";
    "στόλος": 0-1 "στολοσ";
    "ΣΤΟΛΟΣ": 0-1 "στολοσ";
    "الصين": 0-1 "الصين";
    "الصِّين": 0-1 "الصين";
    "أوكرانيا": 0-1 "اوكرانيا";
    "اوكرانيا": 0-1 "اوكرانيا";
    "ישראל": 0-1 "ישראל";
    "יִשְׂרָאֵל": 0-1 "ישראל";
    "भारत": 0-1 "भारत";
    "भारतीय": 0-1 "भारतीय";
    "सेना": 0-1 "सेना";
    "北京": 0-1 "北", 1-2 "京";
    "北方": 0-1 "北", 1-2 "方";
    "东京": 0-1 "东", 1-2 "京";
    "ミサイル": 0-1 "ミ", 1-2 "サ", 2-3 "イ", 3-4 "ル";
    "한국": 0-1 "한", 1-2 "국";
    "한국은": 0-1 "한", 1-2 "국", 2-3 "은";
    "ไทย": 0-1 "ไ", 1-2 "ท", 2-3 "ย";
};

/// What may stand between two words.
const BETWEEN: [&str; 14] = [
    " ", " ", " ", "  ", ", ", ". ", "\n", " — ", "/", "\u{A0}", " «", "» ", "… ", " (",
];

/// Inflected forms of one word each, with their language.
pub(super) const FAMILIES: [(&str, &[&str]); 6] = [
    ("en", &["military", "militaries"]),
    ("en", &["zelensky", "zelenski"]),
    ("en", &["sanction", "sanctions", "sanctioned"]),
    ("en", &["drill", "drills"]),
    ("ru", &["ракета", "ракеты", "ракетой"]),
    ("ru", &["флот", "флота"]),
];

/// Feeds with the words of their names.
pub(super) const FEEDS: [(&str, &[&str]); 3] = [
    ("BBC World", &["bbc", "world"]),
    ("Morning Navy News", &["morning", "navy", "news"]),
    ("中文", &["中", "文"]),
];

/// Links with their words and sites.
pub(super) const LINKS: [(&str, &[&str], &[&str]); 3] = [
    (
        "https://news.example.org/asia/navy",
        &["https", "news", "example", "org", "asia", "navy"],
        &["news.example.org", "example.org"],
    ),
    (
        "https://example.org/russia?id=5g",
        &["https", "example", "org", "russia", "id", "5g"],
        &["example.org"],
    ),
    (
        "http://tass.example/1000",
        &["http", "tass", "example", "1000"],
        &["tass.example"],
    ),
];

pub(super) const TAGS: [&str; 3] = ["asia", "navy", "east"];

pub(super) const LANGUAGES: [&str; 3] = ["en", "ru", "zh"];

/// Word lists, each entry as written and as the readings of its words.
pub(super) const LISTS: [(&str, &[(&str, Entry)]); 2] = [
    (
        "russia",
        &[
            ("Russia", Entry::Row(&["russia"])),
            ("Russian*", Entry::Begins("russian")),
            ("Moscow", Entry::Row(&["moscow"])),
            ("Soviet Union", Entry::Row(&["soviet", "union"])),
            ("ракета", Entry::Row(&["ракета"])),
        ],
    ),
    (
        "asia",
        &[
            ("China", Entry::Row(&["china"])),
            ("*stan", Entry::Ends("stan")),
            ("北京", Entry::Row(&["北", "京"])),
            ("navy drill", Entry::Row(&["navy", "drill"])),
        ],
    ),
];

/// An entry of a list.
pub(super) enum Entry {
    Row(&'static [&'static str]),
    Begins(&'static str),
    Ends(&'static str),
}

/// One reading of some words of a text.
#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) first: u32,
    pub(super) after: u32,
    pub(super) form: &'static str,
    /// Where what it is a reading of begins and ends in the text as it is seen.
    pub(super) seen: (usize, usize),
}

/// A text with its words.
pub(super) struct Text {
    pub(super) field: Field,
    pub(super) tokens: Vec<Token>,
    /// The text as it is seen, with single spaces.
    pub(super) seen: String,
}

/// An item with what stands in it.
pub(super) struct Made {
    pub(super) item: Item,
    pub(super) feed: &'static str,
    pub(super) tags: Vec<String>,
    pub(super) sites: &'static [&'static str],
    pub(super) texts: Vec<Text>,
}

impl Made {
    pub(super) fn new(random: &mut fastrand::Rng) -> Made {
        let mut texts = Vec::new();
        let mut write = |random: &mut fastrand::Rng, field, least: usize, most: usize| {
            let (text, written) = text(random, field, least, most);
            texts.push(text);
            written
        };
        let title = write(random, Field::Title, 0, 4);
        let body = write(random, Field::Body, 0, 9);
        let authors = (0..random.usize(..3))
            .map(|_| write(random, Field::Author, 1, 2))
            .collect();
        let categories = (0..random.usize(..3))
            .map(|_| write(random, Field::Category, 1, 2))
            .collect();
        let (feed, words) = FEEDS[random.usize(..FEEDS.len())];
        texts.push(row(Field::Feed, feed, words));
        let link = (random.u32(..4) > 0).then(|| &LINKS[random.usize(..LINKS.len())]);
        if let Some((link, words, _)) = link {
            texts.push(row(Field::Link, link, words));
        }
        let tags = TAGS
            .iter()
            .filter(|_| random.bool())
            .map(|tag| (*tag).to_owned())
            .collect();
        // Without one it would be recognised, which is not what is checked here: "und" is none.
        let language = LANGUAGES.get(random.usize(..5)).unwrap_or(&"und");
        Made {
            item: Item {
                key: String::new(),
                link: link.map(|(link, ..)| (*link).to_owned()),
                canonical_link: None,
                title,
                body,
                authors,
                categories,
                published: None,
                language: Some((*language).to_owned()),
            },
            feed,
            tags,
            sites: link.map_or(&[], |(.., sites)| *sites),
            texts,
        }
    }
}

/// A text of single words.
fn row(field: Field, written: &str, words: &[&'static str]) -> Text {
    let lower = written.to_lowercase();
    let mut from = 0;
    let token = |(first, form): (u32, &&'static str)| {
        let start = from + lower[from..].find(form).unwrap();
        from = start + form.len();
        Token {
            first,
            after: first + 1,
            form,
            seen: (start, from),
        }
    };
    Text {
        field,
        tokens: (0..).zip(words).map(token).collect(),
        seen: written.to_owned(),
    }
}

/// The number of the word after one: some follow each other often, so that phrases are found.
pub(super) fn after(random: &mut fastrand::Rng, number: usize) -> usize {
    if random.u32(..3) > 0 {
        return (5 * number + 3) % WORDS.len();
    }
    random.usize(..WORDS.len())
}

/// A text of so many words, with what is written.
fn text(random: &mut fastrand::Rng, field: Field, least: usize, most: usize) -> (Text, String) {
    let (mut written, mut seen) = (String::new(), String::new());
    let mut tokens = Vec::new();
    let mut position = 0;
    let mut number = random.usize(..WORDS.len());
    for count in 0..random.usize(least..=most) {
        if count > 0 {
            let between = BETWEEN[random.usize(..BETWEEN.len())];
            written.push_str(between);
            let blank = between.trim().is_empty();
            seen.push_str(if blank { " " } else { between });
        }
        number = after(random, number);
        let word = &WORDS[number];
        written.push_str(word.written);
        let from = seen.len();
        seen.push_str(word.seen);
        let parts = word.parts();
        tokens.extend(word.reads.iter().map(|(first, after, form)| Token {
            first: position + first,
            after: position + after,
            form,
            seen: (
                from + parts[*first as usize].0,
                from + if form.ends_with(['+', '#']) {
                    word.seen.len()
                } else {
                    parts[*after as usize - 1].1
                },
            ),
        }));
        position += word.positions();
    }
    let text = Text {
        field,
        tokens,
        seen,
    };
    (text, written)
}
