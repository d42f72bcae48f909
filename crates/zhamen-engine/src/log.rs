//! The counted events of one series and one key that has many: a time-ordered log with running
//! totals, so that a count or a sum over any span is two look-ups, also for a late event and after a
//! reversal.
//!
//! What a window makes of a log is in `window.rs`; keys with few events are in `streams`.

use serde::{Deserialize, Serialize};

use crate::ledger::EventNo;
use crate::rule::Reach;
use crate::series::NO_VALUE;
use crate::symbols::Sym;
use crate::time::TimestampMs;

/// Events kept per key; beyond it the oldest go and the window reads as saturated.
pub(crate) const EVENTS_PER_KEY_MAX: usize = 1 << 20;
/// Distinct values an `ever` window keeps per key.
pub(crate) const DISTINCT_MAX: usize = 10_000;

/// One counted event. Packed: there are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed(4))]
pub(crate) struct Entry {
    /// When it counts.
    pub(crate) at: TimestampMs,
    /// Numbers: the running total up to and with this event, wrapping. Texts: the symbol.
    pub(crate) value: i64,
    /// Its number in the ledger.
    pub(crate) no: EventNo,
}

/// The counted events of one key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log {
    /// By time, then journal order. Those before `head` are out of every window's reach.
    pub(crate) entries: Vec<Entry>,
    pub(crate) head: u32,
    /// Moves when a position is no longer what it was; caches built before are void.
    pub(crate) version: u32,
    /// Time of the newest event ever counted.
    pub(crate) newest: TimestampMs,
    /// Running total before `entries[0]`.
    pub(crate) before: i64,
    /// Sum of the magnitudes from `head` on. While it fits 64 bits no span of the log overflows.
    pub(crate) magnitude: i128,
    /// What only some logs need.
    pub(crate) extra: Option<Box<Extra>>,
}

/// Totals of what has left the log, and kept fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    /// For `ever`: everything evicted.
    pub(crate) totals: Totals,
    /// For windows that compare with the judged event: the row's currency and the kept columns,
    /// one row per entry.
    pub(crate) kept: Vec<Box<[i64]>>,
    /// Events were dropped because of [`EVENTS_PER_KEY_MAX`].
    pub(crate) truncated: bool,
}

/// Totals over evicted events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) last_at: Option<TimestampMs>,
    /// Of series that keep values.
    pub(crate) values: Option<Box<ValueTotals>>,
}

/// Totals over the values of evicted events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ValueTotals {
    pub(crate) sum: i128,
    /// Sum of the squares; the largest number there is once it does not fit.
    pub(crate) squares: i128,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    /// Distinct symbols, ascending; at most [`DISTINCT_MAX`].
    pub(crate) distinct: Vec<Sym>,
    pub(crate) saturated: bool,
}

impl Log {
    /// Events still in some window's reach.
    pub(crate) fn live(&self) -> &[Entry] {
        &self.entries[self.head as usize..]
    }

    /// Running total before position `i` of `entries`.
    fn total_before(&self, i: usize) -> i64 {
        if i == 0 {
            self.before
        } else {
            self.entries[i - 1].value
        }
    }

    /// The number that entry `i` brought.
    pub(crate) fn number(&self, i: usize) -> i64 {
        self.entries[i].value.wrapping_sub(self.total_before(i))
    }

    /// Exact sum of the numbers of `entries[lo..hi]`.
    pub(crate) fn sum(&self, lo: usize, hi: usize) -> i128 {
        if lo >= hi {
            return 0;
        }
        if self.magnitude <= i128::from(i64::MAX) {
            return i128::from(
                self.entries[hi - 1]
                    .value
                    .wrapping_sub(self.total_before(lo)),
            );
        }
        (lo..hi).map(|i| i128::from(self.number(i))).sum()
    }

    /// Puts an event in its own place.
    pub(crate) fn insert(
        &mut self,
        at: TimestampMs,
        no: EventNo,
        value: i64,
        numeric: bool,
        kept: Option<Box<[i64]>>,
    ) {
        let place = match self.entries.last() {
            Some(last) if last.at > at => self.entries.partition_point(|e| e.at <= at),
            _ => self.entries.len(),
        };
        if place < self.entries.len() {
            self.version = self.version.wrapping_add(1);
        }
        // An event older than everything in reach still lands behind the head, where it can be undone.
        let place = place.max(self.head as usize);
        let stored = if numeric {
            self.total_before(place).wrapping_add(value)
        } else {
            value
        };
        if self.entries.len() == self.entries.capacity() && self.entries.len() < 8 {
            self.entries.reserve_exact(if self.entries.is_empty() {
                1
            } else {
                self.entries.len()
            });
        }
        self.entries.insert(
            place,
            Entry {
                at,
                value: stored,
                no,
            },
        );
        if numeric {
            for e in &mut self.entries[place + 1..] {
                e.value = e.value.wrapping_add(value);
            }
            self.magnitude += i128::from(value).abs();
        }
        if let Some(row) = kept {
            self.extra.get_or_insert_default().kept.insert(place, row);
        }
        self.newest = self.newest.max(at);
    }

    /// Position of an event counted at `at`.
    pub(crate) fn find(&self, at: TimestampMs, no: EventNo) -> Option<usize> {
        let head = self.head as usize;
        let start = head + self.live().partition_point(|e| e.at < at);
        self.entries[start..]
            .iter()
            .take_while(|e| e.at == at)
            .position(|e| e.no == no)
            .map(|i| start + i)
    }

    /// Takes an event out.
    pub(crate) fn remove(&mut self, i: usize, numeric: bool) {
        let number = self.number(i);
        self.entries.remove(i);
        if numeric {
            self.lower_from(i, number);
        }
        if let Some(extra) = &mut self.extra
            && !extra.kept.is_empty()
        {
            extra.kept.remove(i);
        }
        self.version = self.version.wrapping_add(1);
    }

    /// Takes an amount out of an event that stays.
    pub(crate) fn reduce(&mut self, i: usize, by: i64) {
        self.lower_from(i, by);
        self.version = self.version.wrapping_add(1);
    }

    fn lower_from(&mut self, i: usize, by: i64) {
        for e in &mut self.entries[i..] {
            e.value = e.value.wrapping_sub(by);
        }
        self.magnitude -= i128::from(by).abs();
    }

    /// Lets go of what is out of reach; `ever` folds it into the totals.
    pub(crate) fn evict(
        &mut self,
        out: TimestampMs,
        reach: Reach,
        numeric: bool,
        has_value: bool,
        may_go: impl Fn(EventNo) -> bool,
    ) {
        while let Some(e) = self.entries.get(self.head as usize).copied() {
            let full = self.entries.len() - self.head as usize > EVENTS_PER_KEY_MAX;
            let seen = match reach {
                // So many newer ones, and the judged event itself, are before any event to come.
                Reach::Newest(n) => {
                    let newer = self.entries.get(self.head as usize + n as usize + 1);
                    newer.is_none_or(|e| e.at > out)
                }
                _ => e.at > out,
            };
            if (seen || !may_go(e.no)) && !full {
                break;
            }
            if full && reach != Reach::Ever {
                self.extra.get_or_insert_default().truncated = true;
            }
            let number = if numeric {
                self.number(self.head as usize)
            } else {
                e.value
            };
            if numeric {
                self.magnitude -= i128::from(number).abs();
            }
            if reach == Reach::Ever {
                let totals = &mut self.extra.get_or_insert_default().totals;
                totals.fold(e.at, number, numeric, has_value);
            }
            self.head += 1;
        }
        let head = self.head as usize;
        if head >= 16 && head * 2 >= self.entries.len() {
            self.before = self.total_before(head);
            self.entries.drain(..head);
            if let Some(extra) = &mut self.extra
                && !extra.kept.is_empty()
            {
                extra.kept.drain(..head);
            }
            self.head = 0;
            self.version = self.version.wrapping_add(1);
        }
    }

    /// Bytes it holds beyond itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
            + self.extra.as_ref().map_or(0, |x| {
                size_of::<Extra>()
                    + x.totals.heap_bytes()
                    + x.kept
                        .iter()
                        .map(|r| 16 + r.len() * size_of::<i64>())
                        .sum::<usize>()
            })
    }
}

impl Totals {
    pub(crate) fn fold(&mut self, at: TimestampMs, value: i64, numeric: bool, has_value: bool) {
        self.count += 1;
        self.last_at = Some(at);
        if !has_value || value == NO_VALUE {
            return;
        }
        let totals = self.values.get_or_insert_default();
        totals.first = totals.first.or(Some(value));
        totals.last = Some(value);
        if numeric {
            totals.sum += i128::from(value);
            let square = i128::from(value) * i128::from(value);
            totals.squares = totals.squares.saturating_add(square);
            totals.min = Some(totals.min.map_or(value, |m| m.min(value)));
            totals.max = Some(totals.max.map_or(value, |m| m.max(value)));
            return;
        }
        let sym = value as Sym;
        if let Err(place) = totals.distinct.binary_search(&sym) {
            if totals.distinct.len() < DISTINCT_MAX {
                totals.distinct.insert(place, sym);
            } else {
                totals.saturated = true;
            }
        }
    }

    /// Bytes it holds beyond itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.values.as_ref().map_or(0, |v| {
            size_of::<ValueTotals>() + v.distinct.capacity() * size_of::<Sym>()
        })
    }
}
