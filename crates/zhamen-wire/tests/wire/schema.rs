//! The committed schemas are the generated ones, and real bytes keep to them.

use std::path::Path;

use serde_json::{Value, json};
use zhamen_engine::event::EventKind;
use zhamen_wire::{json as wire, schema};

use crate::json::{
    alert, alert_step, decision, feedback, full_decision, hold, proposal, read, warning,
};
use crate::samples::full;

/// Compares a generated document with the committed one; `UPDATE_EXPECT=1` rewrites it.
fn committed(name: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("schema")
        .join(name);
    let text = schema::text(document);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "schema/{name} is not up to date: run the test with UPDATE_EXPECT=1"
    );
}

#[test]
fn committed_schemas_are_up_to_date() {
    committed("contract.schema.json", &schema::json_schema());
    committed("asyncapi.json", &schema::asyncapi());
}

/// Enough of JSON Schema for ours. Unlike a schema, it refuses members that are not named.
fn fault(root: &Value, schema: &Value, value: &Value, path: &str) -> Option<String> {
    let wrong = |what: &str| Some(format!("{path}: {what}"));
    if let Some(target) = schema["$ref"].as_str() {
        let pointer = target.strip_prefix('#').unwrap();
        let target = root
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {target}"));
        if let Some(found) = fault(root, target, value, path) {
            return Some(found);
        }
    }
    for (keyword, least, most) in [("anyOf", 1, usize::MAX), ("oneOf", 1, 1)] {
        if let Some(options) = schema[keyword].as_array() {
            let fits = options
                .iter()
                .filter(|o| fault(root, o, value, path).is_none());
            let n = fits.count();
            if n < least || n > most {
                return wrong(&format!("fits {n} of {keyword}"));
            }
        }
    }
    if schema["const"].is_string() && schema["const"] != *value {
        return wrong("const");
    }
    if schema["enum"]
        .as_array()
        .is_some_and(|e| !e.contains(value))
    {
        return wrong("enum");
    }
    let fits = match schema["type"].as_str() {
        None => true,
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        Some("null") => value.is_null(),
        Some(other) => panic!("{other}"),
    };
    if !fits {
        return wrong("type");
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            return wrong(&format!("{name} is missing"));
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (name, member) in value.as_object().into_iter().flatten() {
            let Some(schema) = properties.get(name) else {
                return wrong(&format!("{name} is not in the schema"));
            };
            let found = fault(root, schema, member, &format!("{path}/{name}"));
            if found.is_some() {
                return found;
            }
        }
    }
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| fault(root, &schema["items"], item, &format!("{path}/-")))
        .find_map(|found| found)
}

fn judge(definition: &str, value: &Value) -> Option<String> {
    let root = schema::json_schema();
    let schema = root["$defs"][definition].clone();
    assert!(schema.is_object(), "no definition of {definition}");
    fault(&root, &schema, value, definition)
}

#[test]
fn full_events_keep_to_the_schema() {
    for kind in EventKind::ALL {
        assert_eq!(judge(kind.name(), &full(*kind)), None);
        // One definition only: the type tells them apart.
        assert_eq!(judge("event", &full(*kind)), None);
    }
    let mut bad = full(EventKind::TransferRequested);
    bad["txn"].as_object_mut().unwrap().remove("amount");
    assert!(judge("transfer.requested", &bad).is_some());
    bad["txn"]["amount"] = json!(1);
    assert!(judge("transfer.requested", &bad).is_some());
    let mut order = full(EventKind::StopReleased);
    let mut ordered = full(EventKind::StopOrdered);
    for record in [&mut order, &mut ordered] {
        record["order"].as_object_mut().unwrap().remove("officer");
    }
    assert_eq!(judge("stop.released", &order), None);
    assert!(judge("stop.ordered", &ordered).is_some());
}

#[test]
fn outputs_keep_to_the_schema() {
    for d in [decision(), full_decision()] {
        assert_eq!(judge("decision", &read(|o| wire::decision(&d, o))), None);
        let mut rejected = d;
        rejected.rejected = Some((zhamen_engine::entry::Code::Scale, None));
        assert_eq!(
            judge("decision", &read(|o| wire::decision(&rejected, o))),
            None
        );
    }
    assert_eq!(
        judge("alert-out", &read(|o| wire::alert(&alert(), o))),
        None
    );
    assert_eq!(
        judge("feedback", &read(|o| wire::feedback(&feedback(), o))),
        None
    );
    assert_eq!(
        judge("feedback", &read(|o| wire::feedback(&proposal(), o))),
        None
    );
    assert_eq!(
        judge("alert-step", &read(|o| wire::alert_step(&alert_step(), o))),
        None
    );
    assert_eq!(judge("hold-event", &read(|o| wire::hold(&hold(), o))), None);
    assert_eq!(
        judge("warning", &read(|o| wire::warning(&warning(), o))),
        None
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(root: &Value, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (Some(target), "$ref") = (value.as_str(), name.as_str()) {
                        let pointer = target.strip_prefix('#').unwrap();
                        assert!(root.pointer(pointer).is_some(), "{target}");
                    }
                    walk(root, value);
                }
            }
            Value::Array(items) => items.iter().for_each(|v| walk(root, v)),
            _ => {}
        }
    }
    for document in [schema::json_schema(), schema::asyncapi()] {
        walk(&document, &document);
    }
}
