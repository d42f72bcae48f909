//! Every timer one millisecond before it is due, at it, and after: before, nothing; at it, its due
//! moment's words; where the clock jumps past it, the same words with the same moment.

use super::*;

struct Timer {
    name: &'static str,
    /// Sets it in a new bank.
    set: fn(&mut Bank),
    /// When it is due, from the start.
    due: i64,
    /// What it says first.
    says: &'static str,
}

const TIMERS: &[Timer] = &[
    Timer {
        name: "48 hours of a stop",
        set: |bank| {
            bank.apply(&order(EventKind::StopOrdered, "A"));
        },
        due: 48 * HOUR_MS,
        says: "stop.expired A 100102 until=2d round=1 at=2d",
    },
    Timer {
        name: "a reminder of a forwarded order",
        set: |bank| {
            let stop = order(EventKind::StopOrdered, "A");
            bank.apply(&with(&stop, Field::OrderAccount, text("unseen")));
        },
        due: 30 * MINUTE_MS,
        says: "stop.reminded A 100102 bank=ICBC until=1h at=30m",
    },
    Timer {
        name: "the end of a freeze",
        set: |bank| {
            let until = Value::Time(START + DAY_MS);
            let freeze = order(EventKind::FreezeOrdered, "F");
            bank.apply(&with(&freeze, Field::OrderUntil, until));
        },
        due: DAY_MS,
        says: "freeze.expired F 100202 until=1d at=1d",
    },
    Timer {
        name: "the end of a renewed freeze",
        set: |bank| {
            let until = |days: i64| Value::Time(START + days * DAY_MS);
            let freeze = order(EventKind::FreezeOrdered, "F");
            bank.apply(&with(&freeze, Field::OrderUntil, until(1)));
            let renewed = about(EventKind::FreezeRenewed, "F");
            bank.apply(&with(&renewed, Field::OrderUntil, until(2)));
        },
        due: 2 * DAY_MS,
        says: "freeze.expired F 100202 until=2d at=2d",
    },
    Timer {
        name: "the term of a delay",
        set: |bank| {
            let e = transfer("T", "payer", "payee", 10);
            bank.step(|life, m, out| {
                let (rule, terms) = (Arc::from("rule"), then(Action::Delay));
                life.open_delay(&rule, &terms, &Bilingual::default(), &e, m, out)
            });
        },
        due: DAY_MS,
        says: "hold.expired payer rule transfer T until=1d at=1d",
    },
    Timer {
        // An answer exactly at `answer_by` is in time, so silence is a millisecond later.
        name: "silence",
        set: |bank| {
            let e = transfer("T", "payer", "payee", 100);
            bank.step(|life, m, out| {
                life.open_inquiry(&[Arc::from("ask")], &then(Action::Inquire), &e, m, out)
            });
        },
        due: 30 * MINUTE_MS + 1,
        says: "inquiry.expired payer ask T action=delay hold at=30m1ms",
    },
    Timer {
        name: "the deadline of a verification",
        set: |bank| {
            let (rule, reason) = (Arc::from("rule"), Bilingual::default());
            bank.step(|life, m, out| {
                life.open_verification(&rule, DAY_MS, &["a".into()], &reason, m, out);
            });
        },
        due: DAY_MS,
        says: "account.restricted a rule at=1d",
    },
    Timer {
        name: "a reminder of a report",
        set: |bank| bank.raise("alert", Some(START + 3 * DAY_MS)),
        due: 2 * DAY_MS,
        says: "alert.reminded alert rule at=2d",
    },
    Timer {
        name: "an overdue report",
        set: |bank| {
            bank.policy.alert_remind_before_ms = 0;
            bank.raise("alert", Some(START + 3 * DAY_MS));
        },
        // Its last moment is in time.
        due: 3 * DAY_MS + 1,
        says: "alert.overdue alert rule at=3d1ms",
    },
    Timer {
        name: "escalation",
        set: |bank| {
            bank.policy.alert_escalate_after_ms = [HOUR_MS; 4];
            bank.raise("alert", None);
        },
        due: HOUR_MS,
        says: "alert.escalated alert rule at=1h",
    },
];

#[test]
fn every_timer_to_the_millisecond() {
    for timer in TIMERS {
        let set = || {
            let mut bank = Bank::new();
            (timer.set)(&mut bank);
            bank.told();
            bank
        };
        let mut bank = set();
        let name = timer.name;
        assert_eq!(bank.life.next_due(), Some(START + timer.due), "{name}");
        assert_eq!(bank.at(timer.due - 1).told(), [""; 0], "{name}: before");
        assert_eq!(bank.at(timer.due).told()[0], timer.says, "{name}: at");
        let mut late = set();
        assert_eq!(
            late.at(timer.due + 1).told()[0],
            timer.says,
            "{name}: after"
        );
        // What the clock jumped over happened at its own moment, whatever came after.
        let mut jumped = set();
        assert_eq!(
            jumped.at(90 * DAY_MS).told()[0],
            timer.says,
            "{name}: jumped over"
        );
    }
}

/// The time that an answer covers ends silently: the last moment is covered, the next is not.
#[test]
fn the_cover_of_an_answer_to_the_millisecond() {
    let e = transfer("T", "payer", "payee", 100);
    let covered_at = |span: i64| {
        let mut bank = Bank::new();
        let demand = bank.step(|life, m, out| {
            life.open_inquiry(&[Arc::from("ask")], &then(Action::Inquire), &e, m, out)
        });
        let answers = ["1", "yes", "2", "rent"].map(CompactString::new).to_vec();
        bank.apply(&event(
            EventKind::InquiryAnswered,
            "answer",
            vec![
                (Field::InquiryId, text(&demand.id)),
                (Field::InquiryForm, text("four@1")),
                (Field::InquiryAnswers, Value::TextList(answers)),
                (Field::InquiryNoticeSigned, Value::Bool(true)),
                (Field::InquiryOutcome, text("proceed")),
            ],
        ));
        bank.at(span).coverage(&e).is_some()
    };
    assert!(covered_at(30 * MINUTE_MS - 1));
    assert!(covered_at(30 * MINUTE_MS));
    assert!(!covered_at(30 * MINUTE_MS + 1));
}
