//! Broken records of every kind: always an answer, never a panic, never a value shown.

use proptest::prelude::*;
use zhamen_engine::entry::{Body, Input};
use zhamen_engine::event::{EventKind, InputTopic};
use zhamen_wire::json::dead_letter_headers;
use zhamen_wire::{Checker, RawRecord};

use crate::samples::{check, checker, full, key};

/// Values of the samples that no refusal may show.
const PRIVATE: &[&str] = &[
    "6217001234567890123",
    "6222021234567890126",
    "1101051949",
    "张三",
    "13800000001",
];

/// Checks one record both ways and that a refusal shows nothing of it.
fn answer(checker: &Checker, kind: EventKind, payload: &[u8]) {
    for body in [check(checker, kind, payload), checker.check_line(payload).0] {
        let Body::Rejected(r) = body else { continue };
        let input = Input {
            topic: kind.topic().name().into(),
            partition: 0,
            offset: 0,
        };
        let mut shown = format!("{r:?}");
        for (name, value) in dead_letter_headers(&input, r.code, r.at_byte) {
            shown += &format!("{name}: {}\n", String::from_utf8(value).unwrap());
        }
        let leaked = PRIVATE.iter().find(|p| shown.contains(*p));
        assert_eq!(leaked, None, "{shown}");
        assert!(r.at_byte.is_none_or(|at| at as usize <= payload.len()));
    }
}

#[test]
fn cut_at_every_length() {
    let checker = checker();
    for kind in EventKind::ALL {
        let text = full(*kind).to_string();
        for n in 0..text.len() {
            let cut = &text.as_bytes()[..n];
            answer(&checker, *kind, cut);
            let Body::Rejected(r) = check(&checker, *kind, cut) else {
                panic!("accepted, cut at {n}");
            };
            assert!(["EMPTY", "SYNTAX", "UTF8"].contains(&r.code.name()));
        }
    }
}

#[test]
fn every_byte_changed() {
    let checker = checker();
    for kind in EventKind::ALL {
        let text = full(*kind).to_string();
        for n in 0..text.len() {
            for new in [0, b'"', b'\\', b'{', b'}', b',', b'0', 0x80, 0xff] {
                let mut bytes = text.clone().into_bytes();
                bytes[n] = new;
                answer(&checker, *kind, &bytes);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), topic in 0..7_usize) {
        let checker = checker();
        let headers: &[(&str, Option<&[u8]>)] = &[("traceparent", Some(&bytes)), ("env", None)];
        let _ = checker.check(&RawRecord {
            topic: InputTopic::ALL[topic],
            key: Some(&bytes),
            headers,
            payload: Some(&bytes),
        });
        let _ = checker.check_line(&bytes);
        let _ = checker.headers(headers);
    }

    #[test]
    fn any_json_like_text(text in "[\\[\\]{}:,\"a0\\\\u\\-. né]{0,200}") {
        let checker = checker();
        answer(&checker, EventKind::TransferRequested, text.as_bytes());
        // The scanner accepts what serde_json accepts, duplicates and depth aside.
        let accepted = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let Body::Rejected(r) = checker.check_line(text.as_bytes()).0 else { panic!() };
        if ["SYNTAX", "TRAILING", "EMPTY"].contains(&r.code.name()) {
            prop_assert!(!accepted, "{} {text}", r.code.name());
        } else if !["DUP_FIELD", "DEPTH"].contains(&r.code.name()) {
            prop_assert!(accepted, "{} {text}", r.code.name());
        }
    }

    #[test]
    fn a_few_changes(kind in 0..29_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let checker = checker();
        let kind = EventKind::ALL[kind];
        let mut bytes = full(kind).to_string().into_bytes();
        for (at, new) in changes {
            let n = at.index(bytes.len());
            bytes[n] = new;
        }
        // Whatever was hit, the key still says whose record it is.
        let _ = checker.check(&RawRecord {
            topic: kind.topic(),
            key: Some(key(kind).as_bytes()),
            headers: &[],
            payload: Some(&bytes),
        });
        let _ = checker.check_line(&bytes);
    }
}
