//! What a set's windows are and cost, for the print of `rules check`.

use zhamen_engine::event::{FieldType, Value};
use zhamen_engine::rule::{Agg, Over, Series, Window, WindowId};

use crate::build::Build;
use crate::rule::read;
use crate::time_text::over_text;

/// Bytes of one key: its log, its place in the index and its number. As `zhamen-engine` lays them
/// out in `series.rs`.
const KEY_BYTES: usize = 128;
/// Bytes of one counted event: time, value or running total, number in the ledger.
const EVENT_BYTES: usize = 20;

/// Facts about the windows of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// One for each different window, in the order of [`zhamen_engine::rule::RuleSet::windows`].
    pub windows: Vec<WindowInfo>,
    /// How many different series hold their state.
    pub series: usize,
}

/// One window and who shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowInfo {
    /// Its number in the set.
    pub window: WindowId,
    /// Number of the series that holds its state; windows of one series share it.
    pub series: u16,
    /// What it computes: `count`, `sum of txn.amount`.
    pub computes: String,
    /// Key fields of the counted event.
    pub key: String,
    /// How far back it looks.
    pub over: String,
    /// Event types counted.
    pub on: String,
    /// Bytes of state of one key without events.
    pub bytes_per_key: usize,
    /// Bytes of each event kept under a key.
    pub bytes_per_event: usize,
    /// Limits that its kind has.
    pub notes: Vec<&'static str>,
    /// `rule.window` of all that declare it.
    pub used_by: Vec<String>,
}

pub(crate) fn of(build: &Build, rules: &[read::Compiled]) -> Info {
    let windows = build.set.windows.iter().enumerate();
    Info {
        series: build.set.series.len(),
        windows: windows
            .map(|(id, window)| {
                let series = &build.set.series[usize::from(window.series)];
                let used_by = rules.iter().flat_map(|rule| {
                    let declared = rule.windows.iter();
                    declared
                        .filter(|w| usize::from(w.id) == id)
                        .map(|w| format!("{}.{}", rule.rule.id, w.name))
                });
                info(id as WindowId, window, series, used_by.collect())
            })
            .collect(),
    }
}

fn info(id: WindowId, window: &Window, series: &Series, used_by: Vec<String>) -> WindowInfo {
    let names = |fields: &[zhamen_engine::event::Field]| {
        let names: Vec<&str> = fields.iter().map(|f| f.name()).collect();
        names.join(" + ")
    };
    let of = match (window.agg, series.value) {
        (Agg::Count | Agg::Since, _) | (_, None) => String::new(),
        (_, Some(field)) => format!(" of {}", field.name()),
    };
    WindowInfo {
        window: id,
        series: window.series,
        computes: format!(
            "{}{of}{}",
            window.agg.name(),
            if window.daily { " per day" } else { "" }
        ),
        key: names(&series.by),
        over: over_text(window.over),
        on: match &series.hits_of {
            Some(rule) => format!("rule:{rule}"),
            None => crate::contract::kinds_text(series.on),
        },
        bytes_per_key: KEY_BYTES,
        bytes_per_event: EVENT_BYTES + kept_bytes(series.kept.len()),
        notes: notes(window, series),
        used_by,
    }
}

/// Bytes of the fields kept of one event for comparison with `this.`.
fn kept_bytes(fields: usize) -> usize {
    if fields == 0 {
        0
    } else {
        16 + fields * size_of::<Option<Value>>()
    }
}

fn notes(window: &Window, series: &Series) -> Vec<&'static str> {
    let mut notes = Vec::new();
    if window.correlated.is_some() {
        notes.push("looks through the newest 1,000 events of its key on every event");
    }
    if window.agg == Agg::Distinct && window.over == Over::Ever {
        notes.push("exact up to 10,000 values a key, then degraded");
    }
    if window.daily {
        notes.push("adds up its days on every event, at most 366");
    }
    if matches!(
        window.over,
        Over::Last {
            within_ms: None,
            ..
        }
    ) {
        notes.push("keeps the newest events of a key for ever");
    }
    if window.agg == Agg::Hops {
        notes.push("looks through the newest 1,000 payments into the payer; at most 32 hops");
    }
    if series.hits_of.is_some() {
        notes.push("counts an event after all rules have spoken of it");
    }
    if window.over == Over::Ever {
        notes.push("keeps totals of older events");
    }
    if series.value.is_some_and(|f| f.ty() == FieldType::Money) {
        notes.push("kept per currency");
    }
    notes
}
