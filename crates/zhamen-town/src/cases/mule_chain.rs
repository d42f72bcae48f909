//! A victim pays a mule, who has passed the money on over two tiers before the police order a stop. The stop comes too
//! late for it, so the next accounts are proposed; the police turn the first of them into an order, and that account
//! gets nothing out. The other one pays on once more, after the order.
//!
//! The amounts stay below what the standard rules hold up by themselves: what stops this money is the police.

use super::police::Desk;
use super::{CaseKind, Scene, Script, remit, settle_after};
use crate::Town;
use crate::event::TownEvent;
use crate::money::Money;
use crate::records::{Manner, Remittance};
use crate::world::Account;

pub(super) fn cast(round: u64, town: &mut Town) -> impl Script + use<> {
    let victim = Account {
        owner: town.cast(),
        slot: 0,
    };
    MuleChain {
        desk: Desk::new(CaseKind::MuleChain, round, victim),
        victim,
        first: town.cast_mule(),
        second: town.cast_mule(),
        other: town.cast_mule(),
        loss: Money::yuan(town.rng.between(200, 490) * 100),
        lost: None,
        passed_on: None,
        scene: 0,
    }
}

struct MuleChain {
    desk: Desk,
    victim: Account,
    first: Account,
    /// Where most of it goes on to.
    second: Account,
    /// Where the rest goes on to.
    other: Account,
    loss: Money,
    /// What the victim paid, then what the first mule paid the second.
    lost: Option<Remittance>,
    passed_on: Option<Remittance>,
    scene: u32,
}

impl Script for MuleChain {
    fn play(&mut self, town: &mut Town) -> Scene {
        self.scene += 1;
        let (event, next_in_ms) = match self.scene {
            1 => {
                let lost = self.pay(town, self.victim, self.first, 100);
                self.lost = Some(lost.clone());
                (settle_after(town, lost, 200), Some(400))
            }
            2 => {
                let passed_on = self.pay(town, self.first, self.second, 60);
                self.passed_on = Some(passed_on.clone());
                (settle_after(town, passed_on, 200), Some(200))
            }
            3 => (self.pass(town, self.first, self.other, 25), Some(300)),
            4 => {
                let third = town.cast_mule();
                (self.pass(town, self.second, third, 30), Some(1_500))
            }
            5 => (self.order(town, 1), Some(1_000)),
            6 => (self.order(town, 2), Some(1_000)),
            7 => {
                let next = town.cast_mule();
                let held = self.pay(town, self.second, next, 25);
                (town.world.requested(&held), Some(300))
            }
            _ => {
                let next = town.cast_mule();
                (self.pass(town, self.other, next, 20), None)
            }
        };
        Scene { event, next_in_ms }
    }
}

impl MuleChain {
    /// `percent` of the loss.
    fn pay(&self, town: &mut Town, payer: Account, payee: Account, percent: i64) -> Remittance {
        let purpose = match payer == self.victim {
            true => "安全账户",
            false => "往来款",
        };
        let manner = Manner::domestic("mobile", purpose);
        let amount = self.loss.percent(percent);
        remit(town, CaseKind::MuleChain, payer, payee, amount, manner)
    }

    /// Pays, and it arrives.
    fn pass(&self, town: &mut Town, payer: Account, payee: Account, percent: i64) -> TownEvent {
        let paid = self.pay(town, payer, payee, percent);
        settle_after(town, paid, 200)
    }

    fn order(&self, town: &mut Town, tier: u64) -> TownEvent {
        let paid = match tier {
            1 => &self.lost,
            _ => &self.passed_on,
        };
        let paid = paid.as_ref().expect("money moves before it is stopped");
        self.desk.order(town, paid, tier)
    }
}
