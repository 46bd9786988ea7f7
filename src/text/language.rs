//! Which language is a text in, if nobody says?

use whatlang::{Lang, detect};

/// Bytes that are looked at first, and if they leave a doubt: more make no difference. Recognising
/// takes longer than all the rest of reading an item, in proportion to what is looked at.
const ENOUGH: [usize; 2] = [400, 2048];

/// BCP 47 primary subtag of the language that an item is written in, if there is hardly a doubt.
#[must_use]
pub fn recognise(title: &str, body: &str) -> Option<&'static str> {
    let mut looked_at = None;
    ENOUGH.into_iter().find_map(|enough| {
        let body = &body[..body.floor_char_boundary(enough)];
        if looked_at.replace(body.len()) == Some(body.len()) {
            return None;
        }
        let found = detect(&format!("{title}\n{body}"))?;
        found.is_reliable().then(|| code(found.lang()))
    })
}

/// ISO 639-1 where there is a code, which is what BCP 47 uses (RFC 5646 §2.2.1).
fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Afr => "af",
        Lang::Aka => "ak",
        Lang::Amh => "am",
        Lang::Ara => "ar",
        Lang::Aze => "az",
        Lang::Bel => "be",
        Lang::Ben => "bn",
        Lang::Bul => "bg",
        Lang::Cat => "ca",
        Lang::Ces => "cs",
        Lang::Cmn => "zh",
        Lang::Cym => "cy",
        Lang::Dan => "da",
        Lang::Deu => "de",
        Lang::Ell => "el",
        Lang::Eng => "en",
        Lang::Epo => "eo",
        Lang::Est => "et",
        Lang::Fin => "fi",
        Lang::Fra => "fr",
        Lang::Guj => "gu",
        Lang::Heb => "he",
        Lang::Hin => "hi",
        Lang::Hrv => "hr",
        Lang::Hun => "hu",
        Lang::Hye => "hy",
        Lang::Ind => "id",
        Lang::Ita => "it",
        Lang::Jav => "jv",
        Lang::Jpn => "ja",
        Lang::Kan => "kn",
        Lang::Kat => "ka",
        Lang::Khm => "km",
        Lang::Kor => "ko",
        Lang::Lat => "la",
        Lang::Lav => "lv",
        Lang::Lit => "lt",
        Lang::Mal => "ml",
        Lang::Mar => "mr",
        Lang::Mkd => "mk",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Nld => "nl",
        Lang::Nob => "nb",
        Lang::Ori => "or",
        Lang::Pan => "pa",
        Lang::Pes => "fa",
        Lang::Pol => "pl",
        Lang::Por => "pt",
        Lang::Ron => "ro",
        Lang::Rus => "ru",
        Lang::Sin => "si",
        Lang::Slk => "sk",
        Lang::Slv => "sl",
        Lang::Sna => "sn",
        Lang::Spa => "es",
        Lang::Srp => "sr",
        Lang::Swe => "sv",
        Lang::Tam => "ta",
        Lang::Tel => "te",
        Lang::Tgl => "tl",
        Lang::Tha => "th",
        Lang::Tuk => "tk",
        Lang::Tur => "tr",
        Lang::Ukr => "uk",
        Lang::Urd => "ur",
        Lang::Uzb => "uz",
        Lang::Vie => "vi",
        Lang::Yid => "yi",
        Lang::Zul => "zu",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::english(
        "Two navies begin drills in the strait",
        "The exercise will last three days, and ships of four countries take part in it.",
        Some("en")
    )]
    #[case::russian(
        "Учения двух флотов начались в проливе",
        "Они продлятся три дня, и в них примут участие корабли четырёх стран, сообщило министерство.",
        Some("ru")
    )]
    #[case::german(
        "Zwei Marinen beginnen eine Übung in der Meerenge",
        "Die Übung dauert drei Tage, und Schiffe aus vier Ländern nehmen daran teil.",
        Some("de")
    )]
    #[case::chinese("两国海军在海峡开始演习", "", Some("zh"))]
    #[case::too_short("Navy", "", None)]
    #[case::nothing("", "", None)]
    fn languages_are_recognised(
        #[case] title: &str,
        #[case] body: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(recognise(title, body), expected);
    }

    #[test]
    fn a_long_text_is_cut_between_letters() {
        assert_eq!(
            recognise(
                "",
                &"Учения продлятся три дня, сообщило министерство обороны этой страны. "
                    .repeat(100)
            ),
            Some("ru")
        );
    }
}
