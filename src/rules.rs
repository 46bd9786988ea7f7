//! Which rules does an item match, and by which words?

pub mod syntax;

mod plan;

use crate::model::{Evidence, Item, Rule};
use plan::{Plan, Words};

pub use syntax::{SyntaxError, parse};

/// A rule whose query does not parse. Configurations are checked before, so that people see it with
/// its file and line.
#[derive(Debug, thiserror::Error)]
#[error("rule `{rule}`: {error}")]
pub struct BadRule {
    /// The rule's name.
    pub rule: String,
    /// What is wrong.
    pub error: SyntaxError,
}

/// Rules, compiled. Immutable: a new configuration makes a new one.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// By rule, the plan of each of its queries.
    rules: Vec<Vec<Plan>>,
}

/// One rule that an item matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Index of the rule.
    pub rule: usize,
    /// Every part of its queries that holds: sorted by place, without repeats, bounded.
    pub evidence: Vec<Evidence>,
}

impl RuleSet {
    /// Compiles `rules`; matches name them by their index.
    pub fn compile(rules: &[Rule]) -> Result<RuleSet, BadRule> {
        let compile = |rule: &Rule| {
            let plan = |query: &String| {
                parse(query)
                    .map(|query| Plan::of(&query))
                    .map_err(|error| BadRule {
                        rule: rule.name.to_string(),
                        error,
                    })
            };
            rule.queries.iter().map(plan).collect::<Result<Vec<_>, _>>()
        };
        let rules = rules.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(RuleSet { rules })
    }

    /// The rules that `item` matches, in their order, each once: if any of its queries does.
    #[must_use]
    pub fn matches(&self, item: &Item) -> Vec<Match> {
        let words = Words::of(item);
        let mut matches = Vec::new();
        for (rule, plans) in self.rules.iter().enumerate() {
            let mut evidence = Vec::new();
            let mut any = false;
            for plan in plans {
                any |= plan.holds(&words, &mut evidence);
            }
            if any {
                evidence.sort();
                evidence.dedup();
                matches.push(Match { rule, evidence });
            }
        }
        matches
    }
}

#[cfg(test)]
mod tests;
