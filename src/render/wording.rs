//! In whose words does a channel speak? The user's templates, or newsbell's own.
//!
//! A template is checked when the configuration is read, by rendering samples of every sort of alert;
//! should it fail all the same, the alert is told in newsbell's own words.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use super::escape::Markup;
use super::facts::{Facts, facts};
use super::message;
use super::sample::samples;
use crate::model::channel::Wording as Written;
use crate::model::{AlertView, Line, Message, Span};
use crate::text::printable;

/// The longest template, in bytes.
pub const TEMPLATE: usize = 16 * 1024;

/// What one rendering may cost: instructions, and 64 bytes made for one of them.
const FUEL: u64 = 100_000;

/// The longest text that a template may make, in bytes.
pub const RENDERED: usize = 64 * 1024;

/// What a template is for, which decides how what feeds say is written in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One line of plain text.
    Title,
    /// The text, in the markup of its medium.
    Body(Markup),
    /// The HTML part of a mail.
    Html,
    /// A JSON document.
    Payload,
}

impl Part {
    fn markup(self) -> Markup {
        match self {
            Part::Title => Markup::Plain,
            Part::Body(markup) => markup,
            Part::Html => Markup::Html,
            Part::Payload => Markup::Json,
        }
    }
}

/// The markup that the body of a channel of this kind is written in.
#[must_use]
pub fn markup(kind: &str) -> Markup {
    match kind {
        "telegram" => Markup::Html,
        "slack" => Markup::Mrkdwn,
        "discord" => Markup::Markdown,
        _ => Markup::Plain,
    }
}

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTemplate {
    /// Bytes of the template.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

/// The templates of a channel, ready for use.
#[derive(Debug)]
pub struct Wording {
    title: Option<Template>,
    body: Option<Template>,
    html: Option<Template>,
    payload: Option<Template>,
    markup: Markup,
}

/// An alert in the words of a channel.
#[derive(Clone, Debug)]
pub struct Said {
    /// What is said. Where the user's own body is plain text, its lines are that.
    pub message: Message,
    /// What is known of the alert.
    pub facts: Facts,
    /// The user's own body, in the markup of the medium.
    pub body: Option<String>,
    /// The user's own HTML part of a mail.
    pub html: Option<String>,
    /// The user's own JSON.
    pub payload: Option<String>,
    /// What was wrong with the user's templates, if newsbell's own words had to do.
    pub faults: Vec<String>,
}

impl Wording {
    /// The words of a channel whose medium reads `markup`.
    #[must_use]
    pub fn new(written: &Written, markup: Markup) -> Wording {
        let template = |source: &Option<String>, part| {
            let source = source.as_deref()?;
            // What does not compile has been refused by the configuration.
            Template::new(source, part).ok()
        };
        Wording {
            title: template(&written.title, Part::Title),
            body: template(&written.body, Part::Body(markup)),
            html: template(&written.html, Part::Html),
            payload: template(&written.payload, Part::Payload),
            markup,
        }
    }

    /// What the channel says of `alert`.
    #[must_use]
    pub fn say(&self, alert: &AlertView) -> Said {
        let mut message = message(alert);
        let facts = facts(alert, &message);
        let mut faults = Vec::new();
        let mut own = |template: &Option<Template>| {
            let rendered = template.as_ref()?.render(&facts);
            rendered.map_err(|bad| faults.push(bad.message)).ok()
        };
        let title = own(&self.title);
        let body = own(&self.body);
        let html = own(&self.html);
        let payload = own(&self.payload);
        if let Some(title) = title.filter(|title| !title.is_empty()) {
            message.title = title;
        }
        if self.markup == Markup::Plain
            && let Some(text) = &body
        {
            message.lines = text.lines().map(plain).collect();
        }
        Said {
            message,
            facts,
            body,
            html,
            payload,
            faults,
        }
    }
}

fn plain(text: &str) -> Line {
    vec![Span {
        text: text.to_owned(),
        marked: false,
    }]
}

/// Checks a template of the user's.
pub fn check(source: &str, part: Part) -> Result<(), BadTemplate> {
    let whole = |message: String, help: &str| BadTemplate {
        span: 0..source.len(),
        message,
        help: Some(help.to_owned()),
    };
    if source.len() > TEMPLATE {
        let message = format!("this template has more than {TEMPLATE} bytes");
        return Err(whole(message, "write a shorter one"));
    }
    let template = Template::new(source, part)?;
    for facts in samples() {
        let text = template.render(&facts)?;
        if part == Part::Payload {
            serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(|error| {
                let start: String = text.chars().take(200).collect();
                whole(
                    format!("this makes no JSON: {error}"),
                    &format!(
                        "values bring their own quotes, as in {{\"text\": {{{{ title }}}}}}; it makes: {}",
                        printable(&start)
                    ),
                )
            })?;
        }
    }
    Ok(())
}

/// One template, compiled.
#[derive(Debug)]
struct Template {
    environment: Environment<'static>,
    part: Part,
}

/// Its name within its environment.
const NAME: &str = "template";

impl Template {
    fn new(source: &str, part: Part) -> Result<Template, BadTemplate> {
        let mut environment = Environment::new();
        environment.set_debug(true);
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let markup = part.markup();
        let escape = match markup {
            Markup::Plain => AutoEscape::None,
            Markup::Html => AutoEscape::Html,
            Markup::Json => AutoEscape::Json,
            Markup::Mrkdwn | Markup::Markdown => AutoEscape::Custom("own".into()),
        };
        environment.set_auto_escape_callback(move |_| escape.clone());
        if matches!(markup, Markup::Html | Markup::Mrkdwn | Markup::Markdown) {
            environment.set_formatter(move |out, _, value| {
                if value.kind() == ValueKind::Undefined {
                    return Err(ErrorKind::UndefinedError.into());
                }
                let text = value.to_string();
                let written = if value.is_safe() {
                    text
                } else {
                    markup.escape(&text)
                };
                Ok(out.write_str(&written)?)
            });
        }
        let bad = |error: &minijinja::Error| explain(source, error);
        environment
            .add_template_owned(NAME, source.to_owned())
            .map_err(|error| bad(&error))?;
        let template = environment
            .get_template(NAME)
            .map_err(|error| bad(&error))?;
        let unknown = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !known().contains(name.as_str()))
            .filter(|name| environment.globals().all(|(global, _)| global != name))
            .min();
        if let Some(name) = unknown {
            return Err(unknown_variable(source, &name));
        }
        Ok(Template { environment, part })
    }

    fn render(&self, facts: &Facts) -> Result<String, BadTemplate> {
        let template = self.environment.get_template(NAME);
        let template = template.map_err(|error| explain("", &error))?;
        let text = template.render(Serde(facts));
        let text = text.map_err(|error| explain(template.source(), &error))?;
        if text.len() > RENDERED {
            return Err(BadTemplate {
                span: 0..0,
                message: format!("this template makes more than {RENDERED} bytes"),
                help: None,
            });
        }
        Ok(match self.part {
            Part::Title => text.split_whitespace().collect::<Vec<_>>().join(" "),
            Part::Body(_) | Part::Html | Part::Payload => text.trim().to_owned(),
        })
    }
}

/// Every variable that a template may use.
fn known() -> BTreeSet<String> {
    let first = samples().into_iter().next();
    let fields = first.and_then(|facts| serde_json::to_value(facts).ok());
    let fields = fields.and_then(|value| value.as_object().cloned());
    fields.unwrap_or_default().keys().cloned().collect()
}

fn unknown_variable(source: &str, name: &str) -> BadTemplate {
    let known = known();
    let near = known
        .iter()
        .map(|known| (strsim::osa_distance(name, known), known))
        .filter(|(distance, _)| *distance <= 2.max(name.len() / 3))
        .min();
    let help = near.map_or_else(
        || {
            let names: Vec<&str> = known.iter().map(String::as_str).collect();
            format!("the variables are: {}", names.join(", "))
        },
        |(_, near)| format!("did you mean `{near}`?"),
    );
    BadTemplate {
        span: place_of(source, name),
        message: format!("templates have no variable `{name}`"),
        help: Some(help),
    }
}

/// Where a name stands in a template as a word of its own.
fn place_of(source: &str, name: &str) -> Range<usize> {
    let is_part = |char: Option<char>| char.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let found = source
        .match_indices(name)
        .map(|(at, _)| at..at + name.len());
    found
        .into_iter()
        .find(|at| {
            !is_part(source[..at.start].chars().next_back())
                && !is_part(source[at.end..].chars().next())
        })
        .unwrap_or(0..source.len())
}

fn explain(source: &str, error: &minijinja::Error) -> BadTemplate {
    let mut message = match error.kind() {
        ErrorKind::OutOfFuel => "this template does too much".to_owned(),
        ErrorKind::UndefinedError => "this names something that is not there".to_owned(),
        kind => kind.to_string(),
    };
    if let Some(detail) = error.detail() {
        // Writing to a string cannot fail.
        let _ = write!(message, ": {}", printable(detail));
    }
    let span = error.range().filter(|range| range.end <= source.len());
    let line = || {
        let line = error.line()?.checked_sub(1)?;
        let start = source.split_inclusive('\n').take(line).map(str::len).sum();
        let length = source.get(start..)?.lines().next()?.len();
        Some(start..start + length)
    };
    BadTemplate {
        span: span.or_else(line).unwrap_or(0..source.len()),
        message,
        help: Some(
            "templates are written as for Jinja: {{ title }}, {% if link %}...{% endif %}; \
             config/newsbell.toml lists the variables"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::AlertId;
    use crate::render::sample;

    fn alert() -> AlertView {
        sample::story(AlertId("a1".to_owned()), Timestamp::UNIX_EPOCH)
    }

    fn said(title: &str, body: &str, markup: Markup) -> Said {
        let written = Written {
            title: Some(title.to_owned()),
            body: Some(body.to_owned()),
            ..Written::default()
        };
        Wording::new(&written, markup).say(&alert())
    }

    #[test]
    fn a_title_is_one_line_and_a_plain_body_takes_the_place_of_the_lines() {
        let said = said(
            "{{ rule }}\n  {{ total }}",
            "{{ headline }}\nend",
            Markup::Plain,
        );
        assert_eq!(said.message.title, "Sample 2");
        let lines: Vec<&str> = said
            .message
            .lines
            .iter()
            .map(|line| line[0].text.as_str())
            .collect();
        let headline = "Harbour & railway: ministers sign \"<joint>\" plan";
        assert_eq!(lines, [headline, "end"]);
    }

    #[test]
    fn what_feeds_say_is_escaped_and_what_the_user_writes_is_not() {
        let body = |markup| {
            said("t", "<b>{{ headline }}</b>{{ '&' | safe }}", markup)
                .body
                .unwrap()
        };
        assert_eq!(
            body(Markup::Html),
            "<b>Harbour &amp; railway: ministers sign &quot;&lt;joint&gt;&quot; plan</b>&"
        );
        assert_eq!(
            body(Markup::Markdown),
            "<b>Harbour \\& railway\\: ministers sign \"\\<joint\\>\" plan</b>&"
        );
    }

    #[test]
    fn a_template_that_fails_loses_no_alert() {
        // Checked by samples that had a first hit with words, and met by an alert without.
        let mut alert = alert();
        alert.hits.clear();
        let written = Written {
            title: Some("{{ hits[0].rule }}".to_owned()),
            body: Some("{{ total }} of them".to_owned()),
            ..Written::default()
        };
        let said = Wording::new(&written, Markup::Plain).say(&alert);
        assert_eq!(said.message.title, "a story that is no longer stored");
        assert_eq!(said.message.lines[0][0].text, "2 of them");
        assert_eq!(said.faults.len(), 1, "{:?}", said.faults);
    }

    #[test]
    fn what_costs_too_much_is_cut_short() {
        for endless in [
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
            "{{ 'x' * 999999999 }}",
        ] {
            let bad = check(endless, Part::Title).unwrap_err();
            assert!(bad.message.contains("does too much"), "{}", bad.message);
        }
        let long = "x".repeat(TEMPLATE + 1);
        assert!(check(&long, Part::Title).is_err());
    }
}
