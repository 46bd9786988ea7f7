//! Is every mistake in a configuration found, placed and told, and every right one understood?

mod channels;

use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::{collection, sample};
use rstest::rstest;
use tempfile::TempDir;
use url::Url;

use super::file::{At, Notes};
use super::read::address;
use super::{Checked, Config, ConfigError, Problems, check};
use crate::model::{Access, Digest, Login, Only, Quiet, QuietSpan, Telling};

/// A feed to hang settings on.
const FEED: &str = "[[feed]]\nname = 'a'\nurl = 'https://a.example/feed'\n";

/// A directory with these files.
fn place(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

fn load(dir: &TempDir) -> Result<Config, ConfigError> {
    Config::load(&dir.path().join("newsbell.toml"))
}

fn right(text: &str) -> Config {
    match load(&place(&[("newsbell.toml", text)])) {
        Ok(config) => config,
        Err(error) => panic!("{error}"),
    }
}

fn problems(files: &[(&str, &str)]) -> Problems {
    match load(&place(files)) {
        Err(ConfigError::Wrong(problems)) => problems,
        other => panic!("expected mistakes, found {other:?}"),
    }
}

/// Every mistake as `line: message`.
fn wrong(text: &str) -> Vec<String> {
    told(&problems(&[("newsbell.toml", text)]))
}

/// Every mistake as `line: message`, in files beside each other as `file:line: message`.
fn told(problems: &Problems) -> Vec<String> {
    let many = problems.sources.len() > 1;
    let tell = |problem: &super::file::Problem| {
        let source = &problems.sources[problem.file];
        let line = source.text[..problem.span.start].matches('\n').count() + 1;
        let name = source.path.file_name().unwrap().to_string_lossy();
        let name = if many {
            format!("{name}:")
        } else {
            String::new()
        };
        format!("{name}{line}: {}", problem.message)
    };
    problems.all.iter().map(tell).collect()
}

#[test]
fn nothing_is_a_configuration() {
    let config = right("");
    assert!(config.feeds.is_empty() && config.rules.is_empty());
    assert_eq!((config.poll.concurrency, config.poll.per_host), (16, 1));
    assert_eq!(config.poll.host_gap, SignedDuration::from_secs(1));
    assert_eq!(config.stories.window, SignedDuration::from_hours(72));
    assert!(config.store.path.ends_with("newsbell.db"));
}

#[rstest]
#[case::every("[poll]\nevery = '999ms'", "this is too short")]
#[case::every_long("[poll]\nevery = '32d'", "this is too long")]
#[case::at_most("[poll]\nat_most = '0s'", "this is too short")]
#[case::timeout("[poll]\ntimeout = '0s'", "this is too short")]
#[case::timeout_long("[poll]\ntimeout = '11m'", "this is too long")]
#[case::connect("[poll]\nconnect_timeout = '11m'", "this is too long")]
#[case::keep("[store]\nkeep = '23h'", "this is too short")]
#[case::keep_long("[store]\nkeep = '900000h'", "this is too long")]
#[case::window("[stories]\nwindow = '59s'", "this is too short")]
#[case::window_long("[stories]\nwindow = '32d'", "this is too long")]
#[case::away("[channel.desktop]\naway_after = '59s'", "this is too short")]
#[case::negative("[poll]\nevery = '-5m'", "`-5m` is not a length of time")]
#[case::months("[poll]\nevery = '1mo'", "`1mo` is not a length of time")]
#[case::huge(
    "[poll]\nevery = '99999999999999999999h'",
    "`99999999999999999999h` is not a length of time"
)]
#[case::number("[poll]\nevery = 5", "expected a string, found an integer")]
#[case::nobody("[poll]\nper_host = 0", "`per_host` must be a whole number")]
#[case::gap("[poll]\nhost_gap = '11m'", "this is too long")]
#[case::none_at_once("[poll]\nconcurrency = 0", "`concurrency` must be a whole number")]
#[case::too_many("[poll]\nconcurrency = 257", "`concurrency` must be a whole number")]
#[case::negative_number("[poll]\nconcurrency = -1", "`concurrency` must be a whole number")]
#[case::fraction("[poll]\nconcurrency = 1.5", "`concurrency` must be a whole number")]
fn a_setting_has_bounds(#[case] text: &str, #[case] message: &str) {
    assert_eq!(wrong(text), [format!("2: {message}")]);
}

#[test]
fn the_bounds_themselves_are_allowed() {
    let config = right(
        "[poll]\nevery = '1s'\nat_most = '31d'\ntimeout = '10m'\nconnect_timeout = '1s'\n\
         concurrency = 0x1_00\n[store]\nkeep = '24h'\n[stories]\nwindow = '1h'\n\
         [channel.desktop]\naway_after = '1m'",
    );
    assert_eq!(config.poll.concurrency, 256);
    assert_eq!(config.poll.timeout.as_secs(), 600);
    assert_eq!(config.store.keep, SignedDuration::from_hours(24));
    assert_eq!(config.stories.window, SignedDuration::from_hours(1));
    assert_eq!(config.desktop.away_after, SignedDuration::from_mins(1));
}

#[rstest]
#[case::elsewhere("https://a.example/feed", 60)]
#[case::looks_like_home("https://localhost.example/feed", 60)]
#[case::lan("http://192.168.0.2/feed", 60)]
#[case::file("file:feed.xml", 1)]
#[case::localhost("http://localhost:8080/feed", 1)]
#[case::under_localhost("http://news.localhost/feed", 1)]
#[case::loopback("http://127.0.0.9/feed", 1)]
#[case::loopback6("http://[::1]/feed", 1)]
fn a_feed_has_a_floor_by_where_it_lives(#[case] url: &str, #[case] floor: i64) {
    let feed = |every: i64| format!("[[feed]]\nname='a'\nurl='{url}'\nevery='{every}s'");
    let every = right(&feed(floor)).feeds[0].every;
    assert_eq!(every, SignedDuration::from_secs(floor));
    assert_eq!(wrong(&feed(floor - 1)), ["4: this is too short"]);
    // What is said for all feeds is a wish; the floor of a feed wins.
    let wished = format!("[poll]\nevery='1s'\nat_most='1s'\n[[feed]]\nname='a'\nurl='{url}'");
    let feed = &right(&wished).feeds[0];
    assert_eq!(feed.every, SignedDuration::from_secs(floor));
    assert_eq!(feed.at_most, SignedDuration::from_secs(floor));
}

#[test]
fn at_most_is_never_below_every() {
    let below = format!("{FEED}every = '1h'\nat_most = '59m'");
    assert_eq!(wrong(&below), ["5: this is too short"]);
    let feed = &right(&format!("{FEED}every = '12h'")).feeds[0];
    assert_eq!(feed.at_most, SignedDuration::from_hours(12));
}

#[test]
fn one_wrong_length_of_time_is_one_mistake() {
    let text = format!("{FEED}every = '1s'\nat_most = '1h'");
    assert_eq!(wrong(&text), ["4: this is too short"]);
    let text = format!("{FEED}every = 'soon'\nat_most = '5m'");
    assert_eq!(wrong(&text), ["4: `soon` is not a length of time"]);
}

#[rstest]
#[case("file:feed.xml", "feed.xml")]
#[case("file:./a b/feed.xml", "a%20b/feed.xml")]
#[case(" file:feed.xml ", "feed.xml")]
fn a_relative_file_is_looked_for_beside_its_configuration(
    #[case] url: &str,
    #[case] resolved: &str,
) {
    let feed = |name: &str| format!("[[feed]]\nname = '{name}'\nurl = '{url}'");
    let dir = place(&[("newsbell.toml", &feed("a")), ("conf.d/b.toml", &feed("b"))]);
    let config = load(&dir).unwrap();
    let base = |path: &Path| Url::from_directory_path(path).unwrap();
    let urls: Vec<&Url> = config.feeds.iter().map(|feed| &feed.url).collect();
    let beside = base(dir.path()).join(resolved).unwrap();
    let fragment = base(&dir.path().join("conf.d")).join(resolved).unwrap();
    assert_eq!(urls, [&beside, &fragment]);
}

#[test]
fn a_configuration_named_without_a_directory_is_where_we_stand() {
    let text = At {
        value: "file:feed.xml".to_owned(),
        file: 0,
        span: 0..0,
    };
    let mut notes = Notes::default();
    let directory = Path::new("newsbell.toml").parent().unwrap();
    let found = address(&text, directory, &mut notes).unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(found.to_file_path().unwrap(), here.join("feed.xml"));
}

#[rstest]
#[case::no_url("not a url", "is not a URL")]
#[case::relative("feed.xml", "is not a URL")]
#[case::ftp("ftp://a.example/feed", "feeds are not fetched by `ftp:`")]
#[case::script("javascript:alert(1)", "feeds are not fetched by `javascript:`")]
#[case::host("file://elsewhere/feed.xml", "names no local file")]
fn an_address_that_cannot_be_fetched_is_a_mistake(#[case] url: &str, #[case] message: &str) {
    let found = wrong(&format!("[[feed]]\nname = 'a'\nurl = '{url}'"));
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(message), "{found:?}");
}

#[test]
fn files_are_read_in_the_order_of_their_names() {
    let feed = |name: &str| format!("[[feed]]\nname='{name}'\nurl='https://{name}.example/'");
    let dir = place(&[
        ("newsbell.toml", &feed("main")),
        ("conf.d/20.toml", &feed("b")),
        ("conf.d/10.toml", &feed("a")),
        ("conf.d/30.toml", "[poll]\nconcurrency = 3"),
        ("conf.d/40.toml.bak", "nonsense"),
        ("conf.d/README", "nonsense"),
    ]);
    let config = load(&dir).unwrap();
    let names: Vec<&str> = config.feeds.iter().map(|feed| &*feed.name).collect();
    assert_eq!(names, ["main", "a", "b"]);
    assert_eq!(config.poll.concurrency, 3);
    assert_eq!(config.files.len(), 4);
    assert!(config.files[0].ends_with("newsbell.toml"));
    assert!(config.files[3].ends_with("30.toml"));
}

#[test]
fn a_setting_is_made_in_one_file_only() {
    let found = problems(&[
        ("newsbell.toml", "[poll]\nevery = '5m'"),
        ("conf.d/1.toml", "[poll]\nat_most = '1h'\nevery = '6m'"),
        ("conf.d/2.toml", "[poll]\nat_most = '1h'"),
    ]);
    let expected = [
        "1.toml:3: `poll.every` is set in another file already",
        "2.toml:2: `poll.at_most` is set in another file already",
    ];
    assert_eq!(told(&found), expected);
}

#[test]
fn names_and_urls_are_unique_over_all_files() {
    let rule = "[[rule]]\nname = 'r'\nmatch = 'x'\n";
    let main = format!("{FEED}{rule}");
    let other = "[[feed]]\nname = 'a'\nurl = 'https://b.example/feed'\n\
                 [[feed]]\nname = 'b'\nurl = 'HTTPS://A.example:443/feed#top'\n";
    let found = problems(&[
        ("newsbell.toml", &main),
        ("conf.d/1.toml", &format!("{other}{rule}")),
    ]);
    let expected = [
        "1.toml:2: there is a feed named `a` already",
        "1.toml:5: the URL of this feed, https://a.example/feed, is listed twice",
        "1.toml:8: there is a rule named `r` already",
    ];
    assert_eq!(told(&found), expected);
    let text = found.render(false);
    assert!(
        text.contains("newsbell.toml:2; give this one another name"),
        "{text}"
    );
    assert!(
        text.contains("newsbell.toml:2; delete one of them"),
        "{text}"
    );
}

#[test]
fn a_byte_order_mark_and_foreign_line_ends_are_no_mistakes() {
    let text = format!("\u{feff}{FEED}[[rule]]\nname = 'r'\nmatch = '''\na\nb'''\n");
    let config = right(&text.replace('\n', "\r\n"));
    assert_eq!(config.feeds.len(), 1);
    assert_eq!(config.rules[0].queries.len(), 1);
    let found = problems(&[("newsbell.toml", "\u{feff}[poll]\r\nevery = '0s'\r\n")]);
    assert_eq!(told(&found), ["2: this is too short"]);
    let line = found.first_line();
    assert!(
        line.ends_with("newsbell.toml:2:9: this is too short"),
        "{line}"
    );
}

#[test]
fn every_line_that_is_not_toml_is_told() {
    let text = format!("[poll]\nevery = \nconcurrency = = 3\n{FEED}tags = ['a' 'b']\n");
    let found = wrong(&text);
    for line in ["2: ", "3: ", "7: "] {
        assert!(found.iter().any(|said| said.starts_with(line)), "{found:?}");
    }
}

#[test]
fn a_key_written_twice_is_told() {
    let found = wrong("[poll]\nevery = '5m'\nevery = '6m'");
    assert_eq!(found, ["3: duplicate key"]);
}

#[test]
fn a_rule_matches_a_string_or_a_list() {
    let rule = |text: &str| format!("[[rule]]\nname = 'r'\nmatch = {text}");
    assert_eq!(right(&rule("'x'")).rules[0].queries, ["x"]);
    assert_eq!(right(&rule("['x', 'y z']")).rules[0].queries, ["x", "y z"]);
}

#[rstest]
#[case::empty_list("[]", &["1: this [[rule]] has nothing to match"])]
#[case::number("5", &["3: expected a string or a list of strings, found an integer"])]
#[case::list_of_number("[5]", &["3: expected a string, found an integer"])]
#[case::mixed("['x', 5, 'y', true]", &[
    "3: expected a string, found an integer",
    "3: expected a string, found a boolean",
])]
fn a_rule_that_matches_something_else_is_a_mistake(#[case] text: &str, #[case] found: &[&str]) {
    let rule = format!("[[rule]]\nname = 'r'\nmatch = {text}");
    assert_eq!(wrong(&rule), found);
}

#[rstest]
#[case("''")]
#[case("' '")]
#[case("['x', '']")]
fn an_empty_query_is_a_mistake(#[case] text: &str) {
    let found = wrong(&format!("[[rule]]\nname = 'r'\nmatch = {text}"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn a_rule_without_a_name_is_read_to_its_end() {
    let found = wrong("[[rule]]\nurgency = 'loud'\nchannels = ['fax']\n");
    let expected = [
        "1: `name` is missing in this [[rule]]",
        "1: this [[rule]] has nothing to match",
        "2: `loud` is not an urgency",
        "3: there is no channel `fax`",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_feed_without_a_name_is_read_to_its_end() {
    let found = wrong("[[feed]]\nurl = 'https://a.example'\nevery = '1s'\nat_most = '32d'");
    let expected = [
        "1: `name` is missing in this [[feed]]",
        "3: this is too short",
        "4: this is too long",
    ];
    assert_eq!(found, expected);
}

#[rstest]
#[case::long("x".repeat(101))]
#[case::line_feed("two\\nlines".to_owned())]
#[case::escape("\\u001b[31mred".to_owned())]
#[case::c1("\\u009b31m".to_owned())]
fn a_name_is_one_short_line(#[case] name: String) {
    let message = "a name is one line of at most 100 characters";
    let feed = format!("[[feed]]\nname = \"{name}\"\nurl = 'https://a.example'");
    assert_eq!(wrong(&feed), [format!("2: {message}")]);
    let rule = format!("[[rule]]\nname = \"{name}\"\nmatch = 'x'");
    assert_eq!(wrong(&rule), [format!("2: {message}")]);
}

#[test]
fn a_name_may_be_long_in_bytes() {
    let name = "é".repeat(100);
    let config = right(&FEED.replace("'a'", &format!("'{name}'")));
    assert_eq!(*config.feeds[0].name, *name);
}

#[rstest]
#[case("me@exämple.org")]
#[case("me@example.org\\r\\nX-Header: 1")]
#[case("me\\u007f")]
fn a_contact_fits_a_header(#[case] contact: &str) {
    let found = wrong(&format!("[poll]\ncontact = \"{contact}\""));
    let message = "2: `contact` goes into an HTTP header and must be plain ASCII";
    assert_eq!(found, [message]);
}

#[test]
fn an_empty_contact_or_path_is_as_good_as_none() {
    let config = right("[poll]\ncontact = ''\n[store]\npath = ''");
    assert_eq!(config.poll.contact, None);
    assert!(config.store.path.is_absolute());
}

#[rstest]
#[case::table("poll = 5", "expected a table, found an integer")]
#[case::one_bracket("[feed]\nname = 'a'", "expected an array of tables, found a table")]
#[case::list("feed = [1]", "expected a table, found an integer")]
#[case::tags(
    "[[feed]]\nname='a'\nurl='https://a.b'\ntags='t'",
    "expected a list of strings, found a string"
)]
#[case::private(
    "[[feed]]\nname='a'\nurl='https://a.b'\nallow_private='yes'",
    "expected true or false, found a string"
)]
fn a_value_of_another_kind_is_a_mistake(#[case] text: &str, #[case] message: &str) {
    let found = wrong(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(message), "{found:?}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let dir = place(&[("newsbell.toml", ""), ("conf.d/a.toml/b", "")]);
    let error = load(&dir).unwrap_err().to_string();
    assert!(error.contains("conf.d/a.toml"), "{error}");

    let dir = place(&[("newsbell.toml", "")]);
    std::fs::write(dir.path().join("newsbell.toml"), b"a = '\xff'").unwrap();
    let error = load(&dir).unwrap_err().to_string();
    assert!(error.contains("UTF-8"), "{error}");

    let file = std::fs::File::create(dir.path().join("newsbell.toml")).unwrap();
    file.set_len(super::FILE + 1).unwrap();
    let error = load(&dir).unwrap_err().to_string();
    assert!(
        error.contains("more than a configuration may have"),
        "{error}"
    );
}

/// What a configuration is made of, in no order.
fn scrap() -> impl Strategy<Value = String> {
    let known = sample::select(vec![
        "[poll]",
        "[store]",
        "[channel.desktop]",
        "[channel]",
        "[[feed]]",
        "[[rule]]",
        "[feed]",
        "every",
        "at_most",
        "name",
        "url",
        "match",
        "urgency",
        "channels",
        "cooldown",
        "tags",
        "contact",
        "path",
        "keep",
        "=",
        " = ",
        "\n",
        "\r\n",
        "\n",
        "'a'",
        "\"b\"",
        "'",
        "\"",
        "'''",
        "\"\"\"",
        "[",
        "]",
        "{",
        "}",
        ",",
        ".",
        "#",
        "\\",
        "\\u0000",
        "'5m'",
        "'99999h'",
        "5",
        "-1",
        "true",
        "'file:'",
        "'https://é.example'",
        "'\"unclosed'",
        "'a OR'",
        "'é OR ('",
        "\u{feff}",
        "\u{202e}",
        "\t",
        "é",
        "\u{0}",
    ])
    .prop_map(str::to_owned);
    prop_oneof![8 => known, 1 => any::<String>()]
}

proptest! {
    #[test]
    fn no_text_is_too_strange(scraps in collection::vec(scrap(), 0..40), more in any::<bool>()) {
        let (main, other) = scraps.split_at(if more { scraps.len() / 2 } else { scraps.len() });
        let (main, other) = (main.concat(), other.concat());
        let dir = place(&[("newsbell.toml", &main), ("conf.d/1.toml", &other)]);
        if let Err(ConfigError::Wrong(problems)) = load(&dir) {
            assert!(problems.count() > 0);
            assert!(!problems.first_line().is_empty());
            assert!(!problems.render(false).is_empty());
            assert!(!problems.render(true).is_empty());
        }
    }

    /// Mistakes in values are found only in text that is otherwise right.
    #[test]
    fn no_value_is_too_strange(value in any::<String>(), quote in sample::select(vec!["'", "'''"])) {
        let value = value.replace('\'', " ");
        let value = value.replace(|c: char| c.is_control() && c != '\n', " ");
        let text = format!(
            "[poll]\nevery={quote}{value}{quote}\ncontact={quote}{value}{quote}\n\
             [[feed]]\nname={quote}{value}{quote}\nurl={quote}file:{value}{quote}\n\
             [[rule]]\nname={quote}{value}{quote}\nmatch=[{quote}{value}{quote}, {quote}\n{value}{quote}]\n\
             urgency={quote}{value}{quote}\nchannels=[{quote}{value}{quote}]\n",
        );
        if let Err(ConfigError::Wrong(problems)) = load(&place(&[("newsbell.toml", &text)])) {
            assert!(!problems.first_line().is_empty());
            assert!(!problems.render(true).is_empty());
        }
    }
}

#[rstest]
#[case::unknown_list("match = '@rusia'", "there is no word list `@rusia`")]
#[case::no_feed("match = 'x'\nfeeds = ['A']", "no feed has the name `A`")]
#[case::no_tag("match = 'x'\ntags = 'wrld'", "no feed has the tag `wrld`")]
#[case::no_language(
    "match = 'x'\nlang = ['ru', 'russian']",
    "`russian` is no language code"
)]
#[case::short_age("match = 'x'\nmax_age = '3s'", "this is too short")]
#[case::no_date("match = 'x'\nexpires = 'soon'", "`soon` is no date")]
#[case::number("match = 'x'\nexpires = 5", "expected a date, found an integer")]
#[case::no_boolean(
    "match = 'x'\nenabled = 'no'",
    "expected true or false, found a string"
)]
fn options_of_a_rule_are_checked(#[case] rule: &str, #[case] expected: &str) {
    let text = format!(
        "[words]\nrussia = ['Russia']\n{FEED}tags = ['world']\n[[rule]]\nname = 'r'\n{rule}"
    );
    let found = wrong(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(expected), "{found:?}");
}

#[test]
fn a_rule_says_which_items_it_looks_at() {
    let config = right(&format!(
        "[words]\nrussia = ['Russia']\n'country/cn' = ['China', '@russia']\n{FEED}tags = ['world']\n
         [[rule]]\nname = 'r'\nmatch = '@country/cn'\nfeeds = 'a'\ntags = ['world']\nlang = 'ru-RU'
         stem = true\nmax_age = '2d'\nenabled = false\nbackfill = '3d'\nexpires = 2027-01-31T18:00:00+01:00"
    ));
    let rule = &config.rules[0];
    assert!(rule.stem);
    assert_eq!(
        rule.only,
        Only {
            feeds: vec!["a".to_owned()],
            tags: vec!["world".to_owned()],
            languages: vec!["ru".to_owned()],
            max_age: Some(SignedDuration::from_hours(48)),
            until: Some("2027-01-31T17:00:00Z".parse().unwrap()),
            disabled: true,
            backfill: Some(SignedDuration::from_hours(72)),
        }
    );
    let names: Vec<&str> = config.lists.names().collect();
    assert_eq!(names, ["country/cn", "russia"]);
}

#[rstest]
#[case::empty(
    "a = []",
    "2: the list `a` is empty, and a rule with it would never match"
)]
#[case::blank("a = ['x', ' ']", "2: this entry is empty")]
#[case::string("a = 'x'", "2: expected a list of strings, found a string")]
#[case::number("a = ['x', 5]", "2: expected a string, found an integer")]
#[case::circle(
    "a = ['@b']\nb = ['x', '@a']",
    "3: this list includes itself: @a -> @b -> @a"
)]
#[case::name("'a b' = ['x']", "2: `a b` cannot be written after an `@`")]
fn lists_are_checked(#[case] lists: &str, #[case] expected: &str) {
    assert_eq!(wrong(&format!("[words]\n{lists}")), [expected]);
}

#[test]
fn files_are_included() {
    let dir = place(&[
        (
            "newsbell.toml",
            "include = ['words/a.toml']\n[[rule]]\nname = 'r'\nmatch = '@x @y'",
        ),
        (
            "words/a.toml",
            "include = ['b.toml', '../newsbell.toml']\n[words]\nx = ['1']",
        ),
        ("words/b.toml", "include = 'a.toml'\n[words]\ny = ['2']"),
    ]);
    let config = load(&dir).unwrap();
    assert_eq!(config.files.len(), 3);
    assert_eq!(config.lists.names().collect::<Vec<_>>(), ["x", "y"]);

    let found = problems(&[
        (
            "newsbell.toml",
            "include = ['a.toml', 'none.toml']\n[words]\nx = ['1']",
        ),
        ("a.toml", "[words]\nx = ['2']\ny = ['a OR b']"),
    ]);
    let found = told(&found);
    assert!(
        found[0].starts_with("newsbell.toml:1: cannot read "),
        "{found:?}"
    );
    assert_eq!(found[1], "a.toml:2: there is another list named `x`");
    assert_eq!(
        found[2],
        "a.toml:3: an entry is one word or phrase, not a query"
    );
}

#[test]
fn what_looks_like_a_mistake_is_told_and_allowed() {
    let dir = place(&[(
        "newsbell.toml",
        "[[rule]]\nname = 'r'\nmatch = 'Russia or China'",
    )]);
    let checked = check(&dir.path().join("newsbell.toml")).unwrap();
    let told = checked.doubts.render(false);
    assert!(told.contains("warning: `or` is a word here"), "{told}");
    assert!(told.contains("newsbell.toml:3:17"), "{told}");
    assert!(told.contains("did you mean OR?"), "{told}");
}

/// A directory with a configuration of one feed that says this, and some files.
fn with_files(says: &str, files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let path = dir.path().join("newsbell.toml");
    let text = format!("[[feed]]\nname = 'a'\nurl = 'https://a.example/'\n{says}\n");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

#[test]
fn a_feed_says_how_it_is_asked() {
    let (_dir, path) = with_files(
        "headers = ['Accept-Language: de', 'X-Key:k']\nusername = 'me'\npassword_file = 'pw'\n\
         cookies_file = 'jar'\nproxy = 'socks5h://127.0.0.1:9050'\nca_file = 'ca.pem'",
        &[
            ("pw", "s3cret\n"),
            ("jar", "a=b; c=d"),
            ("ca.pem", "-----BEGIN CERTIFICATE-----\n"),
        ],
    );
    let Checked { config, doubts, .. } = check(&path).unwrap();
    let access = &config.feeds[0].access;
    let headers = [("Accept-Language", "de"), ("X-Key", "k")];
    assert_eq!(
        access.headers,
        headers.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    let Some(Login::Basic { name, password }) = &access.login else {
        panic!("{access:?}");
    };
    let password = password.as_ref().unwrap().told();
    assert_eq!((name.as_str(), password), ("me", "s3cret"));
    assert_eq!(access.cookies.as_ref().unwrap().told(), "a=b; c=d");
    assert_eq!(access.proxy.as_ref().unwrap().port(), Some(9050));
    assert!(access.certificates.is_some());
    // They are readable by everybody who may come by.
    assert_eq!(doubts.count(), 2);

    let (_dir, path) = with_files(
        "token_file = 'token'\n[poll]\nproxy = 'http://p.example:8080'",
        &[("token", "t")],
    );
    let config = check(&path).unwrap().config;
    assert!(matches!(
        config.feeds[0].access.login,
        Some(Login::Bearer(_))
    ));
    assert_eq!(config.feeds[0].access.proxy, config.poll.proxy);
    assert!(config.poll.proxy.is_some());
    let (_dir, path) = with_files("proxy = ''\n[poll]\nproxy = 'http://p.example:8080'", &[]);
    assert_eq!(
        check(&path).unwrap().config.feeds[0].access,
        Access::default()
    );
}

#[rstest]
#[case::no_field("headers = ['Accept']", "this is no header field")]
#[case::two_lines("headers = [\"A: b\\nHost: c\"]", "this is no header field")]
#[case::bad_name("headers = ['A B: c']", "this is no header field")]
#[case::ours("headers = ['Host: c']", "`Host` is written by newsbell itself")]
#[case::no_user("password_file = 'pw'", "this password has no user")]
#[case::both(
    "username = 'me'\ntoken_file = 'pw'",
    "there is either a `username` or a `token_file`"
)]
#[case::empty("token_file = 'none'", "none holds no single line of text")]
#[case::several_lines("cookies_file = 'two'", "two holds no single line of text")]
#[case::not_there("token_file = 'missing'", "missing: No such file")]
#[case::proxy("proxy = 'ftp://p.example'", "this is no address of a proxy")]
#[case::proxy_host("proxy = 'p.example:80'", "this is no address of a proxy")]
#[case::certificate("ca_file = 'pw'", "pw holds no certificate")]
fn an_access_that_cannot_be_is_said(#[case] says: &str, #[case] message: &str) {
    let files = [("pw", "s3cret\n"), ("none", "\n"), ("two", "a\nb\n")];
    let (_dir, path) = with_files(says, &files);
    let Err(ConfigError::Wrong(problems)) = check(&path) else {
        panic!("{says} is taken");
    };
    let said = problems.render(false);
    assert!(said.contains(message), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

/// A rule with these options.
fn told_as(options: &str) -> String {
    format!("[[rule]]\nname = 'a'\nmatch = 'x'\n{options}\n")
}

#[test]
fn when_nobody_is_to_be_disturbed_is_read() {
    use jiff::civil::{Weekday, time};
    let quiet = right(
        "[quiet]\nhours = ['22:00-7:00', 'mon-wed,SUN 12:00-24:00']\ndays = ['sat', 'sunday']\n\
         critical = true\ntime_zone = 'Europe/Berlin'",
    )
    .quiet;
    let midnight = time(0, 0, 0, 0);
    let span = |from, to, days: &[Weekday]| QuietSpan {
        from,
        to,
        days: days.to_vec(),
    };
    let some = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Sunday,
    ];
    let expected = [
        span(time(22, 0, 0, 0), time(7, 0, 0, 0), &[]),
        span(time(12, 0, 0, 0), midnight, &some),
        span(midnight, midnight, &[Weekday::Saturday, Weekday::Sunday]),
    ];
    assert_eq!(quiet.hours, expected);
    assert!(quiet.critical);
    assert!(quiet.zone.is_some());
    assert_eq!(
        right("[quiet]\nhours = []\ndays = []\ntime_zone = ''").quiet,
        Quiet::default()
    );
}

#[rstest]
#[case::hours("hours = '22-7'", "2: `22-7` is no span of the day")]
#[case::hour("hours = '25:00-07:00'", "2: `25:00-07:00` is no span of the day")]
#[case::one_of_two("hours = ['22:00-07:00', 'night']", "2: `night` is no span of the day")]
#[case::day_of_a_span("hours = 'fry 22:00-07:00'", "2: `fry` is no day of the week")]
#[case::day("days = ['satuday']", "2: `satuday` is no day of the week")]
#[case::zone("time_zone = 'Berlin'", "2: there is no time zone `Berlin`")]
#[case::critical("critical = 'yes'", "2: expected true or false, found a string")]
fn a_mistake_in_quiet_hours_is_told(#[case] line: &str, #[case] message: &str) {
    assert_eq!(wrong(&format!("[quiet]\n{line}")), [message]);
}

#[rstest]
#[case::all_day("hours = '00:00-00:00'")]
#[case::halves("hours = ['06:00-18:00', '18:00-06:00']")]
#[case::days("days = ['mon-sun']")]
#[case::both("hours = 'mon-fri 00:00-24:00'\ndays = 'sat,sun'")]
fn somebody_can_be_disturbed_at_some_time(#[case] lines: &str) {
    let told = wrong(&format!("[quiet]\n{lines}"));
    let always = "[quiet] leaves no hour in which anything could be told";
    assert!(told.len() == 1 && told[0].ends_with(always), "{told:?}");
}

#[test]
fn when_a_rule_may_be_told_is_read() {
    let telling = |options: &str| right(&told_as(options)).rules.remove(0).telling;
    let usual = Telling {
        min_sources: 1,
        ..Telling::default()
    };
    assert_eq!(telling("repeat = ''\ndigest = ''\nquiet = true"), usual);
    assert_eq!(telling("escalate = { sources = 0 }"), usual);
    let escalate = telling("min_sources = 3\nescalate = { sources = 5 }");
    assert_eq!(escalate.min_sources, 3);
    let limit = escalate.escalate.unwrap();
    assert_eq!((limit.most, limit.within.as_mins()), (5, 120));
    let limit = |options: &str| telling(options).repeat.unwrap();
    let hour = SignedDuration::from_hours(1);
    assert_eq!(
        (limit("repeat = 5").most, limit("repeat = 5").within),
        (5, hour)
    );
    assert_eq!(limit("repeat = '5'"), limit("repeat = '5/h'"));
    assert_eq!(limit("repeat = '7 / 30m'").within.as_mins(), 30);
    let digest = |text: &str| telling(&format!("digest = {text}")).digest.unwrap();
    assert_eq!(digest("'every 2h'"), Digest::Every(7200));
    assert_eq!(
        digest("['18:00', '9:00']"),
        digest("['09:00', '18:00', '18:00']")
    );
    assert!(telling("on_update = 'ring'").rings_on_update);
    assert!(telling("quiet = false").breaks_quiet);
    let flood = right("[flood]\nalerts = 3\nwithin = '1m'").flood;
    assert_eq!((flood.most, flood.within.as_secs()), (3, 60));
}

#[rstest]
#[case::on_update(
    "on_update = 'loud'",
    "`loud` is nothing that can be done on an update"
)]
#[case::no_sources("min_sources = 0", "`min_sources` must be a whole number")]
#[case::same_sources("escalate = { sources = 1 }", "a story rings already when 1 carry it")]
#[case::escalate_kind("escalate = 5", "expected a table, found an integer")]
#[case::escalate_key("escalate = { source = 5 }", "unknown key `source` in [rule.escalate]")]
#[case::none("repeat = 0", "`0` is no limit of alerts")]
#[case::negative("repeat = -5", "`-5` is no limit of alerts")]
#[case::word("repeat = 'often'", "`often` is no limit of alerts")]
#[case::no_time("repeat = '5/'", "`5/` is no limit of alerts")]
#[case::kind(
    "repeat = true",
    "expected a string or a whole number, found a boolean"
)]
#[case::time("digest = 'noon'", "`noon` is no time for a digest")]
#[case::one_of_two("digest = ['09:00', '99:00']", "`99:00` is no time for a digest")]
#[case::mixed("digest = ['09:00', 'every 2h']", "`every 2h` is no time for a digest")]
#[case::seldom("digest = 'every 2d'", "`every 2d` is no time for a digest")]
#[case::no_length("digest = 'every day'", "`every day` is no time for a digest")]
fn a_mistake_in_when_a_rule_is_told_is_told(#[case] option: &str, #[case] message: &str) {
    assert_eq!(wrong(&told_as(option)), [format!("4: {message}")]);
}
