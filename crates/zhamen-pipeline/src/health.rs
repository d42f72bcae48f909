//! What `/readyz` shows: where each part of the process stands, and every alarm that a person must
//! look at. To alarm is a metric, an `error` line and a reason here; none carries personal data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::metrics::Metrics;

/// Where a part of the process stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not begun.
    Starting,
    /// Waits for the screener's first activation, or to join its group.
    Waiting,
    /// Folds the journal up to where the outputs stand.
    Restoring,
    /// Publishes, but is behind the journal's end as it was at take-over.
    CatchingUp,
    /// Keeps up.
    Live,
    /// On the way out.
    Stopping,
}

/// A part of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Part {
    Ingest,
    Screen,
}

/// The state behind `/readyz`, shared by all threads.
#[derive(Debug, Clone)]
pub struct Health(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    metrics: Metrics,
}

#[derive(Debug, Default)]
struct State {
    parts: BTreeMap<Part, Phase>,
    transactions: Option<bool>,
    ruleset: String,
    alarms: BTreeMap<&'static str, String>,
}

/// A snapshot of it, as `/readyz` writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every part keeps up.
    pub ready: bool,
    /// Where each part stands.
    pub parts: BTreeMap<Part, Phase>,
    /// Whether alerts and the like are exactly once; `null` before take-over.
    pub transactions: Option<bool>,
    /// Digest of the rule set in force.
    pub ruleset: String,
    /// In words: why not ready, and what else to know.
    pub reasons: Vec<String>,
}

impl Health {
    /// Nothing has started yet; alarms are counted in `metrics`.
    #[must_use]
    pub fn new(metrics: Metrics) -> Health {
        Health(Arc::new(Inner {
            state: Mutex::default(),
            metrics,
        }))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // A poisoned lock means that another thread is already ending the process.
        change(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A part has got to a phase.
    pub fn phase(&self, part: Part, phase: Phase) {
        let before = self.with(|s| s.parts.insert(part, phase));
        if before != Some(phase) {
            tracing::info!(?part, ?phase, "phase");
        }
    }

    /// Whether outputs are published in transactions.
    pub fn transactions(&self, on: bool) {
        self.with(|s| s.transactions = Some(on));
        if !on {
            tracing::warn!(
                "transactions are off: alerts, feedback, holds and warnings are at least once, tell repeats by their id"
            );
        }
    }

    /// The rule set in force.
    pub fn ruleset(&self, digest: &str) {
        self.with(|s| digest.clone_into(&mut s.ruleset));
    }

    /// Alarms the operator; one alarm of a kind stands at a time, the newest text.
    pub fn alarm(&self, kind: &'static str, detail: &str) {
        let fresh =
            self.with(|s| s.alarms.insert(kind, detail.to_owned()).as_deref() != Some(detail));
        // Said again in the same words, it is the same alarm.
        if fresh {
            self.0.metrics.alarm(kind);
            tracing::error!(alarm = kind, "{detail}");
        }
    }

    /// An alarm no longer stands.
    pub fn clear(&self, kind: &'static str) {
        if self.with(|s| s.alarms.remove(kind)).is_some() {
            tracing::info!(alarm = kind, "alarm cleared");
        }
    }

    /// As `/readyz` shows it.
    #[must_use]
    pub fn report(&self) -> Report {
        self.with(|s| {
            let mut reasons: Vec<String> = s
                .parts
                .iter()
                .filter(|(_, phase)| **phase != Phase::Live)
                .map(|(part, phase)| format!("{part:?} is {phase:?}").to_lowercase())
                .collect();
            let ready = reasons.is_empty() && !s.parts.is_empty();
            if s.parts.is_empty() {
                reasons.push("nothing has started".to_owned());
            }
            if s.transactions == Some(false) {
                reasons.push(
                    "transactions are off: outputs other than decisions are at least once"
                        .to_owned(),
                );
            }
            reasons.extend(
                s.alarms
                    .iter()
                    .map(|(kind, detail)| format!("alarm {kind}: {detail}")),
            );
            Report {
                ready,
                parts: s.parts.clone(),
                transactions: s.transactions,
                ruleset: s.ruleset.clone(),
                reasons,
            }
        })
    }
}
