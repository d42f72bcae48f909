//! Freezes (冻结): an order that holds every transfer out of an account until a date, which a
//! renewal moves. Matched by account and name only; ends the stops on the account.
//!
//! Where the contract is silent: without `until` a freeze lasts six months, a renewal six more, in a
//! major case (by the order's `urgency`) a year (calendar months in Shanghai); an `until` at this
//! very moment is past, one more than a year after now, or for a renewal after the end so far, is
//! more than the law allows and refused (`time`); applications of freezes
//! and of stops are apart; a renewal or release of a freeze that is over is answered
//! `freeze.lifted` again (release of a lifted one), else `freeze.refused`: `time` if it expired,
//! `unknown_application` if it was lifted, its own element if it was refused.

use std::sync::Arc;

use compact_str::CompactString;

use super::matching::{Match, holder_name};
use super::order::{Answer, Element, Order, OrderState, may_order, print};
use super::scene::Scene;
use super::stop::end_hold;
use super::timers::Due;
use super::{Applied, Life, Moment, Owner, Standing};
use crate::event::{Event, Field};
use crate::output::{Cause, Feedback, FeedbackKind, HoldEvent, HoldEventKind, HoldNote, HoldScope};
use crate::rule::{Action, Bilingual};
use crate::time::{
    TimestampMs, civil_from_days, day_start, days_from_civil, days_in_month, shanghai_day,
    shanghai_time_of_day_ms,
};

const FREEZE_CODE: &str = "100202";
const RELEASE_CODE: &str = "100204";
const RENEWAL_CODE: &str = "100206";
const MONTHS: u32 = 6;
/// Of a major case, and the longest that any order may ask for.
const MONTHS_MAJOR: u32 = 12;
/// What an order's `urgency` says in a major case.
const MAJOR: &[&str] = &["major", "重大"];

impl Life {
    pub(super) fn freeze_ordered(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let order = Order::read(e, s.at);
        if !may_order(s.m.policy, &e.source, &order.organ) {
            return self.refuse_freeze(&application, order, Some(Element::Organ), false, s);
        }
        if let Some(known) = self.freezes.get(&application) {
            answer_freeze(&application, known, s);
            let stands = known.state == OrderState::Standing;
            return Applied {
                alarm: known.print != print(e),
                hold: note(&application, known).filter(|_| stands),
                ..Applied::done(known.answer.kind.name())
            };
        }
        let mut forgotten = None;
        if !self.freezes.make_room(&mut forgotten) {
            self.overflowed += 1;
            let mut refused = self.refuse_freeze(&application, order, None, false, s);
            refused.alarm = true;
            return refused;
        }
        if let Some(hold) = forgotten {
            self.forget_hold(&hold);
        }
        let until = e
            .time(Field::OrderUntil)
            .unwrap_or_else(|| months_after(s.at, months(order.major)));
        let element = match s.m.facts.account(&order.account) {
            None => Some(Element::Account),
            Some(account) => match holder_name(account, e) {
                Match::Contradicts(element) => Some(element),
                _ if until <= s.at || until > months_after(s.at, MONTHS_MAJOR) => {
                    Some(Element::Time)
                }
                _ => None,
            },
        };
        match element {
            Some(_) => self.refuse_freeze(&application, order, element, true, s),
            None => self.place_freeze(&application, order, until, s),
        }
    }

    pub(super) fn freeze_renewed(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let Some(order) = self.freezes.get(&application).cloned() else {
            let account = e.text(Field::OrderAccount).map(CompactString::new);
            let element = Some(Element::UnknownApplication);
            return self.refuse_change(&application, account, element, RENEWAL_CODE, s);
        };
        let so_far = order.until.unwrap_or(s.at).max(s.at);
        let until = e
            .time(Field::OrderUntil)
            .unwrap_or_else(|| months_after(so_far, months(order.major)));
        let longest = months_after(so_far, MONTHS_MAJOR);
        let element = match order.state {
            _ if !may_order(s.m.policy, &e.source, &order.organ) => Some(Element::Organ),
            OrderState::Standing if until > s.at && until <= longest => {
                return self.move_freeze(&application, order, until, s);
            }
            OrderState::Lifted => Some(Element::UnknownApplication),
            OrderState::Refused => order.answer.element,
            _ => Some(Element::Time),
        };
        self.refuse_change(&application, Some(order.account), element, RENEWAL_CODE, s)
    }

    pub(super) fn freeze_released(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let application = super::text(e, Field::OrderApplication);
        let Some(order) = self.freezes.get(&application).cloned() else {
            let account = e.text(Field::OrderAccount).map(CompactString::new);
            let element = Some(Element::UnknownApplication);
            return self.refuse_change(&application, account, element, RELEASE_CODE, s);
        };
        let element = match order.state {
            _ if !may_order(s.m.policy, &e.source, &order.organ) => Some(Element::Organ),
            OrderState::Standing | OrderState::Forwarded => {
                return self.lift_freeze(&application, e, s);
            }
            OrderState::Lifted => {
                self.tell_lifted(&application, &order, s);
                return Applied::done("freeze.lifted");
            }
            OrderState::Expired => Some(Element::Time),
            OrderState::Refused => order.answer.element,
        };
        self.refuse_change(&application, Some(order.account), element, RELEASE_CODE, s)
    }

    pub(super) fn freeze_expires(&mut self, application: &CompactString, s: &mut Scene<'_, '_>) {
        let Some(was) = self.freezes.end(application, OrderState::Expired) else {
            return;
        };
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account: Some(was.account.clone()),
            until: was.until,
            ..s.new_feedback(FeedbackKind::FreezeExpired, FREEZE_CODE, id, application)
        });
        end_hold(HoldEventKind::HoldExpired, application, &was, Vec::new(), s);
    }

    pub(super) fn freezes_standing(&self, payer: &str, m: &Moment<'_>, all: &mut Vec<Standing>) {
        for application in self.freezes.standing_on(payer) {
            if let Some(order) = self.freezes.get(application)
                && order.until.is_some_and(|until| until > m.now)
                && let Some(note) = note(application, order)
            {
                all.push(Standing {
                    rule: Arc::from("freeze"),
                    action: Action::Hold,
                    reason: note.reason.clone(),
                    hold: Some(note),
                });
            }
        }
    }

    fn place_freeze(
        &mut self,
        application: &CompactString,
        mut order: Order,
        until: TimestampMs,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let hold = self.ids.next('H', s.m.coordinates);
        order.state = OrderState::Standing;
        order.until = Some(until);
        order.hold = Some(hold.clone());
        order.timer = Some(self.timers.set(until, Due::FreezeEnds(application.clone())));
        order.answer = Answer {
            kind: FeedbackKind::FreezePlaced,
            id: self.ids.next('F', s.m.coordinates),
            element: None,
        };
        self.owners
            .insert(hold.clone(), Owner::Freeze(application.clone()));
        answer_freeze(application, &order, s);
        s.hold(HoldEvent {
            until: order.until,
            by: vec![order.organ.clone()],
            reason: Some(reason(application)),
            ..hold_event(HoldEventKind::HoldPlaced, application, &order, s)
        });
        let note = note(application, &order);
        let (account, organ) = (order.account.clone(), order.organ.clone());
        self.freezes.place(application, order);
        for stop in self.stops.standing_on(&account).to_vec() {
            self.lift_stop(&stop, vec![organ.clone()], s);
        }
        Applied {
            hold: note,
            ..Applied::done("freeze.placed")
        }
    }

    fn move_freeze(
        &mut self,
        application: &CompactString,
        before: Order,
        until: TimestampMs,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        self.timers.cancel(before.timer);
        let timer = self.timers.set(until, Due::FreezeEnds(application.clone()));
        let id = self.ids.next('F', s.m.coordinates);
        if let Some(order) = self.freezes.get_mut(application) {
            order.until = Some(until);
            order.timer = Some(timer);
            s.feedback(Feedback {
                account: Some(order.account.clone()),
                until: order.until,
                ..s.new_feedback(FeedbackKind::FreezeRenewed, RENEWAL_CODE, id, application)
            });
            s.hold(HoldEvent {
                until: order.until,
                by: vec![order.organ.clone()],
                ..hold_event(HoldEventKind::HoldExtended, application, order, s)
            });
        }
        Applied::done("freeze.renewed")
    }

    fn lift_freeze(
        &mut self,
        application: &CompactString,
        e: &Event,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        if let Some(was) = self.freezes.end(application, OrderState::Lifted) {
            self.timers.cancel(was.timer);
            self.tell_lifted(application, &was, s);
            let organ = e.text(Field::OrderOrgan).map(CompactString::new);
            let by = vec![organ.unwrap_or_else(|| was.organ.clone())];
            end_hold(HoldEventKind::HoldReleased, application, &was, by, s);
        }
        Applied::done("freeze.lifted")
    }

    fn tell_lifted(&mut self, application: &CompactString, order: &Order, s: &mut Scene<'_, '_>) {
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account: Some(order.account.clone()),
            ..s.new_feedback(FeedbackKind::FreezeLifted, RELEASE_CODE, id, application)
        });
    }

    fn refuse_freeze(
        &mut self,
        application: &CompactString,
        mut order: Order,
        element: Option<Element>,
        remember: bool,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        order.state = OrderState::Refused;
        order.answer = Answer {
            kind: FeedbackKind::FreezeRefused,
            id: self.ids.next('F', s.m.coordinates),
            element,
        };
        answer_freeze(application, &order, s);
        if remember {
            self.freezes.add(application, order);
        }
        Applied::done("freeze.refused")
    }

    /// Refuses a renewal or a release; the freeze is as before.
    fn refuse_change(
        &mut self,
        application: &CompactString,
        account: Option<CompactString>,
        element: Option<Element>,
        code: &'static str,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let id = self.ids.next('F', s.m.coordinates);
        s.feedback(Feedback {
            account,
            element: element.map(Element::name),
            ..s.new_feedback(FeedbackKind::FreezeRefused, code, id, application)
        });
        Applied::done("freeze.refused")
    }
}

/// Says the answer to an order, for the first time or again.
fn answer_freeze(application: &CompactString, order: &Order, s: &mut Scene<'_, '_>) {
    let answer = &order.answer;
    let placed = answer.kind == FeedbackKind::FreezePlaced;
    s.feedback(Feedback {
        account: Some(order.account.clone()),
        until: order.until.filter(|_| placed),
        element: answer.element.map(Element::name),
        ..s.new_feedback(answer.kind, FREEZE_CODE, answer.id.clone(), application)
    });
}

fn hold_event(
    kind: HoldEventKind,
    application: &CompactString,
    order: &Order,
    s: &Scene<'_, '_>,
) -> HoldEvent {
    HoldEvent {
        scope: Some(HoldScope::AccountOut),
        ..s.new_hold(
            kind,
            order.hold.as_deref().unwrap_or_default(),
            &order.account,
            Cause::Application(application.clone()),
        )
    }
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
        zh: format!("公安机关冻结，申请编号{application}"),
        en: format!("frozen by the police, application {application}"),
    }
}

fn months(major: bool) -> u32 {
    if major { MONTHS_MAJOR } else { MONTHS }
}

/// Whether an order is of a major case.
pub(super) fn is_major(e: &Event) -> bool {
    e.text(Field::OrderUrgency)
        .is_some_and(|u| MAJOR.iter().any(|m| u.to_lowercase().contains(m)))
}

/// The same Shanghai time of day so many months later, on the month's last day if it is shorter.
fn months_after(t: TimestampMs, months: u32) -> TimestampMs {
    let (year, month, day) = civil_from_days(shanghai_day(t));
    let ahead = month - 1 + months;
    let (year, month) = (year + i64::from(ahead / 12), ahead % 12 + 1);
    let day = day.min(days_in_month(year, month));
    day_start(days_from_civil(year, month, day)) + shanghai_time_of_day_ms(t)
}

#[cfg(test)]
mod tests {
    use super::months_after;
    use crate::time::{DAY_MS, day_start, days_from_civil};

    #[test]
    fn six_months_end_on_the_last_day_of_a_shorter_month() {
        let noon = |y, m, d| day_start(days_from_civil(y, m, d)) + DAY_MS / 2;
        assert_eq!(months_after(noon(2026, 8, 31), 6), noon(2027, 2, 28));
        assert_eq!(months_after(noon(2026, 11, 24), 6), noon(2027, 5, 24));
        assert_eq!(months_after(noon(2026, 6, 30), 6), noon(2026, 12, 30));
    }
}
