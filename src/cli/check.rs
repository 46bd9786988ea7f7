//! `newsbell check`: is the configuration right?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use jiff::SignedDuration;

use super::show;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::rules::frequencies::Frequencies;
use crate::text;

/// What a regular expression is tried on to see what it costs: the length of a long teaser.
const SAMPLE: usize = 4000;

/// How often it is tried.
const TIMES: u32 = 100;

pub(super) fn run(path: &Path) -> anyhow::Result<ExitCode> {
    let checked = config::check(path)?;
    let config = checked.config;
    let mut stderr = std::io::stderr().lock();
    let doubts = checked.doubts.render(show::colour(&stderr));
    write!(stderr, "{doubts}")?;
    let mut out = std::io::stdout().lock();
    for file in &config.files {
        writeln!(out, "read {}", file.display())?;
    }
    let (feeds, rules) = (config.feeds.len(), config.rules.len());
    writeln!(out, "ok: {feeds} feeds, {rules} rules")?;
    if config.feeds.is_empty() {
        writeln!(out, "but there is no [[feed]], so nothing will be polled")?;
    }
    if config.rules.is_empty() {
        writeln!(out, "but there is no [[rule]], so nothing will ring")?;
    }
    always_tried(&config, &mut out)?;
    Ok(ExitCode::SUCCESS)
}

/// Names the regular expressions that nothing makes fast, with what each costs.
fn always_tried(config: &Config, out: &mut impl Write) -> anyhow::Result<()> {
    let set = config.compile(&Frequencies::default())?;
    let clock = Clock::wall();
    let mut sample = "Ministers met on Thursday, 12 May, to speak of the harbour. ".repeat(SAMPLE);
    sample.truncate(SAMPLE);
    for tried in set.always_tried() {
        let Some(rule) = config.rules.get(tried.rule) else {
            continue;
        };
        let begin = clock.now();
        let fits = (0..TIMES).filter(|_| tried.fits(&sample)).count();
        let cost = clock.now().duration_since(begin) / i32::try_from(TIMES).unwrap_or(1);
        let often = if fits > 0 {
            " and fits an ordinary text"
        } else {
            ""
        };
        writeln!(
            out,
            "the rule `{}` has a regular expression that demands no three letters in a row{often}: \
             it is tried on every item, about {} for one of {} kB",
            text::printable(&rule.name),
            microseconds(cost),
            SAMPLE / 1000
        )?;
    }
    Ok(())
}

fn microseconds(length: SignedDuration) -> String {
    format!("{} µs", length.as_micros().max(1))
}
