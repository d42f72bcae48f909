//! Schemas of the events that senders write, from the contract's table.

use serde_json::{Map, Value, json};
use zhamen_engine::event::{EventKind, Subject};
use zhamen_engine::money::CURRENCIES;

use super::{object, reference};
use crate::contract::{Class, Member, Object, objects};
use crate::decode::{MAX_COUNT, MAX_ENTRY_VALUES, MAX_WORDS};

/// Control and bidirectional characters and line ends, which no text may have.
const FORBIDDEN: &str =
    "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069";

/// Names of the definitions of all event types.
pub(super) fn names() -> impl Iterator<Item = String> {
    EventKind::ALL.iter().map(|k| k.name().to_owned())
}

/// Every type of event, every object of one, and the classes of values.
pub(super) fn definitions() -> Map<String, Value> {
    let mut all = Map::new();
    for kind in EventKind::ALL {
        all.insert(kind.name().to_owned(), event(*kind));
    }
    for subject in Subject::ALL {
        let on_some_type = EventKind::ALL
            .iter()
            .flat_map(|k| objects(*k))
            .find(|o| o.subject == *subject)
            .expect("every object is on some type");
        let everywhere = |name: &str| carriers(*subject).all(|o| is_required(o, name));
        all.insert(subject.name().to_owned(), shape(on_some_type, &everywhere));
    }
    all.extend(values());
    all
}

/// The object of a subject on each type that carries it.
fn carriers(subject: Subject) -> impl Iterator<Item = &'static Object> {
    let of_kind = move |k: &EventKind| objects(*k).iter().find(|o| o.subject == subject);
    EventKind::ALL.iter().filter_map(of_kind)
}

fn is_required(object: &Object, name: &str) -> bool {
    object.members.iter().any(|m| match m {
        Member::Field { mandatory, .. } => *mandatory && m.name() == name,
        Member::Object(inner) => inner.mandatory && inner.name == name,
    })
}

fn event(kind: EventKind) -> Value {
    let mut members = vec![
        ("type", json!({ "const": kind.name() })),
        ("id", reference("event-id")),
        ("source", reference("source")),
        ("occurred_at", reference("time")),
    ];
    let mut required = vec!["type", "id", "source", "occurred_at"];
    for subject in kind.subjects() {
        let mut schema = reference(subject.name());
        let here = carriers(*subject)
            .zip(
                EventKind::ALL
                    .iter()
                    .filter(|k| k.subjects().contains(subject)),
            )
            .find(|(_, k)| **k == kind)
            .map(|(o, _)| o)
            .expect("the type carries it");
        // What this type asks for and others do not.
        let more: Vec<_> = here
            .members
            .iter()
            .map(Member::name)
            .filter(|n| is_required(here, n) && !carriers(*subject).all(|o| is_required(o, n)))
            .collect();
        if !more.is_empty() {
            schema["required"] = json!(more);
        }
        members.push((subject.name(), schema));
        required.push(subject.name());
    }
    let mut schema = object(members, &required);
    schema["description"] = json!(format!("On {}.", kind.topic().name()));
    schema
}

fn shape(of: &Object, is_required: &dyn Fn(&str) -> bool) -> Value {
    let member = |m: &Member| match m {
        Member::Field {
            class, mandatory, ..
        } => optional(value(*class), *mandatory),
        Member::Object(inner) => {
            let required = |name: &str| self::is_required(inner, name);
            optional(shape(inner, &required), inner.mandatory)
        }
    };
    let members = of.members.iter().map(|m| (m.name(), member(m))).collect();
    let required: Vec<_> = of
        .members
        .iter()
        .map(Member::name)
        .filter(|n| is_required(n))
        .collect();
    let mut schema = object(members, &required);
    if of.name == "inquiry" {
        schema["anyOf"] = json!([{ "required": ["id"] }, { "required": ["transfer"] }]);
    }
    schema
}

/// `null` stands for an optional field that is absent.
fn optional(schema: Value, mandatory: bool) -> Value {
    if mandatory {
        schema
    } else {
        json!({ "anyOf": [schema, { "type": "null" }] })
    }
}

fn value(class: Class) -> Value {
    reference(match class {
        Class::Number => "number-signs",
        Class::EventId => "event-id",
        Class::Source => "source",
        Class::Reference => "reference",
        Class::Holder => "holder-id",
        Class::EntryValue => "holder-id",
        Class::Name => "name",
        Class::Text => "text",
        Class::Country => "country",
        Class::Currency => "currency",
        Class::Amount => "amount",
        Class::Organ => "organ",
        Class::Time => "time",
        Class::Date => "date",
        Class::Bool => return json!({ "type": "boolean" }),
        Class::Count => {
            return json!({ "type": "integer", "minimum": 1, "maximum": MAX_COUNT });
        }
        Class::OneOf(words) => return json!({ "enum": words }),
        Class::Words => {
            return json!({
                "type": "array", "items": reference("number-signs"), "maxItems": MAX_WORDS,
            });
        }
        Class::EntryValues => {
            return json!({
                "type": "array", "items": reference("holder-id"), "maxItems": MAX_ENTRY_VALUES,
            });
        }
        Class::Answers => {
            let answer = object(
                vec![
                    ("question", reference("question")),
                    ("answer", reference("text")),
                ],
                &["question", "answer"],
            );
            return json!({ "type": "array", "items": answer });
        }
    })
}

/// The classes of values, shared by all events.
fn values() -> Map<String, Value> {
    let signs = |signs: &str, max: usize| json!({ "type": "string", "pattern": format!("^[A-Za-z0-9{signs}]{{1,{max}}}$") });
    let prose = |max: usize| json!({ "type": "string", "maxLength": max, "pattern": format!("^[^{FORBIDDEN}]*$") });
    let codes: Vec<_> = CURRENCIES.iter().map(|(code, _)| *code).collect();
    let all = [
        ("number-signs", signs("_.:*-", 64)),
        ("event-id", signs("_.:-", 64)),
        ("source", signs("_.:-", 32)),
        ("reference", signs("_.:@/#-", 128)),
        ("question", signs("_.:@/#-", 64)),
        (
            "holder-id",
            json!({
                "type": "string", "minLength": 1, "maxLength": 64,
                "pattern": format!("^[^{FORBIDDEN}]*$"),
            }),
        ),
        ("name", prose(128)),
        ("text", prose(512)),
        (
            "country",
            json!({ "type": "string", "pattern": "^[A-Z]{2}$" }),
        ),
        ("currency", json!({ "enum": codes })),
        (
            "amount",
            json!({
                "description": "Positive, no leading zeros, no more decimals than the currency has, at most 9·10^15 minor units.",
                "type": "string", "pattern": "^(0|[1-9][0-9]*)(\\.[0-9]+)?$",
            }),
        ),
        (
            "organ",
            json!({ "type": "string", "pattern": "^[A-Za-z0-9]{12}$" }),
        ),
        (
            "time",
            json!({
                "description": "RFC 3339, years 2000 to 2099, cut to milliseconds.",
                "type": "string", "format": "date-time",
                "pattern": "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])$",
            }),
        ),
        (
            "date",
            json!({
                "type": "string", "format": "date",
                "pattern": "^(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]$",
            }),
        ),
    ];
    all.map(|(name, schema)| (name.to_owned(), schema))
        .into_iter()
        .collect()
}
