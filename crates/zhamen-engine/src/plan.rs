//! What an activation means for each type of event, worked out once.

use crate::entry::Activation;
use crate::event::{EventKind, KindSet};
use crate::rule::{Rule, RuleSet, Series};
use crate::series;
use crate::time::{TimestampMs, WorkingDays};

/// Rules and series by event type, and the calendar laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) rules_by_kind: Vec<Vec<u16>>,
    pub(crate) series_by_kind: Vec<Vec<u16>>,
    /// By rule, the series that count its hits; empty where no series counts hits.
    pub(crate) hits: Vec<Vec<u16>>,
    pub(crate) calendar: WorkingDays,
    /// How long a key of each series is kept after its last event was counted.
    pub(crate) kept_for: Vec<Option<i64>>,
}

impl Plan {
    /// Logs of a series not touched since are forgotten.
    pub(crate) fn forgotten(&self, series: usize, clock: TimestampMs) -> TimestampMs {
        self.kept_for[series].map_or(TimestampMs::MIN, |ms| clock.saturating_sub(ms))
    }
}

/// Types of event that are counted as they come.
fn counted(s: &Series) -> KindSet {
    match s.hits_of {
        Some(_) => KindSet::default(),
        None => s.on,
    }
}

fn hits(rules: &RuleSet) -> Vec<Vec<u16>> {
    if rules.series.iter().all(|s| s.hits_of.is_none()) {
        return Vec::new();
    }
    let of = |rule: &Rule| {
        let counts = |i: &u16| {
            let s = &rules.series[usize::from(*i)];
            // Without event types nobody reads it: a part of a set under test.
            !s.on.is_empty() && s.hits_of.as_ref() == Some(&rule.id)
        };
        (0..rules.series.len() as u16).filter(counts).collect()
    };
    rules.rules.iter().map(of).collect()
}

impl Plan {
    pub(crate) fn new(activation: &Activation) -> Plan {
        let (rules, policy) = (&activation.rules, &activation.policy);
        let by_kind = |sets: Vec<KindSet>| {
            EventKind::ALL
                .iter()
                .map(|k| {
                    (0..sets.len() as u16)
                        .filter(|i| sets[usize::from(*i)].contains(*k))
                        .collect()
                })
                .collect()
        };
        Plan {
            rules_by_kind: by_kind(rules.rules.iter().map(|r| r.on).collect()),
            series_by_kind: by_kind(rules.series.iter().map(counted).collect()),
            hits: hits(rules),
            calendar: WorkingDays::new(&activation.policy.calendar),
            kept_for: rules
                .series
                .iter()
                .map(|s| series::kept_for(s.reach, policy.lateness_ms, policy.dedupe_horizon_ms))
                .collect(),
        }
    }
}
