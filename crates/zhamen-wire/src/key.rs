//! The Kafka key of a record: what the contract asks it to be, whether it agrees with the event,
//! and whether it may stand in the journal in clear.

use zhamen_engine::entry::Code;
use zhamen_engine::event::{Event, EventKind, Field};

use crate::contract::{key_fallbacks, key_field};
use crate::decode::Scratch;
use crate::scan::{Fault, Kind};

/// Longest key where the event cannot contradict it.
const MAX_FREE_KEY: usize = 128;

/// The Kafka key that the contract asks of an event, as far as it is known after checking:
/// persons are pseudonyms here. Records carry their own key; this is for events that had none.
#[must_use]
pub fn key_of(event: &Event) -> Vec<u8> {
    key_field(event.kind)
        .into_iter()
        .chain(key_fallbacks(event.kind).iter().copied())
        .find_map(|f| event.text(f))
        .map(|t| t.as_bytes().to_vec())
        .unwrap_or_default()
}

/// What the key of an accepted record was found to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyIs {
    /// Equal to a field of the event that the journal holds in clear.
    Public,
    /// A person's ID, or anything.
    Private,
}

/// The key must be there and equal the field that the contract names, byte for byte.
pub(crate) fn key_rules(
    text: &str,
    scratch: &Scratch,
    event: &Event,
    key: Option<&[u8]>,
) -> Result<KeyIs, Fault> {
    let Some(key) = key.filter(|k| !k.is_empty()) else {
        return Err(Fault::nowhere(Code::Key));
    };
    let Some(node) = key_field(event.kind).and_then(|f| node_of(text, scratch, f)) else {
        let fine = key.len() <= MAX_FREE_KEY
            && std::str::from_utf8(key).is_ok_and(|k| !k.contains(char::is_control));
        return if fine {
            Ok(KeyIs::Private)
        } else {
            Err(Fault::nowhere(Code::Key))
        };
    };
    let node = &scratch.tape.nodes[node as usize];
    let mut buffer = String::new();
    if node.kind == Kind::Text && node.text(text, &mut buffer).as_bytes() != key {
        return Err(Fault::nowhere(Code::KeyMismatch));
    }
    Ok(privacy(event.kind))
}

fn privacy(kind: EventKind) -> KeyIs {
    match key_field(kind) {
        Some(Field::HolderId) | None => KeyIs::Private,
        Some(_) => KeyIs::Public,
    }
}

/// The key that a line would have had in Kafka.
pub(crate) fn key_in(text: &str, scratch: &Scratch, kind: EventKind) -> Option<(String, KeyIs)> {
    let field = key_field(kind);
    let key = field
        .into_iter()
        .chain(key_fallbacks(kind).iter().copied())
        .find_map(|f| sent_text(text, scratch, f))?;
    (key.len() <= MAX_FREE_KEY).then_some((key, privacy(kind)))
}

/// Node of a field's value in the record.
pub(crate) fn node_of(text: &str, scratch: &Scratch, field: Field) -> Option<u32> {
    let mut parts = field.name().split('.');
    parts.try_fold(0, |at, part| scratch.tape.member(text, at, part))
}

pub(crate) fn offset_of(text: &str, scratch: &Scratch, field: Field) -> Option<u32> {
    let node = node_of(text, scratch, field)?;
    Some(scratch.tape.nodes[node as usize].offset() as u32)
}

/// The text of a field as it was sent.
fn sent_text(text: &str, scratch: &Scratch, field: Field) -> Option<String> {
    let node = scratch.tape.nodes[node_of(text, scratch, field)? as usize];
    let mut buffer = String::new();
    (node.kind == Kind::Text).then(|| node.text(text, &mut buffer).to_owned())
}
