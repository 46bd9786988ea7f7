//! Does every loop still move? They are asked, and each answers from where it waits for work.
//!
//! Whoever must know of a loop that hangs (a service manager's watchdog) cannot see it from outside: a
//! process that does nothing looks like one that has nothing to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// Asks the loops. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Pulse {
    asked: Arc<watch::Sender<u64>>,
    /// The last question that each loop has answered.
    answers: Arc<watch::Sender<BTreeMap<usize, u64>>>,
    loops: Arc<AtomicUsize>,
}

/// One loop's side. A loop that has ended, and dropped this, is not asked any more.
#[derive(Debug)]
pub struct Beat {
    number: usize,
    asked: watch::Receiver<u64>,
    answers: Arc<watch::Sender<BTreeMap<usize, u64>>>,
}

impl Pulse {
    /// A loop that will be asked from now on.
    #[must_use]
    pub fn beat(&self) -> Beat {
        let number = self.loops.fetch_add(1, Ordering::Relaxed);
        let asked = self.asked.subscribe();
        self.answers.send_modify(|answers| {
            answers.insert(number, *asked.borrow());
        });
        Beat {
            number,
            asked,
            answers: Arc::clone(&self.answers),
        }
    }

    /// Asks all loops and returns when all have answered; never, if one does not, or if there is none.
    pub async fn ask(&self) {
        let mut question = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            question = *asked;
        });
        let mut answers = self.answers.subscribe();
        let all = |answers: &BTreeMap<usize, u64>| {
            !answers.is_empty() && answers.values().all(|answer| *answer >= question)
        };
        // The sender is ours, so there is no other end to this.
        let _ = answers.wait_for(all).await;
    }
}

impl Beat {
    /// Waits for a question; cancel-safe. To be answered with what this returns.
    pub async fn asked(&mut self) -> u64 {
        if self.asked.changed().await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
        *self.asked.borrow_and_update()
    }

    /// Answers.
    pub fn answer(&self, question: u64) {
        self.answers.send_modify(|answers| {
            answers.insert(self.number, question);
        });
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.answers.send_modify(|answers| {
            answers.remove(&self.number);
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::FutureExt;

    use super::*;

    #[test]
    fn all_loops_must_answer_and_one_that_has_ended_need_not() {
        let pulse = Pulse::default();
        assert!(pulse.ask().now_or_never().is_none(), "there is no loop");

        let (mut quick, stuck) = (pulse.beat(), pulse.beat());
        let mut asking = Box::pin(pulse.ask());
        assert!(asking.as_mut().now_or_never().is_none());
        let question = quick.asked().now_or_never().unwrap();
        quick.answer(question);
        assert!(asking.as_mut().now_or_never().is_none());
        drop(stuck);
        assert!(asking.now_or_never().is_some());
        assert!(quick.asked().now_or_never().is_none(), "asked once only");
    }
}
