//! What one series sees of one key, whether that keeps rows or logs: positions by time, and the
//! counted events between two of them.

use super::layout::{Layout, Member};
use super::rows::{Row, Rows};
use super::slots::Slot;
use crate::event::Field;
use crate::expr::Val;
use crate::facts::Facts;
use crate::ledger::EventNo;
use crate::log::{Log, Totals};
use crate::series::NO_VALUE;
use crate::time::TimestampMs;

/// One series of one key. Positions are of rows or entries; between two of them may stand rows
/// that the series does not count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'s> {
    pub(crate) member: &'s Member,
    pub(crate) held: Held<'s>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Held<'s> {
    Few(Few<'s>),
    /// A log; the number tells it from the stream's other logs of this series.
    Many(&'s Log, u64),
    Nothing,
}

/// Rows of which some are the series'.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Few<'s> {
    rows: &'s Rows,
    width: usize,
    bit: u16,
    /// The row's currency, where the series keeps money.
    currency: Option<u8>,
    column: Option<usize>,
    pub(crate) totals: Option<&'s Totals>,
}

/// A counted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) at: TimestampMs,
    pub(crate) no: EventNo,
    /// A number or a symbol; [`NO_VALUE`] for none.
    pub(crate) value: i64,
}

/// The kept fields of a counted event.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeptRow<'s> {
    Row(&'s Member, Row<'s>),
    /// Currency, then the kept columns.
    Entry(&'s Member, &'s [i64]),
}

impl KeptRow<'_> {
    pub(crate) fn get<'e>(&self, field: Field, facts: &'e Facts) -> Option<Val<'e>> {
        match self {
            KeptRow::Row(member, row) => {
                let column = |place: usize| row.column(member.kept_columns[place]);
                member.kept(field, row.currency(), column, facts)
            }
            KeptRow::Entry(member, values) => {
                let column = |place: usize| values[place + 1];
                member.kept(field, values[0] as u8, column, facts)
            }
        }
    }
}

impl<'s> Few<'s> {
    /// The counted events between two positions, oldest first.
    pub(crate) fn events(
        self,
        (lo, hi): (usize, usize),
    ) -> impl DoubleEndedIterator<Item = Seen> + Clone + 's {
        let rows = self.rows.between(lo, hi, self.width);
        rows.filter(move |row| self.counts(*row))
            .map(move |row| self.seen(row))
    }

    fn counts(&self, row: Row<'_>) -> bool {
        row.live() & self.bit != 0 && self.is_currency(row)
    }

    fn is_currency(&self, row: Row<'_>) -> bool {
        self.currency.is_none_or(|c| c == row.currency())
    }

    fn seen(&self, row: Row<'_>) -> Seen {
        Seen {
            at: row.at(),
            no: row.no(),
            value: self.column.map_or(NO_VALUE, |c| row.column(c)),
        }
    }
}

impl<'s> View<'s> {
    pub(super) fn new(
        slot: &'s Slot,
        place: u32,
        layout: &'s Layout,
        member: usize,
        currency: u8,
    ) -> View<'s> {
        let m = &layout.members[member];
        let key = (member as u8, if m.money { currency } else { 0 });
        let more = slot.more.as_deref();
        let held = match more.and_then(|x| x.logs.as_ref()) {
            Some(logs) => {
                let many = logs.iter().find(|l| (l.member, l.currency) == key);
                many.map_or(Held::Nothing, |l| {
                    Held::Many(&l.log, u64::from(place) << 8 | u64::from(key.1))
                })
            }
            None => {
                let totals = more.into_iter().flat_map(|x| &x.totals);
                let mut mine = totals.filter(|(m, c, _)| (*m, *c) == key);
                Held::Few(Few {
                    rows: &slot.rows,
                    width: layout.width(),
                    bit: 1 << member,
                    currency: m.money.then_some(currency),
                    column: m.value,
                    totals: mine.next().map(|(_, _, t)| t),
                })
            }
        };
        View { member: m, held }
    }

    /// Position of the oldest.
    pub(crate) fn start(&self) -> usize {
        match self.held {
            Held::Many(log, _) => log.head as usize,
            Held::Few(_) | Held::Nothing => 0,
        }
    }

    /// Position after those at or before a time.
    pub(crate) fn upto(&self, at: TimestampMs) -> usize {
        match self.held {
            Held::Nothing => 0,
            Held::Few(few) => few.rows.upto(at, few.width),
            Held::Many(log, _) => {
                let live = log.live();
                let n = match (live.first(), live.last()) {
                    (Some(first), _) if first.at > at => 0,
                    (_, Some(last)) if last.at <= at => live.len(),
                    _ => live.partition_point(|e| e.at <= at),
                };
                log.head as usize + n
            }
        }
    }

    /// The counted events between two positions, each with its own.
    pub(crate) fn entries(
        self,
        (lo, hi): (usize, usize),
    ) -> impl DoubleEndedIterator<Item = (usize, Seen)> + Clone + 's {
        (lo..hi).filter_map(move |i| Some((i, self.entry(i)?)))
    }

    fn entry(&self, i: usize) -> Option<Seen> {
        match self.held {
            Held::Nothing => None,
            Held::Few(few) => {
                let row = few.rows.get(i, few.width);
                few.counts(row).then(|| few.seen(row))
            }
            Held::Many(log, _) => {
                let entry = log.entries[i];
                let value = match self.member.numeric {
                    true => log.number(i),
                    false => entry.value,
                };
                Some(Seen {
                    at: entry.at,
                    no: entry.no,
                    value,
                })
            }
        }
    }

    /// Position in `lo..hi` from which so many counted events stand, or `lo` if there are fewer.
    pub(crate) fn back(&self, (lo, hi): (usize, usize), n: usize) -> usize {
        match self.held {
            Held::Many(..) => lo.max(hi.saturating_sub(n)),
            _ if n == 0 => hi,
            _ => {
                let nth = self.entries((lo, hi)).rev().nth(n - 1);
                nth.map_or(lo, |(i, _)| i)
            }
        }
    }

    /// Kept fields of the event at a position.
    pub(crate) fn kept(&self, i: usize) -> Option<KeptRow<'s>> {
        match self.held {
            Held::Nothing => None,
            Held::Few(few) => Some(KeptRow::Row(self.member, few.rows.get(i, few.width))),
            Held::Many(log, _) => {
                let row = log.extra.as_deref()?.kept.get(i)?;
                Some(KeptRow::Entry(self.member, row))
            }
        }
    }

    /// Time of the newest event ever counted.
    pub(crate) fn newest(&self) -> TimestampMs {
        match self.held {
            Held::Nothing => TimestampMs::MIN,
            Held::Many(log, _) => log.newest,
            Held::Few(few) => {
                let mut newest_first = few.rows.iter(few.width).rev();
                newest_first
                    .find(|r| r.admitted() & few.bit != 0 && few.is_currency(*r))
                    .map_or(TimestampMs::MIN, |r| r.at())
            }
        }
    }

    /// Totals of what has left, for `ever`.
    pub(crate) fn totals(&self) -> Option<&'s Totals> {
        match self.held {
            Held::Nothing => None,
            Held::Few(few) => few.totals,
            Held::Many(log, _) => log.extra.as_deref().map(|x| &x.totals),
        }
    }
}
