//! One person registers telephone lines at one operator: three, which is reported, or six, which is forbidden.

use super::{CaseKind, Scene, Script};
use crate::Town;
use crate::event::TownEvent;

pub(super) fn cast_over_limit(town: &mut Town) -> impl Script + use<> {
    PhoneLines {
        kind: CaseKind::PhoneLinesOverLimit,
        owner: town.cast(),
        lines: 6,
        registered: 0,
    }
}

pub(super) fn cast_three(town: &mut Town) -> impl Script + use<> {
    PhoneLines {
        kind: CaseKind::PhoneLinesThree,
        owner: town.cast(),
        lines: 3,
        registered: 0,
    }
}

struct PhoneLines {
    kind: CaseKind,
    owner: u32,
    lines: usize,
    registered: usize,
}

impl Script for PhoneLines {
    fn play(&mut self, town: &mut Town) -> Scene {
        let (at, number) = (town.now_ms(), town.number());
        let event = town.world.phone(
            "phone.registered",
            self.owner,
            Some(self.registered),
            at,
            number,
        );
        self.registered += 1;
        Scene {
            event: TownEvent {
                case: Some(self.kind),
                ..event
            },
            next_in_ms: (self.registered < self.lines).then_some(200),
        }
    }
}
