//! Which characters do these bytes spell?
//!
//! Order: byte order mark; UTF-16 without one (XML 1.0 appendix F); valid UTF-8, whatever is
//! declared, because no other encoding passes for it by chance; the `charset` of the HTTP field
//! `Content-Type` (RFC 7303 §3.2); the XML declaration. Never fails: what cannot be read becomes
//! U+FFFD, since one bad byte must not cost the feed.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};
use url::Url;

/// Where an XML declaration has to end; longer ones are no declarations.
const DECLARATION_BYTES: usize = 512;
/// Bytes that are enough to guess from.
const LOOKED_AT: usize = 256 * 1024;

/// The text of a document.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    base: Option<&Url>,
) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[length..]).0;
    }
    match bytes {
        [b'<' | b'{', 0, ..] => return UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, b'<' | b'{', ..] => return UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => {}
    }
    let declared = [content_type.and_then(http_charset), xml_encoding(bytes)];
    let mut legacy = declared
        .into_iter()
        .flatten()
        // UTF-16 would have been seen above, so a label that says so lies.
        .filter(|encoding| encoding.output_encoding() == *encoding && *encoding != UTF_8);
    let encoding = legacy.next();
    // Its escape sequences are ASCII, so it is the one legacy encoding that is valid UTF-8 too.
    if encoding == Some(ISO_2022_JP) && bytes.contains(&0x1b) {
        return ISO_2022_JP.decode_without_bom_handling(bytes).0;
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    encoding
        .unwrap_or_else(|| likelier(bytes, base))
        .decode_without_bom_handling(bytes)
        .0
}

/// The text behind its XML declaration, and behind blanks and marks in front of it.
///
/// The declared encoding is not that of the decoded text, and the parser would believe it.
pub(super) fn without_declaration(text: &str) -> &str {
    let text = text.trim_start_matches(is_blank);
    let behind = text
        .strip_prefix("<?xml")
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .and_then(|rest| rest.split_once("?>"))
        .map_or(text, |(_, behind)| behind);
    behind.trim_start_matches(is_blank)
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}' || c == '\0'
}

fn http_charset(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let label = value.trim().trim_matches(['"', '\'']);
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| Encoding::for_label_no_replacement(label.as_bytes()))?
    })
}

fn xml_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let head: String = head.iter().map(|&byte| char::from(byte)).collect();
    let declaration = head.trim_start().strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let label = value[1..].split(quote).next()?;
    Encoding::for_label_no_replacement(label.as_bytes())
}

/// UTF-8 with a few bad bytes (cut in the middle of a character, a pasted quotation mark), or what the
/// bytes look like to browsers, which know what is usual in the country of the site: whichever
/// explains more of the bytes above ASCII.
fn likelier(bytes: &[u8], base: Option<&Url>) -> &'static Encoding {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    if good >= bad {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(LOOKED_AT)], true);
    let country = base.and_then(Url::domain).and_then(country);
    detector.guess(country.map(str::as_bytes), Utf8Detection::Deny)
}

/// The last part of a host's name, if it is one of letters.
fn country(host: &str) -> Option<&str> {
    let last = host.rsplit('.').next()?;
    let letters = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_lowercase());
    letters.then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::byte_order_mark(b"\xff\xfe<\0a\0>\0", None, "<a>")]
    #[case::utf_16_without_mark(b"\0<\0a\0>", None, "<a>")]
    #[case::utf_8_whatever_is_declared("<a>Ж</a>".as_bytes(), Some("text/xml; charset=iso-8859-1"), "<a>Ж</a>")]
    #[case::http(b"<a>\xc6</a>", Some("text/xml; Charset=\"windows-1251\""), "<a>Ж</a>")]
    #[case::http_before_xml(
        b"<?xml encoding='koi8-r'?>\xc6",
        Some("a/b;charset=cp1251"),
        "<?xml encoding='koi8-r'?>Ж"
    )]
    #[case::declaration(
        b"<?xml version='1.0' encoding = 'windows-1251' ?>\xc6",
        Some("text/xml"),
        "<?xml version='1.0' encoding = 'windows-1251' ?>Ж"
    )]
    #[case::false_utf_8_label(
        b"<?xml encoding='cp1251'?>\xc6",
        Some("a/b; charset=utf-8"),
        "<?xml encoding='cp1251'?>Ж"
    )]
    #[case::japanese_mail(b"\x1b$B8l\x1b(B", Some("a/b; charset=iso-2022-jp"), "語")]
    #[case::cut_character(b"\xd0\x96\xd0\x96\xd0", None, "ЖЖ\u{fffd}")]
    #[case::undeclared_latin(b"caf\xe9", None, "café")]
    fn decodes(#[case] bytes: &[u8], #[case] content_type: Option<&str>, #[case] text: &str) {
        assert_eq!(decode(bytes, content_type, None), text);
    }

    #[rstest]
    #[case(
        "Портовые вести: порт принял первое судно",
        "windows-1251",
        "https://vesti.example/"
    )]
    #[case(
        "Портовые вести: порт принял первое судно",
        "koi8-r",
        "https://vesti.ru/"
    )]
    #[case("Δελτίο καιρού για τα νησιά", "windows-1253", "https://kairos.gr/")]
    #[case("Żółta łódź wróciła do portu", "windows-1250", "https://port.pl/")]
    #[case("小麦の収穫が始まりました", "shift_jis", "https://mugi.jp/")]
    #[case("面粉价格上涨，面包更贵", "gb2312", "https://mian.cn/")]
    #[case("مطحنة جديدة في المدينة", "windows-1256", "https://mill.example/")]
    fn what_nobody_declares_is_guessed(
        #[case] text: &str,
        #[case] label: &str,
        #[case] base: &str,
    ) {
        let encoding = Encoding::for_label(label.as_bytes()).unwrap();
        let document = format!("<rss><channel><title>{text}</title></channel></rss>");
        let (bytes, _, _) = encoding.encode(&document);
        let base = Url::parse(base).unwrap();
        assert_eq!(decode(&bytes, None, Some(&base)), document);
    }

    #[rstest]
    #[case("<?xml version='1.0'?>\n<rss/>", "<rss/>")]
    #[case("\u{feff} \n<rss/>", "<rss/>")]
    #[case(
        "<?xml-stylesheet href='a'?><rss/>",
        "<?xml-stylesheet href='a'?><rss/>"
    )]
    #[case("<?xml version='1.0'", "<?xml version='1.0'")]
    fn drops_the_declaration(#[case] text: &str, #[case] behind: &str) {
        assert_eq!(without_declaration(text), behind);
    }
}
