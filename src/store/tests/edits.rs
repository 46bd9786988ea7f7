//! Is what was changed in an item kept, and not too much of it?

use super::{Seen, Shelf, hour, item};
use crate::story;

#[test]
fn the_last_changes_of_words_are_kept_and_go_with_their_item() {
    let shelf = Shelf::new();
    let feed = shelf.feed("a");
    let (id, _) = shelf.put(feed, hour(0), &item("1"));
    let edit = |at: i64, title: &str, body: &str| {
        let mut edited = item("1");
        edited.title = title.to_owned();
        edited.body = body.to_owned();
        let seen = Seen {
            feed,
            item: &edited,
            content: story::content(&edited),
            at: hour(at),
        };
        shelf.tx().edit_item(seen, None, id).unwrap();
        shelf.tx().was_changed(id, hour(at)).unwrap()
    };
    assert!(edit(1, "Title one", "Some text"));
    assert!(
        !edit(2, "Title: one!", "Some  text."),
        "the words are the same"
    );
    assert!(edit(3, "Title one", "Some other text"));
    let edits = shelf.tx().edits(id).unwrap();
    let said: Vec<_> = edits
        .iter()
        .map(|was| (was.at, was.title.as_deref(), was.passage.as_deref()))
        .collect();
    let expected = [
        (hour(3), None, Some("text.")),
        (hour(1), Some("Title of 1"), Some("")),
    ];
    assert_eq!(said, expected);
    for at in 4..20 {
        edit(at, &format!("Title {at}"), "");
    }
    let edits = shelf.tx().edits(id).unwrap();
    assert_eq!(edits.len(), 5);
    assert_eq!(edits[0].title.as_deref(), Some("Title 18"));
    shelf.conn.execute("DELETE FROM items", []).unwrap();
    assert_eq!(shelf.rows("edits"), 0);
}
