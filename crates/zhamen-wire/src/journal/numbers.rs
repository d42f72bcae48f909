//! The numbers that stand for event types, fields and codes in the journal. Lists only grow at
//! their end: a number once written means the same for ever, whatever order the engine's tables
//! are in.

use std::sync::LazyLock;

use zhamen_engine::entry::Code;
use zhamen_engine::event::{EventKind, Field};

/// Types of event; the index is the number.
const KINDS: &[&str] = &[
    "transfer.requested",
    "transfer.settled",
    "transfer.failed",
    "transfer.reversed",
    "account.opened",
    "card.opened",
    "account.closed",
    "account.used",
    "holder.updated",
    "phone.registered",
    "phone.cancelled",
    "inquiry.answered",
    "verification.completed",
    "stop.confirmed",
    "stop.denied",
    "hold.release_requested",
    "hold.release_approved",
    "appeal.filed",
    "appeal.decided",
    "stop.ordered",
    "stop.released",
    "freeze.ordered",
    "freeze.renewed",
    "freeze.released",
    "hold.release_ordered",
    "list.added",
    "list.removed",
    "alert.acknowledged",
    "alert.disposed",
    "list.replaced",
    "list.confirmed",
];

/// Fields; the index is the number.
const FIELDS: &[&str] = &[
    "type",
    "id",
    "source",
    "occurred_at",
    "txn.amount",
    "txn.currency",
    "txn.channel",
    "txn.purpose",
    "txn.device",
    "txn.ip",
    "txn.country",
    "txn.inquiry",
    "payer.account",
    "payer.name",
    "payer.holder",
    "payer.holder_type",
    "payer.bank",
    "payer.branch",
    "payer.opened_on",
    "payer.phone",
    "payer.groups",
    "payer.age",
    "payer.id_valid",
    "payee.account",
    "payee.name",
    "payee.holder",
    "payee.holder_type",
    "payee.bank",
    "payee.branch",
    "payee.opened_on",
    "payee.phone",
    "payee.groups",
    "payee.age",
    "payee.id_valid",
    "transfer.id",
    "transfer.source",
    "transfer.requested_at",
    "transfer.amount",
    "account.number",
    "account.bank",
    "account.branch",
    "account.kind",
    "account.account",
    "account.opened_by",
    "card.number",
    "card.bank",
    "card.branch",
    "card.kind",
    "card.account",
    "card.opened_by",
    "holder.id",
    "holder.type",
    "holder.name",
    "holder.phone",
    "holder.groups",
    "holder.age",
    "holder.id_valid",
    "use.account",
    "use.country",
    "use.device",
    "use.ip",
    "line.number",
    "line.operator",
    "line.kind",
    "inquiry.id",
    "inquiry.transfer.id",
    "inquiry.transfer.source",
    "inquiry.form",
    "inquiry.answers",
    "inquiry.notice.version",
    "inquiry.notice.signed",
    "inquiry.notice.signed_at",
    "inquiry.observed",
    "inquiry.teller",
    "inquiry.outcome",
    "verification.account",
    "verification.method",
    "verification.result",
    "order.application",
    "order.kind",
    "order.case",
    "order.urgency",
    "order.account",
    "order.name",
    "order.bank",
    "order.amount",
    "order.currency",
    "order.transferred_at",
    "order.from_account",
    "order.reason",
    "order.organ",
    "order.officer",
    "order.tier",
    "order.parent",
    "order.until",
    "order.element",
    "entry.list",
    "entry.kind",
    "entry.value",
    "entry.class",
    "entry.reason",
    "entry.expires_at",
    "release.hold",
    "release.person",
    "release.reason",
    "release.organ",
    "release.officer",
    "appeal.hold",
    "appeal.person",
    "appeal.text",
    "appeal.upheld",
    "alert.id",
    "alert.person",
    "alert.verdict",
    "alert.note",
    "entry.values",
    "entry.person",
    "entry.part",
    "entry.parts",
];

/// Codes of refusal; the index is the number.
const CODES: &[&str] = &[
    "EMPTY",
    "UTF8",
    "SYNTAX",
    "TRAILING",
    "DEPTH",
    "TOO_MANY_FIELDS",
    "DUP_FIELD",
    "SHAPE",
    "MISSING",
    "TYPE",
    "NUMBER",
    "RANGE",
    "SIGN",
    "SCALE",
    "CURRENCY",
    "TIME",
    "TIME_UNIT",
    "KEY",
    "KEY_MISMATCH",
    "ID_FORMAT",
    "FIELD_LEN",
    "SIZE",
    "HEADERS",
    "SCHEMA",
    "ENV",
    "VALUE",
    "ID_CONFLICT",
    "REVERSAL",
    "UNKNOWN_TYPE",
    "UNKNOWN_SOURCE",
];

/// Both directions of one list.
pub(super) struct Numbers<T: 'static> {
    /// By number; `None` where this program no longer knows the name.
    known: Vec<Option<T>>,
    /// By position in the engine's table.
    number: Vec<u8>,
}

impl<T: Copy + PartialEq> Numbers<T> {
    fn new(names: &[&str], all: &[T], name: fn(T) -> &'static str) -> Numbers<T> {
        let find = |wanted: &str| all.iter().copied().find(|t| name(*t) == wanted);
        let position = |t: &T| {
            let at = names.iter().position(|n| *n == name(*t));
            at.expect("every name of the engine's tables has its journal number") as u8
        };
        Numbers {
            known: names.iter().map(|n| find(n)).collect(),
            number: all.iter().map(position).collect(),
        }
    }

    pub fn read(&self, number: u8) -> Option<T> {
        self.known.get(usize::from(number)).copied().flatten()
    }

    pub fn write(&self, position: usize) -> u8 {
        self.number[position]
    }
}

pub(super) static KIND: LazyLock<Numbers<EventKind>> =
    LazyLock::new(|| Numbers::new(KINDS, EventKind::ALL, EventKind::name));
pub(super) static FIELD: LazyLock<Numbers<Field>> =
    LazyLock::new(|| Numbers::new(FIELDS, Field::ALL, Field::name));
pub(super) static CODE: LazyLock<Numbers<Code>> =
    LazyLock::new(|| Numbers::new(CODES, Code::ALL, Code::name));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_their_own_inverse() {
        for (i, field) in Field::ALL.iter().enumerate() {
            assert_eq!(FIELD.read(FIELD.write(i)), Some(*field));
        }
        for (i, kind) in EventKind::ALL.iter().enumerate() {
            assert_eq!(KIND.read(KIND.write(i)), Some(*kind));
        }
        for (i, code) in Code::ALL.iter().enumerate() {
            assert_eq!(CODE.read(CODE.write(i)), Some(*code));
        }
        assert_eq!(FIELD.read(u8::MAX), None);
    }

    // What older journals hold. Changing a line here makes them mean something else.
    #[test]
    fn numbers_written_before_stay() {
        assert_eq!(FIELD.write(Field::TxnAmount as usize), 4);
        assert_eq!(FIELD.write(Field::PayerAccount as usize), 12);
        assert_eq!(FIELD.write(Field::AlertNote as usize), 114);
        assert_eq!(KIND.write(EventKind::AlertDisposed as usize), 28);
        assert_eq!(CODE.write(Code::UnknownSource as usize), 29);
    }
}
