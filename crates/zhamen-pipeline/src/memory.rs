//! A broker in memory with the promises of a real one and a place to break it: an append counts only
//! once it is acknowledged, a commit of outputs is all or nothing, a newer instance shuts out an
//! older one, and at a chosen step the process "dies" and loses whatever was not yet on the broker.
//!
//! For tests of the loops. It proves nothing about Kafka.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zhamen_engine::event::InputTopic;

use crate::fatal::Fatal;
use crate::log::{
    Acks, Appended, Appender, Each, EachInput, Incoming, IngestLogs, InputLog, JournalId,
    JournalReader, Logs, Outgoing, OutputSink, Parcel, Position, ScreenLogs,
};
use crate::progress::Progress;

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
        let state = self.state();
        let life = state.life;
        drop(state);
        let reader = || -> Box<dyn JournalReader> {
            Box::new(MemoryJournal {
                broker: self.clone(),
                life,
                next: 0,
            })
        };
        let appender = || -> Box<dyn Appender> {
            Box::new(MemoryAppender(Arc::new(Delivery {
                broker: self.clone(),
                life,
                queue: Mutex::default(),
            })))
        };
        Logs {
            ingest: Some(IngestLogs {
                input: Box::new(MemoryInput {
                    broker: self.clone(),
                    life,
                    next: BTreeMap::new(),
                }),
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
                outputs: Box::new(MemoryOutputs {
                    broker: self.clone(),
                    life,
                    epoch: 0,
                }),
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

struct MemoryInput {
    broker: MemoryBroker,
    life: u64,
    next: BTreeMap<(InputTopic, i32), i64>,
}

impl InputLog for MemoryInput {
    fn poll(&mut self, wait: Duration, each: &mut EachInput<'_>) -> Result<(), Fatal> {
        let ready: Vec<((InputTopic, i32), i64, StoredInput)> = {
            let mut state = self.broker.state();
            state.step(self.life)?;
            let mut ready = Vec::new();
            for (partition, records) in &state.inputs {
                let committed = state.committed.get(partition).copied().unwrap_or(0);
                let next = *self.next.entry(*partition).or_insert(committed);
                for (offset, record) in records.iter().enumerate().skip(next as usize) {
                    ready.push((*partition, offset as i64, record.clone()));
                }
            }
            ready
        };
        if ready.is_empty() {
            pause(wait);
        }
        for ((topic, partition), offset, record) in ready {
            self.next.insert((topic, partition), offset + 1);
            let flow = each(Incoming {
                topic,
                partition,
                offset,
                timestamp_ms: None,
                key: record.key.as_deref(),
                headers: &[],
                headers_broken: false,
                payload: record.payload.as_deref(),
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn joined(&self) -> bool {
        true
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), Fatal> {
        let mut state = self.broker.state();
        state.step(self.life)?;
        for p in positions {
            state.committed.insert((p.topic, p.partition), p.next);
        }
        state.step(self.life)
    }

    fn close(&mut self, positions: &[Position], _deadline: Instant) -> Result<(), Fatal> {
        self.commit(positions)
    }
}

/// Records handed over and not yet on the broker; a process that dies loses them.
#[derive(Default)]
struct Queue {
    waiting: VecDeque<Stored>,
    sent: u64,
    acked: u64,
}

struct Delivery {
    broker: MemoryBroker,
    life: u64,
    queue: Mutex<Queue>,
}

/// At this many undelivered records, sending delivers the oldest first.
const QUEUE: usize = 1_000;

impl Delivery {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver_one(&self, queue: &mut Queue) -> Result<(), Fatal> {
        let Some(record) = queue.waiting.pop_front() else {
            return Ok(());
        };
        let mut state = self.broker.state();
        state.step(self.life)?;
        if record.topic == state.journal_topic {
            let at = state.now_ms;
            state.journal.push((at, record.payload.unwrap_or_default()));
        } else {
            state.published.push(record);
        }
        queue.acked += 1;
        state.step(self.life)
    }
}

struct MemoryAppender(Arc<Delivery>);

impl Appender for MemoryAppender {
    fn send(&mut self, record: Outgoing<'_>) -> Result<u64, Fatal> {
        let mut queue = self.0.queue();
        if queue.waiting.len() >= QUEUE {
            self.0.deliver_one(&mut queue)?;
        }
        queue.waiting.push_back(Stored {
            topic: record.topic.to_owned(),
            partition: record.partition,
            key: record.key.map(<[u8]>::to_vec),
            headers: record.headers.to_vec(),
            payload: record.payload.map(<[u8]>::to_vec),
        });
        queue.sent += 1;
        Ok(queue.sent)
    }

    fn acks(&self) -> Arc<dyn Acks> {
        Arc::clone(&self.0) as Arc<dyn Acks>
    }
}

impl Acks for Delivery {
    fn acked(&self, _ticket: u64, _wait: Duration) -> Result<u64, Fatal> {
        let mut queue = self.queue();
        while !queue.waiting.is_empty() {
            self.deliver_one(&mut queue)?;
        }
        Ok(queue.acked)
    }
}

struct MemoryJournal {
    broker: MemoryBroker,
    life: u64,
    next: i64,
}

impl JournalReader for MemoryJournal {
    fn seek(&mut self, offset: i64) -> Result<(), Fatal> {
        self.next = offset;
        Ok(())
    }

    fn bounds(&mut self) -> Result<(i64, i64), Fatal> {
        let mut state = self.broker.state();
        state.step(self.life)?;
        Ok((0, state.journal.len() as i64))
    }

    fn poll(&mut self, wait: Duration, each: &mut Each<'_>) -> Result<(), Fatal> {
        let mut wait = wait;
        loop {
            let (appended_at, bytes) = {
                let mut state = self.broker.state();
                state.step(self.life)?;
                match state.journal.get(self.next as usize) {
                    Some(record) => record.clone(),
                    None => {
                        drop(state);
                        pause(wait);
                        return Ok(());
                    }
                }
            };
            wait = Duration::ZERO;
            let record = Appended {
                offset: self.next,
                appended_at,
                bytes: &bytes,
            };
            self.next += 1;
            if each(record)? == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }
}

/// Nothing was ready: a waiting reader looks again soon.
fn pause(wait: Duration) {
    if !wait.is_zero() {
        std::thread::sleep(wait.min(Duration::from_millis(1)));
    }
}

struct MemoryOutputs {
    broker: MemoryBroker,
    life: u64,
    epoch: u64,
}

impl OutputSink for MemoryOutputs {
    fn take_over(&mut self) -> Result<Option<Progress>, Fatal> {
        let mut state = self.broker.state();
        state.step(self.life)?;
        state.epoch += 1;
        self.epoch = state.epoch;
        state.step(self.life)?;
        Ok(state.progress.last().cloned())
    }

    fn commit(&mut self, outputs: &[Parcel], progress: &Progress) -> Result<(), Fatal> {
        let mut state = self.broker.state();
        state.step(self.life)?;
        if state.transactions {
            if self.epoch != state.epoch && !state.unfenced {
                return Err(Fatal::Fenced);
            }
            state.outputs.extend_from_slice(outputs);
        } else {
            for output in outputs {
                state.outputs.push(output.clone());
                state.step(self.life)?;
            }
        }
        state.progress.push(progress.clone());
        state.step(self.life)
    }

    fn transactional(&self) -> bool {
        self.broker.state().transactions
    }
}
