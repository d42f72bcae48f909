//! A victim pays a mule; the police order a stop of the mule's account; the mule tries to get the money out, twice.
//! Every other time the police release the stop afterwards, and a transfer goes through.
//!
//! The waits are long enough for the order to overtake nothing on its way through its own topic.

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
    StopPayment {
        round,
        desk: Desk::new(CaseKind::StopPayment, round, victim),
        victim,
        mule: town.cast_mule(),
        loss: Money::yuan(town.rng.between(200, 490) * 100),
        paid: None,
        scene: 0,
    }
}

struct StopPayment {
    round: u64,
    desk: Desk,
    victim: Account,
    mule: Account,
    loss: Money,
    paid: Option<Remittance>,
    scene: u32,
}

impl Script for StopPayment {
    fn play(&mut self, town: &mut Town) -> Scene {
        self.scene += 1;
        match self.scene {
            1 => Scene {
                event: self.pay(town),
                next_in_ms: Some(1_500),
            },
            2 => Scene {
                event: self.order(town),
                next_in_ms: Some(1_000),
            },
            3 => Scene {
                event: self.get_out(town, 60),
                next_in_ms: Some(400),
            },
            4 => {
                let released = self.round.is_multiple_of(2);
                Scene {
                    event: self.get_out(town, 35),
                    next_in_ms: released.then_some(600),
                }
            }
            5 => Scene {
                event: self.desk.release(town, self.mule),
                next_in_ms: Some(600),
            },
            _ => {
                let out = self.attempt(town, 5);
                Scene {
                    event: settle_after(town, out, 500),
                    next_in_ms: None,
                }
            }
        }
    }
}

impl StopPayment {
    fn pay(&mut self, town: &mut Town) -> TownEvent {
        let manner = Manner::domestic("mobile", "安全账户");
        let paid = remit(
            town,
            CaseKind::StopPayment,
            self.victim,
            self.mule,
            self.loss,
            manner,
        );
        self.paid = Some(paid.clone());
        settle_after(town, paid, 400)
    }

    fn order(&self, town: &mut Town) -> TownEvent {
        let paid = self.paid.as_ref();
        let paid = paid.expect("the victim pays in the first scene");
        self.desk.order(town, paid, 1)
    }

    fn get_out(&self, town: &mut Town, percent: i64) -> TownEvent {
        let out = self.attempt(town, percent);
        town.world.requested(&out)
    }

    fn attempt(&self, town: &mut Town, percent: i64) -> Remittance {
        let next = town.cast_mule();
        let manner = Manner::domestic("mobile", "往来款");
        remit(
            town,
            CaseKind::StopPayment,
            self.mule,
            next,
            self.loss.percent(percent),
            manner,
        )
    }
}
