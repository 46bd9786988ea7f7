//! Does a person see the bubble? The real program, a real server, a photograph.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::lab::tools::{script, tool};
use crate::program::{Place, newsbell};
use crate::service::eventually;
use crate::world::web::{Web, item};

/// Runs the program on the screen until the server has received the headline, clicks on it, and ends the
/// program when the page was opened.
const WATCH: &str = r#"
    "$DESKTOP" --photo "$3/before.png"
    PATH="$3/bin:$PATH" OPENED="$3/opened" "$1" run --config "$2" & pid=$!
    for ((n = 0; n < 300; n++)); do
        grep -q "Putin and Zhang" "$DESKTOP_LOG" && break
        sleep 0.1
    done
    # What the server has received it has not painted yet.
    for ((n = 0; n < 100; n++)); do
        "$DESKTOP" --photo "$3/bubble.png"
        compare -metric AE "$3/before.png" "$3/bubble.png" null: >"$3/compare.log" 2>&1 || break
        sleep 0.1
    done
    sleep 0.2
    "$DESKTOP" --photo "$3/bubble.png"
    xdotool mousemove 900 50 click 2
    for ((n = 0; n < 100; n++)); do
        [[ -s "$3/opened" ]] && break
        sleep 0.1
    done
    kill -TERM "$pid"
    wait "$pid"; code=$?
    cp "$DESKTOP_LOG" "$3/dunst.log"
    exit "$code"
"#;

/// What stands in the place of the browser.
const BROWSER: &str = "#!/bin/sh\nprintf '%s\\n' \"$@\" >> \"$OPENED\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_item_published_on_a_server_is_a_bubble_on_the_screen() {
    // Kept, so that a person can look at them.
    let photos = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bubble");
    let _ = std::fs::remove_dir_all(&photos);
    std::fs::create_dir_all(&photos).unwrap();
    let bin = photos.join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("xdg-open"), BROWSER).unwrap();
    std::fs::set_permissions(bin.join("xdg-open"), PermissionsExt::from_mode(0o755)).unwrap();
    let web = Web::start().await;
    let place = Place::new(&format!(
        "[store]\npath = \"newsbell.db\"\n[[feed]]\nname = \"World Wire\"\nurl = \"{}\"\nevery = \"1s\"\n\
         allow_private = true\n[[rule]]\nname = \"Military cooperation\"\n\
         match = '\"military cooperation\"'\nurgency = \"critical\"\n",
        web.url("wire")
    ));
    newsbell()
        .args(["poll", "--config"])
        .arg(place.path("newsbell.toml"))
        .assert()
        .success();
    let headline =
        "Putin and Zhang Forge Stronger Defense Partnership, Boosting Military Cooperation";
    web.publish(
        "wire",
        item(headline).body(
            "Russia and China will hold joint staff talks twice a year and widen their military \
             cooperation, both sides said after a day of meetings in Moscow.",
        ),
    );
    let mut screen = Command::new(script("desktop"))
        .args(["bash", "-c", WATCH, "watch"])
        .arg(env!("CARGO_BIN_EXE_newsbell"))
        .arg(place.path("newsbell.toml"))
        .arg(&photos)
        .spawn()
        .unwrap();
    let status = eventually("the screen", || screen.try_wait().unwrap()).await;
    assert!(status.success(), "tests/lab/desktop: {status}, see above");

    let log = std::fs::read_to_string(photos.join("dunst.log")).unwrap();
    for line in [
        format!("summary: 'Military cooperation: {headline}'"),
        "<b>military cooperation</b>".to_owned(),
        "— World Wire".to_owned(),
        "urgency: CRITICAL".to_owned(),
    ] {
        assert!(
            log.contains(&line),
            "no {line:?} in what the server received:\n{log}"
        );
    }
    let opened = std::fs::read_to_string(photos.join("opened")).unwrap();
    assert!(
        opened.starts_with("https://news.example.org/putin-and-zhang-")
            && opened.lines().count() == 1,
        "{opened}"
    );
    let compared = tool("compare")
        .args(["-metric", "AE"])
        .arg(photos.join("before.png"))
        .arg(photos.join("bubble.png"))
        .arg("null:")
        .output()
        .unwrap();
    let changed: f64 = String::from_utf8_lossy(&compared.stderr)
        .trim()
        .parse()
        .unwrap();
    assert!(
        changed > 10_000.0,
        "a bubble is larger than {changed} pixels"
    );
}
