//! Which queries hold for an item, as far as can be told from what they are filed under?

use super::kept::Kept;

/// Set in the number of a query that holds if all does that is known of it.
pub(super) const DECIDES: u32 = 1 << 31;

/// The queries that are filed under the forms of an item.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Places of those that are asked for.
    pub(super) asked: Kept<u32>,
    /// Places of those that may hold.
    pub(super) maybe: Kept<u32>,
    /// Numbers of cases that are looked at.
    pub(super) cases: Kept<u32>,
    /// Those that may hold, with their marks.
    pub(super) queries: Kept<u32>,
    held: Kept<u32>,
    open: Kept<u32>,
}

impl Answer {
    /// Forgets the item before.
    pub(super) fn clear(&mut self) {
        let Answer {
            asked,
            maybe,
            cases,
            queries,
            held,
            open,
        } = self;
        for kept in [asked, maybe, cases, queries, held, open] {
            kept.clear();
        }
    }

    /// Tells those that hold from those that may.
    pub(super) fn part(&mut self) {
        let queries = self.queries.all().iter();
        let decides = |query: &u32| query & DECIDES != 0;
        let marked = queries
            .clone()
            .map(|query| (query & !DECIDES, decides(query)));
        self.held.extend(marked);
        self.open
            .extend(queries.map(|query| (*query, !decides(query))));
    }

    /// Those that hold.
    pub(super) fn held(&self) -> &[u32] {
        self.held.all()
    }

    /// Those that may hold: their words do not decide.
    pub(super) fn open(&self) -> &[u32] {
        self.open.all()
    }
}
