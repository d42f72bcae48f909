//! What a rule can never or always do: warnings.

use crate::diagnostic::Severity::Warning;
use crate::problem::{Parts, Problem};

/// What a rule can never or always do: warnings.
#[derive(Debug, Clone)]
pub(crate) enum Lints {
    LineAlways(bool, &'static str),
    Contradiction(&'static str),
    UnlessAlways,
    VerdictOutOfReach(i64),
    FireTogether(String),
    Unused { what: &'static str, name: String },
}

impl Problem for Lints {
    fn parts(&self) -> Parts {
        match self {
            Lints::LineAlways(value, effect) => (
                Warning,
                "constant-line",
                format!("this line is always {value}"),
                Some((*effect).to_owned()),
            ),
            Lints::Contradiction(effect) => (
                Warning,
                "contradiction",
                "this line can never hold together with another one".to_owned(),
                Some((*effect).to_owned()),
            ),
            Lints::UnlessAlways => (
                Warning,
                "never-fires",
                "this `unless` holds whenever the other lines do".to_owned(),
                Some("the rule can never fire".to_owned()),
            ),
            Lints::VerdictOutOfReach(most) => (
                Warning,
                "verdict-out-of-reach",
                format!("all rules of the set together score {most}"),
                Some(
                    "only rules in mode alert and enforce count, and of one family the highest"
                        .to_owned(),
                ),
            ),
            Lints::FireTogether(other) => (
                Warning,
                "fire-together",
                format!("fires on the very events on which `{other}` fires"),
                Some("the conditions are equal; keep one rule, or tell them apart".to_owned()),
            ),
            Lints::Unused { what, name } => (
                Warning,
                "unused",
                format!("{what} `{name}` is not used"),
                None,
            ),
        }
    }
}
