//! What has changed from one configuration to the next?

use std::collections::HashMap;
use std::hash::Hash;

use super::Config;
use crate::model::Rule;

impl Config {
    /// What is new since `old`, in a few words for one line of the log: `+2 rules, -1 feed`. Empty if nothing is.
    #[must_use]
    pub fn changes_since(&self, old: &Config) -> String {
        let feeds = compare(&old.feeds, &self.feeds, |feed| feed.url.clone());
        let rules = compare(&old.rules, &self.rules, |rule| rule.name.clone());
        let mut said = Vec::new();
        feeds.say("feed", &mut said);
        rules.say("rule", &mut said);
        if self.lists != old.lists {
            said.push("word lists changed".to_owned());
        }
        let mut rest = self.clone();
        rest.feeds.clone_from(&old.feeds);
        rest.rules.clone_from(&old.rules);
        rest.lists.clone_from(&old.lists);
        rest.files.clone_from(&old.files);
        if rest != *old {
            said.push("settings changed".to_owned());
        }
        said.join(", ")
    }

    /// The rules that `old` does not have.
    #[must_use]
    pub fn rules_added_to(&self, old: &Config) -> Vec<Rule> {
        let is_old = |rule: &Rule| old.rules.iter().any(|old| old.name == rule.name);
        let added = self.rules.iter().filter(|rule| !is_old(rule));
        added.cloned().collect()
    }
}

/// How many of a kind came, went, and stayed under their name but changed.
struct Compared {
    added: usize,
    removed: usize,
    changed: usize,
}

fn compare<T: PartialEq, K: Eq + Hash>(old: &[T], new: &[T], key: impl Fn(&T) -> K) -> Compared {
    let mut left: HashMap<K, &T> = old.iter().map(|one| (key(one), one)).collect();
    let (mut added, mut changed) = (0, 0);
    for one in new {
        match left.remove(&key(one)) {
            None => added += 1,
            Some(before) if before != one => changed += 1,
            Some(_) => {}
        }
    }
    Compared {
        added,
        removed: left.len(),
        changed,
    }
}

impl Compared {
    fn say(&self, what: &str, said: &mut Vec<String>) {
        let of = |count: usize| {
            if count == 1 {
                what.to_owned()
            } else {
                format!("{what}s")
            }
        };
        if self.added > 0 {
            said.push(format!("+{} {}", self.added, of(self.added)));
        }
        if self.removed > 0 {
            said.push(format!("-{} {}", self.removed, of(self.removed)));
        }
        if self.changed > 0 {
            said.push(format!("{} {} changed", self.changed, of(self.changed)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("newsbell.toml");
        std::fs::write(&path, format!("[store]\npath = \"/x/newsbell.db\"\n{text}")).unwrap();
        Config::load(&path).unwrap()
    }

    fn feed(name: &str, every: &str) -> String {
        format!(
            "[[feed]]\nname = \"{name}\"\nurl = \"https://{name}.example/\"\nevery = \"{every}\"\n"
        )
    }

    fn rule(name: &str) -> String {
        format!("[[rule]]\nname = \"{name}\"\nmatch = \"@list\"\n")
    }

    #[test]
    fn changes_are_told_in_a_line() {
        let lists = "[words]\nlist = [\"word\"]\n";
        let old = config(&format!(
            "{lists}{}{}{}",
            feed("a", "15m"),
            feed("b", "15m"),
            rule("r")
        ));
        let feeds = format!("{}{}", feed("b", "30m"), feed("c", "15m"));
        let new = config(&format!(
            "{lists}{feeds}{}{}{}",
            rule("r"),
            rule("s"),
            rule("t")
        ));
        assert_eq!(
            new.changes_since(&old),
            "+1 feed, -1 feed, 1 feed changed, +2 rules"
        );
        let added = new.rules_added_to(&old);
        assert_eq!(added.len(), 2);
        assert_eq!(&*added[0].name, "s");

        let lists = "[poll]\ntimeout = \"20s\"\n[words]\nlist = [\"other\"]\n";
        let newer = config(&format!(
            "{lists}{feeds}{}{}{}",
            rule("r"),
            rule("s"),
            rule("t")
        ));
        assert_eq!(
            newer.changes_since(&new),
            "word lists changed, settings changed"
        );
        assert_eq!(newer.changes_since(&newer), "");
    }
}
