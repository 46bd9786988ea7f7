//! How does a mail look without HTML?

use super::layout::{Entry, Layout};
use crate::channel::text::plain;

/// Columns of a line. Longer ones are folded, but for links.
const WIDTH: usize = 76;

/// The plain text of a mail.
pub(super) fn write(layout: &Layout<'_>) -> String {
    let mut out = String::new();
    for line in fold(&plain(&layout.headline), "") {
        out.extend([&line, "\n"]);
    }
    for paragraph in &layout.text {
        out.push('\n');
        for line in paragraph {
            let line = plain(line);
            let lines = if layout.is_own {
                vec![line]
            } else {
                fold(&line, "")
            };
            for line in lines {
                out.extend([&line, "\n"]);
            }
        }
    }
    let link = layout.link.filter(|_| {
        let entries = layout.sections.iter().flat_map(|section| &section.entries);
        !entries.into_iter().any(|entry| entry.link == layout.link)
    });
    if let Some(link) = link {
        out.extend(["\n", link, "\n"]);
    }
    for section in &layout.sections {
        out.extend(["\n", &section.heading, "\n"]);
        let rule = "-".repeat(section.heading.chars().count().min(WIDTH));
        out.extend([&rule, "\n"]);
        for (index, entry) in section.entries.iter().enumerate() {
            // Entries of one line need no air between them.
            if index > 0 && !entry.headline.is_empty() {
                out.push('\n');
            }
            write_entry(&mut out, entry);
        }
    }
    if layout.more > 0 {
        let more = layout.more;
        out.push_str(&format!(
            "\nAnd {more} more: `newsbell hits` lists them all.\n"
        ));
    }
    out.extend(["\n-- \n", &layout.footer, "\n"]);
    out
}

fn write_entry(out: &mut String, entry: &Entry<'_>) {
    let mut lines = Vec::new();
    if !entry.headline.is_empty() {
        lines.extend(fold(&plain(&entry.headline), "  "));
    }
    if !entry.snippet.is_empty() {
        lines.extend(fold(&plain(&entry.snippet), "  "));
    }
    lines.extend(fold(&entry.source, "  "));
    lines.extend(entry.link.map(|link| format!("  {link}")));
    if let Some(first) = lines.first_mut() {
        first.replace_range(..1, "*");
    }
    for line in lines {
        out.extend([&line, "\n"]);
    }
}

/// The lines of a text, each with this before it.
fn fold(text: &str, indent: &str) -> Vec<String> {
    let mut lines = vec![indent.to_owned()];
    let mut width = indent.len();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let last = lines.len() - 1;
        if width > indent.len() && width + 1 + length > WIDTH {
            lines.push(format!("{indent}{word}"));
            width = indent.len() + length;
        } else {
            if width > indent.len() {
                lines[last].push(' ');
                width += 1;
            }
            lines[last].push_str(word);
            width += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_between_words() {
        let text = "word ".repeat(30) + &"x".repeat(100);
        let lines = fold(&text, "  ");
        assert_eq!(lines.len(), 3);
        assert!(
            lines[..2]
                .iter()
                .all(|line| line.len() <= WIDTH && line.starts_with("  word"))
        );
        assert_eq!(lines[2], format!("  {}", "x".repeat(100)));
        assert_eq!(fold("", "> "), ["> "]);
    }
}
