//! What does an item say about which news it tells?

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use smallvec::SmallVec;
use xxhash_rust::xxh3::Xxh3;

use super::common::Commonness;
use super::copies::Marks;
use super::gist::{Gist, ITEM_TERMS, LanguageCode, Standing, Telling, Told};
use super::lexicon::{Form, Lexicon};
use super::terms::{Case, Terms, Word};
use super::vocabulary::{self, TermId, Vocabulary};
use super::{HEADLINE_WORDS, Second, Sighting, second};
use crate::model::FeedId;
use crate::text::Language;

/// Bytes at the beginning of a text that are looked at. What is news stands there.
pub(super) const BEGINNING: usize = 400;

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
    pub(super) mould: Mould,
    pub(super) feed: FeedId,
    /// When it came out, as far as that is known.
    pub(super) out: Second,
    pub(super) at: Second,
    /// Where its terms stand, in the order of `telling`.
    places: Vec<Place>,
}

/// Where a term stands in an item.
#[derive(Clone, Copy, Debug)]
struct Place {
    in_title: bool,
    span: (u32, u32),
    /// Whether it stands in the headline and is no everyday word.
    tells_alone: bool,
}

impl Reading {
    /// What its headline alone tells, but for everyday words.
    pub(super) fn headline(&self) -> Telling {
        let terms = self.telling.terms.iter().zip(&self.places);
        let telling = terms.filter(|(_, place)| place.tells_alone);
        Telling::of(
            telling.map(|(term, _)| *term).collect(),
            self.gist.language(),
        )
    }

    /// A term as the item, which this was read from, has it.
    pub(super) fn spelled<'s>(&self, id: TermId, seen: Sighting<'s>) -> Option<&'s str> {
        let mut terms = self.telling.terms.iter().zip(&self.places);
        let (_, place) = terms.find(|(own, _)| own.id == id)?;
        let text = if place.in_title {
            seen.title
        } else {
            seen.body
        };
        text.get(place.span.0 as usize..place.span.1 as usize)
    }
}

/// Words of a headline as it often is.
const WORDS: usize = 12;

/// A headline as a form that its feed may fill in again ("Security notice 17"): then it tells another
/// thing each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mould {
    feed: FeedId,
    /// A hash of each word; odd for numbers.
    words: SmallVec<[u16; WORDS]>,
}

impl Mould {
    fn of(feed: FeedId, headline: &[Word]) -> Mould {
        let word = |word: &Word| {
            let [a, b, ..] = word.term.hash.to_le_bytes();
            u16::from_le_bytes([a, b]) & !1 | u16::from(word.term.form == Form::Number)
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
    /// Where it stands first.
    word: &'t Word,
    in_title: bool,
    standing: Standing,
    /// How it is written, there or, if that does not say, further on.
    case: Case,
    /// Its number, if it has one.
    known: Option<TermId>,
    rare: f32,
    /// What it tells here: how rare it is, and where it stands.
    tells: f32,
}

impl Found<'_> {
    fn place(&self) -> Place {
        let in_headline = matches!(self.standing, Standing::Headline | Standing::CodeInHeadline);
        Place {
            in_title: self.in_title,
            span: self.word.span,
            tells_alone: in_headline && self.word.term.is_telling(),
        }
    }
}

/// Reads items.
#[derive(Debug)]
pub(super) struct Reader {
    terms: Terms,
    /// Where the terms of an item are among those found: kept from one item to the next to be fast.
    places: HashTable<usize>,
}

impl Reader {
    pub(super) fn new() -> Reader {
        Reader {
            terms: Terms::new(Lexicon::new()),
            places: HashTable::new(),
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
        let title_words = self.terms.headline(seen.title, language);
        let body_words = self.terms.words(body, language);
        let headline = is_of_one_story(&title_words).then(|| hash_of(&title_words));
        let mut found = found((&title_words, &body_words), &mut self.places);
        keep_telling(&mut found, words, stories);
        let mut numbered: Vec<(TermId, &Found<'_>)> = Vec::with_capacity(found.len());
        numbered.extend(found.iter().map(|found| {
            let new = || words.intern(found.word.term);
            (found.known.unwrap_or_else(new), found)
        }));
        numbered.sort_unstable_by_key(|(id, _)| *id);
        let told = numbered.iter().map(|(id, found)| {
            let (kind, is_named) = words.note(*id, found.case);
            Told {
                id: *id,
                rare: found.rare,
                tells: found.tells,
                kind,
                is_named,
            }
        });
        let code = seen.language.and_then(code);
        let own = numbered.iter().map(|(id, found)| (*id, found.standing));
        Reading {
            marks: Marks::of(seen.link, headline, self.terms.opening()),
            telling: Telling::of(told.collect(), code),
            gist: Gist::of(own, code),
            mould: Mould::of(seen.feed, &title_words),
            feed: seen.feed,
            out: second(seen.published.unwrap_or(seen.at).min(seen.at)),
            at: second(seen.at),
            places: numbered.iter().map(|(_, found)| found.place()).collect(),
        }
    }
}

/// Whether a headline tells enough to stand over one story only.
fn is_of_one_story(words: &[Word]) -> bool {
    let telling = words.iter().filter(|word| word.term.is_telling()).count();
    let known = words
        .iter()
        .filter(|word| word.term.commonness() <= Commonness::Everyday);
    let everyday = known.count() - telling;
    words.len() >= HEADLINE_WORDS && telling > 0 && 3 * telling + everyday >= TELLING
}

/// The terms of an item, each once.
fn found<'t>(
    (title_words, body_words): (&'t [Word], &'t [Word]),
    places: &mut HashTable<usize>,
) -> Vec<Found<'t>> {
    // What has no headline is told by its text alone.
    let is_headless = title_words.is_empty();
    let title_words = title_words.iter().map(|word| (word, true));
    let body_words = body_words.iter().map(|word| (word, false));
    let mut found: Vec<Found<'t>> = Vec::with_capacity(title_words.len() + body_words.len());
    places.clear();
    for (word, in_title) in title_words.chain(body_words) {
        let hash = word.term.hash;
        let same = |place: &usize| found[*place].word.term.hash == hash;
        match places.entry(hash, same, |place| found[*place].word.term.hash) {
            Entry::Occupied(first) => {
                let first = &mut found[*first.get()];
                if first.case >= Case::Initial && word.case < first.case {
                    first.case = word.case;
                }
            }
            Entry::Vacant(free) => {
                free.insert(found.len());
                let in_headline = in_title || is_headless;
                found.push(Found {
                    word,
                    in_title,
                    standing: Standing::of(in_headline, word.term.form == Form::Code),
                    case: word.case,
                    known: None,
                    rare: 0.0,
                    tells: 0.0,
                });
            }
        }
    }
    found
}

/// Keeps those that tell the most among so many stories.
fn keep_telling(found: &mut Vec<Found<'_>>, words: &mut Vocabulary, stories: usize) {
    // One thing after the other for all of them: so the memory is asked for many at a time.
    for found in &*found {
        words.expect(found.word.term.hash);
    }
    for found in &*found {
        words.guess(found.word.term.hash);
    }
    for found in &mut *found {
        found.known = words.find(found.word.term.hash);
    }
    for found in &mut *found {
        found.rare = match found.known {
            Some(id) => words.weight(id, stories),
            None => vocabulary::weight(found.word.term.commonness(), 0, stories),
        };
        found.tells = found.rare * found.standing.weight();
    }
    if found.len() > ITEM_TERMS {
        let order = |a: &Found<'_>, b: &Found<'_>| {
            let same = || a.word.term.hash.cmp(&b.word.term.hash);
            b.tells.total_cmp(&a.tells).then_with(same)
        };
        found.select_nth_unstable_by(ITEM_TERMS, order);
        found.truncate(ITEM_TERMS);
    }
}

fn hash_of(words: &[Word]) -> u64 {
    let mut hash = Xxh3::new();
    for word in words {
        hash.update(&word.term.hash.to_le_bytes());
    }
    hash.digest()
}

/// A language code as it is compared: BCP 47 primary subtags have two or three letters.
fn code(language: &str) -> Option<LanguageCode> {
    let letters = language.bytes().map(|letter| match letter {
        b'a'..=b'z' => Some(u16::from(letter - b'a' + 1)),
        _ => None,
    });
    let mut letters = (language.len() <= 3).then_some(letters)?;
    let code = letters.try_fold(0, |code, letter| Some(code << 5 | letter?));
    code.and_then(LanguageCode::new)
}
