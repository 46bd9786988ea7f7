//! How is a mistake in the configuration shown?

use std::fmt;
use std::path::PathBuf;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::file::Problem;
use crate::rules::SyntaxError;
use crate::rules::syntax::{self, Query};

/// Every mistake of a configuration, with the text it stands in.
#[derive(Clone, Debug)]
pub struct Problems {
    pub(super) sources: Vec<Source>,
    pub(super) all: Vec<Problem>,
    /// Whether they are only doubts: the configuration is right as it stands.
    pub(super) doubts: bool,
}

/// One file of the configuration.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Problems {
    /// What is wrong with a query that stands in no file.
    #[must_use]
    pub fn of_query(query: &str, error: &SyntaxError) -> Problems {
        Problems::of_text(
            query,
            false,
            vec![Problem {
                file: 0,
                span: error.span.clone(),
                message: error.message.clone(),
                label: String::new(),
                help: error.help.clone(),
            }],
        )
    }

    /// What in a query is allowed and looks like a mistake.
    #[must_use]
    pub fn doubts_of(text: &str, query: &Query) -> Problems {
        let doubts = syntax::doubts(query).into_iter();
        let all = doubts.map(|doubt| Problem {
            file: 0,
            span: doubt.span,
            message: doubt.message,
            label: String::new(),
            help: Some(doubt.help),
        });
        Problems::of_text(text, true, all.collect())
    }

    fn of_text(text: &str, doubts: bool, all: Vec<Problem>) -> Problems {
        let source = Source {
            path: PathBuf::from("query"),
            text: text.to_owned(),
        };
        Problems {
            sources: vec![source],
            all,
            doubts,
        }
    }

    /// How many mistakes there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The first mistake in one line: `file:line:column: what`.
    #[must_use]
    pub fn first_line(&self) -> String {
        let Some(problem) = self.all.first() else {
            return String::new();
        };
        let source = &self.sources[problem.file];
        let before = source.text.get(..problem.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let path = source.path.display();
        format!("{path}:{line}:{column}: {}", problem.message)
    }

    /// Every mistake with its line, a caret under it and what to write instead; in colour if asked.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let level = if self.doubts {
            Level::WARNING
        } else {
            Level::ERROR
        };
        let mut text = String::new();
        for problem in &self.all {
            let source = &self.sources[problem.file];
            let path = source.path.display().to_string();
            let end = problem.span.end.min(source.text.len());
            let span = problem.span.start.min(end)..end;
            let mut annotation = AnnotationKind::Primary.span(span);
            if !problem.label.is_empty() {
                annotation = annotation.label(problem.label.as_str());
            }
            let snippet = Snippet::source(source.text.as_str())
                .path(path.as_str())
                .annotation(annotation);
            let mut group = level
                .clone()
                .primary_title(problem.message.as_str())
                .element(snippet);
            if let Some(help) = &problem.help {
                group = group.element(Level::HELP.message(help.as_str()));
            }
            text.push_str(&renderer.render(&[group]));
            text.push_str("\n\n");
        }
        text
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}
