//! A broker in memory with the promises of a real one and a place to break it: an append counts only
//! once it is acknowledged, a commit of outputs is all or nothing, a newer instance shuts out an
//! older one, and at a chosen step the process "dies" and loses whatever was not yet on the broker.
//!
//! For tests of the loops. It proves nothing about Kafka.

mod logs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zhamen_engine::event::InputTopic;

use crate::fatal::Fatal;
use crate::log::{
    Appender, IngestLogs, JournalId, JournalReader, Logs, OutputSink, Parcel, ScreenLogs,
};
use crate::progress::Progress;
use logs::{Handle, MemoryAppender, MemoryInput, MemoryJournal, MemoryOutputs};

/// The broker; clones share it.
#[derive(Debug, Clone, Default)]
pub struct MemoryBroker(Arc<Mutex<State>>);

/// A record as it lies on the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in Kafka")]
pub struct Stored {
    pub topic: String,
    pub partition: Option<i32>,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub payload: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Default)]
struct StoredInput {
    key: Option<Vec<u8>>,
    payload: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
struct State {
    journal_topic: String,
    now_ms: i64,
    inputs: BTreeMap<(InputTopic, i32), Vec<StoredInput>>,
    committed: BTreeMap<(InputTopic, i32), i64>,
    journal: Vec<(i64, Vec<u8>)>,
    published: Vec<Stored>,
    outputs: Vec<Parcel>,
    progress: Vec<Progress>,
    transactions: bool,
    /// A defect to notice: nobody is shut out.
    unfenced: bool,
    epoch: u64,
    /// Which process is alive; the handles of an earlier one answer nothing.
    life: u64,
    steps: u64,
    die_at: Option<u64>,
}

impl MemoryBroker {
    /// An empty broker with (or without) transactions, whose journal is `journal`.
    #[must_use]
    pub fn new(journal: &JournalId, transactions: bool) -> MemoryBroker {
        MemoryBroker(Arc::new(Mutex::new(State {
            journal_topic: journal.topic.clone(),
            transactions,
            ..State::default()
        })))
    }

    /// From here on a newer instance does not shut out an older one: what a shard without fencing
    /// looks like.
    pub fn without_fencing(&self) {
        self.state().unfenced = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sender's record.
    pub fn produce(&self, topic: InputTopic, partition: i32, key: Option<&[u8]>, payload: &[u8]) {
        self.state()
            .inputs
            .entry((topic, partition))
            .or_default()
            .push(StoredInput {
                key: key.map(<[u8]>::to_vec),
                payload: Some(payload.to_vec()),
            });
    }

    /// Sets the broker's clock.
    pub fn set_time(&self, now_ms: i64) {
        self.state().now_ms = now_ms;
    }

    /// The broker's clock.
    #[must_use]
    pub fn time(&self) -> i64 {
        self.state().now_ms
    }

    /// From here on the process dies at its `step`-th call (each call has one step before its
    /// effect and one after); `None`: never.
    pub fn die_at(&self, step: Option<u64>) {
        let mut state = self.state();
        state.steps = 0;
        state.die_at = step;
    }

    /// Steps since [`MemoryBroker::die_at`].
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// The process dies now: what its handles had not delivered is lost, and they answer no more.
    pub fn kill(&self) {
        self.state().life += 1;
    }

    /// Journal records, encoded.
    #[must_use]
    pub fn journal(&self) -> Vec<(i64, Vec<u8>)> {
        self.state().journal.clone()
    }

    /// Everything that appenders published outside the journal: decisions, replies, dead letters.
    #[must_use]
    pub fn published(&self) -> Vec<Stored> {
        self.state().published.clone()
    }

    /// Committed outputs, as a `read_committed` reader sees them.
    #[must_use]
    pub fn outputs(&self) -> Vec<Parcel> {
        self.state().outputs.clone()
    }

    /// The newest progress record.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        self.state().progress.last().cloned()
    }

    /// Whether every input record's offset is committed.
    #[must_use]
    pub fn inputs_committed(&self) -> bool {
        let state = self.state();
        state.inputs.iter().all(|(partition, records)| {
            state.committed.get(partition).copied().unwrap_or(0) == records.len() as i64
        })
    }

    /// Everything a process needs that ingests and screens.
    #[must_use]
    pub fn logs(&self) -> Logs {
        let handle = Handle {
            broker: self.clone(),
            life: self.state().life,
        };
        let reader = || -> Box<dyn JournalReader> { Box::new(MemoryJournal::new(handle.clone())) };
        let appender = || -> Box<dyn Appender> { Box::new(MemoryAppender::new(handle.clone())) };
        let outputs: Box<dyn OutputSink> = Box::new(MemoryOutputs::new(handle.clone()));
        Logs {
            ingest: Some(IngestLogs {
                input: Box::new(MemoryInput::new(handle.clone())),
                journal: appender(),
                dead_letters: appender(),
                journal_reader: reader(),
            }),
            screen: Some(ScreenLogs {
                journal: reader(),
                follower: reader(),
                ticks: appender(),
                decisions: appender(),
                replies: appender(),
                outputs,
            }),
        }
    }
}

impl State {
    /// One step of the process with that life; where it is to die, it does.
    fn step(&mut self, life: u64) -> Result<(), Fatal> {
        if life == self.life {
            self.steps += 1;
            if self.die_at == Some(self.steps) {
                self.life += 1;
            }
        }
        match life == self.life {
            true => Ok(()),
            false => Err(Fatal::Broker {
                what: "memory broker",
                detail: "this process is dead".to_owned(),
            }),
        }
    }
}
