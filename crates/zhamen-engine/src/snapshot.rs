//! The whole state as bytes and back. A snapshot is a cache of the fold: the journal is the truth.
//!
//! The byte form is postcard over an image in a fixed order, behind a version. Checksums, files
//! and the choice among snapshots are the pipeline's.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::alert::Quiet;
use crate::chain::Chains;
use crate::engine::Engine;
use crate::entry::Activation;
use crate::event::Value;
use crate::ledger::{Account, Known, Ledger};
use crate::life::Life;
use crate::lists::Lists;
use crate::reversal::Waiting;
use crate::score::Scores;
use crate::series::{Entry, Extra, Key, Log, SeriesState, Totals};
use crate::symbols::{Sym, Symbols};
use crate::time::TimestampMs;

/// Raised whenever the image changes its form.
const VERSION: u32 = 3;

/// Why a snapshot is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[allow(missing_docs, reason = "the messages say it")]
pub enum RestoreError {
    #[error("snapshot version {0}, this engine reads {VERSION}")]
    Version(u32),
    #[error("snapshot is damaged")]
    Damaged,
    #[error("snapshot was taken under rule set {wanted}, not {given}")]
    RuleSet { wanted: String, given: String },
}

#[derive(Serialize, Deserialize)]
struct Image {
    partition: i32,
    next_offset: i64,
    clock: TimestampMs,
    newest: TimestampMs,
    marks: BTreeMap<(CompactString, i32), i64>,
    sequences: Vec<u64>,
    hash: u64,
    digest: Arc<str>,
    symbols: Vec<CompactString>,
    ledger: (u64, VecDeque<Known>),
    accounts: Vec<(Sym, Account)>,
    persons: Vec<(Sym, Vec<Sym>)>,
    series: Vec<SeriesImage>,
    lists: Lists,
    life: Life,
    quiet: Quiet,
    chains: Chains,
    scores: Scores,
    waiting: Waiting,
}

#[derive(Serialize, Deserialize)]
struct SeriesImage {
    identity: Arc<str>,
    logs: Vec<(Key, LogImage)>,
}

#[derive(Serialize, Deserialize)]
struct LogImage {
    entries: Vec<(TimestampMs, i64, u32)>,
    newest: TimestampMs,
    touched: TimestampMs,
    before: i64,
    magnitude: i128,
    extra: Option<ExtraImage>,
}

#[derive(Serialize, Deserialize)]
struct ExtraImage {
    count: u64,
    sum: i128,
    squares: i128,
    min: Option<i64>,
    max: Option<i64>,
    first: Option<i64>,
    last: Option<i64>,
    last_at: Option<TimestampMs>,
    distinct: Vec<Sym>,
    saturated: bool,
    truncated: bool,
    kept: Vec<Vec<Option<Value>>>,
}

impl Engine {
    /// The whole state, rules aside.
    ///
    /// # Panics
    /// If the state cannot be written, which would be a bug of ours.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let facts = &self.held.facts;
        let (base, events) = facts.ledger.parts();
        #[expect(clippy::disallowed_methods, reason = "sorted in the next line")]
        let mut persons: Vec<(Sym, Vec<Sym>)> = facts
            .accounts_of
            .iter()
            .map(|(k, v)| (*k, v.clone()))
            .collect();
        persons.sort_unstable();
        let series = self.active.rules.series.iter().zip(&self.held.series);
        let image = Image {
            partition: self.partition,
            next_offset: self.next_offset,
            clock: self.clock,
            newest: self.newest,
            marks: self.marks.clone(),
            sequences: self.sequences.clone(),
            hash: self.hash,
            digest: self.active.rules.digest.clone(),
            symbols: facts.symbols.texts().to_vec(),
            ledger: (base, events.clone()),
            accounts: facts
                .account_order
                .iter()
                .map(|s| (*s, facts.accounts[s].clone()))
                .collect(),
            persons,
            series: series
                .map(|(s, state)| SeriesImage {
                    identity: s.identity.clone(),
                    logs: state
                        .keys
                        .iter()
                        .zip(&state.logs)
                        .filter_map(|(k, l)| Some(((*k)?, LogImage::of(l))))
                        .collect(),
                })
                .collect(),
            lists: self.held.lists.clone(),
            life: self.life.clone(),
            quiet: self.quiet.clone(),
            chains: self.chains.clone(),
            scores: self.scores.clone(),
            waiting: self.waiting.clone(),
        };
        let mut bytes = VERSION.to_le_bytes().to_vec();
        bytes.extend(postcard::to_stdvec(&image).expect("plain data can always be written"));
        bytes
    }

    /// The digest of the rule set that a snapshot was taken under, to find its text by.
    pub fn snapshot_digest(bytes: &[u8]) -> Result<Arc<str>, RestoreError> {
        Ok(read(bytes)?.digest)
    }

    /// The state a snapshot holds. `activation` is the one whose digest the snapshot names; `None`
    /// only where it was taken before any activation.
    pub fn restore(
        bytes: &[u8],
        activation: Option<Arc<Activation>>,
    ) -> Result<Engine, RestoreError> {
        let image = read(bytes)?;
        let given = activation
            .as_ref()
            .map_or_else(|| Arc::from(""), |a| a.rules.digest.clone());
        if given != image.digest {
            return Err(RestoreError::RuleSet {
                wanted: image.digest.to_string(),
                given: given.to_string(),
            });
        }
        let mut engine = Engine::new(image.partition);
        if let Some(activation) = activation {
            engine.activate(activation);
        }
        let mut by_identity: BTreeMap<Arc<str>, SeriesState> = image
            .series
            .into_iter()
            .map(|s| (s.identity, state_of(s.logs)))
            .collect();
        let active = engine.active.clone();
        for (s, state) in active.rules.series.iter().zip(&mut engine.held.series) {
            *state = by_identity
                .remove(&s.identity)
                .ok_or(RestoreError::Damaged)?;
        }
        let facts = &mut engine.held.facts;
        facts.symbols = Symbols::from_texts(image.symbols);
        facts.ledger = Ledger::from_parts(image.ledger.0, image.ledger.1);
        facts.account_order = image.accounts.iter().map(|(s, _)| *s).collect();
        facts.accounts = image.accounts.into_iter().collect();
        facts.accounts_of = image.persons.into_iter().collect();
        engine.next_offset = image.next_offset;
        engine.clock = image.clock;
        engine.newest = image.newest;
        engine.marks = image.marks;
        engine.sequences = image.sequences;
        engine.hash = image.hash;
        engine.held.lists = image.lists;
        engine.life = image.life;
        engine.quiet = image.quiet;
        engine.chains = image.chains;
        engine.scores = image.scores;
        engine.waiting = image.waiting;
        Ok(engine)
    }
}

fn read(bytes: &[u8]) -> Result<Image, RestoreError> {
    let (version, rest) = bytes
        .split_first_chunk::<4>()
        .ok_or(RestoreError::Damaged)?;
    let version = u32::from_le_bytes(*version);
    if version != VERSION {
        return Err(RestoreError::Version(version));
    }
    match postcard::take_from_bytes::<Image>(rest) {
        Ok((image, [])) => Ok(image),
        _ => Err(RestoreError::Damaged),
    }
}

fn state_of(logs: Vec<(Key, LogImage)>) -> SeriesState {
    let mut state = SeriesState::default();
    for (key, image) in logs {
        *state.log(key, TimestampMs::MIN) = image.into_log();
    }
    state
}

impl LogImage {
    /// Dead entries before the head are left out: they no longer count.
    fn of(log: &Log) -> LogImage {
        let head = log.head as usize;
        let before = if head == 0 {
            log.before
        } else {
            log.entries[head - 1].value
        };
        LogImage {
            entries: log.live().iter().map(|e| (e.at, e.value, e.no)).collect(),
            newest: log.newest,
            touched: log.touched,
            before,
            magnitude: log.magnitude,
            extra: log.extra.as_deref().map(|x| ExtraImage {
                count: x.totals.count,
                sum: x.totals.sum,
                squares: x.totals.squares,
                min: x.totals.min,
                max: x.totals.max,
                first: x.totals.first,
                last: x.totals.last,
                last_at: x.totals.last_at,
                distinct: x.totals.distinct.clone(),
                saturated: x.totals.saturated,
                truncated: x.truncated,
                kept: x.kept.iter().skip(head).map(|r| r.to_vec()).collect(),
            }),
        }
    }

    fn into_log(self) -> Log {
        Log {
            entries: self
                .entries
                .into_iter()
                .map(|(at, value, no)| Entry { at, value, no })
                .collect(),
            head: 0,
            version: 0,
            newest: self.newest,
            touched: self.touched,
            before: self.before,
            magnitude: self.magnitude,
            extra: self.extra.map(|x| {
                Box::new(Extra {
                    totals: Totals {
                        count: x.count,
                        sum: x.sum,
                        squares: x.squares,
                        min: x.min,
                        max: x.max,
                        first: x.first,
                        last: x.last,
                        last_at: x.last_at,
                        distinct: x.distinct,
                        saturated: x.saturated,
                    },
                    kept: x.kept.into_iter().map(Vec::into_boxed_slice).collect(),
                    truncated: x.truncated,
                })
            }),
        }
    }
}
