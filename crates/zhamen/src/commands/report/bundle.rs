//! The form of an evidence bundle, shared by who writes it and who verifies it.
//!
//! A directory: `alert.json`, `events.ndjson`, `decisions.ndjson`, `holds.ndjson`,
//! `feedback.ndjson`, `warnings.ndjson` (those that are not empty, lines as they stood), `rules/`
//! (the texts whose digest the alert names), `manifest.json` with the SHA-256 of each, and
//! `manifest.sha256` as `sha256sum -c` reads it. There is no signature: who is handed the digest of
//! the manifest by another way knows that nothing was changed since.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Version of the form.
pub const FORMAT: &str = "zhamen-evidence@1";
/// The alert.
pub const ALERT: &str = "alert.json";
/// Decisions of its events.
pub const DECISIONS: &str = "decisions.ndjson";
/// Where the rule texts stand.
pub const RULES: &str = "rules/";
/// The manifest.
pub const MANIFEST: &str = "manifest.json";
/// The manifest's own digest.
pub const SEAL: &str = "manifest.sha256";

/// What a bundle says about itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Id of the alert.
    pub alert: String,
    /// Rule that raised it.
    pub rule: String,
    /// `sha256:…` over the normalised rules, as alert and decisions name it.
    pub ruleset: String,
    /// Version of the program that wrote the bundle.
    pub written_by: String,
    /// How many events the rule counted; the alert lists at most 100 of them.
    pub contributing_count: u64,
    /// Where each decision stands in the journal, in the order of `decisions.ndjson`.
    pub journal: Vec<Place>,
    /// Events the alert lists whose record or decision was not in the inputs.
    pub missing: Missing,
    /// Every file but the manifest and its seal, sorted by path.
    pub files: Vec<FileEntry>,
}

/// Where a decision stands.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// `{type, id, source}` of the event.
    pub event: Value,
    /// Journal coordinates.
    pub coordinates: Value,
    /// Topic, partition and offset of the record.
    pub input: Value,
}

/// What was not found.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Events without their record.
    pub events: Vec<EventKey>,
    /// Events without their decision.
    pub decisions: Vec<EventKey>,
}

/// What names an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventKey {
    /// Who sent it.
    pub source: String,
    /// Its id.
    pub id: String,
}

/// A file of the bundle.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path below the bundle, with `/`.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl FileEntry {
    /// The entry of a file with this content.
    #[must_use]
    pub fn of(path: &str, content: &[u8]) -> FileEntry {
        FileEntry {
            path: path.to_owned(),
            bytes: content.len() as u64,
            sha256: sha256_hex(content),
        }
    }
}

impl Place {
    /// The place that a decision tells.
    #[must_use]
    pub fn of(decision: &Value) -> Place {
        let part = |name: &str| decision.get(name).cloned().unwrap_or(Value::Null);
        Place {
            event: part("event"),
            coordinates: part("coordinates"),
            input: part("input"),
        }
    }
}

/// Content of the seal of a manifest.
#[must_use]
pub fn seal(manifest: &[u8]) -> String {
    format!("{}  {MANIFEST}\n", sha256_hex(manifest))
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(content: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(content) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
