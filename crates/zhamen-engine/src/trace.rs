//! The way of money over accounts (追踪反制): forward from a payment, whither it went on; backward
//! from an account, whether it comes from somewhere.
//!
//! Asked of the ledger when an order or an alert needs it: nothing is kept per event, and no rule
//! reads it. Bounds: [`Limits`], [`SCANNED_MAX`], [`SCANNED_BACK_MAX`], [`RECEIPTS_MAX`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::entry::Policy;
use crate::event::EventKind;
use crate::facts::Facts;
use crate::ledger::{EventNo, Known, NO_EVENT};
use crate::money::Money;
use crate::rule::Action;
use crate::symbols::Sym;
use crate::time::TimestampMs;

/// Newest events of one account looked at on the way forward; what a busy account passed on
/// before them is not found.
const SCANNED_MAX: usize = 10_000;
/// Newest events of one account looked at on the way back, which alerts ask for.
const SCANNED_BACK_MAX: usize = 256;
/// Newest receipts of one account followed on the way back.
const RECEIPTS_MAX: usize = 64;

/// How far a trace goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Hops from the start.
    pub tiers: u32,
    /// Accounts besides the start.
    pub accounts: usize,
}

impl Limits {
    pub fn of(policy: &Policy) -> Limits {
        Limits {
            tiers: policy.trace_tiers,
            accounts: policy.trace_accounts as usize,
        }
    }
}

/// Money that came to an account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receipt {
    pub account: Sym,
    pub at: TimestampMs,
    /// The transfer; [`NO_EVENT`] where only the time is known: all at that time is then later.
    pub no: EventNo,
    pub money: Money,
}

/// An account that money reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reached {
    pub account: Sym,
    /// How much of the money traced, over all ways.
    pub money: Money,
    /// When the first of it came.
    pub at: TimestampMs,
    /// Hops from the start, from 1.
    pub tier: u32,
}

/// Where money went.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Nearest first, then by time.
    pub reached: Vec<Reached>,
    /// There is more than [`Limits`] allow.
    pub cut: bool,
}

/// Follows money hop by hop: what an account pays after a receipt passes that receipt on, the
/// earliest payment first, never more than came and never the same payment twice. The start itself
/// is not listed where money returns to it.
pub(crate) fn forward(facts: &Facts, start: Receipt, limits: Limits) -> Flow {
    let mut flow = Flow::default();
    let mut taken: BTreeMap<EventNo, i64> = BTreeMap::new();
    let mut here = vec![start];
    for tier in 1..=limits.tiers.saturating_add(1) {
        let mut next = Vec::new();
        for receipt in &here {
            pass_on(facts, receipt, &mut taken, &mut next);
        }
        next.sort_by_key(|r: &Receipt| (r.at, r.no));
        if tier > limits.tiers {
            flow.cut |= !next.is_empty();
            break;
        }
        next.retain(|r| r.account == start.account || flow.note(r, tier, limits.accounts));
        if next.is_empty() {
            break;
        }
        here = next;
    }
    flow
}

impl Flow {
    /// Lists what reached an account; `false` where there is no room for it.
    fn note(&mut self, r: &Receipt, tier: u32, accounts_max: usize) -> bool {
        if let Some(known) = self.reached.iter_mut().find(|k| k.account == r.account) {
            known.money.minor = known.money.minor.saturating_add(r.money.minor);
            known.at = known.at.min(r.at);
            return true;
        }
        if self.reached.len() >= accounts_max {
            self.cut = true;
            return false;
        }
        self.reached.push(Reached {
            account: r.account,
            money: r.money,
            at: r.at,
            tier,
        });
        true
    }
}

/// The payments that pass one receipt on.
fn pass_on(
    facts: &Facts,
    receipt: &Receipt,
    taken: &mut BTreeMap<EventNo, i64>,
    next: &mut Vec<Receipt>,
) {
    let mut paid: Vec<(EventNo, &Known)> = newest(facts, receipt.account)
        .take(SCANNED_MAX)
        .filter(|(_, k)| k.payer == receipt.account && k.currency == Some(receipt.money.currency))
        .filter(|(no, k)| {
            k.at > receipt.at
                || (k.at == receipt.at && (receipt.no == NO_EVENT || *no > receipt.no))
        })
        .collect();
    paid.sort_by_key(|(no, k)| (k.at, *no));
    let mut left = receipt.money.minor;
    for (no, k) in paid {
        if left == 0 {
            return;
        }
        let used = taken.get(&no).copied().unwrap_or(0);
        let part = (moved(k) - used).min(left);
        if part <= 0 {
            continue;
        }
        taken.insert(no, used + part);
        left -= part;
        next.push(Receipt {
            account: k.payee,
            at: k.at,
            no,
            money: Money {
                minor: part,
                ..receipt.money
            },
        });
    }
}

/// How much of a transfer has moved, as far as is known: one that the bank was told to allow or
/// that it reported as settled, less what was reversed.
pub(crate) fn moved(k: &Known) -> i64 {
    let went = k.decided.action == Action::Allow
        || k.settled != NO_EVENT
        || k.kind == EventKind::TransferSettled;
    if went && !k.failed {
        (k.amount - k.reversed).max(0)
    } else {
        0
    }
}

/// Asks `hit` of an account, then of those that paid it at or before `at` and not before `since`,
/// then of those that paid them before that; the nearest answer, with its distance in hops.
pub(crate) fn back<T>(
    facts: &Facts,
    account: Sym,
    at: TimestampMs,
    since: TimestampMs,
    limits: Limits,
    hit: impl Fn(Sym) -> Option<T>,
) -> Option<(T, u32)> {
    let mut seen = BTreeSet::from([account]);
    let mut queue = VecDeque::from([(account, at, 0)]);
    while let Some((account, at, tier)) = queue.pop_front() {
        if let Some(found) = hit(account) {
            return Some((found, tier));
        }
        if tier == limits.tiers {
            continue;
        }
        let receipts = newest(facts, account)
            .take(SCANNED_BACK_MAX)
            .filter(|(_, k)| k.payee == account && (since..=at).contains(&k.at) && moved(k) > 0)
            .take(RECEIPTS_MAX);
        for (_, k) in receipts {
            if seen.len() <= limits.accounts && seen.insert(k.payer) {
                queue.push_back((k.payer, k.at, tier + 1));
            }
        }
    }
    None
}

/// Transfers into and out of an account that the ledger still holds, newest in the journal first.
fn newest(facts: &Facts, account: Sym) -> impl Iterator<Item = (EventNo, &Known)> {
    facts
        .trail(account)
        .filter_map(|no| Some((no, facts.ledger.get(no)?)))
}

#[cfg(test)]
mod tests;
