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

/// What makes a record the same record: the alert's id; the number of a decision in its partition;
/// the id and type of a step.
fn identity(value: &Value) -> Option<String> {
    if let Some(alert) = value.get("four_elements").and(value.get("alert")) {
        return Some(alert.to_string());
    }
    if value.get("decision").is_some() {
        let coordinates = value.get("coordinates")?;
        let (partition, sequence) = (coordinates.get("partition")?, coordinates.get("sequence")?);
        let input = value.pointer("/input/topic");
        return Some(format!("{partition} {sequence} {input:?}"));
    }
    let (kind, id) = (value.get("type")?, value.get("id")?);
    Some(format!("{kind} {id} {:?}", value.get("at")))
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
