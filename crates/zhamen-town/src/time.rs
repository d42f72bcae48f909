//! Unix milliseconds to the two forms the contract asks for: RFC 3339 at +08:00 and a plain date. Deliberately no
//! time zone but Shanghai's, which has had no daylight saving since 1991, and no clock.

use crate::json::push_digits;

const DAY_MS: i64 = 86_400_000;
const SHANGHAI_MS: i64 = 8 * 3_600_000;

/// Days since 1970-01-01 of the Shanghai date of `at_ms`.
pub(crate) fn shanghai_day(at_ms: i64) -> i64 {
    (at_ms + SHANGHAI_MS).div_euclid(DAY_MS)
}

/// `2026-11-24T10:15:30.123+08:00`
pub(crate) fn push_timestamp(text: &mut String, at_ms: i64) {
    push_date(text, shanghai_day(at_ms));
    let ms = (at_ms + SHANGHAI_MS).rem_euclid(DAY_MS) as u64;
    text.push('T');
    push_digits(text, ms / 3_600_000, 2);
    text.push(':');
    push_digits(text, ms / 60_000 % 60, 2);
    text.push(':');
    push_digits(text, ms / 1_000 % 60, 2);
    text.push('.');
    push_digits(text, ms % 1_000, 3);
    text.push_str("+08:00");
}

/// `2026-11-24`
pub(crate) fn push_date(text: &mut String, day: i64) {
    let (year, month, day) = civil(day);
    push_digits(text, year, 4);
    text.push('-');
    push_digits(text, month, 2);
    text.push('-');
    push_digits(text, day, 2);
}

/// `20261124`
pub(crate) fn push_compact_date(text: &mut String, day: i64) {
    let (year, month, day) = civil(day);
    push_digits(text, year * 10_000 + month * 100 + day, 8);
}

/// Year, month and day of a day number, proleptic Gregorian, for years 0 to 9999.
fn civil(day: i64) -> (u64, u64, u64) {
    let z = (day + 719_468).max(0) as u64;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_shanghais() {
        let mut text = String::new();
        push_timestamp(&mut text, 1_795_482_000_123);
        assert_eq!(text, "2026-11-24T09:00:00.123+08:00");
    }

    #[test]
    fn dates_at_the_edges() {
        let mut text = String::new();
        for day in [0, -1, 11_016, 11_017, 19_723, 20_088] {
            push_date(&mut text, day);
            text.push(' ');
        }
        push_compact_date(&mut text, shanghai_day(1_795_535_999_999));
        assert_eq!(
            text,
            "1970-01-01 1969-12-31 2000-02-29 2000-03-01 2024-01-01 2024-12-31 20261124"
        );
    }
}
