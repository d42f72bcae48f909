//! Problems of the form of a line.

use crate::diagnostic::Severity::Error;
use crate::problem::{Parts, Problem};

/// Problems of the form of a line.
#[derive(Debug, Clone)]
pub(crate) enum Syntax {
    EmptyLine,
    StrangeCharacter(char),
    Slip {
        found: String,
        meant: String,
    },
    BadNumber {
        written: String,
    },
    BadEscape(char),
    OpenText,
    Unexpected {
        found: String,
        expected: &'static str,
    },
    ChainedComparison,
    NotCallable,
    TooDeep,
    NumberTooLarge,
}

impl Problem for Syntax {
    fn parts(&self) -> Parts {
        match self {
            Syntax::EmptyLine => (
                Error,
                "empty-line",
                "there is no condition here".to_owned(),
                None,
            ),
            Syntax::StrangeCharacter(c) => (
                Error,
                "strange-character",
                format!("`{}` has no meaning here", c.escape_debug()),
                Some(
                    "names are letters a-z, digits, `_` and `.`; other texts stand in quotes"
                        .to_owned(),
                ),
            ),
            Syntax::Slip { found, meant } => (
                Error,
                "wrong-sign",
                format!("`{found}` has no meaning here"),
                Some(format!("write {}", quoted_sign(meant))),
            ),
            Syntax::BadNumber { written } => (
                Error,
                "bad-number",
                format!("`{written}` is not a number"),
                Some(
                    "a duration is duration(\"90s\"), an amount of money a parameter with a unit"
                        .to_owned(),
                ),
            ),
            Syntax::BadEscape(c) => (
                Error,
                "bad-escape",
                format!("`\\{}` is not an escape", c.escape_debug()),
                Some("write `\\\\` for a backslash, or r\"…\" for a pattern".to_owned()),
            ),
            Syntax::OpenText => (
                Error,
                "open-text",
                "this text has no closing quote".to_owned(),
                None,
            ),
            Syntax::Unexpected { found, expected } => (
                Error,
                "syntax",
                format!("expected {expected}, found {found}"),
                None,
            ),
            Syntax::ChainedComparison => (
                Error,
                "chained-comparison",
                "comparisons cannot be chained".to_owned(),
                Some("write `a < b && b < c`".to_owned()),
            ),
            Syntax::NotCallable => (
                Error,
                "not-callable",
                "only a function can be called".to_owned(),
                None,
            ),
            Syntax::TooDeep => (
                Error,
                "too-deep",
                "nested more than 64 deep".to_owned(),
                Some("part the line; all lines of `when` must hold anyway".to_owned()),
            ),
            Syntax::NumberTooLarge => (
                Error,
                "number-too-large",
                "this number is too large or has too many digits".to_owned(),
                None,
            ),
        }
    }
}

/// Signs in code quotes, advice in words as it is.
fn quoted_sign(meant: &str) -> String {
    if meant.contains(' ') {
        meant.to_owned()
    } else {
        format!("`{meant}`")
    }
}
