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
mod lexicon;
mod reading;
mod spelling;
mod tally;
mod terms;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Bond, FeedId, Item, StoryId};
use crate::text;
use copies::{Copies, Marks, Seq};
use gist::{Gist, Part, Scale, Telling};
use held::{Held, Story};
use reading::{Reader, Reading};
use tally::Tally;
use vocabulary::{Slot, TermId, Vocabulary};

/// How long a story is held after its last item, unless the configuration says otherwise.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(3 * 24);

/// Items that are held, at most: then the oldest are forgotten before their time.
pub const ITEMS: usize = 50_000;

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

/// How an edit of an item is noticed, and an item that comes again under another key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Of the words of the title; `None` if there are too few to tell one from another.
    pub headline: Option<i64>,
    /// Of title and body as they are.
    pub content: i64,
}

/// The fingerprint of an item.
#[must_use]
pub fn fingerprint(item: &Item) -> Fingerprint {
    // SQLite has signed integers only.
    let hash = |text: String| xxh3_64(text.as_bytes()).cast_signed();
    let words = text::words(&item.title);
    Fingerprint {
        headline: (words.len() >= HEADLINE_WORDS).then(|| hash(words.join(" "))),
        // No title holds a line feed, so the two cannot run into each other.
        content: hash(format!("{}\n{}", item.title, item.body)),
    }
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
    most: usize,
    reader: Reader,
    words: Vocabulary,
    held: Held,
    /// The items that are held, the oldest first.
    items: VecDeque<Kept>,
    /// The number of the first of them.
    first: Seq,
    copies: Copies,
    /// What was forgotten before its time since that was last asked.
    squeezed: usize,
    tally: Tally,
}

/// An item that is held.
#[derive(Debug)]
struct Kept {
    story: StoryId,
    feed: FeedId,
    at: Timestamp,
    marks: Marks,
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
    pub fn new(window: SignedDuration, most: usize) -> Grouper {
        Grouper {
            window,
            most,
            reader: Reader::new(),
            words: Vocabulary::default(),
            held: Held::default(),
            items: VecDeque::new(),
            first: 0,
            copies: Copies::default(),
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
        let mut story = story;
        while let Some(became) = self.held.became.get(&story) {
            story = *became;
        }
        story
    }

    /// How many items were forgotten before their time since this was last asked.
    pub fn squeezed(&mut self) -> usize {
        std::mem::take(&mut self.squeezed)
    }

    /// Forgets what the window no longer holds.
    fn forget(&mut self, now: Timestamp) {
        while let Some(oldest) = self.items.front() {
            let is_old = now.duration_since(oldest.at) > self.window;
            if !is_old && self.items.len() < self.most {
                return;
            }
            self.squeezed += usize::from(!is_old);
            let Some(gone) = self.items.pop_front() else {
                return;
            };
            self.copies.remove(&gone.marks, self.first);
            self.first = self.first.wrapping_add(1);
            let story = self.resolve(gone.story);
            let Some(slot) = self.held.slots.get(&story).copied() else {
                continue;
            };
            let left = self.held.get_mut(slot).map_or(0, |story| {
                story.held -= 1;
                story.held
            });
            if left == 0 {
                self.drop_story(slot);
            }
        }
    }

    fn drop_story(&mut self, slot: Slot) -> Option<Story> {
        let story = self.held.close(slot)?;
        for id in story.gist.terms() {
            self.words.remove(id, slot);
        }
        for gone in &story.absorbed {
            self.held.became.remove(gone);
        }
        Some(story)
    }

    /// Why and where an item belongs, and which other story may be the same.
    fn find(
        &mut self,
        reading: &Reading,
        seen: Sighting<'_>,
    ) -> (Bond, Option<Slot>, Option<Slot>) {
        let kept = |seq: Seq| self.kept(seq);
        if let Some((slot, _)) = self.copies.by_link(&reading.marks).and_then(kept) {
            return (Bond::Link, Some(slot), None);
        }
        if let Some((slot, _)) = self.copies.by_headline(&reading.marks).and_then(kept) {
            return (Bond::Headline, Some(slot), None);
        }
        let mut telling = &reading.telling;
        if let Some((seq, share)) = self.copies.by_text(&reading.marks)
            && let Some((slot, feed)) = kept(seq)
        {
            if feed != reading.feed || self.has_headline_word(slot, reading) {
                return (Bond::Text { share }, Some(slot), None);
            }
            // The feed begins every text alike: only its headlines tell something.
            telling = &reading.headline;
        }
        let alike = self.alike(telling, reading);
        let Some(best) = alike.first() else {
            return (Bond::First, None, None);
        };
        let spelled = |id| reading.spelled(id, seen);
        let bond = self.words_shared(*best, telling, spelled);
        (bond, Some(best.slot), alike.get(1).map(|rival| rival.slot))
    }

    /// The story of an item that is held, and its feed.
    fn kept(&self, seq: Seq) -> Option<(Slot, FeedId)> {
        let kept = self
            .items
            .get(usize::try_from(seq.wrapping_sub(self.first)).ok()?)?;
        let slot = self.held.slots.get(&self.resolve(kept.story))?;
        Some((*slot, kept.feed))
    }

    /// Whether a story has a word of an item's headline.
    fn has_headline_word(&self, slot: Slot, reading: &Reading) -> bool {
        let has = |id: TermId| {
            let story = self.held.get(slot);
            story.is_some_and(|story| story.gist.terms().any(|own| own == id))
        };
        reading.headline.terms.iter().any(|(id, _)| has(*id))
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
        for slot in self.candidates(telling) {
            let Some(story) = self.held.get(slot) else {
                continue;
            };
            let age = self.fading(story.span, (reading.out, reading.out));
            let likeness = story.gist.likeness(telling, self.scale(), &mut parts) * age;
            let mut least = LEAST + YOUNG / (1.0 + story.gist.items()).sqrt();
            // Most are not, and what follows need not be looked at.
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
    fn candidates(&mut self, telling: &Telling) -> Vec<Slot> {
        let mut terms = telling.terms.clone();
        terms.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut visits = 0;
        for (id, weight) in terms {
            let carriers = self.words.carriers(id);
            visits += carriers.len();
            if visits > VISITS {
                break;
            }
            for slot in carriers {
                self.tally.add(*slot, weight * weight);
            }
        }
        self.tally.most(COMPARED)
    }

    /// What the time between two things leaves of their likeness.
    fn fading(&self, one: (Timestamp, Timestamp), other: (Timestamp, Timestamp)) -> f32 {
        let after = one.0.duration_since(other.1).as_secs_f64();
        let before = other.0.duration_since(one.1).as_secs_f64();
        let half = self.window.as_secs_f64() * HALF;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is between zero and one"
        )]
        let left = 0.5_f64.powf(after.max(before).max(0.0) / half) as f32;
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
            let whole = story.gist.likeness(telling, self.scale(), &mut parts);
            for part in &mut parts {
                part.1 *= best.likeness / whole;
            }
        }
        parts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        parts.retain(|part| part.1 >= WORTH);
        let shown = |part: &Part| Some((spelled(part.0)?.to_owned(), part.1));
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
        let old = self.held.close(gone)?;
        self.add(kept, &old.gist);
        for term in old.gist.terms() {
            self.words.remove(term, gone);
        }
        let story = self.held.get_mut(kept)?;
        story.span = (story.span.0.min(old.span.0), story.span.1.max(old.span.1));
        story.held += old.held;
        story.absorbed.push(old.id);
        story.absorbed.extend(old.absorbed);
        self.held.became.insert(old.id, id);
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
        let known = self.held.slots.get(&self.resolve(story)).copied();
        let slot = known.unwrap_or_else(|| {
            self.held.open(Story {
                id: story,
                gist: Gist::default(),
                span: (reading.out, reading.out),
                held: 0,
                mould: reading.mould.clone(),
                absorbed: Vec::new(),
            })
        });
        // What says the same again makes a story no better known.
        let same = self
            .copies
            .by_headline(&reading.marks)
            .and_then(|seq| self.kept(seq));
        if same.is_none_or(|(of, _)| of != slot) {
            self.add(slot, &reading.gist);
        }
        if let Some(story) = self.held.get_mut(slot) {
            story.span = (story.span.0.min(reading.out), story.span.1.max(reading.out));
            story.held += 1;
        }
        let held = Seq::try_from(self.items.len()).unwrap_or(Seq::MAX);
        let seq = self.first.wrapping_add(held);
        self.copies.add(&reading.marks, seq);
        self.items.push_back(Kept {
            story,
            feed: reading.feed,
            at: reading.at,
            marks: reading.marks,
        });
    }
}
