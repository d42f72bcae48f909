//! Five people pay into a new account, then nearly all of it leaves in one transfer.

use super::{CaseKind, Scene, Script, remit, settle_after};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

const PAYERS: u32 = 5;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    FanIn {
        mule: town.cast_mule(),
        paid_in: 0,
        total_minor: 0,
    }
}

struct FanIn {
    mule: Account,
    paid_in: u32,
    total_minor: i64,
}

impl Script for FanIn {
    fn play(&mut self, town: &mut Town) -> Scene {
        if self.paid_in == PAYERS {
            let all = Money {
                minor: self.total_minor,
                ..Money::yuan(0)
            };
            let next = town.cast_mule();
            let manner = Manner::domestic("online", "往来款");
            let out = remit(
                town,
                CaseKind::FanIn,
                self.mule,
                next,
                all.percent(97),
                manner,
            );
            return Scene {
                event: town.world.requested(&out),
                next_in_ms: None,
            };
        }
        let payer = Account {
            owner: town.cast(),
            slot: 0,
        };
        let amount = Money::yuan(town.rng.between(80, 200) * 100);
        let manner = Manner::domestic("mobile", "刷单");
        let inflow = remit(town, CaseKind::FanIn, payer, self.mule, amount, manner);
        self.paid_in += 1;
        self.total_minor += amount.minor;
        // The last inflow settles before the money leaves.
        let next_in_ms = if self.paid_in == PAYERS { 1_200 } else { 150 };
        Scene {
            event: settle_after(town, inflow, 400),
            next_in_ms: Some(next_in_ms),
        }
    }
}
