//! Stop-payment (紧急止付): an order that matches holds every transfer out of the account for 48
//! hours, at most twice per account; one about which too little is known goes to the bank named
//! in it, which confirms or denies.
//!
//! Where the contract is silent: a refusal for `organ` is not remembered, so that no one can spoil
//! another organ's application; a bank that denies without naming an element is reported without
//! one; a contradiction is named before a full count of rounds, and a full
//! count before forwarding; `until` of a forwarded order is when the bank is to have answered, which is
//! when it is reminded; a bank's answer to an order that is not waiting for one changes and
//! says nothing; a release of a stop that is over already is answered `stop.lifted` again if it
//! was lifted, `stop.refused` (`time`) if it expired, and as the order was if that was refused.

use std::sync::Arc;

use compact_str::CompactString;

use super::matching::{Match, four_elements};
use super::order::{Answer, Element, Order, OrderState, may_order, print};
use super::scene::Scene;
use super::timers::Due;
use super::{Applied, Life, Moment, Owner, Standing};
use crate::event::{Event, Field};
use crate::output::{Cause, Feedback, FeedbackKind, HoldEvent, HoldEventKind, HoldNote, HoldScope};
use crate::rule::{Action, Bilingual};
use crate::time::{HOUR_MS, SECOND_MS};

/// Length of a stop, from placing.
const STOP_MS: i64 = 48 * HOUR_MS;
/// Stops that may be placed on one account.
const ROUNDS_MAX: u32 = 2;
/// Overdue reminders of one order told one by one after a gap of the clock; older ones are skipped.
const REMINDERS_AT_ONCE: i64 = 1_000;

/// Platform code of the answer to an order.
fn code(order: &Order) -> &'static str {
    if order.extension { "100106" } else { "100102" }
}
/// Platform code of the answer to a release.
const RELEASE_CODE: &str = "100104";

impl Life {
    pub(super) fn stop_ordered(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let order = Order::read(e, s.at);
        if !may_order(s.m.policy, &e.source, &order.organ) {
            return self.refuse_stop(&application, order, Some(Element::Organ), false, s);
        }
        if self.stops.get(&application).is_some() {
            return self.repeat_stop(&application, e, s);
        }
        let mut forgotten = None;
        if !self.stops.make_room(&mut forgotten) {
            self.overflowed += 1;
            let mut refused = self.refuse_stop(&application, order, None, false, s);
            refused.alarm = true;
            return refused;
        }
        if let Some(hold) = forgotten {
            self.forget_hold(&hold);
        }
        match four_elements(e, s.m) {
            Match::Contradicts(element) => {
                self.refuse_stop(&application, order, Some(element), true, s)
            }
            _ if self.stops.rounds(&order.account) >= ROUNDS_MAX => {
                self.refuse_stop(&application, order, Some(Element::Round), true, s)
            }
            Match::Same => self.place_stop(&application, order, s),
            Match::NotKnown => self.forward_stop(&application, order, s),
        }
    }

    /// The bank named in a forwarded order found that it matches.
    pub(super) fn stop_confirmed(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let Some(order) = self.stops.get(&application).cloned() else {
            return self.unknown_stop(&application, e, "100102", s);
        };
        if order.state != OrderState::Forwarded {
            return Applied::done(order.answer.kind.name());
        }
        self.timers.cancel(order.timer);
        if self.stops.rounds(&order.account) >= ROUNDS_MAX {
            return self.deny_stop(&application, Some(Element::Round), s);
        }
        self.place_stop(&application, order, s)
    }

    /// The bank named in a forwarded order found that it does not match.
    pub(super) fn stop_denied(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let Some(order) = self.stops.get(&application) else {
            return self.unknown_stop(&application, e, "100102", s);
        };
        if order.state != OrderState::Forwarded {
            return Applied::done(order.answer.kind.name());
        }
        let timer = order.timer;
        self.timers.cancel(timer);
        let element = e.text(Field::OrderElement).and_then(Element::parse);
        self.deny_stop(&application, element, s)
    }

    pub(super) fn stop_released(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let Some(order) = self.stops.get(&application).cloned() else {
            return self.unknown_stop(&application, e, RELEASE_CODE, s);
        };
        let element = match order.state {
            _ if !may_order(s.m.policy, &e.source, &order.organ) => Some(Element::Organ),
            OrderState::Standing | OrderState::Forwarded => {
                let by = [Field::OrderOrgan, Field::OrderOfficer]
                    .into_iter()
                    .filter_map(|f| e.text(f).map(CompactString::new))
                    .collect::<Vec<_>>();
                let by = if by.is_empty() { vec![order.organ] } else { by };
                self.lift_stop(&application, by, s);
                return Applied::done("stop.lifted");
            }
            OrderState::Lifted => None,
            OrderState::Expired => Some(Element::Time),
            OrderState::Refused => order.answer.element,
        };
        let kind = if element.is_none() && order.state == OrderState::Lifted {
            FeedbackKind::StopLifted
        } else {
            FeedbackKind::StopRefused
        };
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account: Some(order.account),
            element: element.map(Element::name),
            ..s.new_feedback(kind, RELEASE_CODE, id, &application)
        });
        Applied::done(kind.name())
    }

    /// Ends a stop that stands or an order that waits: released, or a freeze came.
    pub(super) fn lift_stop(
        &mut self,
        application: &CompactString,
        by: Vec<CompactString>,
        s: &mut Scene<'_, '_>,
    ) {
        let Some(was) = self.stops.end(application, OrderState::Lifted) else {
            return;
        };
        self.timers.cancel(was.timer);
        let id = self.ids.next('F', s.m.coordinates);
        if was.state == OrderState::Forwarded
            && let Some(order) = self.stops.get_mut(application)
        {
            order.answer = Answer {
                kind: FeedbackKind::StopLifted,
                id: id.clone(),
                element: None,
            };
        }
        s.feedback(Feedback {
            account: Some(was.account.clone()),
            round: was.round,
            ..s.new_feedback(FeedbackKind::StopLifted, RELEASE_CODE, id, application)
        });
        end_hold(HoldEventKind::HoldReleased, application, &was, by, s);
    }

    pub(super) fn stop_expires(&mut self, application: &CompactString, s: &mut Scene<'_, '_>) {
        let Some(was) = self.stops.end(application, OrderState::Expired) else {
            return;
        };
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account: Some(was.account.clone()),
            until: was.until,
            round: was.round,
            ..s.new_feedback(FeedbackKind::StopExpired, code(&was), id, application)
        });
        end_hold(HoldEventKind::HoldExpired, application, &was, Vec::new(), s);
    }

    pub(super) fn remind(&mut self, application: &CompactString, s: &mut Scene<'_, '_>) {
        let id = self.ids.next('F', s.m.coordinates);
        let every = s.m.policy.remind_after_ms.max(SECOND_MS);
        let Some(order) = self.stops.get_mut(application) else {
            return;
        };
        let overdue = (s.m.now - s.at) / every;
        let skipped = (overdue - REMINDERS_AT_ONCE).max(0);
        let next = s.at.saturating_add((skipped + 1).saturating_mul(every));
        order.timer = Some(self.timers.set(next, Due::Reminder(application.clone())));
        s.feedback(Feedback {
            account: Some(order.account.clone()),
            bank: Some(order.bank.clone()),
            until: Some(s.at.saturating_add(every)),
            ..s.new_feedback(FeedbackKind::StopReminded, code(order), id, application)
        });
    }

    pub(super) fn stops_standing(&self, payer: &str, m: &Moment<'_>, all: &mut Vec<Standing>) {
        for application in self.stops.standing_on(payer) {
            if let Some(order) = self.stops.get(application)
                && order.until.is_some_and(|until| until > m.now)
                && let Some(note) = note(application, order)
            {
                all.push(Standing {
                    rule: Arc::from("stop-payment"),
                    action: Action::Hold,
                    reason: note.reason.clone(),
                    hold: Some(note),
                });
            }
        }
    }

    fn place_stop(
        &mut self,
        application: &CompactString,
        mut order: Order,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let until = s.at + STOP_MS;
        let hold = self.ids.next('H', s.m.coordinates);
        let id = self.ids.next('F', s.m.coordinates);
        order.state = OrderState::Standing;
        order.since = s.at;
        order.until = Some(until);
        order.round = Some(self.stops.rounds(&order.account) + 1);
        order.hold = Some(hold.clone());
        order.timer = Some(self.timers.set(until, Due::StopEnds(application.clone())));
        order.answer = Answer {
            kind: FeedbackKind::StopPlaced,
            id,
            element: None,
        };
        self.owners
            .insert(hold.clone(), Owner::Stop(application.clone()));
        answer_stop(application, &order, s);
        let note = note(application, &order);
        s.hold(HoldEvent {
            scope: Some(HoldScope::AccountOut),
            until: order.until,
            by: vec![order.organ.clone()],
            reason: Some(reason(application)),
            ..s.new_hold(
                HoldEventKind::HoldPlaced,
                &hold,
                &order.account,
                Cause::Application(application.clone()),
            )
        });
        self.stops.place(application, order);
        Applied {
            hold: note,
            placed: Some(application.clone()),
            ..Applied::done("stop.placed")
        }
    }

    fn forward_stop(
        &mut self,
        application: &CompactString,
        mut order: Order,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let next =
            s.at.saturating_add(s.m.policy.remind_after_ms.max(SECOND_MS));
        order.state = OrderState::Forwarded;
        order.until = Some(next);
        order.timer = Some(self.timers.set(next, Due::Reminder(application.clone())));
        order.answer = Answer {
            kind: FeedbackKind::StopForwarded,
            id: self.ids.next('F', s.m.coordinates),
            element: None,
        };
        answer_stop(application, &order, s);
        self.stops.add(application, order);
        Applied::done("stop.forwarded")
    }

    fn refuse_stop(
        &mut self,
        application: &CompactString,
        mut order: Order,
        element: Option<Element>,
        remember: bool,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        order.state = OrderState::Refused;
        order.answer = Answer {
            kind: FeedbackKind::StopRefused,
            id: self.ids.next('F', s.m.coordinates),
            element,
        };
        answer_stop(application, &order, s);
        if remember {
            self.stops.add(application, order);
        }
        Applied::done("stop.refused")
    }

    /// Refuses an order that was forwarded before.
    fn deny_stop(
        &mut self,
        application: &CompactString,
        element: Option<Element>,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        self.stops.end(application, OrderState::Refused);
        let id = self.ids.next('F', s.m.coordinates);
        if let Some(order) = self.stops.get_mut(application) {
            order.answer = Answer {
                kind: FeedbackKind::StopRefused,
                id,
                element,
            };
            answer_stop(application, order, s);
        }
        Applied::done("stop.refused")
    }

    fn repeat_stop(
        &mut self,
        application: &CompactString,
        e: &Event,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let order = self
            .stops
            .get(application)
            .expect("the caller has just found it");
        answer_stop(application, order, s);
        let stands = order.state == OrderState::Standing;
        Applied {
            alarm: order.print != print(e),
            hold: note(application, order).filter(|_| stands),
            ..Applied::done(order.answer.kind.name())
        }
    }

    fn unknown_stop(
        &mut self,
        application: &CompactString,
        e: &Event,
        code: &'static str,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account: e.text(Field::OrderAccount).map(CompactString::new),
            element: Some(Element::UnknownApplication.name()),
            ..s.new_feedback(FeedbackKind::StopRefused, code, id, application)
        });
        Applied::done("stop.refused")
    }
}

/// Says the answer to an order, for the first time or again.
fn answer_stop(application: &CompactString, order: &Order, s: &mut Scene<'_, '_>) {
    let answer = &order.answer;
    let placed = answer.kind == FeedbackKind::StopPlaced;
    let forwarded = answer.kind == FeedbackKind::StopForwarded;
    s.feedback(Feedback {
        account: Some(order.account.clone()),
        bank: forwarded.then(|| order.bank.clone()),
        until: order.until.filter(|_| placed || forwarded),
        round: order.round.filter(|_| placed),
        element: answer.element.map(Element::name),
        ..s.new_feedback(answer.kind, code(order), answer.id.clone(), application)
    });
}

/// Tells the end of an order's hold, if it had one.
pub(super) fn end_hold(
    kind: HoldEventKind,
    application: &CompactString,
    was: &Order,
    by: Vec<CompactString>,
    s: &mut Scene<'_, '_>,
) {
    let Some(hold) = &was.hold else { return };
    s.hold(HoldEvent {
        scope: Some(HoldScope::AccountOut),
        until: was.until,
        by,
        ..s.new_hold(
            kind,
            hold,
            &was.account,
            Cause::Application(application.clone()),
        )
    });
}

fn note(application: &CompactString, order: &Order) -> Option<HoldNote> {
    Some(HoldNote {
        id: order.hold.clone()?,
        reason: reason(application),
        since: order.since,
        expires_at: order.until,
        release_by: vec![CompactString::const_new("police")],
        appeal: false,
    })
}

fn reason(application: &str) -> Bilingual {
    Bilingual {
        zh: format!("公安机关紧急止付，申请编号{application}"),
        en: format!("stop-payment by the police, application {application}"),
    }
}
