//! What the loops need of a broker: read the inputs, append to the journal, read it back, publish.
//! Two implementations exist, Kafka's (`zhamen-kafka`) and the one in memory ([`crate::memory`]).
//!
//! Nothing here retries or decides; a call either did its work or is [`Fatal`].

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use zhamen_engine::event::InputTopic;

use crate::fatal::Fatal;
use crate::progress::Progress;

/// A journal partition of one cluster: what snapshots and progress belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalId {
    /// The cluster's own id.
    pub cluster: String,
    /// Name of the journal topic.
    pub topic: String,
    /// Its partition, which is the shard.
    pub partition: i32,
}

/// One record of an input topic.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "named as in Kafka")]
pub struct Incoming<'a> {
    pub topic: InputTopic,
    pub partition: i32,
    pub offset: i64,
    pub timestamp_ms: Option<i64>,
    pub key: Option<&'a [u8]>,
    pub headers: &'a [(&'a str, Option<&'a [u8]>)],
    /// A header's name is not UTF-8: the record cannot be accepted.
    pub headers_broken: bool,
    pub payload: Option<&'a [u8]>,
}

/// The next offset to read of one input partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Position {
    pub topic: InputTopic,
    pub partition: i32,
    pub next: i64,
}

/// What a reader of inputs does with a record; `Break` ends the poll after it.
pub type EachInput<'a> = dyn FnMut(Incoming<'_>) -> Result<ControlFlow<()>, Fatal> + 'a;

/// The input topics, read as one member of a group.
pub trait InputLog: Send {
    /// Hands over what is ready, waiting for the first record at most `wait`, until `each` breaks.
    fn poll(&mut self, wait: Duration, each: &mut EachInput<'_>) -> Result<(), Fatal>;

    /// Whether the group has given this member its share, which may be none.
    fn joined(&self) -> bool;

    /// Stores how far reading got, without waiting for the broker.
    fn commit(&mut self, positions: &[Position]) -> Result<(), Fatal>;

    /// Waits for stored positions to reach the broker and leaves the group, until `deadline`.
    fn close(&mut self, positions: &[Position], deadline: Instant) -> Result<(), Fatal>;
}

/// A record to publish.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "named as in Kafka")]
pub struct Outgoing<'a> {
    pub topic: &'a str,
    /// `None`: by the key, as Java clients do it.
    pub partition: Option<i32>,
    pub key: Option<&'a [u8]>,
    pub headers: &'a [(String, Vec<u8>)],
    pub payload: Option<&'a [u8]>,
}

/// A record that waits to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in Kafka")]
pub struct Parcel {
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub payload: Vec<u8>,
}

impl Parcel {
    /// The record as it is published.
    #[must_use]
    pub fn outgoing(&self) -> Outgoing<'_> {
        Outgoing {
            topic: &self.topic,
            partition: None,
            key: self.key.as_deref(),
            headers: &self.headers,
            payload: Some(&self.payload),
        }
    }
}

/// An idempotent, non-transactional producer: what it sends to one partition arrives in order,
/// once, without a gap, or the producer fails for good.
pub trait Appender: Send {
    /// Takes a record, waiting for room; returns its ticket, counting from 1.
    fn send(&mut self, record: Outgoing<'_>) -> Result<u64, Fatal>;

    /// Where to ask how far the broker has acknowledged.
    fn acks(&self) -> Arc<dyn Acks>;
}

/// How far the broker has acknowledged what one [`Appender`] sent.
pub trait Acks: Send + Sync {
    /// The highest ticket such that it and all before it are acknowledged. Returns once that is at
    /// least `ticket`, or after `wait`.
    fn acked(&self, ticket: u64, wait: Duration) -> Result<u64, Fatal>;
}

/// One record of the journal.
#[derive(Debug, Clone, Copy)]
pub struct Appended<'a> {
    /// Its offset.
    pub offset: i64,
    /// The broker's time of appending it.
    pub appended_at: i64,
    /// The block, encoded.
    pub bytes: &'a [u8],
}

/// What a reader of the journal does with a record; `Break` ends the poll after it.
pub type Each<'a> = dyn FnMut(Appended<'_>) -> Result<ControlFlow<()>, Fatal> + 'a;

/// The journal, read from any offset by explicit position.
pub trait JournalReader: Send {
    /// The next poll starts at `offset`.
    fn seek(&mut self, offset: i64) -> Result<(), Fatal>;

    /// The oldest offset kept and the offset after the newest record.
    fn bounds(&mut self) -> Result<(i64, i64), Fatal>;

    /// Hands over what is ready, waiting for the first record at most `wait`, until `each` breaks.
    fn poll(&mut self, wait: Duration, each: &mut Each<'_>) -> Result<(), Fatal>;
}

/// Alerts, feedback, holds and warnings, published together with the progress record.
pub trait OutputSink: Send {
    /// Shuts out every earlier instance of this shard, then reads what it had committed.
    fn take_over(&mut self) -> Result<Option<Progress>, Fatal>;

    /// Publishes both or neither; where the broker has no transactions, the progress record after
    /// everything else was acknowledged.
    fn commit(&mut self, outputs: &[Parcel], progress: &Progress) -> Result<(), Fatal>;

    /// Whether it is both or neither.
    fn transactional(&self) -> bool;
}

/// What ingest needs.
pub struct IngestLogs {
    /// The input topics.
    pub input: Box<dyn InputLog>,
    /// Appends blocks to the journal.
    pub journal: Box<dyn Appender>,
    /// Takes what could not be accepted.
    pub dead_letters: Box<dyn Appender>,
    /// Tells whether the journal has its first record, where no screener runs in this process.
    pub journal_reader: Box<dyn JournalReader>,
}

/// What screen needs.
pub struct ScreenLogs {
    /// The journal.
    pub journal: Box<dyn JournalReader>,
    /// A second reader of it, for snapshots.
    pub follower: Box<dyn JournalReader>,
    /// Appends ticks and activations to it.
    pub ticks: Box<dyn Appender>,
    /// Publishes decisions.
    pub decisions: Box<dyn Appender>,
    /// Publishes copies of decisions to reply topics; a failure there is counted, not fatal.
    pub replies: Box<dyn Appender>,
    /// Publishes everything else.
    pub outputs: Box<dyn OutputSink>,
}

/// What one process needs: ingest, screen, or both.
pub struct Logs {
    /// Present where this process ingests.
    pub ingest: Option<IngestLogs>,
    /// Present where this process screens.
    pub screen: Option<ScreenLogs>,
}
