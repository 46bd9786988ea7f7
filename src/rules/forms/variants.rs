//! Of which looked-for words is this one an inflected form or a spelling variant?

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use super::Form;
use crate::text::{LANGUAGES, Language};

/// Distinct words whose answers are kept; then they are forgotten and asked anew.
const KEPT: usize = 50_000;

/// The longest word, in characters, that is compared letter by letter.
const LONGEST: usize = 64;

/// Words that are looked for in all their forms or spellings.
#[derive(Debug, Default)]
pub(in crate::rules) struct Variants {
    /// Folded, lower case, number.
    stemmed: Vec<(String, String, Form)>,
    by_words: HashMap<(String, String), Form>,
    /// By language, the numbers of stems.
    by_stem: [OnceLock<HashMap<String, Vec<Form>>>; LANGUAGES],
    /// Without a language only the word itself.
    by_word: HashMap<String, Vec<Form>>,
    by_edits: HashMap<(String, u8), Form>,
    /// Every word of `by_edits` with up to so many letters left out.
    shortened: HashMap<String, Vec<(Arc<str>, u8, Form)>>,
    most_edits: u8,
}

/// What was found for a word, to be found faster the next time.
#[derive(Debug, Default)]
pub(in crate::rules) struct Cache {
    stems: HashMap<(Option<Language>, String), Arc<[Form]>>,
    edits: HashMap<String, Arc<[Form]>>,
}

impl Variants {
    pub(in crate::rules) fn is_empty(&self) -> bool {
        self.stemmed.is_empty() && self.by_edits.is_empty()
    }

    /// Whether any word is looked for by its stem.
    pub(in crate::rules) fn stems(&self) -> bool {
        !self.stemmed.is_empty()
    }

    pub(super) fn add_stem(&mut self, folded: &str, lower: &str, form: Form) -> Form {
        let key = (folded.to_owned(), lower.to_owned());
        if let Some(known) = self.by_words.get(&key) {
            return *known;
        }
        self.stemmed
            .push((folded.to_owned(), lower.to_owned(), form));
        self.by_words.insert(key, form);
        self.by_word
            .entry(folded.to_owned())
            .or_default()
            .push(form);
        form
    }

    pub(super) fn add_edits(&mut self, word: &str, edits: u8, form: Form) -> Form {
        let key = (word.to_owned(), edits);
        if let Some(known) = self.by_edits.get(&key) {
            return *known;
        }
        self.by_edits.insert(key, form);
        self.most_edits = self.most_edits.max(edits);
        let shared: Arc<str> = word.into();
        for shorter in shortened(word, edits) {
            self.shortened
                .entry(shorter)
                .or_default()
                .push((Arc::clone(&shared), edits, form));
        }
        form
    }

    /// The words of which a word, folded and as spelled, is a form or a spelling.
    pub(in crate::rules) fn of(
        &self,
        (folded, spelled): (&str, &str),
        language: Option<Language>,
        cache: &mut Cache,
    ) -> Vec<Form> {
        let mut found = Vec::new();
        if !self.stemmed.is_empty() {
            let key = (language, spelled.to_lowercase());
            let find = |(_, lower): &(_, String)| self.stemmed_like(folded, lower, language);
            found.extend_from_slice(&kept(&mut cache.stems, key, find));
        }
        if !self.by_edits.is_empty() {
            let find = |folded: &String| self.spelled_like(folded);
            found.extend_from_slice(&kept(&mut cache.edits, folded.to_owned(), find));
        }
        found
    }

    fn stemmed_like(&self, folded: &str, lower: &str, language: Option<Language>) -> Arc<[Form]> {
        let mut forms = self.by_word.get(folded).cloned().unwrap_or_default();
        if let Some(language) = language
            && let Some(by_stem) = self.by_stem.get(language.slot())
        {
            let by_stem = by_stem.get_or_init(|| {
                let mut by_stem: HashMap<String, Vec<Form>> = HashMap::new();
                for (folded, lower, form) in &self.stemmed {
                    for stem in language.stems(folded, lower) {
                        by_stem.entry(stem).or_default().push(*form);
                    }
                }
                by_stem
            });
            for stem in language.stems(folded, lower) {
                forms.extend(by_stem.get(&stem).into_iter().flatten());
            }
        }
        forms.sort_unstable();
        forms.dedup();
        forms.into()
    }

    fn spelled_like(&self, folded: &str) -> Arc<[Form]> {
        let mut forms = Vec::new();
        if folded.chars().nth(LONGEST).is_none() {
            for shorter in shortened(folded, self.most_edits) {
                for (word, edits, form) in self.shortened.get(&shorter).into_iter().flatten() {
                    if strsim::osa_distance(word, folded) <= usize::from(*edits) {
                        forms.push(*form);
                    }
                }
            }
        }
        forms.sort_unstable();
        forms.dedup();
        forms.into()
    }
}

/// What is known for a key, or found now and kept.
fn kept<K: Eq + Hash>(
    known: &mut HashMap<K, Arc<[Form]>>,
    key: K,
    find: impl FnOnce(&K) -> Arc<[Form]>,
) -> Arc<[Form]> {
    if known.len() >= KEPT && !known.contains_key(&key) {
        known.clear();
    }
    match known.entry(key) {
        Entry::Occupied(entry) => Arc::clone(entry.get()),
        Entry::Vacant(entry) => {
            let found = find(entry.key());
            Arc::clone(entry.insert(found))
        }
    }
}

/// A word with up to `edits` letters left out, in every way: two words within so many edits share
/// one of these.
fn shortened(word: &str, edits: u8) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    let mut from = 0;
    for _ in 0..edits {
        let to = all.len();
        for index in from..to {
            let longer = all[index].clone();
            for (at, char) in longer.char_indices() {
                let mut shorter = longer[..at].to_owned();
                shorter.push_str(&longer[at + char.len_utf8()..]);
                all.push(shorter);
            }
        }
        from = to;
    }
    all.sort_unstable();
    all.dedup();
    all
}
