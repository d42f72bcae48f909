//! The contract in machine-readable form: JSON Schema 2020-12 of every event and output, and
//! AsyncAPI 3 of the topics. Inputs come from the table that validation uses, outputs from lists
//! beside their writers' order; tests hold both against real bytes.

mod events;
mod outputs;
mod topics;

use serde_json::{Map, Value, json};

/// JSON Schema 2020-12: one definition per event type, object and output.
#[must_use]
pub fn json_schema() -> Value {
    let mut defs = events::definitions();
    defs.extend(outputs::definitions());
    let inputs: Vec<_> = events::names().map(|name| reference(&name)).collect();
    let mut events = Map::new();
    events.insert("description".into(), json!("Any event of an input topic."));
    events.insert("oneOf".into(), inputs.into());
    defs.insert("event".into(), events.into());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:zhamen:contract:v1",
        "title": "zhamen contract",
        "description": "Events in, decisions, alerts and life cycles out. Fields that are not named here are accepted in events and counted. Rules that a schema cannot express (Kafka keys, decimals of a currency, dates that exist, at most 256 fields and 32 levels) are in the contract's text.",
        "$ref": "#/$defs/event",
        "$defs": defs,
    })
}

/// AsyncAPI 3: the topics, their keys and what they carry.
#[must_use]
pub fn asyncapi() -> Value {
    topics::asyncapi()
}

/// A document as it is committed.
#[must_use]
pub fn text(document: &Value) -> String {
    let mut text = serde_json::to_string_pretty(document).expect("a tree of values");
    text.push('\n');
    text
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// An object with these members in this order.
fn object(members: Vec<(&str, Value)>, required: &[&str]) -> Value {
    let properties: Map<String, Value> = members
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}
