//! Spans of time as rules write them: `90s`, `10m`, `1h30m`, `180d`, `5 working days`,
//! `calendar month`, `ever`.

use zhamen_engine::rule::Over;
use zhamen_engine::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, duration_text};

/// Longest span that a rule may write.
pub(crate) const MAX_SPAN_MS: i64 = 36_600 * DAY_MS;
/// Most working days a window may look back.
pub(crate) const MAX_WORKING_DAYS: u32 = 2_500;
/// Most newest events a window may be over.
pub(crate) const MAX_LAST: u32 = 1_000;

/// Numbers with units, each unit at most once and falling: `1h30m`. At most a hundred years.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total: i64 = 0;
    let mut last_unit = i64::MAX;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .filter(|n| *n > 0)?;
        let count: i64 = rest[..digits].parse().ok()?;
        let letters = &rest[digits..];
        let length = letters
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(letters.len());
        let unit = match &letters[..length] {
            "ms" => 1,
            "s" => SECOND_MS,
            "m" => MINUTE_MS,
            "h" => HOUR_MS,
            "d" => DAY_MS,
            _ => return None,
        };
        if unit >= last_unit {
            return None;
        }
        last_unit = unit;
        total = total.checked_add(count.checked_mul(unit)?)?;
        rest = &letters[length..];
    }
    (last_unit != i64::MAX && total <= MAX_SPAN_MS).then_some(total)
}

/// How far back a window looks.
pub(crate) fn over(text: &str) -> Option<Over> {
    match text {
        "ever" => return Some(Over::Ever),
        "calendar day" => return Some(Over::CalendarDay),
        "calendar month" => return Some(Over::CalendarMonth),
        "calendar year" => return Some(Over::CalendarYear),
        _ => {}
    }
    if let Some((days, "working days" | "working day")) = text.split_once(' ') {
        let days = days.parse().ok()?;
        return (1..=MAX_WORKING_DAYS)
            .contains(&days)
            .then_some(Over::WorkingDays(days));
    }
    if let Some(rest) = text.strip_prefix("last ") {
        let (n, within_ms) = match rest.split_once(" in ") {
            Some((n, within)) => (n, Some(duration(within).filter(|ms| *ms > 0)?)),
            None => (rest, None),
        };
        let n = n.parse().ok().filter(|n| (1..=MAX_LAST).contains(n))?;
        return Some(Over::Last { n, within_ms });
    }
    duration(text).filter(|ms| *ms > 0).map(Over::Ms)
}

/// As the rule wrote it, in one spelling.
pub(crate) fn over_text(over: Over) -> String {
    match over {
        Over::Ms(ms) => duration_text(ms),
        Over::WorkingDays(n) => format!("{n} working days"),
        Over::CalendarDay => "calendar day".to_owned(),
        Over::CalendarMonth => "calendar month".to_owned(),
        Over::CalendarYear => "calendar year".to_owned(),
        Over::Ever => "ever".to_owned(),
        Over::Last { n, within_ms } => match within_ms {
            Some(ms) => format!("last {n} in {}", duration_text(ms)),
            None => format!("last {n}"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_whole_numbers_and_falling_units() {
        assert_eq!(duration("90s"), Some(90_000));
        assert_eq!(duration("1h30m"), Some(90 * MINUTE_MS));
        assert_eq!(duration("0d"), Some(0));
        for bad in [
            "",
            "90",
            "s",
            "1.5h",
            "-1h",
            "30m1h",
            "1h1h",
            "9999999999999999999d",
            "1 h",
            "１h",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn spans_read_back_as_written() {
        for text in [
            "90s",
            "1h",
            "5d",
            "5 working days",
            "calendar month",
            "ever",
            "last 3",
            "last 1000 in 30d",
        ] {
            assert_eq!(over_text(over(text).unwrap()), text.replace("90s", "1m30s"));
        }
        assert_eq!(over("0s"), None);
        assert_eq!(over("0 working days"), None);
        for bad in [
            "last 0",
            "last 1001",
            "last",
            "last 3 in",
            "last 3 in 0s",
            "last x",
        ] {
            assert_eq!(over(bad), None, "{bad}");
        }
    }
}
