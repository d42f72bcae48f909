//! What the compiler makes of rules: shared windows, what a rule reads and is limited by, the print
//! of failing tests.

use std::path::Path;

use zhamen_engine::event::Field;
use zhamen_engine::rule::{Agg, Over, Reach, Read, RuleSet};
use zhamen_engine::time::{Calendar, DAY_MS, HOUR_MS};
use zhamen_rules::{SourceFile, compile, load, render_text, run_tests};

/// The set of these `window` lines and `when` lines, one rule for each pair.
fn set(rules: &[(&str, &str)]) -> RuleSet {
    let mut text = String::new();
    for (i, (windows, when)) in rules.iter().enumerate() {
        text.push_str(&format!(
            "[[rule]]\nid = \"r{i}\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\non = \"transfer.requested\"\n\
             mode = \"enforce\"\nthen = {{ action = \"delay\" }}\n{windows}\nwhen = [{when}]\n"
        ));
    }
    let files = [SourceFile {
        name: "set.toml".to_owned(),
        text,
    }];
    let compiled = compile(&files);
    let report = render_text(&files, &compiled.diagnostics, false);
    compiled.set.unwrap_or_else(|| panic!("{report}"))
}

#[test]
fn equal_windows_are_one_piece_of_state_whatever_they_are_called() {
    let set = set(&[
        (
            "params.m = { value = 50, unit = \"CNY\", min = 1, max = 99 }\n\
             window.a = { count = \"*\", by = [\"payer.account\"], over = \"1h\", where = \"txn.amount >= params.m\" }",
            "\"window.a > 2\"",
        ),
        (
            "params.other = { value = \"50.00\", unit = \"CNY\", min = 1, max = 99 }\n\
             window.b = { by = [\"payer.account\"], where = \"params.other <= txn.amount && true\", over = \"60m\", count = \"*\" }",
            "\"window.b > 3\"",
        ),
        (
            "params.m = { value = 51, unit = \"CNY\", min = 1, max = 99 }\n\
             window.a = { count = \"*\", by = [\"payer.account\"], over = \"1h\", where = \"txn.amount >= params.m\" }",
            "\"window.a > 2\"",
        ),
    ]);
    assert_eq!((set.windows.len(), set.series.len()), (2, 2));
    assert_eq!(set.rules[0].evidence, set.rules[1].evidence);
    assert_ne!(set.rules[0].evidence, set.rules[2].evidence);
    assert_eq!(
        &*set.series[0].identity,
        "on transfer.requested by payer.account where (>= txn.amount 50CNY) currency on_error"
    );
}

#[test]
fn views_of_one_series_share_it_and_it_reaches_far_enough() {
    let set = set(&[(
        "window.h = { count = \"*\", by = [\"payer.account\"], over = \"1h\" }\n\
         window.d = { count = \"*\", by = [\"payer.account\"], over = \"24h\", until = \"1h\", current = \"exclude\" }\n\
         window.s = { since = \"last\", by = [\"payer.account\"], over = \"7d\" }\n\
         window.e = { count = \"*\", by = [\"payer.account\"], over = \"ever\" }\n\
         window.m = { sum = \"txn.amount\", by = [\"payer.account\"], over = \"24h\" }\n\
         window.x = { max = \"txn.amount\", by = [\"payer.account\"], over = \"calendar month\" }",
        "\"window.h + window.d + window.e > 2\", \"has(window.s)\", \"window.m > window.x\"",
    )]);
    let reach: Vec<Reach> = set.series.iter().map(|s| s.reach).collect();
    assert_eq!(
        reach,
        [Reach::Ms(7 * DAY_MS), Reach::Ever, Reach::Ms(31 * DAY_MS)]
    );
    let views: Vec<_> = set.windows.iter().map(|w| (w.series, w.agg)).collect();
    assert_eq!(
        views,
        [
            (0, Agg::Count),
            (0, Agg::Count),
            (0, Agg::Since),
            (1, Agg::Count),
            (2, Agg::Sum),
            (2, Agg::Max),
        ]
    );
    assert_eq!(set.windows[1].over, Over::Ms(24 * HOUR_MS));
    assert_eq!(set.windows[1].until_ms, HOUR_MS);
    assert!(set.windows[1].exclude_current);
}

#[test]
fn roles_and_comparisons_with_the_judged_event_are_kept_apart() {
    let set = set(&[(
        "window.w = { sum = \"txn.amount\", by = [\"payer.account\"], over = \"1d\", \
         fields = { \"payer.account\" = \"payee.account\" }, \
         where = \"txn.channel == 'atm' && txn.amount > this.txn.amount && payer.name != this.payee.name\" }",
        "\"window.w > txn.amount\"",
    )]);
    let (series, window) = (&set.series[0], &set.windows[0]);
    assert_eq!(series.by, [Field::PayeeAccount]);
    assert_eq!(window.by, [Field::PayerAccount]);
    assert!(series.filter.is_some() && window.correlated.is_some());
    assert_eq!(series.kept, [Field::TxnAmount, Field::PayerName]);
    assert_eq!(series.value, Some(Field::TxnAmount));
}

#[test]
fn a_rule_shows_what_its_lines_read_in_order_of_first_reading() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rules-sample.toml");
    let set = compile(&load(&path).unwrap()).set.unwrap();
    let rule = &set.rules[1];
    assert_eq!(&*rule.id, "frequent-large-transfers");
    assert_eq!(
        rule.reads,
        [
            Read::Field(Field::TxnAmount),
            Read::Window(rule.evidence.unwrap(), "window.big_out".to_owned()),
        ]
    );
    let limit = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(
        rule.limits,
        [
            limit("params.single_min", "50000.00"),
            limit("params.min_count", "5")
        ]
    );
    let subjects: Vec<_> = set.rules.iter().map(|r| r.subject).collect();
    let payer = Some(Field::PayerAccount);
    assert_eq!(subjects, [Some(Field::HolderId), payer, payer, payer]);
}

#[test]
fn failing_tests_are_shown_at_the_expectation() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/failing.toml");
    let files = [SourceFile {
        name: "failing.toml".to_owned(),
        text: std::fs::read_to_string(&path).unwrap(),
    }];
    let compiled = compile(&files);
    let results = run_tests(&files, &compiled, &Calendar::default());
    let failures: Vec<_> = results.iter().flat_map(|r| r.diagnostics()).collect();
    expect_test::expect_file![path.with_extension("txt")]
        .assert_eq(&render_text(&files, &failures, false));
}
