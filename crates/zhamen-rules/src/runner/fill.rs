//! Rows of a test → whole events: what a row leaves out and the contract demands gets a neutral
//! value. Payer, payee and holder are always the same ones; cards, accounts and lines are new ones in
//! every row; a transfer's notice names the latest request of the same amount between the same
//! accounts; an answered inquiry names the latest request.

use std::hash::{DefaultHasher, Hash, Hasher};

use compact_str::{CompactString, format_compact};
use zhamen_engine::event::{Event, EventKind, Field, Subject, Value};
use zhamen_engine::money::{Currency, Money};
use zhamen_engine::time::TimestampMs;

use crate::rule::rows::{Row, RuleTest};
use crate::rule::then::DEFAULT_FORM;

/// Ids of the questions of every form in tests.
pub(crate) const QUESTIONS: [&str; 4] = ["1", "2", "3", "4"];
/// The sending system of every event in tests.
const SOURCE: CompactString = CompactString::const_new("test");

/// The events of a test, in the order of its rows.
pub(crate) fn events(test: &RuleTest, start: TimestampMs) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::with_capacity(test.rows.len());
    for (i, row) in test.rows.iter().enumerate() {
        let event = event(row, i + 1, start + row.at_ms, &events);
        events.push(event);
    }
    events
}

fn event(row: &Row, number: usize, at: TimestampMs, before: &[Event]) -> Event {
    let mut draft = Draft {
        values: row.values.clone(),
        number,
        at,
    };
    for subject in row.kind.subjects() {
        draft.fill(*subject, row.kind, before);
    }
    let id = match draft.values.iter().position(|(f, _)| *f == Field::Id) {
        Some(i) => match draft.values.remove(i).1 {
            Value::Text(id) => id,
            _ => unreachable!("ids are texts, as the rows were read by the fields' types"),
        },
        None => format_compact!("row-{number}"),
    };
    draft.values.sort_by_key(|(f, _)| *f);
    // Rows that repeat an id with the same content are repeats, as on the wire.
    let mut hasher = DefaultHasher::new();
    format!("{:?} {at} {:?}", row.kind, draft.values).hash(&mut hasher);
    Event::new(row.kind, id, SOURCE, at, hasher.finish(), draft.values)
}

struct Draft {
    values: Vec<(Field, Value)>,
    number: usize,
    at: TimestampMs,
}

impl Draft {
    fn has(&self, field: Field) -> bool {
        self.values.iter().any(|(f, _)| *f == field)
    }

    fn text_of(&self, field: Field) -> Option<&str> {
        self.values.iter().find_map(|(f, v)| match v {
            Value::Text(t) if *f == field => Some(t.as_str()),
            _ => None,
        })
    }

    fn put(&mut self, field: Field, value: Value) {
        if !self.has(field) {
            self.values.push((field, value));
        }
    }

    fn text(&mut self, field: Field, text: &str) {
        self.put(field, Value::Text(text.into()));
    }

    /// A text that no other row has by itself.
    fn own(&mut self, field: Field, what: &str) {
        let text = format!("{what}-{}", self.number);
        self.text(field, &text);
    }

    /// A hundred units of the currency.
    fn amount(&mut self, field: Field, currency: Field) {
        self.text(currency, "CNY");
        let code = self.text_of(currency).and_then(Currency::parse);
        let currency = code.unwrap_or(Currency::CNY);
        let minor = 100 * 10_i64.pow(u32::from(currency.decimals()));
        self.put(field, Value::Money(Money { minor, currency }));
    }

    fn fill(&mut self, subject: Subject, kind: EventKind, before: &[Event]) {
        use Field as F;
        match subject {
            Subject::Txn => {
                self.amount(F::TxnAmount, F::TxnCurrency);
                self.text(F::TxnChannel, "mobile");
            }
            Subject::Payer => self.text(F::PayerAccount, "payer"),
            Subject::Payee => self.text(F::PayeeAccount, "payee"),
            Subject::Transfer => self.transfer(before),
            Subject::Account => {
                self.own(F::AccountNumber, "account");
                self.text(F::AccountBank, "bank");
            }
            Subject::Card => {
                self.own(F::CardNumber, "card");
                self.text(F::CardBank, "bank");
            }
            Subject::Holder => self.text(F::HolderId, "holder"),
            Subject::Use => self.text(F::UseAccount, "payer"),
            Subject::Line => {
                self.own(F::LineNumber, "line");
                self.text(F::LineOperator, "operator");
            }
            Subject::Inquiry => self.inquiry(before),
            Subject::Verification => {
                self.text(F::VerificationAccount, "payer");
                self.text(F::VerificationMethod, "counter");
                self.text(F::VerificationResult, "verified");
            }
            Subject::Order => self.order(kind),
            Subject::Entry => {
                self.text(F::EntryList, "list");
                self.text(F::EntryKind, "account");
                self.text(F::EntryValue, "payee");
                if kind == EventKind::ListAdded {
                    self.text(F::EntryClass, "case_account");
                    self.text(F::EntryReason, "test");
                }
            }
            Subject::Release => {
                self.text(F::ReleaseHold, "hold");
                if kind == EventKind::HoldReleaseOrdered {
                    self.text(F::ReleaseOrgan, "000000000000");
                    self.text(F::ReleaseOfficer, "officer");
                    self.text(F::ReleaseReason, "test");
                } else {
                    self.own(F::ReleasePerson, "person");
                }
            }
            Subject::Appeal => {
                self.text(F::AppealHold, "hold");
                self.text(F::AppealPerson, "person");
                if kind == EventKind::AppealDecided {
                    self.put(F::AppealUpheld, Value::Bool(true));
                }
            }
            Subject::Alert => {
                self.text(F::AlertId, "alert");
                self.text(F::AlertPerson, "person");
                if kind == EventKind::AlertDisposed {
                    self.text(F::AlertVerdict, "unclear");
                }
            }
        }
    }

    fn transfer(&mut self, before: &[Event]) {
        // Subjects are filled in the contract's order, so accounts and amount may still be open.
        self.amount(Field::TxnAmount, Field::TxnCurrency);
        self.text(Field::PayerAccount, "payer");
        self.text(Field::PayeeAccount, "payee");
        let same = |e: &&Event| {
            let accounts = [Field::PayerAccount, Field::PayeeAccount];
            let amount = (Field::TxnAmount, e.get(Field::TxnAmount));
            e.kind == EventKind::TransferRequested
                && accounts.iter().all(|f| e.text(*f) == self.text_of(*f))
                && self
                    .values
                    .iter()
                    .any(|(f, v)| (*f, Some(v)) == (amount.0, amount.1))
        };
        let named = self.text_of(Field::TransferId).map(str::to_owned);
        let request = match &named {
            Some(id) => before
                .iter()
                .rev()
                .find(|e| e.kind == EventKind::TransferRequested && e.id == *id),
            None => before.iter().rev().find(same),
        };
        match request {
            Some(request) => {
                self.text(Field::TransferId, &request.id);
                self.put(Field::TransferRequestedAt, Value::Time(request.occurred_at));
            }
            None => {
                self.own(Field::TransferId, "transfer");
                self.put(Field::TransferRequestedAt, Value::Time(self.at));
            }
        }
        self.put(Field::TransferSource, Value::Text(SOURCE));
    }

    fn inquiry(&mut self, before: &[Event]) {
        use Field as F;
        let request = before
            .iter()
            .rev()
            .find(|e| e.kind == EventKind::TransferRequested);
        if !self.has(F::InquiryId) {
            match request {
                Some(request) => self.text(F::InquiryTransferId, &request.id),
                None => self.text(F::InquiryTransferId, "transfer"),
            }
            self.put(F::InquiryTransferSource, Value::Text(SOURCE));
        }
        self.text(F::InquiryForm, DEFAULT_FORM);
        let answers = QUESTIONS.iter().flat_map(|id| [*id, "yes"]);
        self.put(
            F::InquiryAnswers,
            Value::TextList(answers.map(CompactString::const_new).collect()),
        );
        self.text(F::InquiryNoticeVersion, "1");
        self.put(F::InquiryNoticeSigned, Value::Bool(true));
        self.put(F::InquiryNoticeSignedAt, Value::Time(self.at));
        self.text(F::InquiryOutcome, "proceed");
    }

    fn order(&mut self, kind: EventKind) {
        use Field as F;
        self.text(F::OrderApplication, "application");
        if !matches!(kind, EventKind::StopOrdered | EventKind::FreezeOrdered) {
            return;
        }
        let code = if kind == EventKind::StopOrdered {
            "100101"
        } else {
            "100201"
        };
        self.text(F::OrderKind, code);
        self.text(F::OrderAccount, "payer");
        self.text(F::OrderName, "name");
        self.text(F::OrderBank, "bank");
        self.amount(F::OrderAmount, F::OrderCurrency);
        self.put(F::OrderTransferredAt, Value::Time(self.at));
        self.text(F::OrderReason, "test");
        self.text(F::OrderOrgan, "000000000000");
        self.text(F::OrderOfficer, "officer");
    }
}
