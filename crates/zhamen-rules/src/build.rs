//! The rule set as it grows: names become numbers, and windows that count the same share their
//! state. Equality is equality of a canonical text that is independent of names and numbers.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use zhamen_engine::event::{Field, FieldType, KindSet};
use zhamen_engine::rule::{
    Agg, CurrencyPolicy, Expr, Hops, ListId, Over, Reach, RuleSet, Series, SeriesId, Window,
    WindowId,
};
use zhamen_engine::time::DAY_MS;

use crate::contract::kinds_text;
use crate::digest::sha256_hex;
use crate::expr::canonical;
use crate::problem::Types;
use crate::time_text::over_text;

/// Longest regular expression, in bytes.
pub(crate) const MAX_PATTERN_BYTES: usize = 4_096;
/// Most memory one compiled regular expression may take, in bytes.
pub(crate) const MAX_REGEX_BYTES: usize = 1 << 20;
/// Most different regular expressions of a set.
pub(crate) const MAX_REGEXES: usize = 1_000;

/// A rule set being built.
#[derive(Debug, Default)]
pub(crate) struct Build {
    pub set: RuleSet,
    lists: HashMap<String, ListId>,
    regexes: HashMap<String, u16>,
    series: HashMap<Arc<str>, SeriesId>,
    windows: HashMap<Arc<str>, WindowId>,
    names: Vec<String>,
    /// Something did not fit its number; reported once by the caller.
    pub overfull: bool,
}

/// What a window counts and how it looks at it, before sharing.
pub(crate) struct Counting {
    pub on: KindSet,
    /// Only events on which this rule fired.
    pub hits_of: Option<String>,
    /// Key fields of the counted event.
    pub counted_by: Vec<Field>,
    /// Key fields of the judged event.
    pub judged_by: Vec<Field>,
    pub filter: Option<Expr>,
    pub filter_reads_money: bool,
    pub correlated: Option<Expr>,
    pub correlated_reads_money: bool,
    pub kept: Vec<Field>,
    pub currency: CurrencyPolicy,
    pub undo: KindSet,
    pub agg: Agg,
    pub value: Option<Field>,
    pub hops: Option<Hops>,
    pub over: Over,
    pub until_ms: i64,
    pub exclude_current: bool,
    pub daily: bool,
    pub reset: Option<WindowId>,
}

impl Build {
    /// The number of a list.
    pub fn list(&mut self, name: &str) -> ListId {
        if let Some(id) = self.lists.get(name) {
            return *id;
        }
        let id = self.number(self.set.list_names.len());
        self.set.list_names.push(name.to_owned());
        self.lists.insert(name.to_owned(), id);
        id
    }

    /// The number of a regular expression.
    pub fn regex(&mut self, pattern: &str) -> Result<u16, Types> {
        if let Some(id) = self.regexes.get(pattern) {
            return Ok(*id);
        }
        if pattern.len() > MAX_PATTERN_BYTES || self.set.regexes.len() >= MAX_REGEXES {
            return Err(Types::RegexTooLarge);
        }
        let regex: Regex = RegexBuilder::new(pattern)
            .size_limit(MAX_REGEX_BYTES)
            .dfa_size_limit(MAX_REGEX_BYTES)
            .build()
            .map_err(|e| match e {
                regex::Error::CompiledTooBig(_) => Types::RegexTooLarge,
                // The last line says what is wrong; those before draw the pattern.
                other => Types::BadRegex(
                    other
                        .to_string()
                        .lines()
                        .last()
                        .unwrap_or_default()
                        .trim_start_matches("error: ")
                        .to_owned(),
                ),
            })?;
        let id = self.number(self.set.regexes.len());
        self.set.regexes.push(regex);
        self.regexes.insert(pattern.to_owned(), id);
        Ok(id)
    }

    /// The number of a window, shared with every equal one.
    pub fn window(&mut self, counting: Counting) -> WindowId {
        let series = self.series(&counting);
        let identity: Arc<str> = window_identity(&counting, series, self).into();
        if let Some(id) = self.windows.get(&identity) {
            return *id;
        }
        let id = self.number(self.set.windows.len());
        self.set.windows.push(Window {
            series,
            by: counting.judged_by,
            agg: counting.agg,
            over: counting.over,
            until_ms: counting.until_ms,
            // A hit is counted after its event was judged, so leaving the judged event out changes no
            // decision; an explanation made afterwards then reads what the decision read. Totals of days
            // would look at other days.
            exclude_current: counting.exclude_current
                || counting.hits_of.is_some() && !counting.daily,
            daily: counting.daily,
            reset: counting.reset,
            currency: if counting.correlated_reads_money {
                counting.currency
            } else {
                CurrencyPolicy::OnError
            },
            correlated: counting.correlated,
        });
        self.names.push(format!("window:{}", sha256_hex(&identity)));
        self.windows.insert(identity, id);
        id
    }

    /// What stands for a window in canonical texts: the hash of its own.
    pub fn window_name(&self, id: WindowId) -> &str {
        &self.names[usize::from(id)]
    }

    fn series(&mut self, counting: &Counting) -> SeriesId {
        let identity: Arc<str> = series_identity(counting, self).into();
        let mut reach = reach(counting.over);
        if counting.daily {
            // Whole days before the judged event's own.
            reach = Reach::Ms(longest_ms(reach) + DAY_MS);
        }
        if let Some(hops) = &counting.hops {
            reach = farther(reach, Reach::Ms(hops.within_ms));
        }
        if let Some(id) = self.series.get(&identity) {
            let series = &mut self.set.series[usize::from(*id)];
            series.reach = farther(series.reach, reach);
            return *id;
        }
        let id = self.number(self.set.series.len());
        self.set.series.push(Series {
            identity: identity.clone(),
            on: counting.on,
            hits_of: counting.hits_of.as_deref().map(Into::into),
            by: counting.counted_by.clone(),
            filter: counting.filter.clone(),
            currency: filter_currency(counting),
            undo: counting.undo,
            value: counting.value,
            hops: counting.hops.clone(),
            as_text: as_text(counting),
            kept: counting.kept.clone(),
            reach,
        });
        self.series.insert(identity, id);
        id
    }

    fn number(&mut self, n: usize) -> u16 {
        u16::try_from(n).unwrap_or_else(|_| {
            self.overfull = true;
            0
        })
    }
}

/// Matters only where money is read; the same for all others, so that they share.
fn filter_currency(counting: &Counting) -> CurrencyPolicy {
    if counting.filter_reads_money {
        counting.currency
    } else {
        CurrencyPolicy::OnError
    }
}

/// Numbers that are only told apart are kept as texts.
fn as_text(counting: &Counting) -> bool {
    counting.agg == Agg::Distinct && counting.value.is_some_and(|f| f.ty() != FieldType::Text)
}

/// Everything that decides what is counted and kept. A count never rides on a series that keeps
/// values: its state would then depend on which other windows a set happens to have.
fn series_identity(counting: &Counting, build: &Build) -> String {
    let mut text = format!(
        "on {} by {}",
        kinds_text(counting.on),
        names(&counting.counted_by)
    );
    // Writing to a String cannot fail.
    if let Some(rule) = &counting.hits_of {
        let _ = write!(text, " hits of {rule}");
    }
    if let Some(hops) = &counting.hops {
        let (payer, within) = (hops.payer.name(), hops.within_ms);
        let _ = write!(text, " hops from {payer} within {within}ms");
        if let Some(share) = hops.share {
            let _ = write!(text, " share {}", share.text());
        }
    }
    if let Some(filter) = &counting.filter {
        let _ = write!(text, " where {}", canonical::text(filter, build));
    }
    if counting.filter_reads_money {
        let _ = write!(text, " currency {}", counting.currency.name());
    }
    if !counting.undo.is_empty() {
        let _ = write!(text, " undo {}", kinds_text(counting.undo));
    }
    if let Some(value) = counting.value {
        let _ = write!(text, " value {}", value.name());
        if as_text(counting) {
            text.push_str(" as text");
        }
    }
    // Older events of an `ever` series are folded into totals, where other windows cannot see them.
    if counting.over == Over::Ever {
        text.push_str(" for ever");
    }
    // So are the newest events kept for themselves: others are let go by age.
    if matches!(
        counting.over,
        Over::Last {
            within_ms: None,
            ..
        }
    ) {
        text.push_str(" newest");
    }
    if !counting.kept.is_empty() {
        let _ = write!(text, " kept {}", names(&counting.kept));
    }
    text
}

fn window_identity(counting: &Counting, series: SeriesId, build: &Build) -> String {
    let mut text = format!(
        "(window {} of [{}] read by {} over {}",
        counting.agg.name(),
        build.set.series[usize::from(series)].identity,
        names(&counting.judged_by),
        over_text(counting.over),
    );
    if counting.until_ms > 0 {
        let _ = write!(text, " until {}ms", counting.until_ms);
    }
    if counting.exclude_current {
        text.push_str(" current excluded");
    }
    if counting.daily {
        text.push_str(" per day");
    }
    if let Some(reset) = counting.reset {
        let _ = write!(text, " after {}", build.window_name(reset));
    }
    if let Some(correlated) = &counting.correlated {
        let _ = write!(text, " where {}", canonical::text(correlated, build));
        if counting.correlated_reads_money {
            let _ = write!(text, " currency {}", counting.currency.name());
        }
    }
    text.push(')');
    text
}

fn names(fields: &[Field]) -> String {
    fields
        .iter()
        .map(|f| f.name())
        .collect::<Vec<_>>()
        .join(", ")
}

pub(crate) fn reach(over: Over) -> Reach {
    match over {
        Over::Ms(ms) => Reach::Ms(ms),
        Over::WorkingDays(n) => Reach::WorkingDays(n),
        Over::CalendarDay => Reach::Ms(DAY_MS),
        Over::CalendarMonth => Reach::Ms(31 * DAY_MS),
        Over::CalendarYear => Reach::Year,
        Over::Ever => Reach::Ever,
        Over::Last {
            within_ms: Some(ms),
            ..
        } => Reach::Ms(ms),
        Over::Last { n, .. } => Reach::Newest(n),
    }
}

/// A reach that holds both. Where the two are measured differently it may be longer than either:
/// a few days too many cost memory, one too few would change an answer.
pub(crate) fn farther(a: Reach, b: Reach) -> Reach {
    match (a, b) {
        (a, b) if a == b => a,
        (Reach::WorkingDays(a), Reach::WorkingDays(b)) => Reach::WorkingDays(a.max(b)),
        (Reach::Newest(a), Reach::Newest(b)) => Reach::Newest(a.max(b)),
        // So many working days are never fewer days.
        (Reach::WorkingDays(n), Reach::Ms(ms)) | (Reach::Ms(ms), Reach::WorkingDays(n))
            if ms <= i64::from(n) * DAY_MS =>
        {
            Reach::WorkingDays(n)
        }
        (a, b) => Reach::Ms(longest_ms(a).max(longest_ms(b))),
    }
}

/// Days off in a row are taken to be far fewer than twenty beyond every third day.
fn longest_ms(reach: Reach) -> i64 {
    match reach {
        Reach::Ms(ms) => ms,
        Reach::WorkingDays(n) => (3 * i64::from(n) + 20) * DAY_MS,
        Reach::Year => 366 * DAY_MS,
        // Never met: such a series is its own.
        Reach::Newest(_) | Reach::Ever => i64::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_series_reaches_as_far_as_each_of_its_windows() {
        let days = |n: i64| Reach::Ms(n * DAY_MS);
        assert_eq!(farther(days(1), days(2)), days(2));
        assert_eq!(
            farther(days(5), Reach::WorkingDays(5)),
            Reach::WorkingDays(5)
        );
        assert_eq!(farther(Reach::WorkingDays(5), days(30)), days(35));
        assert_eq!(farther(Reach::Year, days(400)), days(400));
        // On 3 January the calendar year is three days old.
        assert_eq!(farther(Reach::Year, days(7)), days(366));
    }
}
