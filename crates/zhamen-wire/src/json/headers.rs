//! Kafka headers of decisions (CloudEvents, tracing, correlation) and of dead letters (Kafka
//! Connect's names). None of them carries anything of the record's content.

use zhamen_engine::entry::{Code, Input};
use zhamen_engine::output::Decision;

use super::writer::rfc3339;

/// Headers of a decision.
#[must_use]
pub fn decision_headers(d: &Decision) -> Vec<(String, Vec<u8>)> {
    let at = &d.coordinates;
    let id = format!("{}-{}-{}", at.partition, at.offset, at.index);
    let mut time = Vec::with_capacity(24);
    rfc3339(d.decided_at, &mut time);
    let mut headers = vec![
        header("ce_id", id),
        header("ce_type", "zhamen.decision.v1"),
        header("ce_source", format!("/zhamen/shards/{}", at.partition)),
        header("ce_specversion", "1.0"),
        header("ce_time", time),
        header("content-type", "application/json"),
    ];
    let h = &d.headers;
    let carried = [
        ("traceparent", &h.traceparent),
        ("tracestate", &h.tracestate),
    ];
    for (name, value) in carried {
        headers.extend(value.as_ref().map(|v| header(name, v.as_bytes())));
    }
    headers.extend(
        h.correlation_id
            .as_ref()
            .map(|id| header("kafka_correlationId", id.as_slice())),
    );
    headers
}

/// Headers of a dead letter: where it came from, and the code and byte of the fault.
#[must_use]
pub fn dead_letter_headers(
    input: &Input,
    code: Code,
    at_byte: Option<u32>,
) -> Vec<(String, Vec<u8>)> {
    let message = match at_byte {
        Some(at) => format!("{} at byte {at}", code.name()),
        None => code.name().to_owned(),
    };
    let connect = |name: &str, value: &str| header(format!("__connect.errors.{name}"), value);
    vec![
        connect("topic", &input.topic),
        connect("partition", &input.partition.to_string()),
        connect("offset", &input.offset.to_string()),
        connect("connector.name", "zhamen"),
        connect("task.id", "0"),
        connect("stage", "VALUE_CONVERTER"),
        connect("class.name", "zhamen.ingest"),
        connect("exception.class.name", "zhamen.RecordRejected"),
        connect("exception.message", &message),
    ]
}

fn header(name: impl Into<String>, value: impl Into<Vec<u8>>) -> (String, Vec<u8>) {
    (name.into(), value.into())
}
