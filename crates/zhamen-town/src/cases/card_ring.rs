//! One ID opens three to five cards, each at another bank.

use super::{CaseKind, Scene, Script};
use crate::Town;
use crate::event::TownEvent;
use crate::world::Account;

pub(super) fn cast(town: &mut Town) -> impl Script + use<> {
    CardRing {
        owner: town.cast(),
        cards: town.rng.pick(&[3, 4, 5]),
        opened: 0,
    }
}

struct CardRing {
    owner: u32,
    cards: u8,
    opened: u8,
}

impl Script for CardRing {
    fn play(&mut self, town: &mut Town) -> Scene {
        let account = Account {
            owner: self.owner,
            slot: self.opened,
        };
        let (at, number) = (town.now_ms(), town.number());
        let event = town.world.card_opened(account, at, number);
        self.opened += 1;
        Scene {
            event: TownEvent {
                case: Some(CaseKind::CardRing),
                ..event
            },
            next_in_ms: (self.opened < self.cards).then_some(250),
        }
    }
}
