//! Warnings that need more than one place of a set: ids used twice, rules that fire together, rules
//! without tests, verdicts out of reach. Lines that can never hold are `lint/lines.rs`.

mod lines;

use std::collections::HashMap;

use zhamen_engine::rule::{Action, Mode};

use crate::build::Build;
use crate::diagnostic::{Findings, Place};
use crate::node::{Kind, Node};
use crate::problem::{Keys, Lints, Noun, Rows, both, nouns};
use crate::rule::rows::RuleTest;
use crate::rule::{read, verdict};

/// Ids given twice, also by rules that have other faults.
pub(crate) fn ids(nodes: &[&Node], findings: &mut Findings) {
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    for node in nodes {
        let Kind::Table(table) = &node.kind else {
            continue;
        };
        let Some(Node {
            kind: Kind::Text(id),
            at,
        }) = table.get("id")
        else {
            continue;
        };
        if let Some(first) = seen.get(id.as_str()) {
            findings.add_with(
                at,
                Keys::DuplicateId {
                    what: nouns::RULE_OR_VERDICT,
                    id: id.clone(),
                },
                vec![first.label(both!("first given here", "先在这里用了这个编号"))],
            );
        } else {
            seen.insert(id, at);
        }
    }
}

/// Looks at the set as a whole.
pub(crate) fn set(
    rules: &[read::Compiled],
    verdicts: &[verdict::Compiled],
    build: &Build,
    findings: &mut Findings,
) {
    let mut conditions: HashMap<&str, &read::Compiled> = HashMap::new();
    for compiled in rules {
        lines::check(compiled, build, findings);
        tested(nouns::ONE_RULE, &compiled.at, &compiled.tests, findings);
        idle(compiled, findings);
        match conditions.get(compiled.condition.as_str()) {
            Some(first) => findings.add_with(
                &compiled.at,
                Lints::FireTogether(first.rule.id.to_string()),
                vec![first.at.label(both!("the other rule", "另一条规则"))],
            ),
            None => {
                conditions.insert(&compiled.condition, compiled);
            }
        }
    }
    for compiled in verdicts {
        tested(nouns::ONE_VERDICT, &compiled.at, &compiled.tests, findings);
        let most = highest_score(rules);
        if compiled.verdict.at_least > most {
            findings.add(&compiled.at_least_at, Lints::VerdictOutOfReach(most));
        }
    }
}

/// A rule whose firing leads to nothing.
fn idle(compiled: &read::Compiled, findings: &mut Findings) {
    let rule = &compiled.rule;
    let then = &rule.then;
    let listed = then.list.is_some() || then.warn || rule.score != 0;
    if then.alert.is_some() || listed {
        return;
    }
    if then.action == Action::Allow {
        findings.add(&compiled.at, Rows::NothingHappens);
    } else if rule.mode == Mode::Alert {
        findings.add(&compiled.at, Rows::ModeAlertWithoutAlert);
    }
}

/// A rule without a test in which it fires and one in which it does not.
fn tested(what: Noun, at: &Place, tests: &[RuleTest], findings: &mut Findings) {
    if tests.is_empty() {
        findings.add(at, Rows::NoTests(what));
        return;
    }
    let asks = |t: &RuleTest| t.expect.iter().any(|(a, _)| *a != Action::Allow);
    let alerts = |t: &RuleTest| t.alerts.as_ref().map_or(0, |(n, _)| *n);
    let fires = |t: &RuleTest| asks(t) || alerts(t) > 0 || t.explain.is_some();
    // A rule that asks for nothing shows itself by alerts only.
    let silent = |t: &RuleTest| {
        let quiet_rows = t.expect.iter().filter(|(a, _)| *a == Action::Allow).count() as u64;
        quiet_rows > if asks(t) { 0 } else { alerts(t) }
    };
    if !tests.iter().any(fires) {
        findings.add(at, Rows::NoPositiveTest(what));
    }
    if !tests.iter().any(silent) {
        findings.add(at, Rows::NoNegativeTest(what));
    }
}

/// The sum if every rule fired.
fn highest_score(rules: &[read::Compiled]) -> i64 {
    let mut families: HashMap<&str, i64> = HashMap::new();
    let mut sum = 0_i64;
    for compiled in rules {
        let rule = &compiled.rule;
        if rule.mode == Mode::Shadow {
            continue;
        }
        match &rule.family {
            None => sum = sum.saturating_add(rule.score),
            Some(family) => {
                let best = families.entry(family).or_insert(rule.score);
                *best = rule.score.max(*best);
            }
        }
    }
    families.values().fold(sum, |sum, s| sum.saturating_add(*s))
}
