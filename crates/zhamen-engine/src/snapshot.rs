//! The whole state as bytes and back. A snapshot is a cache of the fold: the journal is the truth.
//!
//! The byte form is postcard over an image in a fixed order, behind a version. Checksums, files
//! and the choice among snapshots are the pipeline's.

use std::collections::VecDeque;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::alert::Quiet;
use crate::chain::Chains;
use crate::engine::Engine;
use crate::entry::Activation;
use crate::ledger::{Account, Known, Ledger};
use crate::life::Life;
use crate::lists::Lists;
use crate::log::{Entry, Extra, Log, Totals};
use crate::marks::Marks;
use crate::reversal::Waiting;
use crate::score::Scores;
use crate::series::Key;
use crate::streams::{Layout, Many, More, Rows, Slot, StreamState, Texts};
use crate::symbols::{Sym, Symbols};
use crate::time::TimestampMs;

/// Raised whenever the image changes its form.
const VERSION: u32 = 4;

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
    marks: Marks,
    sequences: Vec<u64>,
    hash: u64,
    digest: Arc<str>,
    symbols: Vec<CompactString>,
    ledger: (u64, VecDeque<Known>),
    accounts: Vec<(Sym, Account)>,
    persons: Vec<(Sym, Vec<Sym>)>,
    streams: Vec<StreamImage>,
    lists: Lists,
    life: Life,
    quiet: Quiet,
    chains: Chains,
    scores: Scores,
    waiting: Waiting,
}

#[derive(Serialize, Deserialize)]
struct StreamImage {
    /// Its series; the layout follows from them.
    members: Vec<Arc<str>>,
    slots: Vec<SlotImage>,
}

#[derive(Serialize, Deserialize)]
struct SlotImage {
    key: Key,
    newest: TimestampMs,
    touched: TimestampMs,
    rows: Vec<u64>,
    totals: Vec<(u8, u8, Totals)>,
    logs: Option<Vec<(u8, u8, LogImage)>>,
}

#[derive(Serialize, Deserialize)]
struct LogImage {
    entries: Vec<(TimestampMs, i64, u32)>,
    newest: TimestampMs,
    before: i64,
    magnitude: i128,
    extra: Option<ExtraImage>,
}

#[derive(Serialize, Deserialize)]
struct ExtraImage {
    totals: Totals,
    truncated: bool,
    kept: Vec<Box<[i64]>>,
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
        let streams = self.held.plan.layouts.iter().zip(&self.held.streams);
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
            accounts: facts.accounts.clone(),
            persons,
            streams: streams
                .map(|(layout, state)| StreamImage {
                    members: members(layout),
                    slots: state.used().map(SlotImage::of).collect(),
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
        if engine.held.plan.layouts.len() != image.streams.len() {
            return Err(RestoreError::Damaged);
        }
        let symbols = Symbols::from_texts(image.symbols);
        let mut texts = Texts::default();
        let layouts = engine.held.plan.layouts.iter();
        let streams = image
            .streams
            .into_iter()
            .zip(layouts)
            .map(|(stream, layout)| {
                if stream.members != members(layout) {
                    return Err(RestoreError::Damaged);
                }
                Ok(state_of(stream.slots, layout, &symbols, &mut texts))
            });
        engine.held.streams = streams.collect::<Result<_, _>>()?;
        let facts = &mut engine.held.facts;
        facts.symbols = symbols;
        facts.texts = texts;
        facts.ledger = Ledger::from_parts(image.ledger.0, image.ledger.1);
        facts.set_accounts(image.accounts);
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

fn members(layout: &Layout) -> Vec<Arc<str>> {
    layout.members.iter().map(|m| m.identity.clone()).collect()
}

fn state_of(
    slots: Vec<SlotImage>,
    layout: &Layout,
    symbols: &Symbols,
    texts: &mut Texts,
) -> StreamState {
    let mut state = StreamState::default();
    for image in slots {
        let (i, _) = state.open(image.key, TimestampMs::MIN);
        let slot = &mut state.slots[i as usize];
        *slot = image.into_slot();
        slot.learn_texts(layout, symbols, texts);
    }
    state
}

impl SlotImage {
    fn of(slot: &Slot) -> SlotImage {
        let more = slot.more.as_deref();
        let image = |l: &Many| (l.member, l.currency, LogImage::of(&l.log));
        SlotImage {
            key: slot.key,
            newest: slot.newest,
            touched: slot.touched,
            rows: slot.rows.words().to_vec(),
            totals: more.map_or_else(Vec::new, |m| m.totals.clone()),
            logs: more
                .and_then(|m| m.logs.as_ref())
                .map(|logs| logs.iter().map(image).collect()),
        }
    }

    fn into_slot(self) -> Slot {
        let logs = self.logs.map(|logs| {
            let log = |(member, currency, log): (u8, u8, LogImage)| Many {
                member,
                currency,
                log: log.into_log(),
            };
            logs.into_iter().map(log).collect()
        });
        let more = (logs.is_some() || !self.totals.is_empty()).then(|| {
            Box::new(More {
                totals: self.totals,
                logs,
            })
        });
        Slot {
            newest: self.newest,
            touched: self.touched,
            rows: Rows::from_words(self.rows),
            more,
            ..Slot::new(self.key)
        }
    }
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
            before,
            magnitude: log.magnitude,
            extra: log.extra.as_deref().map(|x| ExtraImage {
                totals: x.totals.clone(),
                truncated: x.truncated,
                kept: x.kept.iter().skip(head).cloned().collect(),
            }),
        }
    }

    fn into_log(self) -> Log {
        let entry = |(at, value, no)| Entry { at, value, no };
        Log {
            entries: self.entries.into_iter().map(entry).collect(),
            head: 0,
            version: 0,
            newest: self.newest,
            before: self.before,
            magnitude: self.magnitude,
            extra: self.extra.map(|x| {
                Box::new(Extra {
                    totals: x.totals,
                    kept: x.kept,
                    truncated: x.truncated,
                })
            }),
        }
    }
}
