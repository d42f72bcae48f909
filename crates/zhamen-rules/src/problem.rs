//! Every kind of problem the compiler knows: its severity, stable code, words and advice, in one
//! place each, grouped by what of a rule file they are about. Another language is one more method.
//!
//! Messages are fragments in lower case that name what was written. Rule files hold no personal
//! data, so quoting them is safe.

mod files;
mod keys;
mod lints;
mod naming;
mod params;
mod rows;
mod syntax;
mod types;
mod windows;

pub(crate) use files::Files;
pub(crate) use keys::Keys;
pub(crate) use lints::Lints;
pub(crate) use naming::Naming;
pub(crate) use params::Params;
pub(crate) use rows::Rows;
pub(crate) use syntax::Syntax;
pub(crate) use types::Types;
pub(crate) use windows::Windows;

use crate::diagnostic::Severity;

/// Severity, code, message and advice.
pub(crate) type Parts = (Severity, &'static str, String, Option<String>);

/// One problem.
pub(crate) trait Problem {
    /// In English.
    fn parts(&self) -> Parts;
}

fn did_you_mean(nearest: &Option<String>) -> Option<String> {
    nearest.as_ref().map(|n| format!("did you mean `{n}`?"))
}
