//! What a window reads from the rows of a key that has few: it looks at each of them.

use super::{At, Reading, bounded, leaves_out, of_days};
use crate::expr::Fault;
use crate::rule::{Agg, Over, Window};
use crate::series::NO_VALUE;
use crate::spread::Moments;
use crate::streams::{Held, Seen, View};
use crate::symbols::Sym;
use crate::time::{TimestampMs, shanghai_day};

/// A window's reading.
pub(super) fn read(
    view: View<'_>,
    w: &Window,
    at: At,
    span: (usize, usize),
) -> (Result<Reading, Fault>, bool) {
    let past = (w.over == Over::Ever).then(|| view.totals()).flatten();
    let values = past.and_then(|t| t.values.as_deref());
    if w.agg != Agg::Distinct || w.daily {
        return (plain(view, w, at, span), false);
    }
    let numbers = events(view, w, at, span).map(|e| e.value);
    let numbers = numbers.filter(|v| *v != NO_VALUE);
    let old = values.map_or(&[][..], |t| &t.distinct);
    let (n, over) = bounded(distinct(numbers, old) as i64, w.over == Over::Ever);
    let lost = values.is_some_and(|t| t.saturated);
    (Ok(Reading::Count(n)), over || lost)
}

/// The events a window is over, oldest first.
fn events<'v>(
    view: View<'v>,
    w: &Window,
    at: At,
    span: (usize, usize),
) -> impl DoubleEndedIterator<Item = Seen> + Clone + 'v {
    // Where days are totalled it is its whole day that is left out, which the span has done.
    let left_out = leaves_out(w) && !w.daily;
    let own = move |e: &Seen| left_out && Some(e.no) == at.own && e.at == at.time;
    let few = match view.held {
        Held::Few(few) => Some(few.events(span)),
        Held::Many(..) | Held::Nothing => None,
    };
    few.into_iter().flatten().filter(move |e| !own(e))
}

/// Every aggregate but the count of different values.
fn plain(view: View<'_>, w: &Window, at: At, span: (usize, usize)) -> Result<Reading, Fault> {
    let events = || events(view, w, at, span);
    let numbers = || events().map(|e| e.value).filter(|v| *v != NO_VALUE);
    let wide = || numbers().map(i128::from);
    if w.daily {
        return of_days(w.agg, Days::new(events(), view.member.numeric));
    }
    let past = (w.over == Over::Ever).then(|| view.totals()).flatten();
    let values = past.and_then(|t| t.values.as_deref());
    let count = || events().count() as i64 + past.map_or(0, |t| t.count as i64);
    let sum = || wide().sum::<i128>() + values.map_or(0, |t| t.sum);
    let extreme = |low: bool| match low {
        true => numbers().chain(values.and_then(|t| t.min)).min(),
        false => numbers().chain(values.and_then(|t| t.max)).max(),
    };
    let one = |n: Option<i64>| n.map(Reading::One).ok_or(Fault::Missing);
    match w.agg {
        Agg::Count => Ok(Reading::Count(count())),
        Agg::Sum => Ok(Reading::Sum(sum())),
        Agg::Avg => match count() {
            0 => Err(Fault::Missing),
            n => Ok(Reading::Average(sum(), n)),
        },
        Agg::Distinct => unreachable!("counted by the caller"),
        Agg::Min => one(extreme(true)),
        Agg::Max => one(extreme(false)),
        Agg::Hops => Ok(Reading::Count(extreme(false).unwrap_or(0))),
        Agg::StdDev => {
            let recent = Moments::of(wide());
            let old = values.map_or(0, |t| t.squares);
            Ok(Reading::Moments(Moments {
                count: count(),
                sum: sum(),
                squares: recent
                    .squares
                    .filter(|_| old != i128::MAX)
                    .and_then(|s| s.checked_add(old)),
            }))
        }
        Agg::First => one(values.and_then(|t| t.first).or_else(|| numbers().next())),
        Agg::Last => one(numbers()
            .next_back()
            .or_else(|| values.and_then(|t| t.last))),
        Agg::Since => {
            let last = events().next_back().map(|e| e.at);
            last.or_else(|| past.and_then(|t| t.last_at))
                .map(|last| Reading::Span(at.time - last))
                .ok_or(Fault::Missing)
        }
    }
}

/// How many different values, those of the past included; few enough to compare each with each.
fn distinct(numbers: impl Iterator<Item = i64> + Clone, old: &[Sym]) -> usize {
    let is_new = |v: i64| old.binary_search(&(v as Sym)).is_err();
    let firsts = numbers
        .clone()
        .enumerate()
        .filter(|(i, v)| is_new(*v) && !numbers.clone().take(*i).any(|earlier| earlier == *v));
    firsts.count() + old.len()
}

/// Totals of the Shanghai days on which something was counted, in order.
struct Days<I: Iterator<Item = Seen>> {
    events: std::iter::Peekable<I>,
    numeric: bool,
}

impl<I: Iterator<Item = Seen>> Days<I> {
    fn new(events: I, numeric: bool) -> Days<I> {
        Days {
            events: events.peekable(),
            numeric,
        }
    }
}

impl<I: Iterator<Item = Seen>> Iterator for Days<I> {
    type Item = i128;

    fn next(&mut self) -> Option<i128> {
        let day = |at: TimestampMs| shanghai_day(at);
        let worth = |e: Seen| match self.numeric {
            true => i128::from(e.value),
            false => 1,
        };
        let first = self.events.next()?;
        let mut total = worth(first);
        while let Some(e) = self.events.next_if(|e| day(e.at) == day(first.at)) {
            total += worth(e);
        }
        Some(total)
    }
}
