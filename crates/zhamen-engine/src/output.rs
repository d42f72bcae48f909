//! What the engine says: decisions, alerts and the life of orders, holds and inquiries, as data.
//! Their JSON is the wire crate's.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::entry::{Code, Headers, Input};
use crate::event::{EventKind, table};
use crate::money::Money;
use crate::rule::{Action, Bilingual, Mode, Severity};
use crate::time::TimestampMs;

/// One output of a step, in the order they arise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Output {
    Decision(Decision),
    Alert(Alert),
    Feedback(Feedback),
    Hold(HoldEvent),
    Warning(Warning),
    AlertStep(AlertStep),
}

/// Where in the journal something was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coordinates {
    /// Journal partition.
    pub partition: i32,
    /// Journal offset.
    pub offset: i64,
    /// Entry within the record.
    pub index: u32,
    /// Dense per partition of the decisions topic; for other outputs, of the decision they go with.
    pub sequence: u64,
}

/// The answer to one input record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// What the bank is to do.
    pub action: Action,
    /// `Some`: the record was rejected.
    pub rejected: Option<(Code, Option<u32>)>,
    /// The event, as far as it could be read.
    pub event: EventName,
    /// Where it was decided.
    pub coordinates: Coordinates,
    /// Partition of the decisions topic that carries it.
    pub decisions_partition: i32,
    /// Key of the input record.
    pub key: Option<Vec<u8>>,
    /// Headers carried on.
    pub headers: Headers,
    /// The input record.
    pub input: Input,
    /// Rules in mode alert or enforce that fired, verdicts and standing holds included.
    pub fired: Vec<Fired>,
    /// Rules in mode shadow that would have fired.
    pub shadow: Vec<Fired>,
    /// Rules that fell back.
    pub degraded: Vec<Degraded>,
    /// Older than the newest accepted event by more than `late_after`.
    pub late: bool,
    /// A window was missing because its key has moved on.
    pub stale: bool,
    /// Ahead of the journal's clock; decided at the journal's time.
    pub ahead: bool,
    /// The decision this one repeats.
    pub duplicate_of: Option<Coordinates>,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
    /// Journal time.
    pub decided_at: TimestampMs,
    /// Questions to ask.
    pub inquiry: Option<InquiryDemand>,
    /// The hold that stands.
    pub hold: Option<HoldNote>,
    /// What may be said to the customer.
    pub customer_notice: Option<Bilingual>,
    /// What an order or list change led to, e.g. `stop.placed`; absent for others.
    pub done: Option<CompactString>,
    /// The payee is stopped or frozen and the money comes from a victim.
    pub traced: Option<Traced>,
}

/// An event's name as far as it could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct EventName {
    pub kind: Option<EventKind>,
    pub id: Option<CompactString>,
    pub source: Option<CompactString>,
}

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fired {
    /// Rule or verdict id, or the reserved `stop-payment`, `freeze`, `hold`, `verification`.
    pub rule: Arc<str>,
    /// Its mode.
    pub mode: Mode,
    /// The action it asks for.
    pub action: Action,
    /// Every field and window its lines read, as text.
    pub values: Vec<(CompactString, String)>,
    /// Every parameter its lines read, as text.
    pub limits: Vec<(CompactString, String)>,
    /// Its sentence.
    pub reason: Bilingual,
}

/// A rule that fell back to `on_error` or an explicit `on_missing`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Degraded {
    /// Rule id.
    pub rule: Arc<str>,
    /// The line, as written.
    pub line: Arc<str>,
    /// Why.
    pub code: FallbackCode,
}

table! {
    /// Why a rule fell back.
    FallbackCode {
        Missing = "MISSING", Stale = "STALE", DivisionByZero = "DIVISION_BY_ZERO", Overflow = "OVERFLOW",
        Currency = "CURRENCY", Rate = "RATE", ListMissing = "LIST_MISSING", ListStale = "LIST_STALE",
        Saturated = "SATURATED", Panic = "PANIC",
    }
}

/// The questions an `inquire` decision carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InquiryDemand {
    /// What the answer names.
    pub id: String,
    /// `name@version`.
    pub form: String,
    /// Id and text.
    pub questions: Vec<(String, Bilingual)>,
    /// Version and text of the notice to sign.
    pub notice: (String, Bilingual),
    /// Last moment of an answer in time.
    pub answer_by: TimestampMs,
    /// What silence turns into.
    pub on_silence: Action,
}

/// The hold a `hold` or `delay` decision carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HoldNote {
    /// Stable id, which a release or an appeal names.
    pub id: String,
    /// Why.
    pub reason: Bilingual,
    /// Since when.
    pub since: TimestampMs,
    /// When it ends by itself.
    pub expires_at: Option<TimestampMs>,
    /// Who may end it: `police`, `two_person`.
    pub release_by: Vec<CompactString>,
    /// Whether an appeal can end it.
    pub appeal: bool,
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AlertSubject {
    /// `account`, `person`, `phone`, `device`.
    pub kind: CompactString,
    /// Its value; persons as keyed pseudonyms.
    pub value: CompactString,
}

/// An event that led to an alert.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Contribution {
    pub id: CompactString,
    pub source: CompactString,
    pub at: TimestampMs,
    pub amount: Option<Money>,
    pub counterparty: Option<CompactString>,
}

/// An alert for a police station.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alert {
    /// Stable id.
    pub alert: String,
    /// The event that raised it.
    pub event: EventName,
    /// Rule or verdict.
    pub rule: Arc<str>,
    /// Platform feature code.
    pub feature_code: Option<String>,
    /// Sum over the rules fired.
    pub score: i64,
    /// How loud.
    pub severity: Severity,
    /// Station code: the key of the record.
    pub station: String,
    /// Opening institution of the subject's account.
    pub bank: Option<CompactString>,
    /// Its branch.
    pub branch: Option<CompactString>,
    /// Who opened it.
    pub opened_by: Option<CompactString>,
    /// Account or person.
    pub subject: AlertSubject,
    /// Holder name.
    pub name: Option<CompactString>,
    /// Account of the four elements.
    pub account: Option<CompactString>,
    /// Amount of the four elements.
    pub amount: Option<Money>,
    /// Time of the four elements.
    pub time: TimestampMs,
    /// At most 100, newest last.
    pub contributing: Vec<Contribution>,
    /// How many there are.
    pub contributing_count: u64,
    /// As in the decision.
    pub values: Vec<(CompactString, String)>,
    /// As in the decision.
    pub limits: Vec<(CompactString, String)>,
    /// As in the decision.
    pub reason: Bilingual,
    /// Business time of the event.
    pub occurred_at: TimestampMs,
    /// Journal time.
    pub raised_at: TimestampMs,
    /// Legal deadline of the report.
    pub report_by: Option<TimestampMs>,
    /// The event was late.
    pub late: bool,
    /// Repeats swallowed since the last alert of this rule and subject.
    pub merged: u64,
    /// Shared by alerts on one flow of money.
    pub chain: Option<String>,
    /// Where it was decided.
    pub coordinates: Coordinates,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
}

/// What became of a stop or freeze order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Feedback {
    /// `stop.placed` …
    pub kind: FeedbackKind,
    /// Stable id.
    pub id: String,
    /// Application of the order: the key of the record.
    pub application: CompactString,
    /// The account named.
    pub account: Option<CompactString>,
    /// The bank named, where it is forwarded.
    pub bank: Option<CompactString>,
    /// Journal time.
    pub at: TimestampMs,
    /// Platform code of the answer.
    pub code: &'static str,
    /// End of the stop or freeze.
    pub until: Option<TimestampMs>,
    /// First or second round of stops.
    pub round: Option<u32>,
    /// What contradicts.
    pub element: Option<&'static str>,
    /// Where the money went on to, for an extension of the stop.
    pub extension: Option<Extension>,
    /// Where it was decided.
    pub coordinates: Coordinates,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
}

/// What an officer needs to extend a stop (延伸止付) to where the money went.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Extension {
    /// The accounts, nearest first.
    pub next: Vec<NextAccount>,
    /// There are more than the settings allow to name.
    pub truncated: bool,
    /// Shared by the alerts on that flow of money.
    pub chain: String,
}

/// An account that a stopped account's money went on to: the elements of an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub struct NextAccount {
    pub account: CompactString,
    pub name: Option<CompactString>,
    pub bank: Option<CompactString>,
    /// How much of the order's money reached it.
    pub amount: Money,
    /// When the first of it did.
    pub time: TimestampMs,
    /// The order's tier plus the hops from the stopped account.
    pub tier: i64,
}

/// An incoming transfer's money comes from the victim of a stop order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Traced {
    /// The order whose victim it comes from.
    pub application: CompactString,
    /// Hops from the victim's account to the payee: 1 if the victim pays.
    pub tier: u32,
}

table! {
    /// Types of `police.feedback.v1`.
    FeedbackKind {
        StopPlaced = "stop.placed", StopRefused = "stop.refused", StopForwarded = "stop.forwarded",
        StopReminded = "stop.reminded", StopExpired = "stop.expired", StopLifted = "stop.lifted",
        StopExtensionProposed = "stop.extension_proposed",
        FreezePlaced = "freeze.placed", FreezeRefused = "freeze.refused", FreezeRenewed = "freeze.renewed",
        FreezeExpired = "freeze.expired", FreezeLifted = "freeze.lifted",
    }
}

/// A step in the life of a hold, an inquiry or a verification.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HoldEvent {
    /// `hold.placed` …
    pub kind: HoldEventKind,
    /// Stable id of the hold, inquiry or verification.
    pub id: String,
    /// The account: the key of the record.
    pub account: CompactString,
    /// Journal time.
    pub at: TimestampMs,
    /// The rule or the order behind it.
    pub cause: Cause,
    /// What it stops.
    pub scope: Option<HoldScope>,
    /// The transfer, where it is about one: id and source.
    pub transfer: Option<(CompactString, CompactString)>,
    /// When it ends by itself.
    pub until: Option<TimestampMs>,
    /// Who ended or asked.
    pub by: Vec<CompactString>,
    /// Why.
    pub reason: Option<Bilingual>,
    /// The action silence turned into, or the outcome of an answer.
    pub action: Option<Action>,
    /// Id of the hold that silence opened.
    pub hold: Option<String>,
    /// Where it was decided.
    pub coordinates: Coordinates,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
}

/// Why a hold stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Cause {
    Rule(Arc<str>),
    Application(CompactString),
}

table! {
    /// What a hold stops.
    HoldScope { AccountOut = "account_out", Transfer = "transfer" }
}

table! {
    /// Types of `bank.holds.v1`.
    HoldEventKind {
        HoldPlaced = "hold.placed", HoldExtended = "hold.extended", HoldReleased = "hold.released",
        HoldExpired = "hold.expired", InquiryOpened = "inquiry.opened", InquiryAnswered = "inquiry.answered",
        InquiryExpired = "inquiry.expired", VerificationOpened = "verification.opened",
        VerificationClosed = "verification.closed", AccountRestricted = "account.restricted",
        AccountSuspended = "account.suspended", AccountUnrestricted = "account.unrestricted",
        ReleaseRequested = "release.requested", ReleaseRefused = "release.refused",
        AppealOpened = "appeal.opened", AppealClosed = "appeal.closed",
        InquiryMissing = "inquiry.missing",
    }
}

/// A step in the life of an alert, on the topic of feedback.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlertStep {
    /// `alert.reminded` …
    pub kind: AlertStepKind,
    /// Stable id of the step.
    pub id: String,
    /// The alert: the key of the record.
    pub alert: String,
    /// Rule or verdict that raised it.
    pub rule: Arc<str>,
    /// The station it went to.
    pub station: CompactString,
    /// Account of its four elements.
    pub account: Option<CompactString>,
    /// How loud.
    pub severity: Severity,
    /// When it was raised.
    pub raised_at: TimestampMs,
    /// Last moment of its report.
    pub report_by: Option<TimestampMs>,
    /// The officer who answered.
    pub by: Option<CompactString>,
    /// What he found.
    pub verdict: Option<&'static str>,
    /// Journal time.
    pub at: TimestampMs,
    /// Where it was decided.
    pub coordinates: Coordinates,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
}

table! {
    /// Steps in the life of an alert.
    AlertStepKind {
        Acknowledged = "alert.acknowledged", Disposed = "alert.disposed", Reminded = "alert.reminded",
        Overdue = "alert.overdue", Escalated = "alert.escalated",
    }
}

/// A warning for the bank's own SMS gateway.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Warning {
    /// Stable id.
    pub id: String,
    /// The payer's account.
    pub account: CompactString,
    /// Where to send it.
    pub phone: Option<CompactString>,
    /// Keyed pseudonym of the person.
    pub holder: Option<CompactString>,
    /// Rule behind it.
    pub cause: Arc<str>,
    /// What to say.
    pub text: Bilingual,
    /// Journal time.
    pub at: TimestampMs,
    /// Where it was decided.
    pub coordinates: Coordinates,
    /// Digest of the rule set.
    pub ruleset: Arc<str>,
}
