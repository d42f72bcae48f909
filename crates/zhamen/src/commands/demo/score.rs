//! What the demonstration counts: every event by its own number, so that `missing` is a count and
//! not a difference of totals; and the time from the moment an event was due to its decision.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde_json::Value;
use zhamen_kafka::tail::Read;

use super::CORRELATION;
use super::sender::Plan;
use super::stories::{Stories, Story};
use super::view::{Shown, View};

/// Longest latency told apart, in microseconds.
const LONGEST_US: u64 = 600_000_000;

/// Counts of one run.
pub struct Score {
    plan: Plan,
    sent: u64,
    /// By number of the event: whether its decision was read.
    decided: Vec<bool>,
    decisions: u64,
    alerts: BTreeMap<String, u64>,
    holds: u64,
    inquiries: u64,
    stories: Stories,
    latency_us: Histogram<u64>,
}

impl Score {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(plan: Plan) -> Score {
        Score {
            plan,
            sent: 0,
            decided: Vec::new(),
            decisions: 0,
            alerts: BTreeMap::new(),
            holds: 0,
            inquiries: 0,
            stories: Stories::default(),
            latency_us: Histogram::new_with_bounds(1, LONGEST_US, 3)
                .expect("the bounds are constants in order"),
        }
    }

    /// So many events have been sent.
    pub fn sent(&mut self, events: u64) {
        self.sent = events;
    }

    /// A decision was read; `false` where it is a repeat or answers none of ours.
    pub fn decision(&mut self, read: &Read) -> bool {
        let number = read
            .headers
            .iter()
            .find(|(name, _)| name == CORRELATION)
            .and_then(|(_, value)| std::str::from_utf8(value).ok()?.parse::<u64>().ok());
        let Some(number) = number else {
            return false;
        };
        let at = usize::try_from(number).expect("a run has fewer events than memory has bytes");
        if self.decided.len() <= at {
            self.decided.resize(at + 1, false);
        }
        if std::mem::replace(&mut self.decided[at], true) {
            return false;
        }
        self.decisions += 1;
        let took = Instant::now().saturating_duration_since(self.plan.due(number));
        let took_us = u64::try_from(took.as_micros()).unwrap_or(LONGEST_US);
        self.latency_us.saturating_record(took_us.max(1));
        true
    }

    /// An alert was read.
    pub fn alert(&mut self, alert: &Value) {
        let rule = alert.pointer("/rule").and_then(Value::as_str).unwrap_or("");
        *self.alerts.entry(rule.to_owned()).or_default() += 1;
    }

    /// A step in the life of a hold or inquiry was read.
    pub fn hold(&mut self, hold: &Value) {
        match hold.pointer("/type").and_then(Value::as_str) {
            Some("hold.placed") => self.holds += 1,
            Some("inquiry.opened") => self.inquiries += 1,
            _ => {}
        }
    }

    /// The story that a record is the first to tell of somebody, and how often it was told then.
    pub fn story(&mut self, shown: Shown, record: &Value) -> Option<(Story, usize)> {
        self.stories.note(shown, record)
    }

    /// Events answered.
    #[must_use]
    pub fn decided(&self) -> u64 {
        self.decisions
    }

    /// Events sent whose decision was not read: each decision was counted once, under its event.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.sent.saturating_sub(self.decisions)
    }

    /// The line while it runs.
    #[must_use]
    pub fn status(&self) -> String {
        format!(
            "事件 events {} · 判定 decisions {} · 预警 alerts {} · 止付暂缓 holds {} · 询问 inquiries {} · p99 {:.1} ms",
            self.sent,
            self.decisions,
            self.alert_count(),
            self.holds,
            self.inquiries,
            self.quantile_ms(0.99),
        )
    }

    /// The last line; its form is part of the contract.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "demo: events={} decisions={} missing={} alerts={} holds={} inquiries={} p50_ms={:.1} p99_ms={:.1} {}",
            self.sent,
            self.decisions,
            self.missing(),
            self.alert_count(),
            self.holds,
            self.inquiries,
            self.quantile_ms(0.5),
            self.quantile_ms(0.99),
            self.stories.fields(),
        )
    }

    /// Alerts by rule and the stories, for people.
    #[must_use]
    pub fn recap(&self, view: &View) -> String {
        let mut text = String::from("\n预警统计 alerts by rule\n");
        for (rule, count) in &self.alerts {
            text.push_str(&format!("{count:>6}  {}\n", view.title(rule)));
        }
        text.push_str(&self.stories.recap());
        text.push('\n');
        text
    }

    fn alert_count(&self) -> u64 {
        self.alerts.values().sum()
    }

    fn quantile_ms(&self, quantile: f64) -> f64 {
        let us = self.latency_us.value_at_quantile(quantile);
        Duration::from_micros(us).as_secs_f64() * 1_000.0
    }
}
