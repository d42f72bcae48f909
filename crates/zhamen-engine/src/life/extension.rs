//! Extending a stop (延伸止付): where the money of a stopped account went on to, told so that an
//! officer turns it into the next orders; and the accounts on such flows, by which money that comes
//! to a held account from a victim is marked and people who are about to pay on are warned.
//!
//! It proposes and never holds. Where the contract is silent: the money followed is the transfer
//! into the account that the order matched, from the account the order names if that paid it, else
//! the one nearest to its time; where only a transfer out of the account matched, that one is the
//! first hop; where the bank confirmed what the engine does not know, all the account paid from
//! the order's time on. Accounts already stopped or frozen are followed through, not named, nor is
//! the victim where money comes back to him. As long as the order stands, an account that the money
//! reaches later is named alone, when it does. What was decided `allow` before the hold counts as gone, as does what was reported settled.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::order::{Order, OrderState};
use super::scene::Scene;
use super::{FLOWS_MAX, Life, Moment};
use crate::chain::Chains;
use crate::event::{Event, EventKind, Field};
use crate::ledger::{EventNo, Known, NO_EVENT};
use crate::output::{Extension, Feedback, FeedbackKind, NextAccount, Output, Traced};
use crate::symbols::Sym;
use crate::time::TimestampMs;
use crate::trace::{self, Flow, Limits, Receipt};

/// Platform code of a request to extend a stop.
const EXTENSION_CODE: &str = "100105";

/// What an account is on a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Role {
    /// Its money it was.
    Victim,
    /// Stopped, or where the money went on to.
    Carrier,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct OnFlow {
    application: CompactString,
    role: Role,
    at: TimestampMs,
    /// What reached it has gone on already: what it pays now is not that money.
    spent: bool,
}

/// Accounts on the flows that orders uncovered, for as long as the ledger's trail reaches.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Flows {
    accounts: BTreeMap<CompactString, OnFlow>,
    /// Oldest first; an account put on again stands here twice.
    order: VecDeque<(TimestampMs, CompactString)>,
}

impl Flows {
    fn put(&mut self, account: &str, role: Role, application: &CompactString, now: TimestampMs) {
        let account = CompactString::new(account);
        let on = OnFlow {
            application: application.clone(),
            role,
            at: now,
            spent: false,
        };
        self.accounts.insert(account.clone(), on);
        self.order.push_back((now, account));
    }

    fn forget(&mut self, until: TimestampMs) {
        while let Some((at, account)) = self.order.front()
            && (*at < until || self.order.len() > FLOWS_MAX)
        {
            if self.accounts.get(account).is_some_and(|on| on.at == *at) {
                self.accounts.remove(account);
            }
            self.order.pop_front();
        }
    }

    fn get(&self, account: &str, m: &Moment<'_>) -> Option<&OnFlow> {
        let since = m.now.saturating_sub(m.policy.trail_ms);
        self.accounts.get(account).filter(|on| on.at >= since)
    }
}

impl Life {
    /// A stop was placed: follows the money and proposes the next accounts, if there are any.
    pub(crate) fn propose_extension(
        &mut self,
        application: &CompactString,
        chains: &mut Chains,
        m: &Moment<'_>,
        out: &mut Vec<Output>,
    ) {
        let s = &mut Scene { m, at: m.now, out };
        let Some(order) = self.stops.get(application).cloned() else {
            return;
        };
        self.flows.forget(m.now.saturating_sub(m.policy.trail_ms));
        self.flows
            .put(&order.account, Role::Carrier, application, m.now);
        let origin = origin(&order, m);
        let victim = origin.as_ref().and_then(|o| o.victim.clone());
        if let Some(victim) = victim.or_else(|| order.from.clone()) {
            // An account that carried money on does not become a victim by it.
            if self.flows.get(&victim, m).is_none() {
                self.flows.put(&victim, Role::Victim, application, m.now);
            }
        }
        if let Some(origin) = origin {
            let flow = trace::forward(m.facts, origin.receipt, Limits::of(m.policy));
            let next = self.next_accounts(&order, &flow, m);
            self.propose(next, flow.cut, order, application, chains, s);
        }
    }

    /// A transfer was let go: where it carries stopped money to an account that was not named yet,
    /// that one is proposed too, as long as the order stands.
    pub(crate) fn follow_on(
        &mut self,
        e: &Event,
        chains: &mut Chains,
        m: &Moment<'_>,
        out: &mut Vec<Output>,
    ) {
        if e.kind != EventKind::TransferRequested || self.flows.accounts.is_empty() {
            return;
        }
        let (Some(payer), Some(payee)) = (e.text(Field::PayerAccount), e.text(Field::PayeeAccount))
        else {
            return;
        };
        let Some(on) = self.flows.get(payer, m) else {
            return;
        };
        if on.role != Role::Carrier || on.spent {
            return;
        }
        let application = on.application.clone();
        if let Some(known) = self.flows.accounts.get_mut(payee) {
            // Named already; it has more to pass on.
            known.spent = false;
            return;
        }
        let standing = self.stops.get(&application);
        let standing = standing.filter(|o| o.state == OrderState::Standing);
        let Some(order) = standing.cloned() else {
            return;
        };
        let Some(origin) = origin(&order, m) else {
            return;
        };
        let flow = trace::forward(m.facts, origin.receipt, Limits::of(m.policy));
        let mut next = self.next_accounts(&order, &flow, m);
        next.retain(|n| self.flows.get(&n.account, m).is_none());
        if next.is_empty()
            && let Some(on) = self.flows.accounts.get_mut(payer)
        {
            on.spent = true;
        }
        let s = &mut Scene { m, at: m.now, out };
        self.propose(next, flow.cut, order, &application, chains, s);
    }

    /// Tells the accounts, if there are any, and keeps them in mind.
    fn propose(
        &mut self,
        next: Vec<NextAccount>,
        truncated: bool,
        order: Order,
        application: &CompactString,
        chains: &mut Chains,
        s: &mut Scene<'_, '_>,
    ) {
        let now = s.m.now;
        for n in &next {
            self.flows.put(&n.account, Role::Carrier, application, now);
        }
        if next.is_empty() {
            return;
        }
        let named = next.iter().map(|n| &n.account);
        let chain = chains.extend(&order.account, named, application, s.m);
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account: Some(order.account),
            extension: Some(Extension {
                next,
                truncated,
                chain,
            }),
            ..s.new_feedback(
                FeedbackKind::StopExtensionProposed,
                EXTENSION_CODE,
                id,
                application,
            )
        });
    }

    /// Those reached that no order holds yet, and whose own money it was not.
    fn next_accounts(&self, order: &Order, flow: &Flow, m: &Moment<'_>) -> Vec<NextAccount> {
        let text = |sym: Sym| CompactString::new(m.facts.symbols.text(sym));
        flow.reached
            .iter()
            .map(|r| (text(r.account), r))
            .filter(|(account, _)| !self.is_held(account) && *account != order.account)
            .filter(|(account, _)| {
                let on = self.flows.get(account, m);
                on.is_none_or(|on| on.role != Role::Victim)
            })
            .map(|(account, r)| {
                let known = m.facts.account(&account);
                NextAccount {
                    name: known.and_then(|k| k.name().cloned()),
                    bank: known.and_then(|k| m.facts.text(k.bank)),
                    account,
                    amount: r.money,
                    time: r.at,
                    tier: order.tier.saturating_add(i64::from(r.tier)),
                }
            })
            .collect()
    }

    /// Whether a stop or freeze stands on an account.
    fn is_held(&self, account: &str) -> bool {
        !self.stops.standing_on(account).is_empty() || !self.freezes.standing_on(account).is_empty()
    }

    /// Whether this `transfer.requested` brings a victim's money to a stopped or frozen account.
    /// Looks no further than the payee where nothing is held.
    #[must_use]
    pub(crate) fn traced(&self, e: &Event, m: &Moment<'_>) -> Option<Traced> {
        if e.kind != EventKind::TransferRequested
            || self.flows.accounts.is_empty()
            || !self.is_held(e.text(Field::PayeeAccount)?)
        {
            return None;
        }
        let payer = m.facts.symbols.find(e.text(Field::PayerAccount)?)?;
        let at = e.occurred_at.min(m.now);
        let since = m.now.saturating_sub(m.policy.trail_ms);
        let mut limits = Limits::of(m.policy);
        limits.tiers = limits.tiers.saturating_sub(1);
        let (application, hops) = trace::back(m.facts, payer, at, since, limits, |sym| {
            self.flows
                .get(m.facts.symbols.text(sym), m)
                .filter(|on| on.role == Role::Victim)
                .map(|on| on.application.clone())
        })?;
        Some(Traced {
            application,
            tier: hops + 1,
        })
    }

    /// Whether this `transfer.requested` would pay on into a flow that an order uncovered, by
    /// somebody who is not part of it.
    #[must_use]
    pub(crate) fn pays_into_flow(&self, e: &Event, m: &Moment<'_>) -> bool {
        if e.kind != EventKind::TransferRequested || self.flows.accounts.is_empty() {
            return false;
        }
        let role = |f: Field| self.flows.get(e.text(f)?, m).map(|on| on.role);
        role(Field::PayeeAccount) == Some(Role::Carrier)
            && role(Field::PayerAccount) != Some(Role::Carrier)
    }
}

/// Where the money of an order came to rest, or left from.
struct Origin {
    receipt: Receipt,
    victim: Option<CompactString>,
}

fn origin(order: &Order, m: &Moment<'_>) -> Option<Origin> {
    let (money, at) = (order.money?, order.transferred_at?);
    let account = m.facts.symbols.find(&order.account)?;
    let from = order.from.as_deref().and_then(|f| m.facts.symbols.find(f));
    let far = |k: &Known| (i128::from(k.at) - i128::from(at)).abs();
    let matches =
        |k: &Known| k.money() == Some(money) && far(k) <= i128::from(m.policy.match_time_ms);
    let best = m
        .facts
        .trail(account)
        .filter_map(|no| Some((no, m.facts.ledger.get(no)?)))
        .filter(|(_, k)| matches(k))
        .min_by_key(|(no, k)| {
            let comes_in = k.payee == account;
            (!comes_in, from.is_some_and(|f| k.payer != f), far(k), *no)
        });
    let receipt = |at: TimestampMs, no: EventNo| Receipt {
        account,
        at,
        no,
        money,
    };
    Some(match best {
        Some((no, k)) if k.payee == account => Origin {
            receipt: receipt(k.at, no),
            victim: Some(CompactString::new(m.facts.symbols.text(k.payer))),
        },
        // All it paid from that payment on, the payment itself first.
        Some((_, k)) => Origin {
            receipt: receipt(k.at.saturating_sub(1), NO_EVENT),
            victim: None,
        },
        None => Origin {
            receipt: receipt(at, NO_EVENT),
            victim: None,
        },
    })
}
