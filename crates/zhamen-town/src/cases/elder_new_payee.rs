//! A customer of 60 or older sends a large amount to somebody never paid before. It only settles if the bank's answer
//! to the inquiry follows.

use super::{CaseKind, Scene, Script, remit};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    ElderNewPayee {
        payer: Account {
            owner: town.cast_senior(),
            slot: 0,
        },
    }
}

struct ElderNewPayee {
    payer: Account,
}

impl Script for ElderNewPayee {
    fn play(&mut self, town: &mut Town) -> Scene {
        let payee = town.world.any_resident(&mut town.rng);
        let amount = Money::yuan(town.rng.between(50, 300) * 1_000);
        let manner = Manner::domestic("mobile", town.rng.pick(&["投资", "保证金", "理财"]));
        let remittance = remit(
            town,
            CaseKind::ElderNewPayee,
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
