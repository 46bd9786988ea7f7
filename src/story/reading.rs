//! What does an item say about which news it tells?

use jiff::Timestamp;
use xxhash_rust::xxh3::Xxh3;

use super::common::EVERYDAY;
use super::copies::Marks;
use super::gist::{self, Gist, Telling, Terms};
use super::lexicon::{Form, Lexicon};
use super::terms::{self, Case, Word};
use super::vocabulary::{self, TermId, Vocabulary};
use super::{HEADLINE_WORDS, Sighting};
use crate::model::FeedId;
use crate::text::{self, Language};

/// Bytes at the beginning of a text that are looked at. What is news stands there.
pub(super) const BEGINNING: usize = 400;

/// Terms of an item that are kept, at most: those that tell the most.
const TERMS: usize = 20;

/// What a word of the text weighs beside one of the headline.
const BODY: f32 = 0.25;

/// What a code (`CVE-2026-31337`) weighs beside a word.
const CODE: f32 = 2.5;

/// How much a headline must tell, at least, if it is to be one story's only: a word that tells something
/// counts as three everyday words. "Morning briefing for Wednesday" may stand over any.
const TELLING: usize = 6;

/// An item, read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) marks: Marks,
    pub(super) telling: Telling,
    /// The same, as what a story of this item alone is about.
    pub(super) gist: Gist,
    /// What its headline alone tells, but for everyday words.
    pub(super) headline: Telling,
    pub(super) mould: Mould,
    pub(super) feed: FeedId,
    /// When it came out, as far as that is known.
    pub(super) out: Timestamp,
    pub(super) at: Timestamp,
    /// Where its terms stand.
    places: Vec<(TermId, Place)>,
}

/// Where a term stands in an item.
#[derive(Clone, Copy, Debug)]
struct Place {
    in_title: bool,
    span: (usize, usize),
}

impl Reading {
    /// A term as the item, which this was read from, has it.
    pub(super) fn spelled<'s>(&self, id: TermId, seen: Sighting<'s>) -> Option<&'s str> {
        let (_, place) = self.places.iter().find(|(own, _)| *own == id)?;
        let text = if place.in_title {
            seen.title
        } else {
            seen.body
        };
        text.get(place.span.0..place.span.1)
    }
}

/// A headline as a form that its feed may fill in again ("Security notice 17"): then it tells another
/// thing each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mould {
    feed: FeedId,
    /// A hash of each word; odd for numbers.
    words: Box<[u32]>,
}

impl Mould {
    fn of(feed: FeedId, headline: &[Word]) -> Mould {
        let word = |word: &Word| {
            let [a, b, c, d, ..] = word.term.hash.to_le_bytes();
            u32::from_le_bytes([a, b, c, d]) & !1 | u32::from(word.term.form == Form::Number)
        };
        Mould {
            feed,
            words: headline.iter().map(word).collect(),
        }
    }

    /// Whether another headline is the same form, filled in with other numbers and at most one other
    /// word.
    pub(super) fn differs(&self, other: &Mould) -> bool {
        if self.feed != other.feed || self.words.len() != other.words.len() {
            return false;
        }
        let pairs = self.words.iter().zip(&other.words);
        let filled = pairs.filter(|(one, other)| one != other);
        let (mut words, mut numbers) = (0, 0);
        for (one, other) in filled {
            let both = one & other & 1 == 1;
            numbers += usize::from(both);
            words += usize::from(!both);
        }
        words <= 1 && words + numbers > 0
    }
}

/// A term of an item, not yet numbered.
struct Found<'t> {
    word: &'t Word,
    in_title: bool,
    /// How it is written, here or, if that does not say, further on.
    case: Case,
    /// Its number, if it has one.
    known: Option<TermId>,
    /// What it counts where it stands.
    weight: f32,
    tells: f32,
}

impl Found<'_> {
    fn place(&self) -> Place {
        Place {
            in_title: self.in_title,
            span: self.word.span,
        }
    }
}

/// Reads items.
#[derive(Debug)]
pub(super) struct Reader {
    lexicon: Lexicon,
}

impl Reader {
    pub(super) fn new() -> Reader {
        Reader {
            lexicon: Lexicon::new(),
        }
    }

    /// Reads an item, whose terms become known to `words`: among so many stories.
    pub(super) fn read(
        &mut self,
        seen: Sighting<'_>,
        words: &mut Vocabulary,
        stories: usize,
    ) -> Reading {
        let language = seen.language.and_then(Language::of);
        let body = &seen.body[..seen.body.floor_char_boundary(BEGINNING)];
        let (title_tokens, body_tokens) = (text::tokens(seen.title), text::tokens(body));
        let lexicon = &mut self.lexicon;
        let title_words = terms::headline((seen.title, &title_tokens), language, lexicon);
        let body_words = terms::words((body, &body_tokens), language, lexicon);
        let headline = is_of_one_story(&title_words).then(|| hash_of(&title_words));
        let found = found((&title_words, &body_words), (words, stories));
        let mut numbered: Vec<(TermId, &Found<'_>)> = found
            .iter()
            .map(|found| {
                let new = || words.intern(found.word.term);
                (found.known.unwrap_or_else(new), found)
            })
            .collect();
        numbered.sort_unstable_by_key(|(id, _)| *id);
        for (id, found) in &numbered {
            words.note(*id, found.case);
        }
        let code = seen.language.and_then(code);
        let own: Terms = numbered
            .iter()
            .map(|(id, found)| (*id, found.weight))
            .collect();
        let weights: Terms = numbered
            .iter()
            .map(|(id, found)| (*id, found.tells))
            .collect();
        let in_headline = |(id, found): &(TermId, &Found<'_>)| {
            (found.weight >= 1.0 && found.word.term.is_telling()).then_some((*id, found.tells))
        };
        let telling = |terms: Terms| Telling {
            length: gist::length(terms.iter().map(|(_, weight)| *weight)),
            terms,
            language: code,
        };
        Reading {
            marks: Marks::of(seen.link, headline, &body_tokens),
            telling: telling(weights),
            gist: Gist::of(own, code),
            headline: telling(numbered.iter().filter_map(in_headline).collect()),
            mould: Mould::of(seen.feed, &title_words),
            feed: seen.feed,
            out: seen.published.unwrap_or(seen.at).min(seen.at),
            at: seen.at,
            places: numbered
                .iter()
                .map(|(id, found)| (*id, found.place()))
                .collect(),
        }
    }
}

/// Whether a headline tells enough to stand over one story only.
fn is_of_one_story(words: &[Word]) -> bool {
    let telling = words.iter().filter(|word| word.term.is_telling()).count();
    let known = words.iter().filter(|word| word.term.share <= EVERYDAY);
    let everyday = known.count() - telling;
    words.len() >= HEADLINE_WORDS && telling > 0 && 3 * telling + everyday >= TELLING
}

/// The terms of an item that tell the most, each once.
fn found<'t>(
    (title_words, body_words): (&'t [Word], &'t [Word]),
    (words, stories): (&Vocabulary, usize),
) -> Vec<Found<'t>> {
    // What has no headline is told by its text alone.
    let beside = if title_words.is_empty() { 1.0 } else { BODY };
    let title_words = title_words.iter().map(|word| (word, true, 1.0));
    let body_words = body_words.iter().map(|word| (word, false, beside));
    let mut found: Vec<Found<'t>> = title_words
        .chain(body_words)
        .map(|(word, in_title, weight)| Found {
            word,
            in_title,
            case: word.case,
            known: None,
            weight,
            tells: 0.0,
        })
        .collect();
    // The first of equals stays: that of the headline.
    found.sort_unstable_by_key(|found| {
        let word = found.word;
        (word.term.hash, !found.in_title, word.span.0)
    });
    found.dedup_by(|later, first| {
        let same = later.word.term.hash == first.word.term.hash;
        if same && first.case >= Case::Initial && later.case < first.case {
            first.case = later.case;
        }
        same
    });
    for found in &mut found {
        let term = found.word.term;
        found.known = words.find(term.hash);
        let rare = match found.known {
            Some(id) => words.weight(id, stories),
            None => vocabulary::weight(term.share, 0, stories),
        };
        if term.form == Form::Code {
            found.weight *= CODE;
        }
        found.tells = rare * found.weight;
    }
    let order = |a: &Found<'_>, b: &Found<'_>| {
        let same = || a.word.term.hash.cmp(&b.word.term.hash);
        b.tells.total_cmp(&a.tells).then_with(same)
    };
    if found.len() > TERMS {
        found.select_nth_unstable_by(TERMS, order);
        found.truncate(TERMS);
    }
    found
}

fn hash_of(words: &[Word]) -> u64 {
    let mut hash = Xxh3::new();
    for word in words {
        hash.update(&word.term.hash.to_le_bytes());
    }
    hash.digest()
}

/// A language code as it is compared: BCP 47 primary subtags have two or three letters.
fn code(language: &str) -> Option<[u8; 3]> {
    let mut code = [b' '; 3];
    let bytes = language.as_bytes();
    code.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(code)
}
