//! Problems of keys and of plain values.

use crate::diagnostic::Severity::{Error, Warning};
use crate::problem::{Parts, Problem, did_you_mean};

/// Problems of keys and of plain values.
#[derive(Debug, Clone)]
pub(crate) enum Keys {
    UnknownKey {
        key: String,
        what: String,
        nearest: Option<String>,
        known: String,
    },
    MissingKey {
        key: String,
        what: &'static str,
    },
    WrongKind {
        expected: &'static str,
        found: &'static str,
    },
    NotOneOf {
        text: String,
        nearest: Option<String>,
        words: String,
    },
    EmptyList,
    Repeated(&'static str),
    KeyWithoutUse {
        key: String,
        with: &'static str,
    },
    NumberTooLarge,
    NotANumber,
    BadId,
    BadListName,
    BadIdentifier {
        what: &'static str,
        name: String,
    },
    DuplicateId {
        what: &'static str,
        id: String,
    },
    UnknownEventType {
        name: String,
        nearest: Option<String>,
    },
    BadDuration,
    BadOver,
    BadForm,
    NotWholeDays,
    MissingLanguage(String),
    LoneBrace,
    EmptyPlace(String),
    SubjectKind(&'static str),
    NoSubject,
    ScoreNotPositive,
    InquiryWithoutTransfer,
    OverAndFades,
}

impl Problem for Keys {
    fn parts(&self) -> Parts {
        match self {
            Keys::UnknownKey { key, what, nearest, known } => (
                Error,
                "unknown-key",
                format!("unknown key `{key}` in {what}"),
                Some(did_you_mean(nearest).unwrap_or_else(|| format!("known keys: {known}"))),
            ),
            Keys::MissingKey { key, what } => (
                Error,
                "missing-key",
                format!("{what} must have `{key}`"),
                (key == "when").then(|| "give `when` (all must hold) or `any` (one must)".to_owned()),
            ),
            Keys::WrongKind { expected, found } => (
                Error,
                "wrong-kind",
                format!("expected {expected}, found {found}"),
                None,
            ),
            Keys::NotOneOf { text, nearest, words } => (
                Error,
                "not-one-of",
                format!("`{text}` is not one of {words}"),
                did_you_mean(nearest),
            ),
            Keys::EmptyList => (Error, "empty-list", "this list is empty".to_owned(), None),
            Keys::Repeated(name) => (
                Error,
                "repeated",
                format!("`{name}` stands here twice"),
                None,
            ),
            Keys::KeyWithoutUse { key, with } => (
                Warning,
                "key-without-use",
                format!("`{key}` does nothing without {with}"),
                None,
            ),
            Keys::NumberTooLarge => (
                Error,
                "number-too-large",
                "this number is too large or has too many digits".to_owned(),
                None,
            ),
            Keys::NotANumber => (
                Error,
                "not-a-number",
                "this is not a plain decimal number".to_owned(),
                Some("write digits with at most one point, without exponent: 10500.50".to_owned()),
            ),
            Keys::BadId => (
                Error,
                "bad-id",
                "an id is kebab-case: a-z, 0-9 and single hyphens, at most 64".to_owned(),
                None,
            ),
            Keys::BadListName => (
                Error,
                "bad-list-name",
                "a list's name is letters, digits, `_` and `-`, at most 64".to_owned(),
                None,
            ),
            Keys::BadIdentifier { what, name } => (
                Error,
                "bad-name",
                format!("`{name}` cannot be written as `{what}.{name}` in a line"),
                Some("use letters, digits and `_`, beginning with a letter".to_owned()),
            ),
            Keys::DuplicateId { what, id } => (
                Error,
                "duplicate-id",
                format!("there is already a {what} `{id}`"),
                None,
            ),
            Keys::UnknownEventType { name, nearest } => (
                Error,
                "unknown-event-type",
                format!("unknown event type `{name}`"),
                did_you_mean(nearest),
            ),
            Keys::BadDuration => (
                Error,
                "bad-duration",
                "expected a duration".to_owned(),
                Some("write \"90s\", \"30m\", \"24h\", \"7d\" or \"1h30m\", at most 100 years".to_owned()),
            ),
            Keys::BadOver => (
                Error,
                "bad-period",
                "expected a period".to_owned(),
                Some(
                    "write \"90s\", \"30m\", \"24h\", \"7d\", \"5 working days\", \"calendar day\", \
                     \"calendar month\", \"calendar year\", \"ever\", \"last 3\" or \"last 3 in 30d\""
                        .to_owned(),
                ),
            ),
            Keys::OverAndFades => (
                Error,
                "over-and-fades",
                "a verdict sums either over a time or fading".to_owned(),
                Some("`fades = \"24h\"` looks back 24 hours by itself".to_owned()),
            ),
            Keys::BadForm => (
                Error,
                "bad-form",
                "a form is named `name@version`".to_owned(),
                Some("for example \"four-questions-one-notice@1\"".to_owned()),
            ),
            Keys::NotWholeDays => (
                Error,
                "not-whole-days",
                "a legal term is counted in whole days".to_owned(),
                Some("for example report_within = \"3d\"".to_owned()),
            ),
            Keys::MissingLanguage(language) => (
                Warning,
                "missing-language",
                format!("no `{language}` text here"),
                Some("the other language's text stands in for it".to_owned()),
            ),
            Keys::LoneBrace => (
                Error,
                "lone-brace",
                "a brace without its partner".to_owned(),
                Some("write `{{` or `}}` for the sign itself".to_owned()),
            ),
            Keys::EmptyPlace(kinds) => (
                Error,
                "empty-place",
                "nothing is named between the braces".to_owned(),
                Some(format!("name a field of {kinds}, `window.…` or `params.…`")),
            ),
            Keys::SubjectKind(field) => (
                Error,
                "subject-kind",
                format!("`{field}` is no account, person, phone or device"),
                Some("an alert is about one of these".to_owned()),
            ),
            Keys::NoSubject => (
                Error,
                "no-subject",
                "whom this rule's alerts and lists are about is not known".to_owned(),
                Some("give `subject`, for example subject = \"holder.id\"".to_owned()),
            ),
            Keys::ScoreNotPositive => (
                Error,
                "score-not-positive",
                "a verdict applies from a sum above 0".to_owned(),
                None,
            ),
            Keys::InquiryWithoutTransfer => (
                Warning,
                "inquiry-without-transfer",
                "questions are asked about a transfer, and this rule looks at none".to_owned(),
                None,
            ),
        }
    }
}
