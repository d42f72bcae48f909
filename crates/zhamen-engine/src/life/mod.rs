//! What lasts longer than one event: stops and freezes, delays, inquiries, verifications, and the
//! timers that end them, on the journal's clock.
//!
//! [`Life`] is told of every accepted event that is not a transfer, asked what stands on a payer,
//! and fired before each entry. It judges no rule and decides no transfer. Every pair of state and
//! event has an answer; the ones the contract leaves open are written beside the code that gives
//! them. Reading order: `order` is a stop or freeze, `matching` compares one with what is
//! known, `stop` and `freeze` are their lives, `extension` follows the money, then
//! `hold`, `appeal`, `inquiry`, `verification`, `watch` (alerts), `warning`; `timers` and `scene` are
//! what they stand on.
//!
//! Bounds: [`ORDERS_MAX`], [`HOLDS_MAX`], [`INQUIRIES_MAX`], [`VERIFICATIONS_MAX`], [`ENDED_MAX`],
//! [`ALERTS_MAX`], [`WARNED_MAX`], [`FLOWS_MAX`], [`BANKS_MAX`].
//! Past one of the first four a new life is announced and decided as ever but not followed: it
//! stays closed to releases and answers, and [`LifeStats::overflowed`] counts it. (A verification
//! that cannot be followed is not opened, an order that cannot be remembered is refused.)

mod appeal;
mod extension;
mod freeze;
mod hold;
mod inquiry;
mod matching;
mod order;
mod scene;
mod stop;
pub mod table;
#[cfg(test)]
mod tests;
mod timers;
mod verification;
mod warning;
mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::entry::Policy;
use crate::event::{Event, EventKind, Field};
use crate::facts::Facts;
use crate::output::{Coordinates, HoldNote, Output};
use crate::rule::{Action, Bilingual, RuleSet};
use crate::time::TimestampMs;

pub use inquiry::{Coverage, InquiryCounts, Outcome};
pub use order::Element;
use scene::{Ids, Scene};
use timers::{Due, Timers};
pub use watch::{AlertVerdict, Quality};

/// Orders remembered of each kind, standing or ended; the oldest ended ones are forgotten first,
/// and with them the rounds they count for.
pub const ORDERS_MAX: usize = 1_000_000;
/// Delays open at once.
pub const HOLDS_MAX: usize = 1_000_000;
/// Inquiries open or answered but not yet used.
pub const INQUIRIES_MAX: usize = 1_000_000;
/// Verifications open or accounts restricted or suspended.
pub const VERIFICATIONS_MAX: usize = 1_000_000;
/// Ended delays and ended inquiries remembered, so that a late release or answer is told apart
/// from an unknown one.
pub const ENDED_MAX: usize = 100_000;
/// Alerts remembered; those for which nothing falls due any more are forgotten first.
pub const ALERTS_MAX: usize = 200_000;
/// Persons warned lately; the one warned longest ago is forgotten first and may be warned again.
pub const WARNED_MAX: usize = 200_000;
/// Accounts on the flows of stopped money; the oldest are forgotten first.
pub const FLOWS_MAX: usize = 100_000;
/// Banks whose inquiries are counted; those of others are counted together, without a name.
pub const BANKS_MAX: usize = 10_000;

/// What is the case when something happens.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Settings in force.
    pub policy: &'a Policy,
    /// Rules in force.
    pub rules: &'a RuleSet,
    /// The journal's clock.
    pub now: TimestampMs,
    /// Of the entry being handled.
    pub coordinates: Coordinates,
    /// Digest of the rules in force.
    pub ruleset: &'a Arc<str>,
    /// What is known.
    pub facts: &'a Facts,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// For the decision: what was done, `stop.placed` and the like.
    pub done: CompactString,
    /// An application was repeated with other content, or an order could not be remembered: alarm
    /// the operator.
    pub alarm: bool,
    /// The hold that an order placed and that stands.
    pub hold: Option<HoldNote>,
    /// A stop was placed just now, by application: its money is to be followed.
    pub placed: Option<CompactString>,
}

impl Applied {
    fn done(what: &str) -> Applied {
        Applied {
            done: CompactString::new(what),
            alarm: false,
            hold: None,
            placed: None,
        }
    }
}

/// What stands on a payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `stop-payment`, `freeze` or `verification`.
    pub rule: Arc<str>,
    /// What it asks of every transfer out.
    pub action: Action,
    /// The hold, where the action is one.
    pub hold: Option<HoldNote>,
    /// Why, for officers and staff.
    pub reason: Bilingual,
}

/// How much is alive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LifeStats {
    /// Delays open.
    pub holds: usize,
    /// Stops standing.
    pub stops: usize,
    /// Stop orders forwarded to a bank and not answered.
    pub forwarded: usize,
    /// Freezes standing.
    pub freezes: usize,
    /// Inquiries waiting for an answer.
    pub inquiries: usize,
    /// Verifications waiting for a result.
    pub verifications: usize,
    /// Accounts restricted or suspended.
    pub restricted: usize,
    /// Alerts that nobody has acknowledged.
    pub alerts: usize,
    /// Lives not followed because a bound was reached.
    pub overflowed: u64,
}

/// All life cycles of a shard.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Life {
    ids: Ids,
    timers: Timers,
    stops: order::Book,
    freezes: order::Book,
    holds: hold::Holds,
    inquiries: inquiry::Inquiries,
    verifications: verification::Verifications,
    /// Holds that are not a rule's delay, by id.
    owners: BTreeMap<String, Owner>,
    /// Open appeals by hold id: who filed.
    appeals: BTreeMap<String, CompactString>,
    flows: extension::Flows,
    warned: warning::Warned,
    alerts: watch::Alerts,
    overflowed: u64,
}

/// Whose a hold is that is not a rule's delay.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Owner {
    /// A stop, by application.
    Stop(CompactString),
    /// A freeze, by application.
    Freeze(CompactString),
    /// A verification, by account.
    Verification(CompactString),
}

impl Life {
    /// The moment of the earliest timer.
    #[must_use]
    pub fn next_due(&self) -> Option<TimestampMs> {
        self.timers.next_due()
    }

    /// Fires everything due at or before `m.now`, in order of due time, then of creation. Each
    /// happens at its own due moment. Call before handling an entry.
    pub fn fire_due(&mut self, m: &Moment<'_>, out: &mut Vec<Output>) {
        while let Some((at, due)) = self.timers.pop(m.now) {
            let s = &mut Scene { m, at, out };
            match due {
                Due::StopEnds(application) => self.stop_expires(&application, s),
                Due::Reminder(application) => self.remind(&application, s),
                Due::FreezeEnds(application) => self.freeze_expires(&application, s),
                Due::HoldEnds(id) => self.hold_expires(&id, s),
                Due::Silence(id) => self.silence(&id, s),
                Due::AnswerLapses(id) => self.answer_lapses(&id),
                Due::Deadline(account) => self.verification_due(&account, s),
                Due::ReportReminder(alert) => self.report_reminder(&alert, s),
                Due::ReportOverdue(alert) => self.report_overdue(&alert, s),
                Due::Escalation(alert) => self.escalate(&alert, s),
            }
        }
    }

    /// Applies an accepted event; `None` for types that have no part in a life cycle.
    pub fn apply(&mut self, e: &Event, m: &Moment<'_>, out: &mut Vec<Output>) -> Option<Applied> {
        let s = &mut Scene { m, at: m.now, out };
        let applied = match e.kind {
            EventKind::StopOrdered => self.stop_ordered(e, s),
            EventKind::StopReleased => self.stop_released(e, s),
            EventKind::StopConfirmed => self.stop_confirmed(e, s),
            EventKind::StopDenied => self.stop_denied(e, s),
            EventKind::FreezeOrdered => self.freeze_ordered(e, s),
            EventKind::FreezeRenewed => self.freeze_renewed(e, s),
            EventKind::FreezeReleased => self.freeze_released(e, s),
            EventKind::HoldReleaseOrdered
            | EventKind::HoldReleaseRequested
            | EventKind::HoldReleaseApproved => self.release(e, s),
            EventKind::AppealFiled => self.appeal_filed(e, s),
            EventKind::AppealDecided => self.appeal_decided(e, s),
            EventKind::InquiryAnswered => self.inquiry_answered(e, s),
            EventKind::VerificationCompleted => self.verification_completed(e, s),
            EventKind::AlertAcknowledged | EventKind::AlertDisposed => self.alert_answered(e, s),
            EventKind::TransferSettled => return self.settled_unasked(e, s),
            _ => return None,
        };
        Some(applied)
    }

    /// What stands on the payer of a `transfer.requested` right now: mildest first, strictest
    /// last; among equals the one that ends last is last.
    #[must_use]
    pub fn standing(&self, payer: &str, m: &Moment<'_>) -> Vec<Standing> {
        let mut all = Vec::new();
        self.verification_standing(payer, &mut all);
        self.freezes_standing(payer, m, &mut all);
        self.stops_standing(payer, m, &mut all);
        all.sort_by_key(|s| {
            let end = s.hold.as_ref().map(|h| h.expires_at.unwrap_or(i64::MAX));
            (s.action, end)
        });
        all
    }

    /// How much is alive.
    #[must_use]
    pub fn stats(&self) -> LifeStats {
        LifeStats {
            holds: self.holds.open(),
            stops: self.stops.standing(),
            forwarded: self.stops.forwarded(),
            freezes: self.freezes.standing(),
            inquiries: self.inquiries.open(),
            verifications: self.verifications.open(),
            restricted: self.verifications.restricted(),
            alerts: self.alerts.open(),
            overflowed: self.overflowed,
        }
    }

    /// What officers say of each rule's alerts.
    #[must_use]
    pub fn quality(&self) -> &BTreeMap<Arc<str>, Quality> {
        &self.alerts.quality
    }

    /// What became of the inquiries of each bank, by the payer's bank; empty: not known.
    #[must_use]
    pub fn inquiries_by_bank(&self) -> &BTreeMap<CompactString, InquiryCounts> {
        &self.inquiries.by_bank
    }

    /// The bank that an answer, a release or an appeal speaks for: of the order it answers, else of
    /// the account it is about. `None` where that is not known.
    pub(crate) fn bank_concerned(&self, e: &Event, facts: &Facts) -> Option<CompactString> {
        use EventKind as K;
        let hold = match e.kind {
            K::StopConfirmed | K::StopDenied => {
                let order = self.stops.get(e.text(Field::OrderApplication)?)?;
                return Some(order.bank.clone());
            }
            K::VerificationCompleted => {
                return facts.bank_of(e.text(Field::VerificationAccount)?);
            }
            K::InquiryAnswered => {
                let inquiry = self.inquiries.account(&self.inquiry_named(e)?)?;
                return facts.bank_of(&inquiry);
            }
            K::HoldReleaseRequested | K::HoldReleaseApproved => e.text(Field::ReleaseHold)?,
            K::AppealFiled | K::AppealDecided => e.text(Field::AppealHold)?,
            _ => return None,
        };
        facts.bank_of(&self.holds.get(hold)?.account)
    }

    /// Forgets what names a hold that nothing remembers any more.
    fn forget_hold(&mut self, id: &str) {
        self.owners.remove(id);
        self.appeals.remove(id);
    }
}

/// The account an event is about, for the key of what it leads to.
fn account_of(e: &Event) -> CompactString {
    [
        Field::PayerAccount,
        Field::AccountNumber,
        Field::CardNumber,
        Field::UseAccount,
        Field::VerificationAccount,
        Field::OrderAccount,
        Field::LineNumber,
        Field::HolderId,
    ]
    .into_iter()
    .find_map(|f| e.text(f))
    .map(CompactString::new)
    .unwrap_or_default()
}

fn text(e: &Event, field: Field) -> CompactString {
    CompactString::new(e.text(field).unwrap_or_default())
}
