//! Police and bank lists: who is on which, as what, until when. An entry counts as it is now, in
//! journal order, also for a late event.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{EntryKind, Event, EventKind, Field};
use crate::time::TimestampMs;

/// All lists by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    lists: BTreeMap<CompactString, List>,
}

/// One list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Entries by kind and value.
    entries: BTreeMap<(EntryKind, CompactString), Item>,
    /// Journal time of the newest change.
    pub changed_at: TimestampMs,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its class.
    pub class: CompactString,
    /// It ends at this moment.
    pub expires_at: Option<TimestampMs>,
}

impl Lists {
    /// Applies `list.added` or `list.removed`; says what was done.
    pub(crate) fn apply(&mut self, e: &Event, now: TimestampMs) -> &'static str {
        let (Some(list), Some(kind), Some(value)) = (
            e.text(Field::EntryList),
            e.text(Field::EntryKind).and_then(EntryKind::parse),
            e.text(Field::EntryValue),
        ) else {
            return "list.unchanged";
        };
        if e.kind == EventKind::ListAdded {
            let class = e.text(Field::EntryClass).unwrap_or_default();
            self.add(list, kind, value, class, e.time(Field::EntryExpiresAt), now);
            return "list.added";
        }
        let entry = self.lists.entry(CompactString::new(list)).or_default();
        entry.changed_at = now;
        match entry.entries.remove(&(kind, CompactString::new(value))) {
            Some(_) => "list.removed",
            None => "list.unchanged",
        }
    }

    /// Puts a value on a list; a later entry of the same value replaces the earlier.
    pub(crate) fn add(
        &mut self,
        list: &str,
        kind: EntryKind,
        value: &str,
        class: &str,
        expires_at: Option<TimestampMs>,
        now: TimestampMs,
    ) {
        let list = self.lists.entry(CompactString::new(list)).or_default();
        list.changed_at = now;
        list.entries.insert(
            (kind, CompactString::new(value)),
            Item {
                class: CompactString::new(class),
                expires_at,
            },
        );
    }

    /// The list of that name, if anything was ever put on it or taken off.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&List> {
        self.lists.get(name)
    }

    /// Entries over all lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lists.values().map(|l| l.entries.len()).sum()
    }

    /// Whether no list has an entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl List {
    /// The entry of a value that has not ended at `now`; without a kind, the first of any kind.
    #[must_use]
    pub fn find(&self, kind: Option<EntryKind>, value: &str, now: TimestampMs) -> Option<&Item> {
        let value = CompactString::new(value);
        let kinds = match &kind {
            Some(k) => std::slice::from_ref(k),
            None => EntryKind::ALL,
        };
        kinds
            .iter()
            .filter_map(|k| self.entries.get(&(*k, value.clone())))
            .find(|i| i.expires_at.is_none_or(|t| now < t))
    }
}
