//! JSON Schema of rule files, for editors that complete and check TOML as it is typed. It knows keys,
//! closed sets of words and shapes; what a line means, only `rules check` knows. Written from the
//! same key lists the compiler reads by.

use serde_json::{Map, Value, json};
use zhamen_engine::event::EventKind;
use zhamen_engine::rule::{Action, CurrencyPolicy, Mode, Severity};

use crate::rule;

/// The schema (draft 2020-12).
#[must_use]
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "zhamen rule file",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "rule": { "type": "array", "items": { "$ref": "#/$defs/rule" } },
            "verdict": { "type": "array", "items": { "$ref": "#/$defs/verdict" } },
            "list": { "type": "array", "items": { "$ref": "#/$defs/list" } },
        },
        "$defs": {
            "rule": rule(),
            "verdict": verdict(),
            "list": list(),
            "window": closed(&rule::window::KEYS, &["exact"], |key| match key {
                "exact" => json!({ "type": "boolean" }),
                "by" | "undo" | "on" => one_or_many(text()),
                "fields" => json!({ "type": "object" }),
                "share" => json!({ "type": "number" }),
                "current" => words(["exclude", "include"].into_iter()),
                _ => text(),
            }, &[]),
            "param": closed(&rule::param::KEYS, &[], |key| match key {
                "zh" | "en" | "unit" => text(),
                _ => json!({ "type": ["number", "string"] }),
            }, &["value", "min", "max"]),
            "then": closed(&rule::then::KEYS, &[], |key| match key {
                "action" | "on_silence" => words(Action::ALL.iter().map(|a| a.name())),
                "alert" => words(Severity::ALL.iter().map(|s| s.name())),
                "warn" => json!({ "type": "boolean" }),
                "release_by" => one_or_many(words(["police", "two_person"].into_iter())),
                _ => text(),
            }, &["action"]),
            "bilingual": {
                "type": "object", "additionalProperties": false,
                "properties": { "zh": text(), "en": text() }, "required": ["zh", "en"],
            },
            "test": {
                "type": "object", "additionalProperties": false,
                "properties": {
                    "name": text(),
                    "given": { "type": "array", "items": { "type": "object" }, "minItems": 1 },
                    "expect": {
                        "type": "array", "items": words(Action::ALL.iter().map(|a| a.name())),
                    },
                    "alerts": { "type": "integer", "minimum": 0 },
                    "explain": text(),
                },
                "required": ["name", "given", "expect"],
            },
        },
    })
}

fn rule() -> Value {
    let of = |key: &str| match key {
        "title" => json!({ "$ref": "#/$defs/bilingual" }),
        "on" => one_or_many(words(EventKind::ALL.iter().map(|k| k.name()))),
        "mode" => words(Mode::ALL.iter().map(|m| m.name())),
        "currency" => words(CurrencyPolicy::ALL.iter().map(|c| c.name())),
        "on_error" | "on_missing" => words(Action::ALL.iter().map(|a| a.name())),
        "params" => named("param"),
        "window" => named("window"),
        "basis" | "when" | "any" | "unless" => texts(),
        "then" => json!({ "$ref": "#/$defs/then" }),
        "score" => json!({ "type": "integer" }),
        "explain" => explain(),
        "test" => json!({ "type": "array", "items": { "$ref": "#/$defs/test" } }),
        _ => text(),
    };
    let needed = ["id", "title", "on", "mode", "then"];
    let mut schema = closed(&rule::read::KEYS, &["test"], of, &needed);
    schema["anyOf"] = json!([{ "required": ["when"] }, { "required": ["any"] }]);
    schema
}

fn verdict() -> Value {
    let of = |key: &str| match key {
        "title" => json!({ "$ref": "#/$defs/bilingual" }),
        "at_least" => json!({ "type": "integer" }),
        "then" => json!({ "$ref": "#/$defs/then" }),
        "explain" => explain(),
        "test" => json!({ "type": "array", "items": { "$ref": "#/$defs/test" } }),
        _ => text(),
    };
    closed(
        &rule::verdict::KEYS,
        &[],
        of,
        &["id", "title", "at_least", "then"],
    )
}

fn list() -> Value {
    let of = |key: &str| match key {
        "required" => json!({ "type": "boolean" }),
        "kind" => {
            let kinds = zhamen_engine::event::EntryKind::ALL;
            words(kinds.iter().map(|k| k.name()))
        }
        _ => text(),
    };
    closed(&rule::list::KEYS, &[], of, &["name"])
}

fn explain() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "zh": text(), "en": text(), "customer": { "$ref": "#/$defs/bilingual" },
        },
    })
}

/// An object with these keys and no others.
fn closed(keys: &[&str], more: &[&str], of: impl Fn(&str) -> Value, needed: &[&str]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .chain(more)
        .map(|key| ((*key).to_owned(), of(key)))
        .collect();
    json!({
        "type": "object", "additionalProperties": false, "properties": properties,
        "required": needed,
    })
}

/// An object with names of the writer's own.
fn named(of: &str) -> Value {
    json!({
        "type": "object",
        "additionalProperties": { "$ref": format!("#/$defs/{of}") },
    })
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> Value {
    json!({ "enum": words.collect::<Vec<_>>() })
}

fn text() -> Value {
    json!({ "type": "string" })
}

/// A list, or one item standing for a list of one.
fn one_or_many(item: Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

fn texts() -> Value {
    json!({ "type": "array", "items": { "type": "string" } })
}
