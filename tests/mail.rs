//! What arrives in a mailbox, by which way, and what does a refusal mean?

use std::io::Write;
use std::path::{Path, PathBuf};

use rstest::rstest;

use crate::channels::{place_with_secret, test_channel};
use crate::lab::mail::{Mail, Smtp};
use crate::program::Place;
use crate::world::World;
use crate::world::web::{Web, item};

const FROM: &str =
    "from = \"News <news@example.org>\"\nto = [\"me@example.org\", \"Än <an@example.net>\"]\n";

fn channel(port: u16, rest: &str) -> String {
    format!("[channel.it.email]\nserver = \"127.0.0.1\"\nport = {port}\n{FROM}{rest}\n")
}

/// A certificate of 127.0.0.1 and its key, in files.
fn certificate(place: &Place) -> (PathBuf, PathBuf) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (place.path("ca.pem"), place.path("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

/// The mail of `newsbell test-channel` to a server on this machine.
fn sent(rest: &str) -> Mail {
    let mut smtp = Smtp::start(&[]);
    let config = channel(smtp.port, &format!("security = \"none\"\n{rest}"));
    let (said, code) = test_channel(&place_with_secret(&config), "it");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("answer   250 taken as 1234\n"), "{said}");
    smtp.next()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_what_mail_programs_expect() {
    let mail = sent("");
    assert_eq!(mail.defects, Vec::<String>::new());
    assert_eq!(mail.from, "news@example.org");
    assert_eq!(mail.to, ["me@example.org", "an@example.net"]);
    assert_eq!(
        mail.field("Subject"),
        Some("Sample: Harbour & railway: ministers sign \"<joint>\" plan")
    );
    assert_eq!(mail.field("From"), Some("News <news@example.org>"));
    assert_eq!(
        mail.field("To"),
        Some("me@example.org, Än <an@example.net>")
    );
    assert_eq!(mail.field("Auto-Submitted"), Some("auto-generated"));
    assert_eq!(
        mail.field("References"),
        Some("<story.1.newsbell@example.org>")
    );
    assert_eq!(mail.field("Importance"), None);
    assert!(mail.field("Date").unwrap().ends_with("+0000"));
    assert!(
        mail.field("Content-Type")
            .unwrap()
            .starts_with("multipart/alternative")
    );
    let id = mail.field("X-Newsbell-Alert").unwrap().to_owned();
    assert_eq!(
        mail.field("Message-ID"),
        Some(format!("<{id}.newsbell@example.org>").as_str())
    );
    let time = date_of(&mail.plain);
    let tidy = |text: &str| {
        text.replace(&id, "ID")
            .replace(&time, "TIME")
            .replace("\r\n", "\n")
    };
    insta::assert_snapshot!("mail_plain", tidy(&mail.plain));
    insta::assert_snapshot!("mail_html", tidy(&mail.html).replace("><", ">\n<"));
}

/// The time in the footer of a mail.
fn date_of(plain: &str) -> String {
    let footer = plain.trim_end().lines().last().unwrap();
    let (_, rest) = footer.split_once("newsbell, ").unwrap();
    rest.split(" ·").next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_may_speak_in_ones_own_words() {
    let mail = sent(
        "title = \"[{{ rule }}] {{ words | join('+') }}\"\nbody = \"{{ headline }}\\n\\nby {{ sources | join(' & ') }}\"\n",
    );
    assert_eq!(mail.field("Subject"), Some("[Sample] plan"));
    assert!(
        mail.plain.replace("\r\n", "\n").contains(
            "Harbour & railway: ministers sign \"<joint>\" plan\n\nby World Wire & Agency\n"
        ),
        "{}",
        mail.plain
    );
    assert!(
        mail.html.contains(">by World Wire &amp; Agency</p>"),
        "{}",
        mail.html
    );
    let mail = sent("html = \"<p>{{ headline }}</p>\"\n");
    assert_eq!(
        mail.html.trim(),
        "<p>Harbour &amp; railway: ministers sign &quot;&lt;joint&gt;&quot; plan</p>"
    );
    assert!(mail.plain.contains("World Wire"), "{}", mail.plain);
}

#[rstest]
#[case::starttls("starttls", &[])]
#[case::tls("tls", &["--tls"])]
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_to_others_is_encrypted_and_the_password_is_told_to_nobody_else(
    #[case] security: &str,
    #[case] options: &[&str],
) {
    let place = place_with_secret("");
    let (certificate, key) = certificate(&place);
    let files = [certificate.to_str().unwrap(), key.to_str().unwrap()];
    let mut all = vec!["--certificate", files[0], "--key", files[1]];
    all.extend(["--login", "me:s3cret-token"]);
    all.extend(options);
    let mut smtp = Smtp::start(&all);
    let port = smtp.port;
    let write = |rest: &str| {
        let rest = format!(
            "security = \"{security}\"\nusername = \"me\"\npassword_file = \"token\"\n{rest}"
        );
        std::fs::write(place.path("newsbell.toml"), channel(port, &rest)).unwrap();
    };
    write("ca_file = \"ca.pem\"\n");
    let (said, code) = test_channel(&place, "it");
    assert_eq!(code, 0, "{said}");
    let mail = smtp.next();
    assert!(mail.encrypted);
    assert_eq!(mail.user.as_deref(), Some("me"));

    write("");
    let (said, code) = test_channel(&place, "it");
    assert_eq!(code, 69, "nobody vouches for this server: {said}");
    assert!(said.contains("cannot be reached: "), "{said}");
    assert_eq!(smtp.stop().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_encryption_nothing_is_said() {
    let smtp = Smtp::start(&["--login", "me:s3cret-token"]);
    let rest = "username = \"me\"\npassword_file = \"token\"\n";
    let (said, code) = test_channel(&place_with_secret(&channel(smtp.port, rest)), "it");
    assert_eq!(code, 69, "{said}");
    assert_eq!(smtp.stop().len(), 0);
}

#[rstest]
#[case::full("452 no room", 69, "would wait", "it has no room or no time now")]
#[case::greylisted(
    "451 come back later",
    69,
    "would wait",
    "it has no room or no time now"
)]
#[case::nobody(
    "550 no such user",
    78,
    "would wait",
    "check `from` and `to` of this channel"
)]
#[case::spam(
    "554 we do not want this",
    78,
    "would be given up",
    "it does not want this mail"
)]
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_what_becomes_of_an_alert(
    #[case] answer: &str,
    #[case] exit: i32,
    #[case] fate: &str,
    #[case] advice: &str,
) {
    let smtp = Smtp::start(&["--answer", answer]);
    let config = channel(smtp.port, "security = \"none\"\n");
    let (said, code) = test_channel(&place_with_secret(&config), "it");
    assert_eq!(code, exit, "{said}");
    assert!(said.contains(fate) && said.contains(advice), "{said}");
    assert!(said.contains(&format!("(it says: {answer})")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_to_be_one() {
    let smtp = Smtp::start(&["--login", "me:another"]);
    let rest = "security = \"none\"\nusername = \"me\"\npassword_file = \"token\"\n";
    let (said, code) = test_channel(&place_with_secret(&channel(smtp.port, rest)), "it");
    assert_eq!(code, 78, "{said}");
    assert!(
        said.contains("check `username` and `password_file`"),
        "{said}"
    );
    assert!(said.contains("would wait"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_hangs_costs_one_time_out() {
    let smtp = Smtp::start(&["--hang"]);
    let config = channel(smtp.port, "security = \"none\"\ntimeout = \"1s\"\n");
    let (said, code) = test_channel(&place_with_secret(&config), "it");
    assert_eq!(code, 69, "{said}");
    assert!(said.contains("was not done within 1 s"), "{said}");
}

/// What a site's headlines do to a mail, and how a summary looks.
#[tokio::test(flavor = "multi_thread")]
async fn a_summary_is_laid_out_and_hostile_headlines_stay_text() {
    let mut smtp = Smtp::start(&[]);
    let web = Web::start().await;
    let rule = |name: &str, query: &str| {
        format!("[[rule]]\nname = \"{name}\"\nmatch = '{query}'\nchannels = [\"it\"]\n")
    };
    let config = format!(
        "[[feed]]\nname = \"wire\"\nurl = \"{}\"\nallow_private = true\n{}{}{}",
        web.url("wire"),
        rule("Drills", "drills"),
        rule("Harbours & <ports>", "harbour"),
        channel(smtp.port, "security = \"none\"\n")
    );
    let mut world = World::start_with(web, &config).await;
    world.minutes_pass(1).await;
    let hostile = "Harbour\r\nBcc: all@example.org <img src=x onerror=alert(1)> \u{202e}drowssap";
    world.publish(
        "wire",
        item(hostile).body("See <script>alert(2)</script> &lt;b&gt;harbour&lt;/b&gt; plans."),
    );
    world.minutes_pass(20).await;
    let mail = smtp.next();
    assert_eq!(mail.defects, Vec::<String>::new());
    assert_eq!(mail.field("Bcc"), None);
    assert_eq!(mail.to.len(), 2);
    for markup in ["<img", "<script", "<b>", "onerror=alert(1)>"] {
        assert!(!mail.html.contains(markup), "{markup}: {}", mail.html);
    }
    assert!(!mail.plain.contains('\u{202e}') && !mail.html.contains('\u{202e}'));

    for n in 1..=18 {
        // Whatever they have in common, no two of them are one story.
        let title = format!("Drills begin: post{n}, pier{n}, fort{n}, camp{n}");
        let text = format!("They end at the harbour: quay{n}, mole{n}, dock{n}, isle{n}, cape{n}.");
        world.publish("wire", item(&title).body(&text));
    }
    world.minutes_pass(20).await;
    let mail = smtp.next();
    assert_eq!(mail.field("References"), None);
    let id = mail.field("X-Newsbell-Alert").unwrap().to_owned();
    let time = date_of(&mail.plain);
    let tidy = |text: &str| {
        text.replace(&id, "ID")
            .replace(&time, "TIME")
            .replace("\r\n", "\n")
    };
    insta::assert_snapshot!("mail_summary", tidy(&mail.plain));
    let headings = mail.html.matches("<h2").count();
    assert_eq!(headings, 2, "a section a rule: {}", mail.html);
    keep(&mail.html);
    assert_eq!(smtp.stop().len(), 0);
}

/// Kept, so that a person can look at it.
fn keep(html: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail.html");
    let mut file = std::fs::File::create(path).unwrap();
    file.write_all(html.as_bytes()).unwrap();
}
