//! A stop or freeze order as it is remembered, and the book of all of one kind. What the orders
//! do is `stop` and `freeze`.

use std::collections::{BTreeMap, VecDeque};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::ORDERS_MAX;
use super::timers::TimerKey;
use crate::entry::Policy;
use crate::event::{Event, Field, Subject, table};
use crate::hash::roll_bytes;
use crate::money::Money;
use crate::output::FeedbackKind;
use crate::time::TimestampMs;

table! {
    /// What contradicts in a refused order.
    Element {
        Account = "account", Name = "name", Amount = "amount", Time = "time", Organ = "organ",
        Round = "round", UnknownApplication = "unknown_application",
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum OrderState {
    /// Too little is known; the bank named in it was asked.
    Forwarded,
    /// Placed and in force.
    Standing,
    /// Its time is over.
    Expired,
    /// Released, or ended by a freeze.
    Lifted,
    /// Never placed.
    Refused,
}

/// The answer to an order, to be given again to a repeat.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Answer {
    pub kind: FeedbackKind,
    pub id: String,
    pub element: Option<Element>,
}

/// One order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub account: CompactString,
    pub bank: CompactString,
    pub organ: CompactString,
    /// Extends an earlier order to where the money went.
    pub extension: bool,
    /// Of a major case: a freeze may last longer.
    pub major: bool,
    /// 1 for the account that the victim paid.
    pub tier: i64,
    /// How much it is about.
    pub money: Option<Money>,
    pub transferred_at: Option<TimestampMs>,
    /// The account the money came from, if the order names it.
    pub from: Option<CompactString>,
    /// Fingerprint of the order's own fields.
    pub print: u64,
    pub state: OrderState,
    pub answer: Answer,
    /// When it was placed, else received.
    pub since: TimestampMs,
    pub until: Option<TimestampMs>,
    pub round: Option<u32>,
    /// Id of its hold, once placed.
    pub hold: Option<String>,
    pub timer: Option<TimerKey>,
}

impl Order {
    /// The order an event asks for; not answered yet.
    pub fn read(e: &Event, now: TimestampMs) -> Order {
        let text = |f| super::text(e, f);
        Order {
            account: text(Field::OrderAccount),
            bank: text(Field::OrderBank),
            organ: text(Field::OrderOrgan),
            extension: e.int(Field::OrderTier).is_some_and(|t| t > 1)
                || e.text(Field::OrderParent).is_some()
                || e.text(Field::OrderKind) == Some("100105"),
            major: super::freeze::is_major(e),
            tier: e.int(Field::OrderTier).unwrap_or(1),
            money: e.money(Field::OrderAmount),
            transferred_at: e.time(Field::OrderTransferredAt),
            from: e.text(Field::OrderFromAccount).map(CompactString::new),
            print: print(e),
            state: OrderState::Refused,
            answer: Answer {
                kind: FeedbackKind::StopRefused,
                id: String::new(),
                element: None,
            },
            since: now,
            until: None,
            round: None,
            hold: None,
            timer: None,
        }
    }
}

/// Fingerprint of an order's fields: a repeat may come as another event at another time.
pub(super) fn print(e: &Event) -> u64 {
    let fields: Vec<_> = e
        .values()
        .iter()
        .filter(|(f, _)| f.subject() == Some(Subject::Order))
        .collect();
    let bytes = postcard::to_allocvec(&fields).expect("an event's values always serialise");
    roll_bytes(0, &bytes)
}

/// Whether a source may speak for an organ.
pub(super) fn may_order(policy: &Policy, source: &str, organ: &str) -> bool {
    policy
        .sources
        .iter()
        .find(|s| s.name == source)
        .and_then(|s| s.organs.as_ref())
        .is_none_or(|organs| organs.iter().any(|o| o == organ))
}

/// All orders of one kind.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Book {
    orders: BTreeMap<CompactString, Order>,
    /// Applications standing on an account, oldest first.
    on: BTreeMap<CompactString, Vec<CompactString>>,
    /// Orders remembered that were ever placed on an account.
    placed: BTreeMap<CompactString, u32>,
    /// Oldest first.
    ended: VecDeque<CompactString>,
    standing: usize,
    forwarded: usize,
}

impl Book {
    pub fn get(&self, application: &str) -> Option<&Order> {
        self.orders.get(application)
    }

    pub fn get_mut(&mut self, application: &str) -> Option<&mut Order> {
        self.orders.get_mut(application)
    }

    /// Whether there is room for one more; forgets the oldest ended order where that makes room,
    /// and names its hold in `forgotten`.
    pub fn make_room(&mut self, forgotten: &mut Option<String>) -> bool {
        if self.orders.len() < ORDERS_MAX {
            return true;
        }
        let Some(order) = self
            .ended
            .pop_front()
            .and_then(|application| self.orders.remove(&application))
        else {
            return false;
        };
        if order.hold.is_some()
            && let Some(n) = self.placed.get_mut(&order.account)
        {
            *n -= 1;
            if *n == 0 {
                self.placed.remove(&order.account);
            }
        }
        *forgotten = order.hold;
        true
    }

    /// Remembers an order that does not stand.
    pub fn add(&mut self, application: &CompactString, order: Order) {
        match order.state {
            OrderState::Forwarded => self.forwarded += 1,
            _ => self.ended.push_back(application.clone()),
        }
        self.orders.insert(application.clone(), order);
    }

    /// Remembers an order that stands from now on: a new one, or one forwarded before.
    pub fn place(&mut self, application: &CompactString, order: Order) {
        self.standing += 1;
        *self.placed.entry(order.account.clone()).or_default() += 1;
        self.on
            .entry(order.account.clone())
            .or_default()
            .push(application.clone());
        let before = self.orders.insert(application.clone(), order);
        if before.is_some_and(|o| o.state == OrderState::Forwarded) {
            self.forwarded -= 1;
        }
    }

    /// Ends an order that stands or was forwarded; returns it as it was.
    pub fn end(&mut self, application: &CompactString, state: OrderState) -> Option<Order> {
        let order = self.orders.get_mut(application)?;
        let was = order.clone();
        match was.state {
            OrderState::Standing => self.standing -= 1,
            OrderState::Forwarded => self.forwarded -= 1,
            _ => return None,
        }
        order.state = state;
        order.timer = None;
        if let Some(list) = self.on.get_mut(&was.account) {
            list.retain(|a| a != application);
            if list.is_empty() {
                self.on.remove(&was.account);
            }
        }
        self.ended.push_back(application.clone());
        Some(was)
    }

    /// Applications standing on an account, oldest first.
    pub fn standing_on(&self, account: &str) -> &[CompactString] {
        self.on.get(account).map_or(&[], Vec::as_slice)
    }

    /// How many were ever placed on an account.
    pub fn rounds(&self, account: &str) -> u32 {
        self.placed.get(account).copied().unwrap_or(0)
    }

    pub fn standing(&self) -> usize {
        self.standing
    }

    pub fn forwarded(&self) -> usize {
        self.forwarded
    }
}
