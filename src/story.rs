//! Which items tell the same news? Those with one canonical link, or one headline.

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Item;
use crate::text;

/// A headline of fewer words ("Morning briefing") may stand over many stories.
const HEADLINE_WORDS: usize = 4;

/// What items of one story share, and how an edit of an item is noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// [`Item::canonical_link`]
    pub link: Option<String>,
    /// Of the words of the title; `None` if there are too few to tell one story from another.
    pub headline: Option<i64>,
    /// Of title and body as they are.
    pub content: i64,
}

/// The fingerprint of an item.
#[must_use]
pub fn fingerprint(item: &Item) -> Fingerprint {
    let words = text::words(&item.title);
    let headline = (words.len() >= HEADLINE_WORDS).then(|| hash(&words.join(" ")));
    // No title holds a line feed, so the two cannot run into each other.
    let content = hash(&format!("{}\n{}", item.title, item.body));
    Fingerprint {
        link: item.canonical_link.clone(),
        headline,
        content,
    }
}

/// SQLite has signed integers only.
fn hash(text: &str) -> i64 {
    xxh3_64(text.as_bytes()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(title: &str, body: &str, link: Option<&str>) -> Item {
        Item {
            key: "id:1".to_owned(),
            link: link.map(str::to_owned),
            canonical_link: link.map(str::to_owned),
            title: title.to_owned(),
            body: body.to_owned(),
            authors: Vec::new(),
            categories: Vec::new(),
            published: None,
            language: None,
        }
    }

    #[test]
    fn headlines_are_compared_by_their_words() {
        let one = fingerprint(&item(
            "Putin\u{2019}s envoy \u{2013} in Beijing, again!",
            "a",
            None,
        ));
        let two = fingerprint(&item("PUTIN'S ENVOY IN BEIJING AGAIN", "b", None));
        assert_eq!(one.headline, two.headline);
        assert_ne!(one.content, two.content);
        assert!(one.headline.is_some());
    }

    #[test]
    fn short_headlines_tell_nothing() {
        assert_eq!(
            fingerprint(&item("Morning news briefing", "", None)).headline,
            None
        );
    }

    #[test]
    fn title_and_body_do_not_run_into_each_other() {
        let one = fingerprint(&item("a b", "c", None));
        let two = fingerprint(&item("a", "b c", None));
        assert_ne!(one.content, two.content);
    }
}
