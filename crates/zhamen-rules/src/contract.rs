//! Facts of the event contract that the rule compiler and the test runner need besides the
//! engine's tables: the closed sets of texts, and the values a test need not give.

use zhamen_engine::event::{EventKind, Field, KindSet};
use zhamen_engine::rule::Bilingual;

use crate::tools::words;

/// The texts a field may hold, where the contract lists them all.
pub(crate) fn values(field: Field) -> Option<&'static [&'static str]> {
    Some(match field {
        Field::TxnChannel => &["counter", "mobile", "online", "atm", "pos", "third_party"],
        Field::LineKind => &["mobile", "virtual", "iot"],
        Field::InquiryOutcome => &["proceed", "delay", "refuse", "report_to_police"],
        Field::VerificationMethod => &["counter", "face", "second_online"],
        Field::VerificationResult => &["verified", "not_holder", "unverified"],
        Field::EntryKind => &["account", "person", "phone", "device"],
        Field::EntryClass => &[
            "case_account",
            "prior_offender",
            "high_risk",
            "returned_from_abroad",
            "two_cards",
        ],
        Field::AlertVerdict => &["confirmed", "false_alarm", "unclear"],
        _ => return None,
    })
}

/// Classes that a list entry may have.
pub(crate) fn entry_classes() -> &'static [&'static str] {
    values(Field::EntryClass).unwrap_or(&[])
}

/// Fields that any event type of `on` may carry.
pub(crate) fn fields_on(on: KindSet) -> impl Iterator<Item = Field> {
    Field::ALL
        .iter()
        .copied()
        .filter(move |f| on.iter().any(|k| f.is_on(k)))
}

/// Names of event types, for messages.
pub(crate) fn kinds_text(on: KindSet) -> String {
    on.iter()
        .map(EventKind::name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The same for people: a Chinese reader sees `transfer.requested（转账申请）`.
pub(crate) fn kinds_words(on: KindSet) -> Bilingual {
    let zh: Vec<String> = on
        .iter()
        .map(|k| format!("{}（{}）", k.name(), words::kind(k)))
        .collect();
    Bilingual {
        zh: zh.join("、"),
        en: kinds_text(on),
    }
}

/// Event types that carry the field.
pub(crate) fn carriers(field: Field) -> KindSet {
    every_kind_where(|k| field.is_on(k))
}

/// All event types.
pub(crate) fn every_kind() -> KindSet {
    every_kind_where(|_| true)
}

fn every_kind_where(holds: impl Fn(EventKind) -> bool) -> KindSet {
    let kinds = EventKind::ALL.iter().filter(|k| holds(**k));
    kinds.fold(KindSet::default(), |set, k| set.with(*k))
}
