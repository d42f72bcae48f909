//! The moment something happens in a life cycle, the outputs it is told on, and the ids it gives.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::output::{Cause, Coordinates, Feedback, FeedbackKind, HoldEvent, HoldEventKind, Output};
use crate::time::TimestampMs;

/// A moment with its outputs: `at` is the due moment of a timer, else the journal's clock.
pub(super) struct Scene<'a, 'm> {
    pub m: &'a Moment<'m>,
    pub at: TimestampMs,
    pub out: &'a mut Vec<Output>,
}

impl Scene<'_, '_> {
    pub fn feedback(&mut self, feedback: Feedback) {
        self.out.push(Output::Feedback(feedback));
    }

    pub fn hold(&mut self, event: HoldEvent) {
        self.out.push(Output::Hold(event));
    }

    /// A feedback that says no more than its type; fill in the rest.
    pub fn new_feedback(
        &self,
        kind: FeedbackKind,
        code: &'static str,
        id: String,
        application: &CompactString,
    ) -> Feedback {
        Feedback {
            kind,
            id,
            application: application.clone(),
            account: None,
            bank: None,
            at: self.at,
            code,
            until: None,
            round: None,
            element: None,
            extension: None,
            coordinates: self.m.coordinates,
            ruleset: self.m.ruleset.clone(),
        }
    }

    /// A hold event that says no more than its type; fill in the rest.
    pub fn new_hold(
        &self,
        kind: HoldEventKind,
        id: &str,
        account: &CompactString,
        cause: Cause,
    ) -> HoldEvent {
        HoldEvent {
            kind,
            id: id.to_owned(),
            account: account.clone(),
            at: self.at,
            cause,
            scope: None,
            transfer: None,
            until: None,
            by: Vec::new(),
            reason: None,
            action: None,
            hold: None,
            coordinates: self.m.coordinates,
            ruleset: self.m.ruleset.clone(),
        }
    }
}

/// Gives ids: the coordinates of the entry being handled and a count within it, so the same
/// journal gives the same ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Ids {
    entry: (i64, u32),
    given: u32,
}

impl Ids {
    /// `F` feedback, `H` hold, `N` step of an alert, `Q` inquiry, `V` verification.
    pub fn next(&mut self, letter: char, at: Coordinates) -> String {
        if self.entry != (at.offset, at.index) {
            self.entry = (at.offset, at.index);
            self.given = 0;
        }
        self.given += 1;
        format!(
            "{letter}-{}-{}-{}-{}",
            at.partition, at.offset, at.index, self.given
        )
    }
}
