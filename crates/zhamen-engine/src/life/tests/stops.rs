//! Stop-payment: matching, rounds, forwarding, ends.

use super::*;
use crate::entry::SourceRights;
use crate::time::SECOND_MS;

fn stop(application: &str) -> Event {
    order(EventKind::StopOrdered, application)
}

/// What became of an order with one field changed.
fn changed(field: Field, value: Value) -> Vec<String> {
    Bank::new().hear(&with(&stop("A"), field, value))
}

#[test]
fn a_match_is_held_at_once_for_48_hours_to_the_millisecond() {
    let mut bank = Bank::new();
    assert_eq!(
        bank.hear(&stop("A")),
        [
            "= stop.placed",
            "stop.placed A 100102 until=2d round=1 at=0s",
            "hold.placed mule A account_out until=2d by=organ-1 at=0s",
        ]
    );
    assert_eq!(bank.life.next_due(), Some(START + 48 * HOUR_MS));
    let standing = bank.standing("mule");
    assert_eq!(
        (&*standing[0].rule, standing[0].action),
        ("stop-payment", Action::Hold)
    );
    assert_eq!(bank.stands("victim"), Action::Allow);
    assert_eq!(bank.at(48 * HOUR_MS - 1).stands("mule"), Action::Hold);
    assert!(bank.told().is_empty());
    assert_eq!(bank.at(48 * HOUR_MS).stands("mule"), Action::Allow);
    assert_eq!(
        bank.told(),
        [
            "stop.expired A 100102 until=2d round=1 at=2d",
            "hold.expired mule A account_out until=2d at=2d",
        ]
    );
}

/// A jump of the clock ends it at its own moment, not at the moment it is noticed.
#[test]
fn expiry_happens_at_its_due_moment() {
    let mut bank = Bank::new();
    bank.apply(&stop("A"));
    bank.told();
    assert_eq!(
        bank.at(90 * HOUR_MS).told()[0],
        "stop.expired A 100102 until=2d round=1 at=2d"
    );
}

#[test]
fn each_element_can_contradict() {
    let refused = |element: &str| {
        vec![
            "= stop.refused".to_owned(),
            format!("stop.refused A 100102 element={element} at=0s"),
        ]
    };
    assert_eq!(changed(Field::OrderName, text("张三")), refused("name"));
    assert_eq!(
        changed(Field::OrderAmount, Value::Money(cny(501))),
        refused("amount")
    );
    let usd = Money {
        currency: Currency::parse("USD").expect("a currency"),
        ..cny(500)
    };
    assert_eq!(
        changed(Field::OrderAmount, Value::Money(usd)),
        refused("amount")
    );
    for (span, ok) in [(24 * HOUR_MS, true), (24 * HOUR_MS + 1, false)] {
        for sign in [1, -1] {
            let at = Value::Time(START + sign * span);
            let lines = changed(Field::OrderTransferredAt, at);
            assert_eq!(lines != refused("time"), ok, "{lines:?}");
        }
    }
}

/// Names compare after NFKC, space removal and case folding, with every name seen.
#[test]
fn any_name_ever_seen_matches() {
    let mut bank = Bank::new();
    let paid = transfer("2", "mule", "x", 1);
    bank.see(&with(&paid, Field::PayerName, text("ＬＩ si")), START);
    let named = with(&stop("A"), Field::OrderName, text("li Si"));
    assert_eq!(bank.apply(&named).done, "stop.placed");
    assert_eq!(bank.apply(&stop("B")).done, "stop.placed");
}

#[test]
fn what_is_not_known_is_forwarded_unless_something_contradicts() {
    let forwarded = "= stop.forwarded";
    assert_eq!(changed(Field::OrderAccount, text("unseen"))[0], forwarded);
    // `victim` was never seen with a name; its transfer matches or contradicts.
    assert_eq!(changed(Field::OrderAccount, text("victim"))[0], forwarded);
    let wrong = with(&stop("A"), Field::OrderAccount, text("victim"));
    let wrong = with(&wrong, Field::OrderAmount, Value::Money(cny(1)));
    assert_eq!(
        Bank::new().hear(&wrong)[1],
        "stop.refused A 100102 element=amount at=0s"
    );
    // Neither that amount nor anything at that time.
    let other = with(&stop("A"), Field::OrderAmount, Value::Money(cny(1)));
    let other = with(
        &other,
        Field::OrderTransferredAt,
        Value::Time(START - 3 * DAY_MS),
    );
    assert_eq!(Bank::new().hear(&other)[0], forwarded);
}

/// That amount at another time is a contradiction in time, whatever else was near.
#[test]
fn the_amount_elsewhere_contradicts_in_time_before_amount() {
    let mut bank = Bank::new();
    bank.see(&transfer("2", "mule", "x", 7), START - 2 * DAY_MS);
    let old = with(&stop("A"), Field::OrderAmount, Value::Money(cny(7)));
    assert_eq!(
        bank.hear(&old)[1],
        "stop.refused A 100102 element=time at=0s"
    );
}

/// A settlement needs no request seen before; where one was seen the request alone counts.
#[test]
fn a_settlement_without_a_request_is_a_transfer_too() {
    for (request, matches) in [("unseen", true), ("seen", false)] {
        let mut bank = Bank::new();
        let paid = transfer("S", "payer", "mule", 77);
        let mut values = paid.values().to_vec();
        values.push((Field::TransferId, text(request)));
        values.push((Field::TransferSource, text("bank")));
        bank.see(&event(EventKind::TransferSettled, "S", values), START);
        let order = with(&stop("A"), Field::OrderAmount, Value::Money(cny(77)));
        assert_eq!(bank.apply(&order).done == "stop.placed", matches);
    }
}

#[test]
fn a_forwarded_order_is_reminded_until_the_bank_confirms() {
    let mut bank = Bank::new();
    let unseen = with(&stop("A"), Field::OrderAccount, text("unseen"));
    assert_eq!(
        bank.hear(&unseen),
        [
            "= stop.forwarded",
            "stop.forwarded A 100102 bank=ICBC until=30m at=0s"
        ]
    );
    assert_eq!(bank.stands("unseen"), Action::Allow);
    assert!(bank.at(30 * MINUTE_MS - 1).told().is_empty());
    assert_eq!(
        bank.at(61 * MINUTE_MS).told(),
        [
            "stop.reminded A 100102 bank=ICBC until=1h at=30m",
            "stop.reminded A 100102 bank=ICBC until=1h30m at=1h",
        ]
    );
    assert_eq!(
        bank.hear(&about(EventKind::StopConfirmed, "A")),
        [
            "= stop.placed",
            "stop.placed A 100102 until=2d1h1m round=1 at=1h1m",
            "hold.placed unseen A account_out until=2d1h1m by=organ-1 at=1h1m",
        ]
    );
    assert!(bank.at(3 * HOUR_MS).told().is_empty());
    assert_eq!(bank.stands("unseen"), Action::Hold);
    // A second word of the bank changes and says nothing.
    assert_eq!(
        bank.hear(&about(EventKind::StopDenied, "A")),
        ["= stop.placed"]
    );
    assert_eq!(
        bank.hear(&about(EventKind::StopConfirmed, "A")),
        ["= stop.placed"]
    );
}

#[test]
fn a_denied_order_stays_denied() {
    let mut bank = Bank::new();
    bank.apply(&with(&stop("A"), Field::OrderAccount, text("unseen")));
    bank.told();
    let denied = with(
        &about(EventKind::StopDenied, "A"),
        Field::OrderElement,
        text("name"),
    );
    let refused = ["= stop.refused", "stop.refused A 100102 element=name at=0s"];
    assert_eq!(bank.hear(&denied), refused);
    assert_eq!(
        bank.hear(&about(EventKind::StopConfirmed, "A")),
        ["= stop.refused"]
    );
    assert_eq!(bank.hear(&stop("A")), refused);
    assert!(bank.at(DAY_MS).told().is_empty());
    assert_eq!(bank.stands("unseen"), Action::Allow);
}

#[test]
fn the_police_may_release_a_forwarded_order() {
    let mut bank = Bank::new();
    bank.apply(&with(&stop("A"), Field::OrderAccount, text("unseen")));
    bank.told();
    let lifted = ["= stop.lifted", "stop.lifted A 100104 at=0s"];
    assert_eq!(bank.hear(&about(EventKind::StopReleased, "A")), lifted);
    assert!(bank.at(DAY_MS).told().is_empty());
    assert_eq!(
        bank.hear(&about(EventKind::StopConfirmed, "A")),
        ["= stop.lifted"]
    );
}

#[test]
fn the_same_application_gets_the_same_answer_whatever_its_content() {
    let mut bank = Bank::new();
    let first = bank.apply(&stop("A"));
    bank.told();
    bank.at(HOUR_MS);
    let again = with(&stop("A"), Field::OrderName, text("nobody"));
    let answer = bank.apply(&again);
    assert_eq!((answer.done.as_str(), answer.alarm), ("stop.placed", true));
    assert_eq!(answer.hold, first.hold);
    assert_eq!(bank.told(), ["stop.placed A 100102 until=2d round=1 at=1h"]);
    assert!(!bank.apply(&stop("A")).alarm);
    assert_eq!(bank.life.stats().stops, 1);
}

#[test]
fn two_rounds_each_with_its_own_48_hours_and_no_third() {
    let mut bank = Bank::new();
    bank.apply(&stop("A"));
    bank.at(10 * HOUR_MS).told();
    assert_eq!(
        bank.hear(&stop("B"))[1],
        "stop.placed B 100102 until=2d10h round=2 at=10h"
    );
    assert_eq!(
        bank.hear(&stop("C")),
        [
            "= stop.refused",
            "stop.refused C 100102 element=round at=10h"
        ]
    );
    // The note shown is of the stop that ends last.
    let note = bank.standing("mule").pop().and_then(|s| s.hold);
    assert_eq!(note.and_then(|n| n.expires_at), Some(START + 58 * HOUR_MS));
    assert_eq!(bank.at(48 * HOUR_MS).stands("mule"), Action::Hold);
    assert_eq!(bank.at(58 * HOUR_MS).stands("mule"), Action::Allow);
    // Rounds are counted for ever, and at confirmation too.
    assert_eq!(bank.apply(&stop("D")).done, "stop.refused");
    let mut bank = Bank::new();
    for application in ["A", "B", "C"] {
        bank.apply(&with(
            &stop(application),
            Field::OrderAccount,
            text("unseen"),
        ));
    }
    bank.apply(&about(EventKind::StopConfirmed, "A"));
    bank.apply(&about(EventKind::StopConfirmed, "B"));
    bank.told();
    assert_eq!(
        bank.hear(&about(EventKind::StopConfirmed, "C")),
        [
            "= stop.refused",
            "stop.refused C 100102 element=round at=0s"
        ]
    );
}

#[test]
fn a_release_lifts_at_once_and_later_ones_change_nothing() {
    let mut bank = Bank::new();
    bank.apply(&stop("A"));
    bank.at(HOUR_MS).told();
    assert_eq!(
        bank.hear(&about(EventKind::StopReleased, "A")),
        [
            "= stop.lifted",
            "stop.lifted A 100104 round=1 at=1h",
            "hold.released mule A account_out until=2d by=organ-1 at=1h",
        ]
    );
    assert_eq!(bank.stands("mule"), Action::Allow);
    assert!(bank.at(72 * HOUR_MS).told().is_empty());
    assert_eq!(
        bank.hear(&about(EventKind::StopReleased, "A"))[0],
        "= stop.lifted"
    );
    bank.apply(&stop("B"));
    bank.at(200 * HOUR_MS).told();
    assert_eq!(
        bank.hear(&about(EventKind::StopReleased, "B")),
        [
            "= stop.refused",
            "stop.refused B 100104 element=time at=8d8h"
        ]
    );
}

#[test]
fn unknown_applications_are_refused() {
    let mut bank = Bank::new();
    for (kind, code) in [
        (EventKind::StopReleased, "100104"),
        (EventKind::StopConfirmed, "100102"),
        (EventKind::StopDenied, "100102"),
    ] {
        let line = format!("stop.refused X {code} element=unknown_application at=0s");
        assert_eq!(bank.hear(&about(kind, "X")), ["= stop.refused", &line]);
    }
    // None of them occupies the application.
    assert_eq!(bank.apply(&stop("X")).done, "stop.placed");
}

#[test]
fn an_order_for_another_organ_is_refused_and_spoils_nothing() {
    let mut bank = Bank::new();
    bank.policy.sources = vec![SourceRights {
        name: "bank".to_owned(),
        organs: Some(vec!["organ-1".to_owned()]),
        ..SourceRights::default()
    }];
    let other = with(&stop("A"), Field::OrderOrgan, text("organ-2"));
    assert_eq!(
        bank.hear(&other),
        [
            "= stop.refused",
            "stop.refused A 100102 element=organ at=0s"
        ]
    );
    assert_eq!(bank.apply(&stop("A")).done, "stop.placed");
    bank.policy.sources[0].organs = Some(Vec::new());
    bank.told();
    assert_eq!(
        bank.hear(&about(EventKind::StopReleased, "A")),
        [
            "= stop.refused",
            "stop.refused A 100104 element=organ at=0s"
        ]
    );
    assert_eq!(bank.stands("mule"), Action::Hold);
}

#[test]
fn an_extension_is_answered_with_its_own_code() {
    let tier = with(&stop("A"), Field::OrderTier, Value::Int(2));
    assert_eq!(
        Bank::new().hear(&tier)[1],
        "stop.placed A 100106 until=2d round=1 at=0s"
    );
}

/// A gap of years in the clock does not say millions of reminders.
#[test]
fn overdue_reminders_are_bounded() {
    let mut bank = Bank::new();
    bank.policy.remind_after_ms = SECOND_MS;
    bank.apply(&with(&stop("A"), Field::OrderAccount, text("unseen")));
    bank.told();
    let said = bank.at(1_000 * DAY_MS).told();
    assert!(said.len() < 1_010, "{}", said.len());
    assert_eq!(
        said.last().map(String::as_str),
        Some("stop.reminded A 100102 bank=ICBC until=1000d1s at=1000d")
    );
}
