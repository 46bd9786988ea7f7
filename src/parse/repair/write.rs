//! How is the canonical document written?

use wide::u8x16;

use super::bytes::places;

/// Appends `text`, so that it is read as these very characters.
pub(in crate::parse) fn escaped(text: &str, out: &mut String) {
    let is_markup = |step: u8x16| {
        let is = |byte| step.simd_eq(u8x16::splat(byte));
        is(b'&') | is(b'<') | is(b'>') | is(b'"')
    };
    let mut from = 0;
    places(text, is_markup, |at| {
        let reference = match text.as_bytes()[at] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            _ => "&quot;",
        };
        out.push_str(&text[from..at]);
        out.push_str(reference);
        from = at + 1;
    });
    out.push_str(&text[from..]);
}

/// Appends a start tag; attributes without a value are left out.
pub(super) fn start(name: &str, attributes: &[(&str, Option<&str>)], out: &mut String) {
    out.push('<');
    out.push_str(name);
    for (name, value) in attributes {
        if let Some(value) = value {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escaped(value, out);
            out.push('"');
        }
    }
    out.push('>');
}

/// Appends an end tag.
pub(super) fn end(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push_str(">\n");
}

/// Appends an element with nothing but text.
pub(super) fn element(
    name: &str,
    attributes: &[(&str, Option<&str>)],
    text: &str,
    out: &mut String,
) {
    start(name, attributes, out);
    escaped(text, out);
    end(name, out);
}
