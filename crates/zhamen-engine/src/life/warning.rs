//! Victim warnings (点对点预警): who may be warned now. A person gets at most one in
//! `warn_once_in`, by whatever rule, and none who is on the opt-out list.
//!
//! What is said and for which events is the rules' (`then.warn`), and the flows' that stop orders
//! uncovered. A person is told by the holder's pseudonym, else by phone, else by account.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{Life, Moment, WARNED_MAX, account_of};
use crate::event::{EntryKind, Event, Field};
use crate::lists::Lists;
use crate::output::Warning;
use crate::rule::Bilingual;
use crate::time::TimestampMs;

/// Who was warned, and when last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Warned {
    last: BTreeMap<CompactString, TimestampMs>,
    /// Oldest first.
    order: VecDeque<(TimestampMs, CompactString)>,
}

impl Warned {
    /// Whether that person's last warning is past; remembers this one.
    fn admit(&mut self, person: &CompactString, once_in_ms: i64, now: TimestampMs) -> bool {
        let over = |at: TimestampMs| now - at > once_in_ms;
        while let Some((at, first)) = self.order.front()
            && (over(*at) || self.order.len() >= WARNED_MAX)
        {
            if self.last.get(first) == Some(at) {
                self.last.remove(first);
            }
            self.order.pop_front();
        }
        if self.last.contains_key(person) {
            return false;
        }
        self.last.insert(person.clone(), now);
        self.order.push_back((now, person.clone()));
        true
    }
}

impl Life {
    /// The warning of the person who acts in this event, unless there was one lately or he wants
    /// none.
    pub(crate) fn warn(
        &mut self,
        cause: &std::sync::Arc<str>,
        text: Bilingual,
        e: &Event,
        lists: &Lists,
        m: &Moment<'_>,
    ) -> Option<Warning> {
        let first = |fields: [Field; 2]| {
            fields
                .iter()
                .find_map(|f| e.text(*f))
                .map(CompactString::new)
        };
        let holder = first([Field::PayerHolder, Field::HolderId]);
        let phone = first([Field::PayerPhone, Field::HolderPhone]);
        let account = account_of(e);
        let names = [
            (EntryKind::Person, holder.as_deref()),
            (EntryKind::Phone, phone.as_deref()),
            (EntryKind::Account, Some(account.as_str())),
        ];
        if let Some(list) = lists.get(&m.policy.warn_opt_out) {
            let out = |(kind, value): &(EntryKind, Option<&str>)| {
                value.is_some_and(|v| list.find(Some(*kind), v, m.now).is_some())
            };
            if names.iter().any(out) {
                return None;
            }
        }
        let person = holder.as_ref().or(phone.as_ref()).unwrap_or(&account);
        if !self.warned.admit(person, m.policy.warn_once_in_ms, m.now) {
            return None;
        }
        let at = m.coordinates;
        Some(Warning {
            id: format!("W-{}-{}-{}-{cause}", at.partition, at.offset, at.index),
            account,
            phone,
            holder,
            cause: cause.clone(),
            text,
            at: m.now,
            coordinates: at,
            ruleset: m.ruleset.clone(),
        })
    }
}
