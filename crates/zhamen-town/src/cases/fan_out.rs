//! One large inflow into a new account, then nearly all of it out to five others in equal parts.

use super::{CaseKind, Scene, Script, remit, settle_after};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

const PAYEES: u32 = 5;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    let amount = Money::yuan(town.rng.between(60, 150) * 1_000);
    FanOut {
        source: Account {
            owner: town.cast(),
            slot: 0,
        },
        mule: town.cast_mule(),
        amount,
        scene: 0,
    }
}

struct FanOut {
    source: Account,
    mule: Account,
    amount: Money,
    scene: u32,
}

impl Script for FanOut {
    fn play(&mut self, town: &mut Town) -> Scene {
        self.scene += 1;
        if self.scene == 1 {
            let manner = Manner::domestic("online", "货款");
            let inflow = remit(
                town,
                CaseKind::FanOut,
                self.source,
                self.mule,
                self.amount,
                manner,
            );
            return Scene {
                event: settle_after(town, inflow, 400),
                next_in_ms: Some(1_000),
            };
        }
        let payee = town.cast_mule();
        let manner = Manner::domestic("mobile", "往来款");
        let out = remit(
            town,
            CaseKind::FanOut,
            self.mule,
            payee,
            self.amount.percent(19),
            manner,
        );
        Scene {
            event: settle_after(town, out, 400),
            next_in_ms: (self.scene <= PAYEES).then_some(150),
        }
    }
}
