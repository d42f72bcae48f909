//! Ingest: input records in, journal blocks out. Everything that is ready goes into one block, never
//! waiting to fill it; input offsets are committed only after the block and the dead letters of its
//! records are acknowledged. What cannot be accepted becomes a dead letter and a journal entry.
//!
//! It holds no state that matters: after a crash it reads again from the committed offsets, and the
//! engine drops what it has seen.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use zhamen_engine::entry::{Body, Code, Input, Record, Rejected};
use zhamen_engine::event::InputTopic;
use zhamen_wire::journal::{self, JournalEntry};
use zhamen_wire::{Checker, RawRecord};

use crate::fatal::Fatal;
use crate::faults::Faults;
use crate::log::{Incoming, IngestLogs, Outgoing, Position};
use crate::metrics::{Metrics, seconds};
use crate::topics::Topics;

/// Bounds of ingest's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestOptions {
    /// Input records in one block at most.
    pub block_entries: usize,
    /// Bytes of input in one block at most, one record excepted.
    pub block_bytes: usize,
    /// Encoded bytes of one block at most; the journal topic must take as much.
    pub journal_bytes: usize,
    /// Blocks not yet acknowledged at most; at the bound nothing is read.
    pub in_flight: usize,
}

impl Default for IngestOptions {
    fn default() -> IngestOptions {
        IngestOptions {
            block_entries: 1_000,
            block_bytes: 512 << 10,
            journal_bytes: 3 << 20,
            in_flight: 4,
        }
    }
}

/// A key longer than any record may be is not carried on: no output topic could take it.
const KEY_BYTES: usize = 64 << 10;
/// Dead letters longer than this are cut, so that the topic's default limit takes them.
const DEAD_LETTER_BYTES: usize = 900_000;

/// The ingest loop's state.
pub struct Ingest {
    logs: IngestLogs,
    checker: Arc<Checker>,
    topics: Topics,
    options: IngestOptions,
    metrics: Metrics,
    faults: Faults,
    in_flight: VecDeque<InFlight>,
    batch: Batch,
    dead_letters_sent: u64,
    /// What was committed last, for the closing commit.
    done: BTreeMap<(InputTopic, i32), i64>,
}

/// A block on its way into the journal.
struct InFlight {
    journal: u64,
    dead_letters: u64,
    positions: Vec<Position>,
    since: Instant,
}

#[derive(Default)]
struct Batch {
    entries: Vec<JournalEntry>,
    bytes: usize,
    next: BTreeMap<(InputTopic, i32), i64>,
}

impl Ingest {
    /// Ready to run; nothing is read yet.
    #[must_use]
    pub fn new(
        logs: IngestLogs,
        checker: Arc<Checker>,
        topics: Topics,
        options: IngestOptions,
        metrics: Metrics,
        faults: Faults,
    ) -> Ingest {
        Ingest {
            logs,
            checker,
            topics,
            options,
            metrics,
            faults,
            in_flight: VecDeque::new(),
            batch: Batch::default(),
            dead_letters_sent: 0,
            done: BTreeMap::new(),
        }
    }

    /// One round: settle what was acknowledged, take what is ready, append it.
    pub fn turn(&mut self, wait: Duration) -> Result<(), Fatal> {
        self.settle(Duration::ZERO)?;
        if self.in_flight.len() >= self.options.in_flight {
            return self.settle(wait);
        }
        // With blocks in flight, look after them soon: their offsets are waiting to be committed.
        let wait = match self.in_flight.is_empty() {
            true => wait,
            false => wait.min(Duration::from_millis(5)),
        };
        self.gather(wait)?;
        self.append()
    }

    /// Whether the group has given this member its share.
    #[must_use]
    pub fn joined(&self) -> bool {
        self.logs.input.joined()
    }

    /// Waits for everything in flight and commits it, until `deadline`; then leaves the group.
    pub fn close(&mut self, deadline: Instant) -> Result<(), Fatal> {
        while !self.in_flight.is_empty() && Instant::now() < deadline {
            self.settle(Duration::from_millis(20))?;
        }
        let done: Vec<Position> = self.done.iter().map(position).collect();
        self.logs.input.close(&done, deadline)?;
        match self.in_flight.is_empty() {
            true => Ok(()),
            // Not lost: the next start reads them again.
            false => Err(Fatal::Deadline("journal appends not acknowledged")),
        }
    }

    /// Commits the offsets of blocks that are acknowledged, in order.
    fn settle(&mut self, wait: Duration) -> Result<(), Fatal> {
        let Some(first) = self.in_flight.front() else {
            return Ok(());
        };
        let journal = self.logs.journal.acks().acked(first.journal, wait)?;
        let dead = match first.dead_letters {
            0 => 0,
            ticket => self
                .logs
                .dead_letters
                .acks()
                .acked(ticket, Duration::ZERO)?,
        };
        let mut latest: BTreeMap<(InputTopic, i32), i64> = BTreeMap::new();
        while let Some(block) = self.in_flight.front() {
            if block.journal > journal || block.dead_letters > dead {
                break;
            }
            self.metrics.append.observe(seconds(block.since.elapsed()));
            for p in &block.positions {
                latest.insert((p.topic, p.partition), p.next);
            }
            self.in_flight.pop_front();
        }
        self.commit(latest)
    }

    fn commit(&mut self, latest: BTreeMap<(InputTopic, i32), i64>) -> Result<(), Fatal> {
        if latest.is_empty() {
            return Ok(());
        }
        let positions: Vec<Position> = latest.iter().map(position).collect();
        self.logs.input.commit(&positions)?;
        self.done.extend(latest);
        Ok(())
    }

    /// Takes what is ready into the batch.
    fn gather(&mut self, wait: Duration) -> Result<(), Fatal> {
        let Ingest {
            logs,
            checker,
            topics,
            options,
            metrics,
            batch,
            dead_letters_sent,
            ..
        } = self;
        logs.input.poll(wait, &mut |incoming| {
            let topic = topics.input(incoming.topic);
            observe(metrics, topic, &incoming);
            let record = check(checker, topic, &incoming, metrics);
            if let Body::Rejected(rejected) = &record.body {
                let code = rejected.code.name();
                metrics.dead_letters.with_label_values(&[code]).inc();
                let (headers, payload) = dead_letter(&record, rejected, &incoming);
                *dead_letters_sent = logs.dead_letters.send(Outgoing {
                    topic: &topics.dead_letters,
                    partition: None,
                    key: incoming.key.filter(|k| k.len() <= KEY_BYTES),
                    headers: &headers,
                    payload,
                })?;
            }
            batch.bytes += incoming.payload.map_or(0, <[u8]>::len);
            batch
                .next
                .insert((incoming.topic, incoming.partition), incoming.offset + 1);
            batch.entries.push(JournalEntry::Record(record));
            let full =
                batch.entries.len() >= options.block_entries || batch.bytes >= options.block_bytes;
            Ok(match full {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
        })
    }

    /// Appends the batch and remembers what it covers.
    fn append(&mut self) -> Result<(), Fatal> {
        if self.batch.entries.is_empty() {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        if self.faults.commit_before_ack() {
            self.commit(batch.next.clone())?;
            // The window in which a crash loses what was committed. Longer than the client keeps
            // offsets back, or they would go out with the next poll, when the append is out too.
            std::thread::sleep(Duration::from_millis(150));
        }
        let ticket = self.append_within_limit(&batch.entries)?;
        self.in_flight.push_back(InFlight {
            journal: ticket,
            dead_letters: self.dead_letters_sent,
            positions: batch.next.iter().map(position).collect(),
            since: Instant::now(),
        });
        Ok(())
    }

    /// Appends entries as one record, or as several where the journal would refuse one.
    fn append_within_limit(&mut self, entries: &[JournalEntry]) -> Result<u64, Fatal> {
        let bytes = journal::encode(entries);
        if bytes.len() > self.options.journal_bytes && entries.len() > 1 {
            let (first, second) = entries.split_at(entries.len() / 2);
            self.append_within_limit(first)?;
            return self.append_within_limit(second);
        }
        self.metrics.blocks.inc();
        self.logs.journal.send(Outgoing {
            topic: &self.topics.journal,
            partition: None,
            key: None,
            headers: &[],
            payload: Some(&bytes),
        })
    }
}

fn position((&(topic, partition), &next): (&(InputTopic, i32), &i64)) -> Position {
    Position {
        topic,
        partition,
        next,
    }
}

/// The journal's entry of a record, with its key sealed where it is or may be a person's.
fn check(checker: &Checker, topic: &str, incoming: &Incoming<'_>, metrics: &Metrics) -> Record {
    let input = Input {
        topic: topic.into(),
        partition: incoming.partition,
        offset: incoming.offset,
    };
    let key = incoming.key.filter(|k| k.len() <= KEY_BYTES);
    if incoming.headers_broken {
        return checker.refused_record(input, key, Code::Headers);
    }
    let (record, unknown_fields) = checker.record(
        input,
        &RawRecord {
            topic: incoming.topic,
            key,
            headers: incoming.headers,
            payload: incoming.payload,
        },
    );
    if unknown_fields > 0 {
        metrics.unknown_fields.inc_by(u64::from(unknown_fields));
    }
    record
}

type DeadLetter<'a> = (Vec<(String, Vec<u8>)>, Option<&'a [u8]>);

fn dead_letter<'a>(
    record: &Record,
    rejected: &Rejected,
    incoming: &Incoming<'a>,
) -> DeadLetter<'a> {
    let mut headers =
        zhamen_wire::json::dead_letter_headers(&record.input, rejected.code, rejected.at_byte);
    let payload = incoming.payload.map(|p| {
        let kept = &p[..p.len().min(DEAD_LETTER_BYTES)];
        if kept.len() < p.len() {
            headers.push((
                "zhamen.cut.from".to_owned(),
                p.len().to_string().into_bytes(),
            ));
        }
        kept
    });
    (headers, payload)
}

fn observe(metrics: &Metrics, topic: &str, incoming: &Incoming<'_>) {
    metrics.records_in.with_label_values(&[topic]).inc();
    if let Some(sent) = incoming.timestamp_ms {
        let wait_ms = crate::clock::wall_ms() - sent;
        if wait_ms >= 0 {
            metrics.input_wait.observe(wait_ms as f64 / 1_000.0);
        }
    }
}
