//! What is on the screen, and which of it does a server speak of?

use std::collections::VecDeque;

use super::bus::Capabilities;
use super::ear::{Answer, Wish};
use super::text::Text;
use crate::model::{AlertId, Message, StoryId};

/// How many of the last bubbles can be answered or changed.
const REMEMBERED: usize = 256;

/// The specification's key of what a click on the bubble itself does.
const DEFAULT: &str = "default";
const OPEN: &str = "open";
const MUTE: &str = "mute";
const NOT_RELEVANT: &str = "not-relevant";

/// The answers that are offered to a message: keys and labels.
pub(super) fn actions(message: &Message) -> Vec<(&'static str, &'static str)> {
    let mut actions = Vec::new();
    if message.link.is_some() {
        actions.extend([(DEFAULT, "Open"), (OPEN, "Open")]);
    }
    if message.rule.is_some() {
        actions.push((MUTE, "Mute rule"));
        if message.story.is_some() {
            actions.push((NOT_RELEVANT, "Not relevant"));
        }
    }
    actions
}

/// What was shown of an alert.
pub(super) struct Bubble {
    pub(super) alert: AlertId,
    /// The connection of the server that shows it.
    pub(super) server: String,
    pub(super) capabilities: Capabilities,
    /// The number by which that server knows it.
    pub(super) id: u32,
    pub(super) rule: Option<String>,
    pub(super) story: Option<StoryId>,
    pub(super) link: Option<String>,
    pub(super) text: Text,
    /// Whether it has not been closed yet. What is closed may be answered still, in a list of the past.
    pub(super) is_open: bool,
    /// What lets the program that is opened next come to the front.
    pub(super) token: Option<String>,
}

/// The last bubbles, oldest first.
#[derive(Default)]
pub(super) struct Shown(VecDeque<Bubble>);

impl Shown {
    /// Remembers a bubble; returns those that it takes the place of, which count as closed.
    pub(super) fn put(&mut self, bubble: Bubble) -> Vec<(String, u32)> {
        self.0.retain(|old| old.alert != bubble.alert);
        let older = self.0.iter_mut().filter(|old| {
            let same = old.rule == bubble.rule && old.story == bubble.story;
            let of_one = bubble.rule.is_some() && bubble.story.is_some();
            old.is_open && of_one && same && old.server == bubble.server
        });
        let older = older.map(|old| {
            old.is_open = false;
            (old.server.clone(), old.id)
        });
        let older = older.collect();
        self.0.push_back(bubble);
        while self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
        older
    }

    /// What is shown of an alert, if it is still there.
    pub(super) fn open(&mut self, alert: &AlertId) -> Option<&mut Bubble> {
        self.last(alert).filter(|bubble| bubble.is_open)
    }

    /// What was last shown of an alert, whether it is still there or not.
    pub(super) fn last(&mut self, alert: &AlertId) -> Option<&mut Bubble> {
        let mut bubbles = self.0.iter_mut().rev();
        bubbles.find(|bubble| bubble.alert == *alert)
    }

    fn by_id(&mut self, server: &str, id: u32) -> Option<&mut Bubble> {
        let mut bubbles = self.0.iter_mut().rev();
        bubbles.find(|bubble| bubble.id == id && bubble.server == server)
    }

    /// A server says that a notification is no longer on the screen.
    pub(super) fn closed(&mut self, server: &str, id: u32) {
        if let Some(bubble) = self.by_id(server, id) {
            bubble.is_open = false;
        }
    }

    /// A server says what lets the program come to the front that a notification opens.
    pub(super) fn may_come_to_front(&mut self, server: &str, id: u32, token: String) {
        if let Some(bubble) = self.by_id(server, id) {
            bubble.token = Some(token);
        }
    }

    /// A server says which answer was given to a notification; what that means, if it is one of ours.
    pub(super) fn answered(&mut self, server: &str, id: u32, key: &str) -> Option<Answer> {
        let bubble = self.by_id(server, id)?;
        let token = bubble.token.take();
        let wish = match key {
            DEFAULT | OPEN => Wish::Open {
                link: bubble.link.clone()?,
                token,
            },
            MUTE => Wish::Mute {
                rule: bubble.rule.clone()?,
            },
            NOT_RELEVANT => Wish::NotRelevant {
                rule: bubble.rule.clone()?,
                story: bubble.story?,
            },
            _ => return None,
        };
        Some(Answer {
            alert: bubble.alert.clone(),
            wish,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bubble(id: u32, alert: &str, story: Option<i64>) -> Bubble {
        Bubble {
            alert: AlertId(alert.to_owned()),
            server: ":1.7".to_owned(),
            capabilities: Capabilities {
                body: true,
                markup: true,
                actions: true,
            },
            id,
            rule: Some("Drills".to_owned()),
            story: story.map(StoryId),
            link: Some("https://example.org/1".to_owned()),
            text: Text {
                summary: String::new(),
                body: String::new(),
            },
            is_open: true,
            token: None,
        }
    }

    #[test]
    fn only_the_server_that_shows_a_bubble_speaks_of_it() {
        let mut shown = Shown::default();
        shown.put(bubble(3, "a", Some(1)));
        assert_eq!(shown.answered(":1.8", 3, OPEN), None);
        assert_eq!(shown.answered(":1.7", 4, OPEN), None);
        assert_eq!(shown.answered(":1.7", 3, "reply"), None);
        shown.closed(":1.8", 3);
        assert!(shown.open(&AlertId("a".to_owned())).is_some());
        shown.closed(":1.7", 3);
        assert!(shown.open(&AlertId("a".to_owned())).is_none());
        let answer = shown.answered(":1.7", 3, MUTE).unwrap();
        let rule = "Drills".to_owned();
        assert_eq!(answer.wish, Wish::Mute { rule }, "in a list of the past");
    }

    #[test]
    fn a_story_has_one_bubble_a_rule_and_summaries_have_their_own() {
        let mut shown = Shown::default();
        assert!(shown.put(bubble(1, "a", Some(1))).is_empty());
        assert!(shown.put(bubble(2, "b", Some(2))).is_empty());
        let older = shown.put(bubble(3, "c", Some(1)));
        assert_eq!(older, [(":1.7".to_owned(), 1)]);
        assert!(shown.put(bubble(4, "d", Some(1))).len() == 1, "not twice");
        assert!(shown.put(bubble(5, "e", None)).is_empty());
        assert!(shown.put(bubble(6, "f", None)).is_empty());
    }

    #[test]
    fn a_token_serves_once() {
        let mut shown = Shown::default();
        shown.put(bubble(3, "a", Some(1)));
        shown.may_come_to_front(":1.7", 3, "t".to_owned());
        let mut token = || match shown.answered(":1.7", 3, DEFAULT).unwrap().wish {
            Wish::Open { token, .. } => token,
            wish => panic!("{wish:?}"),
        };
        assert_eq!(token().as_deref(), Some("t"));
        assert_eq!(token(), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut shown = Shown::default();
        for id in 0..300 {
            shown.put(bubble(id, &id.to_string(), Some(id.into())));
        }
        assert_eq!(shown.0.len(), REMEMBERED);
        assert!(shown.last(&AlertId("43".to_owned())).is_none());
        assert!(shown.last(&AlertId("44".to_owned())).is_some());
    }
}
