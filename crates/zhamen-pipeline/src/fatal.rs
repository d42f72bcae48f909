//! The errors that end a process. A loop never swallows one and never retries past it: it stops,
//! the supervisor starts it again, and the journal makes the new one say the same.

/// Why the process must stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fatal {
    /// Another instance has taken this shard over.
    #[error("another instance owns this shard now")]
    Fenced,
    /// The broker refused or lost something that cannot be repaired while running.
    #[error("{what}: {detail}")]
    Broker {
        /// What was being done.
        what: &'static str,
        /// The client's words; never a record's content.
        detail: String,
    },
    /// The journal holds what this version cannot read.
    #[error("journal record at offset {offset} cannot be read: {detail}")]
    Journal {
        /// Offset of the record.
        offset: i64,
        /// What is wrong with it.
        detail: String,
    },
    /// The state cannot be brought back to where the outputs say it was.
    #[error("cannot recover: {0}")]
    Recovery(String),
    /// Topics, settings or rules do not fit; starting again will not help.
    #[error("{0}")]
    Setup(String),
    /// A thread of ours panicked.
    #[error("thread {0} panicked")]
    Panicked(&'static str),
    /// Work was left when the deadline of an orderly stop passed.
    #[error("stopped with work left: {0}")]
    Deadline(&'static str),
}

impl Fatal {
    /// The process's exit code: 75 asks the supervisor for a restart, 78 for a person.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Fatal::Setup(_) => 78,
            _ => 75,
        }
    }
}
