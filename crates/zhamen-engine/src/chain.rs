//! Alerts on one flow of money share a `chain`: a transfer that alerts takes up the chain of its
//! payer, if that account was paid in an alerted transfer within a day, else of its payee, else it
//! begins one; its payee carries it on. Between two alerts the money may have gone over accounts
//! that raised none: the payer's own receipts are followed back to the nearest chain. A proposal to
//! extend a stop puts all its accounts on one chain.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{Event, Field};
use crate::facts::Facts;
use crate::life::Moment;
use crate::time::{DAY_MS, TimestampMs};
use crate::trace::{self, Limits};

/// An account carries a chain for so long after it was last paid on it.
const CARRIED_MS: i64 = DAY_MS;

/// Chains by account. Bounded by the accounts that alerted within a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chains(BTreeMap<CompactString, (String, TimestampMs)>);

impl Chains {
    /// The chain of an alerting transfer; `alert` names a new one. `None` for other events.
    pub(crate) fn join(&mut self, e: &Event, alert: &str, m: &Moment<'_>) -> Option<String> {
        let (payer, payee) = (e.text(Field::PayerAccount)?, e.text(Field::PayeeAccount)?);
        let chain = self
            .carried(payer, m.now)
            .or_else(|| self.behind(payer, m))
            .or_else(|| self.carried(payee, m.now))
            .unwrap_or_else(|| format!("C-{alert}"));
        self.put(payee, &chain, m.now);
        Some(chain)
    }

    /// Puts the accounts of a proposal on one chain: the one its stopped account is on, else one of
    /// its own.
    pub(crate) fn extend<'a>(
        &mut self,
        stopped: &'a str,
        next: impl Iterator<Item = &'a CompactString>,
        application: &str,
        m: &Moment<'_>,
    ) -> String {
        let chain = self
            .carried(stopped, m.now)
            .or_else(|| self.behind(stopped, m))
            .unwrap_or_else(|| format!("C-{application}"));
        for account in next.map(CompactString::as_str).chain([stopped]) {
            self.put(account, &chain, m.now);
        }
        chain
    }

    fn carried(&self, account: &str, now: TimestampMs) -> Option<String> {
        self.0
            .get(account)
            .filter(|(_, at)| now - at <= CARRIED_MS)
            .map(|(chain, _)| chain.clone())
    }

    /// The nearest chain among those whose money an account carries.
    fn behind(&self, account: &str, m: &Moment<'_>) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let facts: &Facts = m.facts;
        let account = facts.symbols.find(account)?;
        let since = m.now.saturating_sub(CARRIED_MS);
        let found = trace::back(facts, account, m.now, since, Limits::of(m.policy), |sym| {
            self.carried(facts.symbols.text(sym), m.now)
        });
        found.map(|(chain, _)| chain)
    }

    fn put(&mut self, account: &str, chain: &str, now: TimestampMs) {
        self.0
            .insert(CompactString::new(account), (chain.to_owned(), now));
    }

    /// Drops what is carried no longer.
    pub(crate) fn forget(&mut self, now: TimestampMs) {
        self.0.retain(|_, (_, at)| now - *at <= CARRIED_MS);
    }
}
