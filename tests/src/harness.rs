//! Bytes in, JSON out: lines go through the wire's checker, the engine and the wire's writer, as
//! `zhamen replay` drives them, and may be split by a snapshot anywhere.
//!
//! Knows no expectations.

use std::sync::Arc;

use zhamen_engine::Engine;
use zhamen_engine::entry::{Activation, Block, Body, Entry, Input, Policy, Record};
use zhamen_engine::event::{EventKind, InputTopic};
use zhamen_engine::output::{Decision, Output};
use zhamen_engine::rule::RuleSet;
use zhamen_engine::time::TimestampMs;
use zhamen_rules::SourceFile;
use zhamen_wire::{Checker, CheckerOptions, RawRecord, json};

/// The key that the binary uses where none is configured: pseudonyms are the same in both.
const DEVELOPMENT_KEY: &[u8] = b"zhamen-development-key-not-secret";

/// Compiles rules that must be good.
///
/// # Panics
/// With the diagnostics, if they are not.
#[must_use]
pub fn rules(text: &str) -> Arc<RuleSet> {
    let files = [SourceFile {
        name: "rules.toml".to_owned(),
        text: text.to_owned(),
    }];
    let compiled = zhamen_rules::compile(&files);
    match compiled.set {
        Some(set) => Arc::new(set),
        None => panic!(
            "{}",
            zhamen_rules::render_text(&files, &compiled.diagnostics, false)
        ),
    }
}

/// The engine and what stands before it.
pub struct Fold {
    engine: Engine,
    activation: Arc<Activation>,
    checker: Checker,
    offset: i64,
    newest: TimestampMs,
}

impl Fold {
    /// An engine that has read one activation and nothing else.
    #[must_use]
    pub fn new(rules: Arc<RuleSet>, policy: Policy) -> Fold {
        let checker = Checker::new(CheckerOptions {
            pseudonym_key: DEVELOPMENT_KEY.to_vec(),
            sources: policy.sources.clone(),
            ..CheckerOptions::default()
        });
        Fold::with_checker(rules, policy, checker)
    }

    /// The same with a checker of one's own.
    #[must_use]
    pub fn with_checker(rules: Arc<RuleSet>, policy: Policy, checker: Checker) -> Fold {
        let activation = Arc::new(Activation { rules, policy });
        let mut fold = Fold {
            engine: Engine::new(0),
            activation: Arc::clone(&activation),
            checker,
            offset: 0,
            newest: 0,
        };
        fold.step(vec![Entry::Activate(activation)], 0);
        fold
    }

    /// Other rules hold from here on, under the same settings.
    pub fn activate(&mut self, rules: Arc<RuleSet>) -> Vec<Output> {
        self.activation = Arc::new(Activation {
            rules,
            policy: self.activation.policy.clone(),
        });
        let entry = Entry::Activate(Arc::clone(&self.activation));
        self.step(vec![entry], self.newest)
    }

    /// Folds one line.
    pub fn line(&mut self, line: &[u8]) -> Vec<Output> {
        let input = self.input(InputTopic::Transfers);
        let (mut record, journal_at) = self.checker.record_line(input, line);
        let kind = match &record.body {
            Body::Event(e) => Some(e.kind),
            Body::Rejected(r) => r.kind,
        };
        record.input = self.input(kind.map_or(InputTopic::Transfers, EventKind::topic));
        self.record(record, journal_at)
    }

    /// Folds one record as Kafka carries it, at a time of the journal.
    pub fn raw(&mut self, raw: &RawRecord<'_>, journal_at: TimestampMs) -> Vec<Output> {
        let (record, _) = self.checker.record(self.input(raw.topic), raw);
        self.record(record, Some(journal_at))
    }

    fn record(&mut self, record: Record, journal_at: Option<TimestampMs>) -> Vec<Output> {
        if let Body::Event(e) = &record.body {
            // An event ahead of the line's own journal time counts at that time.
            let seen = e.occurred_at.min(journal_at.unwrap_or(e.occurred_at));
            self.newest = self.newest.max(seen);
        }
        self.step(
            vec![Entry::Record(record)],
            journal_at.unwrap_or(self.newest),
        )
    }

    /// Time passes, and nothing else.
    pub fn tick(&mut self, journal_at: TimestampMs) -> Vec<Output> {
        self.step(vec![Entry::Tick], journal_at)
    }

    fn input(&self, topic: InputTopic) -> Input {
        Input {
            topic: topic.name().into(),
            partition: 0,
            offset: self.offset,
        }
    }

    fn step(&mut self, entries: Vec<Entry>, journal_at: TimestampMs) -> Vec<Output> {
        let mut outputs = Vec::new();
        let block = Block {
            partition: 0,
            offset: self.offset,
            journal_at,
            entries: &entries,
        };
        self.engine.step(&block, &mut outputs);
        self.offset += 1;
        outputs
    }

    /// Saves the state, forgets the engine, and goes on from the bytes.
    ///
    /// # Panics
    /// If the engine refuses its own snapshot, or saves another state than it restored.
    pub fn split(&mut self) {
        let bytes = self.engine.snapshot();
        self.engine = Engine::restore(&bytes, Some(Arc::clone(&self.activation)))
            .expect("the engine reads its own snapshot");
        assert!(
            self.engine.snapshot() == bytes,
            "a restored state saves as other bytes"
        );
    }

    /// See [`Engine::set_rows_max`].
    pub fn set_rows_max(&mut self, rows: usize) {
        self.engine.set_rows_max(rows);
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

/// The one decision among the outputs of one record.
///
/// # Panics
/// If there is not exactly one.
#[must_use]
pub fn decision(outputs: &[Output]) -> &Decision {
    let decisions: Vec<&Decision> = outputs
        .iter()
        .filter_map(|o| match o {
            Output::Decision(d) => Some(d),
            _ => None,
        })
        .collect();
    assert_eq!(decisions.len(), 1, "one decision for one record");
    decisions[0]
}

/// An output as its topic carries it, and the topic.
#[must_use]
pub fn json_of(output: &Output) -> (&'static str, Vec<u8>) {
    let mut bytes = Vec::new();
    let topic = match output {
        Output::Decision(d) => {
            json::decision(d, &mut bytes);
            "decision"
        }
        Output::Alert(a) => {
            json::alert(a, &mut bytes);
            "alert"
        }
        Output::Feedback(f) => {
            json::feedback(f, &mut bytes);
            "feedback"
        }
        Output::Hold(h) => {
            json::hold(h, &mut bytes);
            "hold"
        }
        Output::AlertStep(a) => {
            json::alert_step(a, &mut bytes);
            "feedback"
        }
        Output::Warning(w) => {
            json::warning(w, &mut bytes);
            "warning"
        }
    };
    (topic, bytes)
}
