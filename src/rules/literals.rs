//! Which texts must stand in an item for a regular expression to fit?

use aho_corasick::AhoCorasick;
use regex_syntax::hir::{Class, Hir, HirKind};

use super::forms::Form;

/// The shortest literal that is worth looking for, in bytes.
const SHORT: usize = 3;

/// Alternatives that are looked for instead of one regular expression, at most.
const MANY: usize = 64;

/// Literals with their numbers, found in one pass.
#[derive(Debug, Default)]
pub(super) struct Literals {
    search: Option<AhoCorasick>,
    forms: Vec<Form>,
}

impl Literals {
    /// Puts lower-case literals together. `None` if the search for them cannot be built: then every
    /// regular expression is tried on every item.
    pub(super) fn new(literals: &[(String, Form)]) -> Option<Literals> {
        if literals.is_empty() {
            return Some(Literals::default());
        }
        let search = AhoCorasick::new(literals.iter().map(|(literal, _)| literal)).ok()?;
        Some(Literals {
            search: Some(search),
            forms: literals.iter().map(|(_, form)| *form).collect(),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.search.is_none()
    }

    /// Calls `found` for every literal in a text whose ASCII letters are lower case.
    pub(super) fn of(&self, lower: &str, mut found: impl FnMut(Form)) {
        for hit in self
            .search
            .iter()
            .flat_map(|search| search.find_overlapping_iter(lower))
        {
            if let Some(form) = self.forms.get(hit.pattern().as_usize()) {
                found(*form);
            }
        }
    }
}

/// Literals one of which stands, in lower case, in every text that fits the pattern. `None` if there
/// are none that are long enough.
pub(super) fn required(pattern: &str) -> Option<Vec<String>> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let found = of(&hir)?;
    (found.len() <= MANY && found.iter().all(|literal| literal.len() >= SHORT)).then_some(found)
}

/// The best choice within an expression: the one whose shortest literal is longest.
fn of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<String>> = None;
            let mut run = String::new();
            let mut keep = |candidate: Vec<String>| {
                let worth = |all: &Vec<String>| all.iter().map(String::len).min().unwrap_or(0);
                if best
                    .as_ref()
                    .is_none_or(|known| worth(&candidate) > worth(known))
                {
                    best = Some(candidate);
                }
            };
            for part in parts {
                if let Some(text) = text_of(part) {
                    run.push_str(&text);
                    continue;
                }
                if matches!(part.kind(), HirKind::Look(_)) {
                    // It takes no room: what is around it stands together.
                    continue;
                }
                if !run.is_empty() {
                    keep(vec![std::mem::take(&mut run)]);
                }
                if let Some(inner) = of(part) {
                    keep(inner);
                }
            }
            if !run.is_empty() {
                keep(vec![run]);
            }
            best
        }
        HirKind::Alternation(parts) => {
            let parts: Option<Vec<Vec<String>>> = parts.iter().map(of).collect();
            parts.map(|parts| parts.concat())
        }
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        _ => text_of(hir).map(|text| vec![text]),
    }
}

/// What a part stands for, if only one text in lower case.
fn text_of(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            Some(text.to_ascii_lowercase())
        }
        // `[Tt]`, as `t` is read when case does not matter.
        HirKind::Class(Class::Unicode(class)) => {
            let mut letters = class
                .ranges()
                .iter()
                .flat_map(|range| range.start()..=range.end())
                .take(4)
                .map(|letter| letter.to_ascii_lowercase());
            let first = letters.next()?;
            letters.all(|letter| letter == first).then(|| first.into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::required;
    use rstest::rstest;

    #[rstest]
    #[case("Kalibr", Some("kalibr"))]
    #[case("(?i)Kalibr", Some("alibr"))]
    #[case("(?i)Iran", Some("iran"))]
    #[case("T-?90M?", None)]
    #[case("Su-(27|30|35)", Some("su-"))]
    #[case("(Topol|Yars)-M", Some("topol yars"))]
    #[case("(?i:ab)cd+", Some("abc"))]
    #[case("[a-z]+ship", Some("ship"))]
    #[case("(tank|a)", None)]
    #[case("x*", None)]
    #[case("(missile)?", None)]
    #[case("\\bNATO\\b", Some("nato"))]
    #[case("Größe", Some("größe"))]
    fn the_literals_of_patterns(#[case] pattern: &str, #[case] expected: Option<&str>) {
        let found = required(pattern).map(|found| found.join(" "));
        assert_eq!(found.as_deref(), expected);
    }
}
