//! What the engine says, as JSON that others read.

use std::sync::Arc;

use serde_json::{Value, json};
use zhamen_engine::entry::{Code, Headers, Input};
use zhamen_engine::event::EventKind;
use zhamen_engine::money::{Currency, Money};
use zhamen_engine::output::{
    Alert, AlertStep, AlertStepKind, AlertSubject, Cause, Contribution, Coordinates, Decision,
    Degraded, EventName, Extension, FallbackCode, Feedback, FeedbackKind, Fired, HoldEvent,
    HoldEventKind, HoldNote, HoldScope, InquiryDemand, NextAccount, Warning,
};
use zhamen_engine::rule::{Action, Bilingual, Mode, Severity};
use zhamen_wire::json as wire;

const AT: i64 = 1_795_486_530_131;

fn both(zh: &str, en: &str) -> Bilingual {
    Bilingual {
        zh: zh.to_owned(),
        en: en.to_owned(),
    }
}

fn name() -> EventName {
    EventName {
        kind: Some(EventKind::TransferRequested),
        id: Some("T20261124-000017".into()),
        source: Some("ccb-core".into()),
    }
}

const COORDINATES: Coordinates = Coordinates {
    partition: 0,
    offset: 4711,
    index: 3,
    sequence: 90210,
};

fn ruleset() -> Arc<str> {
    "sha256:00".into()
}

fn pairs(name: &str, value: &str) -> Vec<(compact_str::CompactString, String)> {
    vec![(name.into(), value.to_owned())]
}

/// The decision of the contract's example.
pub fn decision() -> Decision {
    Decision {
        action: Action::Delay,
        rejected: None,
        event: name(),
        coordinates: COORDINATES,
        decisions_partition: 0,
        key: None,
        headers: Headers::default(),
        input: Input {
            topic: "bank.transfers.v1".into(),
            partition: 2,
            offset: 881,
        },
        fired: vec![Fired {
            rule: "frequent-large-transfers".into(),
            mode: Mode::Enforce,
            action: Action::Delay,
            values: pairs("txn.amount", "50000.00"),
            limits: pairs("params.single_min", "50000.00"),
            reason: both("\"甲\"", "a\\b"),
        }],
        shadow: Vec::new(),
        degraded: vec![Degraded {
            rule: "other".into(),
            line: "a / b > 1".into(),
            code: FallbackCode::DivisionByZero,
        }],
        late: false,
        stale: false,
        ahead: false,
        duplicate_of: None,
        ruleset: ruleset(),
        decided_at: AT,
        inquiry: None,
        hold: None,
        customer_notice: None,
        done: None,
        traced: None,
    }
}

/// A decision with everything that may stand in one.
pub fn full_decision() -> Decision {
    let mut d = decision();
    d.stale = true;
    d.ahead = true;
    d.duplicate_of = Some(COORDINATES);
    d.inquiry = Some(InquiryDemand {
        id: "q-1".to_owned(),
        form: "four-questions-one-notice@1".to_owned(),
        questions: vec![(
            "1".to_owned(),
            both("是否认识对方", "do you know the payee"),
        )],
        notice: ("1".to_owned(), both("告知书", "notice")),
        answer_by: AT,
        on_silence: Action::Delay,
    });
    d.hold = Some(HoldNote {
        id: "h-1".to_owned(),
        reason: both("延迟", "delayed"),
        since: AT,
        expires_at: Some(AT),
        release_by: vec!["police".into(), "two_person".into()],
        appeal: true,
    });
    d.customer_notice = Some(both("请核实", "please verify"));
    d.done = Some("stop.placed".into());
    d
}

fn amount() -> Option<Money> {
    Some(Money {
        minor: 5_000_000,
        currency: Currency::CNY,
    })
}

pub fn alert() -> Alert {
    Alert {
        alert: "a-1".to_owned(),
        event: name(),
        rule: "frequent-large-transfers".into(),
        feature_code: Some("3008".to_owned()),
        score: 40,
        severity: Severity::High,
        station: "S1".to_owned(),
        bank: Some("CCB".into()),
        branch: Some("105421000017".into()),
        opened_by: None,
        subject: AlertSubject {
            kind: "account".into(),
            value: "6217".into(),
        },
        name: Some("张三".into()),
        account: Some("6217".into()),
        amount: amount(),
        time: AT,
        contributing: vec![Contribution {
            id: "T1".into(),
            source: "ccb-core".into(),
            at: AT,
            amount: amount(),
            counterparty: None,
        }],
        contributing_count: 5,
        values: pairs("window.big_out", "5"),
        limits: pairs("params.min_count", "5"),
        reason: both("甲", "a"),
        occurred_at: AT,
        raised_at: AT,
        report_by: None,
        late: false,
        merged: 0,
        chain: None,
        coordinates: COORDINATES,
        ruleset: ruleset(),
    }
}

pub fn feedback() -> Feedback {
    Feedback {
        kind: FeedbackKind::StopPlaced,
        id: "s-1".to_owned(),
        application: "A1".into(),
        account: Some("6217".into()),
        bank: None,
        at: AT,
        code: "100102",
        until: Some(AT),
        round: Some(1),
        element: None,
        extension: None,
        coordinates: COORDINATES,
        ruleset: ruleset(),
    }
}

pub fn hold() -> HoldEvent {
    HoldEvent {
        kind: HoldEventKind::HoldPlaced,
        id: "h-1".to_owned(),
        account: "6217".into(),
        at: AT,
        cause: Cause::Application("A1".into()),
        scope: Some(HoldScope::AccountOut),
        transfer: Some(("T1".into(), "ccb-core".into())),
        until: None,
        by: vec!["P1".into()],
        reason: None,
        action: Some(Action::Delay),
        hold: Some("h-2".to_owned()),
        coordinates: COORDINATES,
        ruleset: ruleset(),
    }
}

/// A proposal to extend a stop.
pub fn proposal() -> Feedback {
    Feedback {
        kind: FeedbackKind::StopExtensionProposed,
        code: "100105",
        extension: Some(Extension {
            next: vec![NextAccount {
                account: "6222".into(),
                name: None,
                bank: Some("ICBC".into()),
                amount: amount().expect("an amount"),
                time: AT,
                tier: 2,
            }],
            truncated: false,
            chain: "C-A1".to_owned(),
        }),
        ..feedback()
    }
}

pub fn alert_step() -> AlertStep {
    AlertStep {
        kind: AlertStepKind::Disposed,
        id: "n-1".to_owned(),
        alert: "A-0-1-0-rule".to_owned(),
        rule: "rule".into(),
        station: "360121560000".into(),
        account: None,
        severity: Severity::High,
        raised_at: AT,
        report_by: None,
        by: Some("P1".into()),
        verdict: Some("confirmed"),
        at: AT,
        coordinates: COORDINATES,
        ruleset: ruleset(),
    }
}

pub fn warning() -> Warning {
    Warning {
        id: "w-1".to_owned(),
        account: "6217".into(),
        phone: Some("138".into()),
        holder: None,
        cause: "probe-then-large".into(),
        text: both("小心", "beware"),
        at: AT,
        coordinates: COORDINATES,
        ruleset: ruleset(),
    }
}

pub fn read(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    // Bytes before it, as in a batch, change nothing.
    let mut out = b"x".to_vec();
    write(&mut out);
    serde_json::from_slice(&out[1..]).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn a_decision_is_the_contract_s_example() {
    let mut out = Vec::new();
    wire::decision(&decision(), &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        r#"{"decision":"delay","outcome":"decided","event":{"type":"transfer.requested","id":"T20261124-000017","source":"ccb-core"},"coordinates":{"partition":0,"offset":4711,"index":3,"sequence":90210},"input":{"topic":"bank.transfers.v1","partition":2,"offset":881},"fired":[{"rule":"frequent-large-transfers","mode":"enforce","action":"delay","values":{"txn.amount":"50000.00"},"limits":{"params.single_min":"50000.00"},"reason":{"zh":"\"甲\"","en":"a\\b"}}],"shadow":[],"degraded":[{"rule":"other","line":"a / b > 1","code":"DIVISION_BY_ZERO"}],"late":false,"ruleset":"sha256:00","engine":"0.1.0","decided_at":"2026-11-24T02:15:30.131Z","inquiry":null,"hold":null,"customer_notice":null}"#
    );
}

#[test]
fn marks_stand_in_a_decision_only_when_set() {
    let plain = read(|o| wire::decision(&decision(), o));
    let full = read(|o| wire::decision(&full_decision(), o));
    let more: Vec<_> = names(&full)
        .into_iter()
        .filter(|n| plain.get(n).is_none())
        .collect();
    assert_eq!(more, ["stale", "ahead", "duplicate_of", "done"]);
    assert_eq!(
        full["inquiry"]["questions"][0]["text"]["en"],
        "do you know the payee"
    );
    assert_eq!(full["hold"]["release_by"], json!(["police", "two_person"]));
}

#[test]
fn a_rejected_decision_names_code_and_byte() {
    let mut d = decision();
    d.rejected = Some((Code::Scale, Some(123)));
    d.event = EventName {
        id: Some("T1".into()),
        ..EventName::default()
    };
    d.fired.clear();
    let v = read(|o| wire::decision(&d, o));
    assert_eq!(names(&v)[..4], ["outcome", "decision", "code", "at_byte"]);
    assert_eq!(v["outcome"], "rejected");
    assert_eq!(v["at_byte"], 123);
    assert_eq!(
        v["event"],
        json!({"type": null, "id": "T1", "source": null})
    );
    d.rejected = Some((Code::Missing, None));
    let v = read(|o| wire::decision(&d, o));
    assert_eq!(v.get("at_byte"), Some(&Value::Null));
}

#[test]
fn alerts_and_life_cycles_have_the_contract_s_fields() {
    let v = read(|o| wire::alert(&alert(), o));
    let expected = "alert event rule feature_code score severity station bank branch opened_by \
                    subject four_elements contributing contributing_count values limits reason \
                    occurred_at raised_at report_by late merged chain coordinates ruleset";
    assert_eq!(names(&v).join(" "), expected);
    assert_eq!(v["four_elements"]["amount"], "50000.00");

    let v = read(|o| wire::feedback(&feedback(), o));
    let common = "type id account at coordinates ruleset";
    assert_eq!(
        names(&v).join(" "),
        format!("{common} application kind until round element bank")
    );
    let v = read(|o| wire::hold(&hold(), o));
    assert_eq!(
        names(&v).join(" "),
        format!("{common} cause scope transfer until by reason action hold")
    );
    assert_eq!(v["cause"], json!({"application": "A1"}));
    let v = read(|o| wire::feedback(&proposal(), o));
    assert_eq!(
        names(&v).join(" "),
        format!("{common} application kind until round element bank next next_truncated chain")
    );
    assert_eq!(
        names(&v["next"][0]).join(" "),
        "account name bank amount currency time tier"
    );
    let v = read(|o| wire::alert_step(&alert_step(), o));
    assert_eq!(
        names(&v).join(" "),
        format!("{common} alert rule station severity raised_at report_by by verdict")
    );
    let v = read(|o| wire::warning(&warning(), o));
    assert_eq!(
        names(&v).join(" "),
        format!("{common} phone holder cause text")
    );
}

#[test]
fn headers_identify_the_decision_and_echo_the_request() {
    let mut d = decision();
    d.headers.correlation_id = Some(vec![0, 255]);
    d.headers.traceparent = Some("00-a-b-01".into());
    let headers = wire::decision_headers(&d);
    let get = |name: &str| {
        headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_slice())
    };
    assert_eq!(get("ce_id"), Some(&b"0-4711-3"[..]));
    assert_eq!(get("ce_specversion"), Some(&b"1.0"[..]));
    assert_eq!(get("ce_time"), Some(&b"2026-11-24T02:15:30.131Z"[..]));
    assert_eq!(get("kafka_correlationId"), Some(&[0, 255][..]));
    assert_eq!(get("traceparent"), Some(&b"00-a-b-01"[..]));
    assert_eq!(get("tracestate"), None);

    let dead = wire::dead_letter_headers(&d.input, Code::Scale, Some(9));
    let message = dead
        .iter()
        .find(|(n, _)| n == "__connect.errors.exception.message");
    assert_eq!(message.unwrap().1, b"SCALE at byte 9");
}
