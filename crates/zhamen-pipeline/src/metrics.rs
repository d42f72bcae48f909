//! What `/metrics` shows. Labels are topics, partitions, rule ids, codes and the like; never an
//! account, a name, an id or a number of a person.

use std::sync::Arc;
use std::time::Duration;

use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};

/// Handles of every metric; cloning shares them.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Handles>);

/// The metrics themselves; read each one's help text.
#[derive(Debug)]
#[allow(missing_docs, reason = "each is documented by its help text below")]
pub struct Handles {
    registry: Registry,
    pub decision_latency: HistogramVec,
    pub input_wait: Histogram,
    pub append: Histogram,
    pub commit: Histogram,
    pub records_in: IntCounterVec,
    pub unknown_fields: IntCounter,
    pub blocks: IntCounter,
    pub decisions: IntCounterVec,
    pub outputs: IntCounterVec,
    pub rules_fired: IntCounterVec,
    pub rules_degraded: IntCounterVec,
    pub rejected: IntCounterVec,
    pub dead_letters: IntCounterVec,
    pub ticks: IntCounter,
    pub activations: IntCounterVec,
    pub replies_failed: IntCounter,
    pub offset_commits_failed: IntCounter,
    pub input_lag: IntGaugeVec,
    pub journal_lag: IntGauge,
    pub engine: IntGaugeVec,
    pub engine_bytes: IntGaugeVec,
    pub rule_alerts: IntGaugeVec,
    pub snapshot_taken: IntGauge,
    pub snapshot_bytes: IntGauge,
    pub snapshots: IntCounterVec,
    pub progress_offset: IntGauge,
    pub alarms: IntCounterVec,
    pub client_errors: IntCounterVec,
}

impl std::ops::Deref for Metrics {
    type Target = Handles;
    fn deref(&self) -> &Handles {
        &self.0
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

/// 0.1 ms to 105 s in steps of two.
fn latency_buckets() -> Vec<f64> {
    prometheus::exponential_buckets(0.0001, 2.0, 21).expect("start and factor are positive")
}

impl Metrics {
    /// Registers everything in a registry of its own.
    #[must_use]
    pub fn new() -> Metrics {
        let r = Registry::new();
        let histogram = |name: &str, help: &str| {
            let h = Histogram::with_opts(HistogramOpts::new(name, help).buckets(latency_buckets()));
            register(&r, h)
        };
        let counter = |name: &str, help: &str| register(&r, IntCounter::new(name, help));
        let counters = |name: &str, help: &str, labels: &[&str]| {
            register(&r, IntCounterVec::new(Opts::new(name, help), labels))
        };
        let gauge = |name: &str, help: &str| register(&r, IntGauge::new(name, help));
        let gauges = |name: &str, help: &str, labels: &[&str]| {
            register(&r, IntGaugeVec::new(Opts::new(name, help), labels))
        };
        let handles = Handles {
            decision_latency: register(
                &r,
                HistogramVec::new(
                    HistogramOpts::new(
                        "zhamen_decision_latency_seconds",
                        "from the event's occurred_at (since=occurred) or its append to the journal (since=journal) to handing the decision to the producer",
                    )
                    .buckets(latency_buckets()),
                    &["since"],
                ),
            ),
            input_wait: histogram(
                "zhamen_input_wait_seconds",
                "from an input record's Kafka timestamp to its being read",
            ),
            append: histogram(
                "zhamen_journal_append_seconds",
                "from handing a block to the producer to its acknowledgement",
            ),
            commit: histogram(
                "zhamen_commit_seconds",
                "one transaction of outputs and progress, waiting for decisions included",
            ),
            records_in: counters("zhamen_input_records_total", "input records read", &["topic"]),
            unknown_fields: counter(
                "zhamen_unknown_fields_total",
                "fields of accepted records that the contract does not know",
            ),
            blocks: counter("zhamen_journal_blocks_total", "blocks appended by ingest"),
            decisions: counters("zhamen_decisions_total", "decisions published", &["decision"]),
            outputs: counters("zhamen_outputs_total", "other outputs published", &["topic"]),
            rules_fired: counters("zhamen_rules_fired_total", "rules that fired", &["rule", "mode"]),
            rules_degraded: counters(
                "zhamen_rules_degraded_total",
                "rules that fell back to on_error or on_missing",
                &["rule", "code"],
            ),
            rejected: counters("zhamen_rejected_total", "decisions that reject their record", &["code"]),
            dead_letters: counters("zhamen_dead_letters_total", "dead letters written", &["code"]),
            ticks: counter("zhamen_ticks_total", "ticks appended"),
            activations: counters("zhamen_activations_total", "rule sets offered", &["result"]),
            replies_failed: counter("zhamen_replies_failed_total", "replies that could not be delivered"),
            offset_commits_failed: counter(
                "zhamen_offset_commits_failed_total",
                "commits of input offsets that failed; a later one covers them",
            ),
            input_lag: gauges(
                "zhamen_input_lag_records",
                "records not yet read of an input partition",
                &["topic", "partition"],
            ),
            journal_lag: gauge("zhamen_journal_lag_records", "journal records not yet folded"),
            engine: gauges("zhamen_engine_entries", "what the engine holds", &["kind"]),
            rule_alerts: gauges(
                "zhamen_rule_alerts",
                "alerts of each rule, and what officers say of them",
                &["rule", "outcome"],
            ),
            engine_bytes: gauges("zhamen_engine_bytes", "memory of the engine's state, estimated", &["part"]),
            snapshot_taken: gauge(
                "zhamen_snapshot_timestamp_seconds",
                "when the newest snapshot was written; its age is time() minus this",
            ),
            snapshot_bytes: gauge("zhamen_snapshot_bytes", "size of the newest snapshot"),
            snapshots: counters("zhamen_snapshots_total", "snapshots tried", &["result"]),
            progress_offset: gauge("zhamen_progress_offset", "journal offset of the committed progress"),
            alarms: counters("zhamen_alarms_total", "alarms raised", &["alarm"]),
            client_errors: counters(
                "zhamen_kafka_client_errors_total",
                "errors the Kafka client reported; it repairs most by itself",
                &["client"],
            ),
            registry: r,
        };
        Metrics(Arc::new(handles))
    }

    /// In Prometheus's text format.
    #[must_use]
    pub fn text(&self) -> String {
        TextEncoder::new()
            .encode_to_string(&self.registry.gather())
            .unwrap_or_default()
    }

    /// Counts an alarm.
    pub fn alarm(&self, kind: &str) {
        self.alarms.with_label_values(&[kind]).inc();
    }
}

fn register<M: prometheus::core::Collector + Clone + 'static>(
    registry: &Registry,
    metric: prometheus::Result<M>,
) -> M {
    let metric = metric.expect("metric names are constants that a test registers");
    registry
        .register(Box::new(metric.clone()))
        .expect("metric names are different, which a test proves");
    metric
}

/// Seconds of a duration, for a histogram.
#[must_use]
pub fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_registers_and_prints() {
        let metrics = Metrics::new();
        metrics.dead_letters.with_label_values(&["SYNTAX"]).inc();
        let text = metrics.text();
        assert!(
            text.contains("zhamen_dead_letters_total{code=\"SYNTAX\"} 1"),
            "{text}"
        );
        assert!(text.contains("zhamen_commit_seconds_bucket"), "{text}");
    }
}
