//! Take-over: bring the fold to where the outputs stand, silently. The sink has already shut out
//! every earlier instance and told how far it had committed.
//!
//! Snapshot at or before the progress record → fold up to it without a word → compare with what the
//! record says. A snapshot that leads elsewhere is passed over; the journal itself is the judge.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::fatal::Fatal;
use crate::faults::Faults;
use crate::fold::Fold;
use crate::health::Health;
use crate::log::{JournalId, JournalReader};
use crate::progress::Progress;
use crate::snapshot::Store;

/// The alarm raised when a fold does not arrive where the progress record says.
pub const ALARM_HASH: &str = "state-hash";
/// The alarm raised for a snapshot that cannot be used.
pub const ALARM_SNAPSHOT: &str = "snapshot-refused";

/// Restores the shard. `None`: `stop` was set meanwhile.
pub fn restore(
    reader: &mut dyn JournalReader,
    progress: Option<&Progress>,
    store: Option<&Store>,
    journal: &JournalId,
    health: &Health,
    stop: &AtomicBool,
    faults: Faults,
) -> Result<Option<Fold>, Fatal> {
    let (low, high) = reader.bounds()?;
    let target = progress.map_or(0, |p| p.next_offset);
    check(progress, journal, high)?;
    let mut limit = match faults.snapshot_ahead_of_progress() {
        true => i64::MAX,
        false => target,
    };
    if limit == target
        && let Some(store) = store
    {
        store.discard_after(target).map_err(disk)?;
    }
    loop {
        let snapshot = newest(store, limit, health)?;
        let from_snapshot = snapshot.as_ref().map(|f| f.engine().next_offset());
        let mut fold = snapshot.unwrap_or_else(|| Fold::new(journal.partition));
        let start = fold.engine().next_offset();
        if start < low {
            return Err(Fatal::Recovery(format!(
                "the journal begins at offset {low}, and no usable snapshot reaches it"
            )));
        }
        tracing::info!(
            snapshot = from_snapshot,
            progress = target,
            end = high,
            "restoring"
        );
        if !replay(reader, &mut fold, target, stop)? {
            return Ok(None);
        }
        match (verify(&fold, progress, journal), from_snapshot) {
            (Ok(()), _) => return Ok(Some(fold)),
            (Err(why), Some(offset)) if offset > 0 => {
                health.alarm(
                    ALARM_SNAPSHOT,
                    &format!("snapshot at offset {offset}: {why}"),
                );
                limit = offset - 1;
            }
            (Err(Difference::Sequences), _) => {
                return Err(Fatal::Recovery(
                    "the journal folds to other sequence numbers than the progress record holds"
                        .to_owned(),
                ));
            }
            (Err(why @ Difference::Hash { .. }), _) => {
                health.alarm(ALARM_HASH, &why.to_string());
                return Ok(Some(fold));
            }
        }
    }
}

fn check(progress: Option<&Progress>, journal: &JournalId, high: i64) -> Result<(), Fatal> {
    let Some(progress) = progress else {
        return Ok(());
    };
    if progress.journal != *journal {
        return Err(Fatal::Setup(format!(
            "the progress record belongs to journal {} partition {} of cluster {}, not to this one",
            progress.journal.topic, progress.journal.partition, progress.journal.cluster
        )));
    }
    if progress.next_offset > high {
        return Err(Fatal::Recovery(format!(
            "the journal ends at offset {high}, before the progress record at {}: records are lost",
            progress.next_offset
        )));
    }
    Ok(())
}

fn newest(store: Option<&Store>, limit: i64, health: &Health) -> Result<Option<Fold>, Fatal> {
    let Some(store) = store else {
        return Ok(None);
    };
    store
        .newest(limit, &mut |path, why| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            health.alarm(ALARM_SNAPSHOT, &format!("{name} {why}"));
        })
        .map_err(disk)
}

fn disk(e: std::io::Error) -> Fatal {
    Fatal::Setup(format!("snapshot directory: {e}"))
}

/// Folds up to `target` and drops what is said. False: `stop` was set.
pub fn replay(
    reader: &mut dyn JournalReader,
    fold: &mut Fold,
    target: i64,
    stop: &AtomicBool,
) -> Result<bool, Fatal> {
    let mut said = Vec::new();
    reader.seek(fold.engine().next_offset())?;
    while fold.engine().next_offset() < target {
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let mut room = 256;
        reader.poll(Duration::from_millis(100), &mut |record| {
            fold.step(record, &mut said)?;
            said.clear();
            room -= 1;
            Ok(match room == 0 || record.offset + 1 >= target {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })
        })?;
    }
    Ok(true)
}

/// How a fold differs from the record of the same offset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// It would number decisions differently.
    #[error("other sequence numbers")]
    Sequences,
    /// It holds another state.
    #[error("state hash {ours}, recorded {recorded} by engine {engine} at offset {offset}")]
    Hash {
        /// As folded now.
        ours: String,
        /// As recorded.
        recorded: String,
        /// Who recorded it.
        engine: String,
        /// Where.
        offset: i64,
    },
}

/// Compares a fold with the progress record of its offset.
pub fn verify(
    fold: &Fold,
    progress: Option<&Progress>,
    journal: &JournalId,
) -> Result<(), Difference> {
    let Some(progress) = progress else {
        return Ok(());
    };
    let ours = fold.progress(journal);
    if ours.next_offset != progress.next_offset {
        // Only with a planted defect does a fold start past the progress record.
        return Ok(());
    }
    if ours.sequences != progress.sequences {
        return Err(Difference::Sequences);
    }
    if ours.state_hash != progress.state_hash {
        return Err(Difference::Hash {
            ours: ours.state_hash,
            recorded: progress.state_hash.clone(),
            engine: progress.engine.clone(),
            offset: progress.next_offset,
        });
    }
    Ok(())
}
