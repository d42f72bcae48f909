//! Times and dates of the contract: RFC 3339 with `T` and an offset, 0–9 fraction digits cut to
//! milliseconds, and plain dates. What we write is the engine's `rfc3339`.

use chrono::DateTime;
use zhamen_engine::entry::Code;
use zhamen_engine::time::{DAY_MS, TimestampMs, days_from_civil, days_in_month};

/// Parses a moment. The date as written lies between 2000-01-01 and 2099-12-31, else `TIME_UNIT`:
/// outside it are seconds taken for milliseconds and the like.
pub(crate) fn moment(text: &str) -> Result<TimestampMs, Code> {
    let t = text.as_bytes();
    let (ms, year) = match t.len() {
        // 2026-11-24T10:15:30.123+08:00, what nearly every sender writes.
        29 if t[10] == b'T' && t[19] == b'.' => usual(t).ok_or(Code::Time)?,
        _ => any_form(text).ok_or(Code::Time)?,
    };
    if (2000..=2099).contains(&year) {
        Ok(ms)
    } else {
        Err(Code::TimeUnit)
    }
}

/// Parses `YYYY-MM-DD` into days since 1970-01-01; years 1900 to 2099.
pub(crate) fn date(text: &str) -> Result<i64, Code> {
    let t = text.as_bytes();
    let (day, year) = match t.len() {
        10 => civil(t).ok_or(Code::Time)?,
        _ => return Err(Code::Time),
    };
    if (1900..=2099).contains(&year) {
        Ok(day)
    } else {
        Err(Code::TimeUnit)
    }
}

fn digits(t: &[u8]) -> Option<i64> {
    t.iter().try_fold(0, |n, b| {
        b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0'))
    })
}

/// Day number and year of the ten bytes `YYYY-MM-DD`.
fn civil(t: &[u8]) -> Option<(i64, i64)> {
    if t[4] != b'-' || t[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(&t[..4])?, digits(&t[5..7])?, digits(&t[8..10])?);
    let (month, day) = (month as u32, day as u32);
    let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    exists.then(|| (days_from_civil(year, month, day), year))
}

fn clock(t: &[u8]) -> Option<i64> {
    if t[2] != b':' || t[5] != b':' {
        return None;
    }
    let (h, m, s) = (digits(&t[..2])?, digits(&t[3..5])?, digits(&t[6..8])?);
    (h < 24 && m < 60 && s < 60).then_some(((h * 60 + m) * 60 + s) * 1000)
}

fn usual(t: &[u8]) -> Option<(i64, i64)> {
    let (day, year) = civil(t)?;
    let ms = clock(&t[11..19])? + digits(&t[20..23])?;
    let (h, m) = (digits(&t[24..26])?, digits(&t[27..29])?);
    if t[26] != b':' || h > 23 || m > 59 {
        return None;
    }
    let offset = (h * 60 + m) * 60_000;
    let offset = match t[23] {
        b'+' => offset,
        b'-' => -offset,
        _ => return None,
    };
    Some((day * DAY_MS + ms - offset, year))
}

/// Other fractions and offsets. chrono takes more than the contract does (a blank for `T`, small
/// letters, second 60, an offset of a whole day), so the form is looked at first.
#[cold]
fn any_form(text: &str) -> Option<(i64, i64)> {
    let t = text.as_bytes();
    if t.len() < 20 || t[10] != b'T' {
        return None;
    }
    let (_, year) = civil(t)?;
    clock(&t[11..19])?;
    let rest = &t[19..];
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let n = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=9).contains(&n) {
                return None;
            }
            &fraction[n..]
        }
        None => rest,
    };
    match rest {
        [b'Z'] => {}
        [b'+' | b'-', offset @ ..] if offset.len() == 5 && offset[2] == b':' => {
            if digits(&offset[..2])? > 23 || digits(&offset[3..])? > 59 {
                return None;
            }
        }
        _ => return None,
    }
    let parsed = DateTime::parse_from_rfc3339(text).ok()?;
    Some((parsed.timestamp_millis(), year))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use zhamen_engine::time::rfc3339;

    fn show(text: &str) -> String {
        match moment(text) {
            Ok(ms) => rfc3339(ms),
            Err(code) => code.name().to_owned(),
        }
    }

    #[test]
    fn every_family_of_time() {
        for (text, expected) in [
            ("2026-11-24T10:15:30.123+08:00", "2026-11-24T02:15:30.123Z"),
            ("2026-11-24T02:15:30.123Z", "2026-11-24T02:15:30.123Z"),
            ("2026-11-24T10:15:30+08:00", "2026-11-24T02:15:30.000Z"),
            (
                "2026-11-24T10:15:30.123999999+08:00",
                "2026-11-24T02:15:30.123Z",
            ),
            ("2026-11-24T10:15:30.1-00:00", "2026-11-24T10:15:30.100Z"),
            ("2000-01-01T00:00:00.000+08:00", "1999-12-31T16:00:00.000Z"),
            ("1999-12-31T23:59:59.999+08:00", "TIME_UNIT"),
            ("2100-01-01T00:00:00.000Z", "TIME_UNIT"),
            ("1970-01-01T00:00:00.000Z", "TIME_UNIT"),
            ("2026-02-30T10:00:00.000+08:00", "TIME"),
            ("2026-11-24T24:00:00.000+08:00", "TIME"),
            ("2026-11-24T10:60:00.000+08:00", "TIME"),
            ("2026-11-24T23:59:60.000+08:00", "TIME"),
            ("2026-11-24T23:59:60Z", "TIME"),
            ("2026-11-24T10:00:00.000", "TIME"),
            ("2026-11-24T10:00:00.Z", "TIME"),
            ("2026-11-24T10:00:00.0123456789Z", "TIME"),
            ("2026-11-24T10:00:00.000+0800", "TIME"),
            ("2026-11-24T10:00:00.000+24:00", "TIME"),
            ("2026-11-24T10:00:00.000z", "TIME"),
            ("2026-11-24t10:00:00.000Z", "TIME"),
            ("2026-11-24 10:00:00.000Z", "TIME"),
            ("20260-11-24T10:00:00.000Z", "TIME"),
            ("-2026-11-24T10:00:00.000Z", "TIME"),
            ("２０２６-11-24T10:00:00.000+08:00", "TIME"),
            ("20261124100000", "TIME"),
            ("", "TIME"),
        ] {
            assert_eq!(show(text), expected, "{text}");
        }
        assert_eq!(date("2019-03-02"), Ok(17_957));
        assert_eq!(date("2019-02-29"), Err(Code::Time));
        assert_eq!(date("2019-3-2"), Err(Code::Time));
        assert_eq!(date("1066-10-14"), Err(Code::TimeUnit));
    }

    proptest! {
        #[test]
        fn agrees_with_chrono(ms in 946_800_000_000_i64..4_102_300_000_000, minutes in -1_439_i64..1_440) {
            let sign = if minutes < 0 { '-' } else { '+' };
            let local = rfc3339(ms + minutes * 60_000);
            let text = format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes.abs() / 60, minutes.abs() % 60);
            let expected = DateTime::parse_from_rfc3339(&text).unwrap().timestamp_millis();
            prop_assert_eq!(expected, ms);
            prop_assert_eq!(moment(&text), Ok(ms));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _ = moment(&text);
            let _ = date(&text);
        }
    }
}
