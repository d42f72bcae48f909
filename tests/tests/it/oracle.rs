//! The engine against the oracle, window by window: any rules, any stream of events. More cases:
//! `ZHAMEN_ORACLE_CASES=20000 cargo test -p zhamen-tests oracle`. Seeds that once failed are kept in
//! `proptest-regressions` and tried first.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use zhamen_tests::cases::any_case;
use zhamen_tests::compare;
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
