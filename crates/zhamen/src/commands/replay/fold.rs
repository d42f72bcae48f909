//! The engine as replay drives it: one line, one journal record.
//!
//! Coordinates are made up here, the same on every run: journal partition 0, one offset for the
//! activation and one for every line, `--lists` first; the input's offset is the journal's, so it
//! grows strictly on every topic. Decisions have one partition, as stdout is one.

use std::sync::Arc;

use compact_str::CompactString;
use zhamen_engine::Engine;
use zhamen_engine::entry::{Activation, Block, Body, Entry, Input, Record};
use zhamen_engine::event::{EventKind, InputTopic};
use zhamen_engine::output::{Decision, Output};
use zhamen_engine::time::TimestampMs;
use zhamen_pipeline::Topics;
use zhamen_wire::Checker;

/// A line as the checker read it; where it stands is filled in here.
pub struct Checked {
    /// Event or refusal.
    pub record: Record,
    /// The line's own journal time.
    pub journal_at: Option<TimestampMs>,
}

/// The engine, its clock and its running number.
pub struct Fold {
    engine: Engine,
    activation: Arc<Activation>,
    topics: Topics,
    offset: i64,
    newest: TimestampMs,
    lines: u64,
    entries: Vec<Entry>,
}

impl Checked {
    /// Checks a line.
    #[must_use]
    pub fn new(checker: &Checker, line: &[u8]) -> Checked {
        let nowhere = Input {
            topic: CompactString::const_new(""),
            partition: 0,
            offset: 0,
        };
        let (record, journal_at) = checker.record_line(nowhere, line);
        Checked { record, journal_at }
    }
}

impl Fold {
    /// An engine that has read the activation and nothing else.
    #[must_use]
    pub fn new(activation: Activation, topics: Topics) -> Fold {
        let activation = Arc::new(activation);
        let mut fold = Fold {
            engine: Engine::new(0),
            activation: Arc::clone(&activation),
            topics,
            offset: 0,
            newest: 0,
            lines: 0,
            entries: Vec::new(),
        };
        // An activation says nothing.
        fold.step(Entry::Activate(activation), 0, &mut Vec::new());
        fold
    }

    /// Folds one line; what it leads to is appended, exactly one decision among it.
    pub fn line(&mut self, line: Checked, outputs: &mut Vec<Output>) {
        self.lines += 1;
        let mut record = line.record;
        let (kind, occurred_at) = match &record.body {
            Body::Event(event) => (Some(event.kind), Some(event.occurred_at)),
            Body::Rejected(rejected) => (rejected.kind, None),
        };
        // An event ahead of the line's own journal time counts at that time: it moves no clock.
        let seen = match (occurred_at, line.journal_at) {
            (Some(occurred_at), Some(journal_at)) => Some(occurred_at.min(journal_at)),
            (occurred_at, _) => occurred_at,
        };
        self.newest = self.newest.max(seen.unwrap_or(self.newest));
        let topic = kind.map_or(InputTopic::Transfers, EventKind::topic);
        record.input = Input {
            topic: self.topics.input(topic).into(),
            partition: 0,
            offset: self.offset,
        };
        self.step(
            Entry::Record(record),
            line.journal_at.unwrap_or(self.newest),
            outputs,
        );
    }

    fn step(&mut self, entry: Entry, journal_at: TimestampMs, outputs: &mut Vec<Output>) {
        self.entries.clear();
        self.entries.push(entry);
        let block = Block {
            partition: 0,
            offset: self.offset,
            journal_at,
            entries: &self.entries,
        };
        self.engine.step(&block, outputs);
        self.offset += 1;
    }

    /// Saves the engine's state, forgets the engine and goes on from the saved bytes.
    ///
    /// # Errors
    /// The engine refuses its own snapshot, which is a bug.
    pub fn split(&mut self) -> Result<usize, zhamen_engine::RestoreError> {
        let bytes = self.engine.snapshot();
        self.engine = Engine::new(0);
        self.engine = Engine::restore(&bytes, Some(Arc::clone(&self.activation)))?;
        Ok(bytes.len())
    }

    /// Lines folded, those of `--lists` included.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The engine, for its counts.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The decision among the outputs of one line.
#[must_use]
pub fn decision_of(outputs: &[Output]) -> Option<&Decision> {
    let mut decisions = outputs.iter().filter_map(|output| match output {
        Output::Decision(decision) => Some(decision),
        _ => None,
    });
    let decision = decisions.next()?;
    decisions.next().is_none().then_some(decision)
}
