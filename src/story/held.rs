//! Which stories are held, and what is known of each?

use std::collections::HashMap;
use std::num::NonZero;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::Second;
use super::gist::Gist;
use super::reading::Mould;
use super::vocabulary::Slot;
use crate::model::StoryId;

/// The stories that are held.
#[derive(Debug, Default)]
pub(super) struct Held {
    stories: Vec<Option<Story>>,
    free: Vec<Slot>,
    /// By the number of the story.
    slots: HashTable<Slot>,
    /// The stories that others have become, and those that have become one.
    became: HashMap<StoryId, StoryId>,
    absorbed: HashMap<StoryId, Vec<StoryId>>,
}

/// What is known of one.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) id: StoryId,
    pub(super) gist: Gist,
    /// When its items came out: the first and the last.
    pub(super) span: (Second, Second),
    /// How many of its items are held.
    pub(super) held: NonZero<u16>,
    /// The headline of its first item.
    pub(super) mould: Mould,
}

impl Held {
    pub(super) fn get(&self, slot: Slot) -> Option<&Story> {
        self.stories.get(usize::from(slot))?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Story> {
        self.stories.get_mut(usize::from(slot))?.as_mut()
    }

    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    /// What all slots are below.
    pub(super) fn slots(&self) -> usize {
        self.stories.len()
    }

    /// Where the story is that a story is now, if it is held.
    pub(super) fn slot(&self, story: StoryId) -> Option<Slot> {
        let story = self.resolve(story);
        let is_it = |slot: &Slot| self.get(*slot).is_some_and(|held| held.id == story);
        self.slots.find(hash(story), is_it).copied()
    }

    /// The story that a story is now.
    pub(super) fn resolve(&self, story: StoryId) -> StoryId {
        let mut story = story;
        while let Some(became) = self.became.get(&story) {
            story = *became;
        }
        story
    }

    pub(super) fn open(&mut self, story: Story) -> Slot {
        let id = story.id;
        let slot = if let Some(slot) = self.free.pop() {
            self.stories[usize::from(slot)] = Some(story);
            slot
        } else {
            self.stories.push(Some(story));
            // There are no more stories than items.
            Slot::try_from(self.stories.len() - 1).unwrap_or(Slot::MAX)
        };
        let stories = &self.stories;
        let of = |slot: &Slot| {
            stories[usize::from(*slot)]
                .as_ref()
                .map_or(0, |one| hash(one.id))
        };
        self.slots.insert_unique(hash(id), slot, of);
        slot
    }

    /// Holds a story no more.
    pub(super) fn close(&mut self, slot: Slot) -> Option<Story> {
        let story = self.take(slot)?;
        for gone in self.absorbed.remove(&story.id).unwrap_or_default() {
            self.became.remove(&gone);
        }
        Some(story)
    }

    /// Holds a story no more, because it has become another.
    pub(super) fn absorb(&mut self, gone: Slot, kept: StoryId) -> Option<Story> {
        let story = self.take(gone)?;
        let others = self.absorbed.remove(&story.id).unwrap_or_default();
        let absorbed = self.absorbed.entry(kept).or_default();
        absorbed.push(story.id);
        absorbed.extend(others);
        self.became.insert(story.id, kept);
        Some(story)
    }

    fn take(&mut self, slot: Slot) -> Option<Story> {
        let story = self.stories.get_mut(usize::from(slot))?.take()?;
        if let Ok(found) = self.slots.find_entry(hash(story.id), |own| *own == slot) {
            found.remove();
        }
        self.free.push(slot);
        Some(story)
    }
}

fn hash(story: StoryId) -> u64 {
    xxh3_64(&story.0.to_le_bytes())
}
