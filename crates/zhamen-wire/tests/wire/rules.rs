//! What the contract asks of accepted and refused records, one rule a test.

use serde_json::{Value, json};
use zhamen_engine::entry::{Body, Input, SourceRights};
use zhamen_engine::event::{EventKind, Field, FieldType, InputTopic, Value as V};
use zhamen_wire::{Checker, CheckerOptions, RawRecord, is_sealed, key_hash, key_of};

use crate::samples::{accepted, check, checker, full, key, refused};

#[test]
fn full_records_of_every_type_are_accepted_with_every_field() {
    let checker = checker();
    for kind in EventKind::ALL {
        let event = accepted(&checker, *kind, &full(*kind));
        for field in Field::ALL
            .iter()
            .filter(|f| f.is_on(*kind) && f.subject().is_some())
        {
            let value = event.get(*field);
            let typed = matches!(
                (field.ty(), value),
                (FieldType::Bool, Some(V::Bool(_)))
                    | (FieldType::Int, Some(V::Int(_)))
                    | (FieldType::Money, Some(V::Money(_)))
                    | (FieldType::Text, Some(V::Text(_)))
                    | (FieldType::Time, Some(V::Time(_)))
                    | (FieldType::Date, Some(V::Date(_)))
                    | (FieldType::TextList, Some(V::TextList(_)))
            );
            assert!(typed, "{kind:?} {}: {value:?}", field.name());
        }
    }
}

#[test]
fn the_bold_fields_are_mandatory_and_no_other() {
    let bold = |kind: EventKind, path: &str| match path.split_once('.') {
        None => true,
        Some(("order", name)) => {
            let full = matches!(kind, EventKind::StopOrdered | EventKind::FreezeOrdered);
            let optional = [
                "case",
                "urgency",
                "from_account",
                "tier",
                "parent",
                "until",
                "element",
            ];
            name == "application" || full && !optional.contains(&name)
        }
        Some(("entry", name)) => {
            use EventKind::{ListAdded, ListConfirmed, ListRemoved, ListReplaced};
            match name {
                "list" => true,
                "kind" => kind != ListConfirmed,
                "value" => matches!(kind, ListAdded | ListRemoved),
                "class" | "reason" => matches!(kind, ListAdded | ListReplaced),
                "values" => kind == ListReplaced,
                "person" => matches!(kind, ListReplaced | ListConfirmed),
                _ => false,
            }
        }
        Some(("release", "hold")) => true,
        Some(("release", "person")) => kind != EventKind::HoldReleaseOrdered,
        Some(("release", _)) => kind == EventKind::HoldReleaseOrdered,
        Some((object, name)) => {
            let bold = match object {
                "txn" => "amount currency channel",
                "payer" | "payee" => "account",
                "transfer" => "id source requested_at",
                "account" | "card" => "number bank",
                "holder" => "id",
                "use" => "account",
                "line" => "number operator",
                // `id` or `transfer`: the sample has both.
                "inquiry" => "form answers notice outcome",
                "verification" => "account method result",
                "appeal" => "hold person",
                "alert" => "id person",
                other => panic!("{other}"),
            };
            bold.split(' ').any(|b| b == name)
        }
    };
    let checker = checker();
    for kind in EventKind::ALL {
        let sample = full(*kind);
        for (name, value) in sample.as_object().unwrap() {
            let inner = value.as_object().into_iter().flatten();
            let paths = inner.map(|(n, _)| format!("{name}.{n}"));
            for path in paths.chain([name.clone()]) {
                for null in [false, true] {
                    let mut changed = sample.clone();
                    let (object, member) = match path.split_once('.') {
                        Some((object, member)) => (&mut changed[object], member),
                        None => (&mut changed, path.as_str()),
                    };
                    if null {
                        object[member] = Value::Null;
                    } else {
                        object.as_object_mut().unwrap().remove(member);
                    }
                    if bold(*kind, &path) {
                        let (code, at) = refused(&checker, *kind, &changed);
                        assert_eq!(code, "MISSING", "{kind:?} {path}");
                        assert_eq!(at.is_some(), null, "{kind:?} {path}");
                    } else {
                        accepted(&checker, *kind, &changed);
                    }
                }
            }
        }
    }
}

/// Sets `path` of a sample to a value and says the code, or `ok`.
fn code(kind: EventKind, path: &str, value: Value) -> &'static str {
    let checker = checker();
    let mut record = full(kind);
    let pointer = format!("/{}", path.replace('.', "/"));
    match record.pointer_mut(&pointer) {
        Some(old) => *old = value,
        None => record[path] = value,
    }
    let text = record.to_string();
    match check(&checker, kind, text.as_bytes()) {
        Body::Event(_) => "ok",
        Body::Rejected(r) => {
            if let Some(at) = r.at_byte {
                let wanted = record.pointer(&pointer).unwrap().to_string();
                assert!(
                    text[at as usize..].starts_with(&wanted),
                    "{path}: byte {at} of {text}"
                );
            }
            r.code.name()
        }
    }
}

#[test]
fn every_fault_of_a_value_has_its_code_and_byte() {
    use EventKind as K;
    let t = K::TransferRequested;
    for (kind, path, value, expected) in [
        (t, "type", json!("Transfer.Requested"), "UNKNOWN_TYPE"),
        (t, "type", json!("stop.ordered"), "UNKNOWN_TYPE"),
        (t, "type", json!(1), "TYPE"),
        (t, "id", json!(""), "ID_FORMAT"),
        (t, "id", json!("a/b"), "ID_FORMAT"),
        (t, "id", json!("a".repeat(65)), "ID_FORMAT"),
        (t, "id", json!("a".repeat(64)), "ok"),
        (t, "source", json!("a".repeat(33)), "ID_FORMAT"),
        (t, "occurred_at", json!(1_795_500_000), "TYPE"),
        (t, "occurred_at", json!("1970-01-01T00:00:00Z"), "TIME_UNIT"),
        (t, "txn", json!([]), "SHAPE"),
        (t, "payee", json!("x"), "SHAPE"),
        (t, "txn.amount", json!(1), "TYPE"),
        (t, "txn.amount", json!({}), "SHAPE"),
        (t, "txn.amount", json!("1.001"), "SCALE"),
        (t, "txn.currency", json!("XXX"), "CURRENCY"),
        (t, "txn.currency", json!(""), "CURRENCY"),
        (t, "txn.channel", json!("post"), "VALUE"),
        (t, "txn.purpose", json!("a\nb"), "VALUE"),
        (t, "txn.purpose", json!("钮".repeat(512)), "ok"),
        (t, "txn.purpose", json!("钮".repeat(513)), "FIELD_LEN"),
        (t, "txn.country", json!("CHN"), "VALUE"),
        (t, "payer.name", json!("\u{202e}"), "VALUE"),
        (t, "payer.name", json!("钮".repeat(129)), "FIELD_LEN"),
        (t, "payer.account", json!("6217 "), "ID_FORMAT"),
        (t, "payer.phone", json!("1".repeat(65)), "FIELD_LEN"),
        (t, "payer.holder", json!(" "), "ID_FORMAT"),
        (t, "payer.opened_on", json!("2026-02-30"), "TIME"),
        (t, "payer.groups", json!("senior"), "SHAPE"),
        (t, "payer.groups", json!(["senior", 1]), "TYPE"),
        (t, "schema_version", json!(1), "ok"),
        (t, "schema_version", json!("1"), "ok"),
        (t, "schema_version", json!(99), "SCHEMA"),
        (t, "env", json!("Production"), "ok"),
        (t, "env", json!("TEST"), "ENV"),
        (t, "journal_at", json!("nonsense"), "ok"),
        (K::TransferReversed, "transfer.amount", json!("0"), "RANGE"),
        (K::TransferReversed, "transfer.amount", json!("-1"), "SIGN"),
        (
            K::InquiryAnswered,
            "inquiry.answers",
            json!([["1", "是"]]),
            "SHAPE",
        ),
        (
            K::InquiryAnswered,
            "inquiry.answers",
            json!([{"question": "1"}]),
            "MISSING",
        ),
        (
            K::InquiryAnswered,
            "inquiry.notice.signed",
            json!("yes"),
            "TYPE",
        ),
        (
            K::InquiryAnswered,
            "inquiry.outcome",
            json!("maybe"),
            "VALUE",
        ),
        (K::StopOrdered, "order.tier", json!("one"), "TYPE"),
        (K::StopOrdered, "order.tier", json!(0), "RANGE"),
        (K::StopOrdered, "order.tier", json!(-1), "SIGN"),
        (K::StopOrdered, "order.tier", json!(1.5), "NUMBER"),
        (K::StopOrdered, "order.organ", json!("42"), "FIELD_LEN"),
        (K::StopOrdered, "order.name", json!(""), "MISSING"),
        (
            K::StopOrdered,
            "order.transferred_at",
            json!("20261124100000"),
            "TIME",
        ),
        (K::ListAdded, "entry.class", json!("bad"), "VALUE"),
        (K::ListAdded, "entry.kind", json!("bad"), "VALUE"),
        (K::ListAdded, "entry.value", json!(""), "ID_FORMAT"),
    ] {
        assert_eq!(
            code(kind, path, value.clone()),
            expected,
            "{path} = {value}"
        );
    }
}

#[test]
fn persons_become_pseudonyms_with_age_and_validity() {
    let checker = checker();
    let kind = EventKind::TransferRequested;
    let mut record = full(kind);
    // What a sender says of derived fields is not believed.
    record["payer"]["age"] = json!(12);
    record["payer"]["id_valid"] = json!(false);
    let event = accepted(&checker, kind, &record);
    assert_eq!(event.int(Field::PayerAge), Some(76));
    assert_eq!(event.bool(Field::PayerIdValid), Some(true));
    let pseudonym = event.text(Field::PayerHolder).unwrap();
    assert!(pseudonym.starts_with("p1") && pseudonym.len() == 24);

    let opened = accepted(
        &checker,
        EventKind::CardOpened,
        &full(EventKind::CardOpened),
    );
    assert_eq!(opened.text(Field::HolderId), Some(pseudonym));
    assert_eq!(opened.int(Field::HolderAge), Some(76));
    let listed = accepted(&checker, EventKind::ListAdded, &full(EventKind::ListAdded));
    assert_eq!(listed.text(Field::EntryValue), Some(pseudonym));

    let side = |holder: &str, holder_type: Value| {
        let mut record = full(kind);
        record["payer"]["holder"] = json!(holder);
        record["payer"]["holder_type"] = holder_type;
        let event = accepted(&checker, kind, &record);
        (event.int(Field::PayerAge), event.bool(Field::PayerIdValid))
    };
    let resident = || json!("resident_id");
    assert_eq!(
        side("11010519491231002x", Value::Null),
        (Some(76), Some(true))
    );
    assert_eq!(side("110105194912310021", resident()), (None, Some(false)));
    assert_eq!(side("110105491231002", resident()), (None, Some(false)));
    assert_eq!(side("110105491231002", Value::Null), (None, None));
    assert_eq!(side("E12345678", json!("passport")), (None, None));
    assert_eq!(side("11010519491231002X", json!("passport")), (None, None));
}

#[test]
fn no_id_number_reaches_the_journal() {
    let checker = checker();
    for kind in EventKind::ALL {
        let text = full(*kind).to_string();
        let input = Input {
            topic: kind.topic().name().into(),
            partition: 0,
            offset: 7,
        };
        let raw = RawRecord {
            topic: kind.topic(),
            key: Some(key(*kind).as_bytes()),
            headers: &[],
            payload: Some(text.as_bytes()),
        };
        let (record, _) = checker.record(input.clone(), &raw);
        let (line, _) = checker.record_line(input, text.as_bytes());
        assert_eq!(record.body, line.body);
        assert_eq!(record.key_hash, key_hash(key(*kind).as_bytes()));
        for record in [record, line] {
            let stored = record.key.clone().unwrap();
            let secret = key(*kind).starts_with("110105");
            assert!(!secret || is_sealed(&stored), "{kind:?}");
            let bytes =
                zhamen_wire::journal::encode(&[zhamen_wire::journal::JournalEntry::Record(
                    record.clone(),
                )]);
            assert!(!bytes.windows(8).any(|w| w == b"11010519"), "{kind:?}");
            let clear = checker.sealer().clear_key(&stored).unwrap();
            assert!(!clear.is_empty());
            if kind.is_transfer() {
                let Body::Event(event) = &record.body else {
                    panic!()
                };
                assert_eq!(stored, key_of(event));
            }
        }
    }
}

#[test]
fn keys_must_be_there_and_agree() {
    let checker = checker();
    let kind = EventKind::TransferRequested;
    let text = full(kind).to_string();
    let with = |kind: EventKind, key: Option<&[u8]>, text: &str| {
        let raw = RawRecord {
            topic: kind.topic(),
            key,
            headers: &[],
            payload: Some(text.as_bytes()),
        };
        match checker.check(&raw) {
            Body::Event(_) => "ok",
            Body::Rejected(r) => r.code.name(),
        }
    };
    assert_eq!(with(kind, None, &text), "KEY");
    assert_eq!(with(kind, Some(b""), &text), "KEY");
    assert_eq!(
        with(kind, Some(b"6217001234567890124"), &text),
        "KEY_MISMATCH"
    );
    assert_eq!(
        with(kind, Some(b"6217001234567890123 "), &text),
        "KEY_MISMATCH"
    );
    assert_eq!(with(kind, Some(b"6217001234567890123"), &text), "ok");
    // The holder of a used account is not in the event: any key will do, but one there must be.
    let used = full(EventKind::AccountUsed).to_string();
    assert_eq!(with(EventKind::AccountUsed, Some(b"anyone"), &used), "ok");
    assert_eq!(with(EventKind::AccountUsed, Some(b"a\nb"), &used), "KEY");
    assert_eq!(with(EventKind::AccountUsed, None, &used), "KEY");
}

#[test]
fn sources_speak_only_for_what_they_may() {
    let mut bank = SourceRights {
        name: "ccb-core".to_owned(),
        topics: Some(vec![
            InputTopic::Transfers,
            InputTopic::Lists,
            InputTopic::Orders,
        ]),
        banks: Some(vec!["CCB".to_owned()]),
        organs: Some(vec!["420000000000".to_owned()]),
        lists: Some(vec!["prior-offenders".to_owned()]),
    };
    let build = |rights: &SourceRights| {
        Checker::new(CheckerOptions {
            sources: vec![rights.clone()],
            ..CheckerOptions::default()
        })
    };
    let checker = build(&bank);
    for kind in [
        EventKind::TransferRequested,
        EventKind::ListAdded,
        EventKind::StopOrdered,
        EventKind::StopReleased,
        EventKind::HoldReleaseOrdered,
    ] {
        accepted(&checker, kind, &full(kind));
    }
    let refuse = |kind: EventKind, path: &str, value: Value| {
        let mut record = full(kind);
        *record.pointer_mut(path).unwrap() = value;
        refused(&checker, kind, &record).0
    };
    use EventKind as K;
    assert_eq!(
        refuse(K::TransferRequested, "/source", json!("nobody")),
        "UNKNOWN_SOURCE"
    );
    assert_eq!(
        refuse(K::TransferRequested, "/payer/bank", json!("ICBC")),
        "UNKNOWN_SOURCE"
    );
    assert_eq!(
        refuse(K::TransferRequested, "/payer/bank", Value::Null),
        "UNKNOWN_SOURCE"
    );
    assert_eq!(
        refuse(K::ListAdded, "/entry/list", json!("other")),
        "UNKNOWN_SOURCE"
    );
    assert_eq!(
        refuse(K::StopReleased, "/order/organ", json!("110000000000")),
        "UNKNOWN_SOURCE"
    );
    assert_eq!(
        refuse(
            K::HoldReleaseOrdered,
            "/release/organ",
            json!("110000000000")
        ),
        "UNKNOWN_SOURCE"
    );
    assert_eq!(
        refused(&checker, K::CardOpened, &full(K::CardOpened)).0,
        "UNKNOWN_SOURCE"
    );
    // Another organ's order is refused with an answer, by the engine.
    let mut order = full(K::StopOrdered);
    order["order"]["organ"] = json!("110000000000");
    accepted(&checker, K::StopOrdered, &order);
    bank.topics = None;
    accepted(&build(&bank), K::CardOpened, &full(K::CardOpened));
}

#[test]
fn the_fingerprint_sees_content_and_nothing_else() {
    let checker = checker();
    let print = |text: &str| match checker.check_line(text.as_bytes()).0 {
        Body::Event(e) => e.content,
        Body::Rejected(r) => panic!("{} at {:?}: {text}", r.code.name(), r.at_byte),
    };
    let record = full(EventKind::TransferRequested);
    let plain = print(&record.to_string());

    let mut turned = serde_json::Map::new();
    for (name, value) in record.as_object().unwrap().iter().rev() {
        let value = match value.as_object() {
            Some(o) => o
                .iter()
                .rev()
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
            None => value.clone(),
        };
        turned.insert(name.clone(), value);
    }
    let turned = Value::Object(turned);
    assert_eq!(
        print(&serde_json::to_string_pretty(&turned).unwrap()),
        plain
    );
    assert_eq!(print(&record.to_string().replace("张", "\\u5f20")), plain);
    assert_eq!(
        print(&record.to_string().replace("\"payer\"", "\"p\\u0061yer\"")),
        plain
    );
    let mut stamped = record.clone();
    stamped["journal_at"] = json!("2026-11-24T02:15:31.000Z");
    assert_eq!(print(&stamped.to_string()), plain);

    for (path, value) in [
        ("/payer/name", json!("李四")),
        ("/payer/holder", json!("440524188001010014")),
        ("/txn/amount", json!("50000.0")),
        ("/payer/groups", json!(["senior", "student"])),
        ("/txn/purpose", Value::Null),
    ] {
        let mut changed = record.clone();
        *changed.pointer_mut(path).unwrap() = value;
        assert_ne!(print(&changed.to_string()), plain, "{path}");
    }
    let mut more = record.clone();
    more["unknown"] = json!({"journal_at": 1});
    assert_ne!(print(&more.to_string()), plain);
}

#[test]
fn unknown_fields_are_counted() {
    let checker = checker();
    let kind = EventKind::TransferRequested;
    let mut record = full(kind);
    record["more"] = json!({"a": 1, "b": [2]});
    record["payer"]["age"] = json!(3);
    record["order"] = json!({"application": "/"});
    record["env"] = json!("production");
    let text = record.to_string();
    let raw = RawRecord {
        topic: kind.topic(),
        key: Some(key(kind).as_bytes()),
        headers: &[],
        payload: Some(text.as_bytes()),
    };
    let input = Input {
        topic: "t".into(),
        partition: 0,
        offset: 0,
    };
    let (record, unknown) = checker.record(input, &raw);
    assert!(matches!(record.body, Body::Event(_)));
    assert_eq!(unknown, 3);
}

#[test]
fn lines_carry_the_journal_s_time() {
    let checker = checker();
    let mut record = full(EventKind::TransferRequested);
    record["journal_at"] = json!("2026-11-24T02:15:31.000Z");
    let (body, at) = checker.check_line(record.to_string().as_bytes());
    assert!(matches!(body, Body::Event(_)));
    assert_eq!(at, Some(1_795_486_531_000));
    // A refused record still says when it was read.
    record["txn"]["amount"] = json!("0");
    let (body, at) = checker.check_line(record.to_string().as_bytes());
    assert!(matches!(body, Body::Rejected(_)));
    assert_eq!(at, Some(1_795_486_531_000));
    record["journal_at"] = json!("yesterday");
    record["txn"]["amount"] = json!("1");
    let (body, at) = checker.check_line(record.to_string().as_bytes());
    assert!(matches!(body, Body::Rejected(r) if r.code.name() == "TIME"));
    assert_eq!(at, None);
}

#[test]
fn headers_are_carried_or_left_out() {
    let checker = checker();
    let parent = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let carried = checker.headers(&[
        ("traceparent", Some(parent)),
        ("tracestate", Some(b"a=1")),
        ("kafka_correlationId", Some(&[0, 1, 2, 255])),
        ("kafka_replyTopic", Some(b"answers.v1")),
    ]);
    assert_eq!(
        carried.traceparent.as_deref().map(str::as_bytes),
        Some(&parent[..])
    );
    assert_eq!(carried.tracestate.as_deref(), Some("a=1"));
    assert_eq!(carried.correlation_id.as_deref(), Some(&[0, 1, 2, 255][..]));
    assert_eq!(carried.reply_topic.as_deref(), Some("answers.v1"));
    let left = checker.headers(&[
        ("traceparent", Some(&[0xff])),
        ("tracestate", Some(b"a=1")),
        ("kafka_replyTopic", Some(b"police.alerts.v1")),
    ]);
    assert_eq!(left, Default::default());
}

/// Values of a list of persons become pseudonyms, the same ones that single entries get; the
/// fingerprint tells two such lists apart.
#[test]
fn a_list_of_persons_is_one_of_pseudonyms() {
    let checker = checker();
    let mut record = full(EventKind::ListReplaced);
    let event = accepted(&checker, EventKind::ListReplaced, &record);
    let values = event.list(Field::EntryValues).unwrap();
    let one = accepted(&checker, EventKind::ListAdded, &full(EventKind::ListAdded));
    assert_eq!(one.text(Field::EntryValue), Some(values[0].as_str()));
    assert!(values.iter().all(|v| v.starts_with("p1")), "{values:?}");
    record["entry"]["values"] = json!(["11010519491231002x", "E124"]);
    let other = accepted(&checker, EventKind::ListReplaced, &record);
    assert_ne!(other.content, event.content);
    record["entry"]["values"] = json!(vec!["E1"; 1_001]);
    assert_eq!(
        refused(&checker, EventKind::ListReplaced, &record).0,
        "FIELD_LEN"
    );
}
