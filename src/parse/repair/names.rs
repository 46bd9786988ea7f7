//! Which part of a feed does a name mean, in whatever namespace and spelling?

/// What a namespace is about; all versions and spellings of one are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS of any version, Atom of any version, or none at all.
    Core,
    Content,
    Dublin,
    Media,
    Itunes,
    Rdf,
    Syndication,
    Xhtml,
    Other,
}

impl Space {
    /// The meaning of a namespace name.
    pub(super) fn of(name: &str) -> Self {
        const PARTS: [(&str, Space); 17] = [
            ("rss/1.0/modules/syndication", Space::Syndication),
            ("rss/1.0/modules/content", Space::Content),
            ("rss/1.0/modules/", Space::Other),
            ("purl.org/dc/", Space::Dublin),
            ("mrss", Space::Media),
            ("media-rss", Space::Media),
            ("itunes.com", Space::Itunes),
            ("22-rdf-syntax-ns", Space::Rdf),
            ("1999/xhtml", Space::Xhtml),
            ("purl.org/atom/", Space::Core),
            ("2005/atom", Space::Core),
            ("purl.org/rss/", Space::Core),
            ("purl.org/net/rss", Space::Core),
            ("rdf/simple/0.9", Space::Core),
            ("backend.userland.com/rss", Space::Core),
            ("/tech/rss", Space::Core),
            ("channel.netscape.com", Space::Core),
        ];
        let name = name.trim().to_ascii_lowercase();
        PARTS
            .into_iter()
            .find(|(part, _)| name.contains(part))
            .map_or(Space::Other, |(_, space)| space)
    }

    /// What a prefix nobody declared is by custom.
    pub(super) fn by_custom(prefix: &str) -> Self {
        match prefix.to_ascii_lowercase().as_str() {
            "content" => Space::Content,
            "dc" | "dcterms" => Space::Dublin,
            "media" => Space::Media,
            "itunes" => Space::Itunes,
            "rdf" => Space::Rdf,
            "sy" | "syn" => Space::Syndication,
            "atom" | "atom10" | "a10" | "atom03" | "rss" => Space::Core,
            "xhtml" | "html" => Space::Xhtml,
            _ => Space::Other,
        }
    }
}

/// The parts of a feed or an entry that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Title,
    /// A title of the media or Dublin Core kind: for want of a better one.
    OtherTitle,
    Link,
    Id,
    Summary,
    OtherSummary,
    Content,
    Published,
    Created,
    Updated,
    Category,
    Author,
    OtherAuthor,
    PersonName,
    PersonEmail,
    Language,
    Ttl,
    /// Of `skipHours`.
    Hour,
    /// Of `skipDays`.
    Day,
    UpdatePeriod,
    UpdateFrequency,
}

/// What an element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Feed,
    Item,
    Part(Part),
    /// Its children belong to it, not to the item or the feed.
    Opaque,
    /// Its children count as if it were not there.
    Clear,
}

/// Longest name that is compared.
const NAME: usize = 24;

pub(super) fn role(space: Space, local: &str) -> Role {
    let mut buffer = [0_u8; NAME];
    let Some(lower) = buffer.get_mut(..local.len()) else {
        return Role::Clear;
    };
    lower.copy_from_slice(local.as_bytes());
    lower.make_ascii_lowercase();
    let name = std::str::from_utf8(lower).unwrap_or("");
    let part = match space {
        Space::Core => return core(name),
        Space::Rdf if name == "rdf" => return Role::Feed,
        Space::Content if name == "encoded" => Part::Content,
        Space::Dublin => match name {
            "title" => Part::OtherTitle,
            "creator" => Part::Author,
            "date" | "issued" | "available" => Part::Published,
            "created" => Part::Created,
            "modified" => Part::Updated,
            "subject" => Part::Category,
            "description" | "abstract" => Part::OtherSummary,
            "language" => Part::Language,
            _ => return Role::Clear,
        },
        Space::Media => match name {
            "title" => Part::OtherTitle,
            "description" => Part::OtherSummary,
            _ => return Role::Clear,
        },
        Space::Itunes => match name {
            "title" => Part::OtherTitle,
            "summary" => Part::OtherSummary,
            "author" => Part::OtherAuthor,
            _ => return Role::Clear,
        },
        Space::Syndication => match name {
            "updateperiod" => Part::UpdatePeriod,
            "updatefrequency" => Part::UpdateFrequency,
            _ => return Role::Clear,
        },
        _ => return Role::Clear,
    };
    Role::Part(part)
}

fn core(name: &str) -> Role {
    let part = match name {
        "rss" | "feed" | "channel" | "rdf" => return Role::Feed,
        "item" | "entry" => return Role::Item,
        "title" => Part::Title,
        "link" => Part::Link,
        "guid" | "id" => Part::Id,
        "description" | "summary" | "tagline" | "subtitle" | "abstract" => Part::Summary,
        "content" | "body" | "fullitem" => Part::Content,
        "pubdate" | "published" | "issued" | "date" => Part::Published,
        "created" => Part::Created,
        "updated" | "modified" | "lastmod" => Part::Updated,
        "category" => Part::Category,
        "author" => Part::Author,
        "name" => Part::PersonName,
        "email" => Part::PersonEmail,
        "language" => Part::Language,
        "ttl" => Part::Ttl,
        "hour" => Part::Hour,
        "day" => Part::Day,
        "image" | "textinput" | "source" | "contributor" => return Role::Opaque,
        _ => return Role::Clear,
    };
    Role::Part(part)
}

/// Whether HTML has an element of this name too, so that it may stand in a long text.
pub(super) fn is_html_too(part: Part, local: &str) -> bool {
    match part {
        Part::Published => local.eq_ignore_ascii_case("date"),
        Part::Id => !local.eq_ignore_ascii_case("guid"),
        Part::Summary => !local.eq_ignore_ascii_case("description"),
        Part::Content => !local.eq_ignore_ascii_case("encoded"),
        _ => true,
    }
}

/// A name without its prefix.
pub(super) fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Whether an end tag of this name is that of an entry or of something around it.
pub(super) fn ends_item(name: &str) -> bool {
    ["item", "entry", "channel", "rss", "feed", "rdf"]
        .iter()
        .any(|end| local(name).eq_ignore_ascii_case(end))
}
