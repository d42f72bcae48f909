//! Freezes: matching, ends, renewals, and how they meet stops.

use super::*;

fn freeze(application: &str) -> Event {
    with(
        &order(EventKind::FreezeOrdered, application),
        Field::OrderUntil,
        Value::Time(START + 10 * DAY_MS),
    )
}

#[test]
fn a_freeze_matches_account_and_name_only() {
    let mut bank = Bank::new();
    let odd = with(&freeze("F"), Field::OrderAmount, Value::Money(cny(9)));
    assert_eq!(
        bank.hear(&odd),
        [
            "= freeze.placed",
            "freeze.placed F 100202 until=10d at=0s",
            "hold.placed mule F account_out until=10d by=organ-1 at=0s",
        ]
    );
    assert_eq!(&*bank.standing("mule")[0].rule, "freeze");
    let refused = |e: &Event| Bank::new().hear(e)[1].clone();
    assert_eq!(
        refused(&with(&freeze("F"), Field::OrderAccount, text("unseen"))),
        "freeze.refused F 100202 element=account at=0s"
    );
    assert_eq!(
        refused(&with(&freeze("F"), Field::OrderName, text("张三"))),
        "freeze.refused F 100202 element=name at=0s"
    );
    // Known, but never seen with a name.
    let nameless = with(&freeze("F"), Field::OrderAccount, text("victim"));
    assert_eq!(Bank::new().apply(&nameless).done, "freeze.placed");
}

#[test]
fn it_lasts_until_its_until_which_must_be_to_come() {
    let mut bank = Bank::new();
    let until = |ms| with(&freeze("F"), Field::OrderUntil, Value::Time(START + ms));
    assert_eq!(
        bank.hear(&until(0))[1],
        "freeze.refused F 100202 element=time at=0s"
    );
    let mut bank = Bank::new();
    bank.apply(&until(1));
    assert_eq!(bank.stands("mule"), Action::Hold);
    bank.told();
    assert_eq!(bank.at(1).stands("mule"), Action::Allow);
    assert_eq!(
        bank.told(),
        [
            "freeze.expired F 100202 until=1ms at=1ms",
            "hold.expired mule F account_out until=1ms at=1ms",
        ]
    );
    let open = order(EventKind::FreezeOrdered, "G");
    let note = bank.apply(&open).hold.and_then(|h| h.expires_at);
    assert!(note.is_some_and(|t| (181..=184).contains(&((t - START) / DAY_MS))));
}

#[test]
fn a_renewal_moves_the_end() {
    let mut bank = Bank::new();
    bank.apply(&freeze("F"));
    bank.told();
    let renewal = |ms| {
        with(
            &about(EventKind::FreezeRenewed, "F"),
            Field::OrderUntil,
            Value::Time(START + ms),
        )
    };
    assert_eq!(
        bank.hear(&renewal(20 * DAY_MS)),
        [
            "= freeze.renewed",
            "freeze.renewed F 100206 until=20d at=0s",
            "hold.extended mule F account_out until=20d by=organ-1 at=0s",
        ]
    );
    assert!(bank.at(11 * DAY_MS).told().is_empty());
    assert_eq!(
        bank.hear(&renewal(11 * DAY_MS)),
        [
            "= freeze.refused",
            "freeze.refused F 100206 element=time at=11d"
        ]
    );
    assert_eq!(bank.at(20 * DAY_MS - 1).stands("mule"), Action::Hold);
    assert_eq!(bank.at(20 * DAY_MS).stands("mule"), Action::Allow);
    bank.told();
    assert_eq!(
        bank.hear(&renewal(30 * DAY_MS))[1],
        "freeze.refused F 100206 element=time at=20d"
    );
}

#[test]
fn a_freeze_ends_the_stops_and_a_stop_comes_beside_a_freeze() {
    let mut bank = Bank::new();
    bank.apply(&order(EventKind::StopOrdered, "A"));
    bank.told();
    assert_eq!(
        bank.hear(&freeze("F"))[3..],
        [
            "stop.lifted A 100104 round=1 at=0s",
            "hold.released mule A account_out until=2d by=organ-1 at=0s",
        ]
    );
    assert_eq!(
        bank.hear(&order(EventKind::StopOrdered, "B"))[1],
        "stop.placed B 100102 until=2d round=2 at=0s"
    );
    assert_eq!(bank.standing("mule").len(), 2);
}

#[test]
fn two_freezes_stand_side_by_side() {
    let mut bank = Bank::new();
    bank.apply(&freeze("F"));
    bank.apply(&freeze("G"));
    bank.told();
    assert_eq!(
        bank.hear(&about(EventKind::FreezeReleased, "F")),
        [
            "= freeze.lifted",
            "freeze.lifted F 100204 at=0s",
            "hold.released mule F account_out until=10d by=organ-1 at=0s",
        ]
    );
    assert_eq!(bank.stands("mule"), Action::Hold);
    bank.apply(&about(EventKind::FreezeReleased, "G"));
    assert_eq!(bank.stands("mule"), Action::Allow);
    bank.told();
    assert_eq!(
        bank.hear(&about(EventKind::FreezeReleased, "F")),
        ["= freeze.lifted", "freeze.lifted F 100204 at=0s"]
    );
    assert!(bank.at(20 * DAY_MS).told().is_empty());
}

#[test]
fn repeats_and_unknown_applications() {
    let mut bank = Bank::new();
    bank.apply(&freeze("F"));
    bank.told();
    let other = bank.apply(&with(&freeze("F"), Field::OrderName, text("x")));
    assert_eq!((other.done.as_str(), other.alarm), ("freeze.placed", true));
    assert_eq!(bank.told(), ["freeze.placed F 100202 until=10d at=0s"]);
    assert_eq!(bank.life.stats().freezes, 1);
    for (kind, code) in [
        (EventKind::FreezeRenewed, "100206"),
        (EventKind::FreezeReleased, "100204"),
    ] {
        let line = format!("freeze.refused X {code} element=unknown_application at=0s");
        assert_eq!(bank.hear(&about(kind, "X")), ["= freeze.refused", &line]);
    }
}
