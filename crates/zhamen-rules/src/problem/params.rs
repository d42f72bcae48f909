//! Problems of parameters.

use crate::diagnostic::Severity::{Error, Warning};
use crate::problem::{Parts, Problem, did_you_mean};

/// Problems of parameters.
#[derive(Debug, Clone)]
pub(crate) enum Params {
    NotACurrency {
        code: String,
        nearest: Option<String>,
    },
    TooManyDecimals {
        code: &'static str,
        decimals: u8,
    },
    EmptyBounds,
    OutOfBounds {
        value: String,
        min: Option<String>,
        max: Option<String>,
    },
    BadStep,
    OffStep {
        value: String,
        min: String,
        step: String,
    },
    LimitOfZero(String),
}

impl Problem for Params {
    fn parts(&self) -> Parts {
        match self {
            Params::NotACurrency { code, nearest } => (
                Error,
                "not-a-currency",
                format!("`{code}` is no currency with a minor unit"),
                did_you_mean(nearest)
                    .or_else(|| Some("currency codes are ISO 4217 in capitals: CNY".to_owned())),
            ),
            Params::TooManyDecimals { code, decimals } => (
                Error,
                "too-many-decimals",
                format!("{code} has {decimals} decimals"),
                None,
            ),
            Params::EmptyBounds => (
                Error,
                "empty-bounds",
                "`max` is below `min`".to_owned(),
                None,
            ),
            Params::OutOfBounds { value, min, max } => {
                let bound = |b: &Option<String>| b.clone().unwrap_or_else(|| "…".to_owned());
                (
                    Error,
                    "out-of-bounds",
                    format!("{value} is outside {} to {}", bound(min), bound(max)),
                    Some("change the value, or the bounds if they are wrong".to_owned()),
                )
            }
            Params::BadStep => (Error, "bad-step", "a step is above 0".to_owned(), None),
            Params::OffStep { value, min, step } => (
                Error,
                "off-step",
                format!("{value} is not {min} plus a multiple of {step}"),
                None,
            ),
            Params::LimitOfZero(name) => (
                Warning,
                "limit-of-zero",
                format!("`params.{name}` is 0"),
                Some("a limit of 0 usually switches a rule on or off for every event".to_owned()),
            ),
        }
    }
}
