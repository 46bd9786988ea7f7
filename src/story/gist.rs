//! What do the items of a story have in common, and how like it is another item or story?

use std::num::NonZero;
use std::sync::LazyLock;

use smallvec::SmallVec;

use super::u24::U24;
use super::vocabulary::{Kind, TermId, Vocabulary};
use crate::text::prefetch;

/// A language: the letters of its code, each in five bits.
pub(super) type LanguageCode = NonZero<u16>;

/// Terms of an item that are kept, at most: those that tell the most.
pub(super) const ITEM_TERMS: usize = 20;

/// The same of a story: no more than a number has bits.
const TERMS: usize = u64::BITS as usize;

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

/// Where a term stands in an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Text,
    Headline,
    /// A code (`CVE-2026-31337`), in the text or in the headline.
    CodeInText,
    CodeInHeadline,
}

/// In one.
const EIGHTHS: f32 = 8.0;

impl Standing {
    const ALL: [Standing; 4] = [
        Standing::Text,
        Standing::Headline,
        Standing::CodeInText,
        Standing::CodeInHeadline,
    ];

    pub(super) fn of(in_headline: bool, is_code: bool) -> Standing {
        match (in_headline, is_code) {
            (false, false) => Standing::Text,
            (true, false) => Standing::Headline,
            (false, true) => Standing::CodeInText,
            (true, true) => Standing::CodeInHeadline,
        }
    }

    /// What a term counts that stands there, in eighths: a word of the text a quarter of one of the headline,
    /// a code two and a half times as much as a word.
    const fn eighths(self) -> u8 {
        match self {
            Standing::Text => 2,
            Standing::Headline => 8,
            Standing::CodeInText => 5,
            Standing::CodeInHeadline => 20,
        }
    }

    /// What a term counts that stands there.
    pub(super) fn weight(self) -> f32 {
        f32::from(self.eighths()) / EIGHTHS
    }

    /// The same to the power of [`SHARE`].
    fn share(self) -> f32 {
        static SHARES: LazyLock<[f32; 4]> =
            LazyLock::new(|| Standing::ALL.map(|standing| standing.weight().powf(SHARE)));
        SHARES[self as usize]
    }
}

/// A term of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) id: TermId,
    /// How rare it is ([`Vocabulary::weight`]).
    pub(super) rare: f32,
    /// What it tells here: how rare it is, and where it stands.
    pub(super) tells: f32,
    pub(super) kind: Kind,
    pub(super) is_named: bool,
}

/// The terms of one item.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    /// In the order of their numbers.
    pub(super) terms: Vec<Told>,
    length: f32,
    /// Its language, if that is known.
    language: Option<LanguageCode>,
    /// Where each term is among them, counted from one: at the last eight bits of its number, or after what
    /// is there already. Zeros elsewhere, so that most numbers are known not to be there.
    places: [u8; 256],
}

impl Telling {
    /// Of at most [`ITEM_TERMS`] terms in the order of their numbers.
    pub(super) fn of(terms: Vec<Told>, language: Option<LanguageCode>) -> Telling {
        let mut places = [0; 256];
        for (term, place) in terms.iter().zip(1..) {
            let mut at = low(term.id);
            while places[usize::from(at)] != 0 {
                at = at.wrapping_add(1);
            }
            places[usize::from(at)] = place;
        }
        Telling {
            length: length(terms.iter().map(|term| term.tells)),
            terms,
            language,
            places,
        }
    }

    /// Whether it may have the term with this number.
    fn may_have(&self, id: TermId) -> bool {
        self.places[usize::from(low(id))] != 0
    }

    /// The term with this number.
    fn get(&self, id: TermId) -> Option<&Told> {
        let mut at = low(id);
        loop {
            let place = usize::from(self.places[usize::from(at)]);
            let term = self.terms.get(place.checked_sub(1)?)?;
            if term.id == id {
                return Some(term);
            }
            at = at.wrapping_add(1);
        }
    }
}

/// The last eight bits of a number.
fn low(id: TermId) -> u8 {
    id.to_le_bytes()[0]
}

/// What a term weighs in all items of a story.
#[derive(Clone, Copy, Debug)]
enum Mass {
    /// Where it stands in the only item.
    One(Standing),
    /// The sum in eighths, and the number of items.
    Several(U24, f32),
}

impl Mass {
    /// In eighths.
    fn sum(self) -> u32 {
        match self {
            Mass::One(standing) => standing.eighths().into(),
            Mass::Several(sum, _) => sum.get(),
        }
    }

    /// What its share of the items counts.
    fn share(self) -> f32 {
        match self {
            Mass::One(standing) => standing.share(),
            Mass::Several(sum, items) => (units(sum.get()) / items).powf(SHARE),
        }
    }
}

/// So many eighths.
fn units(eighths: u32) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact: it has no more than 24 bits"
    )]
    let eighths = eighths as f32;
    eighths / EIGHTHS
}

/// Those of an item are within the story: to look elsewhere takes longer than to compare them.
type Packed = SmallVec<[U24; ITEM_TERMS]>;

/// What a story is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Gist {
    /// Its terms, in the order of their numbers. Most stories have one item, whose terms are kept in half
    /// the room: each number with its [`Standing`] in the two last bits. Of several items there are all the
    /// numbers, then what each weighs in them all, in eighths.
    packed: Packed,
    length: f32,
    /// How many items it is made of.
    items: u16,
    language: Option<LanguageCode>,
}

/// What a term adds to a likeness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) id: TermId,
    kind: Kind,
    pub(super) adds: f32,
}

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
fn length(weights: impl Iterator<Item = f32>) -> f32 {
    weights
        .map(|weight| weight * weight)
        .sum::<f32>()
        .sqrt()
        .max(FLOOR)
}

impl Gist {
    /// That of one item, whose terms come in the order of their numbers.
    pub(super) fn of(
        terms: impl Iterator<Item = (TermId, Standing)>,
        language: Option<LanguageCode>,
    ) -> Gist {
        let pack = |(id, standing): (TermId, Standing)| U24::of(id << 2 | standing as u32);
        Gist {
            packed: terms.map(pack).collect(),
            length: FLOOR,
            items: 1,
            language,
        }
    }

    pub(super) fn items(&self) -> f32 {
        self.items.into()
    }

    /// Its language, if that is known.
    pub(super) fn language(&self) -> Option<LanguageCode> {
        self.language
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = TermId> + Clone {
        self.masses().map(|(id, _)| id)
    }

    /// Its terms with what they weigh in all items.
    fn masses(&self) -> impl Iterator<Item = (TermId, Mass)> + Clone {
        (0..self.numbers().len()).filter_map(|at| self.mass(at))
    }

    fn is_of_one(&self) -> bool {
        self.items <= 1
    }

    /// The numbers of its terms, as they are kept.
    fn numbers(&self) -> &[U24] {
        let numbers = self.packed.len() / if self.is_of_one() { 1 } else { 2 };
        &self.packed[..numbers]
    }

    /// The term at a place, and what it weighs.
    fn mass(&self, at: usize) -> Option<(TermId, Mass)> {
        let number = self.packed.get(at)?.get();
        if self.is_of_one() {
            let standing = Standing::ALL[(number & 3) as usize];
            return Some((number >> 2, Mass::One(standing)));
        }
        let mass = self.packed.get(at + self.packed.len() / 2)?;
        Some((number, Mass::Several(*mass, self.items())))
    }

    /// Asks for the memory that [`Gist::sifted`] reads.
    pub(super) fn expect(&self) {
        let numbers = self.numbers();
        prefetch(numbers, 0);
        prefetch(numbers, numbers.len().saturating_sub(1));
    }

    /// A bit for the place of each term that an item may have.
    pub(super) fn sifted(&self, item: &Telling) -> u64 {
        let shift = if self.is_of_one() { 2 } else { 0 };
        let numbers = self.numbers().iter().zip(0..u64::BITS);
        numbers.fold(0, |found, (number, at)| {
            found | u64::from(item.may_have(number.get() >> shift)) << at
        })
    }

    /// Whether it has a term of an item.
    pub(super) fn has_any(&self, item: &Telling) -> bool {
        self.terms().any(|id| item.get(id).is_some())
    }

    /// Whether it is about things with codes, and the item about others.
    pub(super) fn is_of_other_codes(&self, item: &Telling, words: &Vocabulary) -> bool {
        let is_code = |told: &Told| told.kind == Kind::Code;
        let both = || self.terms().filter_map(|id| item.get(id));
        item.terms.iter().any(is_code)
            && self.terms().any(|id| words.kind(id) == Kind::Code)
            && !both().any(is_code)
    }

    /// How much more alike an item must be to belong to it, because of what is not in both.
    pub(super) fn strangeness_of_item(&self, item: &Telling, words: &Vocabulary) -> f32 {
        let both = self.terms().filter_map(|id| item.get(id));
        let both = both.map(|told| (told.is_named, told.kind));
        let other = item.terms.iter().any(|told| told.is_named);
        strangeness(both, other && self.is_named(words), self.items())
    }

    /// The same for two stories to be one.
    pub(super) fn strangeness_of(&self, other: &Gist, words: &Vocabulary) -> f32 {
        let both = shared(
            self.terms().map(|id| (id, ())),
            other.terms().map(|id| (id, ())),
        );
        let both = both.map(|(id, (), ())| (words.is_named(id), words.kind(id)));
        let items = self.items().min(other.items());
        strangeness(both, self.is_named(words) && other.is_named(words), items)
    }

    /// Whether some name or number tells it from others.
    fn is_named(&self, words: &Vocabulary) -> bool {
        self.terms().any(|id| words.is_named(id))
    }

    /// How like an item is to it: from 0, for nothing in common, to 1. `sifted` is what [`Gist::sifted`] says.
    pub(super) fn likeness(&self, item: &Telling, sifted: u64, parts: &mut Vec<Part>) -> f32 {
        let whole = self.length * item.length;
        parts.clear();
        let mut left = sifted;
        while left != 0 {
            let mass = self.mass(left.trailing_zeros() as usize);
            left &= left - 1;
            parts.extend(mass.and_then(|(id, mass)| {
                let told = item.get(id)?;
                Some(Part {
                    id,
                    kind: told.kind,
                    adds: mass.share() * told.rare * told.tells / whole,
                })
            }));
        }
        sum(
            parts,
            self.items(),
            is_foreign(self.language, item.language),
        )
    }

    /// How alike two stories are.
    pub(super) fn likeness_of(&self, other: &Gist, scale: Scale<'_>) -> f32 {
        let whole = self.length * other.length;
        let both = shared(self.masses(), other.masses());
        let mut parts: Vec<Part> = both
            .map(|(id, one, two)| {
                let weight = scale.weight(id);
                Part {
                    id,
                    kind: scale.words.kind(id),
                    adds: (one.share() * weight) * (two.share() * weight) / whole,
                }
            })
            .collect();
        let foreign = is_foreign(self.language, other.language);
        sum(&mut parts, self.items().min(other.items()), foreign)
    }

    /// Takes another in; returns the terms that are new to it, and those that had to give way, which may be
    /// new as well.
    pub(super) fn add(&mut self, other: &Gist, scale: Scale<'_>) -> (Vec<TermId>, Vec<TermId>) {
        if self.items == 0 {
            *self = other.clone();
            return (self.terms().collect(), Vec::new());
        }
        let mut new = Vec::new();
        let mut terms = Vec::with_capacity(self.packed.len() + other.packed.len());
        let sums = |(id, mass): (TermId, Mass)| (id, mass.sum());
        let mut theirs = other.masses().map(sums).peekable();
        for own in self.masses().map(sums) {
            while let Some(their) = theirs.next_if(|their| their.0 < own.0) {
                new.push(their.0);
                terms.push(their);
            }
            let both = theirs.next_if(|their| their.0 == own.0);
            terms.push((own.0, own.1 + both.map_or(0, |their| their.1)));
        }
        for their in theirs {
            new.push(their.0);
            terms.push(their);
        }
        let gone = give_way(&mut terms, scale);
        let numbers = terms.iter().map(|(id, _)| U24::of(*id));
        let masses = terms.iter().map(|(_, mass)| U24::of(*mass));
        self.packed = numbers.chain(masses).collect();
        self.packed.shrink_to_fit();
        self.items = self.items.saturating_add(other.items);
        self.language = self.language.or(other.language);
        (new, gone)
    }

    /// Measures it anew, after its terms or what they weigh have changed.
    pub(super) fn measure(&mut self, scale: Scale<'_>) {
        let weight = |(id, mass): (TermId, Mass)| mass.share() * scale.weight(id);
        self.length = length(self.masses().map(weight));
    }
}

/// Takes out what tells the least of more terms than are kept.
fn give_way(terms: &mut Vec<(TermId, u32)>, scale: Scale<'_>) -> Vec<TermId> {
    if terms.len() <= TERMS {
        return Vec::new();
    }
    let tells = |(id, mass): &(TermId, u32)| (units(*mass) * scale.weight(*id), *id);
    let mut order: Vec<(f32, TermId)> = terms.iter().map(tells).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let gone: Vec<TermId> = order.drain(TERMS..).map(|(_, id)| id).collect();
    terms.retain(|(id, _)| !gone.contains(id));
    gone
}

/// Whether two are known to be in two languages.
fn is_foreign(one: Option<LanguageCode>, other: Option<LanguageCode>) -> bool {
    matches!((one, other), (Some(a), Some(b)) if a != b)
}

/// What the parts come to, each word and all names no more than they may; `parts` are cut to that.
fn sum(parts: &mut [Part], items: f32, foreign: bool) -> f32 {
    // Texts in two languages have little but names in common.
    let is_cut = !foreign || parts.len() < 2;
    if is_cut {
        let growth = |of: f32| (items / of).max(1.0).sqrt();
        let (known, famous) = (growth(KNOWN), growth(FAMOUS));
        let of = |wanted: Kind| parts.iter().filter(move |part| part.kind == wanted);
        let names: f32 = of(Kind::Name).map(|part| part.adds).sum();
        let names = (NAMES * famous / names).min(1.0);
        let everyday = |part: &Part| part.adds.min(EVERYDAY * known);
        let all: f32 = of(Kind::Everyday).map(everyday).sum();
        let few = (EVERYDAYS * known / all).min(1.0);
        for part in parts.iter_mut() {
            part.adds = match part.kind {
                Kind::Name => part.adds * names,
                Kind::Everyday => everyday(part) * few,
                Kind::Word => part.adds.min(WORD * known),
                Kind::Code => part.adds,
            };
        }
    }
    parts.iter().map(|part| part.adds).sum()
}

/// The terms that are in both, of two in the order of their numbers.
fn shared<A, B>(
    some: impl Iterator<Item = (TermId, A)>,
    others: impl Iterator<Item = (TermId, B)>,
) -> impl Iterator<Item = (TermId, A, B)> {
    let mut rest = others.peekable();
    some.filter_map(move |(id, one)| {
        while rest.next_if(|other| other.0 < id).is_some() {}
        let other = rest.next_if(|other| other.0 == id)?;
        Some((id, one, other.1))
    })
}

/// How much more alike two must be because of the names and telling words that are not in both, of which
/// those `in_both` are; whether both have names, and how many items the smaller has.
fn strangeness(in_both: impl Iterator<Item = (bool, Kind)>, are_named: bool, items: f32) -> f32 {
    let (mut a_name, mut telling) = (false, 0);
    for (is_named, kind) in in_both {
        a_name |= is_named;
        telling += usize::from(kind != Kind::Everyday);
    }
    let unnamed = match a_name {
        true => 0.0,
        false if are_named => OTHER_NAMES,
        false => NAMELESS,
    };
    let alone = if telling < 2 {
        ALONE / (items * items)
    } else {
        0.0
    };
    unnamed + alone
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_term_is_found_whatever_its_number_ends_with(
            ends in prop::collection::btree_set((0_u32..4, 250_u32..260), 0..ITEM_TERMS),
        ) {
            let ids = ends.iter().map(|(high, low)| high << 8 | low & 0xFF);
            let ids: BTreeSet<TermId> = ids.collect();
            let told = |id: &TermId| Told {
                id: *id,
                rare: 1.0,
                tells: 1.0,
                kind: Kind::Word,
                is_named: false,
            };
            let telling = Telling::of(ids.iter().map(told).collect(), None);
            for id in 0..1024 {
                let found = telling.get(id).map(|told| told.id);
                prop_assert_eq!(found, ids.contains(&id).then_some(id));
                prop_assert!(found.is_none() || telling.may_have(id));
            }
        }
    }
}
