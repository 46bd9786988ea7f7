//! What does each kind of channel send, and what does it make of the answer?

use std::path::Path;

use rstest::rstest;
use serde_json::{Value, json};

use crate::lab::hook::{Call, Hook, Manner};
use crate::program::Place;
use crate::service::eventually;

/// A configuration with a file of a secret beside it.
pub fn place_with_secret(config: &str) -> Place {
    let place = Place::new(config);
    secret(&place.path("token"), "s3cret-token");
    place
}

fn secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// What `newsbell test-channel` says, and its exit code.
pub fn test_channel(place: &Place, name: &str) -> (String, i32) {
    tokio::task::block_in_place(|| {
        let output = place
            .newsbell(&["test-channel", name])
            .output()
            .expect("the program runs");
        let said = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            !said.contains("s3cret") && !errors.contains("s3cret"),
            "a secret was shown: {said}{errors}"
        );
        (said + &errors, output.status.code().unwrap())
    })
}

/// The one request that a channel makes which is set up so.
async fn sent(hook: &Hook, config: &str) -> Call {
    let place = place_with_secret(&config.replace("URL", &hook.url));
    let (said, code) = test_channel(&place, "it");
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("result   taken, after "), "{said}");
    let call = hook.wait_for(1).await.remove(0);
    let id = said.split("alert    ").nth(1).unwrap();
    let id = id.split(':').next().unwrap();
    assert_eq!(call.field("idempotency-key"), Some(id), "{said}");
    call
}

const TITLE: &str = "Sample: Harbour & railway: ministers sign \"<joint>\" plan";

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_gets_everything() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.webhook]\nurl = \"URL/news?a=1\"\ntoken_file = \"token\"\nheaders = [\"X-Team: a\"]\n",
    )
    .await;
    assert_eq!(
        (call.method.as_str(), call.uri.to_string()),
        ("POST", "/news?a=1".to_owned())
    );
    assert_eq!(call.field("content-type"), Some("application/json"));
    assert_eq!(call.field("authorization"), Some("Bearer s3cret-token"));
    assert_eq!(call.field("x-team"), Some("a"));
    assert!(call.field("user-agent").unwrap().starts_with("newsbell/"));
    assert_eq!(call.field("newsbell-signature"), None);
    let mut body = call.json();
    assert_eq!(body["id"].as_str(), call.field("idempotency-key"));
    assert!(body["time"].as_str().unwrap().ends_with('Z'));
    for made_up in ["id", "time"] {
        body[made_up] = Value::Null;
    }
    for hit in body["hits"].as_array_mut().unwrap() {
        hit["published"] = Value::Null;
    }
    insta::assert_snapshot!(format!("{:#}", body));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_signed_and_speaks_as_the_user_wishes() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.webhook]\nurl = \"URL\"\nsecret_file = \"token\"\n\
         payload = '{\"text\": {{ rule ~ \": \" ~ headline }}, \"n\": {{ total }}, \"by\": {{ sources }}}'\n",
    )
    .await;
    assert_eq!(
        call.json(),
        json!({"text": TITLE, "n": 2, "by": ["World Wire", "Agency"]})
    );
    let signature = call.field("newsbell-signature").unwrap();
    let (time, signature) = signature.split_once(",v1=").unwrap();
    let signed = format!("{}.{}", time.strip_prefix("t=").unwrap(), call.body);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"s3cret-token");
    let bytes: Vec<u8> = (0..signature.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&signature[at..at + 2], 16).unwrap())
        .collect();
    assert!(ring::hmac::verify(&key, signed.as_bytes(), &bytes).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn ntfy_gets_a_title_a_text_and_a_link() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.ntfy]\nurl = \"URL/s3cret-topic\"\ntoken_file = \"token\"\n",
    )
    .await;
    assert_eq!((call.method.as_str(), call.uri.path()), ("POST", "/"));
    assert_eq!(call.field("authorization"), Some("Bearer s3cret-token"));
    insta::assert_snapshot!(format!("{:#}", call.json()));
}

#[tokio::test(flavor = "multi_thread")]
async fn gotify_gets_a_title_a_text_and_a_link() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.gotify]\nurl = \"URL/push/\"\ntoken_file = \"token\"\n",
    )
    .await;
    assert_eq!(
        (call.method.as_str(), call.uri.path()),
        ("POST", "/push/message")
    );
    assert_eq!(call.field("x-gotify-key"), Some("s3cret-token"));
    let mut body = call.json();
    body["extras"]["newsbell::alert"] = Value::Null;
    insta::assert_snapshot!(format!("{:#}", body));
}

#[tokio::test(flavor = "multi_thread")]
async fn telegram_gets_html_in_which_feeds_write_nothing() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.telegram]\nurl = \"URL\"\ntoken_file = \"token\"\nchat = \"@news\"\n",
    )
    .await;
    assert_eq!(
        (call.method.as_str(), call.uri.path()),
        ("POST", "/bots3cret-token/sendMessage")
    );
    insta::assert_snapshot!(format!("{:#}", call.json()));
}

#[tokio::test(flavor = "multi_thread")]
async fn telegrams_body_may_be_html_of_ones_own() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.telegram]\nurl = \"URL\"\ntoken_file = \"token\"\nchat = \"1\"\n\
         title = \"{{ rule | upper }}\"\nbody = \"<i>{{ headline }}</i>{% if link %} <a href='{{ link }}'>read</a>{% endif %}\"\n",
    )
    .await;
    assert_eq!(
        call.json()["text"],
        "<b><a href=\"https://example.org/harbour?a=1&amp;b=2\">SAMPLE</a></b>\n\
         <i>Harbour &amp; railway: ministers sign &quot;&lt;joint&gt;&quot; plan</i> \
         <a href='https://example.org/harbour?a=1&amp;b=2'>read</a>"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_gets_rich_text() {
    let hook = Hook::start().await;
    let call = sent(&hook, "[channel.it.slack]\nurl = \"URL/services/s3cret\"\n").await;
    assert_eq!(call.uri.path(), "/services/s3cret");
    insta::assert_snapshot!(format!("{:#}", call.json()));
}

#[tokio::test(flavor = "multi_thread")]
async fn slacks_body_may_be_mrkdwn_of_ones_own() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.slack]\nurl = \"URL\"\nbody = \"*{{ rule }}* {{ headline }}\"\n",
    )
    .await;
    assert_eq!(
        call.json()["blocks"][1],
        json!({"type": "section", "text": {"type": "mrkdwn",
            "text": "*Sample* Harbour &amp; railway: ministers sign \"&lt;joint&gt;\" plan"}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn discord_gets_an_embed_that_mentions_nobody() {
    let hook = Hook::start().await;
    let call = sent(&hook, "[channel.it.discord]\nurl = \"URL/api/s3cret\"\n").await;
    assert_eq!(call.uri.to_string(), "/api/s3cret?wait=true");
    let mut body = call.json();
    body["embeds"][0]["timestamp"] = Value::Null;
    insta::assert_snapshot!(format!("{:#}", body));
}

#[tokio::test(flavor = "multi_thread")]
async fn matrix_gets_text_and_html_under_the_alerts_id() {
    let hook = Hook::start().await;
    let call = sent(
        &hook,
        "[channel.it.matrix]\nurl = \"URL\"\ntoken_file = \"token\"\nroom = \"!a/b:example.org\"\n",
    )
    .await;
    let id = call.field("idempotency-key").unwrap();
    assert_eq!(
        (call.method.as_str(), call.uri.path().to_owned()),
        (
            "PUT",
            format!("/_matrix/client/v3/rooms/!a%2Fb:example.org/send/m.room.message/{id}")
        )
    );
    assert_eq!(call.field("authorization"), Some("Bearer s3cret-token"));
    insta::assert_snapshot!(format!("{:#}", call.json()));
}

#[rstest]
#[case::wrong_token(401, 78, "would wait", "check the token or password of this channel")]
#[case::nothing_there(404, 78, "would wait", "there is nothing at this address")]
#[case::moved(307, 78, "would wait", "write the address it redirects to")]
#[case::busy(429, 69, "would wait", "it is asked too often")]
#[case::broken(500, 69, "would wait", "it has a fault of its own")]
#[case::cannot_read(400, 78, "would be given up", "it cannot make anything of the message")]
#[case::too_large(413, 78, "would be given up", "the message is too large for it")]
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_says_what_becomes_of_an_alert(
    #[case] status: u16,
    #[case] code: i32,
    #[case] fate: &str,
    #[case] advice: &str,
) {
    let hook = Hook::start().await;
    let elsewhere = Hook::start().await;
    let fields = vec![
        ("location", elsewhere.url.clone()),
        ("retry-after", "90".to_owned()),
    ];
    let said = "\n  no: s3cret-token \x1b[31m\nmore".to_owned();
    hook.set_manner(Manner::Answers(status, fields, said));
    let config = format!(
        "[channel.it.webhook]\nurl = \"{}/s3cret-path\"\ntoken_file = \"token\"\n",
        hook.url
    );
    let (said, exit) = test_channel(&place_with_secret(&config), "it");
    assert_eq!(exit, code, "{said}");
    assert!(
        said.contains(&format!("target   POST {}\n", hook.url)),
        "{said}"
    );
    assert!(said.contains(advice), "{said}");
    assert!(said.contains("(it says: no: (secret) [31m)"), "{said}");
    assert!(
        said.contains(&format!("result   refused; an alert {fate}")),
        "{said}"
    );
    let waits = said.contains("it wants to be left alone for 90 s");
    assert_eq!(waits, fate == "would wait", "{said}");
    assert_eq!(elsewhere.calls().len(), 0, "secrets go to nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_telegram_does_not_know_is_no_reason_to_lose_an_alert() {
    let hook = Hook::start().await;
    let config = format!(
        "[channel.it.telegram]\nurl = \"{}\"\ntoken_file = \"token\"\nchat = \"1\"\n",
        hook.url
    );
    let place = place_with_secret(&config);
    for (description, fate) in [
        ("Bad Request: chat not found", "would wait"),
        ("Bad Request: can't parse entities: x", "would be given up"),
    ] {
        let body = json!({"ok": false, "description": description}).to_string();
        hook.set_manner(Manner::Answers(400, Vec::new(), body));
        let (said, code) = test_channel(&place, "it");
        assert_eq!(code, 78, "{said}");
        assert!(said.contains(fate) && said.contains(description), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_or_is_not_there_costs_one_time_out() {
    let hook = Hook::start().await;
    hook.set_manner(Manner::Hangs);
    let config = format!(
        "[channel.it.webhook]\nurl = \"{}\"\ntimeout = \"1s\"\n",
        hook.url
    );
    let (said, code) = test_channel(&place_with_secret(&config), "it");
    assert_eq!(code, 69, "{said}");
    assert!(
        said.contains("gave no complete answer within 1 s"),
        "{said}"
    );

    // A port that was just given back.
    let port = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    };
    let config = format!("[channel.it.webhook]\nurl = \"http://127.0.0.1:{port}/s3cret\"\n");
    let (said, code) = test_channel(&place_with_secret(&config), "it");
    assert_eq!(code, 69, "{said}");
    assert!(said.contains("cannot be reached: "), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_json_and_answers_by_its_exit_code() {
    let place = place_with_secret(
        "[channel.taken.exec]\ncommand = [\"/bin/sh\", \"-c\", \"cat > out.json; echo $NEWSBELL_ALERT\"]\n\
         [channel.later.exec]\ncommand = [\"/bin/sh\", \"-c\", \"echo oh >&2; echo no room >&2; exit 75\"]\n\
         [channel.never.exec]\ncommand = [\"/bin/sh\", \"-c\", \"exit 65\"]\n\
         [channel.killed.exec]\ncommand = [\"/bin/sh\", \"-c\", \"kill -9 $$\"]\n\
         [channel.none.exec]\ncommand = [\"./not-there\"]\n\
         [channel.deaf.exec]\ncommand = [\"/bin/true\"]\n",
    );
    let (said, code) = test_channel(&place, "taken");
    assert_eq!(code, 0, "{said}");
    let read = std::fs::read_to_string(place.path("out.json")).unwrap();
    let alert: Value = serde_json::from_str(&read).unwrap();
    assert_eq!(alert["title"], TITLE);
    let id = alert["id"].as_str().unwrap();
    assert!(
        said.contains(&format!("exit code 0, it says: {id}")),
        "{said}"
    );

    for (name, expected, exit) in [
        ("later", "(exit status: 75, it says: no room)", 69),
        ("never", "an alert would be given up", 69),
        ("killed", "(signal: 9 (SIGKILL))", 69),
        ("none", "check `command` of this channel", 78),
        ("deaf", "result   taken", 0),
    ] {
        let (said, code) = test_channel(&place, name);
        assert!(said.contains(expected), "{name}: {said}");
        assert_eq!(code, exit, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_hangs_is_killed_with_all_it_has_started() {
    let place = place_with_secret(
        "[channel.it.exec]\ntimeout = \"1s\"\n\
         command = [\"/bin/sh\", \"-c\", \"sleep 1000 & echo $! > child; echo $$ > parent; wait\"]\n",
    );
    let (said, code) = test_channel(&place, "it");
    assert_eq!(code, 69, "{said}");
    assert!(
        said.contains("was not done within 1 s and was killed"),
        "{said}"
    );
    for name in ["parent", "child"] {
        let id = std::fs::read_to_string(place.path(name)).unwrap();
        // The signal is sent by then, but a busy machine needs a moment to let it take effect.
        eventually(&format!("the end of the {name}"), || {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim()));
            // Dead and not yet taken note of by its new parent is dead as well.
            let dead = stat.map_or(true, |stat| stat.contains(") Z "));
            dead.then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_in_the_log_is_one_line_with_fields() {
    let (said, code) = test_channel(&place_with_secret("[channel.it.log]\n"), "it");
    assert_eq!(code, 0, "{said}");
    let line = said
        .lines()
        .find(|line| line.contains("alert: Sample"))
        .unwrap();
    for part in [
        "INFO",
        TITLE,
        "channel.name=\"it\"",
        "alert.rule=\"Sample\"",
        "alert.sources=\"World Wire, Agency\"",
        "alert.link=\"https://example.org/harbour?a=1&b=2\"",
    ] {
        assert!(line.contains(part), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_nobody_set_up_is_named_with_those_that_are() {
    let (said, code) = test_channel(&place_with_secret("[channel.log]\n"), "lgo");
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("the channels are: desktop, log"), "{said}");
}
