//! Opening a shard, in the one order that is safe: shut out earlier instances and read how far they
//! had committed, restore the fold to there in silence, and only then speak.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::committer::{self, Committed, Committer};
use crate::fatal::Fatal;
use crate::follower::Follower;
use crate::health::{Part, Phase};
use crate::judge::Voice;
use crate::log::ScreenLogs;
use crate::run::{Control, Options};
use crate::screen::{Screen, ScreenParts};
use crate::snapshot::Store;
use crate::takeover;

/// A shard ready to run: three loops that share nothing but a channel and the committed progress.
pub struct Shard {
    /// The loop that judges.
    pub screen: Screen,
    /// The loop that commits.
    pub committer: Committer,
    /// The loop that takes snapshots, where they are configured.
    pub follower: Option<Follower>,
    /// What has been committed.
    pub committed: Committed,
}

/// Takes the shard over. `None`: the process was told to stop meanwhile.
pub fn open(
    mut logs: ScreenLogs,
    options: &Options,
    control: &Control,
    gate: &Arc<AtomicBool>,
) -> Result<Option<Shard>, Fatal> {
    let (health, metrics) = (&control.health, &control.metrics);
    health.phase(Part::Screen, Phase::Restoring);
    health.transactions(logs.outputs.transactional());
    let store = open_store(options)?;
    let progress = logs.outputs.take_over()?;
    let restored = takeover::restore(
        &mut *logs.journal,
        progress.as_ref(),
        store.as_ref(),
        &options.journal,
        health,
        &control.stop,
        options.faults,
    )?;
    let Some(fold) = restored else {
        return Ok(None);
    };
    let committed = Committed::default();
    if let Some(progress) = progress {
        committed.set(progress);
    }
    let (handover, inbox) = committer::channel();
    let committer = Committer::new(
        logs.outputs,
        (logs.decisions.acks(), logs.replies.acks()),
        inbox,
        committed.clone(),
        options.commit,
        metrics.clone(),
        options.faults,
    );
    let screen = Screen::new(
        ScreenParts {
            reader: logs.journal,
            ticks: logs.ticks,
            committer: handover,
            wanted: options.activation.clone(),
            reload: control.reload.clone(),
            tick: options.tick,
            gate: Arc::clone(gate),
        },
        fold,
        Voice {
            decisions: logs.decisions,
            replies: logs.replies,
            checker: Arc::clone(&options.checker),
            topics: options.topics.clone(),
            clock: Arc::clone(&options.clock),
            tap: control.tap.clone(),
            health: health.clone(),
            metrics: metrics.clone(),
        },
        options.journal.clone(),
    )?;
    let follower = store.map(|store| Follower {
        reader: logs.follower,
        store,
        journal: options.journal.clone(),
        committed: committed.clone(),
        health: health.clone(),
        metrics: metrics.clone(),
    });
    Ok(Some(Shard {
        screen,
        committer,
        follower,
        committed,
    }))
}

fn open_store(options: &Options) -> Result<Option<Store>, Fatal> {
    let Some(snapshots) = &options.snapshots else {
        return Ok(None);
    };
    Store::open(&snapshots.dir, options.journal.clone(), snapshots.keep)
        .map(Some)
        .map_err(|e| {
            Fatal::Setup(format!(
                "snapshot directory {}: {e}",
                snapshots.dir.display()
            ))
        })
}
