//! AsyncAPI 3 of the topics, under their default names.

use serde_json::{Map, Value, json};
use zhamen_engine::event::{EventKind, InputTopic};

use super::json_schema;
use crate::json::ENGINE_VERSION;

/// An output topic: name, key, what it carries, and its definition.
const OUTPUTS: &[(&str, &str, &str, &[&str])] = &[
    (
        "bank.decisions.v1",
        "key of the input record",
        "One decision per input record of any input topic.",
        &["decision"],
    ),
    (
        "police.alerts.v1",
        "station code",
        "Alerts.",
        &["alert-out"],
    ),
    (
        "police.feedback.v1",
        "order application id; of an alert's step the alert",
        "What became of each stop or freeze order, and of each alert.",
        &["feedback", "alert-step"],
    ),
    (
        "bank.holds.v1",
        "account",
        "The whole life of every hold, inquiry and verification.",
        &["hold-event"],
    ),
    (
        "bank.warnings.v1",
        "phone or holder",
        "Warnings for the bank's own SMS gateway.",
        &["warning"],
    ),
];

const DEAD_LETTERS: &str = "zhamen.deadletters.v1";

pub(super) fn asyncapi() -> Value {
    let mut channels = Map::new();
    let mut operations = Map::new();
    let mut messages = Map::new();
    for topic in InputTopic::ALL {
        let types = EventKind::ALL.iter().filter(|k| k.topic() == *topic);
        let names: Vec<_> = types.map(|k| k.name()).collect();
        for name in &names {
            messages.insert((*name).to_owned(), message(name, name, input_key(*topic)));
        }
        channel(topic.name(), "Events in.", &names, &mut channels);
        operation("receive", topic.name(), &mut operations);
    }
    for (topic, key, summary, definitions) in OUTPUTS {
        for definition in *definitions {
            messages.insert(
                (*definition).to_owned(),
                message(definition, definition, key),
            );
        }
        channel(topic, summary, definitions, &mut channels);
        operation("send", topic, &mut operations);
    }
    messages["decision"]["headers"] = headers(&[
        ("ce_id", "partition-offset-index of the journal: stable"),
        ("ce_type", "zhamen.decision.v1"),
        ("ce_source", "the shard"),
        ("ce_specversion", "1.0"),
        ("ce_time", "journal time"),
        ("traceparent", "copied from the input record"),
        ("tracestate", "copied from the input record"),
        ("kafka_correlationId", "echoed from the input record"),
    ]);
    let dead = json!({
        "name": "dead-letter",
        "description": "The original bytes of a rejected record.",
        "bindings": { "kafka": { "key": { "description": "as the input" } } },
        "headers": headers(&[
            ("__connect.errors.topic", "topic of the input record"),
            ("__connect.errors.partition", "its partition"),
            ("__connect.errors.offset", "its offset"),
            ("__connect.errors.exception.message", "code and byte; nothing of the content"),
        ]),
        "payload": {},
    });
    messages.insert("dead-letter".to_owned(), dead);
    channel(
        DEAD_LETTERS,
        "Records that broke a rule of the contract.",
        &["dead-letter"],
        &mut channels,
    );
    operation("send", DEAD_LETTERS, &mut operations);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "zhamen",
            "version": ENGINE_VERSION,
            "description": "Real-time screening of suspicious transactions. Topic names are configuration; these are the defaults.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": { "messages": messages, "schemas": schemas() },
    })
}

fn input_key(topic: InputTopic) -> &'static str {
    match topic {
        InputTopic::Transfers => "payer account",
        InputTopic::Accounts | InputTopic::Lines => "holder id",
        InputTopic::Inquiries | InputTopic::Orders => "account",
        InputTopic::Lists => "list name",
        InputTopic::Dispositions => "alert id",
    }
}

fn message(name: &str, definition: &str, key: &str) -> Value {
    json!({
        "name": name,
        "bindings": { "kafka": { "key": { "type": "string", "description": key } } },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": { "$ref": format!("#/components/schemas/{definition}") },
        },
    })
}

fn headers(members: &[(&str, &str)]) -> Value {
    let member = |(name, text): &(&str, &str)| {
        let schema = json!({ "type": "string", "description": text });
        ((*name).to_owned(), schema)
    };
    let properties: Map<String, Value> = members.iter().map(member).collect();
    json!({ "type": "object", "properties": properties })
}

fn channel(topic: &str, summary: &str, names: &[&str], channels: &mut Map<String, Value>) {
    let refer = |name: &&str| {
        let target = json!({ "$ref": format!("#/components/messages/{name}") });
        ((*name).to_owned(), target)
    };
    let messages: Map<String, Value> = names.iter().map(refer).collect();
    let channel = json!({ "address": topic, "summary": summary, "messages": messages });
    channels.insert(topic.to_owned(), channel);
}

fn operation(action: &str, topic: &str, operations: &mut Map<String, Value>) {
    let operation = json!({
        "action": action,
        "channel": { "$ref": format!("#/channels/{topic}") },
    });
    operations.insert(format!("{action}.{topic}"), operation);
}

/// The definitions of the JSON Schema, where AsyncAPI keeps them.
fn schemas() -> Value {
    let mut document = json_schema();
    let mut schemas = document["$defs"].take();
    move_references(&mut schemas);
    schemas
}

fn move_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(target) if name == "$ref" => {
                        *target = target.replace("#/$defs/", "#/components/schemas/");
                    }
                    value => move_references(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(move_references),
        _ => {}
    }
}
