//! Appeals (反电信网络诈骗法 art. 32: an upheld one lifts the restriction at once). They end a hold
//! on a transfer and the restriction of an account, never a stop or a freeze, though those may be
//! appealed against too.
//!
//! Where the contract is silent: an appeal about a hold that is over is heard all the same; filing
//! again while one is open changes and says nothing; a decision without an appeal, or an appeal
//! about an unknown hold, is answered `appeal.unknown` and told nowhere. `appeal.closed` has the
//! action `allow` if it was upheld.

use compact_str::CompactString;

use super::scene::Scene;
use super::{Applied, Life, Owner};
use crate::event::{Event, Field};
use crate::output::{HoldEvent, HoldEventKind};
use crate::rule::Action;

impl Life {
    pub(super) fn appeal_filed(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let id = e.text(Field::AppealHold).unwrap_or_default();
        let person = super::text(e, Field::AppealPerson);
        let Some(event) = self.hold_named(HoldEventKind::AppealOpened, id, s) else {
            return Applied::done("appeal.unknown");
        };
        if !self.appeals.contains_key(id) {
            self.appeals.insert(id.to_owned(), person.clone());
            s.hold(HoldEvent {
                by: vec![person],
                ..event
            });
        }
        Applied::done("appeal.opened")
    }

    pub(super) fn appeal_decided(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let id = e.text(Field::AppealHold).unwrap_or_default();
        let upheld = e.bool(Field::AppealUpheld).unwrap_or(false);
        let by = vec![super::text(e, Field::AppealPerson)];
        let event = self.hold_named(HoldEventKind::AppealClosed, id, s);
        let (Some(event), Some(_)) = (event, self.appeals.remove(id)) else {
            return Applied::done("appeal.unknown");
        };
        s.hold(HoldEvent {
            by: by.clone(),
            action: upheld.then_some(Action::Allow),
            ..event
        });
        if upheld {
            self.uphold(id, by, s);
        }
        Applied::done("appeal.closed")
    }

    fn uphold(&mut self, id: &str, by: Vec<CompactString>, s: &mut Scene<'_, '_>) {
        match self.owners.get(id).cloned() {
            None => self.end_delay(HoldEventKind::HoldReleased, id, by, s),
            Some(Owner::Verification(account)) => self.unrestrict(&account, by, s),
            Some(Owner::Stop(_) | Owner::Freeze(_)) => {}
        }
    }
}
