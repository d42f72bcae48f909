//! Reads decisions as a bank would: by the one number. Per partition, a `sequence` at or below the
//! last is a repeat and dropped, the next is taken, a jump is a loss.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rdkafka::Message;
use serde::Deserialize;

use crate::client::{Isolation, Reader};

use super::feeder::{Asked, Taken, lock};
use super::topics;

/// The reader, in a thread of its own.
pub struct Decisions {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What has been read.
#[derive(Default)]
pub struct State {
    lanes: Vec<Lane>,
    /// How often each input record was decided, by topic and partition.
    decided: BTreeMap<(String, i32), Vec<u8>>,
    /// Decisions taken by the filter.
    pub taken: u64,
    /// Decisions dropped by it.
    pub repeats: u64,
    /// Highest journal offset of a decision taken.
    pub journal: i64,
    /// What must not be.
    pub findings: Vec<String>,
}

/// One partition.
#[derive(Default)]
struct Lane {
    /// Hash of each decision taken; its place is its sequence.
    hashes: Vec<u64>,
    /// Taken and not yet compared with the undisturbed fold.
    waiting: VecDeque<(u64, Vec<u8>)>,
}

#[derive(Deserialize)]
struct Said {
    event: Named,
    coordinates: Place,
    input: Input,
    inquiry: Option<Inquiry>,
    duplicate_of: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Named {
    id: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    offset: i64,
    sequence: u64,
}

#[derive(Deserialize)]
struct Input {
    topic: String,
    partition: i32,
    offset: i64,
}

#[derive(Deserialize)]
struct Inquiry {
    id: String,
}

impl Decisions {
    /// Reads from the beginning and tells the town of inquiries.
    pub fn start(brokers: &str, asked: Sender<Asked>) -> Result<Decisions> {
        let reader = Reader::new(brokers, &[topics::DECISIONS], Isolation::Uncommitted)?;
        let state = Arc::new(Mutex::new(State::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("decisions".into())
            .spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let Some(message) = reader.poll(Duration::from_millis(20)) else {
                        continue;
                    };
                    let bytes = message.payload().unwrap_or_default();
                    let inquiry = lock(&shared).take(message.partition(), message.offset(), bytes);
                    if let Some(inquiry) = inquiry {
                        // The town may have gone home.
                        let _ = asked.send(inquiry);
                    }
                }
            })?;
        Ok(Decisions {
            state,
            stop,
            thread: Some(thread),
        })
    }

    /// What has been read so far.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Decisions {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    /// One record of the decisions topic; the inquiry it opens, if it does.
    fn take(&mut self, partition: i32, offset: i64, bytes: &[u8]) -> Option<Asked> {
        let place = format!("decisions {partition}@{offset}");
        let said: Said = match serde_json::from_slice(bytes).context("not a decision") {
            Ok(said) => said,
            Err(error) => {
                self.findings.push(format!("{place}: {error:#}"));
                return None;
            }
        };
        let lane = partition as usize;
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, Lane::default);
        }
        let lane = &mut self.lanes[lane];
        let sequence = said.coordinates.sequence;
        let next = lane.hashes.len() as u64;
        let hash = hash_of(bytes);
        if sequence < next {
            self.repeats += 1;
            if lane.hashes[sequence as usize] != hash {
                self.findings.push(format!(
                    "{place}: sequence {sequence} was said before, in other words"
                ));
            }
            return None;
        }
        if sequence > next {
            self.findings.push(format!(
                "{place}: sequence {sequence} after {}, {} decisions are lost",
                next as i64 - 1,
                sequence - next
            ));
            lane.hashes.resize(sequence as usize, 0);
        }
        lane.hashes.push(hash);
        lane.waiting.push_back((sequence, bytes.to_vec()));
        self.taken += 1;
        self.journal = self.journal.max(said.coordinates.offset);
        let of = (said.input.topic, said.input.partition);
        let decided = self.decided.entry(of).or_default();
        let input = said.input.offset as usize;
        if decided.len() <= input {
            decided.resize(input + 1, 0);
        }
        decided[input] = decided[input].saturating_add(1);
        let fresh = said.duplicate_of.is_none();
        let (inquiry, event) = (said.inquiry.filter(|_| fresh)?, said.event);
        Some(Asked {
            inquiry: inquiry.id,
            transfer: event.id?,
            source: event.source?,
        })
    }

    /// Input records without a decision, and decisions beyond one for a record.
    #[must_use]
    pub fn missing_and_extra(&self, taken: &Taken) -> (u64, u64) {
        let (mut missing, mut extra) = (0, 0);
        for (place, end) in taken {
            let decided = self.decided.get(place).map_or(&[][..], Vec::as_slice);
            let end = *end as usize;
            missing += end.saturating_sub(decided.len()) as u64;
            missing += decided.iter().take(end).filter(|n| **n == 0).count() as u64;
            extra += decided
                .iter()
                .map(|n| u64::from(n.saturating_sub(1)))
                .sum::<u64>();
            // A decision about a record that was never written.
            extra += decided.len().saturating_sub(end) as u64;
        }
        (missing, extra)
    }

    /// Compares what the undisturbed fold says for a partition with what was read.
    pub fn compare(&mut self, lane: usize, expected: &mut VecDeque<(u64, Vec<u8>)>) {
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, Lane::default);
        }
        let waiting = &mut self.lanes[lane].waiting;
        while let (Some((ours, _)), Some((read, _))) = (expected.front(), waiting.front()) {
            let (ours, read) = (*ours, *read);
            if ours < read {
                self.findings.push(format!(
                    "decisions {lane}: sequence {ours} of the undisturbed fold was never published"
                ));
                expected.pop_front();
                continue;
            }
            if ours > read {
                self.findings.push(format!(
                    "decisions {lane}: sequence {read} is not what the journal says"
                ));
                waiting.pop_front();
                continue;
            }
            let ours = expected.pop_front().expect("looked at").1;
            let read = waiting.pop_front().expect("looked at").1;
            if ours != read {
                let at = ours.iter().zip(&read).take_while(|(a, b)| a == b).count();
                self.findings.push(format!(
                    "decisions {lane}: a decision differs from the undisturbed fold's at byte {at}"
                ));
            }
        }
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(sequence: u64, input: i64, word: &str) -> Vec<u8> {
        format!(
            r#"{{"decision":"{word}","event":{{"id":"T1","source":"s"}},"coordinates":{{"offset":7,"sequence":{sequence}}},"input":{{"topic":"t","partition":0,"offset":{input}}},"inquiry":null}}"#
        )
        .into_bytes()
    }

    fn read(records: &[Vec<u8>]) -> State {
        let mut state = State::default();
        for (offset, bytes) in records.iter().enumerate() {
            assert!(state.take(0, offset as i64, bytes).is_none());
        }
        state
    }

    fn taken(end: i64) -> Taken {
        Taken::from([(("t".to_owned(), 0), end)])
    }

    #[test]
    fn repeats_are_dropped() {
        let (a, b) = (decision(0, 0, "allow"), decision(1, 1, "allow"));
        let state = read(&[a.clone(), b.clone(), a, b]);
        assert_eq!((state.taken, state.repeats), (2, 2));
        assert!(state.findings.is_empty(), "{:?}", state.findings);
        assert_eq!(state.missing_and_extra(&taken(2)), (0, 0));
    }

    #[test]
    fn a_loss_is_found() {
        let state = read(&[decision(0, 0, "allow"), decision(2, 2, "allow")]);
        assert_eq!(state.findings.len(), 1);
        assert_eq!(state.missing_and_extra(&taken(3)), (1, 0));
    }

    #[test]
    fn a_second_decision_for_a_record_is_found() {
        let state = read(&[decision(0, 0, "allow"), decision(1, 0, "allow")]);
        assert_eq!(state.missing_and_extra(&taken(1)), (0, 1));
    }

    #[test]
    fn a_repeat_in_other_words_is_found() {
        let state = read(&[decision(0, 0, "allow"), decision(0, 0, "hold")]);
        assert_eq!(state.findings.len(), 1);
    }

    #[test]
    fn a_decision_that_the_fold_does_not_say_is_found() {
        let mut state = read(&[decision(0, 0, "allow")]);
        state.compare(0, &mut VecDeque::from([(0, decision(0, 0, "hold"))]));
        assert_eq!(state.findings.len(), 1);
    }
}
