//! The engine beside the oracle, line by line.

use std::collections::BTreeMap;

use zhamen_engine::output::Decision;

use crate::cases::{Case, line, rule};
use crate::harness::{Fold, decision, rules};
use crate::oracle::{Mistake, Oracle, Verdict};
use crate::settings;

/// What must show in no reading.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions {
    /// A key with more events keeps logs instead of rows; nothing: as in service.
    pub rows_max: Option<usize>,
    /// Other rules that count by the same keys come and go, so that what was counted moves.
    pub other_rules: bool,
}

/// Conditions that a case is read under, besides those of service.
pub const CONDITIONS: [Conditions; 3] = [
    Conditions {
        rows_max: None,
        other_rules: true,
    },
    Conditions {
        rows_max: Some(3),
        other_rules: false,
    },
    Conditions {
        rows_max: Some(12),
        other_rules: true,
    },
];

/// Counts by the keys that cases count by, in other ways.
const OTHER_RULE: &str = r#"
[[rule]]
id = "other"
title = { zh = "另", en = "other" }
on = "transfer.requested"
mode = "shadow"
subject = "payer.account"
params.one = { value = 1, unit = "CNY", min = 1, max = 9 }
window.some = { count = "*", by = ["payer.account"], over = "3h", where = "txn.amount > params.one" }
window.sum = { sum = "txn.amount", by = ["payee.account"], over = "2d" }
window.long = { count = "*", by = ["payer.account"], over = "90d" }
window.last = { last = "payee.account", by = ["payer.account"], over = "2d", current = "exclude" }
window.pair = { distinct = "txn.device", by = ["payer.account", "payee.account"], over = "ever" }
when = ["window.long > 0", "has(window.last) || !has(window.last)", "window.some >= 0", "window.pair >= 0 || window.sum > params.one"]
then = { action = "allow" }
currency = "skip"
"#;

/// Folds a case and asks the oracle of every line, or of one line in so many.
///
/// # Errors
/// The first line of which the two say different things, with everything needed to see why.
pub fn case(case: &Case, mistake: Mistake, every: usize) -> Result<(), String> {
    under(case, mistake, every, Conditions::default())
}

/// As [`case`], under given conditions.
///
/// # Errors
/// As for [`case`].
pub fn under(
    case: &Case,
    mistake: Mistake,
    every: usize,
    conditions: Conditions,
) -> Result<(), String> {
    let text = rule(case);
    let mut policy = settings::policy("[rates]\nUSD = \"7.1\"", None);
    policy.lateness_ms = case.lateness;
    // A notice finds its request however old.
    policy.trail_ms = 400 * 86_400_000;
    let calendar = policy.calendar.clone();
    let mut fold = Fold::new(rules(&text), policy);
    if let Some(rows) = conditions.rows_max {
        fold.set_rows_max(rows);
    }
    let mut oracle = Oracle::new(case, &calendar, mistake);
    let mut line_at = BTreeMap::new();
    let third = case.events.len() / 3;
    for (n, event) in case.events.iter().enumerate() {
        if conditions.other_rules && n > 0 && n == third {
            fold.activate(rules(&format!("{OTHER_RULE}{text}")));
        }
        if conditions.other_rules && n > 0 && n == 2 * third {
            fold.activate(rules(&text));
        }
        if case.split_at.contains(&n) {
            fold.split();
        }
        line_at.insert(fold.engine().next_offset(), n);
        let outputs = fold.line(line(event).as_bytes());
        let Some(want) = oracle.next(event, n % every == 0) else {
            continue;
        };
        let mut said = said(decision(&outputs), case, &line_at);
        // The other rules' keys may have moved on where the case's have not.
        let others = conditions.other_rules && (third..2 * third).contains(&n);
        if let (true, Verdict::Decided { stale, .. }, Verdict::Decided { stale: asked, .. }) =
            (others, &mut said, &want)
        {
            *stale = *asked;
        }
        if said != want {
            let lines: Vec<String> = case.events[..=n].iter().map(line).collect();
            return Err(format!(
                "line {n}, {conditions:?}:\nengine {said:?}\noracle {want:?}\n{text}\n{}",
                lines.join("\n")
            ));
        }
    }
    Ok(())
}

/// Folds a case under rules that come and go, and says everything the engine said.
///
/// # Panics
/// As [`Fold::split`].
#[must_use]
pub fn everything(case: &Case, splits: &[usize]) -> Vec<String> {
    let text = rule(case);
    let mut policy = settings::policy("[rates]\nUSD = \"7.1\"", None);
    policy.lateness_ms = case.lateness;
    let mut fold = Fold::new(rules(&text), policy);
    let third = case.events.len() / 3;
    let mut said = Vec::new();
    for (n, event) in case.events.iter().enumerate() {
        if splits.contains(&n) {
            fold.split();
        }
        if n > 0 && n == third {
            fold.activate(rules(&format!("{OTHER_RULE}{text}")));
        }
        if n > 0 && n == 2 * third {
            fold.activate(rules(&text));
        }
        said.push(format!("{:?}", fold.line(line(event).as_bytes())));
    }
    said.push(fold.engine().state_hash().to_string());
    said
}

/// A decision in the oracle's words.
fn said(d: &Decision, case: &Case, line_at: &BTreeMap<i64, usize>) -> Verdict {
    if let Some((code, _)) = d.rejected {
        return Verdict::Rejected(code.name());
    }
    if let Some(first) = d.duplicate_of {
        return Verdict::Duplicate(line_at[&first.offset]);
    }
    let fired = d.fired.first().expect("the rule always fires");
    let values = (0..case.windows.len())
        .map(|i| {
            let name = format!("window.w{i}");
            let value = fired.values.iter().find(|(n, _)| *n == name);
            value.map(|(_, v)| v.clone())
        })
        .collect();
    Verdict::Decided {
        late: d.late,
        stale: d.stale,
        ahead: d.ahead,
        values,
    }
}
