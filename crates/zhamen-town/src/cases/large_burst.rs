//! Six transfers of 50,000 CNY or more from one account, one after the other. The first four settle.

use super::{CaseKind, Scene, Script, remit, settle_after};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

const TRANSFERS: u32 = 6;
const SETTLED: u32 = 4;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    LargeBurst {
        payer: Account {
            owner: town.cast(),
            slot: 0,
        },
        sent: 0,
    }
}

struct LargeBurst {
    payer: Account,
    sent: u32,
}

impl Script for LargeBurst {
    fn play(&mut self, town: &mut Town) -> Scene {
        let payee = town.world.any_resident(&mut town.rng);
        let amount = Money::yuan(town.rng.between(50, 200) * 1_000);
        let manner = Manner::domestic("online", "往来款");
        let remittance = remit(
            town,
            CaseKind::LargeBurst,
            self.payer,
            payee,
            amount,
            manner,
        );
        self.sent += 1;
        let event = if self.sent <= SETTLED {
            settle_after(town, remittance, 600)
        } else {
            town.world.requested(&remittance)
        };
        Scene {
            event,
            next_in_ms: (self.sent < TRANSFERS).then_some(150),
        }
    }
}
