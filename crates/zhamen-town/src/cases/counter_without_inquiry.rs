//! A large remittance at the counter that names no answered inquiry. It only settles if the bank's answer follows.

use super::{CaseKind, Scene, Script, remit};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    CounterWithoutInquiry {
        payer: Account {
            owner: town.cast(),
            slot: 0,
        },
    }
}

struct CounterWithoutInquiry {
    payer: Account,
}

impl Script for CounterWithoutInquiry {
    fn play(&mut self, town: &mut Town) -> Scene {
        let payee = town.world.any_resident(&mut town.rng);
        let amount = Money::yuan(town.rng.between(50, 300) * 1_000);
        let manner = Manner::domestic("counter", "装修款");
        let remittance = remit(
            town,
            CaseKind::CounterWithoutInquiry,
            self.payer,
            payee,
            amount,
            manner,
        );
        Scene {
            event: town.world.requested(&remittance),
            next_in_ms: None,
        }
    }
}
