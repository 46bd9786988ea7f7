//! Which items tell the same news?
//!
//! Those with one canonical link, one headline, or one text; and those whose words are alike and that
//! came out at about the same time. A word tells the more the fewer stories have it: that is learnt
//! from the stories that are held, so that a story that everyone carries makes its own words no more
//! common. What is forgotten after the window no longer counts.
//!
//! Two stories that turn out to be one, because an item is much like both and they are like each
//! other, become one: the older.
//!
//! [`Grouper`] is the whole of it: values in, values out, one item after the other. What it holds it
//! can be shown again ([`Grouper::recall`]) after a restart or a transaction that failed.

mod common;
mod copies;
mod gist;
mod held;
mod items;
mod lexicon;
mod reading;
mod remembered;
mod spelling;
mod tally;
mod terms;
#[cfg(test)]
mod tests;
mod u24;
mod vocabulary;

use std::num::NonZero;

use jiff::{SignedDuration, Timestamp};
use smallvec::SmallVec;
use xxhash_rust::xxh3::Xxh3;

use crate::model::{Bond, FeedId, Item, StoryId};
use crate::text::{Scanner, Word};
use gist::{Gist, ITEM_TERMS, Part, Scale, Telling};
use held::{Held, Story};
use items::{Items, Kept};
use reading::{Reader, Reading};
use tally::Tally;
use vocabulary::{Slot, TermId, Vocabulary};

/// Seconds since 1970, UTC, to the year 2106: what is before or after becomes the first or the last.
type Second = u32;

/// How long a story is held after its last item, unless the configuration says otherwise.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Items that are held, at most: then the oldest are forgotten before their time.
pub const ITEMS: u16 = 50_000;

/// After this part of the window two things are half as alike.
const HALF: f64 = 1.0 / 3.0;

/// How like a story an item must be to join it, at least.
const LEAST: f32 = 0.083;

/// How much more so if the story is young: divided by the root of its items and one.
const YOUNG: f32 = 0.14;

/// How alike two stories must be to become one.
const SAME: f32 = 0.11;

/// How much more so if the smaller is young.
const YOUNG_SAME: f32 = 0.1;

/// Stories that an item is compared with, at most: those with most of its telling words.
const COMPARED: usize = 16;

/// Stories that are looked at to find those, at most; each as often as it has a word of the item.
const VISITS: usize = 1000;

/// Words by which a bond is explained, at most, and what they must add to be worth a word.
const SHOWN: usize = 8;
const WORTH: f32 = 0.005;

/// A headline of fewer words ("Morning briefing") may stand over many texts.
const HEADLINE_WORDS: usize = 4;

/// By what an edit of an item is noticed: a hash of its title and body as they are.
#[must_use]
pub fn content(item: &Item) -> i64 {
    let mut hash = Xxh3::new();
    hash.update(item.title.as_bytes());
    // No title holds a line feed, so the two cannot run into each other.
    hash.update(b"\n");
    hash.update(item.body.as_bytes());
    // SQLite has signed integers only.
    hash.digest().cast_signed()
}

/// By what an item is noticed that comes again under another key: a hash of the words of its title; `None`
/// if there are too few to tell one from another.
pub fn headline(title: &str, scanner: &mut Scanner) -> Option<i64> {
    let mut hash = Xxh3::new();
    let mut words = 0;
    scanner.scan(title, |word: Word<'_>| {
        if word.is_single() {
            if words > 0 {
                hash.update(b" ");
            }
            hash.update(word.form().as_bytes());
            words += 1;
        }
    });
    (words >= HEADLINE_WORDS).then(|| hash.digest().cast_signed())
}

/// An item as it is seen in a feed.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'s> {
    /// Its headline.
    pub title: &'s str,
    /// Its text, or the beginning of it.
    pub body: &'s str,
    /// [`Item::canonical_link`]
    pub link: Option<&'s str>,
    /// [`Item::language`]
    pub language: Option<&'s str>,
    /// Whose document it stood in.
    pub feed: FeedId,
    /// When it came out, if that is known.
    pub published: Option<Timestamp>,
    /// When it was first seen. This never goes back from one item to the next.
    pub at: Timestamp,
}

impl<'s> Sighting<'s> {
    /// An item of a feed, seen for the first time.
    #[must_use]
    pub fn new(item: &'s Item, feed: FeedId, at: Timestamp) -> Sighting<'s> {
        Sighting {
            title: &item.title,
            body: &item.body,
            link: item.canonical_link.as_deref(),
            language: item.language.as_deref(),
            feed,
            published: item.published,
            at,
        }
    }
}

/// Bytes at the beginning of a text that are looked at.
pub const BEGINNING: usize = reading::BEGINNING;

/// Where an item belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Its story.
    pub story: StoryId,
    /// Why.
    pub bond: Bond,
    /// A story that has turned out to be the same one: its items belong to `story`, too.
    pub merged: Option<StoryId>,
}

/// Groups items into stories, one after the other.
#[derive(Debug)]
pub struct Grouper {
    window: SignedDuration,
    /// Items that are held, at most.
    most: u16,
    reader: Reader,
    words: Vocabulary,
    held: Held,
    items: Items,
    /// What was forgotten before its time since that was last asked.
    squeezed: usize,
    tally: Tally,
}

/// How like an item a story is.
#[derive(Clone, Copy, Debug)]
struct Match {
    slot: Slot,
    likeness: f32,
    least: f32,
}

impl Grouper {
    /// One that has seen nothing yet. It holds an item for as long as `window` after it was seen, and `most`
    /// items, such as [`ITEMS`].
    #[must_use]
    pub fn new(window: SignedDuration, most: u16) -> Grouper {
        Grouper {
            window,
            most,
            reader: Reader::new(),
            words: Vocabulary::default(),
            held: Held::default(),
            items: Items::default(),
            squeezed: 0,
            tally: Tally::default(),
        }
    }

    /// Finds the story of an item; `begin` makes a new one if it is the first of its story.
    pub fn place<E>(
        &mut self,
        seen: Sighting<'_>,
        begin: impl FnOnce() -> Result<StoryId, E>,
    ) -> Result<Placed, E> {
        self.forget(seen.at);
        let reading = self.reader.read(seen, &mut self.words, self.held.count());
        let (bond, slot, rival) = self.find(&reading, seen);
        let Some(slot) = slot else {
            let story = begin()?;
            self.take(reading, story);
            return Ok(Placed {
                story,
                bond,
                merged: None,
            });
        };
        let own = self.held.get(slot).map(|story| story.id);
        let (story, merged) = match rival.and_then(|rival| self.merge(slot, rival)) {
            Some((kept, gone)) => (kept, Some(gone)),
            None => match own {
                Some(story) => (story, None),
                None => (begin()?, None),
            },
        };
        self.take(reading, story);
        Ok(Placed {
            story,
            bond,
            merged,
        })
    }

    /// Holds an item again whose story is known.
    pub fn recall(&mut self, seen: Sighting<'_>, story: StoryId) {
        self.forget(seen.at);
        let reading = self.reader.read(seen, &mut self.words, self.held.count());
        self.take(reading, story);
    }

    /// The story that a story is now.
    #[must_use]
    pub fn resolve(&self, story: StoryId) -> StoryId {
        self.held.resolve(story)
    }

    /// How many items were forgotten before their time since this was last asked.
    pub fn squeezed(&mut self) -> usize {
        std::mem::take(&mut self.squeezed)
    }

    /// Forgets what the window no longer holds.
    fn forget(&mut self, now: Timestamp) {
        let since = second(now.saturating_sub(self.window).unwrap_or(now));
        while let Some(oldest) = self.items.oldest() {
            let is_old = oldest.at < since;
            if !is_old && self.items.len() < usize::from(self.most) {
                return;
            }
            self.squeezed += usize::from(!is_old);
            let Some(gone) = self.items.pop() else {
                return;
            };
            let Some(story) = self.held.get_mut(gone.story) else {
                continue;
            };
            match NonZero::new(story.held.get() - 1) {
                Some(left) => story.held = left,
                None => self.drop_story(gone.story),
            }
        }
    }

    fn drop_story(&mut self, slot: Slot) {
        if let Some(story) = self.held.close(slot) {
            self.words.expect_carriers(story.gist.terms());
            for id in story.gist.terms() {
                self.words.remove(id, slot);
            }
        }
    }

    /// Why and where an item belongs, and which other story may be the same.
    fn find(
        &mut self,
        reading: &Reading,
        seen: Sighting<'_>,
    ) -> (Bond, Option<Slot>, Option<Slot>) {
        let marks = &reading.marks;
        if let Some(kept) = self.items.by_link(marks) {
            return (Bond::Link, Some(kept.story), None);
        }
        if let Some(kept) = self.items.by_headline(marks) {
            return (Bond::Headline, Some(kept.story), None);
        }
        let mut headline = None;
        if let Some((kept, share)) = self.items.by_text(marks) {
            let alone = reading.headline();
            if kept.feed != reading.feed || self.has_term(kept.story, &alone) {
                return (Bond::Text { share }, Some(kept.story), None);
            }
            // The feed begins every text alike: only its headlines tell something.
            headline = Some(alone);
        }
        let telling = headline.as_ref().unwrap_or(&reading.telling);
        let alike = self.alike(telling, reading);
        let Some(best) = alike.first() else {
            return (Bond::First, None, None);
        };
        let spelled = |id| reading.spelled(id, seen);
        let bond = self.words_shared(*best, telling, spelled);
        (bond, Some(best.slot), alike.get(1).map(|rival| rival.slot))
    }

    /// Whether a story has a word of a headline.
    fn has_term(&self, slot: Slot, headline: &Telling) -> bool {
        let story = self.held.get(slot);
        story.is_some_and(|story| story.gist.has_any(headline))
    }

    fn scale(&self) -> Scale<'_> {
        Scale {
            words: &self.words,
            stories: self.held.count(),
        }
    }

    /// The stories that are enough like an item to have it, the most alike first.
    fn alike(&mut self, telling: &Telling, reading: &Reading) -> Vec<Match> {
        let mut alike: Vec<Match> = Vec::new();
        let mut parts = Vec::new();
        let near = self.candidates(telling);
        // All of them first: so the memory is asked for many at a time.
        let near: SmallVec<[(Slot, &Story); COMPARED]> = near
            .into_iter()
            .filter_map(|slot| {
                let story = self.held.get(slot)?;
                story.gist.expect();
                Some((slot, story))
            })
            .collect();
        for (slot, story) in near {
            let sifted = story.gist.sifted(telling);
            let whole = story.gist.likeness(telling, sifted, &mut parts);
            let mut least = LEAST + YOUNG / (1.0 + story.gist.items()).sqrt();
            // Most are not, and what follows need not be looked at.
            if whole < least {
                continue;
            }
            let likeness = whole * self.fading(story.span, (reading.out, reading.out));
            if likeness < least
                || story.mould.differs(&reading.mould)
                || story.gist.is_of_other_codes(telling, &self.words)
            {
                continue;
            }
            least += story.gist.strangeness_of_item(telling, &self.words);
            if likeness >= least {
                alike.push(Match {
                    slot,
                    likeness,
                    least,
                });
            }
        }
        alike.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.slot.cmp(&b.slot)));
        alike
    }

    /// Stories with most of an item's telling words.
    fn candidates(&mut self, telling: &Telling) -> SmallVec<[Slot; COMPARED]> {
        let mut terms: Vec<(f32, TermId)> = Vec::with_capacity(telling.terms.len());
        terms.extend(telling.terms.iter().map(|term| (term.tells, term.id)));
        terms.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut visits = 0;
        let lists = terms.iter().map(|(tells, id)| {
            let carriers = self.words.carriers(*id);
            visits += carriers.len();
            (visits <= VISITS).then_some((carriers, tells * tells))
        });
        let lists: SmallVec<[(&[Slot], f32); ITEM_TERMS]> = lists.map_while(|list| list).collect();
        self.tally.add(&lists, self.held.slots());
        self.tally.most(COMPARED).collect()
    }

    /// What the time between two things leaves of their likeness.
    fn fading(&self, one: (Second, Second), other: (Second, Second)) -> f32 {
        let before = |one: Second, other: Second| one.saturating_sub(other);
        let between = f64::from(before(one.0, other.1).max(before(other.0, one.1)));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "what is left is between zero and one"
        )]
        let left = 0.5_f64.powf(between / (self.window.as_secs_f64() * HALF)) as f32;
        left
    }

    /// Says which words bind an item to a story.
    fn words_shared<'s>(
        &self,
        best: Match,
        telling: &Telling,
        spelled: impl Fn(TermId) -> Option<&'s str>,
    ) -> Bond {
        let mut parts: Vec<Part> = Vec::new();
        if let Some(story) = self.held.get(best.slot) {
            let sifted = story.gist.sifted(telling);
            let whole = story.gist.likeness(telling, sifted, &mut parts);
            for part in &mut parts {
                part.adds *= best.likeness / whole;
            }
        }
        parts.sort_by(|a, b| b.adds.total_cmp(&a.adds).then(a.id.cmp(&b.id)));
        parts.retain(|part| part.adds >= WORTH);
        let shown = |part: &Part| Some((spelled(part.id)?.to_owned(), part.adds));
        Bond::Words {
            similarity: best.likeness,
            least: best.least,
            words: parts.iter().take(SHOWN).filter_map(shown).collect(),
        }
    }

    /// Makes two stories one if they are alike; returns which it is now, and which it was.
    fn merge(&mut self, one: Slot, other: Slot) -> Option<(StoryId, StoryId)> {
        let (a, b) = (self.held.get(one)?, self.held.get(other)?);
        let age = self.fading(a.span, b.span);
        let likeness = a.gist.likeness_of(&b.gist, self.scale()) * age;
        let fewer = a.gist.items().min(b.gist.items());
        let least =
            SAME + YOUNG_SAME / (1.0 + fewer).sqrt() + a.gist.strangeness_of(&b.gist, &self.words);
        if likeness < least || a.mould.differs(&b.mould) {
            return None;
        }
        let (kept, gone) = if a.id < b.id {
            (one, other)
        } else {
            (other, one)
        };
        self.blend(kept, gone)
    }

    fn blend(&mut self, kept: Slot, gone: Slot) -> Option<(StoryId, StoryId)> {
        let id = self.held.get(kept)?.id;
        // Its terms stay known until the story that it becomes has them.
        let old = self.held.absorb(gone, id)?;
        self.add(kept, &old.gist);
        for term in old.gist.terms() {
            self.words.remove(term, gone);
        }
        let story = self.held.get_mut(kept)?;
        story.span = (story.span.0.min(old.span.0), story.span.1.max(old.span.1));
        story.held = story.held.saturating_add(old.held.get());
        self.items.retell(gone, kept);
        Some((id, old.id))
    }

    /// Takes something into what a story is about.
    fn add(&mut self, slot: Slot, gist: &Gist) {
        let stories = self.held.count();
        let Some(story) = self.held.get_mut(slot) else {
            return;
        };
        let scale = Scale {
            words: &self.words,
            stories,
        };
        let (new, gone) = story.gist.add(gist, scale);
        for id in new {
            self.words.add(id, slot);
        }
        for id in gone {
            self.words.remove(id, slot);
        }
        let scale = Scale {
            words: &self.words,
            stories,
        };
        story.gist.measure(scale);
    }

    /// Holds an item of a story.
    fn take(&mut self, reading: Reading, story: StoryId) {
        let slot = self.held.slot(story);
        let slot = if let Some(slot) = slot {
            if let Some(story) = self.held.get_mut(slot) {
                story.span = (story.span.0.min(reading.out), story.span.1.max(reading.out));
                story.held = story.held.saturating_add(1);
            }
            slot
        } else {
            self.held.open(Story {
                id: story,
                gist: Gist::default(),
                span: (reading.out, reading.out),
                held: NonZero::<u16>::MIN,
                mould: reading.mould,
            })
        };
        // What says the same again makes a story no better known.
        let same = self.items.by_headline(&reading.marks);
        if same.is_none_or(|kept| kept.story != slot) {
            self.add(slot, &reading.gist);
        } else {
            for id in reading.gist.terms() {
                self.words.release(id);
            }
        }
        self.items.push(Kept {
            story: slot,
            feed: reading.feed,
            at: reading.at,
            marks: reading.marks,
        });
    }
}

fn second(time: Timestamp) -> Second {
    Second::try_from(time.as_second().max(0)).unwrap_or(Second::MAX)
}
