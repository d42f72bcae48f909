//! Failed and reversed transfers: what a notice takes out of the windows, and notices that come
//! before their request.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind, Field};
use crate::ledger::{Known, NO_EVENT};
use crate::money::{Currency, Money};
use crate::time::TimestampMs;

/// Notices kept for requests not seen; at the bound the oldest go.
pub(crate) const PENDING_MAX: usize = 1_000_000;

/// A notice without its request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) kind: EventKind,
    /// `None`: all of it.
    pub(crate) amount: Option<Money>,
    payer: Option<CompactString>,
    payee: Option<CompactString>,
    currency: Option<Currency>,
    until: TimestampMs,
}

impl Pending {
    /// Whether it is about the same money between the same accounts as this request.
    pub(crate) fn is_about(&self, request: &Event) -> bool {
        self.payer.as_deref() == request.text(Field::PayerAccount)
            && self.payee.as_deref() == request.text(Field::PayeeAccount)
            && self.currency == request.money(Field::TxnAmount).map(|m| m.currency)
    }
}

/// Notices waiting for their requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Waiting {
    notices: BTreeMap<(CompactString, CompactString), Vec<Pending>>,
    order: VecDeque<(TimestampMs, (CompactString, CompactString))>,
}

/// How much a notice takes out of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undo {
    pub(crate) kind: EventKind,
    /// Minor units.
    pub(crate) amount: i64,
    /// Nothing of the request is left.
    pub(crate) whole: bool,
}

/// Source and id of the request that a transfer notice names.
pub(crate) fn request_of(e: &Event) -> Option<(&str, &str)> {
    Some((e.text(Field::TransferSource)?, e.text(Field::TransferId)?))
}

/// What a notice does to its request; `Err` if it reverses more than there is.
pub(crate) fn undo(kind: EventKind, amount: Option<Money>, request: &Known) -> Result<Undo, ()> {
    if kind == EventKind::TransferFailed {
        return Ok(Undo {
            kind,
            amount: request.amount - request.reversed,
            whole: true,
        });
    }
    let amount = match amount {
        Some(m) if Some(m.currency) != request.currency => return Err(()),
        Some(m) => m.minor,
        None => request.amount,
    };
    let total = request.reversed.checked_add(amount).ok_or(())?;
    if total > request.amount {
        return Err(());
    }
    Ok(Undo {
        kind,
        amount,
        whole: total == request.amount,
    })
}

/// Notes on the request what the notice did.
pub(crate) fn note(request: &mut Known, undo: Undo) {
    match undo.kind {
        EventKind::TransferFailed => request.failed = true,
        _ => request.reversed += undo.amount,
    }
}

impl Waiting {
    /// Keeps a notice whose request was not seen.
    pub(crate) fn keep(&mut self, e: &Event, now: TimestampMs, lateness_ms: i64) {
        let Some((source, id)) = request_of(e) else {
            return;
        };
        let key = (CompactString::new(source), CompactString::new(id));
        let until = now + lateness_ms;
        let pending = Pending {
            kind: e.kind,
            amount: e.money(Field::TransferAmount),
            payer: e.text(Field::PayerAccount).map(CompactString::new),
            payee: e.text(Field::PayeeAccount).map(CompactString::new),
            currency: e.money(Field::TxnAmount).map(|m| m.currency),
            until,
        };
        self.notices.entry(key.clone()).or_default().push(pending);
        self.order.push_back((until, key));
        while self.order.len() > PENDING_MAX {
            self.drop_oldest();
        }
    }

    /// Drops notices kept long enough.
    pub(crate) fn expire(&mut self, now: TimestampMs) {
        while self.order.front().is_some_and(|(until, _)| *until < now) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let Some((until, key)) = self.order.pop_front() else {
            return;
        };
        if let Some(list) = self.notices.get_mut(&key) {
            list.retain(|p| p.until > until);
            if list.is_empty() {
                self.notices.remove(&key);
            }
        }
    }

    /// Takes the notices for a request that has come.
    pub(crate) fn take(&mut self, source: &str, id: &str) -> Vec<Pending> {
        if self.notices.is_empty() {
            return Vec::new();
        }
        self.notices
            .remove(&(CompactString::new(source), CompactString::new(id)))
            .unwrap_or_default()
    }
}

/// Where a request or its settlement was counted.
pub(crate) fn counted_as(
    request: &Known,
    no: crate::ledger::EventNo,
) -> impl Iterator<Item = crate::ledger::EventNo> {
    [no, request.settled].into_iter().filter(|n| *n != NO_EVENT)
}
