//! One journal record to its outputs: fold it, publish its decisions at once, keep the rest for the
//! committer. No timing and no control here; that is [`crate::screen`].

use std::sync::Arc;

use zhamen_engine::entry::{Body, Entry};
use zhamen_engine::output::{Decision, Output};
use zhamen_wire::Checker;

use crate::clock::{self, Clock};
use crate::committer::HandOver;
use crate::fatal::Fatal;
use crate::fold::Fold;
use crate::health::Health;
use crate::log::{Acks, Appended, Appender, JournalId, Parcel};
use crate::metrics::Metrics;
use crate::publish;
use crate::topics::Topics;

/// Called on the screen thread with every output that is published; must be quick.
pub type Tap = Arc<dyn Fn(&Output) + Send + Sync>;

/// Where a shard's outputs go and who is told of them.
pub struct Voice {
    /// Publishes decisions.
    pub decisions: Box<dyn Appender>,
    /// Publishes replies.
    pub replies: Box<dyn Appender>,
    /// Opens the keys that ingest sealed.
    pub checker: Arc<Checker>,
    /// Names of topics.
    pub topics: Topics,
    /// The machine's clock, going on evenly.
    pub clock: Clock,
    /// A view of outputs.
    pub tap: Option<Tap>,
    /// Alarms.
    pub health: Health,
    /// Metrics.
    pub metrics: Metrics,
}

/// The fold and its voice.
pub struct Judge {
    fold: Fold,
    voice: Voice,
    journal: JournalId,
    said: Vec<Output>,
    buffer: Vec<u8>,
    outputs: Vec<Parcel>,
    folded: bool,
    decisions: u64,
    replies: u64,
    /// Broker time of the last record, and the machine's when it was read.
    last_record: (i64, i64),
}

impl Judge {
    /// A shard that stands where its outputs stand.
    #[must_use]
    pub fn new(fold: Fold, voice: Voice, journal: JournalId) -> Judge {
        let now = (voice.clock)();
        Judge {
            last_record: (fold.engine().clock(), now),
            fold,
            voice,
            journal,
            said: Vec::new(),
            buffer: Vec::with_capacity(4 << 10),
            outputs: Vec::new(),
            folded: false,
            decisions: 0,
            replies: 0,
        }
    }

    /// Folds one record and publishes its decisions.
    pub fn record(&mut self, record: Appended<'_>) -> Result<(), Fatal> {
        let now = (self.voice.clock)();
        self.said.clear();
        self.fold.step(record, &mut self.said)?;
        self.folded = true;
        self.last_record = (record.appended_at, now);
        if let Some(why) = self.fold.refused() {
            self.voice.health.alarm("journal-entry-refused", &why);
        }
        for output in &self.said {
            self.voice.count(output);
            match output {
                Output::Decision(decision) => {
                    let key = self.voice.clear_key(decision);
                    let (ticket, reply) = publish::decision(
                        decision,
                        key.as_deref(),
                        &self.voice.topics,
                        &mut *self.voice.decisions,
                        &mut *self.voice.replies,
                        &mut self.buffer,
                    )?;
                    self.decisions = ticket;
                    self.replies = reply.unwrap_or(self.replies);
                }
                other => self
                    .outputs
                    .extend(publish::parcel(other, &self.voice.topics)),
            }
            if let Some(tap) = &self.voice.tap {
                tap(output);
            }
        }
        self.voice.time(self.fold.entries(), record.appended_at);
        Ok(())
    }

    /// What was folded since the last call; `None` if nothing was.
    pub fn hand_over(&mut self) -> Option<HandOver> {
        if !std::mem::take(&mut self.folded) {
            return None;
        }
        Some(HandOver {
            outputs: std::mem::take(&mut self.outputs),
            progress: self.fold.progress(&self.journal),
            decisions: self.decisions,
            replies: self.replies,
        })
    }

    /// The broker's time now: that of the last record plus what has passed here since.
    #[must_use]
    pub fn broker_now(&self) -> i64 {
        self.last_record.0 + self.silent_for()
    }

    /// Milliseconds since the last record was read.
    #[must_use]
    pub fn silent_for(&self) -> i64 {
        ((self.voice.clock)() - self.last_record.1).max(0)
    }

    /// The fold, to look at.
    #[must_use]
    pub fn fold(&self) -> &Fold {
        &self.fold
    }

    /// Its metrics, health and names.
    #[must_use]
    pub fn voice(&self) -> &Voice {
        &self.voice
    }

    /// Acknowledgements of decisions and of replies.
    #[must_use]
    pub fn acks(&self) -> (Arc<dyn Acks>, Arc<dyn Acks>) {
        (self.voice.decisions.acks(), self.voice.replies.acks())
    }
}

impl Voice {
    /// The key of a decision as its sender wrote it.
    fn clear_key(&self, decision: &Decision) -> Option<Vec<u8>> {
        let key = decision.key.as_deref()?;
        match self.checker.sealer().clear_key(key) {
            Ok(key) => Some(key),
            Err(why) => {
                self.health.alarm(
                    "key-sealed",
                    &format!("keys of decisions cannot be opened and are left out: {why}"),
                );
                None
            }
        }
    }

    fn count(&self, output: &Output) {
        let m = &self.metrics;
        match output {
            Output::Decision(decision) => self.count_decision(decision),
            other => m.outputs.with_label_values(&[self.topics.of(other)]).inc(),
        }
    }

    fn count_decision(&self, decision: &Decision) {
        let m = &self.metrics;
        m.decisions
            .with_label_values(&[decision.action.name()])
            .inc();
        if let Some((code, _)) = decision.rejected {
            m.rejected.with_label_values(&[code.name()]).inc();
        }
        for fired in decision.fired.iter().chain(&decision.shadow) {
            m.rules_fired
                .with_label_values(&[&*fired.rule, fired.mode.name()])
                .inc();
        }
        for degraded in &decision.degraded {
            m.rules_degraded
                .with_label_values(&[&*degraded.rule, degraded.code.name()])
                .inc();
        }
    }

    /// Observes how long the record's events took to their decisions.
    fn time(&self, entries: &[Entry], appended_at: i64) {
        let now = clock::wall_ms();
        let since_journal = self
            .metrics
            .decision_latency
            .with_label_values(&["journal"]);
        let since_event = self
            .metrics
            .decision_latency
            .with_label_values(&["occurred"]);
        for entry in entries {
            let Entry::Record(record) = entry else {
                continue;
            };
            since_journal.observe(ms(now - appended_at));
            if let Body::Event(event) = &record.body {
                since_event.observe(ms(now - event.occurred_at));
            }
        }
    }
}

/// Seconds of a span between two machines' clocks, which may differ.
fn ms(span: i64) -> f64 {
    span.max(0) as f64 / 1_000.0
}
