//! What a series counts of an event: its key, its value, how long it is kept. Where it is counted
//! is in `streams`.

use crate::event::{Event, Field, FieldType, Value};
use crate::expr::Val;
use crate::facts::Facts;
use crate::money::Dec;
use crate::rule::{Hops, Reach, Series};
use crate::streams::View;
use crate::symbols::Sym;
use crate::time::{
    DAY_MS, TimestampMs, WorkingDays, civil_from_days, day_start, days_from_civil, shanghai_day,
};

/// Up to three symbols; what is left over is nought.
pub(crate) type Key = [Sym; 3];

/// A text value that a counted event does not have.
pub(crate) const NO_VALUE: i64 = i64::MIN;
/// Payments into the payer that a hop looks at, newest first.
pub(crate) const HOPS_SCAN_MAX: usize = 1_000;
/// Longest chain of payments told apart.
pub(crate) const HOPS_MAX: i64 = 32;

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

/// The key of an event by these fields; `symbol` finds or makes the symbol of a field's text.
pub(crate) fn key_of(
    e: &Event,
    by: &[Field],
    mut symbol: impl FnMut(Field, &str) -> Option<Sym>,
) -> KeyOf {
    let mut key = Key::default();
    assert!(
        by.len() <= key.len(),
        "the compiler admits at most three key fields"
    );
    let mut unknown = false;
    for (place, field) in key.iter_mut().zip(by) {
        let sym = match e.text(*field) {
            Some(text) => symbol(*field, text),
            None => match e.get(*field) {
                None => return KeyOf::Absent,
                Some(value) => symbol(*field, &key_text(value)),
            },
        };
        match sym {
            None => unknown = true,
            Some(sym) => *place = sym,
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
        return Some(i64::from(facts.intern(field, text)));
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
    received: Option<View<'_>>,
    facts: &Facts,
) -> i64 {
    let Some(view) = received else { return 1 };
    let all = (view.start(), view.upto(at));
    let recent = view
        .entries(all)
        .rev()
        .take(HOPS_SCAN_MAX)
        .take_while(|(_, entry)| entry.at > at - hops.within_ms);
    let mut most = 0;
    for (i, entry) in recent {
        if let Some(share) = hops.share
            && !goes_on(e, share, view, i, facts)
        {
            continue;
        }
        most = most.max(entry.value);
        if most >= HOPS_MAX {
            break;
        }
    }
    let to_another = s.by.iter().any(|f| e.text(*f) != e.text(hops.payer));
    (most + i64::from(to_another)).clamp(1, HOPS_MAX)
}

/// Whether the event passes on at least this part of what came in.
fn goes_on(e: &Event, share: Dec, view: View<'_>, i: usize, facts: &Facts) -> bool {
    let came = view
        .kept(i)
        .and_then(|row| row.get(Field::TxnAmount, facts));
    let (Some(Val::Money(came, currency)), Some(goes)) = (came, e.money(Field::TxnAmount)) else {
        return false;
    };
    let goes_on = Dec::new(goes.minor.into(), currency.decimals());
    currency == goes.currency
        && came
            .times(share)
            .and_then(|least| goes_on.compare(least))
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
