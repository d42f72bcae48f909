//! What the journal holds: the total order of everything that can change a decision.
//!
//! The byte form of these is the wire crate's; here they are plain data.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::event::{Event, InputTopic, table};
use crate::money::Dec;
use crate::rule::{Action, Bilingual, RuleSet};
use crate::time::{Calendar, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TimestampMs};

/// One journal record: entries that were appended together, under one broker time.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// Journal partition, which is the shard.
    pub partition: i32,
    /// Journal offset of the record.
    pub offset: i64,
    /// The broker's `LogAppendTime`: the engine's trusted clock.
    pub journal_at: TimestampMs,
    /// In order.
    pub entries: &'a [Entry],
}

/// One entry of a journal record.
#[derive(Debug, Clone)]
pub enum Entry {
    /// One input record, accepted or not; it gets exactly one decision.
    Record(Record),
    /// From here on this rule set and these settings hold.
    Activate(Arc<Activation>),
    /// Time passed; nothing else.
    Tick,
}

/// One input record as ingest read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Where it came from; the engine keeps one high-water mark per topic and partition.
    pub input: Input,
    /// The Kafka key, which is also the key of the decision; sealed by ingest where it is or may
    /// be a person's ID, opened only when the decision is published.
    pub key: Option<Vec<u8>>,
    /// Murmur2 of the key in clear, `& 0x7fff_ffff` as Kafka's partitioner takes it; 0 without a
    /// key. The decision's partition is this modulo their number.
    pub key_hash: u32,
    /// Headers that the decision carries on.
    pub headers: Headers,
    /// What was in it.
    pub body: Body,
}

/// Coordinates of an input record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Input {
    /// Kafka name of the topic.
    pub topic: CompactString,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// Header values copied or echoed to the decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "named as the headers are")]
pub struct Headers {
    pub traceparent: Option<CompactString>,
    pub tracestate: Option<CompactString>,
    pub correlation_id: Option<Vec<u8>>,
    /// Already checked against the allow list by ingest.
    pub reply_topic: Option<CompactString>,
}

/// The content of an input record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// A checked event.
    Event(Event),
    /// A record that breaks a rule of the contract: it went to the dead letters and is answered.
    Rejected(Rejected),
}

/// Why a record was refused, and what could be read of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The contract's code.
    pub code: Code,
    /// Byte of the record to blame, where there is one.
    pub at_byte: Option<u32>,
    /// Its type, if it could be read and is one of ours.
    pub kind: Option<crate::event::EventKind>,
    /// Its id, if well formed.
    pub id: Option<CompactString>,
    /// Its source, if well formed.
    pub source: Option<CompactString>,
}

table! {
    /// Why a record is rejected. Stable; documented in the contract.
    Code {
        Empty = "EMPTY", Utf8 = "UTF8", Syntax = "SYNTAX", Trailing = "TRAILING", Depth = "DEPTH",
        TooManyFields = "TOO_MANY_FIELDS", DupField = "DUP_FIELD", Shape = "SHAPE", Missing = "MISSING",
        Type = "TYPE", Number = "NUMBER", Range = "RANGE", Sign = "SIGN", Scale = "SCALE",
        Currency = "CURRENCY", Time = "TIME", TimeUnit = "TIME_UNIT", Key = "KEY",
        KeyMismatch = "KEY_MISMATCH", IdFormat = "ID_FORMAT", FieldLen = "FIELD_LEN", Size = "SIZE",
        Headers = "HEADERS", Schema = "SCHEMA", Env = "ENV", Value = "VALUE", IdConflict = "ID_CONFLICT",
        Reversal = "REVERSAL", UnknownType = "UNKNOWN_TYPE", UnknownSource = "UNKNOWN_SOURCE",
    }
}

/// A rule set and the settings that can change a decision, in force from one journal offset on.
#[derive(Debug, Clone)]
pub struct Activation {
    /// Compiled rules.
    pub rules: Arc<RuleSet>,
    /// Everything else that decides.
    pub policy: Policy,
}

/// Settings that can change a decision. They travel in the journal with the rule set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
// A journal written before a setting existed reads as its default.
#[serde(default)]
pub struct Policy {
    /// An event older than the newest accepted one by more than this is late.
    pub late_after_ms: i64,
    /// A window key whose newest event is newer by more than this is missing for the event.
    pub lateness_ms: i64,
    /// An event ahead of the journal's clock by more than this is decided at the journal's time.
    pub ahead_after_ms: i64,
    /// How long an id is remembered.
    pub dedupe_horizon_ms: i64,
    /// How long events stay available as evidence and for matching stop orders.
    pub trail_ms: i64,
    /// Both ends of the span around `transferred_at` in which a stop order's transfer is looked for.
    pub match_time_ms: i64,
    /// How often a forwarded order's bank is reminded.
    pub remind_after_ms: i64,
    /// Hops that money which has left a stopped account is followed.
    pub trace_tiers: u32,
    /// Accounts that one proposal to extend a stop names at most.
    pub trace_accounts: u32,
    /// A person is warned at most once in this time.
    pub warn_once_in_ms: i64,
    /// List of persons, phones and accounts that want no warnings.
    pub warn_opt_out: String,
    /// How long before its legal deadline an alert is reminded of; 0: not at all.
    pub alert_remind_before_ms: i64,
    /// After how long an alert of each severity is escalated if nobody acknowledged it; 0: never.
    pub alert_escalate_after_ms: [i64; 4],
    /// Single removals that take away half of a list of at least so many entries within a day need
    /// a second person.
    pub list_guard_from: u32,
    /// The answer to a rejected record.
    pub rejected_action: Action,
    /// Whether a customer notice may say that the police are involved.
    pub notice_may_name_police: bool,
    /// Partitions of the decisions topic; fixed for the life of a journal.
    pub decision_partitions: i32,
    /// Working days.
    pub calendar: Calendar,
    /// Value of one unit of a currency in CNY, by code.
    pub rates: BTreeMap<String, Dec>,
    /// Station code by branch.
    pub stations: BTreeMap<String, String>,
    /// Station for branches that the table does not name.
    pub default_station: String,
    /// Question sets by `name@version`.
    pub forms: BTreeMap<String, Form>,
    /// Who may say what; empty: every source may say everything.
    pub sources: Vec<SourceRights>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            late_after_ms: 5 * SECOND_MS,
            lateness_ms: HOUR_MS,
            ahead_after_ms: 5 * MINUTE_MS,
            dedupe_horizon_ms: 48 * HOUR_MS,
            trail_ms: 7 * DAY_MS,
            match_time_ms: 24 * HOUR_MS,
            remind_after_ms: 30 * MINUTE_MS,
            trace_tiers: 3,
            trace_accounts: 20,
            warn_once_in_ms: DAY_MS,
            warn_opt_out: "warning_opt_out".to_owned(),
            alert_remind_before_ms: DAY_MS,
            alert_escalate_after_ms: [0; 4],
            list_guard_from: 10,
            rejected_action: Action::Delay,
            notice_may_name_police: false,
            decision_partitions: 1,
            calendar: Calendar::default(),
            rates: BTreeMap::new(),
            stations: BTreeMap::new(),
            default_station: "000000000000".to_owned(),
            forms: BTreeMap::new(),
            sources: Vec::new(),
        }
    }
}

/// A versioned question set with its notice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// In the order they are asked.
    pub questions: Vec<Question>,
    /// Version of the notice the customer signs.
    pub notice_version: String,
    /// Its text.
    pub notice: Bilingual,
}

/// One question of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What an answer names.
    pub id: String,
    /// What the teller asks.
    pub text: Bilingual,
}

/// What a source may speak for; an absent list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRights {
    /// The `source` of its events.
    pub name: String,
    /// Topics it may write to.
    pub topics: Option<Vec<InputTopic>>,
    /// Banks it may speak for.
    pub banks: Option<Vec<String>>,
    /// Organs it may speak for.
    pub organs: Option<Vec<String>>,
    /// Lists it may change.
    pub lists: Option<Vec<String>>,
}
