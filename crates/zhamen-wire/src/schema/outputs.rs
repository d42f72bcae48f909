//! Schemas of what the engine says, member by member in the order the writers use.

use serde_json::{Map, Value, json};
use zhamen_engine::entry::Code;
use zhamen_engine::life::AlertVerdict;
use zhamen_engine::output::{AlertStepKind, FallbackCode, FeedbackKind, HoldEventKind, HoldScope};
use zhamen_engine::rule::{Action, Mode, Severity};

use super::{object, reference};

/// Decisions, alerts, life cycles, and the objects they share.
pub(super) fn definitions() -> Map<String, Value> {
    let all = [
        ("decision", decision()),
        ("alert-out", alert()),
        ("feedback", feedback()),
        ("alert-step", alert_step()),
        ("hold-event", hold()),
        ("warning", warning()),
        ("both-languages", all(vec![("zh", text()), ("en", text())])),
        (
            "coordinates",
            all(vec![
                ("partition", whole()),
                ("offset", whole()),
                ("index", whole()),
                ("sequence", whole()),
            ]),
        ),
        (
            "event-name",
            all(vec![
                ("type", or_null(text())),
                ("id", or_null(text())),
                ("source", or_null(text())),
            ]),
        ),
        (
            "texts",
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        ),
        (
            "utc",
            json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$" }),
        ),
    ];
    all.map(|(name, schema)| (name.to_owned(), schema))
        .into_iter()
        .collect()
}

fn decision() -> Value {
    let fired = || {
        list(all(vec![
            ("rule", text()),
            ("mode", one_of(Mode::ALL, Mode::name)),
            ("action", one_of(Action::ALL, Action::name)),
            ("values", reference("texts")),
            ("limits", reference("texts")),
            ("reason", both()),
        ]))
    };
    let input = all(vec![
        ("topic", text()),
        ("partition", whole()),
        ("offset", whole()),
    ]);
    let degraded = all(vec![
        ("rule", text()),
        ("line", text()),
        ("code", one_of(FallbackCode::ALL, FallbackCode::name)),
    ]);
    let question = all(vec![("id", text()), ("text", both())]);
    let inquiry = all(vec![
        ("id", text()),
        ("form", text()),
        ("questions", list(question)),
        ("notice", all(vec![("version", text()), ("text", both())])),
        ("answer_by", time()),
        ("on_silence", one_of(Action::ALL, Action::name)),
    ]);
    let hold = all(vec![
        ("id", text()),
        ("reason", both()),
        ("since", time()),
        ("expires_at", or_null(time())),
        ("release_by", list(text())),
        ("appeal", truth()),
    ]);
    some(
        vec![
            ("decision", one_of(Action::ALL, Action::name)),
            ("outcome", json!({ "enum": ["decided", "rejected"] })),
            ("code", one_of(Code::ALL, Code::name)),
            ("at_byte", or_null(whole())),
            ("event", reference("event-name")),
            ("coordinates", reference("coordinates")),
            ("input", input),
            ("fired", fired()),
            ("shadow", fired()),
            ("degraded", list(degraded)),
            ("late", truth()),
            ("stale", truth()),
            ("ahead", truth()),
            ("duplicate_of", reference("coordinates")),
            ("ruleset", text()),
            ("engine", text()),
            ("decided_at", time()),
            ("inquiry", or_null(inquiry)),
            ("hold", or_null(hold)),
            ("customer_notice", or_null(both())),
            ("done", text()),
            (
                "traced",
                all(vec![("application", text()), ("tier", whole())]),
            ),
        ],
        &[
            "code",
            "at_byte",
            "stale",
            "ahead",
            "duplicate_of",
            "done",
            "traced",
        ],
    )
}

fn alert() -> Value {
    let contribution = all(vec![
        ("id", text()),
        ("source", text()),
        ("time", time()),
        ("amount", or_null(text())),
        ("currency", or_null(text())),
        ("counterparty", or_null(text())),
    ]);
    let four = all(vec![
        ("name", or_null(text())),
        ("account", or_null(text())),
        ("amount", or_null(text())),
        ("currency", or_null(text())),
        ("time", time()),
    ]);
    let mut contributing = list(contribution);
    contributing["maxItems"] = json!(100);
    all(vec![
        ("alert", text()),
        ("event", reference("event-name")),
        ("rule", text()),
        ("feature_code", or_null(text())),
        ("score", whole()),
        ("severity", one_of(Severity::ALL, Severity::name)),
        ("station", text()),
        ("bank", or_null(text())),
        ("branch", or_null(text())),
        ("opened_by", or_null(text())),
        ("subject", all(vec![("kind", text()), ("value", text())])),
        ("four_elements", four),
        ("contributing", contributing),
        ("contributing_count", whole()),
        ("values", reference("texts")),
        ("limits", reference("texts")),
        ("reason", both()),
        ("occurred_at", time()),
        ("raised_at", time()),
        ("report_by", or_null(time())),
        ("late", truth()),
        ("merged", whole()),
        ("chain", or_null(text())),
        ("coordinates", reference("coordinates")),
        ("ruleset", text()),
    ])
}

/// Members common to the three topics of life cycles.
fn life(kind: Value, account: Value, more: Vec<(&'static str, Value)>, absent: &[&str]) -> Value {
    let mut members = vec![
        ("type", kind),
        ("id", text()),
        ("account", account),
        ("at", time()),
        ("coordinates", reference("coordinates")),
        ("ruleset", text()),
    ];
    members.extend(more);
    some(members, absent)
}

fn feedback() -> Value {
    let next = all(vec![
        ("account", text()),
        ("name", or_null(text())),
        ("bank", or_null(text())),
        ("amount", text()),
        ("currency", text()),
        ("time", time()),
        ("tier", whole()),
    ]);
    life(
        one_of(FeedbackKind::ALL, FeedbackKind::name),
        or_null(text()),
        vec![
            ("application", text()),
            ("kind", text()),
            ("until", or_null(time())),
            ("round", or_null(whole())),
            ("element", or_null(text())),
            ("bank", or_null(text())),
            ("next", list(next)),
            ("next_truncated", truth()),
            ("chain", text()),
        ],
        &["next", "next_truncated", "chain"],
    )
}

fn hold() -> Value {
    let transfer = all(vec![("id", text()), ("source", text())]);
    life(
        one_of(HoldEventKind::ALL, HoldEventKind::name),
        text(),
        vec![
            ("cause", cause()),
            ("scope", or_null(one_of(HoldScope::ALL, HoldScope::name))),
            ("transfer", or_null(transfer)),
            ("until", or_null(time())),
            ("by", list(text())),
            ("reason", or_null(both())),
            ("action", one_of(Action::ALL, Action::name)),
            ("hold", text()),
        ],
        &["action", "hold"],
    )
}

fn alert_step() -> Value {
    life(
        one_of(AlertStepKind::ALL, AlertStepKind::name),
        or_null(text()),
        vec![
            ("alert", text()),
            ("rule", text()),
            ("station", text()),
            ("severity", one_of(Severity::ALL, Severity::name)),
            ("raised_at", time()),
            ("report_by", or_null(time())),
            ("by", or_null(text())),
            (
                "verdict",
                or_null(one_of(AlertVerdict::ALL, AlertVerdict::name)),
            ),
        ],
        &[],
    )
}

fn warning() -> Value {
    life(
        json!({ "const": "victim.warning" }),
        text(),
        vec![
            ("phone", or_null(text())),
            ("holder", or_null(text())),
            ("cause", cause()),
            ("text", both()),
        ],
        &[],
    )
}

fn cause() -> Value {
    json!({ "oneOf": [all(vec![("rule", text())]), all(vec![("application", text())])] })
}

/// Every member is always there.
fn all(members: Vec<(&str, Value)>) -> Value {
    some(members, &[])
}

/// Every member but `absent` ones is always there.
fn some(members: Vec<(&str, Value)>, absent: &[&str]) -> Value {
    let required: Vec<_> = members
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !absent.contains(name))
        .collect();
    object(members, &required)
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn whole() -> Value {
    json!({ "type": "integer" })
}

fn truth() -> Value {
    json!({ "type": "boolean" })
}

fn time() -> Value {
    reference("utc")
}

fn both() -> Value {
    reference("both-languages")
}

fn list(items: Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn one_of<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Value {
    let names: Vec<_> = all.iter().map(|t| name(*t)).collect();
    json!({ "enum": names })
}
