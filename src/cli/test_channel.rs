//! `newsbell test-channel`: does a channel take an alert?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use super::outbox::no_channel;
use super::run::runtime;
use super::{CONFIG, UNREACHABLE, USAGE};
use crate::channel::SendError;
use crate::clock::Clock;
use crate::config::Config;
use crate::deliver::Outlet;
use crate::render::sample;
use crate::{daemon, store, text};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The channel's name
    #[arg(value_name = "NAME")]
    channel: String,
}

pub(super) fn run(path: &Path, args: &Args) -> anyhow::Result<ExitCode> {
    let config = Config::load(path)?;
    let outlets = daemon::outlets(&config, &Arc::default());
    let Some(outlet) = outlets.iter().find(|outlet| outlet.name == args.channel) else {
        let known: Vec<&str> = outlets.iter().map(|outlet| outlet.name.as_str()).collect();
        let message = no_channel(&args.channel, &known);
        writeln!(std::io::stderr().lock(), "{message}")?;
        return Ok(ExitCode::from(USAGE));
    };
    runtime()?.block_on(send(outlet))
}

async fn send(outlet: &Outlet) -> anyhow::Result<ExitCode> {
    let clock = Clock::wall();
    let alert = sample::story(store::new_alert_id(), clock.now());
    let said = outlet.wording.say(&alert);
    let mut out = std::io::stdout().lock();
    writeln!(out, "channel  {}", text::printable(&outlet.name))?;
    writeln!(
        out,
        "target   {}",
        text::printable(&outlet.channel.target())
    )?;
    writeln!(
        out,
        "alert    {}: {}",
        alert.id,
        text::printable(&said.message.title)
    )?;
    let begin = clock.now();
    let answer = outlet.channel.send(&said, begin).await;
    let took = clock.now().duration_since(begin).as_millis();
    let (verdict, detail, code) = match &answer {
        Ok(receipt) => ("taken", receipt.reference.clone(), ExitCode::SUCCESS),
        Err(error) => {
            let verdict = match error {
                SendError::Later { .. } => "refused; an alert would wait and be tried again",
                SendError::Never { .. } => "refused; an alert would be given up",
            };
            let code = if error.blames_configuration() {
                CONFIG
            } else {
                UNREACHABLE
            };
            (verdict, error.to_string(), ExitCode::from(code))
        }
    };
    writeln!(out, "answer   {}", text::printable(&detail))?;
    if let Err(SendError::Later {
        after: Some(after), ..
    }) = answer
    {
        let after = super::show::length(after);
        writeln!(out, "         it wants to be left alone for {after}")?;
    }
    writeln!(out, "result   {verdict}, after {took} ms")?;
    Ok(code)
}
