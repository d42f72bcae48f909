//! Times and dates as texts of rule tests: RFC 3339 with an offset, `YYYY-MM-DD`.

use zhamen_engine::time::{
    DAY_MS, HOUR_MS, MINUTE_MS, TimestampMs, days_from_civil, days_in_month,
};

/// Milliseconds of an RFC 3339 time with an offset; a fraction is cut to milliseconds.
pub(crate) fn rfc3339(text: &str) -> Option<TimestampMs> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let day = self::date(date)?;
    let zone = time.rfind(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone)?;
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let (h, m) = zone[1..].split_once(':')?;
            let ms = number(h, 2, 23)? * HOUR_MS + number(m, 2, 59)? * MINUTE_MS;
            if zone.starts_with('-') { -ms } else { ms }
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let mut parts = clock.split(':');
    let (h, m, s) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let ms =
        number(h, 2, 23)? * HOUR_MS + number(m, 2, 59)? * MINUTE_MS + number(s, 2, 59)? * 1_000;
    Some(day * DAY_MS + ms + millis - offset)
}

/// Days since 1970-01-01.
pub(crate) fn date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year = number(y, 4, 2_099).filter(|y| *y >= 1_900)?;
    let month = number(m, 2, 12).filter(|m| *m >= 1)? as u32;
    let day = number(d, 2, 31)? as u32;
    let exists = (1..=days_in_month(year, month)).contains(&day);
    exists.then(|| days_from_civil(year, month, day))
}

fn number(text: &str, digits: usize, most: i64) -> Option<i64> {
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| plain && *n <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_an_offset_and_must_exist() {
        assert_eq!(rfc3339("1970-01-01T08:00:00.1234+08:00"), Some(123));
        assert_eq!(rfc3339("1970-01-02T00:00:00Z"), Some(DAY_MS));
        for bad in [
            "2026-02-30T00:00:00Z",
            "2026-01-01T00:00:00",
            "2026-01-01",
            "2026-01-01T24:00:00Z",
            "x",
        ] {
            assert_eq!(rfc3339(bad), None, "{bad}");
        }
    }
}
