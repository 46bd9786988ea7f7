//! Is every mistake in a channel found, and every right one understood?

use std::path::Path;

use jiff::SignedDuration;
use rstest::rstest;

use super::{load, place, problems, right, told, wrong};
use crate::model::Limit;
use crate::model::channel::Kind;

#[test]
fn a_channel_is_of_the_kind_of_its_name_or_of_the_one_it_names() {
    let config = right(
        "[channel.log]\n[channel.phone.ntfy]\nurl = 'https://ntfy.example/base/topic'\n\
         [channel.mine.exec]\ncommand = ['prog', '-x']\nrate = ' 20 / 1h '\ngive_up_after = ''\n\
         [[rule]]\nname = 'a'\nmatch = 'a'\nchannels = ['phone', 'desktop', 'mine', 'log']\n",
    );
    let kinds: Vec<(&str, &str)> = config
        .channels
        .iter()
        .map(|channel| (channel.name.as_str(), channel.kind.word()))
        .collect();
    assert_eq!(kinds, [("log", "log"), ("mine", "exec"), ("phone", "ntfy")]);
    let rate = Limit {
        most: 20,
        within: SignedDuration::from_hours(1),
    };
    let limits = config.channels[1].limits;
    assert_eq!((limits.rate, limits.give_up_after), (Some(rate), None));
    let Kind::Ntfy(ntfy) = &config.channels[2].kind else {
        panic!("no ntfy");
    };
    assert_eq!(ntfy.server.told().as_str(), "https://ntfy.example/base");
    assert_eq!(ntfy.topic.told(), "topic");
}

#[test]
fn the_files_of_a_channel_are_beside_its_configuration() {
    let dir = place(&[
        (
            "newsbell.toml",
            "[channel.a.slack]\nurl_file = 'url'\n[channel.b.exec]\ncommand = ['./prog']\n",
        ),
        ("url", "https://hooks.example/T1/s3cret\n"),
    ]);
    let config = load(&dir).unwrap();
    let Kind::Slack(hook) = &config.channels[0].kind else {
        panic!("no Slack");
    };
    assert_eq!(hook.url.told().path(), "/T1/s3cret");
    let shown = format!("{config:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let Kind::Exec(exec) = &config.channels[1].kind else {
        panic!("no program");
    };
    assert_eq!(Path::new(&exec.command[0]), dir.path().join("./prog"));
}

#[test]
fn a_mail_server_has_the_port_of_its_security() {
    for (security, port) in [
        ("", 587),
        ("security = 'tls'", 465),
        ("security = 'none'", 25),
    ] {
        let text = format!(
            "[channel.email]\nserver = 'localhost'\nfrom = 'N <a@b.example>'\nto = 'a@b.example'\n{security}"
        );
        let config = right(&text);
        let Kind::Email(email) = &config.channels[0].kind else {
            panic!("no mail");
        };
        assert_eq!(email.port, port);
    }
}

#[rstest]
#[case::no_kind(
    "[channel.phone]\nurl = 'x'",
    "it is not said of which kind the channel `phone` is"
)]
#[case::near(
    "[channel.webhok]\nurl = 'x'",
    "it is not said of which kind the channel `webhok` is"
)]
#[case::unknown("[channel.phone.pager]\nx = 1", "`pager` is no kind of channel")]
#[case::desktop("[channel.other.desktop]", "`desktop` is no kind of channel")]
#[case::two(
    "[channel.phone.log]\n[channel.phone.exec]\ncommand = ['a']",
    "`log` stands beside the kind of the channel `phone`"
)]
#[case::value("[channel]\nphone = 1", "expected a table, found an integer")]
#[case::key("[channel.log]\nurl = 'x'", "unknown key `url` in [channel.log]")]
#[case::no_address("[channel.webhook]", "this channel has no address")]
#[case::both(
    "[channel.webhook]\nurl = 'http://a.example'\nurl_file = 'newsbell.toml'",
    "a channel has either a `url` or a `url_file`"
)]
#[case::no_web("[channel.webhook]\nurl = 'mailto:a'", "this is no address on the web")]
#[case::no_topic(
    "[channel.ntfy]\nurl = 'https://ntfy.sh/'",
    "this URL of ntfy names no topic"
)]
#[case::no_token(
    "[channel.gotify]\nurl = 'https://a.example'",
    "`token_file` is missing in this [channel.gotify]"
)]
#[case::no_file(
    "[channel.gotify]\nurl = 'https://a.example'\ntoken_file = '/nonexistent'",
    "cannot read /nonexistent: No such file or directory (os error 2)"
)]
#[case::no_program("[channel.exec]\ncommand = []", "this [channel.exec] names no program")]
#[case::shell(
    "[channel.exec]\ncommand = 'a b'",
    "expected a list of strings, found a string"
)]
#[case::no_rate("[channel.log]\nrate = '0/1h'", "`0/1h` is no limit of alerts")]
#[case::long_rate("[channel.log]\nrate = '5/32d'", "`5/32d` is no limit of alerts")]
#[case::desktop_rate("[channel.desktop]\nrate = 'x'", "`x` is no limit of alerts")]
#[case::no_mailbox(
    "[channel.email]\nserver = 'localhost'\nfrom = 'me'\nto = ['a@b.example']",
    "`me` is no mail address"
)]
#[case::header(
    "[channel.email]\nserver = 'localhost'\nfrom = 'a@b.example'\nto = \"a@b.example\\nBcc: c@d.example\"",
    "`a@b.example\nBcc: c@d.example` is no mail address"
)]
#[case::nobody(
    "[channel.email]\nserver = 'localhost'\nfrom = 'a@b.example'\nto = []",
    "this [channel.email] says not whom to write to"
)]
#[case::readable(
    "[channel.email]\nserver = 'mail.example'\nfrom = 'a@b.example'\nto = 'a@b.example'\nsecurity = 'none'",
    "mail to another machine is sent encrypted only"
)]
#[case::security(
    "[channel.email]\nserver = 'mail.example'\nfrom = 'a@b.example'\nto = 'a@b.example'\nsecurity = 'ssl'",
    "`ssl` is no way to secure a connection"
)]
#[case::half_a_login(
    "[channel.email]\nserver = 'mail.example'\nfrom = 'a@b.example'\nto = 'a@b.example'\nusername = 'me'",
    "this user has no password"
)]
#[case::no_path("[channel.feed]", "`path` is missing in this [channel.feed]")]
#[case::entries(
    "[channel.feed]\npath = 'a'\nentries = 1001",
    "`entries` must be a whole number"
)]
#[case::patience("[channel.log]\ngive_up_after = '59s'", "this is too short")]
#[case::timeout("[channel.exec]\ncommand = ['a']\ntimeout = '11m'", "this is too long")]
fn a_mistake_is_told_where_it_is(#[case] text: &str, #[case] message: &str) {
    let found = wrong(text);
    let messages: Vec<&str> = found
        .iter()
        .map(|line| line.split_once(": ").unwrap().1)
        .collect();
    assert_eq!(messages, [message]);
}

#[test]
fn a_name_is_given_once_over_all_files() {
    let files = [
        ("newsbell.toml", "[channel.a.log]\n"),
        ("conf.d/b.toml", "[channel.a.exec]\ncommand = ['x']\n"),
    ];
    assert_eq!(
        told(&problems(&files)),
        ["b.toml:1: there is a channel named `a` already"]
    );
}

#[test]
fn channels_of_a_rule_are_there_and_named_once() {
    let rule = |channels: &str| {
        let text = format!(
            "[channel.phone.log]\n[[rule]]\nname = 'a'\nmatch = 'a'\nchannels = {channels}\n"
        );
        problems(&[("newsbell.toml", &text)])
    };
    let shown = rule("['phnoe']").to_string();
    assert!(shown.contains("there is no channel `phnoe`"), "{shown}");
    assert!(shown.contains("did you mean \"phone\"?"), "{shown}");
    let shown = rule("['phone', 'desktop', 'phone']").to_string();
    assert!(
        shown.contains("the channel `phone` is named twice"),
        "{shown}"
    );
}

#[test]
fn a_mistake_in_a_channel_is_one_mistake() {
    let text = "[channel.phone.ntfy]\nurl = 'https://ntfy.sh/'\n[channel.other]\nx = 1\n\
        [[rule]]\nname = 'a'\nmatch = 'a'\nchannels = ['phone', 'other']\n";
    let found = wrong(text);
    assert_eq!(
        found,
        [
            "1: this URL of ntfy names no topic",
            "3: it is not said of which kind the channel `other` is"
        ]
    );
}

#[rstest]
#[case::unknown("title = 'News: {{ headlin }}'", "headlin", "did you mean `headline`?")]
#[case::field("body = '{{ hits[0].titel }}'", "hits[0].titel", "")]
#[case::filter("body = '{{ title | loud }}'", "loud", "unknown filter")]
#[case::syntax("body = 'a {{ title'", "", "templates are written as for Jinja")]
#[case::endless(
    "body = '{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}'",
    "",
    ""
)]
#[case::no_first(
    "body = '{{ hits[0].link }}'",
    "[0].link",
    "this names something that is not there"
)]
fn a_bad_template_is_shown_with_a_caret(
    #[case] key: &str,
    #[case] place: &str,
    #[case] help: &str,
) {
    let text = format!("[channel.log]\n{key}\n");
    let found = problems(&[("newsbell.toml", &text)]);
    assert_eq!(found.count(), 1, "{found}");
    let problem = &found.all[0];
    let shown = &text[problem.span.clone()];
    assert!(place.is_empty() || shown == place, "at `{shown}`: {found}");
    assert!(found.to_string().contains(help), "{found}");
}

#[rstest]
#[case::no_json("payload = 'title: {{ title }}'", "this makes no JSON: ")]
#[case::quotes("payload = '{\"a\": \"{{ title }}\"}'", "this makes no JSON: ")]
#[case::unknown("payload = '{\"a\": {{ x }}}'", "templates have no variable `x`")]
fn a_payload_is_json(#[case] key: &str, #[case] message: &str) {
    let text = format!("[channel.webhook]\nurl = 'https://a.example'\n{key}\n");
    let found = wrong(&text);
    assert_eq!(found.len(), 1);
    assert!(found[0].contains(message), "{found:?}");
}

#[test]
fn a_template_may_use_all_there_is() {
    right(
        "[channel.webhook]\nurl = 'https://a.example'\n\
         payload = '''{\"all\": {{ {\"a\": [schema, id, kind, urgency, time, title, text, rule, headline,\n\
         snippet, link, story, about, sources, carriers, words, total]} }}, \"counts\": {{ counts }},\n\
         \"hits\": [{% for hit in hits %}{{ hit.rule ~ hit.feed ~ hit.headline ~ hit.snippet ~ hit.link\n\
         ~ hit.published ~ hit.was }}, {{ hit.words }}{% if not loop.last %},{% endif %}{% endfor %}]}'''\n\
         title = '{% if kind == \"story\" %}{{ rule }}{% else %}{{ total }}{% endif %}'\n\
         body = '{% for c in counts %}{{ c.rule }}: {{ c.count }}{% endfor %}'\n",
    );
}
