//! The journal's bytes: what is written reads back, and nothing else reads at all.

use proptest::prelude::*;
use zhamen_engine::entry::{Body, Code, Headers, Input, Policy, Record, Rejected, SourceRights};
use zhamen_engine::event::{Event, EventKind, Field, FieldType, InputTopic, Value};
use zhamen_engine::money::{Currency, Dec, Money};
use zhamen_wire::journal::{ActivationText, JournalEntry, JournalError, VERSION, decode, encode};

use crate::samples::{checker, full};

fn value(field: Field) -> BoxedStrategy<Value> {
    let text = || "\\PC{0,30}".prop_map(|t: String| t.into());
    match field.ty() {
        FieldType::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        FieldType::Int => any::<i64>().prop_map(Value::Int).boxed(),
        FieldType::Money => (
            any::<i64>(),
            prop::sample::select(vec!["CNY", "JPY", "KWD"]),
        )
            .prop_map(|(minor, code)| {
                let currency = Currency::parse(code).unwrap();
                Value::Money(Money { minor, currency })
            })
            .boxed(),
        FieldType::Text => text().prop_map(Value::Text).boxed(),
        FieldType::Time => any::<i64>().prop_map(Value::Time).boxed(),
        FieldType::Date => any::<i64>().prop_map(Value::Date).boxed(),
        FieldType::TextList => prop::collection::vec(text(), 0..4)
            .prop_map(Value::TextList)
            .boxed(),
    }
}

fn event() -> impl Strategy<Value = Event> {
    let field = prop::sample::select(Field::ALL.to_vec());
    let values = prop::collection::vec(field.prop_flat_map(|f| (Just(f), value(f))), 0..30);
    let kind = prop::sample::select(EventKind::ALL.to_vec());
    (
        kind,
        "[a-z]{1,64}",
        "[a-z]{1,32}",
        any::<i64>(),
        any::<u64>(),
        values,
    )
        .prop_map(|(kind, id, source, at, content, values)| {
            Event::new(kind, id.into(), source.into(), at, content, values)
        })
}

fn rejected() -> impl Strategy<Value = Rejected> {
    let code = prop::sample::select(Code::ALL.to_vec());
    let kind = prop::option::of(prop::sample::select(EventKind::ALL.to_vec()));
    let text = || prop::option::of("[a-z]{1,64}".prop_map(|t: String| t.into()));
    (code, any::<Option<u32>>(), kind, text(), text()).prop_map(
        |(code, at_byte, kind, id, source)| Rejected {
            code,
            at_byte,
            kind,
            id,
            source,
        },
    )
}

fn entry() -> impl Strategy<Value = JournalEntry> {
    let body = prop_oneof![
        event().prop_map(Body::Event),
        rejected().prop_map(Body::Rejected)
    ];
    let text = || prop::option::of("\\PC{0,60}".prop_map(|t: String| t.into()));
    let headers = (text(), text(), any::<Option<Vec<u8>>>(), text());
    let input = (
        prop::sample::select(InputTopic::ALL.to_vec()),
        any::<i32>(),
        any::<i64>(),
    );
    let record = (input, any::<Option<Vec<u8>>>(), any::<u32>(), headers, body).prop_map(
        |((topic, partition, offset), key, key_hash, h, body)| {
            JournalEntry::Record(Record {
                input: Input {
                    topic: topic.name().into(),
                    partition,
                    offset,
                },
                key,
                key_hash,
                headers: Headers {
                    traceparent: h.0,
                    tracestate: h.1,
                    correlation_id: h.2,
                    reply_topic: h.3,
                },
                body,
            })
        },
    );
    prop_oneof![8 => record, 1 => Just(JournalEntry::Tick), 1 => Just(activation())]
}

fn activation() -> JournalEntry {
    let mut policy = Policy::default();
    policy
        .rates
        .insert("USD".to_owned(), Dec::parse("7.0915").unwrap());
    policy
        .stations
        .insert("105421000017".to_owned(), "S1".to_owned());
    policy.calendar.holidays.insert(20_454);
    policy.sources.push(SourceRights {
        name: "a".to_owned(),
        topics: Some(vec![InputTopic::Transfers]),
        ..SourceRights::default()
    });
    JournalEntry::Activate(ActivationText {
        files: vec![("a.toml".to_owned(), "[[rule]]\nid = \"甲\"".to_owned())],
        policy,
        digest: "sha256:00".to_owned(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_reads_back(entries in prop::collection::vec(entry(), 0..12)) {
        let bytes = encode(&entries);
        prop_assert_eq!(&bytes[..3], &[b'Z', b'J', VERSION]);
        prop_assert_eq!(decode(&bytes).unwrap(), entries);
    }

    #[test]
    fn any_bytes_are_answered(mut bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(decode(&bytes).is_err());
        // Past the checksum too.
        let sum = crc32c::crc32c(&bytes).to_le_bytes();
        bytes.splice(0..0, [b'Z', b'J', VERSION, 0, sum[0], sum[1], sum[2], sum[3]]);
        let _ = decode(&bytes);
    }
}

fn sample() -> Vec<u8> {
    let checker = checker();
    let record = |kind: &EventKind| {
        let input = Input {
            topic: kind.topic().name().into(),
            partition: 1,
            offset: 5,
        };
        JournalEntry::Record(
            checker
                .record_line(input, full(*kind).to_string().as_bytes())
                .0,
        )
    };
    let mut entries: Vec<_> = EventKind::ALL.iter().map(record).collect();
    entries.push(JournalEntry::Tick);
    encode(&entries)
}

#[test]
fn damage_is_refused_wherever_it_is() {
    let good = sample();
    assert!(decode(&good).is_ok());
    for n in 0..good.len() {
        assert!(decode(&good[..n]).is_err(), "cut at {n}");
        let mut bad = good.clone();
        bad[n] ^= 0x10;
        assert!(decode(&bad).is_err(), "byte {n}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(decode(&longer), Err(JournalError::Checksum));
}

#[test]
fn other_formats_are_named() {
    let mut bytes = sample();
    bytes[2] = 2;
    assert_eq!(decode(&bytes), Err(JournalError::Version(2)));
    bytes[2] = VERSION;
    bytes[3] = 1;
    assert_eq!(decode(&bytes), Err(JournalError::Flags(1)));
    assert_eq!(decode(b"{\"a\":1}"), Err(JournalError::Foreign));

    let resealed = |mut bytes: Vec<u8>| {
        let sum = crc32c::crc32c(&bytes[8..]).to_le_bytes();
        bytes[4..8].copy_from_slice(&sum);
        decode(&bytes)
    };
    let mut longer = sample();
    longer.push(0);
    assert_eq!(resealed(longer), Err(JournalError::Trailing(1)));
    let mut shorter = sample();
    shorter.pop();
    assert_eq!(resealed(shorter), Err(JournalError::Truncated));
}
