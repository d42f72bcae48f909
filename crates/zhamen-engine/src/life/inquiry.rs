//! Inquiries (四询问一告知): questions asked before a transfer may go, their answer, what it covers,
//! and what silence leads to.
//!
//! An answer covers the next attempt of the same remittance once. Where the contract is silent: an
//! answer of another form, or without a text for every question, or one to go on without a signed
//! notice, is `inquiry.incomplete` and the
//! inquiry stays open; the first complete answer counts, a second is `inquiry.closed`; one after
//! silence is `inquiry.expired`, one to an unknown inquiry `inquiry.unknown`; none of these four
//! is told on a topic. An attempt that names an inquiry which does not cover it may still be
//! covered by another; a transfer that is settled though its inquiry has no answer is told once as
//! `inquiry.missing`; a rule on `inquiry.answered` that asks for `delay` or `hold` makes the outcome
//! at least that; among answers that cover the same attempt the strictest is used, then the
//! oldest. Silence falls due one millisecond past `answer_by`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::hold::{Terms, TransferName};
use super::scene::Scene;
use super::timers::{Due, TimerKey};
use super::{Applied, BANKS_MAX, ENDED_MAX, INQUIRIES_MAX, Life, Moment, account_of};
use crate::entry::Policy;
use crate::event::{Event, EventKind, Field, table};
use crate::money::Money;
use crate::output::{Cause, HoldEvent, HoldEventKind, HoldNote, InquiryDemand, Output};
use crate::rule::{Action, Bilingual, Severity, Then};
use crate::time::TimestampMs;

table! {
    /// What an answered inquiry came to, from mildest to strictest.
    Outcome {
        Proceed = "proceed", Delay = "delay", Refuse = "refuse", ReportToPolice = "report_to_police",
    }
}

impl Outcome {
    /// What it decides for the transfer it covers.
    #[must_use]
    pub const fn action(self) -> Action {
        match self {
            Outcome::Proceed => Action::Allow,
            Outcome::Delay => Action::Delay,
            Outcome::Refuse | Outcome::ReportToPolice => Action::Hold,
        }
    }

    /// Its sentence.
    #[must_use]
    pub fn reason(self) -> Bilingual {
        let (zh, en) = match self {
            Outcome::Proceed => ("询问已完成，可以办理", "asked and answered; may proceed"),
            Outcome::Delay => ("询问后延迟办理", "delayed after the inquiry"),
            Outcome::Refuse => ("询问后暂不办理", "refused after the inquiry"),
            Outcome::ReportToPolice => (
                "询问后暂不办理并报案",
                "refused and reported after the inquiry",
            ),
        };
        Bilingual {
            zh: zh.to_owned(),
            en: en.to_owned(),
        }
    }
}

/// An answer that covers a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The inquiry answered.
    pub inquiry: String,
    /// The rules that asked; they stay silent.
    pub rules: Vec<Arc<str>>,
    /// What was answered.
    pub outcome: Outcome,
    /// How loud the alert is that [`Outcome::ReportToPolice`] raises.
    pub severity: Severity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Open,
    Answered {
        outcome: Outcome,
        until: TimestampMs,
    },
    Expired,
    /// Its answer was used or has lapsed.
    Over,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Inquiry {
    account: CompactString,
    payee: CompactString,
    money: Option<Money>,
    transfer: TransferName,
    /// All that asked.
    rules: Vec<Arc<str>>,
    /// Of the hold that silence or an outcome opens.
    terms: Terms,
    form: String,
    answer_within_ms: i64,
    on_silence: Action,
    severity: Severity,
    /// The payer's.
    bank: CompactString,
    /// The transfer was settled without an answer, and that was told.
    missing: bool,
    state: State,
    timer: Option<TimerKey>,
}

/// All inquiries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Inquiries {
    all: BTreeMap<String, Inquiry>,
    by_transfer: BTreeMap<TransferName, String>,
    /// Answered and not yet used, by payer and payee, oldest answer first.
    covering: BTreeMap<(CompactString, CompactString), Vec<String>>,
    /// Expired, used or lapsed; oldest first.
    ended: VecDeque<String>,
    open: usize,
    pub by_bank: BTreeMap<CompactString, InquiryCounts>,
}

/// What became of the inquiries of one bank.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InquiryCounts {
    /// Remittances that asked for one.
    pub asked: u64,
    /// Answered in time.
    pub answered: u64,
    /// Not answered in time.
    pub expired: u64,
    /// Settled all the same without an answer.
    pub missing: u64,
}

impl Inquiries {
    pub fn open(&self) -> usize {
        self.open
    }

    /// The payer's account of an inquiry.
    pub fn account(&self, id: &str) -> Option<CompactString> {
        self.all.get(id).map(|q| q.account.clone())
    }

    #[cfg(test)]
    pub fn state_name(&self, id: &str) -> &'static str {
        match self.all.get(id).map(|q| q.state) {
            None => "unknown",
            Some(State::Open) => "open",
            Some(State::Answered { .. }) => "answered",
            Some(State::Expired) => "expired",
            Some(State::Over) => "over",
        }
    }

    /// The counts of a bank.
    fn counts(&mut self, bank: &CompactString) -> &mut InquiryCounts {
        let full = self.by_bank.len() >= BANKS_MAX && !self.by_bank.contains_key(bank);
        let bank = if full {
            CompactString::default()
        } else {
            bank.clone()
        };
        self.by_bank.entry(bank).or_default()
    }

    /// Keeps an inquiry that is over for a while.
    fn end(&mut self, id: &str, state: State) {
        let Some(q) = self.all.get_mut(id) else {
            return;
        };
        q.state = state;
        q.timer = None;
        let pair = (q.account.clone(), q.payee.clone());
        if let Some(list) = self.covering.get_mut(&pair) {
            list.retain(|i| i != id);
            if list.is_empty() {
                self.covering.remove(&pair);
            }
        }
        self.ended.push_back(id.to_owned());
        if self.ended.len() > ENDED_MAX
            && let Some(oldest) = self.ended.pop_front()
            && let Some(q) = self.all.remove(&oldest)
            && self.by_transfer.get(&q.transfer) == Some(&oldest)
        {
            self.by_transfer.remove(&q.transfer);
        }
    }
}

impl Life {
    /// Opens an inquiry on the transfer being decided. All rules that ask share it; `then` is of
    /// the rule whose form and terms it follows.
    pub fn open_inquiry(
        &mut self,
        rules: &[Arc<str>],
        then: &Then,
        e: &Event,
        m: &Moment<'_>,
        out: &mut Vec<Output>,
    ) -> InquiryDemand {
        let s = &mut Scene { m, at: m.now, out };
        let id = self.ids.next('Q', m.coordinates);
        let rule = rules.first().cloned().unwrap_or_else(|| Arc::from(""));
        let answer_by = s.at.saturating_add(then.answer_within_ms.max(0));
        let mut inquiry = Inquiry {
            account: account_of(e),
            payee: super::text(e, Field::PayeeAccount),
            money: e.money(Field::TxnAmount),
            transfer: (e.id.clone(), e.source.clone()),
            rules: rules.to_vec(),
            terms: Terms::of(&rule, then),
            form: then.form.clone().unwrap_or_default(),
            answer_within_ms: then.answer_within_ms.max(0),
            on_silence: then.on_silence,
            severity: then.alert.unwrap_or(Severity::High),
            bank: super::text(e, Field::PayerBank),
            missing: false,
            state: State::Open,
            timer: None,
        };
        self.inquiries.counts(&inquiry.bank).asked += 1;
        s.hold(HoldEvent {
            until: Some(answer_by),
            ..inquiry.event(HoldEventKind::InquiryOpened, &id, s)
        });
        let demand = demand(&id, &inquiry, answer_by, m.policy);
        if self.inquiries.all.len() - self.inquiries.ended.len() >= INQUIRIES_MAX {
            self.overflowed += 1;
            return demand;
        }
        inquiry.timer = Some(
            self.timers
                .set(answer_by.saturating_add(1), Due::Silence(id.clone())),
        );
        self.inquiries.open += 1;
        self.inquiries
            .by_transfer
            .insert(inquiry.transfer.clone(), id.clone());
        self.inquiries.all.insert(id, inquiry);
        demand
    }

    /// Whether an answered inquiry covers this `transfer.requested`. Uses nothing up.
    #[must_use]
    pub fn coverage(&self, e: &Event, m: &Moment<'_>) -> Option<Coverage> {
        if e.kind != EventKind::TransferRequested || self.inquiries.covering.is_empty() {
            return None;
        }
        let pair = (
            super::text(e, Field::PayerAccount),
            super::text(e, Field::PayeeAccount),
        );
        let money = e.money(Field::TxnAmount)?;
        let named = e.text(Field::TxnInquiry);
        let mut best: Option<(bool, Outcome, &String, &Inquiry)> = None;
        for id in self.inquiries.covering.get(&pair)? {
            let Some(q) = self.inquiries.all.get(id) else {
                continue;
            };
            let State::Answered { outcome, until } = q.state else {
                continue;
            };
            let Some(asked) = q.money.filter(|a| a.currency == money.currency) else {
                continue;
            };
            let is_named = named == Some(id);
            let covers = if is_named {
                money.minor <= asked.minor
            } else {
                money.minor == asked.minor
            };
            let better = best.is_none_or(|(n, o, ..)| (is_named, outcome) > (n, o));
            if covers && until >= m.now && better {
                best = Some((is_named, outcome, id, q));
            }
        }
        best.map(|(_, outcome, id, q)| Coverage {
            inquiry: id.clone(),
            rules: q.rules.clone(),
            outcome,
            severity: q.severity,
        })
    }

    /// The covered attempt is being decided: its answer is used up. Opens the hold that an outcome
    /// other than [`Outcome::Proceed`] asks on it.
    pub fn use_coverage(
        &mut self,
        inquiry: &str,
        e: &Event,
        m: &Moment<'_>,
        out: &mut Vec<Output>,
    ) -> Option<HoldNote> {
        let s = &mut Scene { m, at: m.now, out };
        let q = self.inquiries.all.get(inquiry)?;
        let State::Answered { outcome, .. } = q.state else {
            return None;
        };
        let (terms, account) = (q.terms.clone(), q.account.clone());
        self.timers.cancel(q.timer);
        self.inquiries.end(inquiry, State::Over);
        let transfer = (e.id.clone(), e.source.clone());
        (outcome != Outcome::Proceed)
            .then(|| self.open_hold(terms, account, transfer, outcome.reason(), s))
    }

    pub(super) fn inquiry_answered(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let Some(id) = self.inquiry_named(e) else {
            return Applied::done("inquiry.unknown");
        };
        let Some(q) = self.inquiries.all.get_mut(&id) else {
            return Applied::done("inquiry.unknown");
        };
        match q.state {
            State::Open => {}
            State::Expired => return Applied::done("inquiry.expired"),
            State::Answered { .. } | State::Over => return Applied::done("inquiry.closed"),
        }
        let outcome = e.text(Field::InquiryOutcome).and_then(Outcome::parse);
        let Some(outcome) = outcome.filter(|_| complete(e, &q.form, s.m.policy)) else {
            return Applied::done("inquiry.incomplete");
        };
        let until = s.at.saturating_add(q.answer_within_ms);
        self.timers.cancel(q.timer);
        q.timer = Some(
            self.timers
                .set(until.saturating_add(1), Due::AnswerLapses(id.clone())),
        );
        q.state = State::Answered { outcome, until };
        s.hold(HoldEvent {
            until: Some(until),
            by: e
                .text(Field::InquiryTeller)
                .map(CompactString::new)
                .into_iter()
                .collect(),
            action: Some(outcome.action()),
            ..q.event(HoldEventKind::InquiryAnswered, &id, s)
        });
        let pair = (q.account.clone(), q.payee.clone());
        let bank = q.bank.clone();
        self.inquiries.counts(&bank).answered += 1;
        self.inquiries.open -= 1;
        self.inquiries.covering.entry(pair).or_default().push(id);
        Applied::done("inquiry.answered")
    }

    /// The payer's account and the amount that an answer is about.
    pub(crate) fn remittance_asked(&self, e: &Event) -> Option<(CompactString, Option<Money>)> {
        let q = self.inquiries.all.get(&self.inquiry_named(e)?)?;
        Some((q.account.clone(), q.money))
    }

    /// Rules judged an answer, what was observed included: the outcome is at least what they ask.
    pub(crate) fn toughen(&mut self, e: &Event, action: Action) {
        let Some(q) = self
            .inquiry_named(e)
            .and_then(|id| self.inquiries.all.get_mut(&id))
        else {
            return;
        };
        if let State::Answered { outcome, .. } = &mut q.state {
            let asked = match action {
                Action::Delay => Outcome::Delay,
                Action::Hold => Outcome::Refuse,
                _ => return,
            };
            *outcome = (*outcome).max(asked);
        }
    }

    /// Nobody answered in time.
    pub(super) fn silence(&mut self, id: &str, s: &mut Scene<'_, '_>) {
        let Some(q) = self.inquiries.all.get(id).cloned() else {
            return;
        };
        self.inquiries.open -= 1;
        self.inquiries.counts(&q.bank).expired += 1;
        self.inquiries.end(id, State::Expired);
        let place = s.out.len();
        let hold = matches!(q.on_silence, Action::Delay | Action::Hold).then(|| {
            let reason = Bilingual {
                zh: "询问逾期未答复，延迟办理".to_owned(),
                en: "delayed because the inquiry was not answered in time".to_owned(),
            };
            self.open_hold(
                q.terms.clone(),
                q.account.clone(),
                q.transfer.clone(),
                reason,
                s,
            )
        });
        let expired = HoldEvent {
            action: Some(q.on_silence),
            hold: hold.map(|h| h.id),
            ..q.event(HoldEventKind::InquiryExpired, id, s)
        };
        s.out.insert(place, Output::Hold(expired));
    }

    /// Nobody tried again in time.
    pub(super) fn answer_lapses(&mut self, id: &str) {
        self.inquiries.end(id, State::Over);
    }

    /// A transfer was settled: told where it needed an inquiry and nobody answered one. `None`:
    /// nothing to say.
    pub(super) fn settled_unasked(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Option<Applied> {
        if self.inquiries.by_transfer.is_empty() {
            return None;
        }
        let transfer = (
            CompactString::new(e.text(Field::TransferId)?),
            CompactString::new(e.text(Field::TransferSource)?),
        );
        let id = self.inquiries.by_transfer.get(&transfer)?.clone();
        let q = self.inquiries.all.get_mut(&id)?;
        if q.missing || !matches!(q.state, State::Open | State::Expired) {
            return None;
        }
        q.missing = true;
        s.hold(q.event(HoldEventKind::InquiryMissing, &id, s));
        let bank = q.bank.clone();
        self.inquiries.counts(&bank).missing += 1;
        Some(Applied::done("inquiry.missing"))
    }

    pub(super) fn inquiry_named(&self, e: &Event) -> Option<String> {
        if let Some(id) = e.text(Field::InquiryId) {
            return Some(id.to_owned());
        }
        let transfer = (
            CompactString::new(e.text(Field::InquiryTransferId)?),
            CompactString::new(e.text(Field::InquiryTransferSource)?),
        );
        self.inquiries.by_transfer.get(&transfer).cloned()
    }
}

impl Inquiry {
    fn event(&self, kind: HoldEventKind, id: &str, s: &Scene<'_, '_>) -> HoldEvent {
        HoldEvent {
            transfer: Some(self.transfer.clone()),
            ..s.new_hold(
                kind,
                id,
                &self.account,
                Cause::Rule(self.terms.rule.clone()),
            )
        }
    }
}

fn demand(id: &str, q: &Inquiry, answer_by: TimestampMs, policy: &Policy) -> InquiryDemand {
    let form = policy.forms.get(&q.form).cloned().unwrap_or_default();
    InquiryDemand {
        id: id.to_owned(),
        form: q.form.clone(),
        questions: form
            .questions
            .into_iter()
            .map(|question| (question.id, question.text))
            .collect(),
        notice: (form.notice_version, form.notice),
        answer_by,
        on_silence: q.on_silence,
    }
}

/// Whether an answer is to that form and answers every question of it. A form never changes under
/// its version, so the one in force now is the one asked.
fn complete(e: &Event, form: &str, policy: &Policy) -> bool {
    let answers = e.list(Field::InquiryAnswers).unwrap_or_default();
    let answered = |question: &str| {
        answers
            .chunks_exact(2)
            .any(|pair| pair[0] == question && !pair[1].trim().is_empty())
    };
    // Who goes on must have read and signed the notice; a customer who will not sign can still be
    // delayed, refused or reported.
    let signed = e.bool(Field::InquiryNoticeSigned) == Some(true)
        || e.text(Field::InquiryOutcome) != Some(Outcome::Proceed.name());
    signed
        && e.text(Field::InquiryForm) == Some(form)
        && policy
            .forms
            .get(form)
            .is_none_or(|f| f.questions.iter().all(|q| answered(&q.id)))
}
