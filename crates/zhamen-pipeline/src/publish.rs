//! Outputs as records: which topic, which key, which headers, which bytes. The bytes are the wire
//! crate's; the same output always becomes the same record, which is what makes repeats harmless.

use zhamen_engine::output::{Decision, Output};
use zhamen_wire::json;

use crate::fatal::Fatal;
use crate::log::{Appender, Outgoing, Parcel};
use crate::topics::Topics;

/// Publishes a decision under the key of its input record, and its copy where a reply was asked
/// for. Returns the tickets.
pub fn decision(
    decision: &Decision,
    key: Option<&[u8]>,
    topics: &Topics,
    decisions: &mut dyn Appender,
    replies: &mut dyn Appender,
    buffer: &mut Vec<u8>,
) -> Result<(u64, Option<u64>), Fatal> {
    buffer.clear();
    json::decision(decision, buffer);
    let headers = json::decision_headers(decision);
    let record = Outgoing {
        topic: &topics.decisions,
        partition: Some(decision.decisions_partition),
        key,
        headers: &headers,
        payload: Some(buffer),
    };
    let ticket = decisions.send(record)?;
    let reply = match &decision.headers.reply_topic {
        None => None,
        Some(topic) => Some(replies.send(Outgoing {
            topic,
            partition: None,
            ..record
        })?),
    };
    Ok((ticket, reply))
}

/// Any other output as a record for its topic; `None` for decisions, which go their own way.
#[must_use]
pub fn parcel(output: &Output, topics: &Topics) -> Option<Parcel> {
    let mut payload = Vec::new();
    let key = match output {
        Output::Decision(_) => return None,
        Output::Alert(alert) => {
            json::alert(alert, &mut payload);
            alert.station.as_str()
        }
        Output::Feedback(feedback) => {
            json::feedback(feedback, &mut payload);
            feedback.application.as_str()
        }
        Output::Hold(hold) => {
            json::hold(hold, &mut payload);
            hold.account.as_str()
        }
        Output::AlertStep(step) => {
            json::alert_step(step, &mut payload);
            step.alert.as_str()
        }
        Output::Warning(warning) => {
            json::warning(warning, &mut payload);
            warning
                .phone
                .as_deref()
                .or(warning.holder.as_deref())
                .unwrap_or(&warning.account)
        }
    };
    Some(Parcel {
        topic: topics.of(output).to_owned(),
        key: Some(key.as_bytes().to_vec()),
        headers: Vec::new(),
        payload,
    })
}
