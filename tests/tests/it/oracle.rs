//! The engine against the oracle, window by window: any rules, any stream of events. More cases:
//! `ZHAMEN_ORACLE_CASES=20000 cargo test -p zhamen-tests oracle`. Seeds that once failed are kept in
//! `proptest-regressions` and tried first.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use zhamen_engine::output::Decision;
use zhamen_tests::cases::{Case, any_case, line, rule};
use zhamen_tests::harness::{Fold, decision, rules};
use zhamen_tests::oracle::{MISTAKES, Mistake, Oracle, Verdict};
use zhamen_tests::settings;

/// Longest stream of a case.
const EVENTS: usize = 70;

fn config() -> ProptestConfig {
    let asked = std::env::var("ZHAMEN_ORACLE_CASES").ok();
    ProptestConfig {
        cases: asked.and_then(|n| n.parse().ok()).unwrap_or(256),
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_window_reads_as_the_oracle_does(case in any_case(EVENTS)) {
        if let Err(difference) = compare(&case, Mistake::None) {
            return Err(TestCaseError::fail(difference));
        }
    }
}

#[test]
fn a_mistake_in_any_of_the_rules_of_counting_is_found() {
    for mistake in MISTAKES {
        let mut runner = TestRunner::deterministic();
        let found = (0..2_000).find(|_| {
            let tree = any_case(EVENTS).new_tree(&mut runner).expect("a case");
            let case = tree.current();
            compare(&case, Mistake::None).is_ok() && compare(&case, *mistake).is_err()
        });
        assert!(found.is_some(), "{mistake:?} was not found");
    }
}

/// Folds a case and asks the oracle of every line.
fn compare(case: &Case, mistake: Mistake) -> Result<(), String> {
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
        let (said, want) = (said(decision(&outputs), case), oracle.next(event));
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
