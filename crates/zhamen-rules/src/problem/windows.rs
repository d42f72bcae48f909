//! Problems of windows.

use crate::diagnostic::Severity::{Error, Note};
use crate::problem::{Parts, Problem};

/// Problems of windows.
#[derive(Debug, Clone)]
pub(crate) enum Windows {
    NoAggregate,
    TwoAggregates,
    FixedAggregate {
        agg: &'static str,
        fixed: &'static str,
    },
    AggregateType {
        agg: &'static str,
        field: &'static str,
        ty: String,
    },
    KeyNotOnCounted {
        field: &'static str,
        kinds: String,
    },
    KeyType {
        field: &'static str,
        ty: String,
    },
    RoleType {
        judged: &'static str,
        counted: &'static str,
    },
    MappingNotInBy(String),
    UntilBeyondOver,
    BadUndo,
    WhereNeverHolds,
    CorrelatedWindow,
    ThisWithWindow,
    ThisOutsideWhere,
    ThisAlone,
    NotKept(&'static str),
    NotOverEver(&'static str),
    TooManyKeys(usize),
    UntilOfLast,
    PerDayOf(&'static str),
    PerDayOver(i64),
    HopsKey,
    BadShare,
    ResetByRule,
    ResetKey {
        field: &'static str,
        kinds: String,
    },
}

impl Problem for Windows {
    fn parts(&self) -> Parts {
        match self {
            Windows::NoAggregate => (
                Error,
                "no-aggregate",
                "this window does not say what it computes".to_owned(),
                Some(
                    "give one of count = \"*\", sum, distinct, min, max, avg, stddev, first, last = a field, \
                     since = \"last\", hops = who pays"
                        .to_owned(),
                ),
            ),
            Windows::TwoAggregates => (
                Error,
                "two-aggregates",
                "a window computes one thing".to_owned(),
                Some("declare a second window; what they count is stored once".to_owned()),
            ),
            Windows::FixedAggregate { agg, fixed } => (
                Error,
                "fixed-aggregate",
                format!("`{agg}` can only be \"{fixed}\""),
                (*agg == "count")
                    .then(|| "to count different values use `distinct`, to count some events `where`".to_owned()),
            ),
            Windows::AggregateType { agg, field, ty } => (
                Error,
                "aggregate-type",
                format!("`{agg}` cannot be taken of `{field}`, which is {ty}"),
                None,
            ),
            Windows::KeyNotOnCounted { field, kinds } => (
                Error,
                "key-not-on-counted",
                format!("`{field}` is not on the counted {kinds}"),
                Some(format!(
                    "say where it stands there: fields = {{ \"{field}\" = \"…\" }}"
                )),
            ),
            Windows::KeyType { field, ty } => (
                Error,
                "key-type",
                format!("`{field}`, which is {ty}, cannot be part of a key"),
                None,
            ),
            Windows::RoleType { judged, counted } => (
                Error,
                "role-type",
                format!("`{judged}` and `{counted}` are of different types"),
                None,
            ),
            Windows::MappingNotInBy(field) => (
                Error,
                "mapping-not-in-by",
                format!("`fields` maps `{field}`, which is not among `by`"),
                None,
            ),
            Windows::UntilBeyondOver => (
                Error,
                "until-beyond-over",
                "the near end `until` lies at or beyond the far end `over`".to_owned(),
                Some("the window is (t - over, t - until]".to_owned()),
            ),
            Windows::BadUndo => (
                Error,
                "bad-undo",
                "only a counted `transfer.requested` can be taken out again, by `transfer.failed` or \
                 `transfer.reversed`"
                    .to_owned(),
                None,
            ),
            Windows::WhereNeverHolds => (
                Error,
                "where-never-holds",
                "this `where` is false for every event, so nothing is ever counted".to_owned(),
                None,
            ),
            Windows::CorrelatedWindow => (
                Note,
                "window-scans",
                "compares with the event being judged: looks through the key's kept events, at most \
                 1,000, on every event"
                    .to_owned(),
                None,
            ),
            Windows::ThisWithWindow => (
                Error,
                "this-with-window",
                "one condition cannot read both `this.` and a window".to_owned(),
                Some(
                    "a window stands as it was when the event was counted, `this.` as it is now; part \
                     them with `&&`"
                        .to_owned(),
                ),
            ),
            Windows::ThisOutsideWhere => (
                Error,
                "this-outside-where",
                "`this.` names the event being judged inside a window's `where` only".to_owned(),
                Some("in a rule's own lines the fields stand without it".to_owned()),
            ),
            Windows::ThisAlone => (
                Error,
                "this-alone",
                "this condition looks at the event being judged only".to_owned(),
                Some("write it as a line of the rule, without `this.`".to_owned()),
            ),
            Windows::NotKept(field) => (
                Error,
                "not-kept",
                format!("`{field}` of counted events is not kept for comparison with `this.`"),
                None,
            ),
            Windows::NotOverEver(what) => (
                Error,
                "not-over-ever",
                format!("{what} needs single events, and a window over `ever` keeps totals"),
                Some("give a period, for example over = \"365d\"".to_owned()),
            ),
            Windows::UntilOfLast => (
                Error,
                "until-of-last",
                "the newest events have no near end".to_owned(),
                Some("leave out the judged event with current = \"exclude\", or give a period".to_owned()),
            ),
            Windows::PerDayOf(what) => (
                Error,
                "per-day",
                format!("totals of days do not go together with {what}"),
                Some("`per = \"day\"` takes avg, stddev, min or max of a number, of money or of \"*\"".to_owned()),
            ),
            Windows::PerDayOver(most) => (
                Error,
                "per-day-over",
                "totals of days need whole days".to_owned(),
                Some(format!(
                    "write \"30d\", at most \"{most}d\", \"calendar month\" or \"calendar year\""
                )),
            ),
            Windows::HopsKey => (
                Error,
                "hops-key",
                "`hops` names who pays, and the key who is paid: one other field of the same kind".to_owned(),
                Some(
                    "for what the paying account carries write hops = \"payer.account\", \
                     by = [\"payer.account\"], fields = { \"payer.account\" = \"payee.account\" }"
                        .to_owned(),
                ),
            ),
            Windows::BadShare => (
                Error,
                "bad-share",
                "`share` is a part from 0 to 1".to_owned(),
                Some("write share = 0.9 for at least nine tenths".to_owned()),
            ),
            Windows::ResetByRule => (
                Error,
                "reset-by-rule",
                "only a rule that fires sets a window back".to_owned(),
                Some("write reset = \"rule:ID\"; the rule's own id sets it back by its own firing".to_owned()),
            ),
            Windows::ResetKey { field, kinds } => (
                Error,
                "reset-key",
                format!("that rule looks at {kinds}, which has no `{field}` to tell the keys apart by"),
                None,
            ),
            Windows::TooManyKeys(most) => (
                Error,
                "too-many-keys",
                format!("a key has at most {most} fields"),
                None,
            ),
        }
    }
}
