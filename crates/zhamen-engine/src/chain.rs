//! Alerts on one flow of money share a `chain`: a transfer that alerts takes up the chain of its
//! payer, if that account was paid in an alerted transfer within a day, else of its payee, else it
//! begins one; its payee carries it on.
//!
//! Tracing money that raised no alert is not this file's.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{Event, Field};
use crate::time::{DAY_MS, TimestampMs};

/// An account carries a chain for so long after it was last paid on it.
const CARRIED_MS: i64 = DAY_MS;

/// Chains by account. Bounded by the accounts that alerted within a day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chains(BTreeMap<CompactString, (String, TimestampMs)>);

impl Chains {
    /// The chain of an alerting transfer; `alert` names a new one. `None` for other events.
    pub(crate) fn join(&mut self, e: &Event, alert: &str, now: TimestampMs) -> Option<String> {
        let (payer, payee) = (e.text(Field::PayerAccount)?, e.text(Field::PayeeAccount)?);
        let carried = |account: &str| {
            self.0
                .get(account)
                .filter(|(_, at)| now - at <= CARRIED_MS)
                .map(|(chain, _)| chain.clone())
        };
        let chain = carried(payer)
            .or_else(|| carried(payee))
            .unwrap_or_else(|| format!("C-{alert}"));
        self.0
            .insert(CompactString::new(payee), (chain.clone(), now));
        Some(chain)
    }

    /// Drops what is carried no longer.
    pub(crate) fn forget(&mut self, now: TimestampMs) {
        self.0.retain(|_, (_, at)| now - *at <= CARRIED_MS);
    }
}
