//! What happens at the bounds of tables that grow with alerts, warnings and flows.

use super::*;
use crate::life::{ALERTS_MAX, WARNED_MAX};
use crate::lists::Lists;

fn moment(bank: &Bank) -> Moment<'_> {
    Moment {
        policy: &bank.policy,
        rules: &bank.rules,
        now: bank.now,
        coordinates: Coordinates {
            partition: 0,
            offset: 0,
            index: 0,
            sequence: 0,
        },
        ruleset: &bank.ruleset,
        facts: &bank.facts,
    }
}

/// The oldest alert for which nothing falls due is forgotten, one with a deadline is not.
#[test]
fn the_oldest_idle_alert_makes_room() {
    let mut bank = Bank::new();
    bank.raise("due", Some(START + 3 * DAY_MS));
    bank.raise("first", None);
    bank.raise("second", None);
    let mut life = std::mem::take(&mut bank.life);
    let raised = Output::Alert(bank.alert("", None));
    let m = moment(&bank);
    for n in 0..=ALERTS_MAX - 3 {
        let mut one = raised.clone();
        if let Output::Alert(a) = &mut one {
            a.alert = n.to_string();
        }
        life.watch(&[one], &m);
    }
    assert!(life.alerts.state("due").is_some());
    assert_eq!(life.alerts.state("first"), None);
    assert!(life.alerts.state("second").is_some());
    assert_eq!(life.stats().alerts, ALERTS_MAX);
    assert_eq!(life.stats().overflowed, 0);
    assert_eq!(life.quality()["rule"].raised, ALERTS_MAX as u64 + 1);
}

/// The person warned longest ago is forgotten and may be warned again.
#[test]
fn the_first_person_warned_makes_room() {
    let mut bank = Bank::new();
    let mut life = std::mem::take(&mut bank.life);
    let (cause, lists) = (Arc::from("rule"), Lists::default());
    let m = moment(&bank);
    let mut warned = |account: &str| {
        let e = transfer("T", account, "payee", 1);
        life.warn(&cause, Bilingual::default(), &e, &lists, &m)
            .is_some()
    };
    assert!(warned("first") && warned("second"));
    assert!(!warned("first"));
    for n in 0..WARNED_MAX - 1 {
        assert!(warned(&n.to_string()));
    }
    assert!(warned("first"));
    assert!(!warned(&(WARNED_MAX - 2).to_string()));
}
