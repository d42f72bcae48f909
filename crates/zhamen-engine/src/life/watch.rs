//! What becomes of alerts: acknowledged and disposed of by an officer, reminded of before the legal
//! deadline of their report (T2: three days) and called overdue after it, escalated where nobody
//! acknowledges them; and what that says of each rule.
//!
//! It raises no alert and judges no officer. Where the contract is silent: acknowledgement ends
//! reminders and escalation, and the deadline too, because the report has then arrived; a disposal
//! without an acknowledgement is also one; the verdict may be changed, the last one counts; an
//! acknowledgement again, or after a disposal, changes and says nothing; an alert nobody remembers
//! is answered `alert.unknown`; a disposal without a verdict `alert.incomplete`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::scene::Scene;
use super::timers::{Due, TimerKey};
use super::{ALERTS_MAX, Applied, Life, Moment};
use crate::event::{Event, EventKind, Field, table};
use crate::output::{Alert, AlertStep, AlertStepKind, Output};
use crate::rule::Severity;
use crate::time::TimestampMs;

table! {
    /// What an officer found.
    AlertVerdict { Confirmed = "confirmed", FalseAlarm = "false_alarm", Unclear = "unclear" }
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum AlertState {
    Raised,
    Acknowledged,
    Disposed(AlertVerdict),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Watched {
    rule: Arc<str>,
    station: CompactString,
    account: Option<CompactString>,
    severity: Severity,
    raised_at: TimestampMs,
    report_by: Option<TimestampMs>,
    state: AlertState,
    /// Of the deadline: the reminder, then the end.
    deadline: Option<TimerKey>,
    escalation: Option<TimerKey>,
}

/// What officers say of one rule's alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Alerts raised.
    pub raised: u64,
    /// Alerts acknowledged.
    pub acknowledged: u64,
    /// Sum of the times from raising to acknowledging.
    pub acknowledged_ms: u64,
    /// Disposed of as confirmed.
    pub confirmed: u64,
    /// Disposed of as false.
    pub false_alarm: u64,
    /// Disposed of as unclear.
    pub unclear: u64,
    /// Deadlines of a report that passed unacknowledged.
    pub overdue: u64,
    /// Escalated because nobody acknowledged.
    pub escalated: u64,
}

impl Quality {
    fn of(&mut self, verdict: AlertVerdict) -> &mut u64 {
        match verdict {
            AlertVerdict::Confirmed => &mut self.confirmed,
            AlertVerdict::FalseAlarm => &mut self.false_alarm,
            AlertVerdict::Unclear => &mut self.unclear,
        }
    }
}

/// All alerts remembered.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Alerts {
    all: BTreeMap<String, Watched>,
    /// Those that no timer is set for, in the order they came to be so.
    idle: VecDeque<String>,
    open: usize,
    pub quality: BTreeMap<Arc<str>, Quality>,
}

impl Alerts {
    pub fn open(&self) -> usize {
        self.open
    }

    #[cfg(test)]
    pub fn state(&self, alert: &str) -> Option<AlertState> {
        self.all.get(alert).map(|w| w.state)
    }

    /// Room for one more: the longest idle one is forgotten.
    fn make_room(&mut self) -> bool {
        while self.all.len() >= ALERTS_MAX {
            let Some(oldest) = self.idle.pop_front() else {
                return false;
            };
            if let Some(w) = self.all.remove(&oldest)
                && w.state == AlertState::Raised
            {
                self.open -= 1;
            }
        }
        true
    }
}

impl Life {
    /// Watches the alerts among the outputs of one event.
    pub(crate) fn watch(&mut self, told: &[Output], m: &Moment<'_>) {
        for output in told {
            if let Output::Alert(alert) = output {
                self.watch_one(alert, m);
            }
        }
    }

    fn watch_one(&mut self, a: &Alert, m: &Moment<'_>) {
        self.alerts
            .quality
            .entry(a.rule.clone())
            .or_default()
            .raised += 1;
        if !self.alerts.make_room() {
            self.overflowed += 1;
            return;
        }
        let deadline = a.report_by.map(|by| {
            let remind = by.saturating_sub(m.policy.alert_remind_before_ms);
            let due = if remind > m.now && m.policy.alert_remind_before_ms > 0 {
                (remind, Due::ReportReminder(a.alert.clone()))
            } else {
                (by.saturating_add(1), Due::ReportOverdue(a.alert.clone()))
            };
            self.timers.set(due.0, due.1)
        });
        let patience = m.policy.alert_escalate_after_ms[a.severity as usize];
        let escalation = (patience > 0).then(|| {
            let at = m.now.saturating_add(patience);
            self.timers.set(at, Due::Escalation(a.alert.clone()))
        });
        if deadline.is_none() && escalation.is_none() {
            self.alerts.idle.push_back(a.alert.clone());
        }
        self.alerts.open += 1;
        let watched = Watched {
            rule: a.rule.clone(),
            station: CompactString::new(&a.station),
            account: a.account.clone(),
            severity: a.severity,
            raised_at: a.raised_at,
            report_by: a.report_by,
            state: AlertState::Raised,
            deadline,
            escalation,
        };
        self.alerts.all.insert(a.alert.clone(), watched);
    }

    /// `alert.acknowledged`, `alert.disposed`.
    pub(super) fn alert_answered(&mut self, e: &Event, s: &mut Scene<'_, '_>) -> Applied {
        let id = e.text(Field::AlertId).unwrap_or_default();
        let person = e.text(Field::AlertPerson).map(CompactString::new);
        let Some(state) = self.alerts.all.get(id).map(|w| w.state) else {
            return Applied::done("alert.unknown");
        };
        if e.kind == EventKind::AlertAcknowledged {
            return match state {
                AlertState::Raised => {
                    self.acknowledge(id, s);
                    self.set_alert(id, AlertState::Acknowledged);
                    self.tell_alert(AlertStepKind::Acknowledged, id, person, s);
                    Applied::done("alert.acknowledged")
                }
                AlertState::Acknowledged => Applied::done("alert.acknowledged"),
                AlertState::Disposed(_) => Applied::done("alert.disposed"),
            };
        }
        let Some(verdict) = e.text(Field::AlertVerdict).and_then(AlertVerdict::parse) else {
            return Applied::done("alert.incomplete");
        };
        if state == AlertState::Disposed(verdict) {
            return Applied::done("alert.disposed");
        }
        if state == AlertState::Raised {
            self.acknowledge(id, s);
        }
        let rule = self.alerts.all.get(id).map(|w| w.rule.clone());
        if let Some(quality) = rule.and_then(|r| self.alerts.quality.get_mut(&r)) {
            if let AlertState::Disposed(before) = state {
                *quality.of(before) -= 1;
            }
            *quality.of(verdict) += 1;
        }
        self.set_alert(id, AlertState::Disposed(verdict));
        self.tell_alert(AlertStepKind::Disposed, id, person, s);
        Applied::done("alert.disposed")
    }

    /// Somebody has it: nothing more falls due.
    fn acknowledge(&mut self, id: &str, s: &Scene<'_, '_>) {
        let Some(w) = self.alerts.all.get_mut(id) else {
            return;
        };
        let (deadline, escalation) = (w.deadline.take(), w.escalation.take());
        let waited = s.at.saturating_sub(w.raised_at).max(0);
        let quality = self.alerts.quality.entry(w.rule.clone()).or_default();
        quality.acknowledged += 1;
        quality.acknowledged_ms += waited.unsigned_abs();
        self.alerts.open -= 1;
        if deadline.is_some() || escalation.is_some() {
            self.alerts.idle.push_back(id.to_owned());
        }
        self.timers.cancel(deadline);
        self.timers.cancel(escalation);
    }

    fn set_alert(&mut self, id: &str, state: AlertState) {
        if let Some(w) = self.alerts.all.get_mut(id) {
            w.state = state;
        }
    }

    pub(super) fn report_reminder(&mut self, id: &str, s: &mut Scene<'_, '_>) {
        let Some(w) = self.alerts.all.get_mut(id) else {
            return;
        };
        let Some(by) = w.report_by else { return };
        let due = Due::ReportOverdue(id.to_owned());
        w.deadline = Some(self.timers.set(by.saturating_add(1), due));
        self.tell_alert(AlertStepKind::Reminded, id, None, s);
    }

    pub(super) fn report_overdue(&mut self, id: &str, s: &mut Scene<'_, '_>) {
        let Some(w) = self.alerts.all.get_mut(id) else {
            return;
        };
        w.deadline = None;
        if w.escalation.is_none() {
            self.alerts.idle.push_back(id.to_owned());
        }
        let rule = w.rule.clone();
        self.alerts.quality.entry(rule).or_default().overdue += 1;
        self.tell_alert(AlertStepKind::Overdue, id, None, s);
    }

    pub(super) fn escalate(&mut self, id: &str, s: &mut Scene<'_, '_>) {
        let Some(w) = self.alerts.all.get_mut(id) else {
            return;
        };
        w.escalation = None;
        if w.deadline.is_none() {
            self.alerts.idle.push_back(id.to_owned());
        }
        let rule = w.rule.clone();
        self.alerts.quality.entry(rule).or_default().escalated += 1;
        self.tell_alert(AlertStepKind::Escalated, id, None, s);
    }

    fn tell_alert(
        &mut self,
        kind: AlertStepKind,
        id: &str,
        by: Option<CompactString>,
        s: &mut Scene<'_, '_>,
    ) {
        let step = self.ids.next('N', s.m.coordinates);
        let Some(w) = self.alerts.all.get(id) else {
            return;
        };
        s.out.push(Output::AlertStep(AlertStep {
            kind,
            id: step,
            alert: id.to_owned(),
            rule: w.rule.clone(),
            station: w.station.clone(),
            account: w.account.clone(),
            severity: w.severity,
            raised_at: w.raised_at,
            report_by: w.report_by,
            by,
            verdict: match w.state {
                AlertState::Disposed(verdict) => Some(verdict.name()),
                _ => None,
            },
            at: s.at,
            coordinates: s.m.coordinates,
            ruleset: s.m.ruleset.clone(),
        }));
    }
}
