//! What a set's windows are and cost, for the print of `rules check`.

use zhamen_engine::event::{FieldType, Value};
use zhamen_engine::rule::{Agg, Bilingual, Over, Series, Window, WindowId};

use crate::build::Build;
use crate::cost::{self, Costs};
use crate::lang::Lang;
use crate::problem::both;
use crate::rule::read;
use crate::time_text::over_text;
use crate::tools::words;

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
    /// What the rules cost an event, estimated.
    pub costs: Costs,
}

/// One window and who shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowInfo {
    /// Its number in the set.
    pub window: WindowId,
    /// Number of the series that holds its state; windows of one series share it.
    pub series: u16,
    /// What it computes: `count`, `sum of txn.amount`.
    pub computes: Bilingual,
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
    pub notes: Vec<Bilingual>,
    /// `rule.window` of all that declare it.
    pub used_by: Vec<String>,
}

pub(crate) fn of(build: &Build, rules: &[read::Compiled]) -> Info {
    let windows = build.set.windows.iter().enumerate();
    Info {
        series: build.set.series.len(),
        costs: cost::of(build, rules),
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
    let field = match (window.agg, series.value) {
        (Agg::Count | Agg::Since, _) | (_, None) => None,
        (_, Some(field)) => Some(field.name()),
    };
    WindowInfo {
        window: id,
        series: window.series,
        computes: computes(window, field),
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

fn computes(window: &Window, field: Option<&str>) -> Bilingual {
    let (en, zh) = (window.agg.name(), words::agg(window.agg, Lang::Zh));
    let of = match field {
        Some(field) => both!("{en} of {field}", "{field} 的{zh}"),
        None => both!("{en}", "{zh}"),
    };
    match window.daily {
        true => both!(of => "{of} per day", "{of}（按日）"),
        false => of,
    }
}

fn notes(window: &Window, series: &Series) -> Vec<Bilingual> {
    let mut notes = Vec::new();
    if window.correlated.is_some() {
        notes.push(both!(
            "looks through the newest 1,000 events of its key on every event",
            "每来一笔都查看该键最近 1,000 笔"
        ));
    }
    if window.agg == Agg::Distinct && window.over == Over::Ever {
        notes.push(both!(
            "exact up to 10,000 values a key, then degraded",
            "每键 10,000 个值以内精确，超出即降级"
        ));
    }
    if window.daily {
        notes.push(both!(
            "adds up its days on every event, at most 366",
            "每来一笔都按日相加，最多 366 天"
        ));
    }
    if matches!(
        window.over,
        Over::Last {
            within_ms: None,
            ..
        }
    ) {
        notes.push(both!(
            "keeps the newest events of a key for ever",
            "每键最近若干笔长期保存"
        ));
    }
    if window.agg == Agg::Hops {
        notes.push(both!(
            "looks through the newest 1,000 payments into the payer; at most 32 hops",
            "查看付款方最近收到的 1,000 笔，最多 32 手"
        ));
    }
    if series.hits_of.is_some() {
        notes.push(both!(
            "counts an event after all rules have spoken of it",
            "全部规则判完之后才计入"
        ));
    }
    if window.over == Over::Ever {
        notes.push(both!("keeps totals of older events", "较早的事件只存合计"));
    }
    if series.value.is_some_and(|f| f.ty() == FieldType::Money) {
        notes.push(both!("kept per currency", "按币种分别统计"));
    }
    notes
}
