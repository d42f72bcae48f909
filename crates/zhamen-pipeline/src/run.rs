//! The threads of a process and their order of starting and stopping: take over and restore, then
//! screen, committer and follower; ingest once the configured rule set is in force. On a stop ingest
//! ends first, screen folds what is in the journal, the committer commits it, a last snapshot is
//! written. On a failure everything stops and the first cause is returned.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use zhamen_wire::Checker;
use zhamen_wire::journal::ActivationText;

use crate::activation;
use crate::clock::Clock;
use crate::committer::{CommitOptions, Committed};
use crate::fatal::Fatal;
use crate::faults::Faults;
use crate::follower;
use crate::health::{Health, Part, Phase};
use crate::ingest::{Ingest, IngestOptions};
use crate::judge::{Judge, Tap};
use crate::log::{IngestLogs, JournalId, Logs};
use crate::metrics::Metrics;
use crate::screen::TickOptions;
use crate::shard::{self, Shard};
use crate::snapshot::Store;
use crate::threads::{Stage, Threads};
use crate::topics::Topics;

/// What a process is to do.
#[derive(Clone)]
pub struct Options {
    /// The journal.
    pub journal: JournalId,
    /// Names of topics.
    pub topics: Topics,
    /// The configured rule set and settings.
    pub activation: ActivationText,
    /// Checks input records.
    pub checker: Arc<Checker>,
    /// Where and how often to take snapshots; `None`: never.
    pub snapshots: Option<SnapshotOptions>,
    /// Bounds of ingest.
    pub ingest: IngestOptions,
    /// How often to commit.
    pub commit: CommitOptions,
    /// When to tick.
    pub tick: TickOptions,
    /// The machine's clock.
    pub clock: Clock,
    /// How long an orderly stop may take.
    pub shutdown: Duration,
    /// Planted defects.
    pub faults: Faults,
}

/// Where and how often to take snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotOptions {
    /// Directory; made if missing.
    pub dir: PathBuf,
    /// Time between snapshots.
    pub every: Duration,
    /// How many to keep, at least 2.
    pub keep: usize,
}

/// The caller's hold on a running process.
#[derive(Clone)]
pub struct Control {
    /// Set to stop in order.
    pub stop: Arc<AtomicBool>,
    /// Rule sets to activate, e.g. on SIGHUP.
    pub reload: Receiver<ActivationText>,
    /// Called with every output published.
    pub tap: Option<Tap>,
    /// Phases and alarms.
    pub health: Health,
    /// Metrics.
    pub metrics: Metrics,
}

/// The longest any loop waits for something to do.
const WAIT: Duration = Duration::from_millis(20);

/// Runs until stopped or broken.
pub fn run(logs: Logs, options: Options, control: Control) -> Result<(), Fatal> {
    // A rule set that does not compile is a matter for a person, not for a restart.
    activation::compile(&options.activation).map_err(Fatal::Setup)?;
    let gate = Arc::new(AtomicBool::new(false));
    let mut threads = Threads::new();
    let screening = logs.screen.is_some();
    let mut rest = None;
    if let Some(logs) = logs.screen {
        let Some(shard) = shard::open(logs, &options, &control, &gate)? else {
            return Ok(());
        };
        rest = Some(start_shard(shard, &options, &mut threads)?);
    }
    if let Some(logs) = logs.ingest {
        start_ingest(logs, &options, &control, gate, screening, &mut threads)?;
    }
    let failure = threads.watch(&control.stop);
    threads.wind_down(failure, options.shutdown)?;
    if let Some(rest) = rest {
        rest.last_snapshot(&options, &control);
    }
    Ok(())
}

/// What is left of a shard for the end.
struct Rest {
    judge: Receiver<Judge>,
    store: Option<Store>,
    committed: Committed,
}

impl Rest {
    /// The state is at rest at a committed offset: a snapshot costs nobody time.
    fn last_snapshot(self, options: &Options, control: &Control) {
        let (Some(store), Ok(judge)) = (self.store, self.judge.try_recv()) else {
            return;
        };
        let stands = judge.fold().progress(&options.journal);
        if self.committed.get().as_ref() == Some(&stands) {
            follower::write(&store, judge.fold(), &control.metrics, &control.health);
        }
    }
}

fn start_shard(shard: Shard, options: &Options, threads: &mut Threads) -> Result<Rest, Fatal> {
    let Shard {
        mut screen,
        mut committer,
        follower,
        committed,
    } = shard;
    let (judge_out, judge) = unbounded();
    threads.spawn("screen", Stage::Screen, move |stop, _| {
        while !stop.load(Ordering::Relaxed) {
            screen.turn(WAIT)?;
        }
        let end = screen.end()?;
        while screen.judge().fold().engine().next_offset() < end {
            screen.turn(WAIT)?;
        }
        // The committer sees the channel close and commits what it has.
        judge_out
            .send(screen.into_judge())
            .map_err(|_| Fatal::Panicked("main"))
    })?;
    threads.spawn("committer", Stage::Last, move |_, _| {
        while committer.turn(WAIT)? {}
        Ok(())
    })?;
    let store = follower.as_ref().map(|f| f.store.clone());
    if let (Some(mut follower), Some(snapshots)) = (follower, &options.snapshots) {
        let every = snapshots.every;
        threads.spawn("snapshots", Stage::Screen, move |stop, pause| {
            while pause(every) {
                follower.round(stop)?;
            }
            Ok(())
        })?;
    }
    Ok(Rest {
        judge,
        store,
        committed,
    })
}

fn start_ingest(
    mut logs: IngestLogs,
    options: &Options,
    control: &Control,
    gate: Arc<AtomicBool>,
    screening: bool,
    threads: &mut Threads,
) -> Result<(), Fatal> {
    let health = control.health.clone();
    let metrics = control.metrics.clone();
    let options = options.clone();
    health.phase(Part::Ingest, Phase::Waiting);
    threads.spawn("ingest", Stage::Ingest, move |stop, pause| {
        // No event may be judged before there are rules to judge it by.
        while !gate.load(Ordering::Acquire) {
            if !pause(Duration::from_millis(10)) {
                return Ok(());
            }
            if !screening && logs.journal_reader.bounds()?.1 > 0 {
                break;
            }
        }
        let mut ingest = Ingest::new(
            logs,
            options.checker,
            options.topics,
            options.ingest,
            metrics,
            options.faults,
        );
        let mut phase = Phase::Waiting;
        while !stop.load(Ordering::Relaxed) {
            ingest.turn(WAIT)?;
            let now = match ingest.joined() {
                true => Phase::Live,
                false => Phase::Waiting,
            };
            if now != phase {
                phase = now;
                health.phase(Part::Ingest, phase);
            }
        }
        health.phase(Part::Ingest, Phase::Stopping);
        ingest.close(Instant::now() + options.shutdown / 2)
    })
}
