//! A process on the broker in memory, turned by hand, and the invariants that must hold whatever
//! happened to it. The expectation is always a fresh, undisturbed fold of the same journal.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Sender, unbounded};
use zhamen_engine::output::Output;
use zhamen_pipeline::committer::{CommitOptions, Committer};
use zhamen_pipeline::faults::Faults;
use zhamen_pipeline::filter::{Seen, SequenceFilter};
use zhamen_pipeline::fold::Fold;
use zhamen_pipeline::follower::{Follower, Round};
use zhamen_pipeline::ingest::{Ingest, IngestOptions};
use zhamen_pipeline::log::{Appended, JournalId, Parcel};
use zhamen_pipeline::memory::MemoryBroker;
use zhamen_pipeline::screen::{Screen, TickOptions};
use zhamen_pipeline::shard::{self, Shard};
use zhamen_pipeline::{
    ActivationText, Checker, CheckerOptions, Control, Fatal, Health, InputTopic, Metrics, Options,
    SnapshotOptions, Topics, publish,
};

/// The moment every run begins: 2026-11-24T02:00:00Z.
pub const START: i64 = 1_795_485_600_000;
/// One hour.
pub const HOUR: i64 = 3_600_000;

/// Two large transfers in an hour: the second is delayed for an hour, with an alert.
pub const RULES: &str = r#"
[[rule]]
id = "large-pair"
title = { zh = "两笔大额", en = "two large transfers" }
on = "transfer.requested"
mode = "enforce"
params.single_min = { value = 50_000, unit = "CNY", min = 10_000, max = 500_000 }
window.big_out = { count = "*", by = ["payer.account"], over = "1h", where = "txn.amount >= params.single_min" }
when = ["txn.amount >= params.single_min", "window.big_out >= 2"]
then = { action = "delay", for = "1h", alert = "high" }
explain = { zh = "第 {window.big_out} 笔", en = "number {window.big_out}" }
"#;

/// A rule set of one file.
pub fn activation(text: &str) -> ActivationText {
    let files = vec![zhamen_rules::SourceFile {
        name: "rules.toml".to_owned(),
        text: text.to_owned(),
    }];
    let mut activation = ActivationText {
        digest: zhamen_rules::digest(&files),
        files: files.into_iter().map(|f| (f.name, f.text)).collect(),
        ..ActivationText::default()
    };
    activation.policy.decision_partitions = 2;
    activation
}

/// A journal of the test's cluster.
pub fn journal() -> JournalId {
    JournalId {
        cluster: "memory".to_owned(),
        topic: Topics::default().journal,
        partition: 0,
    }
}

/// A transfer as a bank sends it.
pub fn transfer(n: usize, payer: usize, yuan: u64, at: i64) -> (Vec<u8>, String) {
    let account = format!("62170012345678{payer:02}");
    let event = format!(
        r#"{{"type":"transfer.requested","id":"T-{n}","source":"core","occurred_at":"{}","txn":{{"amount":"{yuan}.00","currency":"CNY","channel":"mobile"}},"payer":{{"account":"{account}"}},"payee":{{"account":"6222021234567890"}}}}"#,
        zhamen_engine::time::rfc3339(at)
    );
    (event.into_bytes(), account)
}

static DIRS: AtomicU64 = AtomicU64::new(0);

/// A broker and everything a process on it is made of.
pub struct Rig {
    pub broker: MemoryBroker,
    pub options: Options,
    pub control: Control,
    pub reload: Sender<ActivationText>,
    dir: PathBuf,
    sent: usize,
}

impl Drop for Rig {
    fn drop(&mut self) {
        // A leftover directory harms nobody.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Rig {
    /// A broker with (or without) transactions and a process that commits whenever it can.
    pub fn new(transactions: bool) -> Rig {
        let broker = MemoryBroker::new(&journal(), transactions);
        broker.set_time(START);
        let dir = std::env::temp_dir().join(format!(
            "zhamen-pipeline-{}-{}",
            std::process::id(),
            DIRS.fetch_add(1, Ordering::Relaxed)
        ));
        let metrics = Metrics::new();
        let (reload, reloads) = unbounded();
        let clock = broker.clone();
        Rig {
            options: Options {
                journal: journal(),
                topics: Topics::default(),
                activation: activation(RULES),
                checker: Arc::new(Checker::new(CheckerOptions::default())),
                snapshots: Some(SnapshotOptions {
                    dir: dir.clone(),
                    every: Duration::from_millis(20),
                    keep: 3,
                }),
                ingest: IngestOptions {
                    block_entries: 3,
                    ..IngestOptions::default()
                },
                commit: CommitOptions {
                    every: Duration::ZERO,
                    progress_every: Duration::ZERO,
                },
                tick: TickOptions::default(),
                clock: Arc::new(move || clock.time()),
                shutdown: Duration::from_secs(20),
                faults: Faults::default(),
            },
            control: Control {
                stop: Arc::default(),
                reload: reloads,
                tap: None,
                health: Health::new(metrics.clone()),
                metrics,
            },
            broker,
            reload,
            dir,
            sent: 0,
        }
    }

    /// Sends so many records: mostly transfers of few payers, every fifth record is broken.
    pub fn send(&mut self, count: usize) {
        for _ in 0..count {
            let n = self.sent;
            self.sent += 1;
            let partition = (n % 2) as i32;
            if n % 5 == 3 {
                self.broker
                    .produce(InputTopic::Transfers, partition, Some(b"k"), b"{\"type\":");
                continue;
            }
            let (event, key) = transfer(n, n % 3, 60_000, self.broker.time());
            self.broker.produce(
                InputTopic::Transfers,
                partition,
                Some(key.as_bytes()),
                &event,
            );
        }
    }

    /// Lets time pass.
    pub fn pass(&self, ms: i64) {
        self.broker.set_time(self.broker.time() + ms);
    }

    /// Takes the shard over and starts a process.
    pub fn start(&self) -> Result<Process, Fatal> {
        let logs = self.broker.logs();
        let gate = Arc::new(AtomicBool::new(false));
        let screen = logs.screen.expect("the memory broker gives everything");
        let shard = shard::open(screen, &self.options, &self.control, &gate)?
            .expect("nobody told it to stop");
        let Shard {
            screen,
            committer,
            follower,
            ..
        } = shard;
        Ok(Process {
            ingest: Ingest::new(
                logs.ingest.expect("the memory broker gives everything"),
                Arc::clone(&self.options.checker),
                self.options.topics.clone(),
                self.options.ingest,
                self.control.metrics.clone(),
                self.options.faults,
            ),
            screen,
            committer,
            follower: follower.expect("snapshots are configured"),
            gate,
        })
    }

    /// Starts a process and lets it finish all there is.
    pub fn finish(&self) -> Process {
        let mut process = self.start().expect("nothing stands in the way");
        for turn in 1..10_000 {
            process.turn().expect("nothing stands in the way");
            if process.rests(&self.broker) {
                return process;
            }
            // A shard with nothing to read speaks again with the next tick.
            if turn % 100 == 0 {
                self.pass(1_000);
            }
        }
        panic!("no rest after 10,000 turns");
    }

    /// Panics unless everything that was promised holds; see [`Rig::broken`].
    pub fn check(&self) {
        if let Some(what) = self.broken() {
            panic!("{what}");
        }
    }

    /// The first broken promise, if any: one decision per input record, no gap, repeats byte for
    /// byte equal, outputs exactly as an undisturbed fold of the journal says them, progress at
    /// its hash.
    pub fn broken(&self) -> Option<String> {
        let truth = self.truth();
        let mut filter = SequenceFilter::default();
        let mut seen: BTreeMap<(i32, u64), Vec<u8>> = BTreeMap::new();
        for record in self.broker.published() {
            if record.topic != self.options.topics.decisions {
                continue;
            }
            let partition = record.partition.expect("decisions name their partition");
            let payload = record.payload.expect("decisions have a payload");
            let sequence = sequence_of(&payload);
            if let Seen::Gap(missing) = filter.offer(partition, sequence) {
                return Some(format!("{missing} decisions missing before {sequence}"));
            }
            let same = seen
                .entry((partition, sequence))
                .or_insert_with(|| payload.clone());
            if *same != payload {
                return Some(format!("decision {sequence} was said in two ways"));
            }
        }
        if seen != truth.decisions {
            return Some(format!(
                "{} decisions, an undisturbed fold says {}",
                seen.len(),
                truth.decisions.len()
            ));
        }
        let inputs: BTreeSet<String> = seen.values().map(|d| input_of(d)).collect();
        if inputs.len() != self.sent || seen.len() != self.sent {
            return Some(format!(
                "{} records sent, {} decisions on {} of them",
                self.sent,
                seen.len(),
                inputs.len()
            ));
        }
        let outputs = self.broker.outputs();
        if outputs != truth.outputs {
            return Some(format!(
                "{} outputs, an undisturbed fold says {}",
                outputs.len(),
                truth.outputs.len()
            ));
        }
        let progress = self.broker.progress()?;
        if progress != truth.fold.progress(&journal()) {
            return Some("the progress record is not where the fold is".to_owned());
        }
        None
    }

    /// An undisturbed fold of the journal from its start.
    pub fn truth(&self) -> Truth {
        let mut truth = Truth {
            fold: Fold::new(0),
            decisions: BTreeMap::new(),
            outputs: Vec::new(),
        };
        for (offset, (appended_at, bytes)) in self.broker.journal().iter().enumerate() {
            let mut said = Vec::new();
            let record = Appended {
                offset: offset as i64,
                appended_at: *appended_at,
                bytes,
            };
            truth.fold.step(record, &mut said).expect("we wrote it");
            for output in &said {
                match output {
                    Output::Decision(d) => {
                        let mut bytes = Vec::new();
                        zhamen_wire::json::decision(d, &mut bytes);
                        let at = (d.decisions_partition, d.coordinates.sequence);
                        truth.decisions.insert(at, bytes);
                    }
                    other => truth
                        .outputs
                        .extend(publish::parcel(other, &self.options.topics)),
                }
            }
        }
        truth
    }
}

/// What an undisturbed fold says.
pub struct Truth {
    pub fold: Fold,
    pub decisions: BTreeMap<(i32, u64), Vec<u8>>,
    pub outputs: Vec<Parcel>,
}

fn field(json: &[u8], path: &[&str]) -> serde_json::Value {
    let mut value: serde_json::Value = serde_json::from_slice(json).expect("we wrote it");
    for name in path {
        value = value[name].take();
    }
    value
}

fn sequence_of(decision: &[u8]) -> u64 {
    field(decision, &["coordinates", "sequence"])
        .as_u64()
        .expect("every decision has one")
}

fn input_of(decision: &[u8]) -> String {
    field(decision, &["input"]).to_string()
}

/// A process, turned by hand.
pub struct Process {
    pub ingest: Ingest,
    pub screen: Screen,
    pub committer: Committer,
    pub follower: Follower,
    gate: Arc<AtomicBool>,
}

impl Process {
    /// Each loop once, as the threads would in some order.
    pub fn turn(&mut self) -> Result<(), Fatal> {
        self.ingest()?;
        self.screen.turn(Duration::ZERO)?;
        self.committer.turn(Duration::ZERO)?;
        Ok(())
    }

    /// Ingest once, if it may.
    pub fn ingest(&mut self) -> Result<(), Fatal> {
        match self.gate.load(Ordering::Acquire) {
            true => self.ingest.turn(Duration::ZERO),
            false => Ok(()),
        }
    }

    /// A snapshot.
    pub fn snapshot(&mut self) -> Result<Round, Fatal> {
        self.follower.round(&AtomicBool::new(false))
    }

    /// Whether everything sent is ingested, folded and committed.
    pub fn rests(&self, broker: &MemoryBroker) -> bool {
        let stands = self.screen.judge().fold().progress(&journal());
        self.gate.load(Ordering::Acquire)
            && broker.inputs_committed()
            && stands.next_offset == broker.journal().len() as i64
            && broker.progress() == Some(stands)
    }
}
