//! The log traits on the broker in memory.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{InputTopic, MemoryBroker, State, Stored, StoredInput};
use crate::fatal::Fatal;
use crate::log::{
    Acks, Appended, Appender, Each, EachInput, Incoming, InputLog, JournalReader, Outgoing,
    OutputSink, Parcel, Position,
};
use crate::progress::Progress;

/// One process's hold on the broker.
#[derive(Clone)]
pub struct Handle {
    pub broker: MemoryBroker,
    pub life: u64,
}

impl Handle {
    /// The broker, one step later; the process may die of it.
    fn step(&self) -> Result<MutexGuard<'_, State>, Fatal> {
        let mut state = self.broker.state();
        state.step(self.life)?;
        Ok(state)
    }
}

/// Reads the inputs.
pub struct MemoryInput {
    handle: Handle,
    next: BTreeMap<(InputTopic, i32), i64>,
}

impl MemoryInput {
    pub fn new(handle: Handle) -> MemoryInput {
        MemoryInput {
            handle,
            next: BTreeMap::new(),
        }
    }
}

impl InputLog for MemoryInput {
    fn poll(&mut self, wait: Duration, each: &mut EachInput<'_>) -> Result<(), Fatal> {
        let ready: Vec<((InputTopic, i32), i64, StoredInput)> = {
            let state = self.handle.step()?;
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
        let mut state = self.handle.step()?;
        for p in positions {
            state.committed.insert((p.topic, p.partition), p.next);
        }
        state.step(self.handle.life)
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
    handle: Handle,
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
        let mut state = self.handle.step()?;
        if record.topic == state.journal_topic {
            let at = state.now_ms;
            state.journal.push((at, record.payload.unwrap_or_default()));
        } else {
            state.published.push(record);
        }
        queue.acked += 1;
        state.step(self.handle.life)
    }
}

/// Appends and publishes.
pub struct MemoryAppender(Arc<Delivery>);

impl MemoryAppender {
    pub fn new(handle: Handle) -> MemoryAppender {
        MemoryAppender(Arc::new(Delivery {
            handle,
            queue: Mutex::default(),
        }))
    }
}

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

/// Reads the journal.
pub struct MemoryJournal {
    handle: Handle,
    next: i64,
}

impl MemoryJournal {
    pub fn new(handle: Handle) -> MemoryJournal {
        MemoryJournal { handle, next: 0 }
    }
}

impl JournalReader for MemoryJournal {
    fn seek(&mut self, offset: i64) -> Result<(), Fatal> {
        self.next = offset;
        Ok(())
    }

    fn bounds(&mut self) -> Result<(i64, i64), Fatal> {
        let state = self.handle.step()?;
        Ok((0, state.journal.len() as i64))
    }

    fn poll(&mut self, wait: Duration, each: &mut Each<'_>) -> Result<(), Fatal> {
        let mut wait = wait;
        loop {
            let (appended_at, bytes) = {
                let state = self.handle.step()?;
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

/// Commits outputs and progress.
pub struct MemoryOutputs {
    handle: Handle,
    epoch: u64,
}

impl MemoryOutputs {
    pub fn new(handle: Handle) -> MemoryOutputs {
        MemoryOutputs { handle, epoch: 0 }
    }
}

impl OutputSink for MemoryOutputs {
    fn take_over(&mut self) -> Result<Option<Progress>, Fatal> {
        let mut state = self.handle.step()?;
        state.epoch += 1;
        self.epoch = state.epoch;
        state.step(self.handle.life)?;
        Ok(state.progress.last().cloned())
    }

    fn commit(&mut self, outputs: &[Parcel], progress: &Progress) -> Result<(), Fatal> {
        let mut state = self.handle.step()?;
        if state.transactions {
            if self.epoch != state.epoch && !state.unfenced {
                return Err(Fatal::Fenced);
            }
            state.outputs.extend_from_slice(outputs);
        } else {
            for output in outputs {
                state.outputs.push(output.clone());
                state.step(self.handle.life)?;
            }
        }
        state.progress.push(progress.clone());
        state.step(self.handle.life)
    }

    fn transactional(&self) -> bool {
        self.handle.broker.state().transactions
    }
}
