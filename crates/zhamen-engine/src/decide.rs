//! One decision: what the rules and what stands on the payer make of an event, and what that
//! opens, raises and lists.

use std::sync::Arc;

use compact_str::CompactString;

use crate::alert::{self, Raise, subject_of};
use crate::engine::{Answer, Engine, Marks};
use crate::entry::Activation;
use crate::event::{EntryKind, Event, EventKind, Field};
use crate::judge::{Judge, Said};
use crate::ledger::{Decided, EventNo};
use crate::life::{Coverage, Moment, Outcome};
use crate::notice;
use crate::output::{Decision, Degraded, FallbackCode, Fired, Output, Warning};
use crate::rule::{Action, Mode, Rule, Severity};
use crate::score;
use crate::time::TimestampMs;

/// A rule that asks for something.
struct Hit<'r> {
    rule: &'r Rule,
    action: Action,
    /// Position under `fired` of the decision; fallbacks have none.
    fired: Option<usize>,
    /// Asked before and answered: the outcome acts instead.
    answered: bool,
}

impl Engine {
    /// Decides an event that is counted and known.
    pub(crate) fn decide(
        &mut self,
        e: &Event,
        no: EventNo,
        at: TimestampMs,
        marks: Marks,
        answer: &Answer<'_>,
        out: &mut Vec<Output>,
    ) {
        let active = self.active.clone();
        let mut d = self.blank(answer, Action::Allow);
        let place = out.len();
        let m = Moment {
            policy: &active.policy,
            rules: &active.rules,
            now: self.clock,
            coordinates: answer.at,
            ruleset: &active.rules.digest,
            facts: &self.held.facts,
        };
        // Lists and life cycles first: what an order or an entry changes holds from this event on.
        match e.kind {
            EventKind::ListAdded | EventKind::ListRemoved => {
                d.done = Some(CompactString::const_new(
                    self.held.lists.apply(e, self.clock),
                ));
            }
            _ => {
                if let Some(applied) = self.life.apply(e, &m, out) {
                    d.done = Some(applied.done);
                    d.hold = applied.hold;
                    if applied.alarm {
                        *self.counters.alarms.entry("order").or_insert(0) += 1;
                    }
                }
            }
        }
        let request = e.kind == EventKind::TransferRequested;
        let payer = e.text(Field::PayerAccount).filter(|_| request);
        let standing = payer.map(|p| self.life.standing(p, &m)).unwrap_or_default();
        let coverage = if request {
            self.life.coverage(e, &m)
        } else {
            None
        };

        let judge = self.held.judge(&active, e, no, at, self.clock);
        let rules = self.held.plan.rules_by_kind[e.kind as usize].iter();
        let rules = rules.map(|i| &active.rules.rules[usize::from(*i)]);
        let hits = ask(&judge, rules, coverage.as_ref(), &mut d);
        d.stale = marks.stale || judge.stale.get();
        d.late = marks.late;
        d.ahead = marks.ahead;
        for hit in &hits {
            let count = if hit.fired.is_some() {
                &mut self.counters.fired
            } else {
                &mut self.counters.fell_back
            };
            *count.entry(hit.rule.id.clone()).or_insert(0) += 1;
        }
        for fired in &d.shadow {
            *self.counters.fired.entry(fired.rule.clone()).or_insert(0) += 1;
        }

        // Scores and verdicts over what fired.
        let live = || hits.iter().filter(|h| h.fired.is_some());
        let total = score::sum(live().map(|h| (h.rule.score, h.rule.family.as_deref())));
        let mut subjects: Vec<CompactString> = Vec::new();
        for hit in live() {
            let Some((_, _, value)) = subject_of(e, hit.rule.subject) else {
                continue;
            };
            self.scores.note(&active.rules, hit.rule, &value, at);
            if !subjects.contains(&value) {
                subjects.push(value);
            }
        }
        let verdict = if live().next().is_some() {
            self.scores.verdict(&active.rules, total, &subjects, at)
        } else {
            None
        };
        if let Some((v, sum)) = verdict {
            d.fired.push(Fired {
                rule: v.id.clone(),
                mode: Mode::Enforce,
                action: v.then.action,
                values: vec![(CompactString::const_new("score"), sum.to_string())],
                limits: vec![(CompactString::const_new("at_least"), v.at_least.to_string())],
                reason: judge.explain(&v.explain),
            });
        }

        // The strictest wins.
        let asked = hits
            .iter()
            .filter(|h| h.rule.mode == Mode::Enforce)
            .map(|h| h.action)
            .max();
        let by_verdict = verdict.map(|(v, _)| v.then.action);
        let stands = standing.last().map(|s| s.action);
        d.action = [asked, by_verdict, stands]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(Action::Allow);
        for s in standing.iter().rev() {
            d.fired.insert(
                0,
                Fired {
                    rule: s.rule.clone(),
                    mode: Mode::Enforce,
                    action: s.action,
                    values: Vec::new(),
                    limits: Vec::new(),
                    reason: s.reason.clone(),
                },
            );
        }

        // What the decision opens.
        let shift = standing.len();
        let reason = |d: &Decision, hit: &Hit<'_>| {
            hit.fired
                .map(|i| d.fired[i + shift].reason.clone())
                .unwrap_or_else(|| notice::of(hit.action))
        };
        let covered_hold = coverage
            .as_ref()
            .and_then(|c| self.life.use_coverage(&c.inquiry, e, &m, out));
        let deciding = hits
            .iter()
            .find(|h| h.rule.mode == Mode::Enforce && h.action == d.action);
        if let Some(s) = standing.last().filter(|s| s.action == d.action) {
            d.hold = s.hold.clone();
        } else if request {
            match (d.action, deciding) {
                (Action::Delay | Action::Hold, Some(hit)) if hit.answered => d.hold = covered_hold,
                (Action::Delay | Action::Hold, Some(hit)) => {
                    let why = reason(&d, hit);
                    d.hold =
                        Some(
                            self.life
                                .open_delay(&hit.rule.id, &hit.rule.then, &why, e, &m, out),
                        );
                }
                (Action::Delay | Action::Hold, None) => {
                    if let Some((v, _)) = verdict {
                        let why = judge.explain(&v.explain);
                        d.hold = Some(self.life.open_delay(&v.id, &v.then, &why, e, &m, out));
                    }
                }
                (Action::Inquire, Some(first)) => {
                    let asking: Vec<Arc<str>> = hits
                        .iter()
                        .filter(|h| h.rule.mode == Mode::Enforce && h.action == Action::Inquire)
                        .map(|h| h.rule.id.clone())
                        .collect();
                    d.inquiry = Some(
                        self.life
                            .open_inquiry(&asking, &first.rule.then, e, &m, out),
                    );
                }
                (Action::Inquire, None) => {
                    if let Some((v, _)) = verdict {
                        d.inquiry = Some(self.life.open_inquiry(
                            std::slice::from_ref(&v.id),
                            &v.then,
                            e,
                            &m,
                            out,
                        ));
                    }
                }
                _ => {}
            }
        }
        for hit in hits
            .iter()
            .filter(|h| h.rule.mode == Mode::Enforce && h.action == Action::Verify)
        {
            let Some(within) = hit.rule.then.within_ms else {
                continue;
            };
            let accounts = accounts_judged(e, hit.rule, &judge);
            let why = reason(&d, hit);
            self.life
                .open_verification(&hit.rule.id, within, &accounts, &why, &m, out);
        }
        d.customer_notice = customer_notice(&judge, d.action, deciding);

        // What it raises.
        let mut listed: Vec<(String, EntryKind, CompactString)> = Vec::new();
        for hit in live() {
            let fired = &d.fired[hit.fired.expect("live hits fired") + shift];
            let Some(subject) = subject_of(e, hit.rule.subject)
                .or_else(|| subject_of(e, Some(Field::PayerAccount)))
            else {
                continue;
            };
            let then = &hit.rule.then;
            if let Some(list) = &then.list {
                listed.push((list.clone(), subject.1, subject.2.clone()));
            }
            if then.warn {
                out.push(Output::Warning(warning(
                    e, hit.rule, fired, answer, &active, self.clock,
                )));
            }
            let reported = hit.answered
                && coverage
                    .as_ref()
                    .is_some_and(|c| c.outcome == Outcome::ReportToPolice);
            let Some(severity) = then.alert.or(reported.then_some(Severity::High)) else {
                continue;
            };
            let admitted = self.quiet.admit(
                &hit.rule.id,
                &subject.2,
                at,
                severity,
                fired.action,
                then.quiet_ms,
            );
            let Some(merged) = admitted else { continue };
            out.push(Output::Alert(alert::raise(
                &judge,
                &Raise {
                    fired,
                    then,
                    severity,
                    feature_code: hit.rule.feature_code.as_deref(),
                    subject,
                    rule: Some(hit.rule),
                    score: total,
                    merged,
                    late: d.late,
                    coordinates: answer.at,
                    digest: &active.rules.digest,
                    calendar: &active.policy.calendar,
                },
            )));
        }
        if let Some((v, sum)) = verdict
            && let Some(severity) = v.then.alert
            && let Some(subject) = live().find_map(|h| subject_of(e, h.rule.subject))
            && let Some(merged) = self.quiet.admit(
                &v.id,
                &subject.2,
                at,
                severity,
                v.then.action,
                v.then.quiet_ms,
            )
        {
            let fired = d
                .fired
                .iter()
                .find(|f| f.rule == v.id)
                .expect("the verdict fired");
            out.push(Output::Alert(alert::raise(
                &judge,
                &Raise {
                    fired,
                    then: &v.then,
                    severity,
                    feature_code: None,
                    subject,
                    rule: None,
                    score: sum,
                    merged,
                    late: d.late,
                    coordinates: answer.at,
                    digest: &active.rules.digest,
                    calendar: &active.policy.calendar,
                },
            )));
        }
        for (list, kind, value) in listed {
            self.held
                .lists
                .add(&list, kind, &value, "high_risk", None, self.clock);
        }
        self.remember(no, &d);
        out.insert(place, Output::Decision(d));
    }

    /// Keeps what is needed to say a decision again.
    fn remember(&mut self, no: EventNo, d: &Decision) {
        let plain = d.fired.is_empty()
            && d.shadow.is_empty()
            && d.degraded.is_empty()
            && d.inquiry.is_none()
            && d.hold.is_none()
            && d.customer_notice.is_none()
            && d.done.is_none();
        let decided = Decided {
            action: d.action,
            coordinates: d.coordinates,
            decided_at: d.decided_at,
            late: d.late,
            stale: d.stale,
            ahead: d.ahead,
            ruleset: d.ruleset.clone(),
            full: (!plain).then(|| Box::new(d.clone())),
        };
        self.held
            .facts
            .ledger
            .get_mut(no)
            .expect("pushed with this event")
            .decided = decided;
    }
}

/// Asks every rule; lists those that fired or fell back in the decision.
fn ask<'r>(
    judge: &Judge<'r>,
    rules: impl Iterator<Item = &'r Rule>,
    coverage: Option<&Coverage>,
    d: &mut Decision,
) -> Vec<Hit<'r>> {
    let mut hits = Vec::new();
    for rule in rules {
        match judge.rule(rule) {
            Said::Silent => {}
            Said::FellBack { action, line, code } => {
                d.degraded.push(Degraded {
                    rule: rule.id.clone(),
                    line,
                    code,
                });
                if rule.mode == Mode::Enforce {
                    hits.push(Hit {
                        rule,
                        action,
                        fired: None,
                        answered: false,
                    });
                }
            }
            Said::Fired { saturated } => {
                let asked = rule.then.action == Action::Inquire;
                let answered = coverage.filter(|c| asked && c.rules.contains(&rule.id));
                let action = match answered.map(|c| c.outcome) {
                    Some(Outcome::Proceed) => continue,
                    Some(Outcome::Delay) => Action::Delay,
                    Some(Outcome::Refuse | Outcome::ReportToPolice) => Action::Hold,
                    None => rule.then.action,
                };
                if saturated {
                    let line = rule
                        .when
                        .first()
                        .or(rule.any.first())
                        .map_or_else(|| "".into(), |l| l.text.clone());
                    d.degraded.push(Degraded {
                        rule: rule.id.clone(),
                        line,
                        code: FallbackCode::Saturated,
                    });
                }
                let fired = Fired {
                    rule: rule.id.clone(),
                    mode: rule.mode,
                    action,
                    values: judge.values(rule),
                    limits: rule
                        .limits
                        .iter()
                        .map(|(n, v)| (CompactString::new(n), v.clone()))
                        .collect(),
                    reason: judge.explain(&rule.explain),
                };
                if rule.mode == Mode::Shadow {
                    d.shadow.push(fired);
                    continue;
                }
                hits.push(Hit {
                    rule,
                    action,
                    fired: Some(d.fired.len()),
                    answered: answered.is_some(),
                });
                d.fired.push(fired);
            }
        }
    }
    hits
}

/// The account judged, or every account known of the person judged.
fn accounts_judged(e: &Event, rule: &Rule, judge: &Judge<'_>) -> Vec<CompactString> {
    match subject_of(e, rule.subject) {
        Some((_, EntryKind::Account, account)) => vec![account],
        Some((_, EntryKind::Person, person)) => judge.facts.accounts_of(&person),
        _ => e
            .text(Field::PayerAccount)
            .map(|a| vec![CompactString::new(a)])
            .unwrap_or_default(),
    }
}

/// The deciding rule's own words, else the standard ones; nothing where nothing is asked.
fn customer_notice(
    judge: &Judge<'_>,
    action: Action,
    deciding: Option<&Hit<'_>>,
) -> Option<crate::rule::Bilingual> {
    if action == Action::Allow {
        return None;
    }
    let own = deciding.and_then(|h| h.rule.explain_customer.as_ref());
    Some(own.map_or_else(|| notice::of(action), |t| judge.explain(t)))
}

fn warning(
    e: &Event,
    rule: &Rule,
    fired: &Fired,
    answer: &Answer<'_>,
    active: &Activation,
    now: TimestampMs,
) -> Warning {
    let own = |f: Field| e.text(f).map(CompactString::new);
    let c = answer.at;
    Warning {
        id: format!("W-{}-{}-{}-{}", c.partition, c.offset, c.index, rule.id),
        account: own(Field::PayerAccount).unwrap_or_default(),
        phone: own(Field::PayerPhone),
        holder: own(Field::PayerHolder),
        cause: rule.id.clone(),
        text: fired.reason.clone(),
        at: now,
        coordinates: c,
        ruleset: active.rules.digest.clone(),
    }
}
