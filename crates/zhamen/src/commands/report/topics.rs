//! Topics as files: one record's value a line, plain or compressed.
//!
//! Records repeat after a crash where the broker has no transactions, by the same id: who reads them
//! here sees each once. A line that is no JSON object ends the report, told by its place only.

use std::collections::HashSet;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use serde_json::Value;

use crate::commands::replay::lines::{Lines, Progress, open};

/// A record as it stands in its file, and what it says.
pub struct Record {
    /// The line without its newline.
    pub line: String,
    /// The line's object.
    pub value: Value,
}

impl Record {
    /// The text at a JSON pointer; empty where there is none.
    #[must_use]
    pub fn text(&self, pointer: &str) -> &str {
        text(&self.value, pointer)
    }
}

/// The text at a JSON pointer; empty where there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// Calls `each` for every record of a topic, in order, each record once.
///
/// # Errors
/// The file is missing or damaged, or `each` fails.
pub fn read(
    dir: &Path,
    topic: &str,
    mut each: impl FnMut(Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    read_file(&file_of(dir, topic)?, |record| {
        let repeated = identity(&record.value).is_some_and(|identity| !seen.insert(identity));
        if repeated { Ok(()) } else { each(record) }
    })
}

/// Calls `each` for every record of a file, in order.
///
/// # Errors
/// The file is missing or damaged, or `each` fails.
pub fn read_file(
    path: &Path,
    mut each: impl FnMut(Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let place = || path.display().to_string();
    let input = open(path, &Progress::default()).with_context(place)?;
    for (number, line) in input.lines().enumerate() {
        let line = line.with_context(place)?;
        let value: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        if !value.is_object() {
            return Err(anyhow!("{}:{}: no JSON object", place(), number + 1));
        }
        each(Record { line, value })?;
    }
    Ok(())
}

/// Calls `each` for every line of a file of events that is a JSON object; others were rejected.
///
/// # Errors
/// The file cannot be read, or `each` fails.
pub fn read_events(
    path: &Path,
    mut each: impl FnMut(Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut lines = Lines::new(&[path.to_owned()], Progress::default());
    let mut bytes = Vec::new();
    while lines.next(&mut bytes)? {
        if let Ok(line) = String::from_utf8(std::mem::take(&mut bytes))
            && let Ok(value @ Value::Object(_)) = serde_json::from_str(&line)
        {
            each(Record { line, value })?;
        }
    }
    Ok(())
}

/// What makes a record the same record.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Identity {
    /// An alert.
    Alert(String),
    /// A decision: partition, offset and index in the journal. Its sequence would not do: each
    /// partition of the decisions topic counts its own.
    Decision([i64; 3]),
    /// A step: its type and id, and where it comes from.
    Step(String, String, [i64; 3]),
}

/// `None`: the record has no identity and is never a repeat.
fn identity(value: &Value) -> Option<Identity> {
    let coordinates = || {
        let coordinates = value.get("coordinates")?;
        let number = |name: &str| coordinates.get(name)?.as_i64();
        Some([number("partition")?, number("offset")?, number("index")?])
    };
    if value.get("four_elements").is_some() {
        return Some(Identity::Alert(text(value, "/alert").to_owned()));
    }
    if value.get("decision").is_some() {
        return Some(Identity::Decision(coordinates()?));
    }
    let named = |pointer| text(value, pointer).to_owned();
    Some(Identity::Step(named("/type"), named("/id"), coordinates()?))
}

/// The file of a topic in a directory of topics.
///
/// # Errors
/// There is none.
pub fn file_of(dir: &Path, topic: &str) -> anyhow::Result<PathBuf> {
    ["ndjson", "ndjson.gz", "ndjson.zst"]
        .iter()
        .map(|ending| dir.join(format!("{topic}.{ending}")))
        .find(|path| path.is_file())
        .ok_or_else(|| anyhow!("{}/{topic}.ndjson: no such file", dir.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn decisions_of_one_sequence_in_two_partitions_are_two() {
        let decision = |offset: i64| {
            let coordinates = json!({"partition": 0, "offset": offset, "index": 3, "sequence": 7});
            identity(&json!({"decision": "allow", "coordinates": coordinates}))
        };
        assert!(decision(1).is_some());
        assert_eq!(decision(1), decision(1));
        assert_ne!(decision(1), decision(2));
    }

    #[test]
    fn a_step_is_told_again_only_from_the_same_place_and_what_has_no_place_never_is() {
        let step = |kind: &str, offset: i64| {
            let coordinates = json!({"partition": 0, "offset": offset, "index": 0});
            identity(&json!({"type": kind, "id": "H-1", "coordinates": coordinates}))
        };
        assert_eq!(step("hold.placed", 1), step("hold.placed", 1));
        assert_ne!(step("hold.placed", 1), step("hold.released", 1));
        assert_ne!(step("hold.extended", 1), step("hold.extended", 2));
        assert_eq!(identity(&json!({"type": "hold.placed", "id": "H-1"})), None);
    }
}
