//! What is a feed to be called?

use std::collections::HashSet;

use url::Url;

use crate::config::Config;

/// The longest name that a feed gets, in characters: the configuration takes some more.
const LONGEST: usize = 80;

/// Names that feeds have already.
pub(in crate::cli) struct Taken(HashSet<String>);

impl Taken {
    pub(in crate::cli) fn of(config: &Config) -> Taken {
        let names = config.feeds.iter().map(|feed| feed.name.to_string());
        Taken(names.collect())
    }

    /// A name that no other feed has: the title on one line, or the host where there is none.
    pub(in crate::cli) fn name(&mut self, title: &str, url: &Url) -> String {
        let title: String = title
            .chars()
            .map(|char| if char.is_control() { ' ' } else { char })
            .collect();
        let words: Vec<&str> = title.split_whitespace().collect();
        let mut name: String = words.join(" ").chars().take(LONGEST).collect();
        if name.is_empty() {
            url.host_str().unwrap_or(url.path()).clone_into(&mut name);
        }
        let mut unique = name.clone();
        let mut number = 2;
        while !self.0.insert(unique.clone()) {
            unique = format!("{name} ({number})");
            number += 1;
        }
        unique
    }
}
