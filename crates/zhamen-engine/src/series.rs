//! Counted events per key, exact per event: a time-ordered log with running totals, so that a
//! count or a sum over any span is two look-ups, also for a late event and after a reversal.
//!
//! What a window makes of a log is in `window.rs`.

use crate::event::{Event, Field, FieldType, Value};
use crate::facts::Facts;
use crate::hash::IdMap;
use crate::ledger::EventNo;
use crate::money::{Currency, Dec};
use crate::rule::{Hops, Reach, Series};
use crate::symbols::{Sym, Symbols};
use crate::time::{
    DAY_MS, TimestampMs, WorkingDays, civil_from_days, day_start, days_from_civil, shanghai_day,
};

/// Up to three symbols and, for money, a currency.
pub(crate) type Key = u128;

/// A text value that a counted event does not have.
pub(crate) const NO_VALUE: i64 = i64::MIN;
/// Events kept per key; beyond it the oldest go and the window reads as saturated.
pub(crate) const EVENTS_PER_KEY_MAX: usize = 1 << 20;
/// Distinct values an `ever` window keeps per key.
pub(crate) const DISTINCT_MAX: usize = 10_000;
/// Payments into the payer that a hop looks at, newest first.
pub(crate) const HOPS_SCAN_MAX: usize = 1_000;
/// Longest chain of payments told apart.
pub(crate) const HOPS_MAX: i64 = 32;

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
    /// Journal's clock when an event was last counted.
    pub(crate) touched: TimestampMs,
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
    /// For windows that compare with the judged event: kept fields, one row per entry.
    pub(crate) kept: Vec<Box<[Option<Value>]>>,
    /// Events were dropped because of [`EVENTS_PER_KEY_MAX`].
    pub(crate) truncated: bool,
}

/// Totals over evicted events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) count: u64,
    pub(crate) sum: i128,
    /// Sum of the squares; the largest number there is once it does not fit.
    pub(crate) squares: i128,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
    pub(crate) last_at: Option<TimestampMs>,
    /// Distinct symbols, ascending; at most [`DISTINCT_MAX`].
    pub(crate) distinct: Vec<Sym>,
    pub(crate) saturated: bool,
}

/// All keys of one series.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeriesState {
    pub(crate) index: IdMap<Key, u32>,
    /// Beside `logs`; `None` where a place is free.
    pub(crate) keys: Vec<Option<Key>>,
    pub(crate) logs: Vec<Log>,
    free: Vec<u32>,
    cursor: u32,
}

/// Whether a series keeps running totals (numbers) or symbols (texts).
pub(crate) fn is_numeric(s: &Series) -> bool {
    s.hops.is_some()
        || !s.as_text
            && s.value
                .is_some_and(|f| !matches!(f.ty(), FieldType::Text | FieldType::TextList))
}

/// Whether it is kept per currency.
pub(crate) fn is_money(s: &Series) -> bool {
    s.value.is_some_and(|f| f.ty() == FieldType::Money)
}

/// What a key can be.
pub(crate) enum KeyOf {
    /// A field is absent.
    Absent,
    /// A value was never seen: nothing can have been counted.
    Unknown,
    /// This one.
    Known(Key),
}

/// The key of an event by these fields; `symbol` finds or makes the symbol of a text.
pub(crate) fn key_of(
    e: &Event,
    by: &[Field],
    currency: Option<Currency>,
    mut symbol: impl FnMut(&str) -> Option<Sym>,
) -> KeyOf {
    assert!(
        by.len() <= 3,
        "the compiler admits at most three key fields"
    );
    let mut key: Key = currency.map_or(0, |c| Key::from(c.index()) + 1);
    let mut unknown = false;
    for (i, field) in by.iter().enumerate() {
        let sym = match e.text(*field) {
            Some(text) => symbol(text),
            None => match e.get(*field) {
                None => return KeyOf::Absent,
                Some(value) => symbol(&key_text(value)),
            },
        };
        match sym {
            None => unknown = true,
            Some(sym) => key |= Key::from(sym) << (32 * (i + 1)),
        }
    }
    if unknown {
        KeyOf::Unknown
    } else {
        KeyOf::Known(key)
    }
}

fn key_text(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Int(n) | Value::Time(n) | Value::Date(n) => n.to_string(),
        Value::Money(m) => format!("{} {}", m.text(), m.currency.code()),
        Value::TextList(l) => l.join("\u{1f}"),
        Value::Text(t) => t.to_string(),
    }
}

/// The number a series keeps of an event counted at `at`: minor units, a count, or a symbol.
/// `None`: absent.
pub(crate) fn value_of(e: &Event, at: TimestampMs, s: &Series, facts: &mut Facts) -> Option<i64> {
    let field = s.value?;
    if let Some(text) = e.text(field) {
        return Some(i64::from(facts.symbols.intern(text)));
    }
    let time = Value::Time(at);
    let value = match field {
        Field::OccurredAt => &time,
        _ => e.get(field)?,
    };
    if s.as_text {
        return Some(i64::from(facts.symbols.intern(&key_text(value))));
    }
    Some(match value {
        Value::Bool(b) => i64::from(*b),
        Value::Int(n) | Value::Time(n) | Value::Date(n) => *n,
        Value::Money(m) => m.minor,
        list @ Value::TextList(_) => i64::from(facts.symbols.intern(&key_text(list))),
        Value::Text(_) => unreachable!("texts were read above"),
    })
}

/// How many hops of payments have led to this one, itself included: one more than the most of those
/// that the payer received lately. What one pays oneself is no hop.
pub(crate) fn hops_of(
    e: &Event,
    at: TimestampMs,
    s: &Series,
    hops: &Hops,
    received: Option<&Log>,
) -> i64 {
    let Some(log) = received else { return 1 };
    let hi = log.entries.partition_point(|x| x.at <= at);
    let recent = (log.head as usize..hi)
        .rev()
        .take(HOPS_SCAN_MAX)
        .take_while(|i| log.entries[*i].at > at - hops.within_ms);
    let mut most = 0;
    for i in recent {
        if let Some(share) = hops.share
            && !goes_on(e, s, share, log, i)
        {
            continue;
        }
        most = most.max(log.number(i));
        if most >= HOPS_MAX {
            break;
        }
    }
    let to_another = s.by.iter().any(|f| e.text(*f) != e.text(hops.payer));
    (most + i64::from(to_another)).clamp(1, HOPS_MAX)
}

/// Whether the event passes on at least this part of what came in.
fn goes_on(e: &Event, s: &Series, share: Dec, log: &Log, i: usize) -> bool {
    let came = s.kept.iter().position(|f| *f == Field::TxnAmount);
    let came = came.and_then(|f| log.extra.as_deref()?.kept.get(i)?[f].as_ref());
    let (Some(Value::Money(came)), Some(goes)) = (came, e.money(Field::TxnAmount)) else {
        return false;
    };
    let whole = |minor: i64| Dec::int(minor);
    came.currency == goes.currency
        && whole(came.minor)
            .times(share)
            .and_then(|least| whole(goes.minor).compare(least))
            .is_ok_and(std::cmp::Ordering::is_ge)
}

/// How long after an event was last counted a key is kept, by the journal's clock: as long as any
/// window may still see that event for a bank that catches up after an outage of up to `horizon_ms`.
pub(crate) fn kept_for(reach: Reach, lateness_ms: i64, horizon_ms: i64) -> Option<i64> {
    let reach_ms = match reach {
        Reach::Ms(ms) => ms,
        // Holidays make a span of working days longer: never thrice as long, and ten days.
        Reach::WorkingDays(n) => (3 * i64::from(n) + 10) * DAY_MS,
        Reach::Year => 366 * DAY_MS,
        Reach::Newest(_) | Reach::Ever => return None,
    };
    Some(reach_ms + lateness_ms + horizon_ms)
}

/// Events at or before this time are out of reach of every window of a key whose newest event is
/// at `newest`, also for an event as late as may be. `None`: nothing ever is.
pub(crate) fn out_of_reach(
    reach: Reach,
    newest: TimestampMs,
    lateness: i64,
    calendar: &WorkingDays,
) -> TimestampMs {
    let oldest_judged = newest - lateness;
    match reach {
        Reach::Ms(ms) => oldest_judged - ms,
        // A later event on a day off reaches back to the same day as the next working day's, but
        // at another time of day: the whole day stays.
        Reach::WorkingDays(n) => day_start(shanghai_day(calendar.back(oldest_judged, n))),
        Reach::Year => {
            let (year, _, _) = civil_from_days(shanghai_day(oldest_judged));
            day_start(days_from_civil(year, 1, 1)) - 1
        }
        // Events up to then are seen by every event still to come; see `evict`.
        Reach::Newest(_) => oldest_judged,
        // An event that is exactly as late as may be must still find itself.
        Reach::Ever => oldest_judged - 1,
    }
}

impl Log {
    /// As if nothing had ever been counted; caches of the old log are void.
    fn restart(&mut self) {
        *self = Log {
            newest: TimestampMs::MIN,
            touched: TimestampMs::MAX,
            version: self.version.wrapping_add(1),
            ..Log::default()
        };
    }

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
        kept: Option<Box<[Option<Value>]>>,
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
    pub(crate) fn evict(&mut self, out: TimestampMs, s: &Series) {
        let numeric = is_numeric(s);
        while let Some(e) = self.entries.get(self.head as usize).copied() {
            let full = self.entries.len() - self.head as usize > EVENTS_PER_KEY_MAX;
            let seen = match s.reach {
                // So many newer ones, and the judged event itself, are before any event to come.
                Reach::Newest(n) => {
                    let newer = self.entries.get(self.head as usize + n as usize + 1);
                    newer.is_none_or(|e| e.at > out)
                }
                _ => e.at > out,
            };
            if seen && !full {
                break;
            }
            if full && s.reach != Reach::Ever {
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
            if s.reach == Reach::Ever {
                let totals = &mut self.extra.get_or_insert_default().totals;
                totals.fold(e.at, number, numeric, s.value.is_some());
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
                    + x.totals.distinct.capacity() * 4
                    + x.kept
                        .iter()
                        .map(|r| 16 + r.len() * size_of::<Option<Value>>())
                        .sum::<usize>()
            })
    }
}

impl Totals {
    fn fold(&mut self, at: TimestampMs, value: i64, numeric: bool, has_value: bool) {
        self.count += 1;
        self.last_at = Some(at);
        if !has_value || value == NO_VALUE {
            return;
        }
        self.first = self.first.or(Some(value));
        self.last = Some(value);
        if numeric {
            self.sum += i128::from(value);
            let square = i128::from(value) * i128::from(value);
            self.squares = self.squares.saturating_add(square);
            self.min = Some(self.min.map_or(value, |m| m.min(value)));
            self.max = Some(self.max.map_or(value, |m| m.max(value)));
            return;
        }
        let sym = value as Sym;
        if let Err(place) = self.distinct.binary_search(&sym) {
            if self.distinct.len() < DISTINCT_MAX {
                self.distinct.insert(place, sym);
            } else {
                self.saturated = true;
            }
        }
    }
}

impl SeriesState {
    /// What the payer of an event has received, for [`hops_of`]. Nothing where that has moved on:
    /// `latest` is the newest an event may be for one at the counted time to be no later than allowed.
    pub(crate) fn received(
        &self,
        e: &Event,
        hops: &Hops,
        symbols: &Symbols,
        forgotten: TimestampMs,
        latest: TimestampMs,
    ) -> Option<&Log> {
        let KeyOf::Known(key) = key_of(e, &[hops.payer], None, |t| symbols.find(t)) else {
            return None;
        };
        let log = &self.logs[*self.index.get(&key)? as usize];
        (log.touched >= forgotten && log.newest <= latest).then_some(log)
    }

    /// The log of a key, to change it.
    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut Log> {
        self.index.get(&key).map(|i| &mut self.logs[*i as usize])
    }

    /// The log of a key, made if need be; one not touched since `forgotten` starts anew.
    pub(crate) fn log(&mut self, key: Key, forgotten: TimestampMs) -> &mut Log {
        if let Some(i) = self.index.get(&key).copied() {
            let log = &mut self.logs[i as usize];
            if log.touched < forgotten {
                log.restart();
            }
            return log;
        }
        let i = match self.free.pop() {
            Some(i) => {
                self.keys[i as usize] = Some(key);
                i
            }
            None => {
                self.keys.push(Some(key));
                self.logs.push(Log {
                    newest: TimestampMs::MIN,
                    touched: TimestampMs::MAX,
                    ..Log::default()
                });
                (self.logs.len() - 1) as u32
            }
        };
        self.index.insert(key, i);
        &mut self.logs[i as usize]
    }

    /// Looks at the next place in turn and frees it if its log is forgotten. Called once per event
    /// counted, so that freeing keeps up with growth. What a window reads does not depend on it.
    pub(crate) fn tidy(&mut self, forgotten: TimestampMs) {
        if self.logs.is_empty() {
            return;
        }
        let i = self.cursor as usize % self.logs.len();
        self.cursor = i as u32 + 1;
        if let Some(key) = self.keys[i]
            && self.logs[i].touched < forgotten
        {
            self.index.remove(&key);
            self.keys[i] = None;
            self.logs[i].restart();
            self.free.push(i as u32);
        }
    }
}
