//! Is a word what the design says it is, in every script and with every sign?

use std::time::{Duration, Instant};

use proptest::prelude::{any, proptest};
use proptest::{prop_assert, prop_assert_eq};
use rstest::rstest;

use super::{Neighbours, Squeezed, Token, Tokens, chars, phrase, read, tokens, words};

/// Every reading of `text`, by position: forms that begin at one position stand together.
fn lattice(text: &str) -> String {
    let tokens = tokens(text);
    let mut shown = String::new();
    let mut last = None;
    for token in &tokens {
        match last {
            None => {}
            Some(first) if first == token.first => shown.push('/'),
            Some(_) => shown.push(' '),
        }
        last = Some(token.first);
        shown.push_str(tokens.form(token));
    }
    shown
}

/// How long `work` takes.
#[expect(
    clippy::disallowed_methods,
    reason = "the measured time decides nothing but the test"
)]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let done = work();
    (done, start.elapsed())
}

/// What the words of `text` were read from.
fn spelled(text: &str) -> Vec<&str> {
    let tokens = tokens(text);
    tokens.iter().map(|token| &text[token.span()]).collect()
}

#[rstest]
#[case::latin("Putin and Zhang", "putin and zhang")]
#[case::punctuation("missiles, drones; (and) more!", "missiles drones and more")]
#[case::underscore_and_slash("and/or snake_case", "and or snake case")]
#[case::accents("Café Señor Ångström", "cafe senor angstrom")]
#[case::nfd("Cafe\u{301} Sen\u{303}or", "cafe senor")]
#[case::stacked_marks("Viê\u{323}t Việt", "viet viet")]
#[case::turkish("İSTANBUL Istanbul ısı", "istanbul istanbul isi")]
#[case::german("Straße STRASSE STRAẞE", "strasse strasse strasse")]
#[case::strokes("Æsop Øre Łódź Đỗ", "aesop ore lodz do")]
#[case::ligature("ﬁnance oﬃce", "finance office")]
#[case::fullwidth("ＮＡＴＯ　２０２４", "nato 2024")]
#[case::superscript("m² №5", "m2 no5")]
#[case::cyrillic("Путин ПУТИН", "путин путин")]
#[case::yo("Королёв королев", "королев королев")]
#[case::short_i("Йод май", "йод май")]
#[case::short_i_nfd("И\u{306}од маи\u{306}", "йод май")]
#[case::ukrainian("Україна Київ", "украіна киів")]
#[case::greek("Αθήνα ΟΔΟΣ οδός", "αθηνα οδοσ οδοσ")]
#[case::arabic_harakat("مُحَمَّد محمد", "محمد محمد")]
#[case::arabic_tatweel("العـــراق العراق", "العراق العراق")]
#[case::arabic_alef("أحمد إيران آسيا ٱلله", "احمد ايران اسيا الله")]
#[case::arabic_forms("ﻣﺤﻤﺪ", "محمد")]
#[case::hebrew_niqqud("שָׁלוֹם שלום", "שלום שלום")]
#[case::devanagari("हिन्दी भारत", "हिन्दी भारत")]
#[case::devanagari_signs_differ("कि की", "कि की")]
#[case::han("北京时间", "北 京 时 间")]
#[case::han_and_latin("中国GDP增长5%", "中 国 gdp 增 长 5")]
#[case::han_beyond_bmp("𠮷野", "𠮷 野")]
#[case::hiragana("ありがとう", "あ り が と う")]
#[case::katakana("ミサイル", "ミ サ イ ル")]
#[case::katakana_halfwidth("ﾐｻｲﾙ", "ミ サ イ ル")]
#[case::katakana_halfwidth_voiced("ｶﾞｽ", "ガ ス")]
#[case::kana_nfd("か\u{3099}", "が")]
#[case::hangul("북한 미사일", "북 한 미 사 일")]
#[case::hangul_jamo("\u{1107}\u{116E}\u{11A8}", "북")]
#[case::hangul_halfwidth("\u{FFB2}\u{FFD3}", "부")]
#[case::thai("ไทย", "ไ ท ย")]
#[case::lao("ລາວ", "ລ າ ວ")]
#[case::khmer("ខ្មែរ", "ខ ្ ម ែ រ")]
#[case::burmese("မြန်မာ", "မ ြ န ် မ ာ")]
#[case::soft_hyphen("mili\u{AD}tary", "military")]
#[case::zero_width_space("mili\u{200B}tary", "military")]
#[case::zero_width_joiner("क\u{94D}\u{200D}ष", "क्ष")]
#[case::zero_width_non_joiner("می\u{200C}شود", "میشود")]
#[case::bidi("\u{200F}mili\u{202A}tary\u{202C} \u{2066}ok\u{2069}", "military ok")]
#[case::byte_order_mark("\u{FEFF}Iran", "iran")]
#[case::variation_selector("葛\u{E0100}飾", "葛 飾")]
#[case::keycap("1\u{FE0F}\u{20E3} place", "1 place")]
#[case::no_break_space("North\u{A0}Korea\u{202F}now", "north korea now")]
#[case::line_separator("one\u{2028}two", "one two")]
#[case::emoji("🚀 launch 👩\u{200D}🚀", "launch")]
#[case::dashes_part("Russia–China—talks", "russia china talks")]
#[case::digits_and_letters("5G H5N1", "5g h5n1")]
#[case::lone_marks("\u{301} a \u{301}\u{302}", "a")]
#[case::nothing("", "")]
#[case::no_words("… — !?", "")]
fn words_are_read_and_folded(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(words(text).join(" "), expected);
}

#[rstest]
#[case::possessive("China's navy", "china navy")]
#[case::possessive_upper("CHINA’S NAVY", "china navy")]
#[case::possessive_plural("states' rights", "states rights")]
#[case::possessive_modifier("Chinaʼs navy", "china navy")]
#[case::possessive_acute("China´s navy", "china navy")]
#[case::possessive_grave("China`s navy", "china navy")]
#[case::possessive_fullwidth("China＇s navy", "china navy")]
#[case::possessive_of_dotted("U.S.'s navy", "u/us s navy")]
#[case::possessive_dotted_no_dot("U.S’s navy", "u/us s navy")]
#[case::elision("l'Iran", "l/liran iran")]
#[case::elision_curly("l’Iran", "l/liran iran")]
#[case::elision_reversed("l‘Iran", "l/liran iran")]
#[case::irish("O'Brien", "o/obrien brien")]
#[case::okina("Hawaiʻi", "hawai/hawaii i")]
#[case::ayn("Qurʾān", "qur/quran an")]
#[case::negation("don't", "don/dont t")]
#[case::twice("rock'n'roll", "rock/rockn/rocknroll n/nroll roll")]
#[case::hyphen("no-limits", "no/nolimits limits")]
#[case::hyphen_true("no\u{2010}limits", "no/nolimits limits")]
#[case::hyphen_no_break("no\u{2011}limits", "no/nolimits limits")]
#[case::hyphen_small("no\u{FE63}limits", "no/nolimits limits")]
#[case::hyphen_fullwidth("no\u{FF0D}limits", "no/nolimits limits")]
#[case::hyphen_soft_too("co-\u{AD}operation", "co/cooperation operation")]
#[case::hyphen_loose("pre- and post-war", "pre and post/postwar war")]
#[case::hyphen_double("yes--no", "yes no")]
#[case::number("COVID-19", "covid/covid19 19")]
#[case::plane("F-16", "f/f16 16")]
#[case::chain("d'Al-Qaida", "d/dal/dalqaida al/alqaida qaida")]
#[case::possessive_in_chain("China's-led", "china/chinaled led")]
#[case::dotted("U.S. navy", "u/us s navy")]
#[case::dotted_open("U.S navy", "u/us s navy")]
#[case::dotted_three("U.S.A.", "u/us/usa s/sa a")]
#[case::dotted_compound("U.S.-China", "u/us s china")]
#[case::dotted_fullwidth("Ｕ．Ｓ．", "u/us s")]
#[case::dotted_small("e.g. this", "e g this")]
#[case::sentence_end("to Iran.Then", "to iran then")]
#[case::thousands("10,000", "10/10000 000")]
#[case::millions("1,000,000", "1/1000/1000000 000/000000 000")]
#[case::list_of_numbers("1,2,3", "1 2 3")]
#[case::decimal("3.5", "3 5")]
#[case::plus_plus("C++", "c/c++")]
#[case::sharp("C# and F#", "c/c# and f/f#")]
#[case::one_plus("A+ B", "a b")]
#[case::hash_tag("#Iran", "iran")]
#[case::gershayim("צה״ל", "צה/צהל ל")]
#[case::gershayim_typed("צה\"ל", "צה/צהל ל")]
#[case::quoted("'Iran'", "iran")]
fn joined_forms_share_a_position(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(lattice(text), expected);
}

#[rstest]
#[case("The U.S. navy", &["The", "U", "U.S.", "S", "navy"])]
#[case("(China’s)", &["China"])]
#[case("«l’Iran»", &["l", "l’Iran", "Iran"])]
#[case("mili\u{AD}tary", &["mili\u{AD}tary"])]
#[case("Cafe\u{301}!", &["Cafe\u{301}"])]
#[case("北京", &["北", "京"])]
#[case("ﬁx C++.", &["ﬁx", "C", "C++"])]
#[case("no\u{2010}limits", &["no", "no\u{2010}limits", "limits"])]
fn spans_slice_the_original(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(spelled(text), expected);
}

#[rstest]
#[case::possessive("China's navy", true)]
#[case::possessive_in_a_chain("China's-led", false)]
#[case::possessive_by_a_quote("longer‘s‘a", false)]
#[case::accents("São Paulo", true)]
#[case::cyrillic("Москва", false)]
fn what_can_be_squeezed(#[case] text: &str, #[case] expected: bool) {
    let words = words(text);
    let neighbours = Neighbours::of(words.iter().map(String::as_str));
    assert_eq!(Squeezed::default().squeeze(&[text], &neighbours), expected);
}

#[rstest]
#[case::joined("anti-war", "antiwar", " antiwar")]
#[case::parted("anti-war", "war", "")]
#[case::initials("the U.S. navy", "us", " us")]
#[case::a_letter_beyond("São-Tomé", "tome", " saotome")]
fn what_nobody_looks_for_is_not_squeezed(
    #[case] text: &str,
    #[case] sought: &str,
    #[case] expected: &str,
) {
    let mut squeezed = Squeezed::default();
    assert!(squeezed.squeeze(&[text], &Neighbours::of([sought])));
    let behind = &squeezed.bytes()[squeezed.plain().len()..];
    assert_eq!(std::str::from_utf8(behind), Ok(expected));
}

#[rstest]
#[case("military cooperation", "military, cooperation")]
#[case("no-limits pact", "no limits|nolimits, pact")]
#[case("China's navy", "china, navy")]
#[case("U.S.", "u s|us")]
#[case("C++", "c++")]
#[case("北京", "北, 京")]
#[case("...", "")]
fn phrases_are_stretches_of_readings(#[case] text: &str, #[case] expected: &str) {
    let stretches: Vec<String> = phrase(text)
        .iter()
        .map(|readings| {
            let readings: Vec<String> = readings.iter().map(|words| words.join(" ")).collect();
            readings.join("|")
        })
        .collect();
    assert_eq!(stretches.join(", "), expected);
}

#[rstest]
#[case::hyphens("a-")]
#[case::apostrophes("'")]
#[case::apostrophes_between("a'")]
#[case::possessives("'s")]
#[case::marks("\u{301}")]
#[case::kept_marks("\u{93F}")]
#[case::dots("U.")]
#[case::expanding("ﷺ")]
#[case::thousands(",000")]
#[case::unseen("\u{200B}")]
#[case::jamo("\u{1161}")]
#[case::run("a")]
fn hostile_texts_are_read_quickly(#[case] unit: &str) {
    let text = unit.repeat((1 << 20) / unit.len());
    let (tokens, time) = timed(|| tokens(&text));
    // Far from what it takes, near enough to notice anything quadratic.
    assert!(time < Duration::from_secs(20));
    assert!(tokens.iter().len() <= 8 * text.len());
    assert!(tokens.forms.len() <= 32 * text.len());
}

fn check_spans(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let tokens = tokens(text);
    let mut last = 0;
    for token in &tokens {
        prop_assert!(text.get(token.span()).is_some_and(|text| !text.is_empty()));
        prop_assert!(!tokens.form(token).is_empty());
        prop_assert!(token.first < token.after && token.first >= last);
        last = token.first;
    }
    Ok(())
}

/// The words of a text as the definition reads it, all at once.
fn slowly(text: &str) -> Tokens {
    let mut tokens = Tokens::default();
    read(&chars::of(text), 0, &mut tokens);
    tokens
}

fn same_words(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let shown = |tokens: &Tokens| -> Vec<_> {
        let place = |token: &Token| (token.first, token.after, token.span(), token.signed);
        tokens
            .iter()
            .map(|token| (tokens.form(token).to_owned(), place(token)))
            .collect()
    };
    prop_assert_eq!(shown(&tokens(text)), shown(&slowly(text)), "{:?}", text);
    Ok(())
}

/// What luck may miss in long texts cannot hide in all short ones.
#[test]
fn all_short_texts_read_the_same_fast_and_slowly() {
    const SIGNS: [&str; 12] = ["a", "s", "1", "'", "’", ".", "-", "+", "#", " ", "<", "é"];
    const LENGTH: u32 = 5;
    for length in 1..=LENGTH {
        for number in 0..SIGNS.len().pow(length) {
            let mut rest = number;
            let mut text = String::new();
            for _ in 0..length {
                text.push_str(SIGNS[rest % SIGNS.len()]);
                rest /= SIGNS.len();
            }
            same_words(&text).unwrap();
        }
    }
}

#[test]
fn every_character_of_two_bytes_reads_the_same_fast_and_slowly() {
    for char in ('\u{80}'..'\u{800}').map(String::from) {
        for around in [
            "a§",
            "§b",
            "a§b",
            "§",
            "é§é",
            "a §'s b",
            "§-§",
            "(§)",
            "§\u{301}",
            "§\u{731}",
        ] {
            same_words(&around.replace('§', &char)).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(20_000))]

    #[test]
    fn any_text_reads_the_same_fast_and_slowly(text in any::<String>()) {
        same_words(&text)?;
    }

    #[test]
    fn signs_between_words_read_the_same_fast_and_slowly(
        text in "(a|B|US|s|S|1|000|é|ß|ς|İ|ـ|٣|北|ก|א|е| |  |\n|[-'`.,\"+#<=>(/…—“”’‘«»\u{A0}\u{AD}\u{301}\u{338}\u{200B}\u{2010}\u{FF0C}\u{B4}]){0,12}"
    ) {
        same_words(&text)?;
    }

    #[test]
    fn words_stand_in_the_squeezed_text(
        text in "(a|B|US|s|S|1|000|é|ß|Æ|Œ|北|е| |  |\n|longer|_|[-'`.,\"+#<=>(/…—“”’‘«»×÷ÿ\u{A0}\u{AD}\u{301}\u{200B}\u{200D}\u{2010}\u{2044}\u{203E}\u{B4}]){0,12}"
    ) {
        let mut squeezed = Squeezed::default();
        let all = tokens(&text);
        for token in &all {
            let form: String = all.form(token).chars().filter(char::is_ascii_alphanumeric).collect();
            if squeezed.squeeze(&[&text], &Neighbours::of([&*form])) {
                prop_assert!(stands(&squeezed, form.as_bytes()), "{:?} in {:?}", form, text);
            }
        }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(500))]

    #[test]
    fn long_texts_read_the_same_fast_and_slowly(
        text in "(a|B|s|000|é|жук|北|longer|averylongwordofthirtythreeletters| | |[-'.,\"+#<(—’]){40,160}"
    ) {
        same_words(&text)?;
    }
}

fn stands(squeezed: &Squeezed, form: &[u8]) -> bool {
    let mut places = squeezed.bytes().windows(form.len().max(1)).enumerate();
    places.any(|(at, part)| {
        part == form && squeezed.may_part(at) && squeezed.may_part(at + form.len())
    })
}

proptest! {
    #[test]
    fn any_text_is_read_with_valid_spans(text in any::<String>()) {
        check_spans(&text)?;
        prop_assert_eq!(phrase(&text).is_empty(), tokens(&text).is_empty());
    }

    #[test]
    fn signs_and_scripts_in_any_order_are_read(
        text in "([aBсЖéİßﬁσأـ北がガ북ไ'’ʼ´״.,+#0-9\u{301}\u{308}\u{93F}\u{AD}\u{200D}\u{FF9E}ﷺ \\-]|U\\.|'s|,000){0,40}",
    ) {
        check_spans(&text)?;
        prop_assert_eq!(phrase(&text).is_empty(), tokens(&text).is_empty());
    }

    #[test]
    fn folding_twice_is_folding_once(text in any::<String>()) {
        for word in words(&text) {
            prop_assert_eq!(words(&word).concat(), word);
        }
    }

    #[test]
    fn case_and_composition_do_not_matter(text in "[a-zé -]{0,30}") {
        use unicode_normalization::UnicodeNormalization;
        let other: String = text.to_uppercase().nfd().collect();
        prop_assert_eq!(lattice(&text), lattice(&other));
    }
}
