//! The way of money: order of time, amounts, hops, what never moved; and on random payments what must
//! hold of every way.

use super::*;
use crate::event::{Event, EventKind, Field, Value};
use crate::ledger::Decided;
use crate::money::Currency;
use crate::output::Coordinates;

const FAR: Limits = Limits {
    tiers: 10,
    accounts: 100,
};

fn money(minor: i64) -> Money {
    Money {
        minor,
        currency: Currency::CNY,
    }
}

#[derive(Default)]
struct Town {
    facts: Facts,
}

impl Town {
    /// A request that was told `allow`; `edit` changes what is known of it.
    fn pay(
        &mut self,
        at: TimestampMs,
        from: &str,
        to: &str,
        minor: i64,
        edit: impl FnOnce(&mut Known),
    ) -> EventNo {
        let text = |t: &str| Value::Text(t.into());
        let e = Event::new(
            EventKind::TransferRequested,
            self.facts.ledger.next_no().to_string().into(),
            "bank".into(),
            at,
            0,
            vec![
                (Field::TxnAmount, Value::Money(money(minor))),
                (Field::PayerAccount, text(from)),
                (Field::PayeeAccount, text(to)),
            ],
        );
        let mut known = Known {
            id: e.id.clone(),
            source: self.facts.symbols.intern("bank"),
            kind: e.kind,
            at,
            content: 0,
            payer: self.facts.symbols.intern(from),
            payee: self.facts.symbols.intern(to),
            amount: minor,
            currency: Some(Currency::CNY),
            reversed: 0,
            failed: false,
            settled: NO_EVENT,
            decided: Decided {
                action: Action::Allow,
                coordinates: Coordinates {
                    partition: 0,
                    offset: 0,
                    index: 0,
                    sequence: 0,
                },
                decided_at: at,
                late: false,
                stale: false,
                ahead: false,
                ruleset: "".into(),
                full: None,
            },
        };
        edit(&mut known);
        let no = self.facts.ledger.push(known);
        self.facts.own.clear();
        self.facts.learn(&e, no);
        no
    }

    /// Pays without more.
    fn paid(&mut self, at: TimestampMs, from: &str, to: &str, minor: i64) -> EventNo {
        self.pay(at, from, to, minor, |_| ())
    }

    /// Where the money of a payment to `account` went on to: account, amount, time, tier.
    fn way(
        &self,
        no: EventNo,
        account: &str,
        limits: Limits,
    ) -> (Vec<(String, i64, TimestampMs, u32)>, bool) {
        let k = self.facts.ledger.get(no).expect("held");
        let start = Receipt {
            account: self.facts.symbols.find(account).expect("seen"),
            at: k.at,
            no,
            money: money(k.amount),
        };
        let flow = forward(&self.facts, start, limits);
        let text = |r: &Reached| self.facts.symbols.text(r.account).to_owned();
        let reached = flow.reached.iter();
        let reached = reached.map(|r| (text(r), r.money.minor, r.at, r.tier));
        (reached.collect(), flow.cut)
    }
}

fn hop(account: &str, minor: i64, at: i64, tier: u32) -> (String, i64, i64, u32) {
    (account.to_owned(), minor, at, tier)
}

#[test]
fn money_goes_on_in_order_of_time_and_no_more_than_came() {
    let mut town = Town::default();
    town.paid(5, "M", "early", 70);
    let no = town.paid(10, "V", "M", 100);
    // At the same moment and later in the journal is later.
    town.paid(10, "M", "A", 30);
    town.paid(30, "M", "C", 50);
    // Came late and belongs before C.
    town.paid(20, "M", "B", 40);
    assert_eq!(
        town.way(no, "M", FAR),
        (
            vec![
                hop("A", 30, 10, 1),
                hop("B", 40, 20, 1),
                hop("C", 30, 30, 1)
            ],
            false
        )
    );
}

#[test]
fn what_never_moved_carries_nothing() {
    let mut town = Town::default();
    let no = town.paid(10, "V", "M", 100);
    town.pay(11, "M", "failed", 100, |k| k.failed = true);
    town.pay(12, "M", "reversed", 100, |k| k.reversed = 90);
    town.pay(13, "M", "held", 100, |k| k.decided.action = Action::Hold);
    town.pay(14, "M", "usd", 100, |k| k.currency = Currency::parse("USD"));
    town.pay(15, "M", "released", 100, |k| {
        k.decided.action = Action::Delay;
        k.settled = 0;
    });
    assert_eq!(
        town.way(no, "M", FAR).0,
        [hop("reversed", 10, 12, 1), hop("released", 90, 15, 1)]
    );
}

#[test]
fn money_that_goes_round_is_followed_once() {
    let mut town = Town::default();
    let no = town.paid(10, "V", "M", 100);
    town.paid(11, "M", "A", 100);
    town.paid(12, "A", "M", 100);
    town.paid(13, "M", "B", 100);
    town.paid(14, "B", "A", 100);
    assert_eq!(
        town.way(no, "M", FAR).0,
        [hop("A", 200, 11, 1), hop("B", 100, 13, 3)]
    );
}

#[test]
fn it_goes_as_far_as_the_limits_and_says_that_there_is_more() {
    let mut town = Town::default();
    let no = town.paid(10, "V", "M", 100);
    town.paid(11, "M", "A", 60);
    town.paid(12, "M", "B", 40);
    town.paid(13, "A", "C", 60);
    let limits = |tiers, accounts| Limits { tiers, accounts };
    assert!(!town.way(no, "M", limits(2, 3)).1);
    let (reached, cut) = town.way(no, "M", limits(1, 3));
    assert_eq!((reached.len(), cut), (2, true));
    let (reached, cut) = town.way(no, "M", limits(2, 2));
    assert_eq!((reached.len(), cut), (2, true));
    let (reached, cut) = town.way(no, "M", limits(2, 1));
    assert_eq!((reached, cut), (vec![hop("A", 60, 11, 1)], true));
}

#[test]
fn the_way_back_is_by_receipts_before_and_finds_the_nearest() {
    let mut town = Town::default();
    town.paid(10, "V", "A", 100);
    town.paid(20, "A", "B", 100);
    town.paid(30, "B", "C", 100);
    // After B paid C: none of it is in C.
    town.paid(40, "W", "B", 100);
    let from = |whom: &str, since: i64| {
        let sym = |t: &str| town.facts.symbols.find(t).expect("seen");
        let wanted = sym(whom);
        let hit = |s: Sym| (s == wanted).then_some(());
        back(&town.facts, sym("C"), 50, since, FAR, hit).map(|(_, hops)| hops)
    };
    assert_eq!(from("C", 0), Some(0));
    assert_eq!(from("A", 0), Some(2));
    assert_eq!(from("V", 0), Some(3));
    assert_eq!(from("V", 11), None);
    assert_eq!(from("W", 0), None);
}

/// On random payments among few accounts: no account is reached by more than was paid into it after
/// the start, the first hops carry no more than came, and limits hold.
#[test]
fn no_way_makes_money() {
    let mut seed = 7_u64;
    let mut random = move |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % n
    };
    let names = ["M", "A", "B", "C", "D", "E"];
    for _ in 0..300 {
        let mut town = Town::default();
        let no = town.paid(10, "V", "M", 1 + random(500) as i64);
        for _ in 0..random(40) {
            let (from, to) = (names[random(6) as usize], names[random(6) as usize]);
            town.paid(5 + random(30) as i64, from, to, 1 + random(300) as i64);
        }
        let limits = Limits {
            tiers: 1 + random(5) as u32,
            accounts: 1 + random(6) as usize,
        };
        let start = town.facts.ledger.get(no).expect("held").amount;
        let (reached, _) = town.way(no, "M", limits);
        assert!(reached.len() <= limits.accounts);
        for (account, amount, at, tier) in &reached {
            let sym = town.facts.symbols.find(account).expect("seen");
            let (_, events) = town.facts.ledger.parts();
            let paid = events.iter().filter(|k| k.payee == sym && k.at >= 10);
            assert!(
                *amount <= paid.map(|k| k.amount).sum(),
                "{account} got more than was paid"
            );
            assert!(*at >= 10 && (1..=limits.tiers).contains(tier) && *amount > 0);
        }
        let total: i64 = reached.iter().map(|r| r.1).sum();
        assert!(limits.tiers > 1 || total <= start, "more went on than came");
    }
}
