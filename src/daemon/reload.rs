//! What happens when the configuration has changed?
//!
//! It is swapped whole or not at all: one that is wrong is told, by a notice too, and changes nothing.

use std::sync::Arc;

use super::{Daemon, Life, Progress, systemd};
use crate::channel::desktop::Desktop;
use crate::config::{Config, ConfigError};
use crate::decide::{self, Rules};
use crate::rules::frequencies::Frequencies;
use crate::telemetry;

impl Daemon {
    /// Reads the configuration again and, if it is another one and right, begins anew with it.
    pub(super) async fn reload(
        &mut self,
        mut life: Life,
        (progress, desktop): (&Progress, &Arc<Desktop>),
    ) -> anyhow::Result<Life> {
        systemd::reloading();
        let read = Config::load(&self.config_path);
        if let Some(config) = self.taken(read, &mut life, progress).await {
            let old = std::mem::replace(&mut self.config, config);
            life.end_gently().await;
            self.backfill(&old, progress).await?;
            life = self.begin(progress, desktop).await?;
        }
        systemd::ready();
        progress.reloads.send_modify(|reloads| *reloads += 1);
        Ok(life)
    }

    /// Matches what has been stored against the rules that are new.
    async fn backfill(&self, old: &Config, progress: &Progress) -> anyhow::Result<()> {
        let mut added = self.config.clone();
        added.rules = self.config.rules_added_to(old);
        added.rules.retain(|rule| rule.only.backfill.is_some());
        if added.rules.is_empty() {
            return Ok(());
        }
        let added = super::rules(&added, &Frequencies::default())?;
        let now = self.clock.now();
        let filled = decide::backfill(&self.store, added, &self.config.feeds, now);
        match filled.await {
            Ok(hits) => {
                tracing::info!(
                    hits,
                    "new rules were matched against stored items: {hits} hits"
                );
                progress.outbox.send_modify(|bumps| *bumps += 1);
            }
            Err(error) => {
                tracing::error!(%error, "new rules could not be matched against stored items");
            }
        }
        Ok(())
    }

    /// The configuration to go on with, if it is another one; a bad one is told and changes nothing.
    async fn taken(
        &self,
        read: Result<Config, ConfigError>,
        life: &mut Life,
        progress: &Progress,
    ) -> Option<Config> {
        match read {
            Ok(config) if config.store.path != self.config.store.path => {
                tracing::warn!("`[store] path` has changed: it takes effect at the next start");
                Some(Config {
                    store: self.config.store.clone(),
                    ..config
                })
            }
            Ok(config) => {
                life.refused = None;
                let changes = config.changes_since(&self.config);
                if config == self.config {
                    tracing::info!("configuration read again: nothing has changed");
                    return None;
                }
                tracing::info!(
                    feeds = config.feeds.len(),
                    rules = config.rules.len(),
                    "configuration read again: {}",
                    if changes.is_empty() {
                        "other files"
                    } else {
                        &changes
                    },
                );
                Some(config)
            }
            Err(error) => {
                let mistake = error.first_line();
                // Said once.
                if life.refused.as_ref() != Some(&mistake) {
                    self.refuse(&mistake, Arc::clone(&life.rules), progress)
                        .await;
                    life.refused = Some(mistake);
                }
                None
            }
        }
    }

    /// Says what is wrong with a new configuration.
    async fn refuse(&self, mistake: &str, rules: Arc<Rules>, progress: &Progress) {
        tracing::error!(
            name: telemetry::CONFIG_REJECTED,
            { file = %self.config_path.display() },
            "the new configuration is wrong, the old one stays: {mistake}"
        );
        let now = self.clock.now();
        let said = decide::say_refused(&self.store, rules, mistake.to_owned(), now).await;
        if let Err(error) = said {
            tracing::warn!(%error, "the mistake cannot be told by a notice");
        }
        progress.outbox.send_modify(|bumps| *bumps += 1);
    }
}
