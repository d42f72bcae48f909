//! One engine over journal records as bytes: decode, compile what an activation carries, step.
//! The live shard, the snapshot follower and every recovery fold through this and nothing else.

use std::sync::Arc;

use zhamen_engine::Engine;
use zhamen_engine::entry::{Block, Entry};
use zhamen_engine::output::Output;
use zhamen_wire::journal::{self, ActivationText, JournalEntry, JournalError};

use crate::activation;
use crate::fatal::Fatal;
use crate::log::{Appended, JournalId};
use crate::progress::Progress;

/// An engine and the activation it runs under.
pub struct Fold {
    partition: i32,
    engine: Engine,
    active: Option<Arc<ActivationText>>,
    entries: Vec<Entry>,
    refused: Option<String>,
}

impl Fold {
    /// Before the first journal record.
    #[must_use]
    pub fn new(partition: i32) -> Fold {
        Fold {
            partition,
            engine: Engine::new(partition),
            active: None,
            entries: Vec::new(),
            refused: None,
        }
    }

    /// From a snapshot's engine bytes and the activation they name.
    pub fn restore(
        partition: i32,
        bytes: &[u8],
        active: Option<ActivationText>,
    ) -> Result<Fold, String> {
        let compiled = active.as_ref().map(activation::compile).transpose()?;
        let engine = Engine::restore(bytes, compiled).map_err(|e| e.to_string())?;
        Ok(Fold {
            partition,
            engine,
            active: active.map(Arc::new),
            entries: Vec::new(),
            refused: None,
        })
    }

    /// Folds one record; its outputs are added to `out`. A journaled set that does not compile
    /// leaves the old one in force; [`Fold::refused`] tells.
    pub fn step(&mut self, record: Appended<'_>, out: &mut Vec<Output>) -> Result<(), Fatal> {
        let decoded = self.decode(record)?;
        self.entries.clear();
        for entry in decoded {
            let entry = match entry {
                JournalEntry::Record(record) => Entry::Record(record),
                JournalEntry::Tick => Entry::Tick,
                JournalEntry::Activate(text) => match activation::compile(&text) {
                    Ok(activation) => {
                        self.active = Some(Arc::new(text));
                        Entry::Activate(activation)
                    }
                    Err(why) => {
                        self.refused = Some(format!("rule set {}: {why}", text.digest));
                        Entry::Tick
                    }
                },
            };
            self.entries.push(entry);
        }
        self.engine.step(
            &Block {
                partition: self.partition,
                offset: record.offset,
                journal_at: record.appended_at,
                entries: &self.entries,
            },
            out,
        );
        Ok(())
    }

    /// A record that was never ours says nothing, on every machine alike; one that is ours and
    /// cannot be read must not be passed over.
    fn decode(&mut self, record: Appended<'_>) -> Result<Vec<JournalEntry>, Fatal> {
        match journal::decode(record.bytes) {
            Ok(entries) => Ok(entries),
            Err(JournalError::Foreign) => {
                self.refused = Some(format!(
                    "the journal record at offset {} is not one, someone else writes to the journal",
                    record.offset
                ));
                Ok(Vec::new())
            }
            Err(why) => Err(Fatal::Journal {
                offset: record.offset,
                detail: why.to_string(),
            }),
        }
    }

    /// The entries of the record folded last.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What of the last records was not taken, and why; told once.
    pub fn refused(&mut self) -> Option<String> {
        self.refused.take()
    }

    /// The activation in force.
    #[must_use]
    pub fn active(&self) -> Option<&Arc<ActivationText>> {
        self.active.as_ref()
    }

    /// The engine, to look at.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where the fold stands, as its progress record says it.
    #[must_use]
    pub fn progress(&self, journal: &JournalId) -> Progress {
        Progress {
            version: Progress::VERSION,
            journal: journal.clone(),
            next_offset: self.engine.next_offset(),
            sequences: self.engine.sequences().to_vec(),
            state_hash: format!("{:016x}", self.engine.state_hash()),
            ruleset: self
                .active
                .as_ref()
                .map_or(String::new(), |a| a.digest.clone()),
            engine: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
