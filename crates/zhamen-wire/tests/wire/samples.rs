//! One full, valid record of every type of event, and a checker for them.

use serde_json::{Value, json};
use zhamen_engine::entry::Body;
use zhamen_engine::event::{Event, EventKind};
use zhamen_wire::{Checker, CheckerOptions, RawRecord};

pub fn checker() -> Checker {
    Checker::new(CheckerOptions {
        pseudonym_key: b"test".to_vec(),
        environment: Some("production".to_owned()),
        reply_topics: vec!["answers.v1".to_owned()],
        ..CheckerOptions::default()
    })
}

/// A record of that type with every field of the contract.
pub fn full(kind: EventKind) -> Value {
    let mut record = json!({
        "type": kind.name(), "id": "T20261124-000017", "source": "ccb-core",
        "occurred_at": "2026-11-24T10:15:30.123+08:00",
    });
    for subject in kind.subjects() {
        record[subject.name()] = object(kind, subject.name());
    }
    record
}

fn object(kind: EventKind, name: &str) -> Value {
    let side = |account: &str, bank: &str| {
        json!({
            "account": account, "name": "张三", "holder": "11010519491231002X",
            "holder_type": "resident_id", "bank": bank, "branch": "105421000017",
            "opened_on": "2019-03-02", "phone": "13800000001", "groups": ["senior"],
        })
    };
    match name {
        "txn" => json!({
            "amount": "50000.00", "currency": "CNY", "channel": "mobile", "purpose": "货款",
            "device": "d-9f2c", "ip": "10.0.0.1", "country": "CN", "inquiry": "q-1",
        }),
        "payer" => side("6217001234567890123", "CCB"),
        "payee" => side("6222021234567890126", "ICBC"),
        "transfer" => json!({
            "id": "T1", "source": "ccb-core", "requested_at": "2026-11-24T10:15:29.000+08:00",
            "amount": "100.00",
        }),
        "account" | "card" => json!({
            "number": "6217001234567890123", "bank": "CCB", "branch": "105421000017",
            "kind": "I类户", "account": "6217001234567890123", "opened_by": "柜员07",
        }),
        "holder" => json!({
            "id": "11010519491231002X", "type": "resident_id", "name": "张三",
            "phone": "13800000001", "groups": ["student", "finance_staff"],
        }),
        "use" => json!({
            "account": "6217001234567890123", "country": "MM", "device": "d-1", "ip": "10.0.0.1",
        }),
        "line" => json!({ "number": "13800000001", "operator": "中国移动", "kind": "mobile" }),
        "inquiry" => json!({
            "id": "q-1", "transfer": { "id": "T1", "source": "ccb-core" },
            "form": "four-questions-one-notice@1",
            "answers": [{ "question": "1", "answer": "是" }, { "question": "2", "answer": "货款" }],
            "notice": { "version": "1", "signed": true, "signed_at": "2026-11-24T10:15:00.000+08:00" },
            "observed": ["on_the_phone"], "teller": "柜员07", "outcome": "proceed",
        }),
        "verification" => json!({
            "account": "6217001234567890123", "method": "face", "result": "verified",
        }),
        "order" => json!({
            "application": "A1", "kind": "100101", "case": "鄂公刑立字〔2026〕1号", "urgency": "1",
            "account": "6217001234567890123", "name": "张三", "bank": "CCB", "amount": "50000.00",
            "currency": "CNY", "transferred_at": "2026-11-24T10:15:30.123+08:00",
            "from_account": "6222021234567890126", "reason": "电信诈骗", "organ": "420000000000",
            "officer": "P1", "tier": 1, "parent": "A0", "until": "2027-05-24T00:00:00.000+08:00",
            "element": "amount",
        }),
        "entry" => json!({
            "list": "prior-offenders", "kind": "person", "value": "11010519491231002x",
            "class": "prior_offender", "reason": "前科", "expires_at": "2027-11-24T00:00:00.000+08:00",
            "values": ["11010519491231002x", "E123"], "person": "民警07", "part": 1, "parts": 2,
        }),
        "release" => json!({
            "hold": "h-1", "person": "柜员07", "reason": "核实", "organ": "420000000000", "officer": "P1",
        }),
        "appeal" => json!({ "hold": "h-1", "person": "柜员07", "text": "误报", "upheld": true }),
        "alert" => json!({ "id": "a-1", "person": "P1", "verdict": "confirmed", "note": "属实" }),
        other => panic!("no sample of {other} for {kind:?}"),
    }
}

/// The key that Kafka carries with a sample.
pub fn key(kind: EventKind) -> &'static str {
    use zhamen_engine::event::InputTopic as T;
    match kind.topic() {
        T::Accounts | T::Lines => "11010519491231002X",
        T::Lists => "prior-offenders",
        T::Dispositions => "a-1",
        T::Transfers | T::Inquiries | T::Orders => "6217001234567890123",
    }
}

pub fn check(checker: &Checker, kind: EventKind, payload: &[u8]) -> Body {
    checker.check(&RawRecord {
        topic: kind.topic(),
        key: Some(key(kind).as_bytes()),
        headers: &[],
        payload: Some(payload),
    })
}

/// The event of a record that must be accepted.
pub fn accepted(checker: &Checker, kind: EventKind, record: &Value) -> Event {
    match check(checker, kind, record.to_string().as_bytes()) {
        Body::Event(event) => event,
        Body::Rejected(r) => panic!("{kind:?}: {} at {:?} in {record}", r.code.name(), r.at_byte),
    }
}

/// The code and byte of a record that must be refused.
pub fn refused(checker: &Checker, kind: EventKind, record: &Value) -> (&'static str, Option<u32>) {
    match check(checker, kind, record.to_string().as_bytes()) {
        Body::Event(_) => panic!("accepted: {record}"),
        Body::Rejected(r) => (r.code.name(), r.at_byte),
    }
}
