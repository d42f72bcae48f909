//! What is going to happen, by time and then by the order in which it was planned. It holds a few seconds of the
//! town's own business: an entry is only planned by an event just sent, and everything due is sent before anything
//! new is begun, so it cannot grow without bound.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::cases::Script;
use crate::event::TownEvent;
use crate::records::{Notice, Remittance};

/// Something the town will send.
pub(crate) enum Planned {
    /// What became of a transfer.
    Notice(Box<Remittance>, Notice),
    /// The next scene of a story.
    Scene(Box<dyn Script>),
    /// The same bytes once more.
    Again(Box<TownEvent>),
}

#[derive(Default)]
pub(crate) struct Agenda {
    entries: BinaryHeap<Reverse<Entry>>,
    planned: u64,
}

impl Agenda {
    pub(crate) fn plan(&mut self, due_ms: i64, what: Planned) {
        self.entries.push(Reverse(Entry {
            due_ms,
            order: self.planned,
            what,
        }));
        self.planned += 1;
    }

    /// The earliest entry due at `now_ms`, if one is.
    pub(crate) fn due(&mut self, now_ms: i64) -> Option<Planned> {
        let Reverse(first) = self.entries.peek()?;
        if first.due_ms > now_ms {
            return None;
        }
        self.entries.pop().map(|Reverse(entry)| entry.what)
    }
}

struct Entry {
    due_ms: i64,
    order: u64,
    what: Planned,
}

impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        (self.due_ms, self.order).cmp(&(other.due_ms, other.order))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
