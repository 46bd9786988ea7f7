//! Can a person find out why something rang, why something did not, and what a query would do?

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use newsbell::clock::Clock;

use crate::program::{Place, stderr, stdout};

/// A feed of these items: days ago, title, text.
fn feed(items: &[(i64, &str, &str)]) -> String {
    let mut all = Vec::new();
    for (number, (days, title, text)) in (1..).zip(items) {
        let age = SignedDuration::from_hours(24 * days) + SignedDuration::from_mins(1);
        let at = (Clock::wall().now() - age).to_zoned_datetime(TimeZone::UTC);
        let date = jiff::fmt::rfc2822::to_string(&at).unwrap();
        all.push(format!(
            "<item><guid>g{number}</guid><link>https://wire.example.org/{number}</link>\
             <title>{title}</title><description>{text}</description><pubDate>{date}</pubDate></item>"
        ));
    }
    let items = all.concat();
    format!("<rss version=\"2.0\"><channel><title>Wire</title>{items}</channel></rss>")
}

const RULES: &str = r#"
[store]
path = "newsbell.db"

[words]
navy = ["navy", "fleet"]

[[feed]]
name = "Wire"
url = "file:wire.xml"
tags = ["sea"]

[[rule]]
name = "Drills"
match = '"joint drill"'

[[rule]]
name = "Ties"
match = ['Russia China', 'Russia NEAR/2 Iran']

[[rule]]
name = "Quiet seas"
match = '@navy -drill'

[[rule]]
name = "Two of three"
match = '2 OF (navy, missile, satellite)'

[[rule]]
name = "Exact"
match = '=NAVY'

[[rule]]
name = "Off"
match = 'navy'
enabled = false
"#;

const ITEMS: [(i64, &str, &str); 4] = [
    (
        0,
        "Navy begins joint drill",
        "The drill is joint, says Russia.",
    ),
    (
        1,
        "Fleet in port",
        "Russia's drill with the fleet of Iran ended, far from any other harbour.",
    ),
    (1, "Calm", "Nothing happened."),
    (40, "Navy of old", "An old story of a joint drill."),
];

fn watched() -> Place {
    let place = Place::new(RULES);
    std::fs::write(place.path("wire.xml"), feed(&ITEMS)).unwrap();
    stdout(&mut place.newsbell(&["poll"]));
    place
}

/// What `why` says of the rules: the first three lines are about the item.
fn why(place: &Place, item: &str) -> String {
    let said = stdout(&mut place.newsbell(&["why", item]));
    said.lines().skip(3).collect::<Vec<_>>().join("\n")
}

#[test]
fn why_says_what_every_rule_made_of_an_item() {
    let place = watched();
    insta::assert_snapshot!(why(&place, "Fleet in port"), @r#"
    Drills        lacks "joint drill"
    Ties          Russia China: has Russia, lacks China
                  Russia NEAR/2 Iran: Russia and Iran are not as close as that, or in the other order
    Quiet seas    has @navy, has drill, which it must not
    Two of three  has none of the 2 it needs (navy, missile, satellite)
    Exact         lacks =NAVY
    Off           switched off in the configuration
    "#);
    let said = why(&place, "https://wire.example.org/1?utm_source=x");
    insta::assert_snapshot!(said, @r#"
    Drills        held: it was there at the feed's first poll
                  it has joint drill
                  desktop: waiting to be sent: no session bus (failed to connect to `unix:path=/nonexistent/bus`: No such file or directory (os error 2)): run newsbell inside a desktop session, or as the user service newsbell.service
    Ties          Russia China: has Russia, lacks China
                  Russia NEAR/2 Iran: has Russia, lacks Iran
    Quiet seas    has @navy, has drill, which it must not
    Two of three  has navy, 1 of the 2 it needs (not missile, satellite)
    Exact         has =NAVY only in another spelling
    Off           switched off in the configuration
    "#);
}

#[test]
fn why_finds_items_by_number_link_and_title() {
    let place = watched();
    let by_title = stdout(&mut place.newsbell(&["why", "navy begins"]));
    assert!(
        by_title.starts_with("Navy begins [joint drill]\nWire · published "),
        "{by_title}"
    );
    let number = by_title
        .split("item ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    assert_eq!(stdout(&mut place.newsbell(&["why", number])), by_title);
    let by_link = stdout(&mut place.newsbell(&["why", "https://wire.example.org/1"]));
    assert_eq!(by_link, by_title);
    let both = stdout(&mut place.newsbell(&["why", "navy"]));
    assert_eq!(both.matches("\nWire · ").count(), 2, "{both}");
    for unknown in ["999", "https://wire.example.org/9", "no such title"] {
        let said = stderr(&mut place.newsbell(&["why", unknown]), 1);
        assert!(said.starts_with("error: no stored item has this"), "{said}");
    }
}

#[test]
fn why_tells_rules_that_came_after_the_item_or_went_before() {
    let place = watched();
    let rules = RULES.replace(
        "name = \"Drills\"\nmatch = '\"joint drill\"'",
        "name = \"Joint\"\nmatch = 'joint'",
    );
    std::fs::write(place.path("newsbell.toml"), rules).unwrap();
    let said = why(&place, "Navy begins");
    assert!(
        said.contains("Joint         matches now, and made no hit when the item came"),
        "{said}"
    );
    assert!(said.contains("Drills        held: "), "{said}");
    assert!(said.ends_with("there is no such rule any more"), "{said}");
}

#[test]
fn try_shows_what_a_query_would_have_rung_for() {
    let place = watched();
    let said = stdout(&mut place.newsbell(&["try", "navy OR fleet"]));
    let today = Clock::wall().now().to_zoned_datetime(TimeZone::UTC).date();
    assert!(
        said.starts_with("navy OR fleet matches 2 of the 3 items of the last 30 d, 2 stories\n"),
        "{said}"
    );
    assert!(
        said.contains(&format!("\n{}  █ 1\n", today.yesterday().unwrap())),
        "{said}"
    );
    assert!(
        said.contains("\n1 of them already match other rules, 1 would be new\n"),
        "{said}"
    );
    assert!(said.contains("    1  Drills\n"), "{said}");
    assert!(said.contains("[Fleet] in port\n"), "{said}");
    let long_ago = stdout(&mut place.newsbell(&["try", "navy", "--since", "60d", "-n", "1"]));
    assert!(
        long_ago.contains("matches 2 of the 4 items of the last 60 d"),
        "{long_ago}"
    );
    assert!(
        long_ago.ends_with("and 1 older ones: `-n` shows more\n"),
        "{long_ago}"
    );
    let none = stdout(&mut place.newsbell(&["try", "volcano"]));
    assert_eq!(
        none,
        "volcano matches none of the 3 items of the last 30 d\n"
    );
    let nothing = stdout(&mut place.newsbell(&["try", "navy", "--since", "0h"]));
    assert!(
        nothing.starts_with("nothing is stored that came out in the last "),
        "{nothing}"
    );
}

#[test]
fn a_wrong_query_is_shown_with_what_to_write_instead() {
    let place = watched();
    // A query may begin with a minus, and its mistakes are told before anything else is opened.
    let empty = Place::new("");
    let said = stderr(&mut empty.newsbell(&["try", "-weather", "-n", "3"]), 2);
    assert!(said.contains("say first what must be there"), "{said}");
    let said = stderr(&mut place.newsbell(&["try", "navy (drill OR fleet"]), 2);
    insta::assert_snapshot!(said, @r#"
    error: this bracket is not closed
     --> query:1:6
      |
    1 | navy (drill OR fleet
      |      ^
      |
      = help: close it: ( ... )
    "#);
    let doubted = place.newsbell(&["try", "navy or fleet"]).assert().success();
    let said = String::from_utf8(doubted.get_output().stderr.clone()).unwrap();
    assert!(said.contains("did you mean OR?"), "{said}");
}

#[test]
fn rules_shows_what_each_brings_and_which_are_too_wide_or_too_narrow() {
    let place = watched();
    let table = |place: &Place| -> Vec<Vec<String>> {
        let said = stdout(&mut place.newsbell(&["rules"]));
        let cells = |line: &str| line.split('\t').map(str::to_owned).collect();
        said.lines().map(cells).collect()
    };
    let rows = table(&place);
    let drills = &rows[0];
    assert_eq!(drills[..3], ["Drills", "2", "2"]);
    assert!(
        drills[3].ends_with("ago") || drills[3] == "now",
        "{drills:?}"
    );
    assert_eq!(drills[4], "0");
    assert!(drills[5].ends_with(" µs"), "{drills:?}");
    assert_eq!(rows[1][..4], ["Ties", "0", "0", "never"]);
    assert_eq!(rows[5].last().unwrap(), "switched off");

    // What is stored reaches back two months, and holds enough to speak of shares.
    let old: Vec<(i64, String)> = (0..60)
        .map(|number| (number % 20, format!("Navy report {number}")))
        .collect();
    let items: Vec<(i64, &str, &str)> = old
        .iter()
        .map(|(days, title)| (*days, title.as_str(), ""))
        .collect();
    std::fs::write(place.path("wire.xml"), feed(&items)).unwrap();
    stdout(&mut place.newsbell(&["poll"]));
    let first_seen = Clock::wall().now() - SignedDuration::from_hours(24 * 61);
    let database = rusqlite::Connection::open(place.path("newsbell.db")).unwrap();
    database
        .execute(
            "UPDATE items SET first_seen_at = ?1 WHERE id = 1",
            [first_seen.as_millisecond()],
        )
        .unwrap();
    let rows = table(&place);
    assert!(
        rows[1][6].starts_with("too narrow? it matches none of the "),
        "{rows:?}"
    );
    assert!(
        rows[2][6].starts_with("too wide? it matches 100% of all items"),
        "{rows:?}"
    );
}
