//! Can this word, phrase, label or pattern be looked for?

use std::ops::Range;

use regex_syntax::ast::parse::ParserBuilder;
use url::Host;

use super::lex::{Piece, Scope, Sign, is_star, narrow};
use super::{How, Kind, Label, SyntaxError, WORDS, Words, error};
use crate::model::{Field, primary_language};
use crate::text;

/// Letters that must stand beside a star, at least.
const LETTERS: usize = 2;

/// Letters that a word must have for one edit and for two: a shorter one is like too many others.
const EDITABLE: [usize; 2] = [3, 5];

/// The longest word that may have spelling variants, in letters.
const LONGEST: usize = 64;

/// Spelling variants differ in so many letters at most.
const EDITS: u8 = 2;

/// The most memory a compiled regular expression may take.
const REGEX: usize = 1 << 20;

/// Compiles a checked pattern within bounds.
pub(crate) fn regex(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(pattern)
        .size_limit(REGEX)
        .dfa_size_limit(REGEX)
        .build()
}

/// The field of a scope that has a text; the labels have none.
pub(super) fn text_field(
    scope: Option<Scope>,
    span: &Range<usize>,
) -> Result<Option<Field>, SyntaxError> {
    match scope {
        None => Ok(None),
        Some(Scope::Text(field)) => Ok(Some(field)),
        Some(Scope::Site | Scope::Tag | Scope::Lang) => Err(error(
            span.clone(),
            "site:, tag: and lang: take plain names only",
            "write site:example.org, tag:asia, lang:ru",
        )),
    }
}

/// Reads a word or a phrase.
pub(super) fn read(
    written: &str,
    piece: &Piece,
    scope: Option<Scope>,
    how: How,
) -> Result<Kind, SyntaxError> {
    match scope {
        Some(Scope::Site | Scope::Tag | Scope::Lang) if how != How::Folded => {
            return text_field(scope, &piece.span).map(|_| Kind::Every);
        }
        Some(Scope::Site) => return site(written, piece),
        Some(Scope::Tag) => return tag(written, piece),
        Some(Scope::Lang) => return lang(written, piece),
        None | Some(Scope::Text(_)) => {}
    }
    let field = text_field(scope, &piece.span)?;
    let (written, how) = if piece.sign == Sign::Word && how == How::Folded {
        edits(written, piece)?
    } else {
        (written, how)
    };
    if how == How::Folded {
        stars(written, piece)?;
    } else if written.contains(is_star) {
        return Err(error(
            piece.span.clone(),
            "a star cannot be combined with `=` or `~`",
            "leave one of the two out",
        ));
    }
    let count = text::words(written).len();
    if count > WORDS {
        return Err(error(
            piece.span.clone(),
            format!("a phrase has at most {WORDS} words"),
            "write fewer words: the first ones are enough to find it",
        ));
    }
    if count == 0 {
        return Err(no_word(written, piece));
    }
    let text = written.to_owned();
    Ok(Kind::Words(Words { text, field, how }))
}

fn no_word(written: &str, piece: &Piece) -> SyntaxError {
    error(
        piece.span.clone(),
        if written.trim().is_empty() {
            "there is nothing between these quotes"
        } else {
            "there is no word in this: it has no letter and no digit"
        },
        if piece.sign == Sign::Phrase {
            "write words between them, or delete them"
        } else {
            "delete it, or write the word it belongs to"
        },
    )
}

/// Takes `~1` or `~2` off the end of a word.
fn edits<'w>(written: &'w str, piece: &Piece) -> Result<(&'w str, How), SyntaxError> {
    let Some((word, number)) = written.rsplit_once(|char| narrow(char) == '~') else {
        return Ok((written, How::Folded));
    };
    let wrong = |message: String, help: &str| Err(error(piece.span.clone(), message, help));
    let number: String = number.chars().map(narrow).collect();
    let Ok(edits @ 1..=EDITS) = number.parse() else {
        return wrong(
            format!("spelling variants differ in 1 letter or {EDITS}"),
            "write zelensky~1 or zelensky~2, or put it in quotes if you mean the words",
        );
    };
    if word.contains(is_star) {
        return wrong(
            "a star cannot be combined with `~`".to_owned(),
            "leave one of the two out",
        );
    }
    let words = text::words(word);
    let [single] = words.as_slice() else {
        return wrong(
            "only a single word has spelling variants".to_owned(),
            "write them as a list: (\"no-limits\" OR \"without limits\")",
        );
    };
    if single.chars().nth(LONGEST).is_some() {
        return wrong(
            format!("a word with spelling variants has at most {LONGEST} letters"),
            "write a shorter one",
        );
    }
    let letters = EDITABLE[usize::from(edits) - 1];
    if single.chars().count() < letters {
        return wrong(
            format!("within {edits} so short a word is like very many others"),
            "write at least three letters before ~1, and five before ~2",
        );
    }
    Ok((word, How::Edits(edits)))
}

/// Checks the stars of a word or phrase: at the beginning or end of a word, or alone between the words
/// of a phrase.
fn stars(written: &str, piece: &Piece) -> Result<(), SyntaxError> {
    if !written.contains(is_star) {
        return Ok(());
    }
    let pieces: Vec<&str> = written.split_whitespace().collect();
    let wrong = |message: &str, help: &str| Err(error(piece.span.clone(), message, help));
    let alone = |piece: &&str| piece.chars().all(is_star);
    if pieces.first().is_some_and(alone) || pieces.last().is_some_and(alone) {
        return wrong(
            "a phrase begins and ends with a word",
            "leave the outer star out: it stands for one word between two others",
        );
    }
    for word in pieces {
        let inner = word.trim_matches(is_star);
        let stars = word.chars().filter(|char| is_star(*char)).count();
        if stars == 0 || inner.is_empty() && stars == 1 {
            continue;
        }
        if stars != 1 || inner.contains(is_star) {
            return wrong(
                "a star stands at the beginning or at the end of a word, and only once",
                "write militar* or *stan; for both ends a list: (militar* OR *military)",
            );
        }
        if inner.chars().filter(|char| char.is_alphanumeric()).count() < LETTERS {
            return wrong(
                "so short a beginning or ending fits nearly every text",
                "write at least two letters beside the star",
            );
        }
        let at_end = if word.starts_with(is_star) {
            inner.chars().next()
        } else {
            inner.chars().next_back()
        };
        if at_end.is_none_or(|char| text::words(&char.to_string()).is_empty()) {
            return wrong(
                "the star does not stand beside a letter or digit",
                "write it right after or before a letter: militar*",
            );
        }
    }
    Ok(())
}

/// Checks a regular expression that begins at byte `start` of the query; returns what to compile.
pub(super) fn pattern(
    written: &str,
    ignore_case: bool,
    start: usize,
) -> Result<String, SyntaxError> {
    let span = start..start + written.len();
    if let Err(wrong) = ParserBuilder::new().build().parse(written) {
        let at = wrong.span();
        return Err(error(
            start + at.start.offset..start + at.end.offset,
            format!("this is no regular expression: {}", wrong.kind()),
            "see https://docs.rs/regex for the syntax; a sign is taken as itself after a backslash: \\(",
        ));
    }
    let pattern = if ignore_case {
        format!("(?i){written}")
    } else {
        written.to_owned()
    };
    match regex(&pattern) {
        Ok(regex) if regex.is_match("") => Err(error(
            span,
            "this fits the empty text, and so every item",
            "let it demand at least one letter; for every item write *",
        )),
        Ok(_) => Ok(pattern),
        Err(regex::Error::CompiledTooBig(limit)) => Err(error(
            span,
            format!("this regular expression is too big: compiled it takes over {limit} bytes"),
            "write smaller repetitions, or several regular expressions",
        )),
        Err(wrong) => {
            let said = wrong.to_string();
            let cause = said.lines().last().unwrap_or_default();
            Err(error(
                span,
                format!(
                    "this is no regular expression: {}",
                    cause.trim_start_matches("error: ")
                ),
                "see https://docs.rs/regex for the syntax",
            ))
        }
    }
}

/// The host of a site, or a domain.
fn site(written: &str, piece: &Piece) -> Result<Kind, SyntaxError> {
    let name = written.trim().trim_start_matches('.');
    let name = name.strip_prefix("www.").unwrap_or(name);
    // Labels with hyphens are fine, addresses in numbers are hosts as well.
    let host = Host::parse(name).ok().filter(|_| !name.is_empty());
    let Some(host) = host else {
        return Err(error(
            piece.span.clone(),
            format!("`{written}` is no host name"),
            "write the name alone: site:tass.com; for a part of the address link:world",
        ));
    };
    Ok(Kind::Is(Label::Site(host.to_string())))
}

fn tag(written: &str, piece: &Piece) -> Result<Kind, SyntaxError> {
    let folded = text::fold(written.trim());
    if folded.is_empty() || written.contains(is_star) {
        return Err(error(
            piece.span.clone(),
            "this is no tag",
            "write a tag as it stands at the feed: tag:asia, tag:\"south asia\"",
        ));
    }
    Ok(Kind::Is(Label::Tag(folded)))
}

fn lang(written: &str, piece: &Piece) -> Result<Kind, SyntaxError> {
    primary_language(written).map_or_else(
        || {
            Err(error(
                piece.span.clone(),
                format!("`{written}` is no language code"),
                "write a code of two or three letters: lang:ru, lang:en",
            ))
        },
        |code| Ok(Kind::Is(Label::Lang(code))),
    )
}
