//! Folds the journal in peace: what the service should have said, and the hash of its state at
//! every offset.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rdkafka::Message;
use zhamen_engine::entry::{Activation, Block, Entry};
use zhamen_engine::output::Output;
use zhamen_engine::{Engine, murmur2};
use zhamen_rules::SourceFile;
use zhamen_wire::journal::{self, ActivationText, JournalEntry};
use zhamen_wire::json;

use crate::client::{Isolation, Reader};

use super::outputs::Place;
use super::topics;

/// The undisturbed fold.
pub struct Oracle {
    reader: Reader,
    engine: Engine,
    /// Decisions by partition, with their sequence.
    pub decisions: Vec<VecDeque<(u64, Vec<u8>)>>,
    /// All other outputs by topic and partition.
    pub outputs: BTreeMap<Place, VecDeque<Vec<u8>>>,
    /// Sequences and state hash by the offset that comes next.
    pub marks: BTreeMap<i64, (Vec<u64>, String)>,
    /// Journal entries that repeat an input record; the fold drops them.
    pub repeats: u64,
    records: u64,
    decided: u64,
    /// Partitions of each output topic.
    partitions: Vec<u32>,
}

impl Oracle {
    /// Before the first record.
    pub fn new(brokers: &str) -> Result<Oracle> {
        let reader = Reader::new(brokers, &[topics::JOURNAL], Isolation::Uncommitted)?;
        let partitions = topics::OUTPUTS.iter().map(|t| reader.partitions(t));
        Ok(Oracle {
            partitions: partitions.collect::<Result<_>>()?,
            reader,
            engine: Engine::new(0),
            decisions: Vec::new(),
            outputs: BTreeMap::new(),
            marks: BTreeMap::new(),
            repeats: 0,
            records: 0,
            decided: 0,
        })
    }

    /// Folds every record before `offset`.
    pub fn fold_to(&mut self, offset: i64) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut said = Vec::new();
        while self.engine.next_offset() < offset {
            ensure!(
                Instant::now() < deadline,
                "the journal ends before offset {offset}, which progress names"
            );
            let Some(message) = self.reader.poll(Duration::from_millis(100)) else {
                continue;
            };
            ensure!(
                message.offset() == self.engine.next_offset(),
                "the journal jumps from {} to {}",
                self.engine.next_offset(),
                message.offset()
            );
            let bytes = message
                .payload()
                .context("a journal record without bytes")?;
            let mut entries = Vec::new();
            for entry in journal::decode(bytes)? {
                entries.push(match entry {
                    JournalEntry::Record(record) => Entry::Record(record),
                    JournalEntry::Tick => Entry::Tick,
                    JournalEntry::Activate(text) => Entry::Activate(compile(&text)?),
                });
            }
            self.records += entries
                .iter()
                .filter(|e| matches!(e, Entry::Record(_)))
                .count() as u64;
            said.clear();
            let block = Block {
                partition: 0,
                offset: message.offset(),
                journal_at: message.timestamp().to_millis().context("no broker time")?,
                entries: &entries,
            };
            self.engine.step(&block, &mut said);
            for output in &said {
                self.expect(output);
            }
            self.marks.insert(
                self.engine.next_offset(),
                (
                    self.engine.sequences().to_vec(),
                    format!("{:016x}", self.engine.state_hash()),
                ),
            );
        }
        self.repeats = self.records - self.decided;
        Ok(())
    }

    fn expect(&mut self, output: &Output) {
        let mut bytes = Vec::new();
        let (topic, key) = match output {
            Output::Decision(d) => {
                self.decided += 1;
                json::decision(d, &mut bytes);
                let lane = d.decisions_partition as usize;
                if self.decisions.len() <= lane {
                    self.decisions.resize_with(lane + 1, VecDeque::new);
                }
                self.decisions[lane].push_back((d.coordinates.sequence, bytes));
                return;
            }
            Output::Alert(a) => {
                json::alert(a, &mut bytes);
                (0, a.station.as_str())
            }
            Output::Feedback(f) => {
                json::feedback(f, &mut bytes);
                (1, f.application.as_str())
            }
            Output::Hold(h) => {
                json::hold(h, &mut bytes);
                (2, h.account.as_str())
            }
            Output::AlertStep(a) => {
                json::alert_step(a, &mut bytes);
                (1, a.alert.as_str())
            }
            Output::Warning(w) => {
                json::warning(w, &mut bytes);
                let whom = w.phone.as_deref().or(w.holder.as_deref());
                (3, whom.unwrap_or(&w.account))
            }
        };
        // Keys are placed as Java clients place them.
        let partition = (murmur2(key.as_bytes()) % self.partitions[topic]) as i32;
        let place = (topics::OUTPUTS[topic], partition);
        self.outputs.entry(place).or_default().push_back(bytes);
    }
}

fn compile(text: &ActivationText) -> Result<Arc<Activation>> {
    let file = |(name, text): &(String, String)| SourceFile {
        name: name.clone(),
        text: text.clone(),
    };
    let files: Vec<SourceFile> = text.files.iter().map(file).collect();
    let Some(set) = zhamen_rules::compile(&files).set else {
        bail!("rule set {} of the journal does not compile", text.digest);
    };
    Ok(Arc::new(Activation {
        rules: Arc::new(set),
        policy: text.policy.clone(),
    }))
}
