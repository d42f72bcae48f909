//! Delays by a rule: how they end, who may end them, appeals.

use super::*;

fn delay(bank: &mut Bank, id: &str, terms: &Then) -> HoldNote {
    let e = transfer(id, "payer", "payee", 10);
    bank.step(|life, m, out| {
        let reason = Bilingual::default();
        life.open_delay(&Arc::from("rule"), terms, &reason, &e, m, out)
    })
}

fn release(kind: EventKind, hold: &str, person: &str) -> Event {
    let who = match kind {
        EventKind::HoldReleaseOrdered => Field::ReleaseOrgan,
        _ => Field::ReleasePerson,
    };
    event(
        kind,
        "release",
        vec![(Field::ReleaseHold, text(hold)), (who, text(person))],
    )
}

fn appeal(kind: EventKind, hold: &str, upheld: Option<bool>) -> Event {
    let mut values = vec![
        (Field::AppealHold, text(hold)),
        (Field::AppealPerson, text("person")),
    ];
    values.extend(upheld.map(|u| (Field::AppealUpheld, Value::Bool(u))));
    event(kind, "appeal", values)
}

use EventKind::{
    AppealDecided, AppealFiled, HoldReleaseApproved as Approved, HoldReleaseOrdered as Ordered,
    HoldReleaseRequested as Requested,
};

#[test]
fn a_delay_ends_after_its_term() {
    let mut bank = Bank::new();
    let note = delay(&mut bank, "T", &then(Action::Delay));
    assert_eq!(note.expires_at, Some(START + DAY_MS));
    assert_eq!(note.release_by, ["police", "two_person"]);
    assert!(note.appeal);
    assert_eq!(
        bank.told(),
        ["hold.placed payer rule transfer T until=1d at=0s"]
    );
    // It stops that transfer, not the account.
    assert_eq!(bank.stands("payer"), Action::Allow);
    assert!(bank.at(DAY_MS - 1).told().is_empty());
    assert_eq!(
        bank.at(DAY_MS).told(),
        ["hold.expired payer rule transfer T until=1d at=1d"]
    );
    assert_eq!(
        bank.hear(&release(Ordered, &note.id, "organ")),
        [
            "= release.refused",
            "release.refused payer rule transfer T until=1d by=organ at=1d"
        ]
    );
}

#[test]
fn two_different_persons_release_it() {
    let mut bank = Bank::new();
    let id = delay(&mut bank, "T", &then(Action::Delay)).id;
    bank.told();
    let refused = "= release.refused";
    assert_eq!(bank.hear(&release(Approved, &id, "p1"))[0], refused);
    assert_eq!(
        bank.hear(&release(Requested, &id, "p1")),
        [
            "= release.requested",
            "release.requested payer rule transfer T until=1d by=p1 at=0s"
        ]
    );
    assert_eq!(
        bank.hear(&release(Approved, &id, "p1")),
        [
            refused,
            "release.refused payer rule transfer T until=1d by=p1 at=0s"
        ]
    );
    // A second request is no approval.
    assert_eq!(
        bank.hear(&release(Requested, &id, "p2"))[0],
        "= release.requested"
    );
    assert_eq!(bank.life.stats().holds, 1);
    assert_eq!(
        bank.hear(&release(Approved, &id, "p3")),
        [
            "= hold.released",
            "hold.released payer rule transfer T until=1d by=p1+p3 at=0s"
        ]
    );
    assert!(bank.at(2 * DAY_MS).told().is_empty());
}

#[test]
fn release_by_limits_who_may() {
    let mut bank = Bank::new();
    let police = Then {
        release_by_two_person: false,
        ..then(Action::Delay)
    };
    let id = delay(&mut bank, "T", &police).id;
    assert_eq!(
        bank.apply(&release(Requested, &id, "p1")).done,
        "release.refused"
    );
    assert_eq!(
        bank.apply(&release(Approved, &id, "p2")).done,
        "release.refused"
    );
    assert_eq!(
        bank.apply(&release(Ordered, &id, "organ")).done,
        "hold.released"
    );
    let two = Then {
        release_by_police: false,
        ..then(Action::Delay)
    };
    let id = delay(&mut bank, "U", &two).id;
    assert_eq!(
        bank.apply(&release(Ordered, &id, "organ")).done,
        "release.refused"
    );
    bank.apply(&release(Requested, &id, "p1"));
    assert_eq!(
        bank.apply(&release(Approved, &id, "p2")).done,
        "hold.released"
    );
}

#[test]
fn an_upheld_appeal_releases_at_once_and_is_not_limited() {
    let mut bank = Bank::new();
    let nobody = Then {
        release_by_police: false,
        release_by_two_person: false,
        ..then(Action::Delay)
    };
    let id = delay(&mut bank, "T", &nobody).id;
    bank.told();
    assert_eq!(
        bank.hear(&appeal(AppealDecided, &id, Some(true))),
        ["= appeal.unknown"]
    );
    let opened = "appeal.opened payer rule transfer T until=1d by=person at=0s";
    assert_eq!(
        bank.hear(&appeal(AppealFiled, &id, None)),
        ["= appeal.opened", opened]
    );
    assert_eq!(
        bank.hear(&appeal(AppealFiled, &id, None)),
        ["= appeal.opened"]
    );
    assert_eq!(
        bank.hear(&appeal(AppealDecided, &id, Some(false))),
        [
            "= appeal.closed",
            "appeal.closed payer rule transfer T until=1d by=person at=0s"
        ]
    );
    assert_eq!(bank.life.stats().holds, 1);
    bank.apply(&appeal(AppealFiled, &id, None));
    bank.told();
    assert_eq!(
        bank.hear(&appeal(AppealDecided, &id, Some(true))),
        [
            "= appeal.closed",
            "appeal.closed payer rule transfer T until=1d by=person action=allow at=0s",
            "hold.released payer rule transfer T until=1d by=person at=0s",
        ]
    );
}

/// Only expiry, `stop.released` and a freeze end a stop.
#[test]
fn no_appeal_and_no_person_ends_a_stop_or_a_freeze() {
    for kind in [EventKind::StopOrdered, EventKind::FreezeOrdered] {
        let mut bank = Bank::new();
        let id = bank.apply(&order(kind, "A")).hold.expect("placed").id;
        for e in [
            release(Requested, &id, "p1"),
            release(Approved, &id, "p2"),
            release(Ordered, &id, "organ"),
        ] {
            bank.told();
            let lines = bank.hear(&e);
            assert!(
                lines[1].starts_with("release.refused mule A account_out"),
                "{lines:?}"
            );
        }
        assert_eq!(
            bank.apply(&appeal(AppealFiled, &id, None)).done,
            "appeal.opened"
        );
        bank.told();
        let lines = bank.hear(&appeal(AppealDecided, &id, Some(true)));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(bank.stands("mule"), Action::Hold);
    }
}

/// An id nobody knows is answered in the decision only: no account can be named.
#[test]
fn unknown_holds_are_answered() {
    let mut bank = Bank::new();
    for kind in [Requested, Approved, Ordered] {
        assert_eq!(bank.hear(&release(kind, "H-9", "p")), ["= release.refused"]);
    }
    assert_eq!(
        bank.hear(&appeal(AppealFiled, "H-9", None)),
        ["= appeal.unknown"]
    );
    assert_eq!(
        bank.hear(&appeal(AppealDecided, "H-9", Some(true))),
        ["= appeal.unknown"]
    );
}

#[test]
fn a_transfer_has_one_hold_with_the_strictest_terms() {
    let mut bank = Bank::new();
    let first = delay(&mut bank, "T", &then(Action::Delay));
    let longer = Then {
        for_ms: 2 * DAY_MS,
        release_by_two_person: false,
        ..then(Action::Delay)
    };
    let second = delay(&mut bank, "T", &longer);
    assert_eq!(second.id, first.id);
    assert_eq!(second.release_by, ["police"]);
    assert_eq!(
        bank.told(),
        [
            "hold.placed payer rule transfer T until=1d at=0s",
            "hold.extended payer rule transfer T until=2d at=0s",
        ]
    );
    assert!(bank.at(DAY_MS).told().is_empty());
    assert_eq!(bank.at(2 * DAY_MS).told().len(), 1);
}
