//! What does a query say, and how may it be written?

use super::world::{
    Entry, FAMILIES, LANGUAGES, LINKS, LISTS, Made, TAGS, Text, WORDS, Word, after,
};
use crate::model::Field;

/// The kinds of queries, by number.
pub(super) const KINDS: [&str; 21] = [
    "word", "phrase", "gap", "prefix", "suffix", "exact", "stem", "edits", "regex", "list",
    "every", "site", "tag", "lang", "near", "then", "and", "or", "not", "of", "in",
];

const FIELDS: [(&str, Field); 6] = [
    ("title", Field::Title),
    ("body", Field::Body),
    ("author", Field::Author),
    ("category", Field::Category),
    ("link", Field::Link),
    ("feed", Field::Feed),
];

/// Regular expressions with the folded or written texts one of which they find.
const REGEXES: [(&str, &[&str]); 4] = [
    ("Rus{2}ia", &["Russia"]),
    ("(?i)navy", &["navy", "Navy", "NAVY"]),
    ("[0-9]G", &["5G"]),
    ("京|국", &["京", "국"]),
];

const PREFIXES: [&str; 7] = ["militar", "mili", "co", "ракет", "भारत", "us", "sanc"];

const SUFFIXES: [&str; 5] = ["stan", "ation", "ia", "ns", "ета"];

/// One word of a phrase.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// The number of a word.
    Is(usize),
    /// Any one word.
    Gap,
}

/// A query before it is written.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    /// Words in a row. Whether it is written with quotes even if it need not be.
    Words(Vec<Part>, bool),
    Prefix(&'static str),
    Suffix(&'static str),
    /// Words spelled so.
    Exact(Vec<usize>),
    /// Any form of a word of a family, which may also be asked for by a rule that stems everything.
    Stem(&'static str, bool),
    Edits(&'static str, usize),
    Regex(usize),
    List(usize),
    Every,
    Site(&'static str),
    Tag(&'static str),
    Lang(&'static str),
    Near(Box<Ask>, Box<Ask>, u32),
    Then(Box<Ask>, Box<Ask>, u32),
    And(Vec<Ask>),
    Or(Vec<Ask>),
    /// The first, and none of the others.
    Without(Box<Ask>, Box<Ask>),
    Of(usize, Vec<Ask>),
    In(usize, Box<Ask>),
}

/// An item as a rule sees it.
#[derive(Clone, Copy)]
pub(super) struct View<'m> {
    pub(super) made: &'m Made,
    /// Whether the rule stems all plain words.
    pub(super) stem: bool,
}

impl View<'_> {
    /// Whether a word of a text is a form of another.
    fn is_form(self, text: &Text, form: &str, of: &str) -> bool {
        // Names and addresses are in no language.
        let spoken = matches!(text.field, Field::Title | Field::Body | Field::Category);
        let language = self.made.item.language.as_deref();
        form == of
            || spoken
                && FAMILIES.iter().any(|(code, words)| {
                    language == Some(code) && words.contains(&form) && words.contains(&of)
                })
    }
}

/// Makes queries.
pub(super) struct Maker {
    pub(super) random: fastrand::Rng,
    pub(super) plain: bool,
}

impl Maker {
    pub(super) fn query(&mut self, stem: bool) -> Ask {
        let depth = self.random.u32(..3);
        self.ask(depth, stem)
    }

    fn ask(&mut self, depth: u32, stem: bool) -> Ask {
        if depth == 0 {
            return self.leaf(stem);
        }
        let one = |maker: &mut Maker| Box::new(maker.ask(depth - 1, stem));
        let some = |maker: &mut Maker, most: usize| -> Vec<Ask> {
            (0..maker.random.usize(2..=most))
                .map(|_| maker.ask(depth - 1, stem))
                .collect()
        };
        match self.random.u32(..10) {
            0..3 => Ask::And(some(self, 3)),
            3..6 => Ask::Or(some(self, 3)),
            6..8 => Ask::Without(one(self), one(self)),
            8 if !self.plain => {
                let of = some(self, 5);
                Ask::Of(self.random.usize(1..=of.len()), of)
            }
            _ if !self.plain => {
                let inner = if self.random.bool() {
                    Ask::Or((0..2).map(|_| self.placed(stem)).collect())
                } else {
                    self.placed(stem)
                };
                Ask::In(self.random.usize(..FIELDS.len()), Box::new(inner))
            }
            _ => self.leaf(stem),
        }
    }

    fn leaf(&mut self, stem: bool) -> Ask {
        match self.random.u32(..if self.plain { 14 } else { 23 }) {
            0..7 | 10..14 => self.placed(stem),
            7..10 => {
                let (left, right) = (self.side(stem), self.side(stem));
                let distance = self.random.u32(1..6);
                if self.random.bool() {
                    Ask::Near(Box::new(left), Box::new(right), distance)
                } else {
                    Ask::Then(Box::new(left), Box::new(right), distance)
                }
            }
            14..17 => Ask::Regex(self.random.usize(..REGEXES.len())),
            17 => {
                let (.., sites) = LINKS[self.random.usize(..LINKS.len())];
                Ask::Site(sites[self.random.usize(..sites.len())])
            }
            18 => Ask::Tag(TAGS[self.random.usize(..TAGS.len())]),
            19 => Ask::Lang(LANGUAGES[self.random.usize(..LANGUAGES.len())]),
            20 => Ask::Every,
            _ => {
                let field = self.random.usize(..FIELDS.len());
                Ask::In(field, Box::new(self.placed(stem)))
            }
        }
    }

    /// One side of NEAR or THEN.
    fn side(&mut self, stem: bool) -> Ask {
        if self.random.u32(..4) == 0 {
            return Ask::Or((0..2).map(|_| self.placed(stem)).collect());
        }
        self.placed(stem)
    }

    /// Something that has a place.
    fn placed(&mut self, stem: bool) -> Ask {
        let random = &mut self.random;
        match random.u32(..if self.plain { 9 } else { 15 }) {
            0..4 => Ask::Words(vec![Part::Is(random.usize(..WORDS.len()))], random.bool()),
            4..7 => {
                let mut number = random.usize(..WORDS.len());
                let mut parts = vec![Part::Is(number)];
                for _ in 0..random.usize(1..3) {
                    number = after(random, number);
                    parts.push(Part::Is(number));
                }
                if random.u32(..4) == 0 && parts.len() > 2 {
                    parts[1] = Part::Gap;
                }
                Ask::Words(parts, true)
            }
            7 => Ask::Prefix(PREFIXES[random.usize(..PREFIXES.len())]),
            8 => Ask::Suffix(SUFFIXES[random.usize(..SUFFIXES.len())]),
            9..11 => {
                let count = if random.u32(..3) == 0 { 2 } else { 1 };
                let simple = |random: &mut fastrand::Rng| loop {
                    let number = random.usize(..WORDS.len());
                    // A possessive is no part of what is seen of the word.
                    if WORDS[number].is_simple() && !WORDS[number].written.contains(['\'', '’']) {
                        return number;
                    }
                };
                Ask::Exact((0..count).map(|_| simple(random)).collect())
            }
            11..13 => {
                let (_, words) = FAMILIES[random.usize(..FAMILIES.len())];
                Ask::Stem(words[random.usize(..words.len())], stem && random.bool())
            }
            13 => {
                let words = ["zelensky", "drill", "military", "елка", "iran", "navy"];
                let word = words[random.usize(..words.len())];
                let most = if word.chars().count() >= 5 { 2 } else { 1 };
                Ask::Edits(word, random.usize(1..=most))
            }
            _ => Ask::List(random.usize(..LISTS.len())),
        }
    }
}

impl Ask {
    fn kind(&self) -> &'static str {
        match self {
            Ask::Words(parts, _) if parts.iter().any(|part| matches!(part, Part::Gap)) => "gap",
            Ask::Words(parts, _) if parts.len() > 1 => "phrase",
            Ask::Words(..) => "word",
            Ask::Prefix(_) => "prefix",
            Ask::Suffix(_) => "suffix",
            Ask::Exact(_) => "exact",
            Ask::Stem(..) => "stem",
            Ask::Edits(..) => "edits",
            Ask::Regex(_) => "regex",
            Ask::List(_) => "list",
            Ask::Every => "every",
            Ask::Site(_) => "site",
            Ask::Tag(_) => "tag",
            Ask::Lang(_) => "lang",
            Ask::Near(..) => "near",
            Ask::Then(..) => "then",
            Ask::And(_) => "and",
            Ask::Or(_) => "or",
            Ask::Without(..) => "not",
            Ask::Of(..) => "of",
            Ask::In(..) => "in",
        }
    }

    /// Says of this and of all its parts whether they hold.
    pub(super) fn count(&self, made: View<'_>, note: &mut impl FnMut(usize, bool)) {
        if let Some(kind) = KINDS.iter().position(|kind| *kind == self.kind()) {
            // Every item is what it is: there is no other answer.
            let holds = self.holds(made, None)
                && !(matches!(self, Ask::Every) && made.made.item.title.is_empty());
            note(kind, holds);
        }
        match self {
            Ask::And(of) | Ask::Or(of) | Ask::Of(_, of) => {
                for part in of {
                    part.count(made, note);
                }
            }
            Ask::Without(one, other) => {
                one.count(made, note);
                other.count(made, note);
            }
            _ => {}
        }
    }

    pub(super) fn holds(&self, made: View<'_>, field: Option<Field>) -> bool {
        match self {
            Ask::Regex(number) => {
                let (_, found) = REGEXES[*number];
                let texts = [
                    (&made.made.item.title, Field::Title),
                    (&made.made.item.body, Field::Body),
                ];
                texts
                    .iter()
                    .any(|(text, _)| found.iter().any(|part| text.contains(part)))
            }
            Ask::Every => true,
            Ask::Site(site) => made.made.sites.contains(site),
            Ask::Tag(tag) => made.made.tags.iter().any(|known| known == tag),
            Ask::Lang(code) => made.made.item.language.as_deref() == Some(code),
            Ask::Near(left, right, distance) => {
                Ask::close(left, right, *distance, false, made, field)
            }
            Ask::Then(left, right, distance) => {
                Ask::close(left, right, *distance, true, made, field)
            }
            Ask::And(of) => of.iter().all(|part| part.holds(made, field)),
            Ask::Or(of) => of.iter().any(|part| part.holds(made, field)),
            Ask::Without(one, other) => one.holds(made, field) && !other.holds(made, field),
            Ask::Of(least, of) => {
                of.iter().filter(|part| part.holds(made, field)).count() >= *least
            }
            Ask::In(field, inner) => inner.holds(made, Some(FIELDS[*field].1)),
            _ => texts(made.made, field).any(|text| !self.places(text, made).is_empty()),
        }
    }

    fn close(
        left: &Ask,
        right: &Ask,
        distance: u32,
        ordered: bool,
        made: View<'_>,
        field: Option<Field>,
    ) -> bool {
        texts(made.made, field).any(|text| {
            let right = right.places(text, made);
            left.places(text, made).iter().any(|(begin, end)| {
                right.iter().any(|(other_begin, other_end)| {
                    let after = end <= other_begin && other_begin - end < distance;
                    let before = other_end <= begin && begin - other_end < distance;
                    after || before && !ordered
                })
            })
        })
    }

    /// Where this stands: the positions of the first word and after the last.
    fn places(&self, text: &Text, made: View<'_>) -> Vec<(u32, u32)> {
        let single = |fits: &dyn Fn(&str) -> bool| -> Vec<(u32, u32)> {
            let fit = text.tokens.iter().filter(|token| fits(token.form));
            fit.map(|token| (token.first, token.after)).collect()
        };
        let plain =
            |form: &str, read: &str| form == read || made.stem && made.is_form(text, form, read);
        match self {
            Ask::Words(parts, _) => {
                let starred = parts.iter().any(|part| matches!(part, Part::Gap));
                let as_is = |form: &str, read: &str| form == read;
                let plain: &Fits = if starred { &as_is } else { &plain };
                let starts = text.tokens.iter().map(|token| token.first);
                let mut found = Vec::new();
                for start in starts {
                    for end in follow(text, parts, start, plain) {
                        found.push((start, end));
                    }
                }
                found
            }
            Ask::Prefix(prefix) => single(&|form| form.starts_with(prefix)),
            Ask::Suffix(suffix) => single(&|form| form.ends_with(suffix)),
            Ask::Exact(numbers) => {
                let parts: Vec<Part> = numbers.iter().map(|number| Part::Is(*number)).collect();
                let spelled = spelled(numbers);
                let mut found = Vec::new();
                for first in &text.tokens {
                    for end in follow(text, &parts, first.first, &|form, read| form == read) {
                        let mut lasts = text.tokens.iter().filter(|token| token.after == end);
                        if lasts
                            .any(|last| text.seen.get(first.seen.0..last.seen.1) == Some(&spelled))
                        {
                            found.push((first.first, end));
                        }
                    }
                }
                found
            }
            Ask::Stem(word, _) => single(&|form| made.is_form(text, form, word)),
            Ask::Edits(word, edits) => single(&|form| apart(word, form) <= *edits),
            Ask::List(number) => {
                let (_, entries) = &LISTS[*number];
                let mut found = Vec::new();
                for (_, entry) in *entries {
                    match entry {
                        Entry::Begins(prefix) => {
                            found.extend(single(&|form| form.starts_with(prefix)));
                        }
                        Entry::Ends(suffix) => found.extend(single(&|form| form.ends_with(suffix))),
                        Entry::Row(forms) => {
                            for start in text.tokens.iter().map(|token| token.first) {
                                let ends = forms.iter().fold(vec![start], |ends, form| {
                                    step(text, &ends, |known| plain(known, form))
                                });
                                found.extend(ends.into_iter().map(|end| (start, end)));
                            }
                        }
                    }
                }
                found
            }
            Ask::Or(of) => of.iter().flat_map(|part| part.places(text, made)).collect(),
            _ => Vec::new(),
        }
    }

    /// As a person may write it.
    pub(super) fn written(&self, random: &mut fastrand::Rng) -> String {
        let inner = |ask: &Ask, random: &mut fastrand::Rng, tight: bool| {
            let text = ask.written(random);
            let bracket = match ask {
                Ask::And(_) | Ask::Without(..) | Ask::Near(..) | Ask::Then(..) => tight,
                Ask::Or(_) => true,
                _ => false,
            };
            if bracket || random.u32(..12) == 0 {
                format!("({text})")
            } else {
                text
            }
        };
        match self {
            Ask::Words(parts, quoted) => {
                let part = |part: &Part| match part {
                    Part::Is(number) => WORDS[*number].written,
                    Part::Gap => "*",
                };
                let text = parts.iter().map(part).collect::<Vec<_>>().join(" ");
                if *quoted { format!("\"{text}\"") } else { text }
            }
            Ask::Prefix(prefix) => format!("{prefix}*"),
            Ask::Suffix(suffix) => format!("*{suffix}"),
            Ask::Exact(numbers) => format!("=\"{}\"", spelled(numbers)),
            Ask::Stem(word, false) => format!("~{word}"),
            Ask::Stem(word, true) => (*word).to_owned(),
            Ask::Edits(word, edits) => format!("{word}~{edits}"),
            Ask::Regex(number) => format!("/{}/", REGEXES[*number].0),
            Ask::List(number) => format!("@{}", LISTS[*number].0),
            Ask::Every => "*".to_owned(),
            Ask::Site(site) => format!("site:{site}"),
            Ask::Tag(tag) => format!("tag:{tag}"),
            Ask::Lang(code) => format!("lang:{code}"),
            Ask::Near(left, right, distance) => {
                format!(
                    "{} NEAR/{distance} {}",
                    inner(left, random, true),
                    inner(right, random, true)
                )
            }
            Ask::Then(left, right, distance) => {
                format!(
                    "{} THEN/{distance} {}",
                    inner(left, random, true),
                    inner(right, random, true)
                )
            }
            Ask::And(of) => {
                let sign = if random.bool() { " " } else { " AND " };
                let parts: Vec<String> = of.iter().map(|part| inner(part, random, false)).collect();
                parts.join(sign)
            }
            Ask::Or(of) => {
                let sign = if random.bool() { " OR " } else { " | " };
                let parts: Vec<String> = of.iter().map(|part| inner(part, random, false)).collect();
                parts.join(sign)
            }
            Ask::Without(one, other) => {
                let sign = if random.bool() { "-" } else { "NOT " };
                format!(
                    "{} {sign}{}",
                    inner(one, random, false),
                    inner(other, random, true)
                )
            }
            Ask::Of(least, of) => {
                let parts: Vec<String> = of.iter().map(|part| part.written(random)).collect();
                format!("{least} OF ({})", parts.join(", "))
            }
            Ask::In(field, ask) => {
                format!("{}:{}", FIELDS[*field].0, inner(ask, random, true))
            }
        }
    }
}

/// The texts that a query looks at.
fn texts(made: &Made, field: Option<Field>) -> impl Iterator<Item = &Text> {
    made.texts.iter().filter(move |text| match field {
        None => matches!(text.field, Field::Title | Field::Body),
        Some(field) => text.field == field,
    })
}

/// Whether a word of a text is what a word of a query says.
type Fits<'f> = dyn Fn(&str, &str) -> bool + 'f;

/// Where the words may end that begin at a position.
fn follow(text: &Text, parts: &[Part], start: u32, fits: &Fits) -> Vec<u32> {
    let mut ends = vec![start];
    for part in parts {
        ends = match part {
            Part::Gap => step(text, &ends, |_| true),
            Part::Is(number) => {
                let word = &WORDS[*number];
                if let [(_, _, form)] = word.reads {
                    step(text, &ends, |known| fits(known, form))
                } else {
                    let mut found = Vec::new();
                    read(text, &ends, word, 0, &mut found);
                    found
                }
            }
        };
        ends.sort_unstable();
        ends.dedup();
    }
    ends
}

/// Follows all readings of a word from its position `from` on.
fn read(text: &Text, ends: &[u32], word: &Word, from: u32, found: &mut Vec<u32>) {
    if from == word.positions() {
        found.extend(ends);
        return;
    }
    // Whoever writes the sign means it.
    let sign = |form: &str| form.ends_with(['+', '#']);
    let signed = word.reads.iter().any(|(.., form)| sign(form));
    for (first, after, form) in word.reads {
        if *first == from && (!signed || sign(form)) {
            let next = step(text, ends, |known| known == *form);
            read(text, &next, word, *after, found);
        }
    }
}

/// Where a word may end that begins at one of these ends and fits.
fn step(text: &Text, ends: &[u32], fits: impl Fn(&str) -> bool) -> Vec<u32> {
    let here = text
        .tokens
        .iter()
        .filter(|token| ends.contains(&token.first) && fits(token.form));
    here.map(|token| token.after).collect()
}

fn spelled(numbers: &[usize]) -> String {
    let words: Vec<&str> = numbers.iter().map(|number| WORDS[*number].seen).collect();
    words.join(" ")
}

/// Letters to add, leave out, change or swap to make one word of the other; each place once.
fn apart(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut table = vec![vec![0; other.len() + 1]; one.len() + 1];
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(one[i - 1] != other[j - 1]);
                let mut least = (table[i - 1][j] + 1)
                    .min(table[i][j - 1] + 1)
                    .min(table[i - 1][j - 1] + change);
                if i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1] {
                    least = least.min(table[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    table[one.len()][other.len()]
}
