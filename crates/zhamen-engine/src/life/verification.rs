//! Verifications (高危账户身份核验): an account whose holder must be verified by a deadline, and the
//! restriction or suspension that follows where that fails.
//!
//! An account has one. Where the contract is silent: a rule that asks again while one is open moves
//! the deadline only to an earlier moment (told as `verification.opened` again, same id), and asks
//! nothing of an account already restricted or suspended; the deadline itself is too late;
//! `not_holder` suspends an account even where no rule had asked; `unverified` and `verified` do
//! nothing there (`verification.none`); a suspended account that turns out `unverified` stays
//! suspended; an upheld appeal lifts like `verified`, and `verified` closes an open appeal.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::scene::Scene;
use super::timers::{Due, TimerKey};
use super::{Applied, Life, Moment, Owner, Standing, VERIFICATIONS_MAX};
use crate::event::{Event, Field};
use crate::output::{Cause, HoldEvent, HoldEventKind, HoldNote, Output};
use crate::rule::{Action, Bilingual};
use crate::time::TimestampMs;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Open,
    Restricted,
    Suspended,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Verification {
    id: String,
    rule: Arc<str>,
    reason: Bilingual,
    state: State,
    /// Since when it is in that state.
    since: TimestampMs,
    deadline: Option<TimestampMs>,
    timer: Option<TimerKey>,
}

/// All verifications, by account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Verifications {
    all: BTreeMap<CompactString, Verification>,
    open: usize,
}

impl Verifications {
    pub fn rule(&self, account: &str) -> Option<Arc<str>> {
        self.all.get(account).map(|v| v.rule.clone())
    }

    #[cfg(test)]
    pub fn state_name(&self, account: &str) -> &'static str {
        match self.all.get(account).map(|v| v.state) {
            None => "none",
            Some(State::Open) => "pending",
            Some(State::Restricted) => "restricted",
            Some(State::Suspended) => "suspended",
        }
    }

    pub fn open(&self) -> usize {
        self.open
    }

    pub fn restricted(&self) -> usize {
        self.all.len() - self.open
    }
}

impl Life {
    /// Opens a verification on each account, to be completed within `within_ms`.
    pub fn open_verification(
        &mut self,
        rule: &Arc<str>,
        within_ms: i64,
        accounts: &[CompactString],
        reason: &Bilingual,
        m: &Moment<'_>,
        out: &mut Vec<Output>,
    ) {
        let s = &mut Scene { m, at: m.now, out };
        let deadline = s.at.saturating_add(within_ms.max(0));
        for account in accounts {
            if let Some(v) = self.verifications.all.get(account)
                && (v.state != State::Open || v.deadline.is_some_and(|d| d <= deadline))
            {
                continue;
            }
            let Some(mut v) = self.verification_of(account, rule, reason, s) else {
                continue;
            };
            self.timers.cancel(v.timer);
            v.rule = rule.clone();
            v.reason = reason.clone();
            v.deadline = Some(deadline);
            v.timer = Some(self.timers.set(deadline, Due::Deadline(account.clone())));
            s.hold(v.event(HoldEventKind::VerificationOpened, account, s));
            self.verifications.all.insert(account.clone(), v);
        }
    }

    pub(super) fn verification_completed(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let account = super::text(e, Field::VerificationAccount);
        let result = e.text(Field::VerificationResult).unwrap_or_default();
        let state = self.verifications.all.get(&account).map(|v| v.state);
        match (result, state) {
            ("verified", Some(State::Open)) => {
                self.close_verification(&account, HoldEventKind::VerificationClosed, Vec::new(), s)
            }
            ("verified", Some(State::Restricted | State::Suspended)) => {
                self.close_verification(&account, HoldEventKind::AccountUnrestricted, Vec::new(), s)
            }
            ("not_holder", Some(State::Suspended)) => Applied::done("account.suspended"),
            ("not_holder", Some(State::Open | State::Restricted)) => {
                self.restrict(&account, State::Suspended, s)
            }
            ("not_holder", None) => {
                let rule = Arc::from("verification");
                let reason = Bilingual {
                    zh: "经核验非本人使用".to_owned(),
                    en: "verified: not used by its holder".to_owned(),
                };
                if let Some(v) = self.verification_of(&account, &rule, &reason, s) {
                    self.verifications.all.insert(account.clone(), v);
                }
                self.restrict(&account, State::Suspended, s)
            }
            ("unverified", Some(State::Open)) => self.restrict(&account, State::Restricted, s),
            ("unverified", Some(State::Restricted)) => Applied::done("account.restricted"),
            ("unverified", Some(State::Suspended)) => Applied::done("account.suspended"),
            _ => Applied::done("verification.none"),
        }
    }

    pub(super) fn verification_due(&mut self, account: &CompactString, s: &mut Scene<'_, '_>) {
        self.restrict(account, State::Restricted, s);
    }

    /// Lifts a restriction or suspension; an upheld appeal. A verification that is only open
    /// stays open: nothing restricts yet.
    pub(super) fn unrestrict(
        &mut self,
        account: &CompactString,
        by: Vec<CompactString>,
        s: &mut Scene<'_, '_>,
    ) {
        let state = self.verifications.all.get(account).map(|v| v.state);
        if matches!(state, Some(State::Restricted | State::Suspended)) {
            self.close_verification(account, HoldEventKind::AccountUnrestricted, by, s);
        }
    }

    pub(super) fn verification_standing(&self, payer: &str, all: &mut Vec<Standing>) {
        let Some(v) = self.verifications.all.get(payer) else {
            return;
        };
        let (action, hold) = match v.state {
            State::Open => return,
            State::Restricted => (Action::Verify, None),
            State::Suspended => {
                let note = HoldNote {
                    id: v.id.clone(),
                    reason: v.reason.clone(),
                    since: v.since,
                    expires_at: None,
                    release_by: Vec::new(),
                    appeal: true,
                };
                (Action::Hold, Some(note))
            }
        };
        all.push(Standing {
            rule: Arc::from("verification"),
            action,
            hold,
            reason: v.reason.clone(),
        });
    }

    /// The verification of an account: the one it has, or a new open one if there is room.
    fn verification_of(
        &mut self,
        account: &CompactString,
        rule: &Arc<str>,
        reason: &Bilingual,
        s: &Scene<'_, '_>,
    ) -> Option<Verification> {
        if let Some(v) = self.verifications.all.get(account) {
            return Some(v.clone());
        }
        if self.verifications.all.len() >= VERIFICATIONS_MAX {
            self.overflowed += 1;
            return None;
        }
        let id = self.ids.next('V', s.m.coordinates);
        self.owners
            .insert(id.clone(), Owner::Verification(account.clone()));
        self.verifications.open += 1;
        Some(Verification {
            id,
            rule: rule.clone(),
            reason: reason.clone(),
            state: State::Open,
            since: s.at,
            deadline: None,
            timer: None,
        })
    }

    fn restrict(
        &mut self,
        account: &CompactString,
        state: State,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        let kind = match state {
            State::Suspended => HoldEventKind::AccountSuspended,
            _ => HoldEventKind::AccountRestricted,
        };
        let Some(v) = self.verifications.all.get_mut(account) else {
            return Applied::done("verification.none");
        };
        if v.state == State::Open {
            self.verifications.open -= 1;
        }
        self.timers.cancel(v.timer.take());
        v.state = state;
        v.since = s.at;
        v.deadline = None;
        s.hold(v.event(kind, account, s));
        Applied::done(kind.name())
    }

    fn close_verification(
        &mut self,
        account: &CompactString,
        kind: HoldEventKind,
        by: Vec<CompactString>,
        s: &mut Scene<'_, '_>,
    ) -> Applied {
        if let Some(v) = self.verifications.all.remove(account) {
            if v.state == State::Open {
                self.verifications.open -= 1;
            }
            self.timers.cancel(v.timer);
            let appealed = self.appeals.contains_key(&v.id);
            self.forget_hold(&v.id);
            s.hold(HoldEvent {
                by,
                ..v.event(kind, account, s)
            });
            if appealed {
                s.hold(HoldEvent {
                    action: Some(Action::Allow),
                    ..v.event(HoldEventKind::AppealClosed, account, s)
                });
            }
        }
        Applied::done(kind.name())
    }
}

impl Verification {
    fn event(&self, kind: HoldEventKind, account: &CompactString, s: &Scene<'_, '_>) -> HoldEvent {
        HoldEvent {
            until: self.deadline,
            reason: Some(self.reason.clone()),
            ..s.new_hold(kind, &self.id, account, Cause::Rule(self.rule.clone()))
        }
    }
}
