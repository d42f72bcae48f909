//! Problems of the names in a line.

use crate::diagnostic::Severity::{Error, Warning};
use crate::problem::{Parts, Problem, did_you_mean};

/// Problems of the names in a line.
#[derive(Debug, Clone)]
pub(crate) enum Naming {
    UnknownField {
        name: String,
        nearest: Option<String>,
        kinds: String,
    },
    FieldNotOn {
        field: &'static str,
        kinds: String,
        carried_by: String,
    },
    FieldNotOnAll {
        field: &'static str,
        kinds: String,
    },
    UnknownParam {
        name: String,
        nearest: Option<String>,
    },
    UnknownWindow {
        name: String,
        nearest: Option<String>,
    },
    UnknownRule {
        name: String,
        nearest: Option<String>,
    },
    WindowNotAbove(String),
    WindowKeyNotOn {
        window: String,
        field: &'static str,
        kinds: String,
    },
    UndeclaredList {
        name: String,
        nearest: String,
    },
    ListKind {
        list: String,
        of_list: &'static str,
        of_value: &'static str,
    },
    ListAsValue(String),
    UnknownFunction {
        name: String,
        nearest: Option<String>,
        method_of_text: bool,
        known: String,
    },
    UnknownMethod {
        name: String,
        nearest: Option<String>,
        function: bool,
        known: String,
    },
    ArgumentCount {
        name: String,
        takes: usize,
        found: usize,
    },
}

impl Problem for Naming {
    fn parts(&self) -> Parts {
        match self {
            Naming::UnknownField {
                name,
                nearest,
                kinds,
            } => (
                Error,
                "unknown-field",
                format!("unknown field `{name}`"),
                did_you_mean(nearest).or_else(|| Some(format!("fields here are those of {kinds}"))),
            ),
            Naming::FieldNotOn {
                field,
                kinds,
                carried_by,
            } => (
                Error,
                "field-not-on-event",
                format!("{kinds} does not carry `{field}`"),
                Some(format!("it is on {carried_by}")),
            ),
            Naming::FieldNotOnAll { field, kinds } => (
                Warning,
                "field-not-on-all",
                format!("`{field}` is missing on {kinds}"),
                Some("ask `has(…)` first, or say what `on_missing` does".to_owned()),
            ),
            Naming::UnknownParam { name, nearest } => (
                Error,
                "unknown-parameter",
                format!("unknown parameter `{name}`"),
                nearest
                    .as_ref()
                    .map(|n| format!("did you mean `params.{n}`?")),
            ),
            Naming::UnknownRule { name, nearest } => (
                Error,
                "unknown-rule",
                format!("no rule `{name}` in this set"),
                did_you_mean(nearest),
            ),
            Naming::UnknownWindow { name, nearest } => (
                Error,
                "unknown-window",
                format!("unknown window `window.{name}`"),
                nearest
                    .as_ref()
                    .map(|n| format!("did you mean `window.{n}`?")),
            ),
            Naming::WindowNotAbove(name) => (
                Error,
                "window-not-above",
                format!("`window.{name}` is not declared above this window"),
                Some("a `where` reads windows declared above it, never itself".to_owned()),
            ),
            Naming::WindowKeyNotOn {
                window,
                field,
                kinds,
            } => (
                Error,
                "window-key-not-on-event",
                format!("`window.{window}` is kept by `{field}`, which {kinds} does not carry"),
                None,
            ),
            Naming::UndeclaredList { name, nearest } => (
                Warning,
                "undeclared-list",
                format!("list `{name}` is not declared"),
                Some(format!(
                    "did you mean `{nearest}`? an undeclared list that was never loaded is empty"
                )),
            ),
            Naming::ListKind {
                list,
                of_list,
                of_value,
            } => (
                Error,
                "list-kind",
                format!(
                    "list `{list}` holds entries of kind {of_list}, and this is of kind {of_value}"
                ),
                None,
            ),
            Naming::ListAsValue(name) => (
                Error,
                "list-as-value",
                format!("`{name}` is a list, not a value"),
                Some(format!(
                    "ask `payee.account in {name}` or `{name}.class(payee.account)`"
                )),
            ),
            Naming::UnknownFunction {
                name,
                nearest,
                method_of_text,
                known,
            } => (
                Error,
                "unknown-function",
                format!("unknown function `{name}`"),
                if *method_of_text {
                    Some(format!("write it after the text: payee.name.{name}(\"…\")"))
                } else {
                    did_you_mean(nearest).or_else(|| Some(format!("functions: {known}")))
                },
            ),
            Naming::UnknownMethod {
                name,
                nearest,
                function,
                known,
            } => (
                Error,
                "unknown-method",
                format!("unknown method `{name}`"),
                if *function {
                    Some(format!("write it before the value: {name}(…)"))
                } else {
                    did_you_mean(nearest).or_else(|| Some(format!("methods: {known}")))
                },
            ),
            Naming::ArgumentCount { name, takes, found } => {
                let more = if matches!(name.as_str(), "min" | "max") {
                    " to 16"
                } else {
                    ""
                };
                let values = if *takes == 1 && more.is_empty() {
                    "value"
                } else {
                    "values"
                };
                (
                    Error,
                    "argument-count",
                    format!("`{name}` takes {takes}{more} {values}, found {found}"),
                    None,
                )
            }
        }
    }
}
