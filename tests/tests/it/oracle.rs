//! The engine against the oracle, window by window: any rules, any stream of events. More cases:
//! `ZHAMEN_ORACLE_CASES=20000 cargo test -p zhamen-tests oracle`. Seeds that once failed are kept in
//! `proptest-regressions` and tried first.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use zhamen_engine::rule::Agg;
use zhamen_tests::cases::{Over, Role, Where, Window, any_case};
use zhamen_tests::compare::{self, CONDITIONS};
use zhamen_tests::oracle::{MISTAKES, Mistake};

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
        if let Err(difference) = compare::case(&case, Mistake::None, 1) {
            return Err(TestCaseError::fail(difference));
        }
    }
}

proptest! {
    // Each case is folded three times.
    #![proptest_config(ProptestConfig { cases: config().cases / 3, ..config() })]

    /// What to notice: what a restored engine has physically kept differs from what the undisturbed
    /// one has, and rules that look farther back take it over.
    #[test]
    fn a_snapshot_before_other_rules_shows_in_nothing(case in any_case(EVENTS)) {
        let third = case.events.len() / 3;
        let whole = compare::everything(&case, &[]);
        for splits in [vec![third / 2], vec![third], vec![third / 3, third, 2 * third]] {
            prop_assert_eq!(&whole, &compare::everything(&case, &splits));
        }
    }

    /// What to notice: neither how a key's events are kept nor other rules beside it show in what
    /// a window reads.
    #[test]
    fn how_events_are_kept_shows_in_no_reading(case in any_case(EVENTS)) {
        for conditions in CONDITIONS {
            if let Err(difference) = compare::under(&case, Mistake::None, 1, conditions) {
                return Err(TestCaseError::fail(difference));
            }
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
            compare::case(&case, Mistake::None, 1).is_ok()
                && compare::case(&case, *mistake, 1).is_err()
        });
        assert!(found.is_some(), "{mistake:?} was not found");
    }
}

/// The name of a period, of every length alike.
fn period(over: Over) -> &'static str {
    match over {
        Over::Ms(_) => "duration",
        Over::WorkingDays(_) => "working days",
        Over::Day => "calendar day",
        Over::Month => "calendar month",
        Over::Year => "calendar year",
        Over::Ever => "ever",
        Over::Last(_) => "last",
        Over::LastIn(..) => "last in",
    }
}

/// What a window has besides aggregate, value and period.
fn options(w: &Window) -> Vec<&'static str> {
    let terms = |is: fn(&Where) -> bool| w.terms.iter().any(is);
    let all = [
        (
            "plain",
            w.terms.is_empty() && !w.exclude && !w.hits && !w.reset && w.until == 0,
        ),
        ("current", w.exclude),
        ("until", w.until > 0),
        ("undo", !w.undo.is_empty()),
        ("fields", w.swapped),
        ("compound key", w.by.len() > 1),
        ("absent key", w.by.contains(&Role::Device)),
        ("several types", w.on.len() == 2),
        ("where money", terms(|t| *t == Where::AmountAtLeast)),
        ("where window", terms(|t| matches!(t, Where::Earlier(..)))),
        ("where this", w.compares()),
        ("hits", w.hits),
        ("reset", w.reset),
        ("per day", w.daily),
        ("share", w.share),
    ];
    all.iter()
        .filter(|(_, is)| *is)
        .map(|(name, _)| *name)
        .collect()
}

/// Whether the language refuses it, or it cannot be: as `tidy` in `cases.rs` leaves it out.
fn refused(agg: Agg, over: &str, option: &str) -> bool {
    let last = over.starts_with("last");
    let of_days = matches!(agg, Agg::Avg | Agg::StdDev | Agg::Min | Agg::Max)
        && ["duration", "calendar month", "calendar year"].contains(&over);
    match option {
        "until" if last || over == "ever" => true,
        "reset" | "where this" if over == "ever" => true,
        "per day" => !of_days,
        "share" => agg != Agg::Hops || last || over == "ever",
        // The key of a chain is who is paid.
        "compound key" | "absent key" if agg == Agg::Hops => true,
        _ => agg == Agg::Hops && (last || over == "ever"),
    }
}

#[test]
fn every_aggregate_with_every_period_and_option_is_generated() {
    let mut runner = TestRunner::deterministic();
    let mut seen = BTreeSet::new();
    for _ in 0..20_000 {
        let case = any_case(2).new_tree(&mut runner).expect("a case").current();
        for w in &case.windows {
            for option in options(w) {
                seen.insert((w.aggregate.name(), period(w.over), option));
            }
        }
    }
    let periods = [
        "duration",
        "working days",
        "calendar day",
        "calendar month",
        "calendar year",
        "ever",
        "last",
        "last in",
    ];
    let options = [
        "plain",
        "current",
        "until",
        "undo",
        "fields",
        "compound key",
        "absent key",
        "several types",
        "where money",
        "where window",
        "where this",
        "hits",
        "reset",
        "per day",
        "share",
    ];
    let mut wanted = 0;
    let mut missing = Vec::new();
    for agg in Agg::ALL {
        for over in periods {
            for option in options {
                if refused(*agg, over, option) {
                    continue;
                }
                wanted += 1;
                if !seen.contains(&(agg.name(), over, option)) {
                    missing.push((agg.name(), over, option));
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "{} of {wanted}: {missing:?}",
        missing.len()
    );
    println!("{wanted} kinds of window, each generated");
}
