//! The engine beside the oracle, line by line.

use zhamen_engine::output::Decision;

use crate::cases::{Case, line, rule};
use crate::harness::{Fold, decision, rules};
use crate::oracle::{Mistake, Oracle, Verdict};
use crate::settings;

/// Folds a case and asks the oracle of every line, or of one line in so many.
///
/// # Errors
/// The first line of which the two say different things, with everything needed to see why.
pub fn case(case: &Case, mistake: Mistake, every: usize) -> Result<(), String> {
    let text = rule(case);
    let mut policy = settings::policy("[rates]\nUSD = \"7.1\"", None);
    policy.lateness_ms = case.lateness;
    // A notice finds its request however old.
    policy.trail_ms = 400 * 86_400_000;
    let calendar = policy.calendar.clone();
    let mut fold = Fold::new(rules(&text), policy);
    let mut oracle = Oracle::new(case, &calendar, mistake);
    for (n, event) in case.events.iter().enumerate() {
        if case.split_at.contains(&n) {
            fold.split();
        }
        let outputs = fold.line(line(event).as_bytes());
        let Some(want) = oracle.next(event, n % every == 0) else {
            continue;
        };
        let said = said(decision(&outputs), case);
        if said != want {
            let lines: Vec<String> = case.events[..=n].iter().map(line).collect();
            return Err(format!(
                "line {n}:\nengine {said:?}\noracle {want:?}\n{text}\n{}",
                lines.join("\n")
            ));
        }
    }
    Ok(())
}

/// A decision in the oracle's words.
fn said(d: &Decision, case: &Case) -> Verdict {
    if let Some((code, _)) = d.rejected {
        return Verdict::Rejected(code.name());
    }
    if let Some(first) = d.duplicate_of {
        // The activation has offset 0.
        return Verdict::Duplicate(first.offset as usize - 1);
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
