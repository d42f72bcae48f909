//! What an activation means for each type of event, worked out once.

use crate::entry::Activation;
use crate::event::{EventKind, KindSet};
use crate::series;
use crate::time::{TimestampMs, WorkingDays};

/// Rules and series by event type, and the calendar laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) rules_by_kind: Vec<Vec<u16>>,
    pub(crate) series_by_kind: Vec<Vec<u16>>,
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
            series_by_kind: by_kind(rules.series.iter().map(|s| s.on).collect()),
            calendar: WorkingDays::new(&activation.policy.calendar),
            kept_for: rules
                .series
                .iter()
                .map(|s| series::kept_for(s.reach, policy.lateness_ms, policy.dedupe_horizon_ms))
                .collect(),
        }
    }
}
