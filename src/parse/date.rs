//! When does a feed say it was? Text in, a point in time out, or `None`.
//!
//! Atom and JSON Feed use RFC 3339, RSS 2.0 uses RFC 822 (now RFC 5322 §3.3, obsolete forms §4.3);
//! in real feeds either is found anywhere, with months in the site's language, local zone names,
//! wrong weekdays and missing parts. Rules: no zone, or a zone nobody knows, is UTC (RFC 5322
//! §4.3); no time is midnight; a weekday is never believed; a date that could be read in two ways
//! (`05/06/2024`) is not read at all, for a wrong day is worse than none.

use jiff::civil::{Date, ISOWeekDate, Time, Weekday};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// Longer texts are no dates.
const LONGEST: usize = 100;

/// Reads a date.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let text = plain(text);
    text.parse()
        .ok()
        .or_else(|| in_one_number(&text))
        .or_else(|| by_day_of_year(&text))
        .or_else(|| by_words(&text))
}

/// The same in small letters, with ASCII digits, and with the dates and times of East Asia as they are
/// written elsewhere: `2024年5月1日 午後3時4分` is `2024-5-1 pm 3:4`.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let behind_digit = plain.ends_with(|c: char| c.is_ascii_digit());
        match char {
            '年' | '년' | '月' | '월' if behind_digit => plain.push('-'),
            '時' | '时' | '시' | '點' | '点' | '分' | '분' if behind_digit => {
                plain.push(':');
            }
            '日' | '일' | '号' | '號' | '秒' | '초' if behind_digit => plain.push(' '),
            '،' => plain.push(' '),
            // Arabic, Persian and fullwidth digits.
            '\u{660}'..='\u{669}' => push_digit(char, '\u{660}', &mut plain),
            '\u{6F0}'..='\u{6F9}' => push_digit(char, '\u{6F0}', &mut plain),
            '０'..='９' => push_digit(char, '０', &mut plain),
            _ => plain.extend(char.to_lowercase()),
        }
        if matches!(
            char,
            '年' | '년' | '月' | '월' | '時' | '时' | '시' | '點' | '点' | '分' | '분'
        ) && plain.ends_with(['-', ':'])
        {
            while chars.next_if(|next| next.is_whitespace()).is_some() {}
            if !chars.peek().is_some_and(|next| next.is_numeric()) {
                plain.pop();
                plain.push_str(if matches!(char, '分' | '분') {
                    " "
                } else {
                    ":00 "
                });
            }
        }
    }
    for (half, names) in [
        (" am ", ["上午", "午前", "오전", "凌晨"]),
        (" pm ", ["下午", "午後", "오후", "晚上"]),
    ] {
        for name in names {
            if plain.contains(name) {
                plain = plain.replace(name, half);
            }
        }
    }
    plain
}

fn push_digit(char: char, zero: char, plain: &mut String) {
    let digit = u32::from(char) - u32::from(zero);
    plain.extend(char::from_digit(digit, 10));
}

/// `20240501`, `20240501100000`, or seconds or milliseconds since 1970.
fn in_one_number(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
    match text.len() {
        8 | 14 => {
            let date = Date::new(year(&text[..4])?, number(4..6)?, number(6..8)?).ok()?;
            let time = if text.len() == 14 {
                Time::new(number(8..10)?, number(10..12)?, number(12..14)?, 0).ok()?
            } else {
                Time::midnight()
            };
            Offset::UTC.to_timestamp(date.to_datetime(time)).ok()
        }
        10 => Timestamp::from_second(text.parse().ok()?).ok(),
        13 => Timestamp::from_millisecond(text.parse().ok()?).ok(),
        _ => None,
    }
}

/// `2024-122` and `2024-w18-3` (ISO 8601).
fn by_day_of_year(text: &str) -> Option<Timestamp> {
    let date = match text.split_once('-')? {
        (year, day) if year.len() == 4 && day.len() == 3 => {
            let first = Date::new(self::year(year)?, 1, 1).ok()?;
            let day: i16 = day.parse().ok()?;
            first.with().day_of_year(day).build().ok()?
        }
        (year, week) if year.len() == 4 && week.starts_with('w') => {
            let (week, day) = week[1..].split_once('-')?;
            let day = Weekday::from_monday_one_offset(day.parse().ok()?).ok()?;
            let week = ISOWeekDate::new(self::year(year)?, week.parse().ok()?, day);
            week.ok()?.date()
        }
        _ => return None,
    };
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

#[derive(Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<SignedDuration>,
    offset: Option<Offset>,
    /// `am` or `pm`, if it stands before the time.
    half: Option<&'static str>,
}

fn by_words(text: &str) -> Option<Timestamp> {
    let mut parts = Parts::default();
    for word in text.split([
        ' ', '\t', '\n', '\r', ',', ';', '(', ')', '\u{a0}', '\u{202f}',
    ]) {
        parts.take(word.trim_end_matches('.'))?;
    }
    let date = Date::new(parts.year?, parts.month?, parts.day?).ok()?;
    let midnight = date.at(0, 0, 0, 0);
    let offset = parts.offset.unwrap_or(Offset::UTC);
    let midnight = offset.to_timestamp(midnight).ok()?;
    midnight
        .checked_add(parts.time.unwrap_or(SignedDuration::ZERO))
        .ok()
}

impl Parts {
    /// `None` if the word contradicts that this is a date; unknown words are passed over.
    fn take(&mut self, word: &str) -> Option<()> {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = word.split_at(digits);
        if let Some((date, time)) = word.split_once('t').filter(|_| digits == 4) {
            self.date(date)?;
            return self.clock(time);
        }
        match (number, rest) {
            ("", "") => {}
            ("", _) if rest.starts_with(['+', '-']) && self.time.is_some() => {
                self.offset = Some(offset(rest)?);
            }
            ("", _) => self.name(rest),
            (_, _) if rest.starts_with(':') => self.clock(word)?,
            (_, "st" | "nd" | "rd" | "th" | "º" | "er") => self.day = number.parse().ok(),
            (_, "") => self.number(number)?,
            (_, _) if rest.strip_prefix('h').is_some_and(is_digits) => {
                let minutes = if rest == "h" { "00" } else { &rest[1..] };
                self.clock(&format!("{number}:{minutes}"))?;
            }
            // `06.24` behind a date.
            (_, _)
                if self.day.is_some()
                    && self.month.is_some()
                    && self.time.is_none()
                    && rest.len() == 3
                    && rest.strip_prefix('.').is_some_and(is_digits) =>
            {
                self.clock(&format!("{number}:{}", &rest[1..]))?;
            }
            // The Common Log Format of web servers.
            (_, _) if rest.starts_with('/') && rest.contains(':') => {
                let (date, time) = word.split_once(':')?;
                self.date(date)?;
                self.clock(time)?;
            }
            (_, "am" | "pm") => self.clock(&format!("{number}:00{rest}"))?,
            _ if rest.starts_with(['-', '/', '.']) => self.date(word)?,
            _ => {}
        }
        Some(())
    }

    fn number(&mut self, digits: &str) -> Option<()> {
        let number: i16 = digits.parse().ok()?;
        match digits.len() {
            1 | 2 if self.day.is_none() => self.day = i8::try_from(number).ok(),
            _ if self.year.is_none() => self.year = year(digits),
            // `2024. 5. 1.`: who begins with the year goes on with the month.
            1 | 2 if self.month.is_none() => {
                self.month = self.day;
                self.day = i8::try_from(number).ok();
            }
            _ => return None,
        }
        Some(())
    }

    /// A date in one word: `2024-05-01`, `2024/5/1`, `01.05.2024`, `1-May-24`, `25/12/2024`.
    fn date(&mut self, word: &str) -> Option<()> {
        let separator = word.find(['-', '/', '.'])?;
        let separator = word[separator..].chars().next()?;
        let pieces: Vec<&str> = word.split(separator).collect();
        let &[first, middle, last] = pieces.as_slice() else {
            return None;
        };
        let small = |text: &str| text.parse::<i8>().ok();
        let (year, month, day) = if first.len() == 4 {
            (year(first)?, small(middle)?, small(last)?)
        } else if let Some(month) = month(middle) {
            (year(last)?, month, small(first)?)
        } else if last.len() == 4 {
            let (one, other) = (small(first)?, small(middle)?);
            if separator == '.' || one > 12 || one == other {
                (year(last)?, other, one)
            } else if other > 12 {
                (year(last)?, one, other)
            } else {
                return None;
            }
        } else {
            return None;
        };
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        Some(())
    }

    /// `9:05`, `09:05:00.25`, `24:00`, with a zone or `am` stuck to it.
    fn clock(&mut self, word: &str) -> Option<()> {
        let end = word
            .find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.')
            .unwrap_or(word.len());
        let (clock, zone) = word.split_at(end);
        let whole = clock.split('.').next()?;
        let mut pieces = whole.split(':').map(str::parse::<i64>);
        let hour = pieces.next()?.ok()?;
        let minute = pieces.next()?.ok()?;
        let second = pieces.next().unwrap_or(Ok(0)).ok()?;
        // 24:00 is the end of the day and :60 a leap second (RFC 3339 §5.7).
        if hour > 24 || minute > 59 || second > 60 || pieces.next().is_some() {
            return None;
        }
        self.time = Some(SignedDuration::from_secs(
            hour * 3600 + minute * 60 + second.min(59),
        ));
        if let Some(half) = self.half.take() {
            self.name(half);
        }
        if zone.starts_with(['+', '-']) {
            self.offset = Some(offset(zone.trim_end_matches('z'))?);
        } else {
            self.name(zone);
        }
        Some(())
    }

    fn name(&mut self, word: &str) {
        let noon = SignedDuration::from_hours(12);
        if let Some(time) = self.time {
            match word {
                "am" | "a.m" if time >= noon => self.time = Some(time - noon),
                "pm" | "p.m" if time < noon => self.time = Some(time + noon),
                _ => {
                    let (zone, shift) = word.split_at(word.find(['+', '-']).unwrap_or(word.len()));
                    // `GMT+0300` is three hours east, as mail has it, not west, as POSIX has it.
                    let zone = offset(shift).or_else(|| named_zone(zone));
                    self.offset = self.offset.or(zone);
                }
            }
        }
        match word {
            "am" | "a.m" if self.time.is_none() => self.half = Some("am"),
            "pm" | "p.m" if self.time.is_none() => self.half = Some("pm"),
            // The second of two months that share a name.
            "الثاني" => match self.month {
                Some(12) => self.month = Some(1),
                Some(10) => self.month = Some(11),
                _ => {}
            },
            _ => {}
        }
        // The last one wins: `mar, 05 nov 2024` begins with a weekday in four languages.
        if self.time.is_none() || self.month.is_none() {
            self.month = month(word).or(self.month);
        }
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// RFC 5322 §4.3: two digits below 50 are this century's, three digits count from 1900.
fn year(digits: &str) -> Option<i16> {
    let number: i16 = digits.parse().ok()?;
    match digits.len() {
        2 if number < 50 => Some(2000 + number),
        2 | 3 => Some(1900 + number),
        4 => Some(number),
        _ => None,
    }
}

/// `+0200`, `+02:00`, `-5`, `+0530`.
fn offset(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    let number: i32 = digits.parse().ok().filter(|number| *number >= 0)?;
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number, 0),
        3 | 4 => (number / 100, number % 100),
        _ => return None,
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// The month a word begins like, in the languages of many news sites.
fn month(word: &str) -> Option<i8> {
    MONTHS
        .iter()
        .find(|(_, stems)| stems.iter().any(|stem| word.starts_with(stem)))
        .map(|(month, _)| *month)
}

fn named_zone(name: &str) -> Option<Offset> {
    ZONES
        .iter()
        .find(|(_, names)| names.contains(&name))
        .and_then(|(minutes, _)| Offset::from_seconds(minutes * 60).ok())
}

/// Stems of month names: English, German, French, Spanish, Italian, Portuguese, Dutch, Nordic,
/// Polish, Russian, Ukrainian, Turkish, Romanian, Hungarian, Indonesian, Greek, Arabic (both sets of names).
const MONTHS: [(i8, &[&str]); 12] = [
    (
        1,
        &[
            "jan",
            "jän",
            "ene",
            "gen",
            "sty",
            "ian",
            "oca",
            "янв",
            "січ",
            "ιαν",
            "يناير",
        ],
    ),
    (
        2,
        &[
            "feb",
            "fév",
            "fev",
            "lut",
            "şub",
            "фев",
            "лют",
            "φεβ",
            "فبراير",
            "شباط",
        ],
    ),
    (
        3,
        &[
            "mar", "mär", "mrt", "maart", "már", "мар", "бер", "μαρ", "μάρ", "مارس", "آذار",
        ],
    ),
    (
        4,
        &[
            "apr",
            "avr",
            "abr",
            "kwi",
            "nis",
            "ápr",
            "апр",
            "кві",
            "απρ",
            "أبريل",
            "ابريل",
            "إبريل",
            "نيسان",
        ],
    ),
    (
        5,
        &[
            "may", "mai", "maj", "mag", "mei", "máj", "май", "мая", "тра", "μαΐ", "μάι", "مايو",
            "أيار",
        ],
    ),
    (
        6,
        &[
            "jun",
            "juin",
            "giu",
            "cze",
            "iun",
            "haz",
            "jún",
            "июн",
            "чер",
            "ιουν",
            "ιούν",
            "يونيو",
            "يونيه",
            "حزيران",
        ],
    ),
    (
        7,
        &[
            "jul",
            "juil",
            "lug",
            "lip",
            "iul",
            "tem",
            "júl",
            "июл",
            "лип",
            "ιουλ",
            "ιούλ",
            "يوليو",
            "يوليه",
            "تموز",
        ],
    ),
    (
        8,
        &[
            "aug",
            "août",
            "aoû",
            "aou",
            "ago",
            "sie",
            "ağu",
            "agu",
            "авг",
            "сер",
            "αυγ",
            "αύγ",
            "أغسطس",
            "اغسطس",
            "آب",
        ],
    ),
    (
        9,
        &[
            "sep",
            "set",
            "wrz",
            "eyl",
            "szep",
            "сен",
            "вер",
            "σεπ",
            "سبتمبر",
            "أيلول",
        ],
    ),
    (
        10,
        &[
            "oct",
            "okt",
            "ott",
            "out",
            "paź",
            "eki",
            "окт",
            "жов",
            "οκτ",
            "أكتوبر",
            "اكتوبر",
            "تشرين",
        ],
    ),
    (
        11,
        &[
            "nov",
            "noi",
            "lis",
            "kas",
            "ноя",
            "лис",
            "νοε",
            "νοέ",
            "نوفمبر",
        ],
    ),
    (
        12,
        &[
            "dec",
            "déc",
            "dez",
            "dic",
            "gru",
            "ara",
            "des",
            "дек",
            "гру",
            "δεκ",
            "ديسمبر",
            "كانون",
        ],
    ),
];

/// Minutes east of Greenwich. Names with several meanings have RFC 5322's (`CST`, `EST`), else that
/// of the country with the most feeds (`IST`: India, `BST`: Britain).
const ZONES: [(i32, &[&str]); 32] = [
    (0, &["z", "ut", "utc", "gmt", "wet"]),
    (60, &["bst", "west", "cet", "mez", "wat"]),
    (120, &["cest", "mesz", "eet", "sast", "cat", "wast"]),
    (180, &["eest", "msk", "мск", "trt", "eat", "idt", "fet"]),
    (210, &["irst"]),
    (240, &["msd", "gst", "samt", "azt", "amt"]),
    (270, &["irdt", "aft"]),
    (300, &["pkt", "yekt", "uzt", "mvt"]),
    (330, &["ist", "slst"]),
    (345, &["npt"]),
    (360, &["omst", "bdt", "almt", "kgt"]),
    (390, &["mmt"]),
    (420, &["ict", "wib", "novt", "krat"]),
    (
        480,
        &["hkt", "sgt", "myt", "pht", "wita", "awst", "irkt", "ulat"],
    ),
    (540, &["jst", "kst", "wit", "yakt"]),
    (570, &["acst"]),
    (600, &["aest", "vlat", "chst"]),
    (630, &["acdt"]),
    (660, &["aedt", "magt", "sakt"]),
    (720, &["nzst", "pett", "fjt"]),
    (780, &["nzdt"]),
    (-120, &["fnt"]),
    (-150, &["ndt"]),
    (-180, &["adt", "art", "brt", "uyt"]),
    (-210, &["nst"]),
    (-240, &["ast", "edt", "clt", "vet", "bot"]),
    (-300, &["est", "cdt", "cot", "pet", "ect"]),
    (-360, &["cst", "mdt"]),
    (-420, &["mst", "pdt"]),
    (-480, &["pst", "akdt"]),
    (-540, &["akst"]),
    (-600, &["hst"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::rfc_3339("2024-05-01T10:00:00Z")]
    #[case::fraction("2024-05-01t10:00:00.000+00:00")]
    #[case::offset_without_colon("2024-05-01T12:00:00+0200")]
    #[case::blank_between("2024-05-01 12:00:00 +0200")]
    #[case::zone_behind_iso("2024-05-01 12:00:00 CEST")]
    #[case::local("2024-05-01T10:00:00")]
    #[case::minutes("2024-05-01T10:00")]
    #[case::slashes("2024/05/01 10:00:00 GMT")]
    #[case::rfc_5322("Wed, 01 May 2024 12:00:00 +0200")]
    #[case::wrong_weekday("Mon, 1 May 2024 10:00 UT")]
    #[case::long_names("Wednesday, May 1st, 2024 10:00:00 GMT")]
    #[case::summer("Wed, 01 May 2024 12:00:00 CEST")]
    #[case::moscow("Wed, 01 May 2024 13:00:00 MSK")]
    #[case::india("1 May 2024 15:30 IST")]
    #[case::eastern("Wed, 01 May 24 06:00:00 EDT")]
    #[case::comment("Wed, 01 May 2024 12:00:00 +0200 (CEST)")]
    #[case::gmt_plus("Wed May 01 2024 13:00:00 GMT+0300 (MSK)")]
    #[case::ctime("Wed May  1 10:00:00 2024")]
    #[case::ctime_with_zone("Wed May  1 10:00:00 UTC 2024")]
    #[case::afternoon_less_three("May 1, 2024 1:00 PM MSK")]
    #[case::stuck("01 May 2024 10:00:00Z")]
    #[case::german("Mi., 01. Mai 2024 12:00:00 MESZ")]
    #[case::french("mer., 1er mai 2024 10:00:00 GMT")]
    #[case::russian("Ср, 01 мая 2024 13:00:00 +0300")]
    #[case::dotted("01.05.2024 10:00")]
    #[case::dashed_name("01-May-2024 10:00:00")]
    #[case::one_number("20240501100000")]
    #[case::seconds("1714557600")]
    #[case::milliseconds("1714557600000")]
    #[case::log_of_a_server("01/May/2024:12:00:00 +0200")]
    #[case::zone_twice("2024-05-01T10:00:00+0000Z")]
    #[case::french_hours("mercredi 1er mai 2024 à 10h00")]
    #[case::portuguese_hours("1 de maio de 2024 às 10h")]
    #[case::dotted_time("01 May 2024 10.00 GMT")]
    #[case::gmt_plus_three("Wed, 01 May 2024 13:00:00 GMT+3")]
    #[case::japanese("2024年5月1日(水) 10時00分")]
    #[case::japanese_morning("2024年05月01日 午前10時")]
    #[case::chinese("2024年05月01日 10:00:00")]
    #[case::korean("2024년 5월 1일 10시 0분")]
    #[case::korean_dotted("2024. 5. 1. 오전 10:00")]
    #[case::fullwidth("２０２４年５月１日１０時")]
    #[case::arabic("الأربعاء، 01 مايو 2024 10:00:00 GMT")]
    #[case::levantine("١ أيار ٢٠٢٤ 10:00")]
    #[case::turkish("1 Mayıs 2024 10:00")]
    #[case::unknown_zone_is_utc("01 May 2024 10:00:00 XYZT")]
    fn reads(#[case] text: &str) {
        let time = read(text).map(|time| time.to_string());
        assert_eq!(time.as_deref(), Some("2024-05-01T10:00:00Z"));
    }

    #[rstest]
    #[case::weekday_like_a_month("mar, 05 nov 2024 08:00:00 GMT", "2024-11-05T08:00:00Z")]
    #[case::day_alone("2024-05-01", "2024-05-01T00:00:00Z")]
    #[case::unambiguous("25/12/2024", "2024-12-25T00:00:00Z")]
    #[case::american("12/25/2024", "2024-12-25T00:00:00Z")]
    #[case::end_of_day("01 May 2024 24:00:00 GMT", "2024-05-02T00:00:00Z")]
    #[case::one_day_in_one_number("20240501", "2024-05-01T00:00:00Z")]
    #[case::day_of_year("2024-122", "2024-05-01T00:00:00Z")]
    #[case::day_of_week("2024-W18-3", "2024-05-01T00:00:00Z")]
    #[case::chinese_afternoon("2024年5月1日 下午3:04", "2024-05-01T15:04:00Z")]
    #[case::korean_day("2024년 12월 31일", "2024-12-31T00:00:00Z")]
    #[case::two_januaries("5 كانون الثاني 2024", "2024-01-05T00:00:00Z")]
    #[case::and_december("5 كانون الأول 2024", "2024-12-05T00:00:00Z")]
    #[case::november("5 تشرين الثاني 2024", "2024-11-05T00:00:00Z")]
    #[case::midnight("May 1, 2024 12:30 AM", "2024-05-01T00:30:00Z")]
    #[case::last_century("01 Jan 99 00:00 GMT", "1999-01-01T00:00:00Z")]
    fn reads_as(#[case] text: &str, #[case] time: &str) {
        assert_eq!(
            read(text).map(|time| time.to_string()).as_deref(),
            Some(time)
        );
    }

    #[rstest]
    #[case("")]
    #[case("yesterday")]
    #[case("05/06/2024")]
    #[case("31 Feb 2024 10:00")]
    #[case("May 2024")]
    #[case("1 May 2024 99:00")]
    #[case("-")]
    #[case("2024-13-01T10:00:00Z")]
    #[case("20241301")]
    #[case("2024-367")]
    #[case("2024-W54-1")]
    #[case("12345")]
    #[case("年月日")]
    #[case("2024年13月1日")]
    fn does_not_guess(#[case] text: &str) {
        assert_eq!(read(text), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".{0,40}", digits in "[0-9:.tTzZ/+ -]{0,40}") {
            let _ = (read(&text), read(&digits));
        }
    }
}
