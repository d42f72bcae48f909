//! How values are shown in a report: accounts and names masked unless the settings unmask them,
//! times in Shanghai, spans of days.

use zhamen_engine::time::{
    DAY_MS, SECOND_MS, date_text, day_start, days_from_civil, days_in_month, rfc3339, shanghai_day,
    shanghai_time_of_day_ms,
};

use crate::commands::demo::view;

/// What people may see.
#[derive(Debug, Clone, Copy)]
pub struct Mask {
    /// Everything.
    pub unmask: bool,
}

impl Mask {
    /// An account: its first and last four characters.
    #[must_use]
    pub fn account(self, account: &str) -> String {
        match (self.unmask, account) {
            (_, "") => String::new(),
            (true, _) => account.to_owned(),
            (false, _) => view::masked(account),
        }
    }

    /// A name: its first character.
    #[must_use]
    pub fn name(self, name: &str) -> String {
        match (self.unmask, name.chars().next()) {
            (true, _) => name.to_owned(),
            (false, Some(first)) => format!("{first}**"),
            (false, None) => String::new(),
        }
    }

    /// What a page says about it.
    #[must_use]
    pub fn note(self) -> String {
        match self.unmask {
            true => "账号、姓名按配置明示 accounts and names are shown in full by the settings"
                .to_owned(),
            false => "账号、姓名已脱敏 accounts and names are masked".to_owned(),
        }
    }
}

/// Days of Shanghai, first and last included.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    first: i64,
    last: i64,
}

impl Days {
    /// A month written `YYYY-MM`.
    #[must_use]
    pub fn month(text: &str) -> Option<Days> {
        let (year, month) = text.split_once('-')?;
        let first = day(&format!("{year}-{month}-01"))?;
        let length = days_in_month(year.parse().ok()?, month.parse().ok()?);
        let last = first + i64::from(length) - 1;
        Some(Days { first, last })
    }

    /// From one day to another, both written `YYYY-MM-DD`.
    #[must_use]
    pub fn between(first: &str, last: &str) -> Option<Days> {
        let (first, last) = (day(first)?, day(last)?);
        (first <= last).then_some(Days { first, last })
    }

    /// First and last instant, as topics write times; such texts compare as times do.
    #[must_use]
    pub fn instants(self) -> std::ops::RangeInclusive<String> {
        let end = day_start(self.last) + DAY_MS - 1;
        rfc3339(day_start(self.first))..=rfc3339(end)
    }

    /// `2026-11-01 – 2026-11-30`.
    #[must_use]
    pub fn text(self) -> String {
        format!("{} – {}", date_text(self.first), date_text(self.last))
    }
}

/// A day written `YYYY-MM-DD`, of the years the contract knows.
fn day(text: &str) -> Option<i64> {
    let [year, month, day]: [&str; 3] = text.split('-').collect::<Vec<_>>().try_into().ok()?;
    let number = |text: &str, length: usize| match text.len() == length {
        true => text.parse::<u32>().ok(),
        false => None,
    };
    let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
    let known = (2000..=2099).contains(&year) && (1..=12).contains(&month);
    let year = i64::from(year);
    (known && (1..=days_in_month(year, month)).contains(&day))
        .then(|| days_from_civil(year, month, day))
}

/// Milliseconds of a time in RFC 3339.
#[must_use]
pub fn instant(text: &str) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis())
}

/// A time in RFC 3339 on Shanghai's clocks, to the second.
#[must_use]
pub fn shanghai(text: &str) -> String {
    let Some(at) = instant(text) else {
        return String::new();
    };
    let second = shanghai_time_of_day_ms(at) / SECOND_MS;
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("{} {h:02}:{m:02}:{s:02}", date_text(shanghai_day(at)))
}
