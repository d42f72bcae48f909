//! A compiled rule set: what the rule compiler makes of the files and the engine evaluates.
//! The engine never sees rule text, except the texts it must show.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{EntryKind, Field, KindSet, table};
use crate::money::{Currency, Dec};

table! {
    /// What the bank is to do, from mildest to strictest.
    Action {
        Allow = "allow",
        Inquire = "inquire",
        Verify = "verify",
        Delay = "delay",
        Hold = "hold",
    }
}

table! {
    /// How loud an alert is.
    Severity { Low = "low", Medium = "medium", High = "high", Critical = "critical" }
}

table! {
    /// What a rule's firing does.
    Mode { Shadow = "shadow", Alert = "alert", Enforce = "enforce" }
}

table! {
    /// What a rule does where money of two currencies meets.
    CurrencyPolicy { OnError = "on_error", Convert = "convert", Skip = "skip", Fire = "fire" }
}

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

/// A checked, compiled set of rules.
#[derive(Debug, Clone, Default)]
pub struct RuleSet {
    /// `sha256:…` over the normalised content.
    pub digest: Arc<str>,
    /// In the order of the files, verdicts aside.
    pub rules: Vec<Rule>,
    /// Verdicts over the scores of rules that fired.
    pub verdicts: Vec<Verdict>,
    /// What is counted; equal windows of several rules share one.
    pub series: Vec<Series>,
    /// Views of the series, without repeats.
    pub windows: Vec<Window>,
    /// Lists the set declares.
    pub lists: Vec<ListDef>,
    /// Names of lists that rules read, declared or not; `ListId` indexes it.
    pub list_names: Vec<String>,
    /// Regular expressions that `matches` uses.
    pub regexes: Vec<regex::Regex>,
}

impl RuleSet {
    /// Forms that rules and verdicts ask with, each with the name of what asks.
    pub fn forms(&self) -> impl Iterator<Item = (&str, &str)> {
        let rules = self.rules.iter().map(|r| (&r.id, &r.then));
        let verdicts = self.verdicts.iter().map(|v| (&v.id, &v.then));
        rules
            .chain(verdicts)
            .filter_map(|(id, then)| Some((&**id, then.form.as_deref()?)))
    }
}

/// Index into [`RuleSet::windows`].
pub type WindowId = u16;
/// Index into [`RuleSet::series`].
pub type SeriesId = u16;
/// Index into [`RuleSet::list_names`].
pub type ListId = u16;

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Kebab-case name, unique in the set.
    pub id: Arc<str>,
    /// Its title.
    pub title: Bilingual,
    /// Platform feature code, if it has one.
    pub feature_code: Option<String>,
    /// What its firing does.
    pub mode: Mode,
    /// Types of event it looks at.
    pub on: KindSet,
    /// What an alert is about; `quiet` and lists key on it.
    pub subject: Option<Field>,
    /// All must hold, read in order; the first false one ends it.
    pub when: Vec<Line>,
    /// At least one must hold, if there are any.
    pub any: Vec<Line>,
    /// None may hold.
    pub unless: Vec<Line>,
    /// What firing leads to.
    pub then: Then,
    /// Weight for verdicts and alerts.
    pub score: i64,
    /// Only the highest score of one family counts.
    pub family: Option<String>,
    /// Action when a line cannot be computed.
    pub on_error: Action,
    /// Action when a field that a line reads is absent; `None`: that line does not hold.
    pub on_missing: Option<Action>,
    /// Where currencies meet.
    pub currency: CurrencyPolicy,
    /// The reason shown to officers and staff.
    pub explain: TemplatePair,
    /// The reason shown to the person restricted.
    pub explain_customer: Option<TemplatePair>,
    /// Fields and windows that its lines read, by name, for `values`.
    pub reads: Vec<Read>,
    /// Parameters that its lines read, for `limits`: name (`params.x`) and text.
    pub limits: Vec<(String, String)>,
    /// Window whose events an alert lists under `contributing`: the first its lines read.
    pub evidence: Option<WindowId>,
}

/// A field or window read by a rule's lines, under the name `values` shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Read {
    Field(Field),
    Window(WindowId, String),
}

/// One line of `when`, `any` or `unless`.
#[derive(Debug, Clone)]
pub struct Line {
    /// As written.
    pub text: Arc<str>,
    /// Compiled; of type bool.
    pub expr: Expr,
}

/// What firing leads to.
#[derive(Debug, Clone)]
pub struct Then {
    /// The decision asked for.
    pub action: Action,
    /// Alert of this severity.
    pub alert: Option<Severity>,
    /// Repeats for the same subject within this time are merged.
    pub quiet_ms: Option<i64>,
    /// Length of a delay's hold.
    pub for_ms: i64,
    /// Deadline of a verification.
    pub within_ms: Option<i64>,
    /// Form of an inquiry.
    pub form: Option<String>,
    /// Time to answer an inquiry, and time an answer covers.
    pub answer_within_ms: i64,
    /// What silence turns into.
    pub on_silence: Action,
    /// The police may release the hold.
    pub release_by_police: bool,
    /// Two different persons of the bank may release the hold.
    pub release_by_two_person: bool,
    /// Legal term of the report, in days.
    pub report_within_days: Option<u32>,
    /// The subject goes on this list.
    pub list: Option<String>,
    /// A victim warning.
    pub warn: bool,
}

/// A verdict over the sum of the scores of rules that fired.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Name, as a rule's.
    pub id: Arc<str>,
    /// Its title.
    pub title: Bilingual,
    /// Applies from this sum on; the highest reached applies.
    pub at_least: i64,
    /// Sum over this time for the subject instead of over this event.
    pub over_ms: Option<i64>,
    /// A score counts less the older it is, down to nothing at the end of that time.
    pub fades: bool,
    /// What it leads to.
    pub then: Then,
    /// Its sentence.
    pub explain: TemplatePair,
}

/// A counted set of events per key.
#[derive(Debug, Clone)]
pub struct Series {
    /// Canonical text of everything below; equal text, equal state. State survives a change of
    /// rule set exactly if this text stays.
    pub identity: Arc<str>,
    /// Types of event counted.
    pub on: KindSet,
    /// Counted are only events on which the rule of this id fired, after all rules have spoken.
    pub hits_of: Option<Arc<str>>,
    /// Key fields of the counted event.
    pub by: Vec<Field>,
    /// Counted only where this holds; evaluated when the event is counted. Windows it reads are
    /// declared earlier and stand as they were then.
    pub filter: Option<Expr>,
    /// Where currencies meet in the filter.
    pub currency: CurrencyPolicy,
    /// Notices that take a counted request out again.
    pub undo: KindSet,
    /// The field whose values are aggregated.
    pub value: Option<Field>,
    /// Instead of a field's values the length of the chain of payments is kept.
    pub hops: Option<Hops>,
    /// Values are only told apart (`distinct`), so numbers are kept as their text.
    pub as_text: bool,
    /// Fields kept per event besides, for windows that compare with the judged event (`this.`).
    pub kept: Vec<Field>,
    /// How far back its windows look.
    pub reach: Reach,
}

/// How an account that pays soon after being paid carries its payer's count.
#[derive(Debug, Clone)]
pub struct Hops {
    /// Who pays on the counted event; the key is who is paid.
    pub payer: Field,
    /// A payer carries on what it was paid within this time.
    pub within_ms: i64,
    /// Only payments of which at least this part goes on.
    pub share: Option<Dec>,
}

/// How long a series must keep its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// This long, the near end included.
    Ms(i64),
    /// So many working days.
    WorkingDays(u32),
    /// The current calendar year at most.
    Year,
    /// So many events, however old.
    Newest(u32),
    /// For ever: older events are folded into totals.
    Ever,
}

/// A view of a series.
#[derive(Debug, Clone)]
pub struct Window {
    /// What it looks at.
    pub series: SeriesId,
    /// Key fields of the judged event, in the order of [`Series::by`].
    pub by: Vec<Field>,
    /// What it computes.
    pub agg: Agg,
    /// How far back.
    pub over: Over,
    /// Near end: events newer than this before the judged one are left out.
    pub until_ms: i64,
    /// The judged event is left out; where totals of days are looked at, its whole day.
    pub exclude_current: bool,
    /// The aggregate is over the totals of Shanghai days on which something was counted.
    pub daily: bool,
    /// Only events after the last one in this window, which counts a rule's hits.
    pub reset: Option<WindowId>,
    /// A filter that compares with the judged event; scans the key's events.
    pub correlated: Option<Expr>,
    /// Where currencies meet in that filter.
    pub currency: CurrencyPolicy,
}

table! {
    /// What a window computes.
    Agg {
        Count = "count", Sum = "sum", Distinct = "distinct", Min = "min", Max = "max", Avg = "avg",
        First = "first", Last = "last", Since = "since", StdDev = "stddev", Hops = "hops",
    }
}

/// How far back a window looks from the judged event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// `(t − ms, t]`.
    Ms(i64),
    /// From the same time of day so many working days ago.
    WorkingDays(u32),
    /// The current Shanghai day up to t.
    CalendarDay,
    /// The current Shanghai month up to t.
    CalendarMonth,
    /// The current Shanghai year up to t.
    CalendarYear,
    /// Everything up to t.
    Ever,
    /// The newest events up to t, those of `(t − within, t]` if it is given.
    Last {
        /// How many.
        n: u32,
        /// Not older than this.
        within_ms: Option<i64>,
    },
}

/// A list the set declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListDef {
    /// Which list.
    pub list: ListId,
    /// What its entries are.
    pub kind: Option<EntryKind>,
    /// Never loaded is an error of the rules that read it.
    pub required: bool,
    /// Older than this is an error of the rules that read it.
    pub stale_after_ms: Option<i64>,
}

/// Two templates of one sentence.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct TemplatePair {
    pub zh: Template,
    pub en: Template,
}

/// A sentence with places for values.
#[derive(Debug, Clone, Default)]
pub struct Template(pub Vec<Piece>);

/// A piece of a template.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Piece {
    Text(String),
    Field(Field),
    Window(WindowId),
}

/// A constant.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Literal {
    Bool(bool),
    Int(i64),
    Dec(Dec),
    Money(Dec, Currency),
    Text(CompactString),
    Duration(i64),
    TextList(Vec<CompactString>),
}

/// A typed expression. Types were checked by the compiler.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Expr {
    Literal(Literal),
    /// A field of the judged event (in a `where`: of the counted one).
    Field(Field),
    /// In a correlated `where`: a field of the event being judged.
    This(Field),
    Window(WindowId),
    HasField(Field),
    HasThis(Field),
    HasWindow(WindowId),
    Not(Box<Expr>),
    Neg(Box<Expr>),
    And(Box<[Expr]>),
    Or(Box<[Expr]>),
    Cmp(CmpOp, Box<[Expr; 2]>),
    Math(MathOp, Box<[Expr; 2]>),
    Cond(Box<[Expr; 3]>),
    /// A value among the texts of a list (literal list or list field).
    In(Box<[Expr; 2]>),
    /// A value on a police or bank list.
    InList {
        list: ListId,
        kind: Option<EntryKind>,
        value: Box<Expr>,
    },
    /// The class of a value on a list; missing where it is not on it.
    ListClass {
        list: ListId,
        kind: Option<EntryKind>,
        value: Box<Expr>,
    },
    Call(Func, Box<[Expr]>),
    /// Index into [`RuleSet::regexes`].
    Matches(u16, Box<Expr>),
}

table! {
    /// Comparison.
    CmpOp { Eq = "==", Ne = "!=", Lt = "<", Le = "<=", Gt = ">", Ge = ">=" }
}

table! {
    /// Arithmetic.
    MathOp { Add = "+", Sub = "-", Mul = "*", Div = "/", Rem = "%" }
}

table! {
    /// Functions. `size` counts characters of a text and items of a list.
    Func {
        Size = "size", StartsWith = "startsWith", EndsWith = "endsWith", Contains = "contains",
        Hour = "hour", Weekday = "weekday", Day = "day", Month = "month", DaysSince = "days_since",
        Abs = "abs", Min = "min", Max = "max",
        IsRound = "is_round", Digit = "digit", LeadingDigit = "leading_digit",
    }
}
