//! Where are documents read, so that what this takes in memory stays within bounds?

use std::io;
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

/// Documents that are read at once. To parse one takes about ten times the document in memory.
const READERS: usize = 2;

/// A few threads that read documents, one after the other; those to come wait their turn. They are threads of
/// their own, because each keeps some of the memory that a document took: of many that take turns the kept
/// memory is many times what is needed.
#[derive(Clone, Debug)]
pub struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool(Option<Runtime>);

impl Readers {
    /// Threads that are started when there is something to read.
    pub fn new() -> io::Result<Readers> {
        // Only its threads for blocking work are ever used.
        let pool = Builder::new_current_thread()
            .max_blocking_threads(READERS)
            .thread_name("reader")
            .build()?;
        Ok(Readers(Arc::new(Pool(Some(pool)))))
    }

    /// What `work` returns; `None` if it broke, or was not begun before the program ended.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let pool = self.0.0.as_ref()?;
        pool.spawn_blocking(work).await.ok()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Some(pool) = self.0.take() {
            // Whoever lets go of it last may stand in an async context, which must not wait for threads.
            pool.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::OnceLock;
    use std::thread;

    use futures_util::future::{join, join_all};

    use super::*;

    #[tokio::test]
    async fn few_threads_take_turns_and_outlive_what_breaks() {
        let readers = Readers::new().unwrap();
        let broken: Option<()> = readers.read(|| panic!("a document is too odd")).await;
        assert_eq!(broken, None);
        // None ends before all were asked for: else one thread might do for them.
        let gate = Arc::new(OnceLock::new());
        let all = (0..20).map(|_| {
            let gate = Arc::clone(&gate);
            readers.read(move || {
                gate.wait();
                thread::current().id()
            })
        });
        let (all, opened) = join(join_all(all), async { gate.set(()) }).await;
        assert_eq!(opened, Ok(()));
        let threads: HashSet<_> = all.into_iter().map(Option::unwrap).collect();
        assert!((1..=READERS).contains(&threads.len()), "{threads:?}");
    }
}
