//! The rows of one key: one for each counted event, by time, then journal order. Packed, because
//! most of the engine's memory is this; found by scanning, because there are few.
//!
//! A row is two words and its columns: time and currency, then the event's number with two sets of
//! bits, who counted it (`admitted`) and for whom it still counts (`live`).

use crate::ledger::{EventNo, is_before};
use crate::series::NO_VALUE;
use crate::time::TimestampMs;

/// Rows of a key at most; a key with more keeps logs.
pub(crate) const ROWS_MAX: usize = 128;

/// Words before the columns.
const HEAD: usize = 2;

/// Some rows; how wide they are the stream's layout knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    words: Vec<u64>,
}

/// One row to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'r> {
    words: &'r [u64],
}

impl<'r> Row<'r> {
    pub(crate) fn at(self) -> TimestampMs {
        at_of(self.words[0])
    }

    pub(crate) fn currency(self) -> u8 {
        self.words[0] as u8
    }

    pub(crate) fn no(self) -> EventNo {
        (self.words[1] >> 32) as EventNo
    }

    pub(crate) fn live(self) -> u16 {
        self.words[1] as u16
    }

    pub(crate) fn admitted(self) -> u16 {
        (self.words[1] >> 16) as u16
    }

    pub(crate) fn column(self, i: usize) -> i64 {
        self.words[HEAD + i] as i64
    }
}

fn at_of(word: u64) -> TimestampMs {
    (word as i64) >> 8
}

impl Rows {
    pub(crate) fn from_words(words: Vec<u64>) -> Rows {
        Rows { words }
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(crate) fn len(&self, width: usize) -> usize {
        self.words.len() / (HEAD + width)
    }

    /// Whether another row needs more memory.
    pub(crate) fn is_full(&self, width: usize) -> bool {
        self.words.capacity() - self.words.len() < HEAD + width
    }

    pub(crate) fn get(&self, i: usize, width: usize) -> Row<'_> {
        let stride = HEAD + width;
        Row {
            words: &self.words[i * stride..(i + 1) * stride],
        }
    }

    pub(crate) fn iter(&self, width: usize) -> impl DoubleEndedIterator<Item = Row<'_>> {
        self.between(0, self.len(width), width)
    }

    /// The rows between two positions.
    pub(crate) fn between(
        &self,
        lo: usize,
        hi: usize,
        width: usize,
    ) -> impl DoubleEndedIterator<Item = Row<'_>> + Clone {
        let stride = HEAD + width;
        self.words[lo * stride..hi * stride]
            .chunks_exact(stride)
            .map(|words| Row { words })
    }

    /// How many rows stand at or before a time.
    pub(crate) fn upto(&self, at: TimestampMs, width: usize) -> usize {
        let len = self.len(width);
        let later = |i: usize| self.get(i, width).at() > at;
        if len == 0 || later(0) {
            return 0;
        }
        if !later(len - 1) {
            return len;
        }
        let (mut lo, mut hi) = (0, len - 1);
        while lo + 1 < hi {
            let middle = (lo + hi) / 2;
            match later(middle) {
                true => hi = middle,
                false => lo = middle,
            }
        }
        hi
    }

    /// Position of an event's row.
    pub(crate) fn find(&self, at: TimestampMs, no: EventNo, width: usize) -> Option<usize> {
        let newest_first = self.iter(width).rev().enumerate();
        newest_first
            .take_while(|(_, r)| r.at() >= at)
            .find(|(_, r)| r.no() == no && r.at() == at)
            .map(|(i, _)| self.len(width) - 1 - i)
    }

    /// Makes room for twice as many.
    pub(crate) fn grow(&mut self, width: usize) {
        let rows = self.len(width).max(1);
        self.words.reserve_exact(rows * (HEAD + width));
    }

    /// A row for an event, in its own place; nobody has counted it yet.
    pub(crate) fn insert(
        &mut self,
        at: TimestampMs,
        currency: u8,
        no: EventNo,
        width: usize,
    ) -> usize {
        let mut place = self.upto(at, width);
        // Of equal times in journal order, also where rows come from several logs.
        while place > 0 {
            let before = self.get(place - 1, width);
            if before.at() < at || !is_before(no, before.no()) {
                break;
            }
            place -= 1;
        }
        let stride = HEAD + width;
        let from = place * stride;
        let old = self.words.len();
        if self.is_full(width) {
            self.grow(width);
        }
        self.words.resize(old + stride, NO_VALUE as u64);
        if from < old {
            self.words.copy_within(from..old, from + stride);
            self.words[from..from + stride].fill(NO_VALUE as u64);
        }
        self.words[from] = (at << 8) as u64 | u64::from(currency);
        self.words[from + 1] = u64::from(no) << 32;
        place
    }

    pub(crate) fn set_column(&mut self, i: usize, column: usize, value: i64, width: usize) {
        self.words[i * (HEAD + width) + HEAD + column] = value as u64;
    }

    pub(crate) fn set_currency(&mut self, i: usize, currency: u8, width: usize) {
        let word = &mut self.words[i * (HEAD + width)];
        *word = *word & !0xff | u64::from(currency);
    }

    /// Marks a row as counted by these members and live for them.
    pub(crate) fn admit(&mut self, i: usize, bits: u16, width: usize) {
        self.words[i * (HEAD + width) + 1] |= u64::from(bits) << 16 | u64::from(bits);
    }

    /// Marks a row as counted by these members, but live for none of them.
    pub(crate) fn admit_dead(&mut self, i: usize, bits: u16, width: usize) {
        self.words[i * (HEAD + width) + 1] |= u64::from(bits) << 16;
    }

    /// A row no longer counts for these members.
    pub(crate) fn clear_live(&mut self, i: usize, bits: u16, width: usize) {
        self.words[i * (HEAD + width) + 1] &= !u64::from(bits);
    }

    /// Keeps the rows whose position passes.
    pub(crate) fn retain(&mut self, width: usize, keep: impl Fn(usize) -> bool) {
        let stride = HEAD + width;
        let mut to = 0;
        for i in 0..self.len(width) {
            if keep(i) {
                self.words.copy_within(i * stride..(i + 1) * stride, to);
                to += stride;
            }
        }
        self.words.truncate(to);
    }

    /// Bytes beyond itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What to notice: equal times stay in journal order, a late row finds its place.
    #[test]
    fn rows_stand_by_time_then_journal_order() {
        let mut rows = Rows::default();
        for (at, no) in [(10, 0), (30, 1), (20, 2), (20, 3), (-5, 4), (30, 5)] {
            let i = rows.insert(at, 1, no, 1);
            rows.set_column(i, 0, at * 100, 1);
            rows.admit(i, 0b10, 1);
        }
        let seen: Vec<_> = rows
            .iter(1)
            .map(|r| {
                (
                    r.at(),
                    r.no(),
                    r.column(0),
                    r.currency(),
                    r.live(),
                    r.admitted(),
                )
            })
            .collect();
        let row = |at: i64, no| (at, no, at * 100, 1, 0b10, 0b10);
        assert_eq!(
            seen,
            [
                row(-5, 4),
                row(10, 0),
                row(20, 2),
                row(20, 3),
                row(30, 1),
                row(30, 5)
            ]
        );
        assert_eq!(rows.upto(20, 1), 4);
        assert_eq!(rows.find(20, 3, 1), Some(3));
        assert_eq!(rows.find(20, 9, 1), None);
        rows.clear_live(3, 0b10, 1);
        rows.retain(1, |i| i != 0);
        assert_eq!(rows.len(1), 5);
        assert_eq!(
            (rows.get(2, 1).live(), rows.get(2, 1).admitted()),
            (0, 0b10)
        );
    }
}
