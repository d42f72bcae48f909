//! Other rules take over what was counted: they find what the journal says, whatever memory happened
//! to hold. A restored engine holds less of what is out of reach than one that was never stopped.

use std::fmt::Write as _;

use zhamen_tests::harness::{Fold, rules};
use zhamen_tests::settings;

fn rule(id: &str, over: &str) -> String {
    format!(
        "[[rule]]\nid = {id:?}\ntitle = {{ zh = {id:?}, en = {id:?} }}\non = \"transfer.requested\"\nmode = \"alert\"\n\
         window.n = {{ count = \"*\", by = [\"payer.account\"], over = {over:?} }}\n\
         when = [\"window.n >= 0\"]\nthen = {{ action = \"allow\" }}\n"
    )
}

fn transfer(id: usize, day_and_time: &str, payer: &str, payee: &str) -> String {
    format!(
        r#"{{"type":"transfer.requested","id":"{id}","source":"s","occurred_at":"2026-11-{day_and_time}Z","txn":{{"amount":"1.00","currency":"CNY","channel":"mobile"}},"payer":{{"account":"{payer}"}},"payee":{{"account":"{payee}"}}}}"#
    )
}

/// Everything said, with other rules from line `other_at` on and a snapshot before line `split_at`.
fn said(lines: &[String], first: &str, then: &str, other_at: usize, split_at: usize) -> String {
    let mut fold = Fold::new(rules(first), settings::policy("", None));
    let mut said = String::new();
    for (n, line) in lines.iter().enumerate() {
        if n == split_at {
            fold.split();
        }
        if n == other_at {
            fold.activate(rules(then));
        }
        for output in fold.line(line.as_bytes()) {
            writeln!(said, "{output:?}").expect("a string takes everything");
        }
    }
    write!(said, "{:016x}", fold.engine().state_hash()).expect("a string takes everything");
    said
}

/// What to notice: the second rule looks farther back over the same events. Twenty of them had been
/// out of reach before; the undisturbed engine still had room for them.
#[test]
fn rows_out_of_reach_are_taken_over_by_nobody() {
    let minutes = (0..20).map(|i| transfer(i, &format!("10T00:{i:02}:00"), "K", "P"));
    let hours = (0..8).map(|i| transfer(20 + i, &format!("10T{:02}:00:00", 3 + 2 * i), "K", "P"));
    let lines: Vec<String> = minutes.chain(hours).collect();
    let (first, then) = (rule("p", "10m"), rule("p", "10m") + &rule("q", "30d"));
    let whole = said(&lines, &first, &then, 27, usize::MAX);
    for split in [10, 20, 22, 24, 26, 27] {
        assert!(said(&lines, &first, &then, 27, split) == whole, "{split}");
    }
}

/// What to notice: six keys are forgotten when the rules change; some had been freed before.
#[test]
fn keys_forgotten_are_taken_over_by_nobody() {
    let key = |i: usize| format!("K{i}");
    let old = (0..6).map(|i| transfer(i, &format!("10T00:00:{i:02}"), &key(i), "P"));
    let other = (6..11).map(|i| transfer(i, &format!("13T00:00:{i:02}"), "O", "P"));
    let again = (11..17).map(|i| transfer(i, &format!("13T00:01:{i:02}"), &key(i - 11), "P"));
    let lines: Vec<String> = old.chain(other).chain(again).collect();
    let (first, then) = (rule("p", "10m"), rule("p", "10m") + &rule("q", "30d"));
    let whole = said(&lines, &first, &then, 11, usize::MAX);
    for split in [3, 6, 8, 11] {
        assert!(said(&lines, &first, &then, 11, split) == whole, "{split}");
    }
}

/// What to notice: two transfers at one time, of which one counts for two windows and the other for
/// one. The later in the journal stays the last when an unrelated rule comes.
#[test]
fn equal_times_stay_in_journal_order() {
    let first = rule("p", "1h").replace(
        "window.n = { count = \"*\", by = [\"payer.account\"], over = \"1h\" }",
        "window.a = { count = \"*\", by = [\"payer.account\"], over = \"1h\", where = \"payee.account == \\\"P2\\\"\" }\n\
         window.n = { last = \"payee.account\", by = [\"payer.account\"], over = \"1h\", current = \"exclude\" }",
    );
    let first = first.replace(
        "\"window.n >= 0\"",
        "\"window.a >= 0\", \"has(window.n) || !has(window.n)\"",
    );
    let unrelated = rule("d", "1h").replace("count = \"*\"", "distinct = \"txn.channel\"");
    let lines = [
        transfer(1, "20T10:00:00", "K", "P1"),
        transfer(2, "20T10:00:00", "K", "P2"),
        transfer(4, "20T10:05:00", "K", "P9"),
    ];
    for before in [format!("{unrelated}{first}"), format!("{first}{unrelated}")] {
        let mut fold = Fold::new(rules(&first), settings::policy("", None));
        fold.line(lines[0].as_bytes());
        fold.line(lines[1].as_bytes());
        fold.activate(rules(&before));
        let last = format!("{:?}", fold.line(lines[2].as_bytes()));
        assert!(last.contains(r#"("window.n", "P2")"#), "{last}");
    }
}
