//! One decision: what the rules and what stands on the payer make of an event, and what that
//! opens, raises and lists.

use std::sync::Arc;

use compact_str::CompactString;

use crate::alert::{self, Quiet, Raise, subject_of};
use crate::chain::Chains;
use crate::engine::{Answer, Engine, Timing};
use crate::entry::Activation;
use crate::event::{EntryKind, Event, EventKind, Field};
use crate::judge::{Judge, Said};
use crate::ledger::{Decided, EventNo};
use crate::life::{Coverage, Life, Moment, Outcome, Standing};
use crate::lists::{self, Lists};
use crate::money::Money;
use crate::notice;
use crate::output::{Decision, Degraded, FallbackCode, Fired, Output};
use crate::rule::{Action, Bilingual, Mode, Rule, Then, Verdict};
use crate::score;
use crate::time::TimestampMs;

/// A rule that asks for something.
pub(crate) struct Hit<'r> {
    pub(crate) rule: &'r Rule,
    action: Action,
    /// Position under `fired` of the decision; fallbacks have none.
    pub(crate) fired: Option<usize>,
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
        timing: Timing,
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
            EventKind::ListAdded
            | EventKind::ListRemoved
            | EventKind::ListReplaced
            | EventKind::ListConfirmed => {
                let done = self
                    .held
                    .lists
                    .apply(e, m.policy.list_guard_from, self.clock);
                d.done = Some(CompactString::const_new(done));
                if done == lists::PENDING {
                    *self.counters.alarms.entry("list_pending").or_insert(0) += 1;
                }
            }
            _ => {
                if let Some(applied) = self.life.apply(e, &m, out) {
                    d.done = Some(applied.done);
                    d.hold = applied.hold;
                    if let Some(application) = applied.placed {
                        let chains = &mut self.chains;
                        self.life.propose_extension(&application, chains, &m, out);
                    }
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
        let mut hits = ask(&judge, rules, coverage.as_ref(), &mut d);
        let counted = self.hits_to_count(e.kind, &hits, &d);
        if let Some(c) = coverage.as_ref().filter(|c| c.outcome != Outcome::Proceed) {
            outcome_acts(c, &active, &mut hits, &mut d);
        }
        d.traced = self.life.traced(e, &m);
        d.stale = timing.stale || judge.stale.get();
        d.late = timing.late;
        d.ahead = timing.ahead;
        self.counters.count(&hits, &d);

        let live = || hits.iter().filter(|h| h.fired.is_some());
        let total = score::sum(live().map(|h| (h.rule.score, h.rule.family.as_deref())));
        let subjects = subjects(e, live().map(|h| h.rule));
        for (rule, subject) in &subjects {
            self.scores.note(&active.rules, rule, subject, at);
        }
        let verdict = match subjects.is_empty() {
            true => None,
            false => self
                .scores
                .verdict(&active.rules, total, subjects.iter().map(|(_, s)| s), at),
        };
        // A verdict that asked and was answered is silent; an outcome acts under its name already.
        let verdict = verdict.filter(|(v, _)| {
            v.then.action != Action::Inquire
                || coverage.as_ref().is_none_or(|c| !c.rules.contains(&v.id))
        });
        if let Some((v, sum)) = verdict {
            d.fired
                .push(verdict_fired(v, sum, judge.explain(&v.explain)));
        }
        // The strictest wins; what stands is told first.
        let enforced = || hits.iter().filter(|h| h.rule.mode == Mode::Enforce);
        let asked = enforced().map(|h| h.action).max();
        let by_verdict = verdict.map(|(v, _)| v.then.action);
        let stands = standing.last().map(|s| s.action);
        let by_outcome = coverage.as_ref().map(|c| c.outcome.action());
        d.action = [asked, by_verdict, by_outcome, stands]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(Action::Allow);
        d.fired.splice(..0, standing.iter().map(standing_fired));
        let about = (e.kind == EventKind::InquiryAnswered)
            .then(|| self.life.remittance_asked(e))
            .flatten();
        // A second answer changes nothing.
        if d.done.as_deref() == Some("inquiry.answered") && d.action >= Action::Delay {
            self.life.toughen(e, d.action);
        }
        let case = Case {
            e,
            about: about.as_ref(),
            judge,
            m,
            hits: &hits,
            verdict,
            coverage: coverage.as_ref(),
            shift: standing.len(),
        };
        open(&mut self.life, &case, &standing, &mut d, out);
        let deciding = case.enforced().find(|h| h.action == d.action);
        d.customer_notice = customer_notice(&case.judge, d.action, deciding);
        warn(&mut self.life, &self.held.lists, &case, out);
        let told = out.len();
        let listed = raise(&mut self.quiet, &mut self.chains, &case, total, &d, out);
        self.life.watch(&out[told..], &m);
        for (list, kind, value, rule) in listed {
            self.held
                .lists
                .add_by_rule(&list, kind, &value, &rule, self.clock);
        }
        if request && d.action == Action::Allow {
            self.life.follow_on(e, &mut self.chains, &m, out);
        }
        // From the next event on: what a rule says never depends on where it stands.
        for rule in counted {
            self.count_hit(rule, &active, e, no, at);
        }
        self.remember(no, &d);
        out.insert(place, Output::Decision(d));
    }

    /// Rules that fired, in whatever mode, whose hits some window counts.
    fn hits_to_count(&self, kind: EventKind, hits: &[Hit<'_>], d: &Decision) -> Vec<u16> {
        if self.held.plan.hits.is_empty() {
            return Vec::new();
        }
        let fired = |rule: &Rule| {
            let live = hits
                .iter()
                .any(|h| h.fired.is_some() && h.rule.id == rule.id);
            live || d.shadow.iter().any(|f| f.rule == rule.id)
        };
        let rules = self.held.plan.rules_by_kind[kind as usize].iter().copied();
        rules
            .filter(|i| !self.held.plan.hits[usize::from(*i)].is_empty())
            .filter(|i| fired(&self.active.rules.rules[usize::from(*i)]))
            .collect()
    }

    /// Keeps what is needed to say a decision again.
    fn remember(&mut self, no: EventNo, d: &Decision) {
        let plain = d.fired.is_empty()
            && d.shadow.is_empty()
            && d.degraded.is_empty()
            && d.inquiry.is_none()
            && d.hold.is_none()
            && d.customer_notice.is_none()
            && d.done.is_none()
            && d.traced.is_none();
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

/// One event under judgement, with what the rules said.
struct Case<'a> {
    e: &'a Event,
    /// The payer's account and the amount that an answer is about.
    about: Option<&'a (CompactString, Option<Money>)>,
    judge: Judge<'a>,
    m: Moment<'a>,
    hits: &'a [Hit<'a>],
    verdict: Option<(&'a Verdict, i64)>,
    coverage: Option<&'a Coverage>,
    /// How many entries of `fired` stand before the first hit's.
    shift: usize,
}

impl<'a> Case<'a> {
    fn enforced(&self) -> impl Iterator<Item = &'a Hit<'a>> {
        self.hits.iter().filter(|h| h.rule.mode == Mode::Enforce)
    }

    /// What an alert or a list entry of this rule is about.
    fn subject(&self, rule: &Rule) -> Option<(Field, EntryKind, CompactString)> {
        let payer = Field::PayerAccount;
        let about = || Some((payer, EntryKind::Account, self.about?.0.clone()));
        subject_of(self.e, rule.subject)
            .or_else(|| subject_of(self.e, Some(payer)))
            .or_else(about)
    }

    /// What a hit's hold or verification tells officers and staff.
    fn reason(&self, d: &Decision, hit: &Hit<'_>) -> Bilingual {
        match hit.fired {
            Some(i) => d.fired[i + self.shift].reason.clone(),
            None => notice::of(hit.action),
        }
    }
}

/// Opens what the decision asks for: a hold, an inquiry, verifications.
fn open(
    life: &mut Life,
    c: &Case<'_>,
    standing: &[Standing],
    d: &mut Decision,
    out: &mut Vec<Output>,
) {
    let (e, m) = (c.e, &c.m);
    let covered = c
        .coverage
        .and_then(|x| life.use_coverage(&x.inquiry, e, m, out));
    if let Some(s) = standing.last().filter(|s| s.action == d.action) {
        d.hold = s.hold.clone();
    } else if e.kind == EventKind::TransferRequested && d.action >= Action::Delay {
        d.hold = covered;
        // Every rule that delays has its say in how long and who may release; one hold results.
        for hit in c
            .enforced()
            .filter(|h| h.action >= Action::Delay && !h.answered)
        {
            let why = c.reason(d, hit);
            d.hold = Some(life.open_delay(&hit.rule.id, &hit.rule.then, &why, e, m, out));
        }
        if let Some((v, _)) = c.verdict.filter(|(v, _)| v.then.action >= Action::Delay) {
            let why = c.judge.explain(&v.explain);
            d.hold = Some(life.open_delay(&v.id, &v.then, &why, e, m, out));
        }
    } else if e.kind == EventKind::TransferRequested && d.action == Action::Inquire {
        let asking: Vec<&Hit<'_>> = c
            .enforced()
            .filter(|h| h.action == Action::Inquire)
            .collect();
        let mut rules: Vec<Arc<str>> = asking.iter().map(|h| h.rule.id.clone()).collect();
        let mut thens: Vec<&Then> = asking.iter().map(|h| &h.rule.then).collect();
        if let Some((v, _)) = c.verdict.filter(|(v, _)| v.then.action == Action::Inquire) {
            rules.push(v.id.clone());
            thens.push(&v.then);
        }
        d.inquiry = strictest(&thens).map(|then| life.open_inquiry(&rules, &then, e, m, out));
    }
    for hit in c.enforced().filter(|h| h.action == Action::Verify) {
        let Some(within) = hit.rule.then.within_ms else {
            continue;
        };
        let accounts = accounts_judged(c, hit.rule);
        let why = c.reason(d, hit);
        life.open_verification(&hit.rule.id, within, &accounts, &why, m, out);
    }
}

/// Several rules share one inquiry: the form of the first, the shortest time, and the strictest of
/// what silence leads to.
fn strictest(thens: &[&Then]) -> Option<Then> {
    let mut all = (*thens.first()?).clone();
    for then in thens {
        all.answer_within_ms = all.answer_within_ms.min(then.answer_within_ms);
        all.on_silence = all.on_silence.max(then.on_silence);
    }
    Some(all)
}

/// Raises alerts and warnings; returns what goes on which list.
fn raise(
    quiet: &mut Quiet,
    chains: &mut Chains,
    c: &Case<'_>,
    total: i64,
    d: &Decision,
    out: &mut Vec<Output>,
) -> Vec<(String, EntryKind, CompactString, Arc<str>)> {
    let mut listed = Vec::new();
    let reported = c.coverage.filter(|x| x.outcome == Outcome::ReportToPolice);
    for hit in c.hits {
        let Some(i) = hit.fired else { continue };
        let fired = &d.fired[i + c.shift];
        let (rule, then) = (hit.rule, &hit.rule.then);
        let Some(subject) = c.subject(rule) else {
            continue;
        };
        if let Some(list) = &then.list {
            let by = rule.id.clone();
            listed.push((list.clone(), subject.1, subject.2.clone(), by));
        }
        let (severity, merged) = match (reported.filter(|_| hit.answered), then.alert) {
            // A report to the police is never swallowed.
            (Some(x), _) => (x.severity, Some(0)),
            (None, Some(s)) => (
                s,
                quiet.admit(
                    &rule.id,
                    &subject.2,
                    c.judge.at,
                    s,
                    fired.action,
                    then.quiet_ms,
                ),
            ),
            (None, None) => continue,
        };
        let Some(merged) = merged else { continue };
        let feature_code = rule.feature_code.as_deref();
        let rule = Some(rule);
        let late = d.late;
        let alert = Raise {
            fired,
            then,
            severity,
            feature_code,
            subject,
            rule,
            score: total,
            merged,
            late,
            amount: c.about.and_then(|(_, money)| *money),
        };
        out.push(Output::Alert(alert::raise(&c.judge, &c.m, chains, &alert)));
    }
    // A verdict that asked: nobody else tells the police of its report.
    if let Some(x) = reported.filter(|_| c.hits.iter().all(|h| !h.answered))
        && let Some(v) = c.m.rules.verdicts.iter().find(|v| x.rules.contains(&v.id))
        && let Some(fired) = d.fired.iter().find(|f| f.rule == v.id)
        && let Some(subject) = subject_of(c.e, Some(Field::PayerAccount))
    {
        let (then, severity, late) = (&v.then, x.severity, d.late);
        let alert = Raise {
            fired,
            then,
            severity,
            feature_code: None,
            subject,
            rule: None,
            score: total,
            merged: 0,
            late,
            amount: None,
        };
        out.push(Output::Alert(alert::raise(&c.judge, &c.m, chains, &alert)));
    }
    if let Some((v, sum)) = c.verdict
        && let Some(severity) = v.then.alert
        && let Some(subject) = c
            .hits
            .iter()
            .find_map(|h| h.fired.and(subject_of(c.e, h.rule.subject)))
        && let Some(fired) = d.fired.iter().find(|f| f.rule == v.id)
        && let Some(merged) = quiet.admit(
            &v.id,
            &subject.2,
            c.judge.at,
            severity,
            v.then.action,
            v.then.quiet_ms,
        )
    {
        let (then, late) = (&v.then, d.late);
        let alert = Raise {
            fired,
            then,
            severity,
            feature_code: None,
            subject,
            rule: None,
            score: sum,
            merged,
            late,
            amount: c.about.and_then(|(_, money)| *money),
        };
        out.push(Output::Alert(alert::raise(&c.judge, &c.m, chains, &alert)));
    }
    listed
}

/// An inquiry was answered with more than `proceed`: the rules that asked act, whether or not they
/// fire again.
fn outcome_acts<'r>(
    c: &Coverage,
    active: &'r Activation,
    hits: &mut Vec<Hit<'r>>,
    d: &mut Decision,
) {
    for id in &c.rules {
        if hits.iter().any(|h| h.answered && h.rule.id == *id) {
            continue;
        }
        let action = c.outcome.action();
        // What asked may also be a verdict, or a rule that is no more.
        if let Some(rule) = active.rules.rules.iter().find(|r| r.id == *id) {
            hits.push(Hit {
                rule,
                action,
                fired: Some(d.fired.len()),
                answered: true,
            });
        }
        d.fired.push(Fired {
            rule: id.clone(),
            mode: Mode::Enforce,
            action,
            values: Vec::new(),
            limits: Vec::new(),
            reason: c.outcome.reason(),
        });
    }
}

/// The subjects of rules that fired, each rule with its own.
fn subjects<'r>(
    e: &Event,
    rules: impl Iterator<Item = &'r Rule>,
) -> Vec<(&'r Rule, CompactString)> {
    rules
        .filter_map(|r| Some((r, subject_of(e, r.subject)?.2)))
        .collect()
}

fn verdict_fired(v: &Verdict, sum: i64, reason: Bilingual) -> Fired {
    Fired {
        rule: v.id.clone(),
        mode: Mode::Enforce,
        action: v.then.action,
        values: vec![(CompactString::const_new("score"), sum.to_string())],
        limits: vec![(CompactString::const_new("at_least"), v.at_least.to_string())],
        reason,
    }
}

fn standing_fired(s: &Standing) -> Fired {
    Fired {
        rule: s.rule.clone(),
        mode: Mode::Enforce,
        action: s.action,
        values: Vec::new(),
        limits: Vec::new(),
        reason: s.reason.clone(),
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
                let answered = action == Action::Inquire
                    && coverage.is_some_and(|c| c.rules.contains(&rule.id));
                if rule.mode == Mode::Enforce && !answered {
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
fn accounts_judged(c: &Case<'_>, rule: &Rule) -> Vec<CompactString> {
    match subject_of(c.e, rule.subject) {
        Some((_, EntryKind::Account, account)) => vec![account],
        Some((_, EntryKind::Person, person)) => c.judge.facts.accounts_of(&person),
        _ => [
            Field::PayerAccount,
            Field::UseAccount,
            Field::AccountNumber,
            Field::CardNumber,
        ]
        .into_iter()
        .find_map(|f| c.e.text(f).map(CompactString::new))
        .or_else(|| c.about.map(|(account, _)| account.clone()))
        .into_iter()
        .collect(),
    }
}

/// The deciding rule's own words, else the standard ones; nothing where nothing is asked.
fn customer_notice(
    judge: &Judge<'_>,
    action: Action,
    deciding: Option<&Hit<'_>>,
) -> Option<Bilingual> {
    if action == Action::Allow {
        return None;
    }
    let own = deciding.and_then(|h| h.rule.explain_customer.as_ref());
    let own = own.map(|t| judge.explain(t));
    Some(
        own.filter(|text| judge.policy.notice_may_name_police || !notice::names_police(text))
            .unwrap_or_else(|| notice::of(action)),
    )
}

/// Warns the person who is about to lose money: in the words that a rule has for customers, else in
/// the standard ones; never in those meant for officers.
fn warn(life: &mut Life, lists: &Lists, c: &Case<'_>, out: &mut Vec<Output>) {
    let by_rule = c
        .hits
        .iter()
        .find(|h| h.fired.is_some() && h.rule.then.warn);
    let (cause, own) = match by_rule {
        Some(hit) => (hit.rule.id.clone(), hit.rule.explain_customer.as_ref()),
        None if life.pays_into_flow(c.e, &c.m) => (Arc::from("traced-flow"), None),
        None => return,
    };
    let own = own.map(|t| c.judge.explain(t));
    let text = own
        .filter(|text| c.m.policy.notice_may_name_police || !notice::names_police(text))
        .unwrap_or_else(notice::warning);
    let warning = life.warn(&cause, text, c.e, lists, &c.m);
    out.extend(warning.map(Output::Warning));
}
