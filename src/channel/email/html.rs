//! How does a mail look with HTML?
//!
//! Blocks with styles of their own, which mail programs keep; no images, no fonts, nothing that is
//! fetched. What feeds say is escaped. Dark where the reader's program is.

use super::layout::{Entry, Layout};
use crate::channel::text::marked;
use crate::model::Urgency;
use crate::render::escape::Markup;

const HEAD: &str = "<meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
    <meta name=\"color-scheme\" content=\"light dark\">\
    <meta name=\"supported-color-schemes\" content=\"light dark\">\
    <style>@media (prefers-color-scheme: dark) {\
    .page { background: #15181c !important } .card { background: #1f2329 !important; border-left-color: #343a42 !important;\
    border-right-color: #343a42 !important; border-bottom-color: #343a42 !important }\
    .ink, .ink a { color: #e8eaed !important } .soft { color: #9aa3ad !important }\
    .line { border-color: #343a42 !important } mark { background: #5c4d12 !important; color: #fff !important }\
    .link { color: #7fb0ff !important } }</style>";

const FONT: &str =
    "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const MARK: (&str, &str) = (
    "<mark style=\"background:#ffefb0;color:inherit;padding:0 1px;border-radius:2px\">",
    "</mark>",
);

/// The HTML of a mail.
pub(super) fn write(layout: &Layout<'_>) -> String {
    let title = Markup::Html.escape(&layout.title);
    let accent = match layout.urgency {
        Urgency::Low => "#8a94a0",
        Urgency::Normal => "#2f6fde",
        Urgency::Critical => "#c92a2a",
    };
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><head>{HEAD}<title>{title}</title></head>\
         <body class=\"page\" style=\"margin:0;padding:24px 12px;background:#f3f4f6\">\
         <div style=\"max-width:620px;margin:0 auto;{FONT}\">\
         <div class=\"card\" style=\"background:#ffffff;border:1px solid #e1e4e8;border-top:4px solid {accent};\
         border-radius:6px;padding:20px 24px\">\
         <div class=\"soft\" dir=\"auto\" style=\"font-size:13px;font-weight:600;color:#667080;margin:0 0 6px\">{}</div>\
         <h1 class=\"ink\" dir=\"auto\" style=\"font-size:21px;line-height:1.3;margin:0 0 12px;color:#16202c\">{}</h1>",
        Markup::Html.escape(&layout.label),
        linked(
            &marked(&layout.headline, Markup::Html, MARK),
            layout.link,
            "color:inherit;text-decoration:none"
        ),
    );
    for paragraph in &layout.text {
        let lines: Vec<String> = paragraph
            .iter()
            .map(|line| marked(line, Markup::Html, MARK))
            .collect();
        out.push_str(&format!(
            "<p class=\"ink\" dir=\"auto\" style=\"font-size:16px;line-height:1.55;margin:0 0 12px;color:#2b3642\">{}</p>",
            lines.join("<br>")
        ));
    }
    for section in &layout.sections {
        out.push_str(&format!(
            "<h2 class=\"ink line\" dir=\"auto\" style=\"font-size:14px;margin:18px 0 10px;padding:14px 0 0;\
             border-top:1px solid #e9ecef;color:#16202c\">{}</h2>",
            Markup::Html.escape(&section.heading)
        ));
        for entry in &section.entries {
            write_entry(&mut out, entry);
        }
    }
    if layout.more > 0 {
        out.push_str(&format!(
            "<p class=\"soft\" style=\"font-size:14px;margin:14px 0 0;color:#667080\">And {} more: \
             <code>newsbell hits</code> lists them all.</p>",
            layout.more
        ));
    }
    out.push_str(&format!(
        "</div><p class=\"soft\" style=\"font-size:12px;margin:12px 4px 0;color:#8a94a0\">{}</p>\
         </div></body></html>",
        Markup::Html.escape(&layout.footer)
    ));
    out
}

fn write_entry(out: &mut String, entry: &Entry<'_>) {
    out.push_str("<div style=\"margin:0 0 12px\">");
    if !entry.headline.is_empty() {
        out.push_str(&format!(
            "<div class=\"ink\" dir=\"auto\" style=\"font-size:15px;line-height:1.4;font-weight:600;color:#16202c\">{}</div>",
            linked(
                &marked(&entry.headline, Markup::Html, MARK),
                entry.link,
                "color:inherit;text-decoration:none"
            )
        ));
    }
    if !entry.snippet.is_empty() {
        out.push_str(&format!(
            "<div class=\"ink\" dir=\"auto\" style=\"font-size:14px;line-height:1.5;color:#414c58;margin:2px 0 0\">{}</div>",
            marked(&entry.snippet, Markup::Html, MARK)
        ));
    }
    // Where no headline is the link, the source is.
    let link = entry.link.filter(|_| entry.headline.is_empty());
    out.push_str(&format!(
        "<div class=\"soft\" dir=\"auto\" style=\"font-size:13px;line-height:1.5;color:#667080\">{}</div></div>",
        linked(
            &Markup::Html.escape(&entry.source),
            link,
            "color:#2f6fde;text-decoration:none"
        )
    ));
}

fn linked(html: &str, link: Option<&str>, style: &str) -> String {
    match link {
        Some(link) => format!(
            "<a class=\"link\" href=\"{}\" style=\"{style}\">{html}</a>",
            Markup::Html.escape(link)
        ),
        None => html.to_owned(),
    }
}
