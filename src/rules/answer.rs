//! Which queries hold for an item, as far as can be told from what they are filed under?

/// Set in the number of a query that holds if all does that is known of it.
pub(super) const DECIDES: u32 = 1 << 31;

/// Numbers of which only some are kept. Each is written down in any case, and the next one over it if it
/// is not kept: which ones are cannot be foreseen.
#[derive(Debug, Default)]
pub(super) struct Kept {
    numbers: Vec<u32>,
    count: usize,
}

impl Kept {
    fn clear(&mut self) {
        self.count = 0;
    }

    /// Makes room for more.
    pub(super) fn reserve(&mut self, more: usize) {
        let most = self.count + more;
        if self.numbers.len() < most {
            self.numbers.resize(2 * most, 0);
        }
    }

    /// Adds a number there is room for, if it is kept.
    #[inline]
    pub(super) fn add(&mut self, number: u32, is_kept: bool) {
        if let Some(room) = self.numbers.get_mut(self.count) {
            *room = number;
            self.count += usize::from(is_kept);
        }
    }

    pub(super) fn all(&self) -> &[u32] {
        &self.numbers[..self.count]
    }
}

/// The queries that are filed under the forms of an item.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Places of those that may hold.
    pub(super) maybe: Kept,
    /// Numbers of cases that are looked at.
    pub(super) cases: Kept,
    held: Kept,
    open: Kept,
}

impl Answer {
    /// Forgets the item before.
    pub(super) fn clear(&mut self) {
        self.maybe.clear();
        self.cases.clear();
        self.held.clear();
        self.open.clear();
    }

    /// Makes room for an answer to each that may hold.
    pub(super) fn reserve(&mut self) {
        let count = self.maybe.all().len();
        self.cases.reserve(count);
        self.held.reserve(count);
        self.open.reserve(count);
    }

    /// Adds a query with its mark, if it may hold as far as is known.
    #[inline]
    pub(super) fn add(&mut self, query: u32, may_hold: bool) {
        let decides = query & DECIDES != 0;
        self.held.add(query & !DECIDES, may_hold & decides);
        self.open.add(query, may_hold && !decides);
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
