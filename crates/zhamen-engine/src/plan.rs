//! What an activation means for each type of event, worked out once.

use crate::entry::Activation;
use crate::event::{EventKind, KindSet};
use crate::time::WorkingDays;

/// Rules and series by event type, and the calendar laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) rules_by_kind: Vec<Vec<u16>>,
    pub(crate) series_by_kind: Vec<Vec<u16>>,
    pub(crate) calendar: WorkingDays,
}

impl Plan {
    pub(crate) fn new(activation: &Activation) -> Plan {
        let rules = &activation.rules;
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
        }
    }
}
