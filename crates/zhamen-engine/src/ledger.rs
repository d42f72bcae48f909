//! What the shard has accepted lately: one record per event, for repeats, reversals, evidence and
//! the trail of money. Kept for the longer of the dedupe horizon and the trail, by the journal's
//! clock; what is older is forgotten and an id is new again.

use std::collections::VecDeque;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::EventKind;
use crate::hash::{roll_bytes, text_hash};
use crate::money::{Currency, Money};
use crate::output::{Coordinates, Decision};
use crate::rule::Action;
use crate::symbols::{NO_SYM, Sym, Symbols};
use crate::table::Table;
use crate::time::TimestampMs;

/// Number of an event within the shard: dense, in journal order, the low 32 bits of a count.
/// Compared only among events that the ledger still holds.
pub type EventNo = u32;

/// Whether one event came before another that the ledger holds or will hold next.
pub(crate) fn is_before(no: EventNo, other: EventNo) -> bool {
    no.wrapping_sub(other) > EventNo::MAX / 2
}

/// No event.
pub const NO_EVENT: EventNo = u32::MAX;

/// One accepted event.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    /// Its id.
    pub id: CompactString,
    /// Its source.
    pub source: Sym,
    /// Its type.
    pub kind: EventKind,
    /// The time it is counted at: its own, or the journal's where it was ahead.
    pub at: TimestampMs,
    /// Fingerprint of its content.
    pub content: u64,
    /// Payer account, or the account, holder or line the event is about; [`NO_SYM`] if none.
    pub payer: Sym,
    /// Payee account, or the card or number opened; [`NO_SYM`] if none.
    pub payee: Sym,
    /// Amount, where it has one.
    pub amount: i64,
    /// Its currency.
    pub currency: Option<Currency>,
    /// How much of a request has been reversed.
    pub reversed: i64,
    /// Whether a request was reported failed.
    pub failed: bool,
    /// The settlement of a request; [`NO_EVENT`] if none.
    pub settled: EventNo,
    /// What was decided.
    pub decided: Decided,
}

impl Known {
    /// The amount with its currency.
    #[must_use]
    pub fn money(&self) -> Option<Money> {
        self.currency.map(|currency| Money {
            minor: self.amount,
            currency,
        })
    }
}

/// A decision, small: enough to say it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Decided {
    /// What the bank was told.
    pub action: Action,
    /// Where.
    pub coordinates: Coordinates,
    /// When.
    pub decided_at: TimestampMs,
    /// Marks.
    pub late: bool,
    /// Marks.
    pub stale: bool,
    /// Marks.
    pub ahead: bool,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
    /// The whole of it where there is more to say.
    pub full: Option<Box<Decision>>,
}

/// The events of the horizon.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    events: VecDeque<Known>,
    /// Count of events forgotten; the number of `events[0]`.
    base: u64,
    by_id: Table,
}

fn id_hash(source: Sym, id: &str) -> u64 {
    roll_bytes(text_hash(id), &source.to_le_bytes())
}

impl Ledger {
    /// The number the next event gets.
    #[must_use]
    pub fn next_no(&self) -> EventNo {
        (self.base + self.events.len() as u64) as EventNo
    }

    /// The number of the oldest event held; the next one's where none is.
    pub(crate) fn oldest(&self) -> EventNo {
        self.base as EventNo
    }

    /// Adds an event and returns its number.
    pub fn push(&mut self, known: Known) -> EventNo {
        let no = self.next_no();
        let hash = id_hash(known.source, &known.id);
        self.events.push_back(known);
        self.by_id.insert(hash, no);
        no
    }

    /// An event still held.
    #[must_use]
    pub fn get(&self, no: EventNo) -> Option<&Known> {
        self.events.get(no.wrapping_sub(self.base as u32) as usize)
    }

    /// An event still held.
    pub fn get_mut(&mut self, no: EventNo) -> Option<&mut Known> {
        self.events
            .get_mut(no.wrapping_sub(self.base as u32) as usize)
    }

    /// The event of that id and source.
    #[must_use]
    pub fn find(&self, source: Sym, id: &str) -> Option<EventNo> {
        self.by_id.find(id_hash(source, id), |n| {
            self.get(n)
                .is_some_and(|k| k.source == source && k.id == id)
        })
    }

    /// An event that may be the one of that id and source: for looking ahead.
    pub(crate) fn likely(&self, source: Sym, id: &str) -> Option<EventNo> {
        self.by_id.likely(id_hash(source, id))
    }

    /// The event of that id and source, by texts.
    #[must_use]
    pub fn find_text(&self, symbols: &Symbols, source: &str, id: &str) -> Option<EventNo> {
        symbols.find(source).and_then(|s| self.find(s, id))
    }

    /// Forgets events decided at or before `until`; returns those forgotten.
    pub fn forget(&mut self, until: TimestampMs) -> usize {
        let mut forgotten = 0;
        while self
            .events
            .front()
            .is_some_and(|k| k.decided.decided_at <= until)
        {
            let no = self.base as EventNo;
            let front = &self.events[0];
            let hash = id_hash(front.source, &front.id);
            self.by_id.remove(hash, no);
            self.events.pop_front();
            self.base += 1;
            forgotten += 1;
        }
        forgotten
    }

    /// Takes an event's id out, so that it counts as never seen; the event itself stays.
    pub fn release_id(&mut self, no: EventNo) {
        let Some(k) = self.get(no) else { return };
        let hash = id_hash(k.source, &k.id);
        self.by_id.remove(hash, no);
    }

    /// How many are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Those held, oldest first, and the count of those forgotten.
    #[must_use]
    pub fn parts(&self) -> (u64, &VecDeque<Known>) {
        (self.base, &self.events)
    }

    /// The ledger of these parts.
    #[must_use]
    pub fn from_parts(base: u64, events: VecDeque<Known>) -> Ledger {
        let mut ledger = Ledger {
            events: VecDeque::with_capacity(events.len()),
            base,
            by_id: Table::with_capacity(events.len()),
        };
        for known in events {
            ledger.push(known);
        }
        ledger
    }
}

/// What is known of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Names its own side gave: as payer or at opening, newest last; at most [`NAMES_MAX`].
    pub names: Vec<CompactString>,
    /// Names that payers typed for it, oldest first; at most [`TYPED_MAX`]. They never displace
    /// its own.
    pub typed: Vec<CompactString>,
    /// More names were typed than are kept: one that is not among them may still have been seen.
    pub typed_overflow: bool,
    /// Holder pseudonyms seen as owner, newest last; at most [`NAMES_MAX`].
    pub holders: Vec<Sym>,
    /// Its bank.
    pub bank: Option<Sym>,
    /// Its branch.
    pub branch: Option<Sym>,
    /// Who opened it.
    pub opened_by: Option<Sym>,
    /// Requests into and out of it, and settlements of requests never seen, oldest first; those
    /// the ledger has forgotten are dropped when the next one comes.
    pub trail: VecDeque<EventNo>,
}

/// Names and holders remembered per account; the newest win.
pub const NAMES_MAX: usize = 8;
/// Names typed by payers that are remembered per account; the first stay.
pub const TYPED_MAX: usize = 32;

fn remember<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if list.last() == Some(&item) {
        return;
    }
    list.retain(|x| *x != item);
    if list.len() == NAMES_MAX {
        list.remove(0);
    }
    list.push(item);
}

impl Account {
    /// Notes a name seen for it; `own`: its own side gave it.
    pub fn saw_name(&mut self, name: &str, own: bool) {
        if own {
            if self.names.last().is_none_or(|n| n != name) {
                remember(&mut self.names, CompactString::new(name));
            }
        } else if !self.typed.iter().chain(&self.names).any(|n| n == name) {
            if self.typed.len() < TYPED_MAX {
                self.typed.push(CompactString::new(name));
            } else {
                self.typed_overflow = true;
            }
        }
    }

    /// The holder's name as far as known: what its own side said last, else what was typed first.
    #[must_use]
    pub fn name(&self) -> Option<&CompactString> {
        self.names.last().or(self.typed.first())
    }

    /// Notes an owner seen for it.
    pub fn saw_holder(&mut self, holder: Sym) {
        if holder != NO_SYM {
            remember(&mut self.holders, holder);
        }
    }
}
