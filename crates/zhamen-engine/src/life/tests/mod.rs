//! The life cycles through their public interface, on a small bank. What is told is compared as
//! lines: type, subject, then whatever is said, times as spans from the start. Every step also
//! writes and reads the state back, so a snapshot may fall anywhere.

mod bounds;
mod freezes;
mod holds;
mod inquiries;
mod pairs;
mod stops;
mod timers;
mod verifications;

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;

use super::{Applied, Coverage, Life, Moment, Standing};
use crate::entry::{Form, Policy, Question};
use crate::event::{Event, EventKind, Field, Value};
use crate::facts::Facts;
use crate::ledger::{Decided, Known, NO_EVENT};
use crate::money::{Currency, Money};
use crate::output::{Alert, AlertSubject, Cause, Coordinates, EventName, HoldNote, Output};
use crate::rule::{Action, Bilingual, RuleSet, Severity, Then};
use crate::time::{DAY_MS, HOUR_MS, MINUTE_MS, TimestampMs, duration_text};

const START: TimestampMs = 1_795_000_000_000;

type Fields = Vec<(Field, Value)>;

struct Bank {
    life: Life,
    facts: Facts,
    policy: Policy,
    rules: RuleSet,
    ruleset: Arc<str>,
    now: TimestampMs,
    offset: i64,
    out: Vec<Output>,
}

fn text(t: &str) -> Value {
    Value::Text(CompactString::new(t))
}

fn cny(yuan: i64) -> Money {
    Money {
        minor: yuan * 100,
        currency: Currency::parse("CNY").expect("a currency"),
    }
}

fn event(kind: EventKind, id: &str, values: Fields) -> Event {
    Event::new(kind, id.into(), "bank".into(), START, 0, values)
}

fn transfer(id: &str, payer: &str, payee: &str, yuan: i64) -> Event {
    event(
        EventKind::TransferRequested,
        id,
        vec![
            (Field::TxnAmount, Value::Money(cny(yuan))),
            (Field::PayerAccount, text(payer)),
            (Field::PayeeAccount, text(payee)),
        ],
    )
}

fn with(e: &Event, field: Field, value: Value) -> Event {
    let mut values = e.values().to_vec();
    values.push((field, value));
    event(e.kind, &e.id, values)
}

/// The order that matches the transfer `Bank::new` has seen, unless changed.
fn order(kind: EventKind, application: &str) -> Event {
    event(
        kind,
        application,
        vec![
            (Field::OrderApplication, text(application)),
            (Field::OrderKind, text("100101")),
            (Field::OrderAccount, text("mule")),
            (Field::OrderName, text("李 四")),
            (Field::OrderBank, text("ICBC")),
            (Field::OrderAmount, Value::Money(cny(500))),
            (Field::OrderTransferredAt, Value::Time(START)),
            (Field::OrderReason, text("fraud")),
            (Field::OrderOrgan, text("organ-1")),
            (Field::OrderOfficer, text("officer")),
        ],
    )
}

fn about(kind: EventKind, application: &str) -> Event {
    event(
        kind,
        "about",
        vec![(Field::OrderApplication, text(application))],
    )
}

fn then(action: Action) -> Then {
    Then {
        action,
        alert: None,
        quiet_ms: None,
        for_ms: DAY_MS,
        within_ms: None,
        form: Some("four@1".to_owned()),
        answer_within_ms: 30 * MINUTE_MS,
        on_silence: Action::Delay,
        release_by_police: true,
        release_by_two_person: true,
        report_within_days: None,
        list: None,
        warn: false,
    }
}

impl Bank {
    /// Knows the account `mule` of 李四, which got 500 yuan at the start, and nothing else.
    fn new() -> Bank {
        let question = |id: &str| Question {
            id: id.to_owned(),
            text: Bilingual::default(),
        };
        let form = Form {
            questions: vec![question("1"), question("2")],
            notice_version: "v1".to_owned(),
            notice: Bilingual::default(),
        };
        let mut bank = Bank {
            life: Life::default(),
            facts: Facts::default(),
            policy: Policy {
                forms: BTreeMap::from([("four@1".to_owned(), form)]),
                ..Policy::default()
            },
            rules: RuleSet::default(),
            ruleset: Arc::from("sha256:0"),
            now: START,
            offset: 0,
            out: Vec::new(),
        };
        let paid = transfer("seen", "victim", "mule", 500);
        bank.see(&with(&paid, Field::PayeeName, text("李四")), START);
        bank
    }

    /// Learns a transfer counted at `at`.
    fn see(&mut self, e: &Event, at: TimestampMs) {
        let money = e.money(Field::TxnAmount).expect("a transfer");
        let source = self.facts.symbols.intern(&e.source);
        let mut side = |f| {
            let account = e.text(f).expect("a transfer");
            self.facts.symbols.intern(account)
        };
        let (payer, payee) = (side(Field::PayerAccount), side(Field::PayeeAccount));
        let no = self.facts.ledger.push(Known {
            id: e.id.clone(),
            source,
            kind: e.kind,
            at,
            content: 0,
            payer,
            payee,
            amount: money.minor,
            currency: Some(money.currency),
            reversed: 0,
            failed: false,
            settled: NO_EVENT,
            decided: Decided {
                action: Action::Allow,
                coordinates: Coordinates {
                    partition: 0,
                    offset: 0,
                    index: 0,
                    sequence: 0,
                },
                decided_at: at,
                late: false,
                stale: false,
                ahead: false,
                ruleset: self.ruleset.clone(),
                full: None,
            },
        });
        self.facts.own.clear();
        self.facts.learn(e, no);
    }

    fn step<T>(&mut self, act: impl FnOnce(&mut Life, &Moment<'_>, &mut Vec<Output>) -> T) -> T {
        self.offset += 1;
        let bytes = postcard::to_allocvec(&self.life).expect("writes");
        self.life = postcard::from_bytes(&bytes).expect("reads");
        let m = Moment {
            policy: &self.policy,
            rules: &self.rules,
            now: self.now,
            coordinates: Coordinates {
                partition: 0,
                offset: self.offset,
                index: 0,
                sequence: 0,
            },
            ruleset: &self.ruleset,
            facts: &self.facts,
        };
        self.life.fire_due(&m, &mut self.out);
        act(&mut self.life, &m, &mut self.out)
    }

    /// The clock reaches `START + span`.
    fn at(&mut self, span: i64) -> &mut Bank {
        self.now = START + span;
        self.step(|_, _, _| ());
        self
    }

    fn apply(&mut self, e: &Event) -> Applied {
        self.step(|life, m, out| life.apply(e, m, out))
            .expect("an event of a life cycle")
    }

    /// Applies an event; what was done, then everything told since last asked.
    fn hear(&mut self, e: &Event) -> Vec<String> {
        let done = self.apply(e).done;
        let mut lines = vec![format!("= {done}")];
        lines.extend(self.told());
        lines
    }

    fn told(&mut self) -> Vec<String> {
        self.out.drain(..).map(|o| line(&o)).collect()
    }

    fn standing(&mut self, payer: &str) -> Vec<Standing> {
        self.step(|life, m, _| life.standing(payer, m))
    }

    /// The strictest action that stands on a payer.
    fn stands(&mut self, payer: &str) -> Action {
        self.standing(payer)
            .last()
            .map_or(Action::Allow, |s| s.action)
    }

    /// An alert is raised, whose report is due then.
    fn raise(&mut self, alert: &str, report_by: Option<TimestampMs>) {
        let raised = self.alert(alert, report_by);
        self.step(|life, m, _| life.watch(&[Output::Alert(raised)], m));
    }

    fn alert(&self, alert: &str, report_by: Option<TimestampMs>) -> Alert {
        Alert {
            alert: alert.to_owned(),
            event: EventName::default(),
            rule: Arc::from("rule"),
            feature_code: None,
            score: 0,
            severity: Severity::High,
            station: "station".to_owned(),
            bank: None,
            branch: None,
            opened_by: None,
            subject: AlertSubject {
                kind: "account".into(),
                value: "mule".into(),
            },
            name: None,
            account: None,
            amount: None,
            time: self.now,
            contributing: Vec::new(),
            contributing_count: 0,
            values: Vec::new(),
            limits: Vec::new(),
            reason: Bilingual::default(),
            occurred_at: self.now,
            raised_at: self.now,
            report_by,
            late: false,
            merged: 0,
            chain: None,
            coordinates: Coordinates {
                partition: 0,
                offset: self.offset,
                index: 0,
                sequence: 0,
            },
            ruleset: self.ruleset.clone(),
        }
    }

    fn coverage(&mut self, e: &Event) -> Option<Coverage> {
        self.step(|life, m, _| life.coverage(e, m))
    }
}

/// One output as a line.
fn line(output: &Output) -> String {
    let mut words = Vec::new();
    let time = |t: TimestampMs| duration_text(t - START);
    match output {
        Output::Feedback(f) => {
            words.push(format!("{} {} {}", f.kind.name(), f.application, f.code));
            words.extend(f.bank.as_ref().map(|b| format!("bank={b}")));
            words.extend(f.until.map(|t| format!("until={}", time(t))));
            words.extend(f.round.map(|n| format!("round={n}")));
            words.extend(f.element.map(|e| format!("element={e}")));
            words.push(format!("at={}", time(f.at)));
        }
        Output::Hold(h) => {
            let cause = match &h.cause {
                Cause::Rule(rule) => rule.to_string(),
                Cause::Application(application) => application.to_string(),
            };
            words.push(format!("{} {} {cause}", h.kind.name(), h.account));
            words.extend(h.scope.map(|s| s.name().to_owned()));
            words.extend(h.transfer.as_ref().map(|t| t.0.to_string()));
            words.extend(h.until.map(|t| format!("until={}", time(t))));
            words.extend((!h.by.is_empty()).then(|| format!("by={}", h.by.join("+"))));
            words.extend(h.action.map(|a| format!("action={}", a.name())));
            words.extend(h.hold.as_ref().map(|_| "hold".to_owned()));
            words.push(format!("at={}", time(h.at)));
        }
        Output::AlertStep(a) => {
            words.push(format!("{} {} {}", a.kind.name(), a.alert, a.rule));
            words.extend(a.by.as_ref().map(|p| format!("by={p}")));
            words.extend(a.verdict.map(str::to_owned));
            words.push(format!("at={}", time(a.at)));
        }
        other => unreachable!("no life cycle says {other:?}"),
    }
    words.join(" ")
}

/// Ids are the coordinates and a count; two outputs of one entry never share one.
#[test]
fn ids_name_the_entry_and_repeat_on_replay() {
    let run = || {
        let mut bank = Bank::new();
        bank.apply(&order(EventKind::StopOrdered, "A"));
        bank.at(48 * HOUR_MS);
        let ids: Vec<String> = bank
            .out
            .iter()
            .map(|o| match o {
                Output::Feedback(f) => f.id.clone(),
                Output::Hold(h) => h.id.clone(),
                _ => String::new(),
            })
            .collect();
        (ids, postcard::to_allocvec(&bank.life).expect("writes"))
    };
    assert_eq!(
        run().0,
        ["F-0-1-0-2", "H-0-1-0-1", "F-0-2-0-1", "H-0-1-0-1"]
    );
    assert_eq!(run(), run());
}

#[test]
fn types_without_a_life_cycle_are_not_answered() {
    let mut bank = Bank::new();
    let paid = transfer("T", "a", "b", 1);
    assert_eq!(bank.step(|life, m, out| life.apply(&paid, m, out)), None);
}
