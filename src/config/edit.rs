//! How are feeds written into a configuration file? Its comments and its order stay as they are.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{Config, ConfigError};

/// A feed to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFeed {
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether its address is not public.
    pub allow_private: bool,
}

/// Why a file was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// It cannot be read or written.
    #[error("cannot write {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It is no TOML.
    #[error("{path} is not TOML: {source}")]
    Toml {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: Box<toml_edit::TomlError>,
    },
    /// Its feeds are written otherwise.
    #[error("in {path} `feed` is no list of [[feed]] tables: write the feed into it by hand")]
    Shape {
        /// The file.
        path: PathBuf,
    },
    /// With the change it would be wrong.
    #[error("{path} was left as it was, because with this change it would be wrong: {source}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What would be.
        source: Box<ConfigError>,
    },
}

/// Adds feeds behind those of the main file at `path`.
pub fn add(path: &Path, feeds: &[NewFeed]) -> Result<(), EditError> {
    change(path, path, |document| {
        let list = document
            .entry("feed")
            .or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let Some(list) = list.as_array_of_tables_mut() else {
            return false;
        };
        for feed in feeds {
            list.push(table(feed));
        }
        true
    })
}

/// Removes the feed of this name; returns the file it was in.
pub fn remove(config: &Config, name: &str) -> Result<Option<PathBuf>, EditError> {
    let Some(main) = config.files.first() else {
        return Ok(None);
    };
    for path in &config.files {
        let mut found = false;
        let named = |table: &Table| table.get("name").and_then(Item::as_str) == Some(name);
        let document = read(path)?.0;
        let lists = document.get("feed").and_then(Item::as_array_of_tables);
        if !lists.is_some_and(|list| list.iter().any(named)) {
            continue;
        }
        change(main, path, |document| {
            let list = document.get_mut("feed");
            if let Some(list) = list.and_then(Item::as_array_of_tables_mut) {
                list.retain(|table| !named(table));
                found = true;
            }
            found
        })?;
        return Ok(Some(path.clone()));
    }
    Ok(None)
}

fn table(feed: &NewFeed) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table["name"] = value(&feed.name);
    table["url"] = value(&feed.url);
    if !feed.tags.is_empty() {
        table["tags"] = value(feed.tags.iter().collect::<Array>());
    }
    if feed.allow_private {
        table["allow_private"] = value(true);
    }
    table
}

fn read(path: &Path) -> Result<(DocumentMut, String), EditError> {
    let text = std::fs::read_to_string(path).map_err(|source| EditError::File {
        path: path.to_owned(),
        source,
    })?;
    let document = text.parse().map_err(|source| EditError::Toml {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    Ok((document, text))
}

/// Changes the file at `path` of the configuration whose main file is `main`. It is as it was if
/// the configuration would be wrong with the change.
fn change(
    main: &Path,
    path: &Path,
    edit: impl FnOnce(&mut DocumentMut) -> bool,
) -> Result<(), EditError> {
    let failed = |source| EditError::File {
        path: path.to_owned(),
        source,
    };
    let (mut document, before) = read(path)?;
    if !edit(&mut document) {
        return Err(EditError::Shape {
            path: path.to_owned(),
        });
    }
    replace(path, &document.to_string()).map_err(failed)?;
    if let Err(source) = Config::load(main) {
        replace(path, &before).map_err(failed)?;
        return Err(EditError::Wrong {
            path: path.to_owned(),
            source: Box::new(source),
        });
    }
    Ok(())
}

/// Gives a file another text, at once: whoever reads it sees the old one or the new one. A link stays a
/// link, and the file keeps its permissions.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = path.metadata()?.permissions();
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = File::create(&beside)?;
    file.set_permissions(permissions)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&beside, &path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn feed(name: &str, url: &str) -> NewFeed {
        NewFeed {
            name: name.to_owned(),
            url: url.to_owned(),
            ..NewFeed::default()
        }
    }

    fn written(text: &str) -> (TempDir, PathBuf) {
        let dir = TempDir::new().unwrap();
        let path = dir.path().join("newsbell.toml");
        std::fs::write(&path, text).unwrap();
        (dir, path)
    }

    const OLD: &str = "# Mine.\n[[feed]] # the first\nname = 'A'   # odd spaces\nurl='https://a.example/'\n\n\
                       # Rules.\n[[rule]]\nname = \"R\"\nmatch = \"x\"\n";

    #[test]
    fn a_feed_is_added_behind_the_others_and_comments_stay() {
        let (_dir, path) = written(OLD);
        let mut new = feed("B \"b\"", "https://b.example/?a=1");
        new.tags = vec!["x".to_owned(), "y".to_owned()];
        new.allow_private = true;
        add(&path, &[new, feed("C", "https://c.example/")]).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(&path).unwrap(), @r#"
        # Mine.
        [[feed]] # the first
        name = 'A'   # odd spaces
        url='https://a.example/'

        [[feed]]
        name = 'B "b"'
        url = "https://b.example/?a=1"
        tags = ["x", "y"]
        allow_private = true

        [[feed]]
        name = "C"
        url = "https://c.example/"

        # Rules.
        [[rule]]
        name = "R"
        match = "x"
        "#);
        let config = Config::load(&path).unwrap();
        assert_eq!(config.feeds.len(), 3);
        assert!(config.feeds[1].allow_private);

        assert_eq!(remove(&config, "B \"b\"").unwrap(), Some(path.clone()));
        let config = Config::load(&path).unwrap();
        assert_eq!(remove(&config, "C").unwrap(), Some(path.clone()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), OLD);
        assert_eq!(remove(&config, "nobody").unwrap(), None);
    }

    #[test]
    fn a_file_without_feeds_gets_its_first() {
        let (_dir, path) = written("[poll]\nevery = '20m'\n");
        add(&path, &[feed("A", "https://a.example/")]).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "[poll]\nevery = '20m'\n\n[[feed]]\nname = \"A\"\nurl = \"https://a.example/\"\n"
        );
    }

    #[test]
    fn what_would_be_wrong_is_not_written() {
        let (dir, path) = written(OLD);
        let again = add(&path, &[feed("A", "https://a.example/")]);
        let said = again.unwrap_err().to_string();
        assert!(said.contains("was left as it was"), "{said}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), OLD);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);

        let inline = "feed = [{ name = 'A', url = 'https://a.example/' }]\n";
        std::fs::write(&path, inline).unwrap();
        let refused = add(&path, &[feed("B", "https://b.example/")]);
        assert!(matches!(refused, Err(EditError::Shape { .. })));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), inline);
    }

    #[test]
    fn a_link_stays_a_link_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, path) = written(OLD);
        let link = dir.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        add(&link, &[feed("B", "https://b.example/")]).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        let metadata = path.metadata().unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert_eq!(Config::load(&path).unwrap().feeds.len(), 2);
    }
}
