//! What is a word? The one definition: rules and items go through the same function, so that a rule
//! can never miss by spelling or spacing.
//!
//! A word is a maximal run of letters, marks and digits (Unicode `L*`, `M*`, `N*`), compared in a
//! folded form: NFKC (UAX #15), lower case, without diacritics. In scripts that write no spaces every
//! character is a word of its own, so that a word of theirs is a phrase of characters and is found
//! wherever it stands.
//!
//! Words joined by apostrophes or hyphens are read both ways: `no-limits` is `no limits` and
//! `nolimits`. Positions make a lattice: a joined form begins where its first part does and ends
//! where its last one ends, and words follow each other where one begins at the other's end.

mod batch;
pub mod change;
mod chars;
mod fold;
mod language;
mod letters;
mod marks;
mod prefetch;
mod scan;
mod squeeze;
mod stem;

pub use batch::{BATCH, Listener, Plain};
use chars::Ch;
pub use fold::{fold, is_unseen, printable};
pub use language::recognise;
pub use prefetch::{prefetch, prefetch_text};
pub use scan::{Scanner, Word, hash, head, short_hash};
pub use squeeze::{Neighbours, Squeezed};
pub use stem::{LANGUAGES, Language};

/// Parts of one hyphenated chain that are read as one joined form, at most.
const PARTS: usize = 6;

/// The longest joined form, in bytes: longer ones are not words anybody types.
const JOINED: usize = 96;

/// One reading of a stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    form: (u32, u32),
    /// Position of its first word.
    pub first: u32,
    /// Position after its last word: what follows it begins here.
    pub after: u32,
    start: u32,
    end: u32,
    /// Whether its sign belongs to it, as in `C++`: then the bare letter is another word.
    signed: bool,
}

/// A text as words.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    forms: String,
    tokens: Vec<Token>,
}

impl Tokens {
    /// Every reading, by position of its first word.
    pub fn iter(&self) -> std::slice::Iter<'_, Token> {
        self.tokens.iter()
    }

    /// The token at an index of [`Tokens::iter`].
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    /// The folded form of a token of this text.
    #[must_use]
    pub fn form(&self, token: &Token) -> &str {
        let (start, end) = token.form;
        self.forms
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }

    /// How many readings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is no word in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    fn clear(&mut self) {
        self.forms.clear();
        self.tokens.clear();
    }

    fn text(&self, form: Stretch) -> &str {
        self.forms.get(form.0..form.1).unwrap_or_default()
    }

    /// Adds a token whose form was written already.
    fn push(&mut self, form: Stretch, place: (u32, u32), span: Stretch, signed: bool) {
        self.tokens.push(Token {
            form: (short(form.0), short(form.1)),
            first: place.0,
            after: place.1,
            start: short(span.0),
            end: short(span.1),
            signed,
        });
    }
}

impl<'t> IntoIterator for &'t Tokens {
    type Item = &'t Token;
    type IntoIter = std::slice::Iter<'t, Token>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Token {
    /// Whether it is one word, and not another way to read one or several of them.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.after == self.first + 1 && !self.signed
    }

    /// Bytes of the original text it was read from.
    #[must_use]
    pub fn span(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Texts are bounded far below this.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Reads a text. Linear in its length.
#[must_use]
pub fn tokens(text: &str) -> Tokens {
    Scanner::default().tokens(text)
}

impl Scanner {
    /// Reads a text, as [`tokens`] does.
    pub fn tokens(&mut self, text: &str) -> Tokens {
        let mut tokens = Tokens {
            forms: String::with_capacity(text.len()),
            // Few texts have shorter words on average.
            tokens: Vec::with_capacity(text.len() / 4),
        };
        self.scan(text, |word: Word<'_>| {
            let start = tokens.forms.len();
            tokens.forms.push_str(word.form());
            tokens.push(
                (start, tokens.forms.len()),
                (word.first, word.after),
                (word.start as usize, word.end as usize),
                word.signed,
            );
        });
        tokens
    }
}

/// Adds the words of a text whose characters are `chars`, beginning at `position`, in the order of
/// their positions; returns the position after the last.
fn read(chars: &[Ch], position: u32, tokens: &mut Tokens) -> u32 {
    let mut reader = Reader {
        chars,
        at: 0,
        position,
        tokens,
    };
    while reader.at < chars.len() {
        match chars[reader.at].class {
            Class::Word => reader.chain(),
            Class::Alone => reader.alone(),
            Class::Other => reader.at += 1,
        }
    }
    let position = reader.position;
    tokens.tokens.sort_by_key(|token| token.first);
    position
}

/// One stretch of a phrase: the ways to read it, each a sequence of folded forms.
pub type Readings = Vec<Vec<String>>;

/// A text as a rule looks for it: stretch after stretch, each in any of its readings.
#[must_use]
pub fn phrase(text: &str) -> Vec<Readings> {
    let tokens = tokens(text);
    let all: Vec<&Token> = tokens.iter().collect();
    let mut stretches = Vec::new();
    let mut at = 0;
    while at < all.len() {
        // A stretch ends where no joined form reaches over.
        let (first, mut after) = (all[at].first, all[at].after);
        let mut end = at + 1;
        while end < all.len() && all[end].first < after {
            after = after.max(all[end].after);
            end += 1;
        }
        let signed = all[at..end].iter().any(|token| token.signed);
        let mut readings = Vec::new();
        read_on(
            &tokens,
            &all[at..end],
            (first, after),
            signed,
            &mut Vec::new(),
            &mut readings,
        );
        stretches.push(readings);
        at = end;
    }
    stretches
}

/// Follows every path from position `from` to `to`.
fn read_on<'t>(
    tokens: &'t Tokens,
    stretch: &[&'t Token],
    (from, to): (u32, u32),
    signed: bool,
    path: &mut Vec<&'t str>,
    readings: &mut Readings,
) {
    if from == to {
        readings.push(path.iter().map(|form| (*form).to_owned()).collect());
        return;
    }
    for token in stretch {
        if token.first == from && token.signed == signed {
            path.push(tokens.form(token));
            read_on(tokens, stretch, (token.after, to), signed, path, readings);
            path.pop();
        }
    }
}

/// What a character is to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Part of a run.
    Word,
    /// A word of its own.
    Alone,
    /// Between words.
    Other,
}

/// Where something begins and ends, in bytes.
type Stretch = (usize, usize);

/// What joins two parts of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    Apostrophe,
    Hyphen,
    /// Between dotted capitals.
    Dot,
    /// Between groups of digits.
    Comma,
}

/// A run of a chain. The folded forms of its parts stand one after the other, so that they are joined
/// already.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    form: Stretch,
    span: Stretch,
    position: u32,
    /// What joins it to the part before.
    joint: Option<Joint>,
}

struct Reader<'c, 't> {
    chars: &'c [Ch],
    at: usize,
    position: u32,
    tokens: &'t mut Tokens,
}

impl Reader<'_, '_> {
    fn class(&self, at: usize) -> Class {
        self.chars.get(at).map_or(Class::Other, |ch| ch.class)
    }

    /// A character of a script without spaces.
    fn alone(&mut self) {
        let ch = self.chars[self.at];
        let start = self.tokens.forms.len();
        fold::push(ch.char, &mut self.tokens.forms);
        let form = (start, self.tokens.forms.len());
        let place = (self.position, self.position + 1);
        self.tokens.push(form, place, (ch.start, ch.end), false);
        self.position += 1;
        self.at += 1;
    }

    /// A run, and what is joined to it.
    fn chain(&mut self) {
        let mut parts = [Part::default(); PARTS];
        let mut count = 0;
        let mut joint = None;
        loop {
            let (form, span) = self.run();
            let possessive = joint == Some(Joint::Apostrophe) && self.tokens.text(form) == "s";
            if possessive {
                self.tokens.forms.truncate(form.0);
            } else if form.0 < form.1 {
                parts[count] = Part {
                    form,
                    span,
                    position: self.position,
                    joint,
                };
                count += 1;
                self.position += 1;
            }
            joint = self.joint();
            if joint.is_none() || count == PARTS {
                break;
            }
            self.at += 1;
        }
        let parts = &parts[..count];
        let dotted = parts
            .last()
            .is_some_and(|part| part.joint == Some(Joint::Dot));
        let closing_dot = self
            .chars
            .get(self.at)
            .filter(|ch| dotted && ch.char == '.');
        for part in parts {
            let place = (part.position, part.position + 1);
            self.tokens.push(part.form, place, part.span, false);
        }
        self.join(parts, closing_dot.map(|ch| ch.end));
        if closing_dot.is_some() && self.is_possessive(self.at + 1) {
            self.at += 3;
        }
        if let [part] = parts {
            self.sign(*part);
        }
    }

    /// One run of word characters: where its folded form was put, and where it stands.
    fn run(&mut self) -> (Stretch, Stretch) {
        let (start, mut end) = (self.chars[self.at].start, self.chars[self.at].end);
        let form = self.tokens.forms.len();
        while self.class(self.at) == Class::Word {
            let ch = self.chars[self.at];
            fold::push(ch.char, &mut self.tokens.forms);
            end = ch.end;
            self.at += 1;
        }
        ((form, self.tokens.forms.len()), (start, end))
    }

    /// What stands here, if it joins the run before it with another one.
    fn joint(&self) -> Option<Joint> {
        let here = self.chars.get(self.at)?;
        if self.class(self.at + 1) != Class::Word {
            return None;
        }
        if fold::is_apostrophe(here.char) {
            return Some(Joint::Apostrophe);
        }
        match here.char {
            // As gershayim are mostly typed.
            '"' if self.is_hebrew(self.at.checked_sub(1)?) && self.is_hebrew(self.at + 1) => {
                Some(Joint::Apostrophe)
            }
            '-' | '\u{2010}' | '\u{2011}' => Some(Joint::Hyphen),
            '.' if self.is_initial(self.at.checked_sub(1)?) && self.is_initial(self.at + 1) => {
                Some(Joint::Dot)
            }
            ',' if self.is_thousands() => Some(Joint::Comma),
            _ => None,
        }
    }

    fn is_hebrew(&self, at: usize) -> bool {
        self.chars
            .get(at)
            .is_some_and(|ch| matches!(ch.char, 'א'..='ת'))
    }

    /// Whether an apostrophe and a lone s stand at `at`.
    fn is_possessive(&self, at: usize) -> bool {
        let char_at = |at: usize| self.chars.get(at).map(|ch| ch.char);
        char_at(at).is_some_and(fold::is_apostrophe)
            && matches!(char_at(at + 1), Some('s' | 'S'))
            && self.class(at + 2) != Class::Word
    }

    /// Whether a single capital stands at `at`, with no letter on either side.
    fn is_initial(&self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or(Class::Other, |at| self.class(at));
        self.chars.get(at).is_some_and(|ch| ch.char.is_uppercase())
            && before != Class::Word
            && self.class(at + 1) != Class::Word
    }

    /// Whether a comma stands here between digits, with three of them after it.
    fn is_thousands(&self) -> bool {
        let digit = |at: usize| {
            self.chars
                .get(at)
                .is_some_and(|ch| ch.char.is_ascii_digit())
        };
        self.at.checked_sub(1).is_some_and(digit)
            && (1..=3).all(|offset| digit(self.at + offset))
            && self.class(self.at + 4) != Class::Word
    }

    /// Adds the joined form of every part of a chain: `d'Al-Qaida` holds `alqaida`.
    fn join(&mut self, parts: &[Part], closing_dot: Option<usize>) {
        for from in 0..parts.len() {
            for to in from + 2..=parts.len() {
                let dot = closing_dot.filter(|_| to == parts.len());
                self.join_all(&parts[from..to], dot);
            }
        }
    }

    fn join_all(&mut self, parts: &[Part], closing_dot: Option<usize>) {
        let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
            return;
        };
        let form = (first.form.0, last.form.1);
        if form.1 - form.0 <= JOINED {
            let place = (first.position, last.position + 1);
            let span = (first.span.0, closing_dot.unwrap_or(last.span.1));
            self.tokens.push(form, place, span, false);
        }
    }

    /// Adds `c++` and `c#` beside `c`.
    fn sign(&mut self, part: Part) {
        let char_at = |at: usize| self.chars.get(at).map(|ch| ch.char);
        let sign = match (char_at(self.at), char_at(self.at + 1)) {
            (Some('+'), Some('+')) => "++",
            (Some('#'), _) => "#",
            _ => return,
        };
        let end = self.at + sign.len();
        if self.class(end) == Class::Other {
            // No form stands after that of a part that is alone.
            self.tokens.forms.push_str(sign);
            let form = (part.form.0, self.tokens.forms.len());
            let place = (part.position, part.position + 1);
            let span = (part.span.0, self.chars[end - 1].end);
            self.tokens.push(form, place, span, true);
        }
    }
}

/// The words of a text, folded, each as it stands there.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let tokens = tokens(text);
    tokens
        .iter()
        .filter(|token| token.is_single())
        .map(|token| tokens.form(token).to_owned())
        .collect()
}

#[cfg(test)]
mod tests;
