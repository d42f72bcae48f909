//! Somebody pays into an account on the police's list; the amount is unremarkable, only the payee is not.

use super::{CaseKind, Scene, Script, remit};
use crate::Town;
use crate::money::Money;
use crate::records::Manner;
use crate::world::Account;

pub(super) fn cast(round: u64, town: &mut Town) -> impl Script + use<> {
    PoliceListedPayee {
        payer: Account {
            owner: town.cast(),
            slot: 0,
        },
        payee: town.listed(round),
    }
}

struct PoliceListedPayee {
    payer: Account,
    payee: Account,
}

impl Script for PoliceListedPayee {
    fn play(&mut self, town: &mut Town) -> Scene {
        let amount = Money::yuan(town.rng.between(20, 300) * 100);
        let manner = Manner::domestic("mobile", "中奖保证金");
        let remittance = remit(
            town,
            CaseKind::PoliceListedPayee,
            self.payer,
            self.payee,
            amount,
            manner,
        );
        Scene {
            event: town.world.requested(&remittance),
            next_in_ms: None,
        }
    }
}
