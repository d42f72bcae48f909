//! Problems of the types in a line.

use crate::diagnostic::Severity::{Error, Warning};
use crate::problem::{Parts, Problem, did_you_mean};

/// Problems of the types in a line.
#[derive(Debug, Clone)]
pub(crate) enum Types {
    ListOfText,
    HasOfValue,
    PatternNotLiteral,
    BadRegex(String),
    RegexTooLarge,
    NotBool(String),
    WrongType {
        expected: String,
        found: String,
    },
    Operands {
        op: &'static str,
        left: String,
        right: String,
    },
    Branches {
        yes: String,
        no: String,
    },
    MoneyWithNumber {
        op: &'static str,
        number: String,
    },
    DurationWithNumber {
        op: &'static str,
        number: String,
    },
    TwoCurrencies(&'static str, &'static str),
    DateDifference,
    NotAValue {
        text: String,
        of: String,
        nearest: Option<String>,
        values: String,
    },
    TruncatingQuotient,
    DivisionByZero,
    Overflow,
    NegativeUnit,
}

impl Problem for Types {
    fn parts(&self) -> Parts {
        match self {
            Types::NegativeUnit => (
                Error,
                "negative-unit",
                "the unit of a round number is above 0".to_owned(),
                None,
            ),
            Types::ListOfText => (
                Error,
                "list-of-text",
                "a list holds texts in quotes only".to_owned(),
                Some("compare numbers one by one: `x == 1 || x == 2`".to_owned()),
            ),
            Types::HasOfValue => (
                Error,
                "has-of-value",
                "`has` asks for a field or a window".to_owned(),
                Some("for example has(payer.age) or has(window.largest)".to_owned()),
            ),
            Types::PatternNotLiteral => (
                Error,
                "pattern-not-literal",
                "a pattern stands there in quotes".to_owned(),
                None,
            ),
            Types::BadRegex(message) => (
                Error,
                "bad-pattern",
                format!("not a regular expression: {message}"),
                message
                    .contains("not supported")
                    .then(|| "patterns take linear time, so these are left out".to_owned()),
            ),
            Types::RegexTooLarge => (
                Error,
                "pattern-too-large",
                "this pattern is too large: at most 4,096 bytes, 1 MiB compiled, 1,000 in a set"
                    .to_owned(),
                None,
            ),
            Types::NotBool(found) => (
                Error,
                "not-a-condition",
                format!("a line is true or false, and this is {found}"),
                None,
            ),
            Types::WrongType { expected, found } => (
                Error,
                "wrong-type",
                format!("expected {expected}, found {found}"),
                None,
            ),
            Types::Operands { op, left, right } => (
                Error,
                "operand-types",
                format!("`{op}` does not go between {left} and {right}"),
                (left == "text" && right == "text")
                    .then(|| "texts have no order; compare them with == or !=".to_owned()),
            ),
            Types::Branches { yes, no } => (
                Error,
                "branch-types",
                format!("one branch is {yes}, the other {no}"),
                None,
            ),
            Types::MoneyWithNumber { op, number } => (
                Error,
                "money-with-number",
                format!("`{op}` between money and the bare number {number}"),
                Some(format!(
                    "declare it with its currency and use it by name: params.limit = {{ value = {}, unit = \
                     \"CNY\", min = …, max = … }}",
                    if number.starts_with(|c: char| c.is_ascii_digit()) {
                        number
                    } else {
                        "…"
                    }
                )),
            ),
            Types::DurationWithNumber { op, number } => (
                Error,
                "duration-with-number",
                format!("`{op}` between a duration and the bare number {number}"),
                Some("write the duration with its unit: duration(\"90s\")".to_owned()),
            ),
            Types::TwoCurrencies(a, b) => (
                Error,
                "two-currencies",
                format!("money in {a} meets money in {b}"),
                None,
            ),
            Types::DateDifference => (
                Error,
                "date-difference",
                "dates cannot be subtracted".to_owned(),
                Some("days_since(date) is the number of days up to the event".to_owned()),
            ),
            Types::NotAValue {
                text,
                of,
                nearest,
                values,
            } => (
                Error,
                "not-a-value",
                format!("`{of}` is never \"{text}\""),
                did_you_mean(nearest).or_else(|| Some(format!("it is one of {values}"))),
            ),
            Types::TruncatingQuotient => (
                Warning,
                "truncating-quotient",
                "a quotient of whole numbers drops its fraction".to_owned(),
                Some("multiply instead (`a >= b * 0.5`), or write `a * 1.0 / b`".to_owned()),
            ),
            Types::DivisionByZero => (
                Error,
                "division-by-zero",
                "this is always a division by zero".to_owned(),
                None,
            ),
            Types::Overflow => (
                Error,
                "overflow",
                "this constant does not fit".to_owned(),
                None,
            ),
        }
    }
}
