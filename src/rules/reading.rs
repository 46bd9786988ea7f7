//! Which of the words that rules look for does an item have, and where?

use std::collections::BTreeSet;

use super::Subject;
use super::bits::each;
use super::closer::Closer;
use super::forms::{ANY, Cache, Form, Forms, MARKS, NONE, UNSURE};
use super::index::Index;
use super::kept::Kept;
use super::literals::Literals;
use super::met::Met;
use super::pairs::Pairs;
use super::places::{Found, Places};
use super::syntax::{FAR, Kind, Query};
use crate::model::Field;
use crate::text::{BATCH, Language, Listener, Plain, Scanner, Word};

/// Positions between two texts, so many that nothing is near across them.
const GAP: u32 = FAR + 1;

/// The most that is read of a link or a name, in bytes; texts are bounded before.
const NAME: usize = 16 * 1024;

/// Where a word of the item stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) first: u32,
    pub(super) after: u32,
    /// First byte in the text of its field.
    pub(super) start: u32,
    /// First byte after it.
    pub(super) end: u32,
}

/// One text of the item: a field, or one of the values of a field that has several.
#[derive(Clone, Copy, Debug)]
struct Part {
    field: Field,
    /// Position of its first word.
    position: u32,
}

/// Which fields any rule looks at, beside title and body.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted(BTreeSet<Field>);

impl Wanted {
    /// Notes the fields that a query looks at.
    pub(super) fn note(&mut self, query: &Query) {
        match &query.kind {
            Kind::Words(words) => self.note_field(words.field),
            Kind::List { entries, field, .. } => {
                self.note_field(*field);
                self.note(entries);
            }
            Kind::Near { left, right, .. } => {
                self.note(left);
                self.note(right);
            }
            Kind::And(of) | Kind::Or(of) | Kind::AtLeast { of, .. } => {
                for part in of {
                    self.note(part);
                }
            }
            Kind::Not(inner) => self.note(inner),
            Kind::Regex { .. } | Kind::Is(_) | Kind::Every => {}
        }
    }

    /// Whether none looks beyond title and body.
    pub(super) fn is_plain(&self) -> bool {
        let beyond = |field: &Field| !matches!(field, Field::Title | Field::Body);
        !self.0.iter().any(beyond)
    }

    fn note_field(&mut self, field: Option<Field>) {
        self.0.extend(field);
    }
}

/// An item as the rules see it. Kept from item to item, because its buffers are.
#[derive(Debug, Default)]
pub(super) struct Reading {
    scanner: Scanner,
    cache: Cache,
    /// Words that rules look for, by position.
    tokens: Vec<Token>,
    /// Their own forms.
    forms: Vec<Form>,
    /// Which of them fits which pattern, in their order.
    found: Kept<Found>,
    places: Places,
    met: Met,
    /// Where the words of one field end and those of the next begin.
    parts: Vec<Part>,
    /// Position after the last word.
    position: u32,
    /// Position after title and body: where a query without a field does not look.
    plain_end: u32,
    /// Words that may be the left one of a pair and end where the next one begins.
    left: Vec<(u32, Form)>,
    lower: String,
}

/// What an item is read with.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r> {
    /// The item's, as far as it is known or anybody asks.
    pub(super) language: Option<&'r str>,
    pub(super) forms: &'r Forms,
    pub(super) index: &'r Index,
    pub(super) wanted: &'r Wanted,
    /// Whether any word may stand somewhere in a phrase: then all are noted.
    pub(super) gaps: bool,
}

/// A text that is being read.
struct Place<'p> {
    reading: &'p mut Reading,
    reader: Reader<'p>,
    text: &'p str,
    /// Position of its first word.
    position: u32,
    /// Bytes of its field before it.
    offset: u32,
    language: Option<Language>,
    /// Whether every word is looked at: what it could be cannot be told from outside.
    all: bool,
}

impl Listener for Place<'_> {
    #[inline]
    fn sieve(&self) -> impl Fn(u64, usize, u64) -> bool {
        let Forms {
            words,
            begins,
            ends,
            ..
        } = self.reader.forms;
        let all = self.all;
        let (words, begins, ends) = (words.filter(), begins.outer(), ends.outer());
        // Most words are of no interest: nothing else is done for them.
        // Asked all at once, because no processor can foresee the answers.
        move |hash, length, head| {
            all | words.may_have(hash) | begins.may_have(head, length) | ends.may_have(head, length)
        }
    }

    fn words(&mut self, text: &str, words: &[Plain]) {
        let mut forms = [NONE; BATCH];
        let table = &self.reader.forms.words;
        if table.guess(words, &mut forms) {
            let forms = forms.iter_mut().zip(words);
            for (form, word) in forms.filter(|(form, _)| **form & UNSURE != 0) {
                *form = table.of(&word.of(text)).unwrap_or(NONE);
            }
        }
        if self.all {
            for (form, word) in forms.iter().zip(words) {
                self.one(&word.of(text), form & !MARKS);
            }
        } else {
            self.many(text, &forms, words);
        }
    }

    fn word(&mut self, word: Word<'_>) {
        let form = self.reader.forms.words.of(&word);
        self.one(&word, form.unwrap_or(NONE) & !MARKS);
    }
}

impl Place<'_> {
    #[inline]
    fn one(&mut self, word: &Word<'_>, form: Form) {
        let place = (self.reader, self.position, self.offset);
        let text = self.text;
        self.reading.word(place, (text, word), form, self.language);
    }

    /// The same for a batch of plain words, of which nothing but their forms matters: step by step for all of
    /// them, so that memory is asked for long before it is needed.
    fn many(&mut self, text: &str, forms: &[Form; BATCH], words: &[Plain]) {
        let Reader {
            forms: known,
            index,
            ..
        } = self.reader;
        let reading = &mut *self.reading;
        let place = (self.position, self.offset);
        let plain = forms[..words.len()].iter().map(|form| form & !MARKS);
        let tokens = words.iter().map(|word| word.token(place));
        // Words told before may be the left one of some pair, too.
        reading.pair_with_left(index.pairs(), plain.clone().zip(tokens.clone()));
        let first_token = short(reading.tokens.len());
        let expect = index.expecting();
        let expected = plain.clone().inspect(|form| expect(*form));
        reading.met.extend(expected);
        reading.forms.extend(plain.clone());
        reading.tokens.extend(tokens.clone());
        let closer = Closer::look(forms, words.len());
        let form = |at: u32| forms[at as usize] & !MARKS;
        each(closer.fits, |at| known.fits.expect(form(at)));
        each(closer.left << 1 & closer.right, |at| {
            let [left, right] = [at - 1, at].map(|at| words[at as usize].position);
            if left + 1 == right
                && let Some(pair) = index.pairs().find(form(at - 1), form(at))
            {
                reading.met.add(pair);
            }
        });
        let before = reading.found.all().len();
        each(closer.fits, |at| {
            let affixes = known.fits.of(form(at));
            let token = first_token + at;
            reading.found.push_row(affixes.len(), |nth| Found {
                form: affixes.get(nth as usize).copied().unwrap_or(NONE),
                token,
            });
        });
        let found = reading.found.all()[before..].iter();
        reading.met.extend(found.map(|found| found.form));
        let after = reading.found.all().len();
        each(closer.strangers, |at| {
            reading.stranger(known, first_token + at, &words[at as usize].of(text));
        });
        if reading.found.all().len() > after {
            reading.found.all_mut()[before..].sort_unstable_by_key(|found| found.token);
        }
        // What is told next may begin where the last word does, and be joined of it and others.
        let last = plain.zip(tokens).skip(words.len().saturating_sub(2));
        reading.note_left(index.pairs(), last);
    }
}

impl Plain {
    /// Where it stands in its item, as [`token`].
    #[inline]
    fn token(&self, (position, offset): (u32, u32)) -> Token {
        Token {
            first: position + self.position,
            after: position + self.position + 1,
            start: offset + self.start,
            end: offset + self.end,
        }
    }
}

/// Texts are bounded far below this.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Where a word stands whose text begins at a position, and whose field has so many bytes before it.
#[inline]
fn token((position, offset): (u32, u32), word: &Word<'_>) -> Token {
    Token {
        first: position + word.first,
        after: position + word.after,
        start: offset + word.start,
        end: offset + word.end,
    }
}

impl Reading {
    /// Reads an item.
    pub(super) fn read(&mut self, reader: Reader<'_>, subject: &Subject<'_>) {
        self.clear(reader.forms.count());
        let item = subject.item;
        let language = reader.language.and_then(Language::of);
        self.text(reader, (Field::Title, &item.title, 0), language);
        self.text(reader, (Field::Body, &item.body, 0), language);
        self.plain_end = self.position;
        for field in &reader.wanted.0 {
            match field {
                Field::Title | Field::Body => {}
                Field::Author => self.values(reader, *field, &item.authors, None),
                Field::Category => self.values(reader, *field, &item.categories, language),
                Field::Link => {
                    let link = item.link.as_deref().unwrap_or_default();
                    self.text(reader, (*field, link, 0), None);
                }
                Field::Feed => self.text(reader, (*field, subject.feed, 0), None),
            }
        }
        for text in [&item.title, &item.body] {
            self.literals_of(reader.index.literals(), text);
        }
        subject.labels(reader.forms, reader.language, |form| self.met.add(form));
    }

    fn clear(&mut self, forms: usize) {
        self.met.clear(forms);
        self.found.clear();
        self.tokens.clear();
        self.forms.clear();
        self.position = 0;
        self.parts.clear();
        self.left.clear();
        self.places.clear();
    }

    fn values(
        &mut self,
        reader: Reader<'_>,
        field: Field,
        values: &[String],
        language: Option<Language>,
    ) {
        let mut offset = 0;
        for value in values {
            self.text(reader, (field, value, offset), language);
            offset += u32::try_from(value.len()).unwrap_or(0) + 1;
            if offset as usize > NAME {
                return;
            }
        }
    }

    fn text(
        &mut self,
        reader: Reader<'_>,
        (field, text, offset): (Field, &str, u32),
        language: Option<Language>,
    ) {
        let position = self.position + if self.parts.is_empty() { 0 } else { GAP };
        self.parts.push(Part { field, position });
        let mut scanner = std::mem::take(&mut self.scanner);
        let end = scanner.scan(
            text,
            Place {
                reading: self,
                reader,
                text,
                position,
                offset,
                language,
                all: reader.gaps || !reader.forms.variants.is_empty(),
            },
        );
        self.position = position + end;
        self.scanner = scanner;
    }

    /// Notes a word that may be looked for.
    #[inline]
    fn word(
        &mut self,
        place: (Reader<'_>, u32, u32),
        (text, word): (&str, &Word<'_>),
        form: Form,
        language: Option<Language>,
    ) {
        let (reader, position, offset) = place;
        let token = token((position, offset), word);
        let index = short(self.tokens.len());
        if form != NONE {
            self.met.add(form);
            let (left, met) = (&mut self.left, &mut self.met);
            reader
                .index
                .pairs()
                .after(form, &token, left, |pair| met.add(pair));
            left.retain(|(after, _)| *after >= token.first);
            reader.index.pairs().note(form, token.after, left);
        }
        let fits = self.fit(reader.forms, (text, word), (form, index), language);
        if form != NONE || fits || reader.gaps {
            self.tokens.push(token);
            self.forms.push(form);
        }
    }

    /// Notes the pairs that words make with those that were told before them.
    fn pair_with_left(&mut self, pairs: &Pairs, tokens: impl Iterator<Item = (Form, Token)>) {
        let Some(until) = self.left.iter().map(|(after, _)| *after).max() else {
            return;
        };
        for (form, token) in tokens.take_while(|(_, token)| token.first <= until) {
            let met = &mut self.met;
            pairs.after(form, &token, &self.left, |pair| met.add(pair));
        }
    }

    /// Notes which of the last words may be the left one of a pair with what is told next.
    fn note_left(&mut self, pairs: &Pairs, last: impl Iterator<Item = (Form, Token)>) {
        for (form, token) in last {
            self.left.retain(|(after, _)| *after >= token.first);
            pairs.note(form, token.after, &mut self.left);
        }
    }

    /// Notes what a word that no rule looks for as a whole begins and ends with.
    fn stranger(&mut self, forms: &Forms, token: u32, word: &Word<'_>) {
        let mut note = |form| {
            self.found.push(Found { form, token }, true);
            self.met.add(form);
        };
        forms.begins.of(word, &mut note);
        forms.ends.of(word, &mut note);
    }

    /// Notes the patterns that a word fits; says whether there are any.
    fn fit(
        &mut self,
        forms: &Forms,
        (text, word): (&str, &Word<'_>),
        (form, token): (Form, u32),
        language: Option<Language>,
    ) -> bool {
        let mut fits = false;
        let mut note = |form| {
            self.found.push(Found { form, token }, true);
            self.met.add(form);
            fits = true;
        };
        if form == NONE {
            forms.begins.of(word, &mut note);
            forms.ends.of(word, &mut note);
        } else {
            forms.fits.of(form).iter().copied().for_each(&mut note);
        }
        if !forms.variants.is_empty() {
            let spelled = text.get(word.start as usize..word.end as usize);
            let spelled = spelled.unwrap_or_default();
            let found = forms
                .variants
                .of((word.form(), spelled), language, &mut self.cache);
            found.into_iter().for_each(note);
        }
        fits
    }

    fn literals_of(&mut self, literals: &Literals, text: &str) {
        if literals.is_empty() {
            return;
        }
        let mut lower = std::mem::take(&mut self.lower);
        lower.clear();
        lower.push_str(text);
        lower.make_ascii_lowercase();
        literals.of(&lower, |form| self.met.add(form));
        self.lower = lower;
    }

    /// The forms that the item has.
    pub(super) fn met(&self) -> &Met {
        &self.met
    }

    /// Whether the item has a form.
    pub(super) fn has(&self, form: Form) -> bool {
        self.met.set().has(form)
    }

    /// The tokens that have a form, in order.
    pub(super) fn places(&self, form: Form) -> impl Iterator<Item = &Token> {
        let places = self.places.of(&self.forms, self.found.all(), form);
        places.filter_map(|token| self.tokens.get(token as usize))
    }

    /// Whether a token fits a pattern.
    fn fits(&self, token: u32, form: Form) -> bool {
        let all = self.found.all();
        let from = all.partition_point(|found| found.token < token);
        let mut all = all[from..].iter().take_while(|found| found.token == token);
        all.any(|found| found.form == form)
    }

    /// The tokens that begin at a position and have a form.
    pub(super) fn at(&self, position: u32, form: Form) -> impl Iterator<Item = &Token> {
        let from = self.tokens.partition_point(|token| token.first < position);
        self.tokens[from..]
            .iter()
            .zip(short(from)..)
            .take_while(move |(token, _)| token.first == position)
            .filter(move |(_, index)| {
                self.forms.get(*index as usize) == Some(&form)
                    || form == ANY
                    || self.fits(*index, form)
            })
            .map(|(token, _)| token)
    }

    /// The field that a position is in.
    pub(super) fn field_at(&self, position: u32) -> Option<Field> {
        let after = self.parts.partition_point(|part| part.position <= position);
        self.parts.get(after.checked_sub(1)?).map(|part| part.field)
    }

    /// Whether a query that looks in `field` looks at this position.
    pub(super) fn looks_at(&self, field: Option<Field>, position: u32) -> bool {
        match field {
            None => position < self.plain_end,
            Some(_) => self.field_at(position) == field,
        }
    }
}
