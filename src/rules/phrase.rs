//! What does a word or phrase of a query look for, word by word?

use super::forms::Shape;
use super::syntax::{How, Words};
use crate::text;

/// A stretch of a phrase with its readings, each a sequence of words.
pub(super) type Stretch = Vec<Vec<Shape>>;

/// Reads what stands between quotes, or a single word. Stars stand where the parser allows them.
/// With `stem`, plain words stand for all their forms.
pub(super) fn stretches(words: &Words, stem: bool) -> Vec<Stretch> {
    let text = &words.text;
    match words.how {
        How::Stemmed => stemmed(text),
        How::Edits(edits) => text::words(text)
            .into_iter()
            .map(|word| vec![vec![Shape::Edits(word, edits)]])
            .collect(),
        How::Folded if text.contains(is_star) => starred(text),
        How::Folded if stem => stemmed(text),
        How::Folded | How::Exact => plain(text),
    }
}

fn plain(text: &str) -> Vec<Stretch> {
    let is = |reading: Vec<String>| reading.into_iter().map(Shape::Is).collect();
    let stretches = text::phrase(text).into_iter();
    stretches
        .map(|readings| readings.into_iter().map(is).collect())
        .collect()
}

/// Words that are written in one piece by their stems, the others as they are.
fn stemmed(text: &str) -> Vec<Stretch> {
    let tokens = text::tokens(text);
    let mut stretches = plain(text);
    let mut position = 0;
    for stretch in &mut stretches {
        if let [reading] = stretch.as_slice()
            && let [Shape::Is(word)] = reading.as_slice()
            && let Some(token) = tokens
                .iter()
                .find(|token| token.first == position && tokens.form(token) == word)
        {
            let lower = text.get(token.span()).unwrap_or_default().to_lowercase();
            let folded = word.clone();
            *stretch = vec![vec![Shape::Stem { folded, lower }]];
        }
        let words = stretch.iter().map(Vec::len).max().unwrap_or(0);
        position += u32::try_from(words).unwrap_or(0);
    }
    stretches
}

fn starred(text: &str) -> Vec<Stretch> {
    let mut all = Vec::new();
    for piece in text.split_whitespace() {
        let word = piece.trim_matches(is_star);
        if word.is_empty() {
            all.push(vec![vec![Shape::Any]]);
            continue;
        }
        let mut stretches = plain(word);
        if piece.starts_with(is_star) {
            open(stretches.first_mut(), |r| r.first_mut(), Shape::Ends);
        }
        if piece.ends_with(is_star) {
            open(stretches.last_mut(), |r| r.last_mut(), Shape::Begins);
        }
        all.append(&mut stretches);
    }
    all
}

/// Lets the outermost word of every reading be longer than it is written.
fn open(
    stretch: Option<&mut Stretch>,
    outermost: fn(&mut Vec<Shape>) -> Option<&mut Shape>,
    longer: fn(String) -> Shape,
) {
    for form in stretch.into_iter().flatten().filter_map(outermost) {
        // A single byte is a part of nearly every word: it is looked for as it is.
        if let Shape::Is(word) = form
            && word.len() > 1
        {
            *form = longer(std::mem::take(word));
        }
    }
}

/// The star, also as input methods write it in full width.
fn is_star(char: char) -> bool {
    matches!(char, '*' | '\u{FF0A}')
}
