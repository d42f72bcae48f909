//! What a set's windows are and cost, for the print of `rules check`.

use zhamen_engine::rule::{Agg, Series, Window, WindowId};

use crate::build::Build;
use crate::rule::read;
use crate::time_text::over_text;

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
    /// It looks through the kept events of its key on every event.
    pub scans: bool,
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
        computes: format!("{}{of}", window.agg.name()),
        key: names(&series.by),
        over: over_text(window.over),
        on: crate::contract::kinds_text(series.on),
        bytes_per_key: 64 + 16 * series.by.len(),
        bytes_per_event: 24 + 16 * (usize::from(series.value.is_some()) + series.kept.len()),
        scans: window.correlated.is_some(),
        used_by,
    }
}
