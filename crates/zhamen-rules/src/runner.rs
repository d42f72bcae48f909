//! Runs the tests that stand beside the rules: each row is one journal record through the engine
//! that also serves live traffic, with the one rule active (a verdict: the whole set).
//!
//! A test starts on Monday 2026-03-02 at 09:00 in Shanghai. What a row does not give and the
//! contract demands is filled in (`runner/fill.rs`). Rates are [`RATES`]; every list is empty until
//! rows fill it.

mod fill;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;
use zhamen_engine::Engine;
use zhamen_engine::entry::{
    Activation, Block, Body, Entry, Form, Headers, Input, Policy, Question, Record,
};
use zhamen_engine::event::{Event, KindSet};
use zhamen_engine::money::Dec;
use zhamen_engine::output::{Decision, FallbackCode, Output};
use zhamen_engine::rule::{Action, Bilingual, Mode, RuleSet, SeriesId};
use zhamen_engine::time::{Calendar, HOUR_MS, TimestampMs, days_from_civil};

use crate::compile::Compiled;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lang::Lang;
use crate::problem::both;
use crate::rule::rows::RuleTest;
use crate::rule::then::DEFAULT_FORM;
use crate::source::SourceFile;
use crate::tools::words;

/// CNY for one unit, in tests only: round figures, so that amounts can be worked out by hand.
pub const RATES: [(&str, i64); 3] = [("USD", 7), ("EUR", 8), ("HKD", 1)];

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// Id of the rule or verdict.
    pub rule: String,
    /// What the test shows.
    pub name: String,
    /// Index of its file.
    pub file: usize,
    /// Where its name stands.
    pub span: Range<usize>,
    /// What came out otherwise than expected; empty: passed.
    pub failures: Vec<Failure>,
}

/// One difference, with the place that expects otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Failure {
    pub span: Range<usize>,
    pub message: Bilingual,
}

impl TestResult {
    /// A message after the rule's and the test's name.
    fn named(&self, message: &Bilingual) -> Bilingual {
        let (rule, name) = (&self.rule, &self.name);
        both!(message => "{rule}: {name}: {message}", "{rule}：{name}：{message}")
    }

    /// The failures as diagnostics, to be drawn like those of the compiler.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.failures
            .iter()
            .map(|f| Diagnostic {
                severity: Severity::Error,
                code: "test-failed",
                message: self.named(&f.message),
                file: self.file,
                span: f.span.clone(),
                labels: Vec::new(),
                help: None,
            })
            .collect()
    }
}

/// Runs every test of a set that compiled; nothing of one that did not.
#[must_use]
pub fn run_tests(
    _files: &[SourceFile],
    compiled: &Compiled,
    calendar: &Calendar,
) -> Vec<TestResult> {
    run_observed(compiled, calendar, &mut |_, _| {})
}

/// The same, with a look at the engine after every row.
pub(crate) fn run_observed(
    compiled: &Compiled,
    calendar: &Calendar,
    observe: &mut dyn FnMut(&Engine, &Event),
) -> Vec<TestResult> {
    let Some(set) = &compiled.set else {
        return Vec::new();
    };
    let policy = policy(set, calendar);
    let mut last: Option<(&str, Arc<Activation>)> = None;
    compiled
        .tests
        .iter()
        .map(|test| {
            // Tests of one rule stand together; its set is made once.
            let activation = match &last {
                Some((rule, activation)) if *rule == test.rule => activation.clone(),
                _ => Arc::new(Activation {
                    rules: Arc::new(subset(set, compiled, &test.rule)),
                    policy: policy.clone(),
                }),
            };
            last = Some((&test.rule, activation.clone()));
            TestResult {
                rule: test.rule.clone(),
                name: test.name.clone(),
                file: test.file,
                span: test.span.clone(),
                failures: run(test, &activation, observe),
            }
        })
        .collect()
}

/// The one rule, enforced, with its own windows; for a verdict everything as it is.
fn subset(set: &RuleSet, compiled: &Compiled, rule: &str) -> RuleSet {
    let mut subset = set.clone();
    if set.verdicts.iter().any(|v| *v.id == *rule) {
        return subset;
    }
    subset.verdicts.clear();
    let (rules, used) = needed(set, compiled, rule);
    subset
        .rules
        .retain(|r| rules.iter().any(|id| **id == *r.id));
    for kept in subset.rules.iter_mut().filter(|r| *r.id == *rule) {
        kept.mode = Mode::Enforce;
    }
    for (id, series) in subset.series.iter_mut().enumerate() {
        if !used.iter().any(|u| usize::from(*u) == id) {
            series.on = KindSet::default();
        }
    }
    subset
}

/// The rule, those whose hits its windows count and so on, and the series of all their windows.
fn needed<'s>(
    set: &'s RuleSet,
    compiled: &Compiled,
    rule: &'s str,
) -> (Vec<&'s str>, Vec<SeriesId>) {
    let mut rules = vec![rule];
    let mut series = Vec::new();
    let mut next = 0;
    while let Some(rule) = rules.get(next).copied() {
        next += 1;
        let windows = compiled.windows_of.get(rule).map_or(&[][..], Vec::as_slice);
        for window in windows.iter().map(|w| &set.windows[usize::from(*w)]) {
            let reset = window.reset.map(|w| &set.windows[usize::from(w)]);
            for id in [Some(window), reset]
                .into_iter()
                .flatten()
                .map(|w| w.series)
            {
                series.push(id);
                if let Some(hit) = set.series[usize::from(id)].hits_of.as_deref()
                    && !rules.contains(&hit)
                {
                    rules.push(hit);
                }
            }
        }
    }
    (rules, series)
}

fn policy(set: &RuleSet, calendar: &Calendar) -> Policy {
    let rules = set.rules.iter().filter_map(|r| r.then.form.clone());
    let verdicts = set.verdicts.iter().filter_map(|v| v.then.form.clone());
    let names = rules.chain(verdicts).chain([DEFAULT_FORM.to_owned()]);
    let question = |id: &&str| Question {
        id: (*id).to_owned(),
        text: Bilingual::default(),
    };
    let form = Form {
        questions: fill::QUESTIONS.iter().map(question).collect(),
        notice_version: "1".to_owned(),
        notice: Bilingual::default(),
    };
    let rate = |(code, cny): &(&str, i64)| ((*code).to_owned(), Dec::int(*cny));
    Policy {
        calendar: calendar.clone(),
        forms: names.map(|name| (name, form.clone())).collect(),
        rates: RATES.iter().map(rate).collect::<BTreeMap<_, _>>(),
        ..Policy::default()
    }
}

/// Monday 2026-03-02, 09:00 in Shanghai.
fn start() -> TimestampMs {
    days_from_civil(2026, 3, 2) * 24 * HOUR_MS + HOUR_MS
}

fn run(
    test: &RuleTest,
    activation: &Arc<Activation>,
    observe: &mut dyn FnMut(&Engine, &Event),
) -> Vec<Failure> {
    let mut engine = Engine::new(0);
    let mut failures = Vec::new();
    let mut outputs = Vec::new();
    let mut clock = start();
    let mut offset = 0;
    let mut step = |engine: &mut Engine, clock, entry: Entry, outputs: &mut Vec<Output>| {
        let block = Block {
            partition: 0,
            offset,
            journal_at: clock,
            entries: std::slice::from_ref(&entry),
        };
        engine.step(&block, outputs);
        offset += 1;
    };
    let activate = Entry::Activate(activation.clone());
    step(&mut engine, clock, activate, &mut outputs);

    let events = fill::events(test, start());
    let mut alerts = 0;
    let mut sentences: Vec<Bilingual> = Vec::new();
    for (i, (event, (expected, place))) in events.into_iter().zip(&test.expect).enumerate() {
        clock = clock.max(event.occurred_at);
        outputs.clear();
        step(&mut engine, clock, record(event.clone(), i), &mut outputs);
        observe(&engine, &event);
        let mut got = Ok(Action::Allow);
        for output in &outputs {
            match output {
                Output::Decision(decision) => {
                    got = asked(decision, test, activation);
                    let fired = decision.fired.iter().chain(&decision.shadow);
                    let own = fired.filter(|f| *f.rule == *test.rule);
                    sentences.extend(own.map(|f| f.reason.clone()));
                }
                Output::Alert(alert) => alerts += u64::from(*alert.rule == *test.rule),
                _ => {}
            }
        }
        let message = match got {
            Ok(action) if action == *expected => continue,
            Ok(action) => {
                let (row, expected, got) = (i + 1, word(*expected), word(action));
                both!(expected, got => "row {row}: expected {expected}, got {got}",
                    "第 {row} 行：预期{expected}，实际{got}")
            }
            Err(code) => {
                let row = i + 1;
                both!(
                    "row {row}: the event is rejected with {code}",
                    "第 {row} 行：事件被拒收，代码 {code}"
                )
            }
        };
        failures.push(Failure {
            span: place.clone(),
            message,
        });
    }
    if let Some((expected, place)) = &test.alerts
        && *expected != alerts
    {
        failures.push(Failure {
            span: place.clone(),
            message: both!(
                "expected {expected} alerts, got {alerts}",
                "预期 {expected} 次预警，实际 {alerts} 次"
            ),
        });
    }
    if let Some((expected, place)) = &test.explain
        && !sentences
            .iter()
            .any(|s| s.zh == *expected || s.en == *expected)
    {
        let got = match sentences.last() {
            Some(last) => {
                let (zh, en) = (&last.zh, &last.en);
                both!(
                    "the last sentence is \"{zh}\" / \"{en}\"",
                    "最后一句是「{zh}」/「{en}」"
                )
            }
            None => both!("the rule said nothing", "规则没有给出说明"),
        };
        failures.push(Failure {
            span: place.clone(),
            message: both!(got => "no such explanation; {got}", "没有这句说明；{got}"),
        });
    }
    failures
}

/// An action as a test writes it, and its name for people.
fn word(action: Action) -> Bilingual {
    let (name, zh) = (action.name(), words::action(action, Lang::Zh));
    both!("{name}", "{zh}（{name}）")
}

fn record(event: Event, row: usize) -> Entry {
    Entry::Record(Record {
        input: Input {
            topic: CompactString::const_new("test"),
            partition: 0,
            offset: row as i64,
        },
        key: None,
        key_hash: 0,
        headers: Headers::default(),
        body: Body::Event(event),
    })
}

/// The strictest action that the rule asks for, its fallback included. `Err`: rejected.
fn asked(
    decision: &Decision,
    test: &RuleTest,
    activation: &Activation,
) -> Result<Action, &'static str> {
    if let Some((code, _)) = decision.rejected {
        return Err(code.name());
    }
    let rule = activation.rules.rules.iter().find(|r| *r.id == *test.rule);
    let fired = decision.fired.iter().chain(&decision.shadow);
    let asked = fired.filter(|f| *f.rule == *test.rule).map(|f| f.action);
    let degraded = decision.degraded.iter().filter(|d| *d.rule == *test.rule);
    let fallback = degraded.filter_map(|d| {
        let rule = rule?;
        match d.code {
            // It fired; only its figure is cut off.
            FallbackCode::Saturated => None,
            FallbackCode::Missing | FallbackCode::Stale => rule.on_missing,
            _ => Some(rule.on_error),
        }
    });
    Ok(asked.chain(fallback).max().unwrap_or(Action::Allow))
}
