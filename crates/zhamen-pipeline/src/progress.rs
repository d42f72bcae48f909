//! The progress record: how far a shard's transactional outputs have been published, committed
//! in one transaction with them. JSON, so that an operator can read it with any Kafka tool.

use serde::{Deserialize, Serialize};

use crate::log::JournalId;

/// Everything before `next_offset` has been said, acknowledged and committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Version of this record; see [`Progress::VERSION`].
    pub version: u32,
    /// The journal it is about.
    pub journal: JournalId,
    /// Journal offset after the last record folded.
    pub next_offset: i64,
    /// Next `sequence` per partition of the decisions topic.
    pub sequences: Vec<u64>,
    /// The engine's rolling hash at that offset, in hexadecimal.
    pub state_hash: String,
    /// Digest of the rule set in force; empty before the first activation.
    pub ruleset: String,
    /// Version of the engine that said it.
    pub engine: String,
}

impl Progress {
    /// The version this build writes.
    pub const VERSION: u32 = 1;

    /// The key of a shard's progress records in the control topic.
    #[must_use]
    pub fn key(partition: i32) -> String {
        format!("progress/{partition}")
    }

    /// As the record's value.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a struct of numbers and texts always becomes JSON")
    }

    /// From a record's value.
    pub fn decode(bytes: &[u8]) -> Result<Progress, String> {
        let progress: Progress = serde_json::from_slice(bytes)
            .map_err(|e| format!("progress record is not ours: {:?} error", e.classify()))?;
        if progress.version > Progress::VERSION {
            return Err(format!(
                "progress record has version {}, this build knows {}",
                progress.version,
                Progress::VERSION
            ));
        }
        Ok(progress)
    }
}
