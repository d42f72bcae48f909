//! The stages of a replay: lines are checked, folded, written, each in the order of the input.
//! A stage ends when its input ends or the next one does not listen any more.

use std::sync::mpsc::{Receiver, SyncSender};

use zhamen_engine::RestoreError;
use zhamen_engine::output::Output;
use zhamen_wire::Checker;

use super::fold::{Checked, Fold, decision_of};
use super::lines::{InputError, Lines};
use super::sinks::{Sinks, Written};

const BATCH_LINES: usize = 512;

/// Lines on their way from the checker to the fold.
pub struct CheckedBatch {
    lines: Vec<Checked>,
    bytes: LineBytes,
}

/// What they led to, on its way to the files.
pub struct FoldedBatch {
    outputs: Vec<Output>,
    bytes: LineBytes,
}

/// The bytes of lines, where somebody needs them for dead letters; else empty.
#[derive(Default)]
struct LineBytes {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl LineBytes {
    fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    fn get(&self, nth: usize) -> Option<&[u8]> {
        let end = *self.ends.get(nth)?;
        let start = nth.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.bytes[start..end])
    }
}

/// A line that was not answered by exactly one decision, which is a bug.
#[derive(Debug, thiserror::Error)]
#[error("the engine gave not one decision for line {0}")]
pub struct NotOneDecision(pub u64);

/// Why folding ended early.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    #[error(transparent)]
    NotOneDecision(#[from] NotOneDecision),
    #[error("the engine refuses its own snapshot: {0}")]
    Snapshot(#[from] RestoreError),
}

/// Reads and checks lines.
pub fn check_lines(
    mut lines: Lines,
    checker: &Checker,
    keep_bytes: bool,
    to: &SyncSender<CheckedBatch>,
) -> Result<(), InputError> {
    let mut line = Vec::new();
    let mut more = true;
    while more {
        let mut batch = CheckedBatch {
            lines: Vec::with_capacity(BATCH_LINES),
            bytes: LineBytes::default(),
        };
        let mut broken = None;
        while batch.lines.len() < BATCH_LINES {
            line.clear();
            match lines.next(&mut line) {
                Ok(true) => {}
                Ok(false) => more = false,
                Err(error) => broken = Some(error),
            }
            if !more || broken.is_some() {
                break;
            }
            batch.lines.push(Checked::new(checker, &line));
            if keep_bytes {
                batch.bytes.push(&line);
            }
        }
        // What was read before a file broke is still answered.
        if !batch.lines.is_empty() && to.send(batch).is_err() {
            return Ok(());
        }
        if let Some(error) = broken {
            return Err(error);
        }
    }
    Ok(())
}

/// Folds lines; after `snapshot_at` of them through a snapshot.
pub fn fold_batches(
    snapshot_at: Option<u64>,
    from: &Receiver<CheckedBatch>,
    to: &SyncSender<FoldedBatch>,
    fold: &mut Fold,
    mut tick: impl FnMut(),
) -> Result<(), FoldError> {
    let mut number = 0;
    for batch in from {
        let mut outputs = Vec::with_capacity(batch.lines.len() + 16);
        for line in batch.lines {
            if snapshot_at == Some(number) {
                fold.split()?;
            }
            number += 1;
            let before = outputs.len();
            fold.line(line, &mut outputs);
            decision_of(&outputs[before..]).ok_or(NotOneDecision(number))?;
        }
        let folded = FoldedBatch {
            outputs,
            bytes: batch.bytes,
        };
        if to.send(folded).is_err() {
            return Ok(());
        }
        tick();
    }
    Ok(())
}

/// Writes outputs, and the dead letter of each line that was rejected.
pub fn write_batches(from: &Receiver<FoldedBatch>, sinks: &mut Sinks) -> anyhow::Result<Written> {
    for batch in from {
        // Each line has one decision, so decisions count the lines.
        let mut line = 0;
        for output in &batch.outputs {
            if let Output::Decision(decision) = output {
                if decision.rejected.is_some()
                    && let Some(bytes) = batch.bytes.get(line)
                {
                    sinks.deadletter(decision, bytes)?;
                }
                line += 1;
            }
            sinks.write(output, true)?;
        }
    }
    sinks.finish()
}
