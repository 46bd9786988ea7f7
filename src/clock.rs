//! What time is it, and how do we wait for a time? The only file that reads the time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The longest nap before the wall clock is read again. Timers do not count time spent in suspend
/// and know nothing of a clock set by hand, so a long sleep is taken in naps.
const NAP: Duration = Duration::from_secs(30);

/// Tells the time and waits for it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    Wall,
    Set(watch::Receiver<Timestamp>),
}

/// Moves the hands of a clock made by [`Clock::set_to`].
#[derive(Debug)]
pub struct Hands(watch::Sender<Timestamp>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn wall() -> Clock {
        Clock(Source::Wall)
    }

    /// A clock that stands at `start` and moves only by its [`Hands`]: for time that is recorded or
    /// imagined instead of lived through.
    #[must_use]
    pub fn set_to(start: Timestamp) -> (Clock, Hands) {
        let (hands, face) = watch::channel(start);
        (Clock(Source::Set(face)), Hands(hands))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the clock")]
            Source::Wall => Timestamp::now(),
            Source::Set(face) => *face.borrow(),
        }
    }

    /// Returns once the clock has been set back, and says by how much: whoever waits for a time
    /// would wait so much longer. On the machine's clock it may take a nap to notice.
    pub async fn set_back(&self) -> SignedDuration {
        let mut last = self.now();
        loop {
            let expected = match &self.0 {
                Source::Wall => {
                    tokio::time::sleep(NAP).await;
                    last.saturating_add(NAP).unwrap_or(last)
                }
                Source::Set(face) => {
                    let mut face = face.clone();
                    if face.wait_for(|now| *now != last).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                    last
                }
            };
            let now = self.now();
            if now < last {
                return expected.duration_since(now);
            }
            last = now;
        }
    }

    /// Returns when the clock shows `time` or later; at once if it does already.
    pub async fn sleep_until(&self, time: Timestamp) {
        match &self.0 {
            Source::Wall => loop {
                let left = time.duration_since(self.now());
                let Ok(left) = Duration::try_from(left) else {
                    return;
                };
                if left.is_zero() {
                    return;
                }
                tokio::time::sleep(left.min(NAP)).await;
            },
            Source::Set(face) => {
                let mut face = face.clone();
                if face.wait_for(|now| *now >= time).await.is_err() {
                    // The hands are gone: this time never comes.
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

impl Hands {
    /// Moves the clock on by `time`, or back if it is negative, and wakes who waited for what it now shows.
    pub fn advance(&self, time: SignedDuration) {
        self.0
            .send_modify(|now| *now = now.saturating_add(time).unwrap_or(*now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_set_clock_wakes_sleepers_when_its_hands_pass_their_time() {
        let (clock, hands) = Clock::set_to(Timestamp::UNIX_EPOCH);
        let noon = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(12);
        let sleeper = clock.sleep_until(noon);
        tokio::pin!(sleeper);
        hands.advance(SignedDuration::from_hours(11));
        assert!(futures_util::future::FutureExt::now_or_never(&mut sleeper).is_none());
        hands.advance(SignedDuration::from_hours(1));
        sleeper.await;
        assert_eq!(clock.now(), noon);
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_is_noticed() {
        let (clock, hands) = Clock::set_to(Timestamp::UNIX_EPOCH);
        let back = clock.set_back();
        tokio::pin!(back);
        let mut look = || futures_util::future::FutureExt::now_or_never(&mut back);
        assert_eq!(look(), None);
        hands.advance(SignedDuration::from_hours(3));
        assert_eq!(look(), None);
        hands.advance(SignedDuration::from_hours(-2));
        assert_eq!(look(), Some(SignedDuration::from_hours(2)));
    }

    #[tokio::test]
    async fn the_past_is_not_waited_for() {
        let clock = Clock::wall();
        clock
            .sleep_until(clock.now() - SignedDuration::from_secs(1))
            .await;
    }
}
