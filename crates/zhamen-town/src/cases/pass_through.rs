//! An inflow settles and within a second 95 % of it leaves the account again.

use super::{CaseKind, Scene, Script, remit, settle_after};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    let amount = Money::yuan(town.rng.between(60, 200) * 1_000);
    PassThrough {
        source: Account {
            owner: town.cast(),
            slot: 0,
        },
        mule: town.cast_mule(),
        amount,
        paid_in: false,
    }
}

struct PassThrough {
    source: Account,
    mule: Account,
    amount: Money,
    paid_in: bool,
}

impl Script for PassThrough {
    fn play(&mut self, town: &mut Town) -> Scene {
        if !self.paid_in {
            self.paid_in = true;
            let manner = Manner::domestic("mobile", "投资");
            let inflow = remit(
                town,
                CaseKind::PassThrough,
                self.source,
                self.mule,
                self.amount,
                manner,
            );
            return Scene {
                event: settle_after(town, inflow, 500),
                next_in_ms: Some(1_200),
            };
        }
        let next = town.cast_mule();
        let manner = Manner::domestic("online", "往来款");
        let out = remit(
            town,
            CaseKind::PassThrough,
            self.mule,
            next,
            self.amount.percent(95),
            manner,
        );
        Scene {
            event: town.world.requested(&out),
            next_in_ms: None,
        }
    }
}
