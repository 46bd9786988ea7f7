//! Where is a story read, and which links lead to the same page?
//!
//! Not part of a page's identity: the scheme (a site that moves to https would otherwise turn all
//! its items into new ones), host case, default port, fragment, and parameters that only say where
//! a reader came from. Part of it: the path to its last slash, `www.`, `m.` and AMP hosts. Those
//! mostly lead to the same page too, but not always, and a wrong guess would hide a story, while a
//! missed copy is still found by its text.

use url::Url;

/// Longer links are dropped: no browser or notification takes them.
const LINK_BYTES: usize = 8 * 1024;

/// Parameters that name a campaign, a click or a reader, never a page.
const TRACKING: &[&str] = &[
    "__twitter_impression",
    "_ga",
    "_gl",
    "_hsenc",
    "_hsmi",
    "at_bbc_team",
    "at_campaign",
    "at_custom1",
    "at_custom2",
    "at_custom3",
    "at_custom4",
    "at_format",
    "at_link_id",
    "at_link_origin",
    "at_link_type",
    "at_medium",
    "at_ptr_name",
    "cmp",
    "cmpid",
    "dclid",
    "fbclid",
    "feedname",
    "feedtype",
    "gbraid",
    "gclid",
    "gclsrc",
    "guccounter",
    "guce_referrer",
    "guce_referrer_sig",
    "igsh",
    "igshid",
    "ito",
    "li_fat_id",
    "mc_cid",
    "mc_eid",
    "mibextid",
    "mkt_tok",
    "msclkid",
    "ns_campaign",
    "ns_fee",
    "ns_linkname",
    "ns_mchannel",
    "ns_source",
    "ocid",
    "ref_src",
    "ref_url",
    "smid",
    "soc_src",
    "soc_trk",
    "traffic_source",
    "ttclid",
    "twclid",
    "wbraid",
    "wt_mc",
    "xtor",
    "yclid",
    "ysclid",
];

/// Parameters that mean something else elsewhere (`ref=main` is a branch), so they are dropped only
/// if they say that the reader comes from a feed.
const AMBIGUOUS: &[&str] = &[
    "ref", "source", "src", "from", "mod", "via", "medium", "partner",
];

/// An absolute `http` or `https` link, else nothing: `javascript:` and `file:` links from a feed
/// must never be opened. A user name is dropped, as it only makes `https://bank.example@evil.example`
/// look like another host.
pub(super) fn absolute(link: &str) -> Option<Url> {
    let mut url = Url::parse(link.trim()).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !web || url.as_str().len() > LINK_BYTES {
        return None;
    }
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

/// The link by which copies of one page are equal. For comparing only, never for opening.
pub(super) fn canonical(url: &Url) -> String {
    let mut url = url.clone();
    url.set_fragment(None);
    let kept: Vec<&str> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|parameter| !parameter.is_empty() && !is_tracking(parameter))
        .collect();
    let kept = kept.join("&");
    url.set_query(Some(kept.as_str()).filter(|query| !query.is_empty()));
    match url.as_str().strip_prefix("http://") {
        Some(rest) => format!("https://{rest}"),
        None => url.into(),
    }
}

fn is_tracking(parameter: &str) -> bool {
    let parameter = parameter.to_ascii_lowercase();
    let (name, value) = parameter.split_once('=').unwrap_or((&parameter, ""));
    name.starts_with("utm_")
        || TRACKING.contains(&name)
        || AMBIGUOUS.contains(&name) && (value.starts_with("rss") || value.starts_with("feed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::case_and_port("HTTPS://News.Example.ORG:443/A/b", "https://news.example.org/A/b")]
    #[case::scheme("http://example.org/a", "https://example.org/a")]
    #[case::plain_port("http://example.org:80/a", "https://example.org/a")]
    #[case::other_port("http://example.org:8080/a", "https://example.org:8080/a")]
    #[case::fragment("https://example.org/a#comments", "https://example.org/a")]
    #[case::tracking(
        "https://example.org/a?utm_source=rss&UTM_Medium=x&fbclid=1&at_medium=RSS",
        "https://example.org/a"
    )]
    #[case::order(
        "https://example.org/a?z=1&gclid=2&b=3",
        "https://example.org/a?z=1&b=3"
    )]
    #[case::encoding_untouched(
        "https://example.org/a?q=%C3%A9+b",
        "https://example.org/a?q=%C3%A9+b"
    )]
    #[case::bare_question_mark("https://example.org/a?", "https://example.org/a")]
    #[case::ref_from_feed(
        "https://example.org/a?ref=rss&source=feedburner",
        "https://example.org/a"
    )]
    #[case::ref_of_a_page(
        "https://example.org/a?ref=main&id=7",
        "https://example.org/a?ref=main&id=7"
    )]
    #[case::slash_kept("https://example.org/a/", "https://example.org/a/")]
    #[case::www_kept("https://www.example.org/a", "https://www.example.org/a")]
    #[case::not_only_a_prefix(
        "https://example.org/a?gclids=1&smidx=2",
        "https://example.org/a?gclids=1&smidx=2"
    )]
    fn canonical_links(#[case] link: &str, #[case] same: &str) {
        assert_eq!(canonical(&absolute(link).unwrap()), same);
    }

    #[rstest]
    #[case("javascript:alert(1)")]
    #[case("file:///etc/passwd")]
    #[case("data:text/html,x")]
    #[case("/relative")]
    #[case("http://")]
    #[case("")]
    fn others_are_dropped(#[case] link: &str) {
        assert_eq!(absolute(link), None);
    }

    #[test]
    fn names_of_users_are_dropped() {
        let url = absolute(" https://bank.example:pw@example.org/ ").unwrap();
        assert_eq!(url.as_str(), "https://example.org/");
    }
}
