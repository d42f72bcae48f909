//! Verifications: results, deadline, what stands, what lifts it.

use super::*;

fn open(bank: &mut Bank, within: i64, accounts: &[&str]) {
    let accounts: Vec<_> = accounts.iter().map(|a| CompactString::new(*a)).collect();
    let (rule, reason) = (Arc::from("rule"), Bilingual::default());
    bank.step(|life, m, out| life.open_verification(&rule, within, &accounts, &reason, m, out));
}

fn result(account: &str, result: &str) -> Event {
    event(
        EventKind::VerificationCompleted,
        "verified",
        vec![
            (Field::VerificationAccount, text(account)),
            (Field::VerificationMethod, text("counter")),
            (Field::VerificationResult, text(result)),
        ],
    )
}

/// One verification of account `a`, due in a day.
fn one() -> Bank {
    let mut bank = Bank::new();
    open(&mut bank, DAY_MS, &["a"]);
    assert_eq!(bank.told(), ["verification.opened a rule until=1d at=0s"]);
    bank
}

#[test]
fn verified_closes_it() {
    let mut bank = one();
    assert_eq!(bank.stands("a"), Action::Allow);
    assert_eq!(
        bank.hear(&result("a", "verified")),
        [
            "= verification.closed",
            "verification.closed a rule until=1d at=0s"
        ]
    );
    assert!(bank.at(2 * DAY_MS).told().is_empty());
    assert_eq!(bank.hear(&result("a", "verified")), ["= verification.none"]);
}

#[test]
fn the_deadline_restricts_and_a_later_result_lifts() {
    let mut bank = one();
    assert_eq!(bank.at(DAY_MS - 1).stands("a"), Action::Allow);
    assert_eq!(bank.at(DAY_MS).stands("a"), Action::Verify);
    assert_eq!(bank.told(), ["account.restricted a rule at=1d"]);
    assert_eq!(
        bank.hear(&result("a", "unverified")),
        ["= account.restricted"]
    );
    assert_eq!(
        bank.hear(&result("a", "verified")),
        [
            "= account.unrestricted",
            "account.unrestricted a rule at=1d"
        ]
    );
    assert_eq!(bank.stands("a"), Action::Allow);
}

#[test]
fn results_restrict_or_suspend() {
    let mut bank = one();
    assert_eq!(
        bank.hear(&result("a", "unverified")),
        ["= account.restricted", "account.restricted a rule at=0s"]
    );
    assert_eq!(bank.stands("a"), Action::Verify);
    assert_eq!(
        bank.hear(&result("a", "not_holder")),
        ["= account.suspended", "account.suspended a rule at=0s"]
    );
    let standing = bank.standing("a");
    assert_eq!(
        (&*standing[0].rule, standing[0].action),
        ("verification", Action::Hold)
    );
    assert!(standing[0].hold.as_ref().is_some_and(|h| h.appeal));
    assert_eq!(
        bank.hear(&result("a", "unverified")),
        ["= account.suspended"]
    );
    assert_eq!(
        bank.hear(&result("a", "not_holder")),
        ["= account.suspended"]
    );
    assert!(bank.at(2 * DAY_MS).told().is_empty());
    assert_eq!(
        bank.apply(&result("a", "verified")).done,
        "account.unrestricted"
    );
    assert_eq!(bank.stands("a"), Action::Allow);
}

#[test]
fn an_upheld_appeal_lifts_it() {
    let mut bank = one();
    bank.apply(&result("a", "not_holder"));
    let id = bank.standing("a")[0].hold.clone().expect("suspended").id;
    let mut values = vec![
        (Field::AppealHold, text(&id)),
        (Field::AppealPerson, text("p")),
    ];
    bank.apply(&event(EventKind::AppealFiled, "1", values.clone()));
    values.push((Field::AppealUpheld, Value::Bool(true)));
    bank.told();
    assert_eq!(
        bank.hear(&event(EventKind::AppealDecided, "2", values)),
        [
            "= appeal.closed",
            "appeal.closed a rule by=p action=allow at=0s",
            "account.unrestricted a rule by=p at=0s",
        ]
    );
}

/// An account has one verification; the earlier deadline counts.
#[test]
fn asking_again_only_moves_the_deadline_forward() {
    let mut bank = one();
    open(&mut bank, 2 * DAY_MS, &["a", "b"]);
    assert_eq!(bank.told(), ["verification.opened b rule until=2d at=0s"]);
    open(&mut bank, HOUR_MS, &["a"]);
    assert_eq!(bank.told(), ["verification.opened a rule until=1h at=0s"]);
    assert_eq!(bank.life.stats().verifications, 2);
    assert_eq!(bank.at(HOUR_MS).told(), ["account.restricted a rule at=1h"]);
    open(&mut bank, HOUR_MS, &["a"]);
    assert!(bank.told().is_empty());
    assert_eq!(
        bank.at(2 * DAY_MS).told(),
        ["account.restricted b rule at=2d"]
    );
}

#[test]
fn a_result_nobody_asked_for_suspends_only_a_stranger_s_account() {
    let mut bank = Bank::new();
    assert_eq!(bank.hear(&result("a", "verified")), ["= verification.none"]);
    assert_eq!(
        bank.hear(&result("a", "unverified")),
        ["= verification.none"]
    );
    assert_eq!(
        bank.hear(&result("a", "not_holder")),
        [
            "= account.suspended",
            "account.suspended a verification at=0s"
        ]
    );
    assert_eq!(bank.life.stats().restricted, 1);
}

#[test]
fn verified_closes_an_open_appeal() {
    let mut bank = one();
    bank.apply(&result("a", "not_holder"));
    let id = bank.standing("a")[0].hold.clone().expect("suspended").id;
    let values = vec![
        (Field::AppealHold, text(&id)),
        (Field::AppealPerson, text("p")),
    ];
    bank.apply(&event(EventKind::AppealFiled, "1", values));
    bank.told();
    assert_eq!(
        bank.hear(&result("a", "verified")),
        [
            "= account.unrestricted",
            "account.unrestricted a rule at=0s",
            "appeal.closed a rule action=allow at=0s",
        ]
    );
}
