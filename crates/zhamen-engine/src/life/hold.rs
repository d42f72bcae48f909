//! Holds on one transfer (延迟支付结算): opened by a rule's delay, by silence, or by the outcome of
//! an inquiry; ended by their term, by the police, by two persons, or by an upheld appeal.
//!
//! A transfer has one hold: where several ask for one it lasts as long as the longest and whoever
//! may release it is whoever all of them allow. Where the contract is silent: a release of a hold
//! that is over, of a stop, a freeze or a verification is told as `release.refused`; one of an
//! unknown hold is answered so in its decision only, because no account can be named; so is a
//! release that `release_by` does not allow; requests add up, and an approval needs a request by
//! somebody else.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::scene::Scene;
use super::timers::{Due, TimerKey};
use super::{Applied, ENDED_MAX, HOLDS_MAX, Life, Moment, account_of};
use crate::event::{Event, EventKind, Field};
use crate::facts::normal_name;
use crate::output::{Cause, HoldEvent, HoldEventKind, HoldNote, HoldScope, Output};
use crate::rule::{Bilingual, Then};
use crate::time::TimestampMs;

/// Persons whose request to release one hold is remembered.
const REQUESTS_MAX: usize = 8;

/// Id and source of a transfer.
pub(super) type TransferName = (CompactString, CompactString);

/// What a rule says of the hold it asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Terms {
    pub rule: Arc<str>,
    pub for_ms: i64,
    pub police: bool,
    pub two_person: bool,
}

impl Terms {
    pub fn of(rule: &Arc<str>, then: &Then) -> Terms {
        Terms {
            rule: rule.clone(),
            for_ms: then.for_ms,
            police: then.release_by_police,
            two_person: then.release_by_two_person,
        }
    }
}

/// One hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hold {
    pub account: CompactString,
    pub transfer: TransferName,
    pub terms: Terms,
    pub since: TimestampMs,
    pub until: TimestampMs,
    pub open: bool,
    /// Persons of the bank who asked for its release.
    pub requested_by: Vec<CompactString>,
    timer: Option<TimerKey>,
}

/// All holds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Holds {
    holds: BTreeMap<String, Hold>,
    /// Open ones by transfer.
    on: BTreeMap<TransferName, String>,
    /// Oldest first.
    ended: VecDeque<String>,
}

impl Holds {
    pub fn get(&self, id: &str) -> Option<&Hold> {
        self.holds.get(id)
    }

    pub fn open(&self) -> usize {
        self.on.len()
    }
}

impl Life {
    /// Opens the hold that a rule's `delay` (or `hold`) asks on the transfer being decided, or
    /// adds the rule's terms to the hold that is open on it.
    pub fn open_delay(
        &mut self,
        rule: &Arc<str>,
        then: &Then,
        reason: &Bilingual,
        e: &Event,
        m: &Moment<'_>,
        out: &mut Vec<Output>,
    ) -> HoldNote {
        let s = &mut Scene { m, at: m.now, out };
        let transfer = (e.id.clone(), e.source.clone());
        self.open_hold(
            Terms::of(rule, then),
            account_of(e),
            transfer,
            reason.clone(),
            s,
        )
    }

    pub(super) fn open_hold(
        &mut self,
        terms: Terms,
        account: CompactString,
        transfer: TransferName,
        reason: Bilingual,
        s: &mut Scene<'_, '_>,
    ) -> HoldNote {
        let until = s.at.saturating_add(terms.for_ms.max(0));
        if let Some(id) = self.holds.on.get(&transfer).cloned() {
            return self.join_hold(&id, &terms, until, reason, s);
        }
        let id = self.ids.next('H', s.m.coordinates);
        let mut hold = Hold {
            account,
            transfer,
            terms,
            since: s.at,
            until,
            open: true,
            requested_by: Vec::new(),
            timer: None,
        };
        s.hold(HoldEvent {
            reason: Some(reason.clone()),
            ..hold_event(HoldEventKind::HoldPlaced, &id, &hold, s)
        });
        let note = note(&id, &hold, reason);
        if self.holds.open() < HOLDS_MAX {
            hold.timer = Some(self.timers.set(until, Due::HoldEnds(id.clone())));
            self.holds.on.insert(hold.transfer.clone(), id.clone());
            self.holds.holds.insert(id, hold);
        } else {
            self.overflowed += 1;
        }
        note
    }

    fn join_hold(
        &mut self,
        id: &str,
        terms: &Terms,
        until: TimestampMs,
        reason: Bilingual,
        s: &mut Scene<'_, '_>,
    ) -> HoldNote {
        let hold = self
            .holds
            .holds
            .get_mut(id)
            .expect("every hold in `on` is in `holds`");
        hold.terms.police &= terms.police;
        hold.terms.two_person &= terms.two_person;
        if until > hold.until {
            hold.until = until;
            self.timers.cancel(hold.timer);
            hold.timer = Some(self.timers.set(until, Due::HoldEnds(id.to_owned())));
            s.hold(HoldEvent {
                cause: Cause::Rule(terms.rule.clone()),
                reason: Some(reason.clone()),
                ..hold_event(HoldEventKind::HoldExtended, id, hold, s)
            });
        }
        note(id, hold, reason)
    }

    pub(super) fn hold_expires(&mut self, id: &str, s: &mut Scene<'_, '_>) {
        self.end_delay(HoldEventKind::HoldExpired, id, Vec::new(), s);
    }

    /// Ends an open hold and tells it.
    pub(super) fn end_delay(
        &mut self,
        kind: HoldEventKind,
        id: &str,
        by: Vec<CompactString>,
        s: &mut Scene<'_, '_>,
    ) {
        let Some(hold) = self.holds.holds.get_mut(id).filter(|h| h.open) else {
            return;
        };
        hold.open = false;
        self.timers.cancel(hold.timer.take());
        self.holds.on.remove(&hold.transfer);
        s.hold(HoldEvent {
            by,
            ..hold_event(kind, id, hold, s)
        });
        self.holds.ended.push_back(id.to_owned());
        if self.holds.ended.len() > ENDED_MAX
            && let Some(oldest) = self.holds.ended.pop_front()
        {
            self.holds.holds.remove(&oldest);
            self.forget_hold(&oldest);
        }
    }

    /// `hold.release_ordered`, `hold.release_requested`, `hold.release_approved`.
    pub(super) fn release(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let id = e.text(Field::ReleaseHold).unwrap_or_default();
        let person = super::text(e, Field::ReleasePerson);
        // One person in other capitals or widths is still one person.
        let is_other = |p: &CompactString| normal_name(p) != normal_name(&person);
        let Some(hold) = self.holds.holds.get_mut(id).filter(|h| h.open) else {
            return self.refuse_release(id, who(e), s);
        };
        match e.kind {
            EventKind::HoldReleaseOrdered if hold.terms.police => {
                self.end_delay(HoldEventKind::HoldReleased, id, who(e), s);
                Applied::done("hold.released")
            }
            EventKind::HoldReleaseRequested if hold.terms.two_person => {
                if !hold.requested_by.contains(&person) {
                    if hold.requested_by.len() == REQUESTS_MAX {
                        return self.refuse_release(id, who(e), s);
                    }
                    hold.requested_by.push(person);
                }
                s.hold(HoldEvent {
                    by: who(e),
                    ..hold_event(HoldEventKind::ReleaseRequested, id, hold, s)
                });
                Applied::done("release.requested")
            }
            EventKind::HoldReleaseApproved if hold.terms.two_person => {
                let Some(first) = hold.requested_by.iter().find(|p| is_other(p)).cloned() else {
                    return self.refuse_release(id, who(e), s);
                };
                self.end_delay(HoldEventKind::HoldReleased, id, vec![first, person], s);
                Applied::done("hold.released")
            }
            _ => self.refuse_release(id, who(e), s),
        }
    }

    fn refuse_release(
        &mut self,
        id: &str,
        by: Vec<CompactString>,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        if let Some(event) = self.hold_named(HoldEventKind::ReleaseRefused, id, s) {
            s.hold(HoldEvent { by, ..event });
        }
        Applied::done("release.refused")
    }

    /// An event about any hold that is remembered; `None` for an unknown id.
    pub(super) fn hold_named(
        &self,
        kind: HoldEventKind,
        id: &str,
        s: &Scene<'_, '_>,
    ) -> Option<HoldEvent> {
        use super::Owner;
        if let Some(hold) = self.holds.get(id) {
            return Some(hold_event(kind, id, hold, s));
        }
        let (account, cause, scope, until) = match self.owners.get(id)? {
            Owner::Stop(application) => {
                let order = self.stops.get(application)?;
                let cause = Cause::Application(application.clone());
                (
                    &order.account,
                    cause,
                    Some(HoldScope::AccountOut),
                    order.until,
                )
            }
            Owner::Freeze(application) => {
                let order = self.freezes.get(application)?;
                let cause = Cause::Application(application.clone());
                (
                    &order.account,
                    cause,
                    Some(HoldScope::AccountOut),
                    order.until,
                )
            }
            Owner::Verification(account) => {
                let rule = self.verifications.rule(account)?;
                (account, Cause::Rule(rule), None, None)
            }
        };
        Some(HoldEvent {
            scope,
            until,
            ..s.new_hold(kind, id, account, cause)
        })
    }
}

/// Who asks for a release: the organ and officer, or the person.
fn who(e: &Event) -> Vec<CompactString> {
    [
        Field::ReleaseOrgan,
        Field::ReleaseOfficer,
        Field::ReleasePerson,
    ]
    .into_iter()
    .filter_map(|f| e.text(f).map(CompactString::new))
    .collect()
}

fn hold_event(kind: HoldEventKind, id: &str, hold: &Hold, s: &Scene<'_, '_>) -> HoldEvent {
    HoldEvent {
        scope: Some(HoldScope::Transfer),
        transfer: Some(hold.transfer.clone()),
        until: Some(hold.until),
        ..s.new_hold(
            kind,
            id,
            &hold.account,
            Cause::Rule(hold.terms.rule.clone()),
        )
    }
}

fn note(id: &str, hold: &Hold, reason: Bilingual) -> HoldNote {
    let ways = [
        (hold.terms.police, "police"),
        (hold.terms.two_person, "two_person"),
    ];
    HoldNote {
        id: id.to_owned(),
        reason,
        since: hold.since,
        expires_at: Some(hold.until),
        release_by: ways
            .into_iter()
            .filter(|(allowed, _)| *allowed)
            .map(|(_, way)| CompactString::const_new(way))
            .collect(),
        appeal: true,
    }
}
