//! How do the pieces of a query belong together?

use std::ops::Range;

use super::lex::{Lexer, Piece, Scope, Sign};
use super::lists::Lists;
use super::words;
use super::{DEPTH, How, Kind, Query, SyntaxError, error};

/// Reads a whole query.
pub(super) fn read(text: &str, lists: &Lists) -> Result<Query, SyntaxError> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        text,
        lists,
        depth: 0,
    };
    let parsed = parser.any(None)?;
    let piece = parser.lexer.next()?;
    match piece.sign {
        Sign::End => {}
        Sign::Close => {
            return Err(error(
                piece.span,
                "this bracket closes nothing",
                "delete it, or open one before it: ( ... )",
            ));
        }
        _ => return Err(misplaced(&piece)),
    }
    demand_words(&parsed)?;
    Ok(parsed)
}

/// A query must want something: one of nothing but exclusions would match nearly every item.
fn demand_words(query: &Query) -> Result<(), SyntaxError> {
    let only_not = || {
        error(
            query.span.clone(),
            "this only says what must not be there, so it would match nearly everything",
            "say first what must be there: navy -drill",
        )
    };
    match &query.kind {
        Kind::Words(_)
        | Kind::Near { .. }
        | Kind::Regex { .. }
        | Kind::Is(_)
        | Kind::Every
        | Kind::List { .. } => Ok(()),
        Kind::Not(inner) => {
            demand_words(inner)?;
            Err(only_not())
        }
        Kind::Or(parts) | Kind::AtLeast { of: parts, .. } => {
            parts.iter().try_for_each(demand_words)
        }
        Kind::And(all) => {
            for part in all {
                if let Kind::Not(inner) = &part.kind {
                    demand_words(inner)?;
                }
            }
            let wanted = |part: &&Query| !matches!(part.kind, Kind::Not(_));
            let mut wants = all.iter().filter(wanted).peekable();
            match wants.peek() {
                Some(_) => wants.try_for_each(demand_words),
                None => Err(only_not()),
            }
        }
    }
}

/// What stands beside NEAR and THEN must have a place: a word, a phrase, or an OR of such.
fn demand_places(query: &Query) -> Result<(), SyntaxError> {
    match &query.kind {
        Kind::Words(_) => Ok(()),
        Kind::Or(any) => any.iter().try_for_each(demand_places),
        Kind::List { entries, name, .. } => demand_places(entries).map_err(|_| {
            error(
                query.span.clone(),
                format!("`@{name}` cannot stand beside NEAR or THEN: not all of it is words"),
                "use a list of words and phrases there",
            )
        }),
        Kind::And(_)
        | Kind::Not(_)
        | Kind::Near { .. }
        | Kind::Regex { .. }
        | Kind::Is(_)
        | Kind::Every
        | Kind::AtLeast { .. } => Err(error(
            query.span.clone(),
            "this cannot stand beside NEAR or THEN",
            "write a word, a phrase or (a OR b) on each side, and -(a NEAR/5 b) for what must not be there",
        )),
    }
}

fn misplaced(piece: &Piece) -> SyntaxError {
    let name = match piece.sign {
        Sign::And => "AND",
        Sign::Or => "OR",
        Sign::Near { ordered: false, .. } => "NEAR",
        Sign::Near { ordered: true, .. } => "THEN",
        Sign::Comma => {
            return error(
                piece.span.clone(),
                "this comma parts nothing",
                "commas stand between the things of one OF list: 2 OF (a, b, (c OR d))",
            );
        }
        _ => {
            return error(
                piece.span.clone(),
                "the query should have ended here",
                "check the brackets and quotes before it",
            );
        }
    };
    error(
        piece.span.clone(),
        format!("{name} has nothing on one of its sides"),
        format!(
            "write a word before and after it, or put it in quotes if you mean the word: \"{name}\""
        ),
    )
}

struct Parser<'q> {
    lexer: Lexer<'q>,
    text: &'q str,
    lists: &'q Lists,
    depth: usize,
}

impl Parser<'_> {
    /// Puts the parts of an AND or OR together; one alone is itself.
    fn together(mut parts: Vec<Query>, kind: fn(Vec<Query>) -> Kind) -> Query {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let start = parts.first().map_or(0, |part| part.span.start);
        let end = parts.last().map_or(0, |part| part.span.end);
        Query {
            kind: kind(parts),
            span: start..end,
        }
    }

    fn any(&mut self, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        let mut parts = vec![self.all(scope)?];
        while self.lexer.peek()?.sign == Sign::Or {
            self.lexer.next()?;
            parts.push(self.all(scope)?);
        }
        Ok(Self::together(parts, Kind::Or))
    }

    fn all(&mut self, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        let mut parts = vec![self.near(scope)?];
        loop {
            match self.lexer.peek()?.sign {
                Sign::And => {
                    self.lexer.next()?;
                }
                Sign::Or | Sign::Close | Sign::Comma | Sign::End => break,
                _ => {}
            }
            parts.push(self.near(scope)?);
        }
        Ok(Self::together(parts, Kind::And))
    }

    fn near(&mut self, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        let left = self.not(scope)?;
        let Sign::Near { distance, ordered } = self.lexer.peek()?.sign else {
            return Ok(left);
        };
        self.lexer.next()?;
        demand_places(&left)?;
        let right = self.not(scope)?;
        demand_places(&right)?;
        let next = self.lexer.peek()?;
        if let Sign::Near { .. } = next.sign {
            return Err(error(
                next.span,
                "NEAR and THEN stand between two words or phrases only",
                "say it in pairs: a NEAR/5 b AND b NEAR/5 c",
            ));
        }
        Ok(Query {
            span: left.span.start..right.span.end,
            kind: Kind::Near {
                left: Box::new(left),
                right: Box::new(right),
                distance,
                ordered,
            },
        })
    }

    fn not(&mut self, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        let piece = self.lexer.peek()?;
        if piece.sign != Sign::Not {
            return self.term(scope);
        }
        self.lexer.next()?;
        let next = self.lexer.peek()?;
        match next.sign {
            Sign::Not => Err(error(
                piece.span.start..next.span.end,
                "not of not",
                "leave both out",
            )),
            Sign::End | Sign::Close | Sign::Comma | Sign::Or | Sign::And | Sign::Near { .. } => {
                Err(error(
                    piece.span,
                    "there is nothing here that it could exclude",
                    "write what must not be there right after it: -drill, NOT drill",
                ))
            }
            _ => {
                let inner = self.term(scope)?;
                Ok(Query {
                    span: piece.span.start..inner.span.end,
                    kind: Kind::Not(Box::new(inner)),
                })
            }
        }
    }

    fn term(&mut self, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        let piece = self.lexer.next()?;
        match piece.sign {
            Sign::Open => self.group(&piece, scope),
            Sign::Of(least) => self.at_least(least, &piece, scope),
            Sign::Scope(inner) => self.scoped(&piece, inner, scope),
            Sign::Phrase | Sign::Word => self.words(&piece, scope, How::Folded),
            Sign::Exact | Sign::Stem => {
                let (how, example) = if piece.sign == Sign::Exact {
                    (How::Exact, "=US, =\"Five Eyes\"")
                } else {
                    (How::Stemmed, "~sanction")
                };
                let Some(mut operand) = self.lexer.operand()? else {
                    let sign = self.slice(&piece.span);
                    return Err(error(
                        piece.span.clone(),
                        format!("`{sign}` has no word after it"),
                        format!("write it right before a word or a phrase: {example}"),
                    ));
                };
                operand.span.start = piece.span.start;
                self.words(&operand, scope, how)
            }
            Sign::List => {
                let kind = self.list(&piece, scope)?;
                let span = piece.span;
                Ok(Query { kind, span })
            }
            Sign::Regex { ignore_case } => {
                let field = words::text_field(scope, &piece.span)?;
                let written = self.slice(&piece.inner);
                let pattern = words::pattern(written, ignore_case, piece.inner.start)?;
                let span = piece.span;
                let kind = Kind::Regex { pattern, field };
                Ok(Query { kind, span })
            }
            Sign::Every => Self::every(piece.span, scope),
            Sign::End if self.text.trim().is_empty() => Err(error(
                piece.span,
                "the query is empty",
                "write at least one word",
            )),
            Sign::Close => Err(error(
                piece.span,
                "there is nothing between this bracket and what is before it",
                "write at least one word there, or delete the bracket",
            )),
            Sign::End => Err(self.ends_early()),
            Sign::Comma => Err(error(
                piece.span,
                "there is nothing before this comma",
                "write one thing between two commas: 2 OF (a, b, c)",
            )),
            Sign::And | Sign::Or | Sign::Not | Sign::Near { .. } => Err(misplaced(&piece)),
        }
    }

    fn slice(&self, span: &Range<usize>) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    fn ends_early(&self) -> SyntaxError {
        let before = self.text.trim_end();
        let start = before
            .char_indices()
            .rev()
            .take_while(|(_, c)| !c.is_whitespace())
            .last()
            .map_or(0, |(at, _)| at);
        error(
            start..before.len(),
            "the query ends where a word should follow",
            "write one more word, or delete this",
        )
    }

    fn every(span: Range<usize>, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        if scope.is_some() {
            return Err(error(
                span,
                "`*` alone stands for every item, not for every text of a field",
                "leave the field out, or write what to look for in it",
            ));
        }
        let kind = Kind::Every;
        Ok(Query { kind, span })
    }

    fn scoped(
        &mut self,
        piece: &Piece,
        inner: Scope,
        outer: Option<Scope>,
    ) -> Result<Query, SyntaxError> {
        let next = self.lexer.peek()?;
        let joined = next.span.start == piece.span.end;
        if next.sign == Sign::Not && joined {
            return Err(error(
                piece.span.start..next.span.end,
                "this names a field, but nothing to look for in it",
                "write what must not be there with the minus first: -title:x",
            ));
        }
        let follows = matches!(
            next.sign,
            Sign::Open
                | Sign::Phrase
                | Sign::Word
                | Sign::Exact
                | Sign::Stem
                | Sign::List
                | Sign::Regex { .. }
                | Sign::Every
                | Sign::Of(_)
        );
        if !follows || !joined {
            return Err(error(
                piece.span.clone(),
                "this names a field, but nothing to look for in it",
                "write it without a space: title:Putin, title:\"two words\", title:(a OR b)",
            ));
        }
        if outer.is_some_and(|outer| outer != inner) {
            return Err(error(
                piece.span.clone(),
                "a field within another field can never match",
                "write one of the two only",
            ));
        }
        let mut term = self.term(Some(inner))?;
        term.span.start = piece.span.start;
        Ok(term)
    }

    fn list(&self, piece: &Piece, scope: Option<Scope>) -> Result<Kind, SyntaxError> {
        let name = self.slice(&piece.inner);
        let field = words::text_field(scope, &piece.span)?;
        let (name, entries) = self.lists.named(name, &piece.span)?;
        Ok(Kind::List {
            name,
            entries,
            field,
        })
    }

    fn deeper(&mut self, open: &Piece) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(error(
                open.span.clone(),
                format!("brackets stand in each other at most {DEPTH} deep"),
                "split the rule in several",
            ));
        }
        Ok(())
    }

    /// What ends the group that `open` begins.
    fn close(&mut self, open: &Piece) -> Result<Range<usize>, SyntaxError> {
        let close = self.lexer.next()?;
        match close.sign {
            Sign::Close => {
                self.depth -= 1;
                Ok(close.span)
            }
            Sign::End => Err(error(
                open.span.clone(),
                "this bracket is not closed",
                "close it: ( ... )",
            )),
            _ => Err(misplaced(&close)),
        }
    }

    fn group(&mut self, open: &Piece, scope: Option<Scope>) -> Result<Query, SyntaxError> {
        self.deeper(open)?;
        let mut inner = self.any(scope)?;
        let close = self.close(open)?;
        inner.span = open.span.start..close.end;
        Ok(inner)
    }

    fn at_least(
        &mut self,
        least: usize,
        piece: &Piece,
        scope: Option<Scope>,
    ) -> Result<Query, SyntaxError> {
        let open = self.lexer.next()?;
        self.deeper(&open)?;
        let commas = self.lexer.part_at_commas(true);
        let mut of = vec![self.any(scope)?];
        while self.lexer.peek()?.sign == Sign::Comma {
            self.lexer.next()?;
            of.push(self.any(scope)?);
        }
        let close = self.close(&open)?;
        self.lexer.part_at_commas(commas);
        let span = piece.span.start..close.end;
        if of.len() < 2 {
            return Err(error(
                span,
                "OF has only one thing to choose from",
                "part the things by commas: 2 OF (satellite, missile, navy)",
            ));
        }
        if least == 0 || least > of.len() {
            let message = if least == 0 {
                "0 of them are always there".to_owned()
            } else {
                format!(
                    "{} things are listed: more than that are never there",
                    of.len()
                )
            };
            let help = format!("write a number from 1 to {}", of.len());
            return Err(error(piece.span.clone(), message, help));
        }
        let kind = Kind::AtLeast { least, of };
        Ok(Query { kind, span })
    }

    fn words(&self, piece: &Piece, scope: Option<Scope>, how: How) -> Result<Query, SyntaxError> {
        let written = self.slice(&piece.inner);
        let kind = words::read(written, piece, scope, how)?;
        let span = piece.span.clone();
        Ok(Query { kind, span })
    }
}
