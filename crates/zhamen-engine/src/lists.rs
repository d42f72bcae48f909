//! Police and bank lists (建档): who is on which, as what, why, by whom and until when. An entry counts
//! as it is now, in journal order, also for a late event.
//!
//! No list is emptied by one hand: replacing a list by one of half its size or less, or by nothing,
//! waits for another person's `list.confirmed`; so do single removals once they have taken half of
//! a list of some size within a Shanghai day. What waits is told as `list.pending`, alarms the
//! operator and lapses after a day; until then the list is as before. Where the contract is silent:
//! the same removal asked for by another person confirms it; adding a value again takes back its
//! removal; a new replacement takes the place of one that waits; who acts is `entry.person`, else
//! the source; a replacement is of one kind of entry, and may come in parts, which count when all
//! are there.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{EntryKind, Event, EventKind, Field};
use crate::facts::normal_name;
use crate::time::{DAY_MS, TimestampMs, shanghai_day};

/// What was done with a change that needs a second person.
pub(crate) const PENDING: &str = "list.pending";
/// Entries that a replacement may hold while it waits; more are not taken (`list.full`).
pub const PENDING_MAX: usize = 1_000_000;
/// What waits for a second person lapses after this.
const PENDING_MS: i64 = DAY_MS;

/// All lists by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lists {
    lists: BTreeMap<CompactString, List>,
}

/// One list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    entries: BTreeMap<EntryKey, Item>,
    /// Journal time of the newest change.
    pub changed_at: TimestampMs,
    /// The day of the newest removal, and how many entries there were before its first.
    guard: (i64, u64),
    /// Removals that wait: by whom asked, and when.
    removals: BTreeMap<EntryKey, (CompactString, TimestampMs)>,
    replacement: Option<Replacement>,
}

/// Kind and value.
type EntryKey = (EntryKind, CompactString);

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its class.
    pub class: CompactString,
    /// Why it is there.
    pub reason: CompactString,
    /// Who put it there.
    pub source: CompactString,
    /// When.
    pub added_at: TimestampMs,
    /// It ends at this moment.
    pub expires_at: Option<TimestampMs>,
}

/// A list of one kind that is to take the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Replacement {
    by: CompactString,
    kind: EntryKind,
    entries: BTreeMap<CompactString, Item>,
    parts: i64,
    got: BTreeSet<i64>,
    at: TimestampMs,
}

impl Replacement {
    fn is_whole(&self) -> bool {
        self.got.len() as i64 == self.parts
    }
}

impl Lists {
    /// Applies an event of the lists' topic; says what was done.
    pub(crate) fn apply(&mut self, e: &Event, guard_from: u32, now: TimestampMs) -> &'static str {
        let Some(name) = e.text(Field::EntryList) else {
            return "list.unchanged";
        };
        let list = self.lists.entry(CompactString::new(name)).or_default();
        let by = CompactString::new(e.text(Field::EntryPerson).unwrap_or(&e.source));
        let kind = e.text(Field::EntryKind).and_then(EntryKind::parse);
        let value = e.text(Field::EntryValue).map(CompactString::new);
        match (e.kind, kind, value) {
            (EventKind::ListAdded, Some(kind), Some(value)) => {
                list.put((kind, value), item(e, now), now);
                "list.added"
            }
            (EventKind::ListRemoved, Some(kind), Some(value)) => {
                list.remove((kind, value), by, guard_from, now)
            }
            (EventKind::ListReplaced, Some(kind), _) => list.replace(e, kind, by, now),
            (EventKind::ListConfirmed, ..) => list.confirm(&by, now),
            _ => "list.unchanged",
        }
    }

    #[cfg(test)]
    pub(crate) fn state_name(&self, list: &str, now: TimestampMs) -> &'static str {
        let waits = |at: TimestampMs| now - at <= PENDING_MS;
        let Some(list) = self.lists.get(list) else {
            return "settled";
        };
        if list.replacement.as_ref().is_some_and(|r| waits(r.at)) {
            "replacement waits"
        } else if list.removals.values().any(|(_, at)| waits(*at)) {
            "removal waits"
        } else {
            "settled"
        }
    }

    /// A rule puts its subject on a list.
    pub(crate) fn add_by_rule(
        &mut self,
        list: &str,
        kind: EntryKind,
        value: &str,
        rule: &str,
        now: TimestampMs,
    ) {
        let item = Item {
            class: CompactString::const_new("high_risk"),
            reason: CompactString::new(rule),
            source: CompactString::const_new("zhamen"),
            added_at: now,
            expires_at: None,
        };
        let list = self.lists.entry(CompactString::new(list)).or_default();
        list.put((kind, CompactString::new(value)), item, now);
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
    /// A later entry of the same value takes the place of the earlier.
    fn put(&mut self, key: EntryKey, item: Item, now: TimestampMs) {
        self.changed_at = now;
        self.removals.remove(&key);
        self.entries.insert(key, item);
    }

    fn remove(
        &mut self,
        key: EntryKey,
        by: CompactString,
        guard_from: u32,
        now: TimestampMs,
    ) -> &'static str {
        if !self.entries.contains_key(&key) {
            self.changed_at = now;
            return "list.unchanged";
        }
        let day = shanghai_day(now);
        if self.guard.0 != day {
            self.guard = (day, self.entries.len() as u64);
        }
        let (before, left) = (self.guard.1, self.entries.len() as u64 - 1);
        if before >= u64::from(guard_from.max(1)) && left * 2 <= before {
            let confirmed = self
                .removals
                .get(&key)
                .is_some_and(|(first, at)| now - at <= PENDING_MS && !same_person(first, &by));
            if !confirmed {
                self.removals.insert(key, (by, now));
                return PENDING;
            }
        }
        self.changed_at = now;
        self.removals.remove(&key);
        self.entries.remove(&key);
        "list.removed"
    }

    fn replace(
        &mut self,
        e: &Event,
        kind: EntryKind,
        by: CompactString,
        now: TimestampMs,
    ) -> &'static str {
        let values = e.list(Field::EntryValues).unwrap_or_default();
        let part = e.int(Field::EntryPart).unwrap_or(1);
        let parts = e.int(Field::EntryParts).unwrap_or(1);
        if !(1..=parts).contains(&part) {
            return "list.unchanged";
        }
        let goes_on = self.replacement.as_ref().is_some_and(|r| {
            r.by == by
                && (r.kind, r.parts) == (kind, parts)
                && !r.is_whole()
                && !r.got.contains(&part)
                && now - r.at <= PENDING_MS
        });
        let mut r = match self.replacement.take().filter(|_| goes_on) {
            Some(r) => r,
            None => Replacement {
                by,
                kind,
                entries: BTreeMap::new(),
                parts,
                got: BTreeSet::new(),
                at: now,
            },
        };
        if r.entries.len() + values.len() > PENDING_MAX {
            return "list.full";
        }
        let item = item(e, now);
        r.entries
            .extend(values.iter().map(|v| (v.clone(), item.clone())));
        r.got.insert(part);
        if !r.is_whole() {
            self.replacement = Some(r);
            return "list.collecting";
        }
        let before = self.entries.keys().filter(|(k, _)| *k == kind).count();
        if before > 0 && r.entries.len() * 2 <= before {
            self.replacement = Some(r);
            return PENDING;
        }
        self.take_over(r, now);
        "list.replaced"
    }

    /// Another person agrees with what waits.
    fn confirm(&mut self, by: &str, now: TimestampMs) -> &'static str {
        self.removals.retain(|_, (_, at)| now - *at <= PENDING_MS);
        if self
            .replacement
            .as_ref()
            .is_some_and(|r| now - r.at > PENDING_MS)
        {
            self.replacement = None;
        }
        let others = |first: &str| !same_person(first, by);
        let whole = self.replacement.take_if(|r| r.is_whole() && others(&r.by));
        if let Some(r) = whole {
            self.take_over(r, now);
            return "list.replaced";
        }
        let agreed: Vec<EntryKey> = self
            .removals
            .iter()
            .filter(|(_, (first, _))| others(first))
            .map(|(key, _)| key.clone())
            .collect();
        for key in &agreed {
            self.removals.remove(key);
            self.entries.remove(key);
        }
        if !agreed.is_empty() {
            self.changed_at = now;
            return "list.removed";
        }
        match self.removals.is_empty() && self.replacement.is_none() {
            true => "list.unchanged",
            false => "list.refused",
        }
    }

    fn take_over(&mut self, r: Replacement, now: TimestampMs) {
        self.changed_at = now;
        self.entries.retain(|(kind, _), _| *kind != r.kind);
        self.removals.retain(|(kind, _), _| *kind != r.kind);
        let entries = r.entries.into_iter().map(|(v, item)| ((r.kind, v), item));
        self.entries.extend(entries);
        // What was agreed to by two is where the day's removals begin.
        self.guard = (shanghai_day(now), self.entries.len() as u64);
    }

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

fn item(e: &Event, now: TimestampMs) -> Item {
    let text = |f: Field| CompactString::new(e.text(f).unwrap_or_default());
    Item {
        class: text(Field::EntryClass),
        reason: text(Field::EntryReason),
        source: e.source.clone(),
        added_at: now,
        expires_at: e.time(Field::EntryExpiresAt),
    }
}

/// One person in other capitals or widths is still one person.
fn same_person(a: &str, b: &str) -> bool {
    normal_name(a) == normal_name(b)
}
