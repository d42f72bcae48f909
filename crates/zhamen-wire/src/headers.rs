//! Kafka headers: which of an input record's a decision carries on.

use zhamen_engine::entry::Headers;

/// Most headers of a record.
pub const MAX_HEADERS: usize = 64;
/// Most bytes of all its header names and values.
pub const MAX_HEADER_BYTES: usize = 16_384;

/// The headers a decision copies (`traceparent`, `tracestate`), echoes (`kafka_correlationId`) or
/// is answered by (`kafka_replyTopic`, if allowed). The first of a name counts.
pub(crate) fn carried(raw: &[(&str, Option<&[u8]>)], reply_topics: &[String]) -> Headers {
    let value = |name: &str| raw.iter().find(|(n, _)| *n == name).and_then(|(_, v)| *v);
    let text = |name: &str| value(name).and_then(|v| std::str::from_utf8(v).ok());
    let traceparent = text("traceparent").filter(|t| is_traceparent(t));
    let tracestate = text("tracestate").filter(|t| {
        // Means nothing without a parent (W3C Trace Context).
        traceparent.is_some() && t.len() <= 512 && t.bytes().all(|b| (b' '..=b'~').contains(&b))
    });
    let reply_topic = text("kafka_replyTopic").filter(|t| reply_topics.iter().any(|a| a == t));
    Headers {
        traceparent: traceparent.map(Into::into),
        tracestate: tracestate.map(Into::into),
        correlation_id: value("kafka_correlationId").map(<[u8]>::to_vec),
        reply_topic: reply_topic.map(Into::into),
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>` of W3C Trace Context.
fn is_traceparent(text: &str) -> bool {
    let lengths = [2, 32, 16, 2];
    let parts: Vec<_> = text.split('-').collect();
    let hex = |p: &str| p.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    parts.len() == 4
        && parts
            .iter()
            .zip(lengths)
            .all(|(p, n)| p.len() == n && hex(p))
        && parts[0] == "00"
        && parts[1..3].iter().all(|p| p.bytes().any(|b| b != b'0'))
}
