//! The snapshot follower: takes snapshots without stopping the shard. A second fold, restored from
//! the last snapshot, follows the same journal to a committed progress record; only if it arrives at
//! the very hash the live shard recorded there is a snapshot written. So every snapshot is at a
//! committed offset, proves that the one before it restores, and proves the fold deterministic.
//!
//! It also answers how much the engine holds, which would cost the shard time. The price is folding everything twice, in bursts at half speed, and the memory of a second state
//! while a burst lasts.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::committer::Committed;
use crate::fatal::Fatal;
use crate::fold::Fold;
use crate::health::Health;
use crate::log::{JournalId, JournalReader};
use crate::metrics::Metrics;
use crate::snapshot::Store;
use crate::takeover::{ALARM_HASH, ALARM_SNAPSHOT, verify};

/// The follower's parts.
pub struct Follower {
    /// Its own reader of the journal.
    pub reader: Box<dyn JournalReader>,
    /// Where snapshots go.
    pub store: Store,
    /// Which journal it is.
    pub journal: JournalId,
    /// What the committer has committed.
    pub committed: Committed,
    /// Alarms.
    pub health: Health,
    /// Metrics.
    pub metrics: Metrics,
}

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// A snapshot was written at this offset.
    Written(i64),
    /// Nothing was committed since the last snapshot.
    NothingNew,
    /// The follower arrived at another state: an alarm stands, no snapshot was written.
    Mismatch,
    /// The process is stopping.
    Stopped,
}

impl Follower {
    /// One snapshot, if there is anything new.
    pub fn round(&mut self, stop: &AtomicBool) -> Result<Round, Fatal> {
        let Some(target) = self.committed.get() else {
            return Ok(Round::NothingNew);
        };
        let mut fold = self.last(target.next_offset)?;
        if fold.engine().next_offset() >= target.next_offset {
            return Ok(Round::NothingNew);
        }
        if !self.follow(&mut fold, target.next_offset, stop)? {
            return Ok(Round::Stopped);
        }
        if let Err(difference) = verify(&fold, Some(&target), &self.journal) {
            self.metrics
                .snapshots
                .with_label_values(&["mismatch"])
                .inc();
            self.health.alarm(ALARM_HASH, &difference.to_string());
            return Ok(Round::Mismatch);
        }
        write(&self.store, &fold, &self.metrics, &self.health);
        crate::gauges::show(&fold, &self.metrics);
        Ok(Round::Written(target.next_offset))
    }

    /// The last snapshot restored, or the journal's start.
    fn last(&self, limit: i64) -> Result<Fold, Fatal> {
        let health = &self.health;
        let newest = self
            .store
            .newest(limit, &mut |path, why| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                health.alarm(ALARM_SNAPSHOT, &format!("{name} {why}"));
            })
            .map_err(|e| Fatal::Setup(format!("snapshot directory: {e}")))?;
        Ok(newest.unwrap_or_else(|| Fold::new(self.journal.partition)))
    }

    fn follow(&mut self, fold: &mut Fold, target: i64, stop: &AtomicBool) -> Result<bool, Fatal> {
        let mut said = Vec::new();
        self.reader.seek(fold.engine().next_offset())?;
        while fold.engine().next_offset() < target {
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let mut busy = Duration::ZERO;
            let mut room = 64;
            self.reader
                .poll(Duration::from_millis(100), &mut |record| {
                    let since = Instant::now();
                    fold.step(record, &mut said)?;
                    said.clear();
                    busy += since.elapsed();
                    room -= 1;
                    Ok(match room == 0 || record.offset + 1 >= target {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    })
                })?;
            // Leave the core to the shard as long as it was used here.
            std::thread::sleep(busy);
        }
        Ok(true)
    }
}

/// Writes a snapshot and says how it went; a full disk is an alarm, not an end.
pub fn write(store: &Store, fold: &Fold, metrics: &Metrics, health: &Health) {
    match store.write(fold) {
        Ok(bytes) => {
            metrics.snapshots.with_label_values(&["written"]).inc();
            metrics
                .snapshot_bytes
                .set(i64::try_from(bytes).unwrap_or(i64::MAX));
            metrics.snapshot_taken.set(crate::clock::wall_ms() / 1_000);
            health.clear("snapshot-write");
            tracing::info!(
                offset = fold.engine().next_offset(),
                bytes,
                "snapshot written"
            );
        }
        Err(e) => {
            metrics.snapshots.with_label_values(&["failed"]).inc();
            health.alarm("snapshot-write", &format!("no snapshot was written: {e}"));
        }
    }
}
