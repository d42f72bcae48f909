//! What a bulletin counts for one bank, and how it reads.
//!
//! Lag is from the event's own time to its decision, known only where the event is among the inputs.
//! Silence is the longest time without a record, the time up to the newest record of anybody included;
//! the time before a bank's first record is not, since nobody knows when it began to send.

use std::collections::BTreeMap;

use serde_json::Value;
use zhamen_engine::time::{TimestampMs, duration_text, rfc3339};

use super::sheet::Heading;
use super::shown::shanghai;
use super::topics::text;

/// Headings of a row.
pub const HEADINGS: [Heading; 25] = [
    ("银行", "bank"),
    ("接收", "received"),
    ("重复", "repeated"),
    ("拒收", "rejected"),
    ("时延中位", "lag_p50"),
    ("时延99%", "lag_p99"),
    ("时延最长", "lag_max"),
    ("末条时间", "last"),
    ("最长静默", "silence"),
    ("放行", "allow"),
    ("询问", "inquire"),
    ("核验", "verify"),
    ("延迟", "delay"),
    ("止付", "hold"),
    ("询问发起", "inquiries"),
    ("已答", "answered"),
    ("逾时未答", "expired"),
    ("应问未问", "missing"),
    ("预警", "alerts"),
    ("属实", "confirmed"),
    ("误报", "false_alarm"),
    ("待定", "unclear"),
    ("未处置", "open"),
    ("升级", "escalated"),
    ("逾期", "overdue"),
];

/// Parts of a page: what each is called, and its columns.
pub const PARTS: [(&str, std::ops::Range<usize>); 3] = [
    ("数据接入 data received", 1..9),
    ("判定与询问 decisions and inquiries", 9..18),
    ("预警与处置 alerts and outcomes", 18..25),
];

/// Columns that are counted one by one.
const COUNTED: [&str; 18] = [
    "received",
    "repeated",
    "rejected",
    "allow",
    "inquire",
    "verify",
    "delay",
    "hold",
    "inquiries",
    "answered",
    "expired",
    "missing",
    "alerts",
    "confirmed",
    "false_alarm",
    "unclear",
    "escalated",
    "overdue",
];

/// The figures of one bank.
#[derive(Default)]
pub struct Figures {
    counts: BTreeMap<&'static str, u64>,
    received_at: Vec<TimestampMs>,
    lags_ms: Vec<i64>,
    /// Verdict of each alert raised in the time, where it has one.
    outcomes: BTreeMap<String, Option<String>>,
}

impl Figures {
    fn count(&mut self, column: &str) {
        if let Some(column) = COUNTED.iter().find(|known| **known == column) {
            *self.counts.entry(column).or_default() += 1;
        }
    }

    /// Adds a decision taken at `at` about an event of `occurred_at`.
    pub fn decision(
        &mut self,
        decision: &Value,
        at: TimestampMs,
        occurred_at: Option<TimestampMs>,
    ) {
        self.count("received");
        self.received_at.push(at);
        if text(decision, "/outcome") == "rejected" {
            self.count("rejected");
            return;
        }
        if decision.get("duplicate_of").is_some_and(|id| !id.is_null()) {
            self.count("repeated");
            return;
        }
        self.count(text(decision, "/decision"));
        self.lags_ms
            .extend(occurred_at.map(|occurred_at| (at - occurred_at).max(0)));
    }

    /// Adds a step in the life of an inquiry.
    pub fn inquiry(&mut self, kind: &str) {
        self.count(match kind {
            "inquiry.opened" => "inquiries",
            "inquiry.answered" => "answered",
            "inquiry.expired" => "expired",
            "inquiry.missing" => "missing",
            _ => return,
        });
    }

    /// Adds an alert.
    pub fn alert(&mut self, id: &str) {
        self.count("alerts");
        self.outcomes.entry(id.to_owned()).or_default();
    }

    /// Adds a step in the life of an alert; what was raised earlier is no outcome of this time.
    pub fn alert_step(&mut self, step: &Value) {
        match text(step, "/type") {
            "alert.escalated" => self.count("escalated"),
            "alert.overdue" => self.count("overdue"),
            "alert.disposed" => {
                if let Some(outcome) = self.outcomes.get_mut(text(step, "/alert")) {
                    *outcome = Some(text(step, "/verdict").to_owned());
                }
            }
            _ => {}
        }
    }

    /// The row under [`HEADINGS`]; `newest`: the newest record of anybody.
    #[must_use]
    pub fn row(mut self, bank: &str, newest: TimestampMs) -> Vec<String> {
        for verdict in std::mem::take(&mut self.outcomes).into_values() {
            match verdict {
                Some(verdict) => self.count(&verdict),
                None => *self.counts.entry("open").or_default() += 1,
            }
        }
        self.received_at.sort_unstable();
        self.lags_ms.sort_unstable();
        let (last, silence) = match self.received_at.last().copied() {
            None => (String::new(), String::new()),
            Some(last) => {
                let gaps = self.received_at.windows(2).map(|pair| pair[1] - pair[0]);
                let longest = gaps.chain([newest - last]).max().unwrap_or(0);
                (shanghai(&rfc3339(last)), duration_text(longest))
            }
        };
        let lag = |percent: usize| {
            // The nearest rank: the least lag that so many percent do not exceed.
            let rank = (self.lags_ms.len() * percent).div_ceil(100);
            let lag = rank.checked_sub(1).map(|i| self.lags_ms[i]);
            lag.map_or_else(String::new, duration_text)
        };
        let cell = |(_, column): &Heading| match *column {
            "bank" => bank.to_owned(),
            "lag_p50" => lag(50),
            "lag_p99" => lag(99),
            "lag_max" => lag(100),
            "last" => last.clone(),
            "silence" => silence.clone(),
            counted => self.counts.get(counted).copied().unwrap_or(0).to_string(),
        };
        HEADINGS.iter().map(cell).collect()
    }
}
