//! Problems of tests beside rules.

use crate::diagnostic::Severity::{Error, Warning};
use crate::problem::{Parts, Problem};

/// Problems of tests beside rules.
#[derive(Debug, Clone)]
pub(crate) enum Rows {
    NoTests(&'static str),
    NoPositiveTest(&'static str),
    NoNegativeTest(&'static str),
    NothingHappens,
    ModeAlertWithoutAlert,
    RowNeedsType(String),
    RowField(String),
    ExpectCount { rows: usize, expected: usize },
    TooMany(usize),
}

impl Problem for Rows {
    fn parts(&self) -> Parts {
        match self {
            Rows::NoTests(what) => (
                Warning,
                "no-tests",
                format!("this {what} has no test"),
                Some(format!(
                    "add a [[{what}.test]] in which it fires and one in which it does not"
                )),
            ),
            Rows::NoPositiveTest(what) => (
                Warning,
                "no-positive-test",
                format!("in no test of this {what} does it fire"),
                None,
            ),
            Rows::NoNegativeTest(what) => (
                Warning,
                "no-negative-test",
                format!("in no test of this {what} does it stay silent"),
                None,
            ),
            Rows::NothingHappens => (
                Warning,
                "nothing-happens",
                "this rule asks for nothing: it allows, alerts nobody, lists nobody and has no score"
                    .to_owned(),
                None,
            ),
            Rows::ModeAlertWithoutAlert => (
                Warning,
                "mode-alert-without-alert",
                "this rule's mode is alert, and it raises none".to_owned(),
                Some("give `alert` in `then`, or mode = \"shadow\"".to_owned()),
            ),
            Rows::RowNeedsType(kinds) => (
                Error,
                "row-needs-type",
                "this row does not say which event it is".to_owned(),
                Some(format!("give `on`: one of {kinds}, or an event that a window counts")),
            ),
            Rows::RowField(name) => (
                Error,
                "row-field",
                format!("`{name}` is not given in a row"),
                Some("the type is `on`, the time is `at`, the source is that of the test".to_owned()),
            ),
            Rows::ExpectCount { rows, expected } => (
                Error,
                "expect-count",
                format!("{rows} rows are given and {expected} actions expected"),
                None,
            ),
            Rows::TooMany(most) => (
                Error,
                "too-many-rows",
                format!("a test has 1 to {most} rows"),
                None,
            ),
        }
    }
}
