//! What a window reads from a log: exact per event, ending at the judged event's own time.
//!
//! Counts and sums are two look-ups. Distinct values and extremes scan short spans; for long ones
//! a cache follows the span as it moves, so that a busy key costs the same per event as a quiet one.

mod few;

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::expr::Fault;
use crate::hash::IdMap;
use crate::ledger::EventNo;
use crate::log::{DISTINCT_MAX, Log};
use crate::rule::{Agg, Over, Window, WindowId};
use crate::series::NO_VALUE;
use crate::spread::Moments;
use crate::streams::{Held, Seen, View};
use crate::symbols::Sym;
use crate::time::{
    DAY_MS, TimestampMs, WorkingDays, civil_from_days, day_start, days_from_civil, shanghai_day,
};

/// Spans up to this many events are scanned.
const SCAN_MAX: usize = 64;
/// Events a window that compares with the judged event looks at, newest first.
pub(crate) const CORRELATED_MAX: usize = 1_000;

/// A window's bare value; the caller knows its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A count of events or of distinct values.
    Count(i64),
    /// A sum, exact.
    Sum(i128),
    /// A sum and how many events it is over.
    Average(i128, i64),
    /// A number or a symbol as the series keeps it.
    One(i64),
    /// A span of time.
    Span(i64),
    /// What a deviation is computed from.
    Moments(Moments),
}

/// What a reading is taken at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    /// The judged event's time.
    pub(crate) time: TimestampMs,
    /// The judged event, if this series counted it.
    pub(crate) own: Option<EventNo>,
}

/// The oldest time that is no longer in the window.
pub(crate) fn old_end(over: Over, t: TimestampMs, calendar: &WorkingDays) -> TimestampMs {
    let civil = || civil_from_days(shanghai_day(t));
    match over {
        Over::Ms(ms) => t - ms,
        Over::WorkingDays(n) => calendar.back(t, n),
        Over::CalendarDay => day_start(shanghai_day(t)) - 1,
        Over::CalendarMonth => {
            let (year, month, _) = civil();
            day_start(days_from_civil(year, month, 1)) - 1
        }
        Over::CalendarYear => day_start(days_from_civil(civil().0, 1, 1)) - 1,
        Over::Last { within_ms, .. } => within_ms.map_or(TimestampMs::MIN, |ms| t - ms),
        Over::Ever => TimestampMs::MIN,
    }
}

/// As [`old_end`], of whole Shanghai days: the judged event's and so many before it as make up
/// the time, or that many before it.
fn old_end_of_days(w: &Window, t: TimestampMs, calendar: &WorkingDays) -> TimestampMs {
    match w.over {
        Over::Ms(ms) => {
            let days = ms / DAY_MS - i64::from(!w.exclude_current);
            day_start(shanghai_day(t) - days) - 1
        }
        over => old_end(over, t, calendar),
    }
}

/// An event's place in a log: its time, and its number among those of that time.
pub(crate) type Mark = (TimestampMs, EventNo);

/// Whether an entry stands at or before a mark.
fn at_or_before(e: &Seen, mark: Mark) -> bool {
    let (at, no) = mark;
    e.at < at || e.at == at && no.wrapping_sub(e.no) <= EventNo::MAX / 2
}

/// Positions of what a window covers, the judged event included even where it is left out later.
/// `after`: only what stands after this.
pub(crate) fn span(
    view: View<'_>,
    w: &Window,
    at: At,
    after: Option<Mark>,
    calendar: &WorkingDays,
) -> (usize, usize) {
    let t = at.time;
    let new_end = match w.daily && w.exclude_current {
        true => day_start(shanghai_day(t)) - 1,
        false => t - w.until_ms,
    };
    let hi = view.upto(new_end);
    let mut lo = match (w.over, w.daily) {
        (Over::Ever, _) => view.start(),
        (_, true) => view.upto(old_end_of_days(w, t, calendar)),
        (over, false) => view.upto(old_end(over, t, calendar)),
    };
    lo = lo.min(hi);
    if let Some(mark) = after {
        let mut later = view
            .entries((lo, hi))
            .filter(|(_, e)| !at_or_before(e, mark));
        lo = later.next().map_or(hi, |(i, _)| i);
    }
    if let Over::Last { n, .. } = w.over {
        let left_out = leaves_out(w) && own_place(view, (lo, hi), at).is_some();
        lo = view.back((lo, hi), n as usize + usize::from(left_out));
    }
    (lo, hi)
}

/// Whether the judged event is none of those a window is over: asked for, or because nothing is
/// its own predecessor.
pub(crate) fn leaves_out(w: &Window) -> bool {
    w.exclude_current || w.agg == Agg::Since
}

/// Position of the judged event between two others.
fn own_place(view: View<'_>, span: (usize, usize), at: At) -> Option<usize> {
    let own = at.own?;
    let newest_first = view.entries(span).rev();
    newest_first
        .take_while(|(_, e)| e.at >= at.time)
        .find(|(_, e)| e.no == own)
        .map(|(i, _)| i)
}

/// Caches of long spans, by log and window. Void whenever the log's version has moved.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caches(RefCell<IdMap<u64, Cache>>);

#[derive(Debug, Clone, Default)]
struct Cache {
    version: u32,
    lo: usize,
    hi: usize,
    counts: IdMap<i64, u32>,
    extremes: VecDeque<usize>,
    squares: i128,
}

impl Caches {
    /// Forgets everything, as after a restore.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Bytes it holds, roughly: entries of the tables.
    pub(crate) fn bytes(&self) -> usize {
        self.0.borrow().len() * size_of::<Cache>()
    }
}

/// A window's reading, and whether it is cut off at a bound.
pub(crate) fn read(
    view: View<'_>,
    w: &Window,
    window: WindowId,
    at: At,
    span: (usize, usize),
    caches: &Caches,
) -> (Result<Reading, Fault>, bool) {
    match view.held {
        Held::Many(log, place) => {
            let key = u64::from(window) << 48 | place;
            read_log(view, log, w, at, span, key, caches)
        }
        _ => few::read(view, w, at, span),
    }
}

/// As [`read`], from a log.
fn read_log(
    view: View<'_>,
    log: &Log,
    w: &Window,
    at: At,
    (lo, mut hi): (usize, usize),
    key: u64,
    caches: &Caches,
) -> (Result<Reading, Fault>, bool) {
    let numeric = view.member.numeric;
    let mut skip = if w.exclude_current {
        own_place(view, (lo, hi), at)
    } else {
        None
    };
    if skip.is_some_and(|i| i + 1 == hi) {
        hi -= 1;
        skip = None;
    }
    let totals = (w.over == Over::Ever).then(|| view.totals()).flatten();
    let values = totals.and_then(|t| t.values.as_deref());
    let count = (hi - lo) as i64 - i64::from(skip.is_some());
    let total_count = count + totals.map_or(0, |t| t.count as i64);
    let truncated = log.extra.as_deref().is_some_and(|x| x.truncated) && lo == log.head as usize;
    if w.daily {
        let total = |i: usize, j: usize| match numeric {
            true => log.sum(i, j),
            false => (j - i) as i128,
        };
        return (of_days(w.agg, days(log, lo, hi, total)), truncated);
    }
    let sum = || {
        log.sum(lo, hi) - skip.map_or(0, |i| i128::from(log.number(i)))
            + values.map_or(0, |t| t.sum)
    };
    let reading = match w.agg {
        Agg::Count => Ok(Reading::Count(total_count)),
        Agg::Sum => Ok(Reading::Sum(sum())),
        Agg::Avg if total_count > 0 => Ok(Reading::Average(sum(), total_count)),
        Agg::Distinct => {
            let (n, saturated) = distinct(
                log,
                lo,
                hi,
                skip,
                values
                    .map(|t| t.distinct.as_slice())
                    .or((w.over == Over::Ever).then_some(&[])),
                key,
                caches,
            );
            let saturated = saturated || values.is_some_and(|t| t.saturated);
            return (Ok(Reading::Count(n)), saturated || truncated);
        }
        Agg::Min | Agg::Max => {
            let low = w.agg == Agg::Min;
            let recent = extreme(log, lo, hi, skip, low, key, caches);
            let old = values.and_then(|t| if low { t.min } else { t.max });
            match (recent, old) {
                (Some(a), Some(b)) => Ok(Reading::One(if low { a.min(b) } else { a.max(b) })),
                (a, b) => a.or(b).map(Reading::One).ok_or(Fault::Missing),
            }
        }
        Agg::Hops => {
            let most = extreme(log, lo, hi, skip, false, key, caches);
            Ok(Reading::Count(most.unwrap_or(0)))
        }
        Agg::StdDev => {
            let recent = squares(log, lo, hi, key, caches);
            let less = skip.map_or(0, |i| {
                let n = i128::from(log.number(i));
                n * n
            });
            let old = values.map_or(0, |t| t.squares);
            Ok(Reading::Moments(Moments {
                count: total_count,
                sum: sum(),
                squares: recent
                    .filter(|_| old != i128::MAX)
                    .and_then(|s| (s - less).checked_add(old)),
            }))
        }
        Agg::First => {
            let old = values.and_then(|t| t.first);
            old.or_else(|| {
                (lo..hi)
                    .filter(|i| Some(*i) != skip)
                    .find_map(|i| value(log, i, numeric))
            })
            .map(Reading::One)
            .ok_or(Fault::Missing)
        }
        Agg::Last => (lo..hi)
            .rev()
            .filter(|i| Some(*i) != skip)
            .find_map(|i| value(log, i, numeric))
            .or_else(|| values.and_then(|t| t.last))
            .map(Reading::One)
            .ok_or(Fault::Missing),
        Agg::Since => {
            // The judged event is never its own predecessor.
            let own = own_place(view, (lo, hi), at);
            (lo..hi)
                .rev()
                .find(|i| Some(*i) != own)
                .map(|i| log.entries[i].at)
                .or_else(|| totals.and_then(|t| t.last_at))
                .map(|last| Reading::Span(at.time - last))
                .ok_or(Fault::Missing)
        }
        Agg::Avg => Err(Fault::Missing),
    };
    (reading, truncated)
}

/// Totals of the Shanghai days in `entries[lo..hi]` on which something was counted, in order.
fn days<'l>(
    log: &'l Log,
    lo: usize,
    hi: usize,
    total: impl Fn(usize, usize) -> i128 + 'l,
) -> impl Iterator<Item = i128> + 'l {
    let mut from = lo;
    std::iter::from_fn(move || {
        let first = log.entries[..hi].get(from)?;
        let end = day_start(shanghai_day(first.at) + 1);
        let to = from + log.entries[from..hi].partition_point(|e| e.at < end);
        let sum = total(from, to);
        from = to;
        Some(sum)
    })
}

/// An aggregate over totals of days.
pub(super) fn of_days(agg: Agg, mut days: impl Iterator<Item = i128>) -> Result<Reading, Fault> {
    match agg {
        Agg::Min => days.min().map(Reading::Sum).ok_or(Fault::Missing),
        Agg::Max => days.max().map(Reading::Sum).ok_or(Fault::Missing),
        Agg::Avg => {
            let first = days.next().ok_or(Fault::Missing)?;
            let (sum, n) = days.fold((first, 1), |(sum, n), day| (sum + day, n + 1));
            Ok(Reading::Average(sum, n))
        }
        Agg::StdDev => Ok(Reading::Moments(Moments::of(days))),
        other => unreachable!("the compiler admits no {} of days", other.name()),
    }
}

/// Sum of the squares of `entries[lo..hi]`. `None`: may not fit.
fn squares(log: &Log, lo: usize, hi: usize, key: u64, caches: &Caches) -> Option<i128> {
    // No sum of squares is larger than the square of the sum of the magnitudes.
    if log.magnitude > i128::from(i64::MAX) {
        return None;
    }
    let square = |i: usize| {
        let n = i128::from(log.number(i));
        n * n
    };
    if hi - lo <= SCAN_MAX {
        return Some((lo..hi).map(square).sum());
    }
    let mut caches = caches.0.borrow_mut();
    let cache = caches.entry(key).or_default();
    if cache.version != log.version || cache.hi <= lo || cache.lo >= hi {
        *cache = Cache {
            version: log.version,
            lo,
            hi: lo,
            ..Cache::default()
        };
    }
    while cache.hi < hi {
        cache.squares += square(cache.hi);
        cache.hi += 1;
    }
    while cache.hi > hi {
        cache.hi -= 1;
        cache.squares -= square(cache.hi);
    }
    while cache.lo < lo {
        cache.squares -= square(cache.lo);
        cache.lo += 1;
    }
    while cache.lo > lo {
        cache.lo -= 1;
        cache.squares += square(cache.lo);
    }
    Some(cache.squares)
}

/// Value of one entry: a number where the series keeps totals, else the symbol.
fn value(log: &Log, i: usize, numeric: bool) -> Option<i64> {
    let v = if numeric {
        log.number(i)
    } else {
        log.entries[i].value
    };
    (v != NO_VALUE).then_some(v)
}

fn distinct(
    log: &Log,
    lo: usize,
    hi: usize,
    skip: Option<usize>,
    old: Option<&[Sym]>,
    key: u64,
    caches: &Caches,
) -> (i64, bool) {
    let is_old = |v: i64| old.is_some_and(|o| o.binary_search(&(v as Sym)).is_ok());
    let old_count = old.map_or(0, <[Sym]>::len) as i64;
    if hi - lo <= SCAN_MAX {
        let mut seen = [0_i64; SCAN_MAX];
        let mut n = 0;
        for i in (lo..hi).filter(|i| Some(*i) != skip) {
            let v = log.entries[i].value;
            if v != NO_VALUE && !is_old(v) && !seen[..n].contains(&v) {
                seen[n] = v;
                n += 1;
            }
        }
        return bounded(n as i64 + old_count, old.is_some());
    }
    let mut caches = caches.0.borrow_mut();
    let cache = caches.entry(key).or_default();
    if cache.version != log.version || cache.lo > cache.hi || cache.counts.is_empty() {
        *cache = Cache {
            version: log.version,
            lo,
            hi: lo,
            ..Cache::default()
        };
    }
    let add = |counts: &mut IdMap<i64, u32>, i: usize| {
        *counts.entry(log.entries[i].value).or_insert(0) += 1
    };
    let take = |counts: &mut IdMap<i64, u32>, i: usize| {
        let v = log.entries[i].value;
        match counts.get_mut(&v) {
            Some(1) => drop(counts.remove(&v)),
            Some(n) => *n -= 1,
            None => unreachable!("the cache holds what its span holds"),
        }
    };
    if cache.hi <= lo || cache.lo >= hi {
        *cache = Cache {
            version: log.version,
            lo,
            hi: lo,
            ..Cache::default()
        };
    }
    while cache.hi < hi {
        add(&mut cache.counts, cache.hi);
        cache.hi += 1;
    }
    while cache.hi > hi {
        cache.hi -= 1;
        take(&mut cache.counts, cache.hi);
    }
    while cache.lo < lo {
        take(&mut cache.counts, cache.lo);
        cache.lo += 1;
    }
    while cache.lo > lo {
        cache.lo -= 1;
        add(&mut cache.counts, cache.lo);
    }
    let mut n = cache.counts.len() as i64 - i64::from(cache.counts.contains_key(&NO_VALUE));
    if let Some(i) = skip {
        let v = log.entries[i].value;
        let alone = v != NO_VALUE && !is_old(v) && cache.counts.get(&v) == Some(&1);
        n -= i64::from(alone);
    }
    if let Some(old) = old {
        // Order does not matter to a count.
        n -= old
            .iter()
            .filter(|s| cache.counts.contains_key(&i64::from(**s)))
            .count() as i64;
    }
    bounded(n + old_count, old.is_some())
}

/// Beyond the bound an `ever` window saturates, whichever way it was counted.
fn bounded(n: i64, ever: bool) -> (i64, bool) {
    let bound = DISTINCT_MAX as i64;
    if ever && n > bound {
        (bound, true)
    } else {
        (n, false)
    }
}

/// Smallest or largest number of `entries[lo..hi]`.
fn extreme(
    log: &Log,
    lo: usize,
    hi: usize,
    skip: Option<usize>,
    low: bool,
    key: u64,
    caches: &Caches,
) -> Option<i64> {
    let better = |a: i64, b: i64| if low { a <= b } else { a >= b };
    if hi - lo <= SCAN_MAX || skip.is_some() {
        let numbers = (lo..hi).filter(|i| Some(*i) != skip).map(|i| log.number(i));
        return if low { numbers.min() } else { numbers.max() };
    }
    let mut caches = caches.0.borrow_mut();
    let cache = caches.entry(key).or_default();
    if cache.version != log.version || cache.lo > lo || cache.hi > hi || cache.hi < lo {
        *cache = Cache {
            version: log.version,
            lo,
            hi: lo,
            ..Cache::default()
        };
    }
    while cache.hi < hi {
        let number = log.number(cache.hi);
        while cache
            .extremes
            .back()
            .is_some_and(|i| better(number, log.number(*i)))
        {
            cache.extremes.pop_back();
        }
        cache.extremes.push_back(cache.hi);
        cache.hi += 1;
    }
    while cache.extremes.front().is_some_and(|i| *i < lo) {
        cache.extremes.pop_front();
    }
    cache.lo = lo;
    cache.extremes.front().map(|i| log.number(*i))
}
