//! What falls due, in order of time and then of creation. Knows nothing of what firing does.

use std::collections::BTreeMap;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::time::TimestampMs;

/// Something that will happen by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Due {
    /// 48 hours of a stop are over.
    StopEnds(CompactString),
    /// A forwarded order's bank is reminded.
    Reminder(CompactString),
    /// A freeze is over.
    FreezeEnds(CompactString),
    /// A delay is over.
    HoldEnds(String),
    /// The time to answer an inquiry is past.
    Silence(String),
    /// The time an answer covers is past.
    AnswerLapses(String),
    /// A verification's deadline.
    Deadline(CompactString),
    /// An alert's report is due soon.
    ReportReminder(String),
    /// The deadline of an alert's report is past.
    ReportOverdue(String),
    /// Nobody has acknowledged an alert.
    Escalation(String),
}

/// Names a timer that is set.
pub(super) type TimerKey = (TimestampMs, u64);

/// All timers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Timers {
    due: BTreeMap<TimerKey, Due>,
    made: u64,
}

impl Timers {
    pub fn set(&mut self, at: TimestampMs, due: Due) -> TimerKey {
        let key = (at, self.made);
        self.made += 1;
        self.due.insert(key, due);
        key
    }

    pub fn cancel(&mut self, key: Option<TimerKey>) {
        if let Some(key) = key {
            self.due.remove(&key);
        }
    }

    /// Takes the earliest timer due at or before `now`.
    pub fn pop(&mut self, now: TimestampMs) -> Option<(TimestampMs, Due)> {
        let first = self.due.first_entry()?;
        let (at, _) = *first.key();
        (at <= now).then(|| (at, first.remove()))
    }

    pub fn next_due(&self) -> Option<TimestampMs> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }
}
