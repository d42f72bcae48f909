//! Problems of files and of a set as a whole.

use crate::diagnostic::Severity::{Error, Warning};
use crate::problem::{Parts, Problem};

/// Problems of files and of a set as a whole.
#[derive(Debug, Clone)]
pub(crate) enum Files {
    Toml(String),
    LeftOut(usize),
    FileTooLarge(usize),
    TooManyRules(usize),
    TooMany(&'static str, usize),
    Overfull,
    NoRules,
}

impl Problem for Files {
    fn parts(&self) -> Parts {
        match self {
            Files::Toml(message) => (Error, "toml", lower(message), None),
            Files::LeftOut(n) => (
                Error,
                "more",
                format!("and {n} more problems that are not shown"),
                None,
            ),
            Files::FileTooLarge(most) => (
                Error,
                "file-too-large",
                format!("this file is larger than {most} bytes"),
                None,
            ),
            Files::TooManyRules(most) => (
                Error,
                "too-many-rules",
                format!("more than {most} rules in the set"),
                None,
            ),
            Files::TooMany(what, most) => (
                Error,
                "too-many",
                format!("more than {most} {what} in one rule"),
                None,
            ),
            Files::Overfull => (
                Error,
                "too-many-parts",
                "more than 65,535 windows, lists or regular expressions in the set".to_owned(),
                None,
            ),
            Files::NoRules => (
                Warning,
                "no-rules",
                "the set holds no rule".to_owned(),
                Some("every event would be allowed".to_owned()),
            ),
        }
    }
}

/// A message of the TOML parser in our form.
fn lower(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(c) => c.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}
