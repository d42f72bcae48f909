//! The contract's fields, one line each: what a value must look like and where it is mandatory.
//! Validation and the JSON Schema are both made from this table; it decodes nothing itself.

use std::sync::LazyLock;

use zhamen_engine::event::{EventKind as K, Field as F, Subject};

use crate::scan::name_hash;

/// What a value must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Account, card, bank, branch, device, address, phone: 1–64 signs.
    Number,
    /// Id of an event, unique per source.
    EventId,
    /// Name of a sending system.
    Source,
    /// An id given by the engine or the platform.
    Reference,
    /// An ID number: kept only as a pseudonym.
    Holder,
    /// A list entry's value: as its `kind` says.
    EntryValue,
    /// At most 128 characters.
    Name,
    /// At most 512 characters.
    Text,
    /// ISO 3166 alpha-2.
    Country,
    /// ISO 4217 with a minor unit.
    Currency,
    /// Positive decimal text in the currency of its object (of `txn`, where it has none).
    Amount,
    /// A police organ: 12 letters or digits (GA/T 380).
    Organ,
    /// RFC 3339.
    Time,
    /// `YYYY-MM-DD`.
    Date,
    /// `true` or `false`.
    Bool,
    /// A whole number from 1 on.
    Count,
    /// One of a closed set.
    OneOf(&'static [&'static str]),
    /// A list of words, each 1–64 signs.
    Words,
    /// Values of a list's entries, each as its `kind` says.
    EntryValues,
    /// A list of `{question, answer}`.
    Answers,
}

/// Where a field is mandatory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Wherever its object appears.
    Always,
    Never,
    /// On these types only.
    On(&'static [K]),
}

use Class as C;
use Need::{Always, Never, On};

const ORDERED: Need = On(&[K::StopOrdered, K::FreezeOrdered]);
const ADDED: Need = On(&[K::ListAdded, K::ListReplaced]);
const ONE_ENTRY: Need = On(&[K::ListAdded, K::ListRemoved]);
const OF_A_KIND: Need = On(&[K::ListAdded, K::ListRemoved, K::ListReplaced]);
const WHOLE_LIST: Need = On(&[K::ListReplaced]);
const BY_A_PERSON: Need = On(&[K::ListReplaced, K::ListConfirmed]);
const BY_TWO: Need = On(&[K::HoldReleaseRequested, K::HoldReleaseApproved]);
const BY_POLICE: Need = On(&[K::HoldReleaseOrdered]);

const CHANNELS: Class = C::OneOf(&["counter", "mobile", "online", "atm", "pos", "third_party"]);
const LINES: Class = C::OneOf(&["mobile", "virtual", "iot"]);
const OUTCOMES: Class = C::OneOf(&["proceed", "delay", "refuse", "report_to_police"]);
const METHODS: Class = C::OneOf(&["counter", "face", "second_online"]);
const RESULTS: Class = C::OneOf(&["verified", "not_holder", "unverified"]);
const ENTRIES: Class = C::OneOf(&["account", "person", "phone", "device"]);
const CLASSES: Class = C::OneOf(&[
    "case_account",
    "prior_offender",
    "high_risk",
    "returned_from_abroad",
    "two_cards",
]);
const VERDICTS: Class = C::OneOf(&["confirmed", "false_alarm", "unclear"]);
const ELEMENTS: Class = C::OneOf(&[
    "account",
    "name",
    "amount",
    "time",
    "organ",
    "round",
    "unknown_application",
]);

/// Every field a sender writes, in the order of [`F`]; derived ones (`age`, `id_valid`) are not
/// here, so a sender that writes them is told nothing and believed nothing.
pub(crate) const FIELDS: &[(F, Class, Need)] = &[
    (F::TxnAmount, C::Amount, Always),
    (F::TxnCurrency, C::Currency, Always),
    (F::TxnChannel, CHANNELS, Always),
    (F::TxnPurpose, C::Text, Never),
    (F::TxnDevice, C::Number, Never),
    (F::TxnIp, C::Number, Never),
    (F::TxnCountry, C::Country, Never),
    (F::TxnInquiry, C::Reference, Never),
    (F::PayerAccount, C::Number, Always),
    (F::PayerName, C::Name, Never),
    (F::PayerHolder, C::Holder, Never),
    (F::PayerHolderType, C::Number, Never),
    (F::PayerBank, C::Number, Never),
    (F::PayerBranch, C::Number, Never),
    (F::PayerOpenedOn, C::Date, Never),
    (F::PayerPhone, C::Number, Never),
    (F::PayerGroups, C::Words, Never),
    (F::PayeeAccount, C::Number, Always),
    (F::PayeeName, C::Name, Never),
    (F::PayeeHolder, C::Holder, Never),
    (F::PayeeHolderType, C::Number, Never),
    (F::PayeeBank, C::Number, Never),
    (F::PayeeBranch, C::Number, Never),
    (F::PayeeOpenedOn, C::Date, Never),
    (F::PayeePhone, C::Number, Never),
    (F::PayeeGroups, C::Words, Never),
    (F::TransferId, C::EventId, Always),
    (F::TransferSource, C::Source, Always),
    (F::TransferRequestedAt, C::Time, Always),
    (F::TransferAmount, C::Amount, Never),
    (F::AccountNumber, C::Number, Always),
    (F::AccountBank, C::Number, Always),
    (F::AccountBranch, C::Number, Never),
    (F::AccountKind, C::Text, Never),
    (F::AccountAccount, C::Number, Never),
    (F::AccountOpenedBy, C::Name, Never),
    (F::CardNumber, C::Number, Always),
    (F::CardBank, C::Number, Always),
    (F::CardBranch, C::Number, Never),
    (F::CardKind, C::Text, Never),
    (F::CardAccount, C::Number, Never),
    (F::CardOpenedBy, C::Name, Never),
    (F::HolderId, C::Holder, Always),
    (F::HolderType, C::Number, Never),
    (F::HolderName, C::Name, Never),
    (F::HolderPhone, C::Number, Never),
    (F::HolderGroups, C::Words, Never),
    (F::UseAccount, C::Number, Always),
    (F::UseCountry, C::Country, Never),
    (F::UseDevice, C::Number, Never),
    (F::UseIp, C::Number, Never),
    (F::LineNumber, C::Number, Always),
    (F::LineOperator, C::Text, Always),
    (F::LineKind, LINES, Never),
    // One of `id` and `transfer` is mandatory: the decoder sees to it.
    (F::InquiryId, C::Reference, Never),
    (F::InquiryTransferId, C::EventId, Always),
    (F::InquiryTransferSource, C::Source, Always),
    (F::InquiryForm, C::Reference, Always),
    (F::InquiryAnswers, C::Answers, Always),
    (F::InquiryNoticeVersion, C::Text, Always),
    (F::InquiryNoticeSigned, C::Bool, Always),
    (F::InquiryNoticeSignedAt, C::Time, Never),
    (F::InquiryObserved, C::Words, Never),
    (F::InquiryTeller, C::Name, Never),
    (F::InquiryOutcome, OUTCOMES, Always),
    (F::VerificationAccount, C::Number, Always),
    (F::VerificationMethod, METHODS, Always),
    (F::VerificationResult, RESULTS, Always),
    (F::OrderApplication, C::Reference, Always),
    (F::OrderKind, C::Number, ORDERED),
    (F::OrderCase, C::Text, Never),
    (F::OrderUrgency, C::Text, Never),
    (F::OrderAccount, C::Number, ORDERED),
    (F::OrderName, C::Name, ORDERED),
    (F::OrderBank, C::Number, ORDERED),
    (F::OrderAmount, C::Amount, ORDERED),
    (F::OrderCurrency, C::Currency, ORDERED),
    (F::OrderTransferredAt, C::Time, ORDERED),
    (F::OrderFromAccount, C::Number, Never),
    (F::OrderReason, C::Text, ORDERED),
    (F::OrderOrgan, C::Organ, ORDERED),
    (F::OrderOfficer, C::Name, ORDERED),
    (F::OrderTier, C::Count, Never),
    (F::OrderParent, C::Reference, Never),
    (F::OrderUntil, C::Time, Never),
    (F::OrderElement, ELEMENTS, Never),
    (F::EntryList, C::Number, Always),
    (F::EntryKind, ENTRIES, OF_A_KIND),
    (F::EntryValue, C::EntryValue, ONE_ENTRY),
    (F::EntryClass, CLASSES, ADDED),
    (F::EntryReason, C::Text, ADDED),
    (F::EntryExpiresAt, C::Time, Never),
    (F::ReleaseHold, C::Reference, Always),
    (F::ReleasePerson, C::Name, BY_TWO),
    (F::ReleaseReason, C::Text, BY_POLICE),
    (F::ReleaseOrgan, C::Organ, BY_POLICE),
    (F::ReleaseOfficer, C::Name, BY_POLICE),
    (F::AppealHold, C::Reference, Always),
    (F::AppealPerson, C::Name, Always),
    (F::AppealText, C::Text, Never),
    (F::AppealUpheld, C::Bool, Never),
    (F::AlertId, C::Reference, Always),
    (F::AlertPerson, C::Name, Always),
    (F::AlertVerdict, VERDICTS, Never),
    (F::AlertNote, C::Text, Never),
    (F::EntryValues, C::EntryValues, WHOLE_LIST),
    (F::EntryPerson, C::Name, BY_A_PERSON),
    (F::EntryPart, C::Count, Never),
    (F::EntryParts, C::Count, Never),
];

/// Objects within a subject: name and whether they are mandatory.
const INNER: &[(&str, bool)] = &[("inquiry.transfer", false), ("inquiry.notice", true)];

impl Need {
    pub fn on(self, kind: K) -> bool {
        match self {
            Always => true,
            Never => false,
            On(kinds) => kinds.contains(&kind),
        }
    }
}

/// An object as one type of event carries it.
#[derive(Debug)]
pub(crate) struct Object {
    /// Last part of its name.
    pub name: &'static str,
    pub mandatory: bool,
    pub subject: Subject,
    /// In the order of [`F`].
    pub members: Vec<Member>,
    /// Index into `members` by hash of the name; `NONE` where free.
    slots: [u8; SLOTS],
    /// Index of the member that is the object's currency.
    pub currency: Option<usize>,
}

/// A field or an object of an object.
#[derive(Debug)]
pub(crate) enum Member {
    Field {
        field: F,
        name: &'static str,
        class: Class,
        mandatory: bool,
    },
    Object(Object),
}

const SLOTS: usize = 64;
const NONE: u8 = u8::MAX;
/// Most members of an object in the table.
pub(crate) const MAX_MEMBERS: usize = 24;

impl Member {
    pub fn name(&self) -> &'static str {
        match self {
            Member::Field { name, .. } => name,
            Member::Object(o) => o.name,
        }
    }
}

impl Object {
    /// Index of the member of that name.
    pub fn find(&self, hash: u64, is: impl Fn(&str) -> bool) -> Option<usize> {
        let mut slot = hash as usize % SLOTS;
        loop {
            match self.slots[slot] {
                NONE => return None,
                i if is(self.members[usize::from(i)].name()) => return Some(usize::from(i)),
                _ => slot = (slot + 1) % SLOTS,
            }
        }
    }

    fn build(kind: K, subject: Subject, prefix: &'static str, mandatory: bool) -> Object {
        let mut members: Vec<Member> = Vec::new();
        for (field, class, need) in FIELDS {
            let Some(rest) = field.name().strip_prefix(prefix) else {
                continue;
            };
            let Some(name) = rest.strip_prefix('.') else {
                continue;
            };
            match name.split_once('.') {
                None => members.push(Member::Field {
                    field: *field,
                    name,
                    class: *class,
                    mandatory: need.on(kind),
                }),
                Some((inner, _)) if members.last().is_some_and(|m| m.name() == inner) => {}
                Some((inner, _)) => {
                    let path = &field.name()[..prefix.len() + 1 + inner.len()];
                    let (_, mandatory) = INNER
                        .iter()
                        .find(|(p, _)| *p == path)
                        .expect("every inner object is in the table");
                    members.push(Member::Object(Object::build(
                        kind, subject, path, *mandatory,
                    )));
                }
            }
        }
        assert!(
            members.len() <= MAX_MEMBERS,
            "{prefix} has too many members"
        );
        let mut slots = [NONE; SLOTS];
        for (i, member) in members.iter().enumerate() {
            let mut slot = name_hash(member.name().as_bytes()) as usize % SLOTS;
            while slots[slot] != NONE {
                slot = (slot + 1) % SLOTS;
            }
            slots[slot] = i as u8;
        }
        let currency = members.iter().position(|m| {
            matches!(
                m,
                Member::Field {
                    class: Class::Currency,
                    ..
                }
            )
        });
        Object {
            name: prefix.rsplit('.').next().unwrap_or(prefix),
            mandatory,
            subject,
            members,
            slots,
            currency,
        }
    }
}

/// The objects that a type of event carries, in the order of [`F`].
pub(crate) fn objects(kind: K) -> &'static [Object] {
    static ALL: LazyLock<Vec<Vec<Object>>> = LazyLock::new(|| {
        let of_kind = |kind: K| {
            let mut subjects = kind.subjects().to_vec();
            subjects.sort();
            let build = |s: Subject| Object::build(kind, s, s.name(), true);
            subjects.into_iter().map(build).collect()
        };
        K::ALL.iter().map(|k| of_kind(*k)).collect()
    });
    &ALL[kind as usize]
}

/// The field whose text is the Kafka key of this type; `None` where the contract's key (a holder
/// or an account) is not in the event, so that it cannot be contradicted.
pub(crate) const fn key_field(kind: K) -> Option<F> {
    match kind {
        K::TransferRequested | K::TransferSettled | K::TransferFailed | K::TransferReversed => {
            Some(F::PayerAccount)
        }
        K::AccountOpened
        | K::CardOpened
        | K::HolderUpdated
        | K::PhoneRegistered
        | K::PhoneCancelled => Some(F::HolderId),
        K::VerificationCompleted => Some(F::VerificationAccount),
        // Optional on all but the first two; without it any key is taken.
        K::StopOrdered
        | K::FreezeOrdered
        | K::StopReleased
        | K::FreezeRenewed
        | K::FreezeReleased
        | K::StopConfirmed
        | K::StopDenied => Some(F::OrderAccount),
        K::ListAdded | K::ListRemoved | K::ListReplaced | K::ListConfirmed => Some(F::EntryList),
        K::AlertAcknowledged | K::AlertDisposed => Some(F::AlertId),
        K::AccountClosed
        | K::AccountUsed
        | K::InquiryAnswered
        | K::HoldReleaseRequested
        | K::HoldReleaseApproved
        | K::HoldReleaseOrdered
        | K::AppealFiled
        | K::AppealDecided => None,
    }
}

/// Fields that stand in for the key in `replay`, where no Kafka key was sent: first that is there.
pub(crate) const fn key_fallbacks(kind: K) -> &'static [F] {
    match kind {
        K::AccountClosed => &[F::AccountNumber],
        K::AccountUsed => &[F::UseAccount],
        K::InquiryAnswered => &[F::InquiryId, F::InquiryTransferId],
        K::HoldReleaseRequested | K::HoldReleaseApproved | K::HoldReleaseOrdered => {
            &[F::ReleaseHold]
        }
        K::AppealFiled | K::AppealDecided => &[F::AppealHold],
        _ => &[F::OrderApplication],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_field_but_common_and_derived_ones_in_order() {
        let here: Vec<_> = FIELDS.iter().map(|(f, _, _)| *f).collect();
        let derived = |f: &F| f.name().ends_with(".age") || f.name().ends_with(".id_valid");
        let expected: Vec<_> = F::ALL
            .iter()
            .copied()
            .filter(|f| f.subject().is_some() && !derived(f))
            .collect();
        assert_eq!(here, expected);
    }

    #[test]
    fn every_name_is_found_and_no_other() {
        for kind in K::ALL {
            for object in objects(*kind) {
                for (i, m) in object.members.iter().enumerate() {
                    let found = object.find(name_hash(m.name().as_bytes()), |n| n == m.name());
                    assert_eq!(found, Some(i));
                }
                assert_eq!(object.find(name_hash(b"age"), |n| n == "age"), None);
            }
        }
    }
}
