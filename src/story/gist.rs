//! What do the items of a story have in common, and how like it is another item or story?

use super::vocabulary::{Kind, TermId, Vocabulary};

/// Terms of a story that are kept, at most: those that tell the most.
const TERMS: usize = 64;

/// How a term's share of the items counts: less than in proportion, because everyone tells a story in
/// words of their own.
const SHARE: f32 = 0.7;

/// The least length of what is compared. Texts of a few everyday words are like nothing, not even
/// like each other: "Morning briefing" stands over many stories.
const FLOOR: f32 = 5.0;

/// What all names together add to the likeness of a small story, at most. Who is in the news says
/// less about which news it is than what they do.
const NAMES: f32 = 0.135;

/// A story of more items than this is the one its names are known for: they add more.
const FAMOUS: f32 = 3.0;

/// What any other word adds to the likeness of a small story, at most: one word in common is chance.
const WORD: f32 = 0.15;

/// The same of an everyday word, and of all of them.
const EVERYDAY: f32 = 0.07;
const EVERYDAYS: f32 = 0.13;

/// A story of more items than this is the one its words stand for: they add more.
const KNOWN: f32 = 1.4;

/// How much more alike two must be if no name and no number is in both.
const NAMELESS: f32 = 0.045;

/// How much more if each has some: an earthquake elsewhere is another one.
const OTHER_NAMES: f32 = 0.25;

/// How much more if no two telling words are in both: divided by the square of the items, because one
/// may do where a story stands for it.
const ALONE: f32 = 0.12;

/// Terms with their weight, in the order of their numbers.
pub(super) type Terms = Vec<(TermId, f32)>;

/// The terms of one item.
#[derive(Clone, Debug, Default)]
pub(super) struct Telling {
    /// With what each tells here: how rare it is, and where it stands.
    pub(super) terms: Terms,
    pub(super) length: f32,
    /// Its language, if that is known.
    pub(super) language: Option<[u8; 3]>,
}

/// What a story is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Gist {
    /// How many items it is made of.
    items: f32,
    /// What each term weighs in them all, in the order of their numbers.
    terms: Terms,
    length: f32,
    language: Option<[u8; 3]>,
}

/// What a term adds to a likeness.
pub(super) type Part = (TermId, f32);

/// Of which story's terms it is asked, among how many.
#[derive(Clone, Copy)]
pub(super) struct Scale<'v> {
    pub(super) words: &'v Vocabulary,
    pub(super) stories: usize,
}

impl Scale<'_> {
    pub(super) fn weight(self, id: TermId) -> f32 {
        self.words.weight(id, self.stories)
    }
}

/// The length of terms that weigh so much, or the least length.
pub(super) fn length(weights: impl Iterator<Item = f32>) -> f32 {
    weights
        .map(|weight| weight * weight)
        .sum::<f32>()
        .sqrt()
        .max(FLOOR)
}

impl Gist {
    pub(super) fn items(&self) -> f32 {
        self.items
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = TermId> {
        self.terms.iter().map(|(id, _)| *id)
    }

    /// Whether it is about things with codes, and the item about others.
    pub(super) fn is_of_other_codes(&self, item: &Telling, words: &Vocabulary) -> bool {
        let code = |(id, _): &&(TermId, f32)| words.kind(*id) == Kind::Code;
        let mut theirs = item.terms.iter().filter(code).peekable();
        theirs.peek().is_some()
            && self.terms.iter().any(|own| code(&own))
            && theirs.all(|their| self.terms.iter().all(|own| own.0 != their.0))
    }

    /// How much more alike an item must be to belong to it, because of what is not in both.
    pub(super) fn strangeness_of_item(&self, item: &Telling, words: &Vocabulary) -> f32 {
        strangeness(&self.terms, &item.terms, (self.items, words))
    }

    /// The same for two stories to be one.
    pub(super) fn strangeness_of(&self, other: &Gist, words: &Vocabulary) -> f32 {
        let items = self.items.min(other.items);
        strangeness(&self.terms, &other.terms, (items, words))
    }

    /// How like an item is to it: from 0, for nothing in common, to 1.
    pub(super) fn likeness(&self, item: &Telling, scale: Scale<'_>, parts: &mut Vec<Part>) -> f32 {
        parts.clear();
        shared(&self.terms, &item.terms, |id, mass, telling| {
            let weight = (mass / self.items).powf(SHARE) * scale.weight(id);
            parts.push((id, weight * telling / (self.length * item.length)));
        });
        let foreign = matches!((self.language, item.language), (Some(a), Some(b)) if a != b);
        sum(parts, scale, self.items, foreign)
    }

    /// How alike two stories are.
    pub(super) fn likeness_of(&self, other: &Gist, scale: Scale<'_>) -> f32 {
        let mut parts = Vec::new();
        shared(&self.terms, &other.terms, |id, one, two| {
            let weight = scale.weight(id);
            let one = (one / self.items).powf(SHARE) * weight;
            let two = (two / other.items).powf(SHARE) * weight;
            parts.push((id, one * two / (self.length * other.length)));
        });
        let foreign = matches!((self.language, other.language), (Some(a), Some(b)) if a != b);
        sum(&mut parts, scale, self.items.min(other.items), foreign)
    }

    /// Takes an item in, whose terms weigh so much; returns the terms that are new to it, and those
    /// that had to give way, which may be new as well.
    pub(super) fn add(&mut self, item: &Gist, scale: Scale<'_>) -> (Vec<TermId>, Vec<TermId>) {
        self.items += item.items;
        self.language = self.language.or(item.language);
        let mut new = Vec::new();
        let mut terms = Terms::with_capacity(self.terms.len() + item.terms.len());
        let mut theirs = item.terms.iter().peekable();
        for own in &self.terms {
            while let Some(other) = theirs.next_if(|other| other.0 < own.0) {
                new.push(other.0);
                terms.push(*other);
            }
            let both = theirs.next_if(|other| other.0 == own.0);
            terms.push((own.0, own.1 + both.map_or(0.0, |other| other.1)));
        }
        for other in theirs {
            new.push(other.0);
            terms.push(*other);
        }
        let mut gone = Vec::new();
        if terms.len() > TERMS {
            let tells = |(id, mass): &(TermId, f32)| mass * scale.weight(*id);
            let mut order: Vec<(f32, TermId)> =
                terms.iter().map(|term| (tells(term), term.0)).collect();
            order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let least: Vec<TermId> = order
                .split_off(TERMS)
                .into_iter()
                .map(|(_, id)| id)
                .collect();
            terms.retain(|(id, _)| !least.contains(id));
            gone = least;
        }
        terms.shrink_to_fit();
        self.terms = terms;
        (new, gone)
    }

    /// Measures it anew, after its terms or what they weigh have changed.
    pub(super) fn measure(&mut self, scale: Scale<'_>) {
        let items = self.items;
        let weight = |(id, mass): &(TermId, f32)| (mass / items).powf(SHARE) * scale.weight(*id);
        self.length = length(self.terms.iter().map(weight));
    }

    /// That of one item.
    pub(super) fn of(terms: Terms, language: Option<[u8; 3]>) -> Gist {
        Gist {
            items: 1.0,
            terms,
            length: FLOOR,
            language,
        }
    }
}

/// What the parts come to, each word and all names no more than they may; `parts` are cut to that.
fn sum(parts: &mut [Part], scale: Scale<'_>, items: f32, foreign: bool) -> f32 {
    // Texts in two languages have little but names in common.
    let is_cut = !foreign || parts.len() < 2;
    if is_cut {
        let growth = |of: f32| (items / of).max(1.0).sqrt();
        let (known, famous) = (growth(KNOWN), growth(FAMOUS));
        let kind = |part: &Part| scale.words.kind(part.0);
        let of = |wanted: Kind| parts.iter().filter(move |part| kind(part) == wanted);
        let names: f32 = of(Kind::Name).map(|part| part.1).sum();
        let names = (NAMES * famous / names).min(1.0);
        let everyday = |part: &Part| part.1.min(EVERYDAY * known);
        let all: f32 = of(Kind::Everyday).map(everyday).sum();
        let few = (EVERYDAYS * known / all).min(1.0);
        for part in parts.iter_mut() {
            part.1 = match kind(part) {
                Kind::Name => part.1 * names,
                Kind::Everyday => everyday(part) * few,
                Kind::Word => part.1.min(WORD * known),
                Kind::Code => part.1,
            };
        }
    }
    parts.iter().map(|part| part.1).sum()
}

/// Shows the terms that are in both.
fn shared(
    some: &[(TermId, f32)],
    others: &[(TermId, f32)],
    mut show: impl FnMut(TermId, f32, f32),
) {
    let mut rest = others.iter().peekable();
    for (id, weight) in some {
        while rest.next_if(|other| other.0 < *id).is_some() {}
        if let Some(other) = rest.next_if(|other| other.0 == *id) {
            show(*id, *weight, other.1);
        }
    }
}

/// How much more alike two must be because of the names and telling words that are not in both, if the
/// smaller has so many items.
fn strangeness(
    some: &[(TermId, f32)],
    others: &[(TermId, f32)],
    (items, words): (f32, &Vocabulary),
) -> f32 {
    let (mut a_name, mut telling) = (false, 0);
    shared(some, others, |id, _, _| {
        a_name |= words.is_named(id);
        telling += usize::from(words.kind(id) != Kind::Everyday);
    });
    let is_named = |terms: &[(TermId, f32)]| terms.iter().any(|(id, _)| words.is_named(*id));
    let unnamed = match a_name {
        true => 0.0,
        false if is_named(some) && is_named(others) => OTHER_NAMES,
        false => NAMELESS,
    };
    let alone = if telling < 2 {
        ALONE / (items * items)
    } else {
        0.0
    };
    unnamed + alone
}
