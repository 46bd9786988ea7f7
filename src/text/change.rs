//! What of a text is gone in a later one?

/// The passage of `old` that is not in `new`, at most `most` characters of it: all between what both
/// begin with and what both end with, in whole words. Empty if something was only added.
#[must_use]
pub fn passage(old: &str, new: &str, most: usize) -> String {
    let begin = old
        .char_indices()
        .zip(new.chars())
        .find(|((_, one), other)| one != other)
        .map_or(old.len().min(new.len()), |((at, _), _)| at);
    // Both are cut at a character: what they begin with is the same.
    let begin = if is_inside_word(old, begin) || is_inside_word(new, begin) {
        old[..begin].rfind(is_space).map_or(0, |at| at + 1)
    } else {
        begin
    };
    let (old_rest, new_rest) = (&old[begin..], &new[begin..]);
    let same = old_rest.chars().rev().zip(new_rest.chars().rev());
    let same = same.take_while(|(one, other)| one == other);
    let same: usize = same.map(|(char, _)| char.len_utf8()).sum();
    let (old_end, new_end) = (old_rest.len() - same, new_rest.len() - same);
    let end = if is_inside_word(old_rest, old_end) || is_inside_word(new_rest, new_end) {
        let more = old_rest[old_end..].find(is_space);
        more.map_or(old_rest.len(), |more| old_end + more)
    } else {
        old_end
    };
    let gone = old_rest[..end].trim();
    let cut: String = gone.chars().take(most).collect();
    if cut.len() < gone.len() {
        format!("{cut}…")
    } else {
        cut
    }
}

/// Whether a text is cut between two characters of one word.
fn is_inside_word(text: &str, at: usize) -> bool {
    let ends_in_word = text[..at]
        .chars()
        .next_back()
        .is_some_and(|char| !is_space(char));
    ends_in_word && text[at..].starts_with(|char| !is_space(char))
}

fn is_space(char: char) -> bool {
    // A byte, so that what follows it begins a byte later.
    matches!(char, ' ' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};
    use rstest::rstest;

    #[rstest]
    #[case("Three ships sink at sea", "Five ships sink at sea", "Three")]
    #[case(
        "Ships sink at sea, three lost",
        "Ships sink at sea, thirty lost",
        "three"
    )]
    #[case("Ships sink", "Ships sink at sea", "")]
    #[case("Ships sink at sea", "Ships sink", "at sea")]
    #[case("Ships sink at sea", "Ships at sea", "sink")]
    #[case("a b a b", "a b", "a b")]
    #[case("old", "new", "old")]
    #[case("", "new", "")]
    #[case("same", "same", "")]
    #[case("Schiffe gröhlen", "Schiffe grüßen", "gröhlen")]
    #[case("one two three four five", "x", "one two th…")]
    fn what_is_gone_is_found(#[case] old: &str, #[case] new: &str, #[case] gone: &str) {
        assert_eq!(passage(old, new, 10), gone);
    }

    proptest! {
        #[test]
        fn any_two_texts_can_be_compared(old in any::<String>(), new in any::<String>()) {
            let gone = passage(&old, &new, usize::MAX);
            assert!(old.contains(&gone));
        }

        #[test]
        fn texts_of_few_words_too(old in "[ab é\n]{0,12}", new in "[ab é\n]{0,12}") {
            let gone = passage(&old, &new, usize::MAX);
            assert!(old.contains(&gone));
        }
    }
}
