//! The events of the contract as checked data: which types there are, which fields each carries,
//! and one event with its values. One table per thing; adding an event type or a field is a line.
//!
//! Texts arrive here already checked by ingest; nothing in this file validates.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::TimestampMs;

macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "the text beside each variant is its documentation")]
        #[repr(u8)]
        pub enum $name { $($(#[$vmeta])* $variant),* }
        #[allow(dead_code, reason = "a table has all of these, whether or not this crate uses them")]
        impl $name {
            /// Every one, in the order of the table.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];
            /// Its name in the contract.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $($name::$variant => $text),* } }
            /// The one of that name.
            #[must_use]
            pub fn parse(name: &str) -> Option<$name> { match name { $($text => Some($name::$variant),)* _ => None } }
        }
    };
}
pub(crate) use table;

table! {
    /// The types of event that senders may write.
    EventKind {
        TransferRequested = "transfer.requested",
        TransferSettled = "transfer.settled",
        TransferFailed = "transfer.failed",
        TransferReversed = "transfer.reversed",
        AccountOpened = "account.opened",
        CardOpened = "card.opened",
        AccountClosed = "account.closed",
        AccountUsed = "account.used",
        HolderUpdated = "holder.updated",
        PhoneRegistered = "phone.registered",
        PhoneCancelled = "phone.cancelled",
        InquiryAnswered = "inquiry.answered",
        VerificationCompleted = "verification.completed",
        StopConfirmed = "stop.confirmed",
        StopDenied = "stop.denied",
        HoldReleaseRequested = "hold.release_requested",
        HoldReleaseApproved = "hold.release_approved",
        AppealFiled = "appeal.filed",
        AppealDecided = "appeal.decided",
        StopOrdered = "stop.ordered",
        StopReleased = "stop.released",
        FreezeOrdered = "freeze.ordered",
        FreezeRenewed = "freeze.renewed",
        FreezeReleased = "freeze.released",
        HoldReleaseOrdered = "hold.release_ordered",
        ListAdded = "list.added",
        ListRemoved = "list.removed",
        AlertAcknowledged = "alert.acknowledged",
        AlertDisposed = "alert.disposed",
        ListReplaced = "list.replaced",
        ListConfirmed = "list.confirmed",
    }
}

table! {
    /// The input topics by what they carry; their Kafka names are configuration.
    InputTopic {
        Transfers = "bank.transfers.v1",
        Accounts = "bank.accounts.v1",
        Lines = "telecom.lines.v1",
        Inquiries = "bank.inquiries.v1",
        Orders = "police.orders.v1",
        Lists = "police.lists.v1",
        Dispositions = "police.dispositions.v1",
    }
}

table! {
    /// The subjects of an event: one JSON object each.
    Subject {
        Txn = "txn",
        Payer = "payer",
        Payee = "payee",
        Transfer = "transfer",
        Account = "account",
        Card = "card",
        Holder = "holder",
        Use = "use",
        Line = "line",
        Inquiry = "inquiry",
        Verification = "verification",
        Order = "order",
        Entry = "entry",
        Release = "release",
        Appeal = "appeal",
        Alert = "alert",
    }
}

impl EventKind {
    /// The objects an event of this type carries; all are mandatory.
    #[must_use]
    pub const fn subjects(self) -> &'static [Subject] {
        use EventKind as K;
        use Subject as S;
        match self {
            K::TransferRequested => &[S::Txn, S::Payer, S::Payee],
            K::TransferSettled | K::TransferFailed | K::TransferReversed => {
                &[S::Transfer, S::Txn, S::Payer, S::Payee]
            }
            K::CardOpened => &[S::Card, S::Holder],
            K::AccountOpened => &[S::Account, S::Holder],
            K::AccountClosed => &[S::Account],
            K::AccountUsed => &[S::Use],
            K::HolderUpdated => &[S::Holder],
            K::PhoneRegistered | K::PhoneCancelled => &[S::Line, S::Holder],
            K::InquiryAnswered => &[S::Inquiry],
            K::VerificationCompleted => &[S::Verification],
            K::StopOrdered
            | K::FreezeOrdered
            | K::StopReleased
            | K::FreezeRenewed
            | K::FreezeReleased
            | K::StopConfirmed
            | K::StopDenied => &[S::Order],
            K::ListAdded | K::ListRemoved | K::ListReplaced | K::ListConfirmed => &[S::Entry],
            K::HoldReleaseRequested | K::HoldReleaseApproved | K::HoldReleaseOrdered => {
                &[S::Release]
            }
            K::AppealFiled | K::AppealDecided => &[S::Appeal],
            K::AlertAcknowledged | K::AlertDisposed => &[S::Alert],
        }
    }

    /// The topic that carries it.
    #[must_use]
    pub const fn topic(self) -> InputTopic {
        use EventKind as K;
        match self {
            K::TransferRequested | K::TransferSettled | K::TransferFailed | K::TransferReversed => {
                InputTopic::Transfers
            }
            K::AccountOpened
            | K::CardOpened
            | K::AccountClosed
            | K::AccountUsed
            | K::HolderUpdated => InputTopic::Accounts,
            K::PhoneRegistered | K::PhoneCancelled => InputTopic::Lines,
            K::InquiryAnswered
            | K::VerificationCompleted
            | K::StopConfirmed
            | K::StopDenied
            | K::HoldReleaseRequested
            | K::HoldReleaseApproved
            | K::AppealFiled
            | K::AppealDecided => InputTopic::Inquiries,
            K::StopOrdered
            | K::StopReleased
            | K::FreezeOrdered
            | K::FreezeRenewed
            | K::FreezeReleased
            | K::HoldReleaseOrdered => InputTopic::Orders,
            K::ListAdded | K::ListRemoved | K::ListReplaced | K::ListConfirmed => InputTopic::Lists,
            K::AlertAcknowledged | K::AlertDisposed => InputTopic::Dispositions,
        }
    }

    /// Whether it is one of the four transfer events.
    #[must_use]
    pub const fn is_transfer(self) -> bool {
        matches!(self.topic(), InputTopic::Transfers)
    }
}

/// A set of event types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KindSet(pub u64);

impl KindSet {
    /// The set with `kind` added.
    #[must_use]
    pub const fn with(self, kind: EventKind) -> KindSet {
        KindSet(self.0 | 1 << kind as u8)
    }
    /// Whether `kind` is in it.
    #[must_use]
    pub const fn contains(self, kind: EventKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Those in it, in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = EventKind> {
        EventKind::ALL
            .iter()
            .copied()
            .filter(move |k| self.contains(*k))
    }
}

table! {
    /// What a list entry or a value compared with a list stands for.
    EntryKind {
        Account = "account",
        Person = "person",
        Phone = "phone",
        Device = "device",
    }
}

/// The type of a field, as rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum FieldType {
    Bool,
    Int,
    Money,
    Text,
    Time,
    Date,
    TextList,
}

macro_rules! fields {
    ($($variant:ident = $text:literal : $ty:ident $(@ $entry:ident)?),* $(,)?) => {
        table! {
            /// Every field that an event may carry, named as in the contract.
            Field { $($variant = $text),* }
        }
        impl Field {
            /// Its type.
            #[must_use]
            pub const fn ty(self) -> FieldType { match self { $(Field::$variant => FieldType::$ty),* } }
            /// What its value is, where lists know it.
            #[must_use]
            pub const fn entry_kind(self) -> Option<EntryKind> {
                match self { $(Field::$variant => fields!(@entry $($entry)?)),* }
            }
        }
    };
    (@entry) => { None };
    (@entry $entry:ident) => { Some(EntryKind::$entry) };
}

fields! {
    // Common to all; held in the event's head, not among its values.
    Type = "type": Text, Id = "id": Text, Source = "source": Text, OccurredAt = "occurred_at": Time,
    TxnAmount = "txn.amount": Money, TxnCurrency = "txn.currency": Text, TxnChannel = "txn.channel": Text,
    TxnPurpose = "txn.purpose": Text, TxnDevice = "txn.device": Text @ Device, TxnIp = "txn.ip": Text,
    TxnCountry = "txn.country": Text, TxnInquiry = "txn.inquiry": Text,
    PayerAccount = "payer.account": Text @ Account, PayerName = "payer.name": Text,
    PayerHolder = "payer.holder": Text @ Person, PayerHolderType = "payer.holder_type": Text,
    PayerBank = "payer.bank": Text, PayerBranch = "payer.branch": Text, PayerOpenedOn = "payer.opened_on": Date,
    PayerPhone = "payer.phone": Text @ Phone, PayerGroups = "payer.groups": TextList, PayerAge = "payer.age": Int,
    PayerIdValid = "payer.id_valid": Bool,
    PayeeAccount = "payee.account": Text @ Account, PayeeName = "payee.name": Text,
    PayeeHolder = "payee.holder": Text @ Person, PayeeHolderType = "payee.holder_type": Text,
    PayeeBank = "payee.bank": Text, PayeeBranch = "payee.branch": Text, PayeeOpenedOn = "payee.opened_on": Date,
    PayeePhone = "payee.phone": Text @ Phone, PayeeGroups = "payee.groups": TextList, PayeeAge = "payee.age": Int,
    PayeeIdValid = "payee.id_valid": Bool,
    TransferId = "transfer.id": Text, TransferSource = "transfer.source": Text,
    TransferRequestedAt = "transfer.requested_at": Time, TransferAmount = "transfer.amount": Money,
    AccountNumber = "account.number": Text @ Account, AccountBank = "account.bank": Text,
    AccountBranch = "account.branch": Text, AccountKind = "account.kind": Text,
    AccountAccount = "account.account": Text @ Account, AccountOpenedBy = "account.opened_by": Text,
    CardNumber = "card.number": Text @ Account, CardBank = "card.bank": Text, CardBranch = "card.branch": Text,
    CardKind = "card.kind": Text, CardAccount = "card.account": Text @ Account, CardOpenedBy = "card.opened_by": Text,
    HolderId = "holder.id": Text @ Person, HolderType = "holder.type": Text, HolderName = "holder.name": Text,
    HolderPhone = "holder.phone": Text @ Phone, HolderGroups = "holder.groups": TextList,
    HolderAge = "holder.age": Int, HolderIdValid = "holder.id_valid": Bool,
    UseAccount = "use.account": Text @ Account, UseCountry = "use.country": Text,
    UseDevice = "use.device": Text @ Device, UseIp = "use.ip": Text,
    LineNumber = "line.number": Text @ Phone, LineOperator = "line.operator": Text, LineKind = "line.kind": Text,
    InquiryId = "inquiry.id": Text, InquiryTransferId = "inquiry.transfer.id": Text,
    InquiryTransferSource = "inquiry.transfer.source": Text, InquiryForm = "inquiry.form": Text,
    // Question and answer in turn.
    InquiryAnswers = "inquiry.answers": TextList,
    InquiryNoticeVersion = "inquiry.notice.version": Text, InquiryNoticeSigned = "inquiry.notice.signed": Bool,
    InquiryNoticeSignedAt = "inquiry.notice.signed_at": Time, InquiryObserved = "inquiry.observed": TextList,
    InquiryTeller = "inquiry.teller": Text, InquiryOutcome = "inquiry.outcome": Text,
    VerificationAccount = "verification.account": Text @ Account, VerificationMethod = "verification.method": Text,
    VerificationResult = "verification.result": Text,
    OrderApplication = "order.application": Text, OrderKind = "order.kind": Text, OrderCase = "order.case": Text,
    OrderUrgency = "order.urgency": Text, OrderAccount = "order.account": Text @ Account,
    OrderName = "order.name": Text, OrderBank = "order.bank": Text, OrderAmount = "order.amount": Money,
    OrderCurrency = "order.currency": Text, OrderTransferredAt = "order.transferred_at": Time,
    OrderFromAccount = "order.from_account": Text @ Account, OrderReason = "order.reason": Text,
    OrderOrgan = "order.organ": Text, OrderOfficer = "order.officer": Text, OrderTier = "order.tier": Int,
    OrderParent = "order.parent": Text, OrderUntil = "order.until": Time, OrderElement = "order.element": Text,
    EntryList = "entry.list": Text, EntryKind = "entry.kind": Text, EntryValue = "entry.value": Text,
    EntryClass = "entry.class": Text, EntryReason = "entry.reason": Text, EntryExpiresAt = "entry.expires_at": Time,
    ReleaseHold = "release.hold": Text, ReleasePerson = "release.person": Text, ReleaseReason = "release.reason": Text,
    ReleaseOrgan = "release.organ": Text, ReleaseOfficer = "release.officer": Text,
    AppealHold = "appeal.hold": Text, AppealPerson = "appeal.person": Text, AppealText = "appeal.text": Text,
    AppealUpheld = "appeal.upheld": Bool,
    AlertId = "alert.id": Text, AlertPerson = "alert.person": Text, AlertVerdict = "alert.verdict": Text,
    AlertNote = "alert.note": Text,
    EntryValues = "entry.values": TextList, EntryPerson = "entry.person": Text,
    EntryPart = "entry.part": Int, EntryParts = "entry.parts": Int,
}

impl Field {
    /// The object it stands in; `None` for the four common fields.
    #[must_use]
    pub fn subject(self) -> Option<Subject> {
        self.name()
            .split_once('.')
            .and_then(|(object, _)| Subject::parse(object))
    }

    /// Whether an event of this type may carry it.
    #[must_use]
    pub fn is_on(self, kind: EventKind) -> bool {
        self.subject().is_none_or(|s| kind.subjects().contains(&s))
    }
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Value {
    Bool(bool),
    Int(i64),
    Money(Money),
    Text(CompactString),
    Time(TimestampMs),
    /// Days since 1970-01-01.
    Date(i64),
    TextList(Vec<CompactString>),
}

/// One checked event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Parts")]
pub struct Event {
    /// Its type.
    pub kind: EventKind,
    /// Unique per source.
    pub id: CompactString,
    /// The sending system.
    pub source: CompactString,
    /// Business time at the source.
    pub occurred_at: TimestampMs,
    /// Fingerprint of the content, field order and white space aside: tells a repeat from a
    /// conflict.
    pub content: u64,
    /// Values by field, ascending, each field at most once.
    values: Vec<(Field, Value)>,
    /// Which fields are there, a bit each: how many come before one is where it stands.
    #[serde(skip)]
    present: [u64; 2],
}

/// An event as it is stored.
#[derive(Deserialize)]
struct Parts {
    kind: EventKind,
    id: CompactString,
    source: CompactString,
    occurred_at: TimestampMs,
    content: u64,
    values: Vec<(Field, Value)>,
}

impl From<Parts> for Event {
    fn from(p: Parts) -> Event {
        Event::new(p.kind, p.id, p.source, p.occurred_at, p.content, p.values)
    }
}

const _: () = assert!(Field::ALL.len() <= 128, "a bit for each field");

impl Event {
    /// An event; `values` may come in any order, the last of one field wins.
    #[must_use]
    pub fn new(
        kind: EventKind,
        id: CompactString,
        source: CompactString,
        occurred_at: TimestampMs,
        content: u64,
        mut values: Vec<(Field, Value)>,
    ) -> Event {
        // As decoders write them already.
        if !values.is_sorted_by(|(a, _), (b, _)| a < b) {
            values.reverse();
            values.sort_by_key(|(f, _)| *f);
            values.dedup_by_key(|(f, _)| *f);
        }
        let mut present = [0; 2];
        for (field, _) in &values {
            present[*field as usize / 64] |= 1 << (*field as usize % 64);
        }
        Event {
            kind,
            id,
            source,
            occurred_at,
            content,
            values,
            present,
        }
    }

    /// All values, ascending by field.
    #[must_use]
    pub fn values(&self) -> &[(Field, Value)] {
        &self.values
    }

    /// The value of a field that is not one of the four common ones.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        let bit = 1 << (field as u8 % 64);
        let [low, high] = self.present;
        let before = match field as u8 {
            0..64 if low & bit != 0 => (low & (bit - 1)).count_ones(),
            64.. if high & bit != 0 => low.count_ones() + (high & (bit - 1)).count_ones(),
            _ => return None,
        };
        Some(&self.values[before as usize].1)
    }

    /// A text field; the common texts included.
    #[must_use]
    pub fn text(&self, field: Field) -> Option<&str> {
        match field {
            Field::Type => Some(self.kind.name()),
            Field::Id => Some(&self.id),
            Field::Source => Some(&self.source),
            _ => match self.get(field)? {
                Value::Text(t) => Some(t),
                _ => None,
            },
        }
    }

    /// A money field.
    #[must_use]
    pub fn money(&self, field: Field) -> Option<Money> {
        match self.get(field)? {
            Value::Money(m) => Some(*m),
            _ => None,
        }
    }

    /// A time field; `occurred_at` included.
    #[must_use]
    pub fn time(&self, field: Field) -> Option<TimestampMs> {
        match field {
            Field::OccurredAt => Some(self.occurred_at),
            _ => match self.get(field)? {
                Value::Time(t) => Some(*t),
                _ => None,
            },
        }
    }

    /// A whole number.
    #[must_use]
    pub fn int(&self, field: Field) -> Option<i64> {
        match self.get(field)? {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// A truth value.
    #[must_use]
    pub fn bool(&self, field: Field) -> Option<bool> {
        match self.get(field)? {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// A list of texts.
    #[must_use]
    pub fn list(&self, field: Field) -> Option<&[CompactString]> {
        match self.get(field)? {
            Value::TextList(l) => Some(l),
            _ => None,
        }
    }
}
