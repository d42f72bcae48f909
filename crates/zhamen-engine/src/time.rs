//! Time as the engine knows it: integer milliseconds from the journal or the event, and the
//! calendar of Asia/Shanghai (UTC+8, no daylight saving in the years we accept).
//!
//! Nothing here reads a clock.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type TimestampMs = i64;

/// One second in milliseconds.
pub const SECOND_MS: i64 = 1_000;
/// One minute in milliseconds.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// One hour in milliseconds.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// One 24-hour day in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

const SHANGHAI_MS: i64 = 8 * HOUR_MS;

/// The Shanghai calendar day of a moment, as days since 1970-01-01.
#[must_use]
pub fn shanghai_day(t: TimestampMs) -> i64 {
    (t + SHANGHAI_MS).div_euclid(DAY_MS)
}

/// Milliseconds since Shanghai midnight.
#[must_use]
pub fn shanghai_time_of_day_ms(t: TimestampMs) -> i64 {
    (t + SHANGHAI_MS).rem_euclid(DAY_MS)
}

/// The moment a Shanghai calendar day begins.
#[must_use]
pub fn day_start(day: i64) -> TimestampMs {
    day * DAY_MS - SHANGHAI_MS
}

/// Year, month (1–12) and day of month of a day number (Howard Hinnant's civil_from_days).
#[must_use]
pub fn civil_from_days(day: i64) -> (i64, u32, u32) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let m = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(m <= 2), m, d)
}

/// The day number of a civil date; the date must exist.
#[must_use]
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (i64::from(month) + 9) % 12;
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// Days in a month of the Gregorian calendar.
#[must_use]
pub fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

/// 1 = Monday … 7 = Sunday (ISO 8601).
#[must_use]
pub fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7) + 1
}

/// RFC 3339 in UTC with milliseconds, as every output writes time.
#[must_use]
pub fn rfc3339(t: TimestampMs) -> String {
    let day = t.div_euclid(DAY_MS);
    let ms = t.rem_euclid(DAY_MS);
    let (y, m, d) = civil_from_days(day);
    let (h, mi, s, f) = (
        ms / HOUR_MS,
        ms / MINUTE_MS % 60,
        ms / SECOND_MS % 60,
        ms % 1000,
    );
    format!("{y:04}-{m:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{f:03}Z")
}

/// `YYYY-MM-DD` of a day number.
#[must_use]
pub fn date_text(day: i64) -> String {
    let (y, m, d) = civil_from_days(day);
    format!("{y:04}-{m:02}-{d:02}")
}

/// A span as people write it: `1h30m`, `2d`, `90s`, `1s500ms`, `0s`.
#[must_use]
pub fn duration_text(ms: i64) -> String {
    let mut rest = ms.unsigned_abs();
    let mut text = String::new();
    if ms < 0 {
        text.push('-');
    }
    for (unit, name) in [
        (DAY_MS, "d"),
        (HOUR_MS, "h"),
        (MINUTE_MS, "m"),
        (SECOND_MS, "s"),
        (1, "ms"),
    ] {
        let n = rest / unit as u64;
        rest %= unit as u64;
        if n > 0 {
            text.push_str(&n.to_string());
            text.push_str(name);
        }
    }
    if rest == 0 && (text.is_empty() || text == "-") {
        text = "0s".to_owned();
    }
    text
}

/// The State Council's calendar: weekdays off and weekend days worked. Days it does not name
/// follow the week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// Days off besides weekends, as day numbers.
    pub holidays: BTreeSet<i64>,
    /// Weekend days worked, as day numbers.
    pub workdays: BTreeSet<i64>,
}

impl Calendar {
    /// Whether people work on that day.
    #[must_use]
    pub fn is_working_day(&self, day: i64) -> bool {
        self.workdays.contains(&day) || (weekday(day) <= 5 && !self.holidays.contains(&day))
    }

    /// The same time of day on the day reached by stepping back `n` working days.
    #[must_use]
    pub fn working_days_before(&self, t: TimestampMs, n: u32) -> TimestampMs {
        let mut day = shanghai_day(t);
        let mut left = n;
        while left > 0 {
            day -= 1;
            if self.is_working_day(day) {
                left -= 1;
            }
        }
        day_start(day) + shanghai_time_of_day_ms(t)
    }

    /// The last moment of a legal term of `days`: the first day is excluded, and a last day off
    /// moves on to the next working day (Civil Code art. 201 and 203).
    #[must_use]
    pub fn legal_deadline(&self, t: TimestampMs, days: u32) -> TimestampMs {
        let mut day = shanghai_day(t) + i64::from(days);
        while !self.is_working_day(day) {
            day += 1;
        }
        day_start(day + 1) - 1
    }
}

/// First and last day that [`WorkingDays`] looks up: 1999-01-01 to 2101-12-31, a year beyond the
/// times the contract accepts on either side.
const INDEXED: std::ops::Range<i64> = 10_592..48_212;

/// A calendar laid out for look-up: stepping back costs the same for any number of days.
#[derive(Debug, Clone, Default)]
pub struct WorkingDays {
    /// For each indexed day, how many working days come before it.
    before: Vec<u32>,
    /// The working days, ascending.
    days: Vec<i64>,
}

impl WorkingDays {
    /// The index of a calendar.
    #[must_use]
    pub fn new(calendar: &Calendar) -> WorkingDays {
        let mut index = WorkingDays::default();
        for day in INDEXED {
            index.before.push(index.days.len() as u32);
            if calendar.is_working_day(day) {
                index.days.push(day);
            }
        }
        index
    }

    /// The same time of day on the day reached by stepping back `n` working days; the oldest
    /// indexed day where there are not so many.
    #[must_use]
    pub fn back(&self, t: TimestampMs, n: u32) -> TimestampMs {
        let day = shanghai_day(t).clamp(INDEXED.start, INDEXED.end - 1);
        let before = self.before[(day - INDEXED.start) as usize] as usize;
        let reached = match before.checked_sub(n as usize) {
            _ if n == 0 => day,
            Some(i) => self.days[i],
            None => INDEXED.start,
        };
        day_start(reached) + shanghai_time_of_day_ms(t)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_steps_back_as_the_calendar_does() {
        let mut calendar = Calendar::default();
        let holiday = days_from_civil(2026, 10, 1);
        calendar.holidays.extend(holiday..holiday + 7);
        calendar.workdays.insert(days_from_civil(2026, 10, 10));
        let index = WorkingDays::new(&calendar);
        for day in days_from_civil(2026, 9, 20)..days_from_civil(2026, 10, 25) {
            for n in [1, 3, 5, 10] {
                let t = day_start(day) + 12_345;
                assert_eq!(
                    index.back(t, n),
                    calendar.working_days_before(t, n),
                    "{} {n}",
                    date_text(day)
                );
            }
        }
        assert_eq!(INDEXED.start, days_from_civil(1999, 1, 1));
        assert_eq!(INDEXED.end, days_from_civil(2102, 1, 1));
    }

    #[test]
    fn a_legal_term_excludes_its_first_day_and_moves_past_days_off() {
        let calendar = Calendar::default();
        let friday = day_start(days_from_civil(2026, 11, 20)) + 9 * HOUR_MS;
        // Three days from Friday end on Monday.
        assert_eq!(
            rfc3339(calendar.legal_deadline(friday, 3)),
            "2026-11-23T15:59:59.999Z"
        );
        let thursday = friday - DAY_MS;
        assert_eq!(
            rfc3339(calendar.legal_deadline(thursday, 3)),
            "2026-11-23T15:59:59.999Z"
        );
    }

    #[test]
    fn spans_read_as_people_write_them() {
        assert_eq!(duration_text(90 * MINUTE_MS), "1h30m");
        assert_eq!(duration_text(0), "0s");
        assert_eq!(duration_text(-1_500), "-1s500ms");
        assert_eq!(duration_text(2 * DAY_MS), "2d");
    }
}
