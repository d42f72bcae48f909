//! The canonical workload: one town of 100,000 accounts, as the bytes its senders write, as checked
//! records, and as journal blocks. The same seed gives the same of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use zhamen_engine::entry::{Activation, Block, Entry, Input, Record};
use zhamen_engine::event::InputTopic;
use zhamen_town::{Town, TownEvent, TownOptions};
use zhamen_wire::journal::JournalEntry;
use zhamen_wire::{Checker, CheckerOptions, RawRecord, key_hash};

/// Accounts of the canonical town.
pub const ACCOUNTS: u32 = 100_000;
/// Entries of a journal block: what natural batching makes at some thousand events a second.
pub const BLOCK: usize = 32;
/// Partitions of each input topic, as `configs/zhamen.toml` has them.
const INPUT_PARTITIONS: u32 = 4;

/// One journal record.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "as the engine's block")]
pub struct OwnedBlock {
    pub offset: i64,
    pub journal_at: i64,
    pub entries: Vec<Entry>,
}

impl OwnedBlock {
    /// As the engine takes it.
    #[must_use]
    pub fn block(&self) -> Block<'_> {
        Block {
            partition: 0,
            offset: self.offset,
            journal_at: self.journal_at,
            entries: &self.entries,
        }
    }

    /// Its entries as the journal stores them.
    #[must_use]
    pub fn stored(&self) -> Vec<JournalEntry> {
        let stored = |entry: &Entry| match entry {
            Entry::Record(record) => Some(JournalEntry::Record(record.clone())),
            Entry::Tick => Some(JournalEntry::Tick),
            Entry::Activate(_) => None,
        };
        self.entries.iter().filter_map(stored).collect()
    }
}

/// A town whose events are checked and appended to a journal in memory.
pub struct Workload {
    town: Town,
    lists: std::vec::IntoIter<TownEvent>,
    checker: Checker,
    offsets: BTreeMap<(InputTopic, i32), i64>,
    next_offset: i64,
    clock: i64,
}

impl Workload {
    /// The canonical town, or a smaller one for tests. The police's list comes first.
    #[must_use]
    pub fn new(accounts: u32) -> Workload {
        let town = Town::new(TownOptions {
            accounts,
            ..TownOptions::default()
        });
        Workload {
            lists: town.list_seed().into_iter(),
            town,
            checker: checker(),
            offsets: BTreeMap::new(),
            next_offset: 0,
            clock: 0,
        }
    }

    /// The next raw record.
    pub fn raw(&mut self) -> Raw {
        let event = self
            .lists
            .next()
            .or_else(|| self.town.next())
            .expect("a town never ends");
        let topic = InputTopic::parse(event.topic).expect("the town writes to input topics");
        Raw { topic, event }
    }

    /// The next raw record, checked as ingest does it.
    pub fn record(&mut self) -> Record {
        let raw = self.raw();
        self.clock = self.clock.max(raw.event.occurred_at_ms);
        let partition = (key_hash(raw.event.key.as_bytes()) % INPUT_PARTITIONS) as i32;
        let offset = self.offsets.entry((raw.topic, partition)).or_insert(0);
        let input = Input {
            topic: raw.topic.name().into(),
            partition,
            offset: *offset,
        };
        *offset += 1;
        self.checker.record(input, &raw.record()).0
    }

    /// The next journal record of `size` entries.
    pub fn block(&mut self, size: usize) -> OwnedBlock {
        let entries = (0..size).map(|_| Entry::Record(self.record())).collect();
        self.append(entries)
    }

    /// A journal record that puts rules and settings in force.
    pub fn activate(&mut self, activation: Arc<Activation>) -> OwnedBlock {
        self.append(vec![Entry::Activate(activation)])
    }

    fn append(&mut self, entries: Vec<Entry>) -> OwnedBlock {
        let offset = self.next_offset;
        self.next_offset += 1;
        OwnedBlock {
            offset,
            journal_at: self.clock,
            entries,
        }
    }
}

/// An input record as its sender wrote it.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Raw {
    pub topic: InputTopic,
    pub event: TownEvent,
}

impl Raw {
    /// As the checker takes it.
    #[must_use]
    pub fn record(&self) -> RawRecord<'_> {
        RawRecord {
            topic: self.topic,
            key: Some(self.event.key.as_bytes()),
            headers: &[],
            payload: Some(self.event.value.as_bytes()),
        }
    }
}

/// A checker with a key of its own: pseudonyms cost what they cost in service.
#[must_use]
pub fn checker() -> Checker {
    Checker::new(CheckerOptions {
        pseudonym_key: b"a key for measurements only".to_vec(),
        ..CheckerOptions::default()
    })
}
