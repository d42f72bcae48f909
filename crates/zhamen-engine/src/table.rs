//! A table from the hash of a key to a dense number; what the key is, the caller knows. One cell is
//! eight bytes, 32 bits of the hash beside the number, so that a look is one cache line and a
//! stranger is seldom taken for the one looked for. Never iterated.

/// Open addressing with linear probing, at most three fifths full.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// The hash's upper half, then the number and one more; 0: empty. A power of two of them.
    cells: Vec<u64>,
    used: usize,
}

fn tag(hash: u64) -> u64 {
    hash >> 32
}

fn cell(tag: u64, number: u32) -> u64 {
    tag << 32 | (u64::from(number) + 1)
}

fn number(cell: u64) -> u32 {
    (cell as u32) - 1
}

impl Table {
    pub(crate) fn with_capacity(numbers: usize) -> Table {
        let mut table = Table::default();
        table.resize(numbers * 5 / 3 + 1);
        table
    }

    /// The number under this hash that is the one looked for.
    pub(crate) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut at = self.home(tag(hash))?;
        loop {
            let cell = self.cells[at];
            if cell == 0 {
                return None;
            }
            if tag(cell) == tag(hash) && is_it(number(cell)) {
                return Some(number(cell));
            }
            at = (at + 1) & (self.cells.len() - 1);
        }
    }

    /// A number under this hash, likely the one: for looking ahead.
    pub(crate) fn likely(&self, hash: u64) -> Option<u32> {
        self.find(hash, |_| true)
    }

    /// Adds a number that is not there yet.
    pub(crate) fn insert(&mut self, hash: u64, number: u32) {
        assert!(number < u32::MAX, "a table is full");
        if (self.used + 1) * 5 > self.cells.len() * 3 {
            self.resize((self.cells.len() * 2).max(8));
        }
        self.put(cell(tag(hash), number));
        self.used += 1;
    }

    /// Takes a number out again.
    pub(crate) fn remove(&mut self, hash: u64, number: u32) {
        let Some(mut at) = self.home(tag(hash)) else {
            return;
        };
        let wanted = cell(tag(hash), number);
        while self.cells[at] != wanted {
            if self.cells[at] == 0 {
                return;
            }
            at = (at + 1) & (self.cells.len() - 1);
        }
        self.used -= 1;
        // Those after it move up where that brings them no farther than their home.
        let last = self.cells.len() - 1;
        let mut next = at;
        loop {
            next = (next + 1) & last;
            let moved = self.cells[next];
            if moved == 0 {
                break;
            }
            let home = tag(moved) as usize & last;
            if next.wrapping_sub(home) & last >= next.wrapping_sub(at) & last {
                self.cells[at] = moved;
                at = next;
            }
        }
        self.cells[at] = 0;
    }

    /// Bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<u64>()
    }

    fn home(&self, tag: u64) -> Option<usize> {
        let last = self.cells.len().checked_sub(1)?;
        Some(tag as usize & last)
    }

    fn put(&mut self, cell: u64) {
        let last = self.cells.len() - 1;
        let mut at = tag(cell) as usize & last;
        while self.cells[at] != 0 {
            at = (at + 1) & last;
        }
        self.cells[at] = cell;
    }

    fn resize(&mut self, cells: usize) {
        let old = std::mem::replace(&mut self.cells, vec![0; cells.next_power_of_two()]);
        for cell in old.into_iter().filter(|c| *c != 0) {
            self.put(cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::hash::roll;

    /// What to notice: few homes, so that runs grow long and wrap around the end.
    #[test]
    fn numbers_are_found_until_they_are_taken_out() {
        let hash = |n: u32| roll(0, u64::from(n) % 97) | 0xff << 32;
        let mut table = Table::default();
        let mut there = std::collections::BTreeSet::new();
        let mut state = 1_u64;
        for step in 0..20_000_u32 {
            state = roll(state, step.into());
            let n = (state % 500) as u32;
            if there.remove(&n) {
                table.remove(hash(n), n);
            } else {
                table.insert(hash(n), n);
                there.insert(n);
            }
            let m = (state >> 32) as u32 % 500;
            let found = table.find(hash(m), |n| n == m);
            assert_eq!(found.is_some(), there.contains(&m), "step {step}, {m}");
        }
        for n in 0..500 {
            let found = table.find(hash(n), |m| m == n);
            assert_eq!(found, there.contains(&n).then_some(n));
        }
    }
}
