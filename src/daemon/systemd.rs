//! What does systemd want to know? (`sd_notify(3)`; nothing happens where it did not start us.)

use jiff::tz::TimeZone;
use sd_notify::NotifyState;

use super::Progress;

/// Keeps `systemctl status` up to date.
pub(super) struct Status {
    progress: Progress,
    said: String,
    ready: bool,
}

impl Status {
    pub(super) fn new(progress: Progress) -> Status {
        Status {
            progress,
            said: String::new(),
            ready: false,
        }
    }

    /// Waits for the loops to move, then says where they stand. Cancel-safe.
    pub(super) async fn follow(&mut self) {
        let (mut poll, mut deliver) = (
            self.progress.poll.subscribe(),
            self.progress.deliver.subscribe(),
        );
        let sentence = self.sentence();
        if sentence != self.said {
            tell(&[NotifyState::Status(&sentence)]);
            self.said = sentence;
        }
        if !self.ready && self.progress.poll.borrow().started {
            self.ready = true;
            ready();
        }
        tokio::select! {
            _ = poll.changed() => {}
            _ = deliver.changed() => {}
        }
    }

    fn sentence(&self) -> String {
        let poll = self.progress.poll.borrow();
        let mut parts = vec![format!("{} feeds", poll.feeds)];
        if poll.failing > 0 {
            parts.push(format!("{} failing", poll.failing));
        }
        if let Some(due) = poll.next_due {
            let due = due.to_zoned_datetime(TimeZone::system());
            parts.push(format!("next poll at {}", due.strftime("%H:%M:%S")));
        }
        parts.push(format!("{} hits since the start", poll.hits));
        let sent = self.progress.deliver.borrow().sent;
        parts.push(format!("{sent} alerts told"));
        parts.join(", ")
    }
}

pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// systemd 252 has no `Type=notify-reload`, but understands its messages.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "no monotonic clock"),
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
