//! Does the desktop channel ring on real buses, servers and screens, and does the unit hold?

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use newsbell::model::Urgency;
use rstest::rstest;
use tempfile::TempDir;

use crate::lab::recorder::{FULL, Manner, Recorder};
use crate::lab::ringer::{self, Ringer, TIMEOUT_MS, Told};
use crate::lab::session::SessionBus;
use crate::lab::tools::{script, tool};

fn story() -> Told {
    Told::new(
        "Russia-China military: Putin & Zhang boost <military> cooperation",
        &[
            "Moscow and Beijing agreed on *military cooperation* & more",
            "Tass · <b>scmp</b>",
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_as_the_specification_wants_it() {
    let bus = SessionBus::start();
    let server = Recorder::start(&bus, FULL).await;
    let mut told = story();
    told.alert = "01JABC".into();
    told.urgency = Urgency::Critical;
    assert_eq!(
        Ringer::at(bus.address()).send(&told).await,
        "sent: notification 1"
    );

    let received = server.wait_for(1).await.remove(0);
    assert_eq!(received.app_name, "newsbell");
    assert_eq!(received.icon, "newsbell");
    assert_eq!(received.replaces_id, 0);
    assert_eq!(received.expire_timeout, -1, "the server decides");
    assert_eq!(received.actions, Vec::<String>::new());
    assert_eq!(received.urgency(), Some(2));
    assert_eq!(received.hint("desktop-entry").as_deref(), Some("newsbell"));
    assert_eq!(
        received.hint("category").as_deref(),
        Some("x-newsbell.alert")
    );
    assert_eq!(received.hint("x-newsbell-alert").as_deref(), Some("01JABC"));
    assert_eq!(
        received.summary,
        "Russia-China military: Putin & Zhang boost <military> cooperation"
    );
    assert_eq!(
        received.body,
        "Moscow and Beijing agreed on <b>military cooperation</b> &amp; more\n\
         Tass · &lt;b&gt;scmp&lt;/b&gt;"
    );
}

#[rstest]
#[case::low(Urgency::Low, 0)]
#[case::normal(Urgency::Normal, 1)]
#[case::critical(Urgency::Critical, 2)]
#[tokio::test(flavor = "multi_thread")]
async fn urgency_is_told(#[case] urgency: Urgency, #[case] level: u8) {
    let bus = SessionBus::start();
    let server = Recorder::start(&bus, FULL).await;
    let told = Told { urgency, ..story() };
    Ringer::at(bus.address()).send(&told).await;
    assert_eq!(server.wait_for(1).await[0].urgency(), Some(level));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_be_replaced_by_one_that_can_do_less() {
    let bus = SessionBus::start();
    let mut ringer = Ringer::at(bus.address());
    let server = Recorder::start(&bus, FULL).await;
    ringer.send(&story()).await;
    assert!(server.wait_for(1).await[0].body.contains("<b>military"));

    server.stop().await;
    let answer = ringer.send(&story()).await;
    assert!(
        answer.starts_with("later: no notification server on the session bus ("),
        "{answer}"
    );

    let server = Recorder::start(&bus, &["body"]).await;
    ringer.send(&story()).await;
    assert_eq!(
        server.wait_for(1).await[0].body,
        "Moscow and Beijing agreed on military cooperation & more\nTass · <b>scmp</b>"
    );
    server.stop().await;

    let server = Recorder::start(&bus, &[]).await;
    ringer.send(&story()).await;
    let received = server.wait_for(1).await.remove(0);
    assert_eq!(received.body, "");
    assert_eq!(
        received.summary,
        "Russia-China military: Putin & Zhang boost <military> cooperation – \
         Moscow and Beijing agreed on military cooperation & more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_keeps_its_sender_on_the_bus() {
    let bus = SessionBus::start();
    let server = Recorder::start(&bus, FULL).await;
    let mut ringer = Ringer::at(bus.address());
    ringer.send(&story()).await;
    ringer.send(&story()).await;
    for received in server.wait_for(2).await {
        assert!(
            server.knows(&received.sender).await,
            "GNOME would have withdrawn it"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_one_line_and_not_for_ever() {
    let bus = SessionBus::start();
    let server = Recorder::start(&bus, FULL).await;
    server.set_manner(Manner::Refuses);
    let mut ringer = Ringer::at(bus.address());
    let answer = ringer.send(&story()).await;
    assert!(
        answer.starts_with("later: the notification server did not take the message ("),
        "{answer}"
    );
    assert!(answer.contains("too many notifications"), "{answer}");
    server.set_manner(Manner::Answers);
    assert_eq!(ringer.send(&story()).await, "sent: notification 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_server_costs_one_time_out() {
    let bus = SessionBus::start();
    let server = Recorder::start(&bus, FULL).await;
    server.set_manner(Manner::Hangs);
    let mut ringer = Ringer::start(
        ringer::command()
            .env("DBUS_SESSION_BUS_ADDRESS", bus.address())
            .env(TIMEOUT_MS, "100"),
    );
    assert_eq!(
        ringer.send(&story()).await,
        "later: the notification server gave no answer within 100 ms: if this goes on, restart it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_accepts_and_says_nothing_costs_one_time_out() {
    let dir = TempDir::new().expect("temporary directory");
    let path = dir.path().join("bus");
    let _listener = UnixListener::bind(&path).expect("socket");
    let mut ringer = Ringer::start(
        ringer::command()
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", path.display()),
            )
            .env(TIMEOUT_MS, "100"),
    );
    let answer = ringer.send(&story()).await;
    assert!(answer.contains("no answer within 100 ms"), "{answer}");
}

#[rstest]
#[case::not_logged_in(None)]
#[case::socket_is_gone(Some("unix:path=/nonexistent/bus"))]
#[case::empty(Some(""))]
#[case::nonsense(Some("see\nabove"))]
#[case::unknown_transport(Some("autolaunch:"))]
#[tokio::test(flavor = "multi_thread")]
async fn without_a_bus_the_message_waits(#[case] address: Option<&str>) {
    let empty = TempDir::new().expect("temporary directory");
    let mut command = ringer::command();
    command.env("XDG_RUNTIME_DIR", empty.path());
    if let Some(address) = address {
        command.env("DBUS_SESSION_BUS_ADDRESS", address);
    }
    let answer = Ringer::start(&mut command).send(&story()).await;
    assert!(answer.starts_with("later: no session bus ("), "{answer}");
    assert!(answer.contains("run newsbell inside a desktop session"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_may_end_and_come_back() {
    let dir = TempDir::new().expect("temporary directory");
    let link = dir.path().join("bus");
    let first = SessionBus::start();
    point(&link, &first);
    let mut ringer = Ringer::at(&format!("unix:path={}", link.display()));
    let server = Recorder::start(&first, FULL).await;
    assert_eq!(ringer.send(&story()).await, "sent: notification 1");
    drop((server, first));
    let answer = ringer.send(&story()).await;
    assert!(answer.starts_with("later: no session bus ("), "{answer}");

    let second = SessionBus::start();
    point(&link, &second);
    let _server = Recorder::start(&second, FULL).await;
    assert_eq!(ringer.send(&story()).await, "sent: notification 1");
}

/// Lets `link` name the socket of `bus`.
fn point(link: &Path, bus: &SessionBus) {
    let _ = fs::remove_file(link);
    let socket = bus
        .address()
        .trim_start_matches("unix:path=")
        .split(',')
        .next()
        .expect("a path");
    std::os::unix::fs::symlink(socket, link).expect("link");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_it() {
    // Kept, so that a person can look at them.
    let photos = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a_person_sees_it");
    let _ = fs::remove_dir_all(&photos);
    let child = ringer::command();
    let mut told = story();
    told.lines = Told::new("", &[
        "Moscow and Beijing agreed on *military cooperation* & joint drills, the ministries said",
        "Tass · <img src='http://192.0.2.1/'> · \u{202e}Южно-Китайское море",
    ])
    .lines;
    told.urgency = Urgency::Critical;
    let status = Command::new(script("desktop"))
        .arg("--photos")
        .arg(&photos)
        .arg("bash")
        .args(["-c", "printf '%s\\n' \"$0\" | \"$@\""])
        .arg(serde_json::to_string(&told).expect("JSON"))
        .arg(child.get_program())
        .args(child.get_args())
        .status()
        .expect("tests/lab/desktop runs");
    assert!(status.success(), "tests/lab/desktop: {status}, see above");

    let log = fs::read_to_string(photos.join("dunst.log")).expect("what dunst received");
    for line in [
        "appname: 'newsbell'",
        "summary: 'Russia-China military: Putin & Zhang boost <military> cooperation'",
        "<b>military cooperation</b> &amp; joint drills",
        "&lt;img src=&apos;http://192.0.2.1/&apos;&gt; · Южно-Китайское море",
        "desktop_entry: 'newsbell'",
        "category: x-newsbell.alert",
        "urgency: CRITICAL",
    ] {
        assert!(log.contains(line), "no {line:?} in dunst's log:\n{log}");
    }
    let changed = pixels_changed(&photos.join("before.png"), &photos.join("after.png"));
    assert!(
        changed > 10_000.0,
        "a bubble is larger than {changed} pixels of the screen"
    );
}

/// How many pixels differ between two photographs.
fn pixels_changed(before: &Path, after: &Path) -> f64 {
    let compared = tool("compare")
        .args(["-metric", "AE"])
        .args([before, after])
        .arg("null:")
        .output()
        .expect("compare runs");
    let said = String::from_utf8_lossy(&compared.stderr);
    said.trim()
        .parse()
        .unwrap_or_else(|_| panic!("compare says {said}"))
}
