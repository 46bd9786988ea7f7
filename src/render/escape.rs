//! How does text stay text in the markup of a medium?
//!
//! Feeds are hostile: what they say must never become markup, a mention or a link of its own.

/// The markup of a medium.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Text alone.
    #[default]
    Plain,
    /// HTML and XML.
    Html,
    /// Slack's own.
    Mrkdwn,
    /// Markdown as Discord reads it.
    Markdown,
    /// A JSON value.
    Json,
}

impl Markup {
    /// `text` as it has to be written to be read as it stands.
    #[must_use]
    pub fn escape(self, text: &str) -> String {
        match self {
            Markup::Plain => text.to_owned(),
            Markup::Html => html(text),
            Markup::Mrkdwn => mrkdwn(text),
            Markup::Markdown => markdown(text),
            Markup::Json => serde_json::Value::from(text).to_string(),
        }
    }
}

/// By name where HTML 4 and XML share one.
fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match (entity(char), char) {
            (Some(entity), _) => out.push_str(entity),
            (None, '"') => out.push_str("&quot;"),
            (None, '\'') => out.push_str("&#39;"),
            (None, _) => out.push(char),
        }
    }
    out
}

/// The three that markup of every sort begins with.
fn entity(char: char) -> Option<&'static str> {
    match char {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    }
}

/// Slack reads `<...>` as links and mentions and knows three entities. It has no way to write its
/// emphasis as text; a word joiner before the sign keeps it from being taken for one.
fn mrkdwn(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match (entity(char), char) {
            (Some(entity), _) => out.push_str(entity),
            (None, '*' | '_' | '~' | '`') => out.extend(['\u{2060}', char, '\u{2060}']),
            (None, _) => out.push(char),
        }
    }
    out
}

/// Every sign that Markdown may read as something else gets a backslash (`CommonMark` §2.4). That `:` and
/// `@` and `/` have one keeps links from being made of bare addresses, and mentions of names.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_ascii_punctuation() && !matches!(char, ',' | '?' | '%' | '\'' | '"' | ';') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Markup::Plain, "a <b> & *c*", "a <b> & *c*")]
    #[case(
        Markup::Html,
        "<b title='x\"'>&amp;",
        "&lt;b title=&#39;x&quot;&#39;&gt;&amp;amp;"
    )]
    #[case(
        Markup::Mrkdwn,
        "<!channel> & <@U1>",
        "&lt;!channel&gt; &amp; &lt;@U1&gt;"
    )]
    #[case(Markup::Mrkdwn, "*b*", "\u{2060}*\u{2060}b\u{2060}*\u{2060}")]
    #[case(
        Markup::Markdown,
        "**b** [x](http://y) @everyone <@1> `c`, fine?",
        r"\*\*b\*\* \[x\]\(http\:\/\/y\) \@everyone \<\@1\> \`c\`, fine?"
    )]
    #[case(Markup::Json, "a \"b\"\n\u{1}", r#""a \"b\"\n\u0001""#)]
    fn text_stays_text(#[case] markup: Markup, #[case] text: &str, #[case] written: &str) {
        assert_eq!(markup.escape(text), written);
    }
}
