//! Which stories are held, and what is known of each?

use std::collections::HashMap;

use jiff::Timestamp;

use super::gist::Gist;
use super::reading::Mould;
use super::vocabulary::Slot;
use crate::model::StoryId;

/// The stories that are held.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) stories: Vec<Option<Story>>,
    free: Vec<Slot>,
    pub(super) slots: HashMap<StoryId, Slot>,
    /// The stories that others have become.
    pub(super) became: HashMap<StoryId, StoryId>,
}

/// What is known of one.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) id: StoryId,
    pub(super) gist: Gist,
    /// When its items came out: the first and the last.
    pub(super) span: (Timestamp, Timestamp),
    /// How many of its items are held.
    pub(super) held: usize,
    /// The headline of its first item.
    pub(super) mould: Mould,
    /// Stories that have become this one.
    pub(super) absorbed: Vec<StoryId>,
}

impl Held {
    pub(super) fn get(&self, slot: Slot) -> Option<&Story> {
        self.stories.get(slot as usize)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut Story> {
        self.stories.get_mut(slot as usize)?.as_mut()
    }

    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn open(&mut self, story: Story) -> Slot {
        let id = story.id;
        let slot = if let Some(slot) = self.free.pop() {
            self.stories[slot as usize] = Some(story);
            slot
        } else {
            self.stories.push(Some(story));
            // There are no more stories than items.
            Slot::try_from(self.stories.len() - 1).unwrap_or(Slot::MAX)
        };
        self.slots.insert(id, slot);
        slot
    }

    pub(super) fn close(&mut self, slot: Slot) -> Option<Story> {
        let story = self.stories.get_mut(slot as usize)?.take()?;
        self.slots.remove(&story.id);
        self.free.push(slot);
        Some(story)
    }
}
