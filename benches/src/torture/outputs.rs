//! Reads alerts, feedback, holds, warnings and progress records under `read_committed`, with no
//! logic of its own: what it gets is what a station gets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use rdkafka::Message;
use serde::Deserialize;
use serde_json::Value;

use crate::client::{Isolation, Reader};

use super::feeder::lock;
use super::topics;

/// The reader, in a thread of its own.
pub struct Outputs {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What has been read.
#[derive(Default)]
pub struct State {
    /// By topic and partition, read and not yet compared with the undisturbed fold.
    pub waiting: BTreeMap<Place, VecDeque<Vec<u8>>>,
    /// Read and not yet compared.
    pub progress: VecDeque<Progress>,
    /// The newest.
    pub newest: Option<Progress>,
    /// How many outputs were read.
    pub count: u64,
    /// Outputs with an id that was there before.
    pub duplicates: u64,
    /// What must not be.
    pub findings: Vec<String>,
    ids: BTreeSet<String>,
}

/// A topic and a partition.
pub type Place = (&'static str, i32);

/// A progress record, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
#[allow(missing_docs, reason = "named as in the record")]
pub struct Progress {
    pub next_offset: i64,
    pub sequences: Vec<u64>,
    pub state_hash: String,
}

impl Outputs {
    /// Reads from the beginning.
    pub fn start(brokers: &str) -> Result<Outputs> {
        let mut names = topics::OUTPUTS.to_vec();
        names.push(topics::CONTROL);
        let reader = Reader::new(brokers, &names, Isolation::Committed)?;
        let state = Arc::new(Mutex::new(State::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = std::thread::Builder::new()
            .name("outputs".into())
            .spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let Some(message) = reader.poll(Duration::from_millis(20)) else {
                        continue;
                    };
                    let bytes = message.payload().unwrap_or_default();
                    lock(&shared).take(
                        message.topic(),
                        message.partition(),
                        message.offset(),
                        bytes,
                    );
                }
            })?;
        Ok(Outputs {
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

impl Drop for Outputs {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl State {
    fn take(&mut self, topic: &str, partition: i32, offset: i64, bytes: &[u8]) {
        if topic == topics::CONTROL {
            return self.take_progress(offset, bytes);
        }
        let Some(topic) = topics::OUTPUTS.into_iter().find(|t| *t == topic) else {
            return;
        };
        self.count += 1;
        match identity(bytes) {
            Some(id) if self.ids.insert(format!("{topic} {id}")) => {}
            Some(_) => {
                self.duplicates += 1;
                self.findings.push(format!(
                    "{topic} {partition}@{offset}: its id was there before"
                ));
            }
            None => self.findings.push(format!("{topic}@{offset}: has no id")),
        }
        self.waiting
            .entry((topic, partition))
            .or_default()
            .push_back(bytes.to_vec());
    }

    fn take_progress(&mut self, offset: i64, bytes: &[u8]) {
        match serde_json::from_slice::<Progress>(bytes) {
            Ok(progress) => {
                let before = self.newest.as_ref().map_or(0, |p| p.next_offset);
                if progress.next_offset < before {
                    self.findings.push(format!(
                        "progress@{offset}: goes back from {before} to {}",
                        progress.next_offset
                    ));
                }
                self.newest = Some(progress.clone());
                self.progress.push_back(progress);
            }
            Err(_) => self
                .findings
                .push(format!("progress@{offset}: cannot be read")),
        }
    }

    /// Compares what the undisturbed fold says for a partition with what was read. What was read beyond
    /// that waits.
    pub fn compare(&mut self, place: Place, expected: &mut VecDeque<Vec<u8>>) {
        let waiting = self.waiting.entry(place).or_default();
        let mut different = 0_u64;
        let mut first = None;
        while let (Some(ours), Some(read)) = (expected.front(), waiting.front()) {
            if ours != read {
                different += 1;
                first.get_or_insert_with(|| difference(ours, read));
            }
            expected.pop_front();
            waiting.pop_front();
        }
        if let Some(first) = first {
            self.findings.push(format!(
                "{} {}: {different} records differ from the undisturbed fold's; the first: {first}",
                place.0, place.1
            ));
        }
    }
}

/// Where two outputs part: their names and their coordinates, nothing of what they say.
fn difference(ours: &[u8], read: &[u8]) -> String {
    let name = |bytes: &[u8]| {
        let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let part = |key: &str| value.get(key).map(Value::to_string).unwrap_or_default();
        format!(
            "{}{}{} {}",
            part("type"),
            part("alert"),
            part("id"),
            part("coordinates")
        )
    };
    let at = ours.iter().zip(read).take_while(|(a, b)| a == b).count();
    format!(
        "{} instead of {}, from byte {at} on",
        name(read),
        name(ours)
    )
}

/// What tells one output from another. A hold or a stop has one id over its life, so its steps are
/// told apart by type and place.
fn identity(bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    if let Some(alert) = value.get("alert") {
        return alert.as_str().map(str::to_owned);
    }
    let (kind, id) = (value.get("type")?.as_str()?, value.get("id")?.as_str()?);
    Some(format!("{kind} {id} {}", value.get("coordinates")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duplicate_alert_is_found() {
        let mut state = State::default();
        let alert = br#"{"alert":"A-1","coordinates":{"offset":1}}"#;
        state.take("police.alerts.v1", 0, 0, alert);
        assert_eq!(state.duplicates, 0);
        state.take("police.alerts.v1", 0, 1, alert);
        assert_eq!(state.duplicates, 1);
    }

    #[test]
    fn the_steps_of_a_hold_are_no_duplicates() {
        let mut state = State::default();
        state.take(
            "bank.holds.v1",
            0,
            0,
            br#"{"type":"hold.placed","id":"H","coordinates":{"offset":1}}"#,
        );
        state.take(
            "bank.holds.v1",
            0,
            1,
            br#"{"type":"hold.expired","id":"H","coordinates":{"offset":9}}"#,
        );
        assert_eq!((state.duplicates, state.findings.len()), (0, 0));
    }

    #[test]
    fn progress_that_goes_back_is_found() {
        let mut state = State::default();
        let progress = |n| format!(r#"{{"next_offset":{n},"sequences":[0],"state_hash":"00"}}"#);
        state.take(topics::CONTROL, 0, 0, progress(9).as_bytes());
        state.take(topics::CONTROL, 0, 1, progress(5).as_bytes());
        assert_eq!(state.findings.len(), 1);
    }

    #[test]
    fn an_output_that_the_fold_does_not_say_is_found() {
        let mut state = State::default();
        state.take("police.alerts.v1", 0, 0, br#"{"alert":"A-1"}"#);
        let mut expected = VecDeque::from([br#"{"alert":"A-2"}"#.to_vec()]);
        state.compare(("police.alerts.v1", 0), &mut expected);
        assert_eq!(state.findings.len(), 1);
    }
}
