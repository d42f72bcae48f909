//! Looking ahead: before a block's events are handled one by one, what each will look up is looked
//! at for all of them together. The machine waits for many distant cache lines at once then, not
//! for one after the other. Nothing is changed and nothing decided here: what was found is a guess
//! that is checked where it is used, and a wrong one costs time only.

use std::hint::black_box;

use crate::engine::Held;
use crate::entry::{Body, Entry};
use crate::event::{Event, Field};
use crate::series::Key;
use crate::symbols::Sym;

/// Entries looked at together: enough to fill the machine's queue of outstanding loads, few enough
/// that what was fetched is still near when its turn comes.
pub(crate) const TOGETHER: usize = 32;

/// What was found for some entries.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// Symbols of texts, those of one entry after those of the one before.
    guesses: Vec<(Field, Sym)>,
    /// Where an entry's guesses end.
    ends: Vec<usize>,
    slots: Vec<(usize, u32)>,
}

impl Ahead {
    /// The guesses for one of the entries.
    pub(crate) fn guesses(&self, entry: usize) -> &[(Field, Sym)] {
        let from = entry.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.guesses[from..self.ends[entry]]
    }

    /// Looks at what these entries will ask for.
    pub(crate) fn look(&mut self, held: &Held, entries: &[Entry]) {
        self.guesses.clear();
        self.ends.clear();
        self.slots.clear();
        let (plan, facts) = (&held.plan, &held.facts);
        let mut seen = 0_usize;
        for entry in entries {
            if let Some(e) = event_of(entry) {
                let source = facts.symbols.likely(&e.source);
                let repeat = source.and_then(|source| facts.ledger.likely(source, &e.id));
                seen ^= usize::from(repeat.is_some());
                for field in &plan.fields_by_kind[e.kind as usize] {
                    let sym = e.text(*field).and_then(|t| facts.symbols.likely(t));
                    self.guesses.extend(sym.map(|sym| (*field, sym)));
                }
            }
            self.ends.push(self.guesses.len());
        }
        // Each pass only reads, and no reading waits for another of the same pass.
        for (_, sym) in &self.guesses {
            seen ^= facts.symbols.text(*sym).len();
        }
        for (_, sym) in &self.guesses {
            seen ^= facts
                .account_of(*sym)
                .map_or(0, |a| a.names.len() ^ a.trail.len());
        }
        for (i, entry) in entries.iter().enumerate() {
            let Some(e) = event_of(entry) else { continue };
            for (stream, by) in &plan.keys_by_kind[e.kind as usize] {
                let key = key_of(by, self.guesses(i));
                let slot = key.and_then(|k| held.streams[*stream].likely(&k));
                self.slots.extend(slot.map(|slot| (*stream, slot)));
            }
        }
        for (stream, slot) in &self.slots {
            seen ^= held.streams[*stream].slots[*slot as usize].key[0] as usize;
        }
        for (stream, slot) in &self.slots {
            let rows = &held.streams[*stream].slots[*slot as usize].rows;
            seen ^= rows.words().last().map_or(0, |w| *w as usize);
        }
        black_box(seen);
    }
}

fn event_of(entry: &Entry) -> Option<&Event> {
    match entry {
        Entry::Record(record) => match &record.body {
            Body::Event(e) => Some(e),
            Body::Rejected(_) => None,
        },
        Entry::Tick | Entry::Activate(_) => None,
    }
}

/// The key of these fields, if each was guessed.
fn key_of(by: &[Field], guesses: &[(Field, Sym)]) -> Option<Key> {
    let mut key = Key::default();
    for (place, field) in key.iter_mut().zip(by) {
        *place = guesses.iter().find(|(f, _)| f == field)?.1;
    }
    Some(key)
}
