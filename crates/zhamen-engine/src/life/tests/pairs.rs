//! Every pair of state and event of every life cycle against the tables: each state is reached by
//! real events, each event happens in it, and answer and next state are as the table says.

use super::*;
use crate::life::order::OrderState;
use crate::life::table::{self, Cycle};
use crate::life::watch::AlertState;
use crate::lists::Lists;

/// A world with one life in it.
struct World {
    bank: Bank,
    lists: Lists,
    /// Id of the life.
    id: String,
}

type Act = fn(&mut World, &str) -> String;

/// Walks all pairs: `reach` brings a new world into a state, `act` lets an event happen and says
/// the answer, `state` tells where the life stands.
fn walk(cycle: &Cycle, reach: fn(&str) -> World, act: Act, state: fn(&mut World) -> String) {
    for (from, answers) in cycle.rows {
        assert_eq!(answers.len(), cycle.events.len(), "{} {from}", cycle.name);
        for (event, (answer, next)) in cycle.events.iter().zip(*answers) {
            let mut world = reach(from);
            assert_eq!(
                state(&mut world),
                *from,
                "{}: {from} is not reached",
                cycle.name
            );
            world.bank.told();
            let said = act(&mut world, event);
            let pair = (said.as_str(), state(&mut world));
            assert_eq!(
                pair,
                (*answer, (*next).to_owned()),
                "{}: {event} in {from}",
                cycle.name
            );
        }
    }
}

fn world() -> World {
    World {
        bank: Bank::new(),
        lists: Lists::default(),
        id: String::new(),
    }
}

impl World {
    fn hear(&mut self, e: &Event) -> String {
        self.bank.apply(e).done.to_string()
    }

    /// Time passes to `START + span`; the type of the last thing told that begins with `prefix`.
    fn wait(&mut self, span: i64, prefix: &str) -> String {
        self.bank.told();
        self.bank.at(span);
        self.last(prefix)
    }

    fn last(&mut self, prefix: &str) -> String {
        let told = self.bank.told();
        let mine = told.iter().filter(|l| l.starts_with(prefix));
        let kind = mine.filter_map(|l| l.split(' ').next()).next_back();
        kind.unwrap_or_default().to_owned()
    }
}

#[test]
fn stop() {
    fn act(w: &mut World, event: &str) -> String {
        let stop = order(EventKind::StopOrdered, "A");
        let changed = |field, value| with(&stop, field, value);
        match event {
            "stop.ordered, all match" => w.hear(&stop),
            "stop.ordered, one contradicts" => w.hear(&changed(Field::OrderName, text("张三"))),
            "stop.ordered, not known" => w.hear(&changed(Field::OrderAccount, text("unseen"))),
            "stop.confirmed" => w.hear(&about(EventKind::StopConfirmed, "A")),
            "stop.denied" => w.hear(&about(EventKind::StopDenied, "A")),
            "stop.released" => w.hear(&about(EventKind::StopReleased, "A")),
            "freeze.ordered, placed" => {
                let freeze = with(
                    &order(EventKind::FreezeOrdered, "F"),
                    Field::OrderUntil,
                    Value::Time(START + 10 * DAY_MS),
                );
                w.hear(&freeze);
                w.last("stop")
            }
            "[48 hours over]" => w.wait(48 * HOUR_MS, "stop"),
            "[remind_after over]" => w.wait(30 * MINUTE_MS, "stop"),
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::STOP,
        |state| {
            let mut w = world();
            let before: &[&str] = match state {
                "none" => &[],
                "forwarded" => &["stop.ordered, not known"],
                "standing" => &["stop.ordered, all match"],
                "expired" => &["stop.ordered, all match", "[48 hours over]"],
                "lifted" => &["stop.ordered, all match", "stop.released"],
                "withdrawn" => &["stop.ordered, not known", "stop.released"],
                _ => &["stop.ordered, one contradicts"],
            };
            for event in before {
                act(&mut w, event);
            }
            w
        },
        act,
        |w| match w.bank.life.stops.get("A") {
            None => "none".to_owned(),
            Some(o) => match (o.state, &o.hold) {
                (OrderState::Forwarded, _) => "forwarded",
                (OrderState::Standing, _) => "standing",
                (OrderState::Expired, _) => "expired",
                (OrderState::Lifted, Some(_)) => "lifted",
                (OrderState::Lifted, None) => "withdrawn",
                (OrderState::Refused, _) => "refused",
            }
            .to_owned(),
        },
    );
}

#[test]
fn freeze() {
    fn act(w: &mut World, event: &str) -> String {
        let until =
            |e: &Event, days: i64| with(e, Field::OrderUntil, Value::Time(START + days * DAY_MS));
        let freeze = until(&order(EventKind::FreezeOrdered, "F"), 10);
        let renewed = about(EventKind::FreezeRenewed, "F");
        match event {
            "freeze.ordered, matches" => w.hear(&freeze),
            "freeze.ordered, contradicts" => w.hear(&with(&freeze, Field::OrderName, text("张三"))),
            "freeze.renewed, until to come" => w.hear(&until(&renewed, 20)),
            "freeze.renewed, until past" => w.hear(&until(&renewed, 0)),
            "freeze.released" => w.hear(&about(EventKind::FreezeReleased, "F")),
            "[until reached]" => w.wait(10 * DAY_MS, "freeze"),
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::FREEZE,
        |state| {
            let mut w = world();
            let before: &[&str] = match state {
                "none" => &[],
                "standing" => &["freeze.ordered, matches"],
                "expired" => &["freeze.ordered, matches", "[until reached]"],
                "lifted" => &["freeze.ordered, matches", "freeze.released"],
                _ => &["freeze.ordered, contradicts"],
            };
            for event in before {
                act(&mut w, event);
            }
            w
        },
        act,
        |w| {
            let state = w.bank.life.freezes.get("F").map(|o| o.state);
            match state {
                None => "none",
                Some(OrderState::Standing) => "standing",
                Some(OrderState::Expired) => "expired",
                Some(OrderState::Lifted) => "lifted",
                Some(OrderState::Refused) => "refused",
                Some(OrderState::Forwarded) => "forwarded",
            }
            .to_owned()
        },
    );
}

fn release(kind: EventKind, hold: &str, person: &str) -> Event {
    event(
        kind,
        "release",
        vec![
            (Field::ReleaseHold, text(hold)),
            (Field::ReleasePerson, text(person)),
        ],
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

/// Filed and decided.
fn appealed(w: &mut World, upheld: bool) -> String {
    let id = w.id.clone();
    w.hear(&appeal(EventKind::AppealFiled, &id, None));
    w.hear(&appeal(EventKind::AppealDecided, &id, Some(upheld)))
}

/// A world with a delay of a day on the transfer T.
fn delayed() -> World {
    let mut w = world();
    let e = transfer("T", "payer", "payee", 10);
    let note = w.bank.step(|life, m, out| {
        let (rule, terms) = (Arc::from("rule"), then(Action::Delay));
        life.open_delay(&rule, &terms, &Bilingual::default(), &e, m, out)
    });
    w.id = note.id;
    w
}

#[test]
fn hold() {
    fn act(w: &mut World, event: &str) -> String {
        use EventKind::{
            HoldReleaseApproved as Approved, HoldReleaseOrdered as Ordered,
            HoldReleaseRequested as Requested,
        };
        let id = w.id.clone();
        match event {
            "hold.release_ordered" => w.hear(&release(Ordered, &id, "officer")),
            "hold.release_requested" => w.hear(&release(Requested, &id, "p1")),
            "hold.release_approved, by who asked" => w.hear(&release(Approved, &id, "p1")),
            "hold.release_approved, by another" => w.hear(&release(Approved, &id, "p2")),
            "appeal upheld" => appealed(w, true),
            "appeal rejected" => appealed(w, false),
            "[term over]" => w.wait(DAY_MS, "hold"),
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::HOLD,
        |state| match state {
            "unknown" => world(),
            "open" => delayed(),
            "asked" => {
                let mut w = delayed();
                act(&mut w, "hold.release_requested");
                w
            }
            _ => {
                let mut w = delayed();
                act(&mut w, "[term over]");
                w
            }
        },
        act,
        |w| match w.bank.life.holds.get(&w.id) {
            None => "unknown".to_owned(),
            Some(h) if !h.open => "over".to_owned(),
            Some(h) if h.requested_by.is_empty() => "open".to_owned(),
            Some(_) => "asked".to_owned(),
        },
    );
}

#[test]
fn inquiry() {
    fn answer(id: &str, second: &str) -> Event {
        let answers = ["1", "yes", "2", second].map(CompactString::new).to_vec();
        event(
            EventKind::InquiryAnswered,
            "answer",
            vec![
                (Field::InquiryId, text(id)),
                (Field::InquiryForm, text("four@1")),
                (Field::InquiryAnswers, Value::TextList(answers)),
                (Field::InquiryNoticeSigned, Value::Bool(true)),
                (Field::InquiryOutcome, text("proceed")),
            ],
        )
    }
    fn act(w: &mut World, event: &str) -> String {
        let id = w.id.clone();
        match event {
            "inquiry.answered, whole" => w.hear(&answer(&id, "rent")),
            "inquiry.answered, incomplete" => w.hear(&answer(&id, "")),
            "the same remittance again" => {
                let again = transfer("T2", "payer", "payee", 100);
                let Some(c) = w.bank.coverage(&again) else {
                    return String::new();
                };
                w.bank
                    .step(|life, m, out| life.use_coverage(&c.inquiry, &again, m, out));
                "covered".to_owned()
            }
            "transfer.settled" => {
                let settled = super::event(
                    EventKind::TransferSettled,
                    "settled",
                    vec![
                        (Field::TransferId, text("T")),
                        (Field::TransferSource, text("bank")),
                    ],
                );
                let applied = w.bank.step(|life, m, out| life.apply(&settled, m, out));
                applied.map(|a| a.done.to_string()).unwrap_or_default()
            }
            // From a moment on, so that an answer given just now is still good.
            "[answer_by past]" => {
                let span = w.bank.now - START;
                w.wait(span.max(30 * MINUTE_MS + 1), "inquiry")
            }
            "[time of the answer past]" => {
                let span = w.bank.now - START;
                w.wait(span + 30 * MINUTE_MS + 1, "inquiry")
            }
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::INQUIRY,
        |state| {
            let mut w = world();
            if state == "unknown" {
                return w;
            }
            let e = transfer("T", "payer", "payee", 100);
            let demand = w.bank.step(|life, m, out| {
                life.open_inquiry(&[Arc::from("ask")], &then(Action::Inquire), &e, m, out)
            });
            w.id = demand.id;
            match state {
                "answered" | "over" => {
                    // Half a minute before silence: the answer outlives `answer_by`.
                    w.bank.at(29 * MINUTE_MS);
                    act(&mut w, "inquiry.answered, whole");
                }
                "expired" => {
                    act(&mut w, "[answer_by past]");
                }
                _ => {}
            }
            if state == "over" {
                act(&mut w, "[time of the answer past]");
            }
            w
        },
        act,
        |w| w.bank.life.inquiries.state_name(&w.id).to_owned(),
    );
}

#[test]
fn verification() {
    fn act(w: &mut World, event: &str) -> String {
        let result = |result: &str| {
            super::event(
                EventKind::VerificationCompleted,
                "v",
                vec![
                    (Field::VerificationAccount, text("a")),
                    (Field::VerificationResult, text(result)),
                ],
            )
        };
        match event {
            "verified" | "not_holder" | "unverified" => w.hear(&result(event)),
            "a rule asks" => {
                let (rule, reason) = (Arc::from("rule"), Bilingual::default());
                // Sooner each time, so that it has something to say.
                let within = DAY_MS - w.bank.offset;
                w.bank.step(|life, m, out| {
                    life.open_verification(&rule, within, &["a".into()], &reason, m, out);
                });
                w.last("verification")
            }
            "appeal upheld" => {
                w.id = "V-0-1-0-1".to_owned();
                appealed(w, true)
            }
            "[deadline]" => w.wait(DAY_MS, "account"),
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::VERIFICATION,
        |state| {
            let mut w = world();
            if state != "none" {
                act(&mut w, "a rule asks");
            }
            match state {
                "restricted" => act(&mut w, "unverified"),
                "suspended" => act(&mut w, "not_holder"),
                _ => String::new(),
            };
            w
        },
        act,
        |w| w.bank.life.verifications.state_name("a").to_owned(),
    );
}

#[test]
fn appeals() {
    fn act(w: &mut World, event: &str) -> String {
        let id = w.id.clone();
        match event {
            "appeal.filed" => w.hear(&appeal(EventKind::AppealFiled, &id, None)),
            "appeal.decided, upheld" => w.hear(&appeal(EventKind::AppealDecided, &id, Some(true))),
            "appeal.decided, rejected" => {
                w.hear(&appeal(EventKind::AppealDecided, &id, Some(false)))
            }
            "[the hold ends by itself]" => w.wait(DAY_MS, "hold"),
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::APPEAL,
        |state| {
            let mut w = delayed();
            if state == "open" {
                act(&mut w, "appeal.filed");
            }
            w
        },
        act,
        |w| match w.bank.life.appeals.contains_key(&w.id) {
            true => "open".to_owned(),
            false => "none".to_owned(),
        },
    );
}

#[test]
fn alert() {
    fn act(w: &mut World, event: &str) -> String {
        let about = |kind, verdict: Option<&str>| {
            let mut values = vec![
                (Field::AlertId, text("alert")),
                (Field::AlertPerson, text("officer")),
            ];
            values.extend(verdict.map(|v| (Field::AlertVerdict, text(v))));
            super::event(kind, "answer", values)
        };
        use EventKind::{AlertAcknowledged as Acknowledged, AlertDisposed as Disposed};
        match event {
            "alert.acknowledged" => w.hear(&about(Acknowledged, None)),
            "alert.disposed" => w.hear(&about(Disposed, Some("confirmed"))),
            "alert.disposed, another verdict" => w.hear(&about(Disposed, Some("unclear"))),
            "alert.disposed, no verdict" => w.hear(&about(Disposed, None)),
            "[escalate_after over]" => w.wait(HOUR_MS, "alert"),
            "[remind_before the deadline]" => w.wait(2 * DAY_MS, "alert"),
            "[deadline past]" => w.wait(3 * DAY_MS + 1, "alert"),
            other => unreachable!("{other}"),
        }
    }
    walk(
        &table::ALERT,
        |state| {
            let mut w = world();
            if state == "unknown" {
                return w;
            }
            w.bank.policy.alert_escalate_after_ms = [HOUR_MS; 4];
            w.bank.raise("alert", Some(START + 3 * DAY_MS));
            match state {
                "acknowledged" => act(&mut w, "alert.acknowledged"),
                "disposed" => act(&mut w, "alert.disposed"),
                _ => String::new(),
            };
            w
        },
        act,
        |w| {
            match w.bank.life.alerts.state("alert") {
                None => "unknown",
                Some(AlertState::Raised) => "raised",
                Some(AlertState::Acknowledged) => "acknowledged",
                Some(AlertState::Disposed(_)) => "disposed",
            }
            .to_owned()
        },
    );
}

#[test]
fn list() {
    fn act(w: &mut World, event: &str) -> String {
        use EventKind::{
            ListAdded as Added, ListConfirmed as Confirmed, ListRemoved as Removed,
            ListReplaced as Replaced,
        };
        let change = |kind, person: &str, more: Fields| {
            let mut values = vec![
                (Field::EntryList, text("list")),
                (Field::EntryKind, text("account")),
                (Field::EntryClass, text("case_account")),
                (Field::EntryPerson, text(person)),
            ];
            values.extend(more);
            super::event(kind, "change", values)
        };
        let of = |values: &[&str]| {
            let values = values.iter().map(|v| CompactString::new(*v)).collect();
            vec![(Field::EntryValues, Value::TextList(values))]
        };
        let one = |value: &str| vec![(Field::EntryValue, text(value))];
        let e = match event {
            "list.added" => change(Added, "p1", one("z")),
            "list.replaced, by more than half its size" => {
                change(Replaced, "p1", of(&["a", "b", "c", "d"]))
            }
            "list.replaced, by half or nothing" => change(Replaced, "p1", of(&["a"])),
            "list.removed, half of it gone" => {
                // Two of four and one that comes anew; the second removal would leave half.
                let first = change(Removed, "p1", one("a"));
                w.lists.apply(&first, 4, w.bank.now);
                change(Removed, "p1", one("b"))
            }
            "list.confirmed, by who asked" => change(Confirmed, "P1", Vec::new()),
            "list.confirmed, by another" => change(Confirmed, "p2", Vec::new()),
            "[a day over]" => {
                w.bank.now += DAY_MS + 1;
                return String::new();
            }
            other => unreachable!("{other}"),
        };
        w.lists.apply(&e, 4, w.bank.now).to_owned()
    }
    walk(
        &table::LIST,
        |state| {
            let mut w = world();
            act(&mut w, "list.replaced, by more than half its size");
            match state {
                "replacement waits" => act(&mut w, "list.replaced, by half or nothing"),
                "removal waits" => act(&mut w, "list.removed, half of it gone"),
                _ => String::new(),
            };
            w
        },
        act,
        |w| w.lists.state_name("list", w.bank.now).to_owned(),
    );
}
