//! How do feeds come into the configuration, and out of it?

use std::path::Path;

use crate::program::{Place, newsbell, stderr, stdout};
use crate::world::web::{Web, item};

const CONFIG: &str = "# Mine.\n[[rule]]\nname = \"Drills\"\nmatch = 'drills'   # any\n";

/// Runs `act` beside a fake web.
fn beside_the_web(act: impl FnOnce(&Web, &Place)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let web = runtime.block_on(Web::start());
    act(&web, &Place::new(CONFIG));
}

fn config(place: &Place) -> String {
    std::fs::read_to_string(place.path("newsbell.toml")).unwrap()
}

#[test]
fn a_site_is_added_by_what_its_page_offers() {
    beside_the_web(|web, place| {
        web.publish("world", item("Calm"));
        web.publish("asia", item("Calm"));
        web.page(
            "site",
            "<html><head><title>News</title>\
             <link rel=alternate type='application/rss+xml' href='/world'>\
             <link rel=alternate type='application/rss+xml' href='/broken'>\
             <link rel=alternate type='application/rss+xml' href='/asia'></head>",
        );
        web.break_down("broken", 404, None);
        let site = web.url("site");

        let said = stderr(&mut place.newsbell(&["feeds", "add", &site]), 2);
        assert!(said.contains("This site has 2 feeds"), "{said}");
        assert!(said.contains("--first, or --all"), "{said}");
        assert_eq!(config(place), CONFIG);

        let said = stdout(&mut place.newsbell(&[
            "feeds", "add", &site, "--first", "--tag", "x", "--name", "Mine",
        ]));
        assert!(said.starts_with("added Mine: http://127.0.0.1:"), "{said}");
        assert!(said.contains("allow_private = true"), "{said}");
        let said = stdout(&mut place.newsbell(&["feeds", "add", &site, "--all"]));
        assert!(
            said.starts_with("there already: Mine\nadded asia: "),
            "{said}"
        );
        assert!(config(place).starts_with("# Mine."), "{}", config(place));
        assert!(config(place).contains("match = 'drills'   # any"));

        let said = stdout(&mut place.newsbell(&["feeds", "check"]));
        let lines: Vec<&str> = said.lines().collect();
        assert!(lines[0].starts_with("Mine: ok, rss, 1 items ["), "{said}");
        assert_eq!(lines[2], "2 feeds, 2 can be read, 0 cannot");
        assert!(!place.path("newsbell.db").exists());

        web.break_down("asia", 500, None);
        let checked = place.newsbell(&["feeds", "check"]).assert().code(69);
        let said = String::from_utf8(checked.get_output().stdout.clone()).unwrap();
        assert!(
            said.contains("asia: failed: the server answers 500"),
            "{said}"
        );

        let said = stdout(&mut place.newsbell(&["feeds", "remove", "asia"]));
        assert!(said.starts_with("removed asia from "), "{said}");
        stdout(&mut place.newsbell(&["feeds", "remove", &web.url("world")]));
        assert_eq!(config(place), CONFIG);
        let said = stderr(&mut place.newsbell(&["feeds", "remove", "asia"]), 2);
        assert!(said.contains("there is no feed `asia`"), "{said}");
    });
}

#[test]
fn a_site_that_does_not_say_is_looked_through() {
    beside_the_web(|web, place| {
        web.page("site", "<html><body>Nothing here");
        web.publish("rss.xml", item("Calm"));
        // The other usual places have no feed.
        for name in ["feed", "rss"] {
            web.break_down(name, 404, None);
        }
        let said = stdout(&mut place.newsbell(&["feeds", "add", &web.url("site")]));
        assert!(said.contains("/rss.xml"), "{said}");
    });
    beside_the_web(|web, place| {
        web.page("site", "<html><body>Nothing here");
        for name in [
            "feed",
            "rss",
            "rss.xml",
            "feed.xml",
            "atom.xml",
            "index.xml",
            "feeds",
            ".rss",
        ] {
            web.break_down(name, 404, None);
        }
        let said = stderr(&mut place.newsbell(&["feeds", "add", &web.url("site")]), 69);
        assert!(said.contains("offers no feed"), "{said}");
        assert_eq!(config(place), CONFIG);
    });
}

#[test]
fn a_web_page_in_the_place_of_a_feed_says_where_the_feed_is() {
    beside_the_web(|web, place| {
        web.page(
            "site",
            "<html><head><link rel=alternate type='application/rss+xml' href='/world'>",
        );
        let url = web.url("site");
        let feed = format!("[[feed]]\nname = \"Site\"\nurl = \"{url}\"\nallow_private = true\n");
        std::fs::write(
            place.path("newsbell.toml"),
            format!("[store]\npath = \"n.db\"\n{CONFIG}{feed}"),
        )
        .unwrap();
        let polled = place.newsbell(&["poll"]).assert().code(69);
        let said = String::from_utf8(polled.get_output().stdout.clone()).unwrap();
        let expected = format!(
            "this is a web page, not a feed; its feed is {}",
            web.url("world")
        );
        assert!(said.contains(&expected), "{said}");
    });
}

#[test]
fn opml_goes_in_and_comes_out_as_it_was() {
    let place = Place::new(CONFIG);
    let opml = r#"<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><body>
<outline text="World"><outline text="Asia"><outline text="Tass &amp; more" type="rss" xmlUrl="https://tass.example/rss?a=1&amp;b=2"/></outline></outline>
<outline text="Tass &amp; more" xmlUrl="https://other.example/rss"/>
<outline text="Again" xmlUrl="https://other.example/rss"/>
<outline text="Secrets" xmlUrl="file:///etc/passwd"/>
</body></opml>"#;
    std::fs::write(place.path("feeds.opml"), opml).unwrap();
    let said = stdout(&mut place.newsbell(&["import", "feeds.opml"]));
    assert_eq!(
        said,
        "left out Secrets: file:///etc/passwd is no address of the web\n\
         added 2 feeds to newsbell.toml; 1 were there already\n"
    );
    let again = stdout(&mut place.newsbell(&["import", "feeds.opml"]));
    assert!(again.contains("added 0 feeds"), "{again}");
    let out = stdout(&mut place.newsbell(&["export"]));
    insta::assert_snapshot!(out, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <opml version="2.0">
    <head><title>newsbell</title></head>
    <body>
    <outline text="World">
    <outline type="rss" text="Tass &amp; more" xmlUrl="https://tass.example/rss?a=1&amp;b=2" category="World,Asia"/>
    </outline>
    <outline type="rss" text="Tass &amp; more (2)" xmlUrl="https://other.example/rss"/>
    </body>
    </opml>
    "#);

    let other = Place::new(CONFIG);
    std::fs::write(other.path("feeds.opml"), &out).unwrap();
    stdout(&mut other.newsbell(&["import", "feeds.opml"]));
    assert_eq!(stdout(&mut other.newsbell(&["export"])), out);
    assert_eq!(
        stdout(&mut other.newsbell(&["check"])).lines().next(),
        stdout(&mut place.newsbell(&["check"])).lines().next()
    );

    std::fs::write(place.path("feeds.opml"), "<html>").unwrap();
    let said = stderr(&mut place.newsbell(&["import", "feeds.opml"]), 65);
    assert!(said.contains("this is no OPML document"), "{said}");
    let missing = Path::new("none.opml");
    let said = stderr(
        newsbell()
            .arg("--config")
            .arg(place.path("newsbell.toml"))
            .arg("import")
            .arg(missing),
        1,
    );
    assert!(said.contains("cannot read none.opml"), "{said}");
}
