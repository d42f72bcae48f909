//! The fields of a row, read by their types in the contract.

use compact_str::CompactString;
use zhamen_engine::event::{EventKind, Field, FieldType, KindSet, Value};
use zhamen_engine::money::{Currency, Dec, Money};

use crate::contract;
use crate::diagnostic::Findings;
use crate::node::{Entry, Kind, Node, Table};
use crate::problem::{Keys, Params, Rows, Types, nouns};
use crate::rule::name;
use crate::suggest::nearest;
use crate::timestamp;

/// All fields that a row gives.
pub(crate) fn values(
    table: &Table,
    kind: EventKind,
    findings: &mut Findings,
) -> Option<Vec<(Field, Value)>> {
    let of_row = ["on", "at", "times", "every"];
    let fields = Table {
        entries: table
            .entries
            .iter()
            .filter(|e: &&Entry| !of_row.contains(&e.key.as_str()))
            .cloned()
            .collect(),
    };
    let on = KindSet::default().with(kind);
    let flat = name::flatten(&fields);
    let currency_of = |field: &str| {
        let code = flat.iter().find(|(name, ..)| name == field);
        match code.map(|(.., node)| &node.kind) {
            Some(Kind::Text(code)) => Currency::parse(code),
            _ => None,
        }
    };
    let mut values = Vec::with_capacity(flat.len());
    let mut whole = true;
    for (name, at, node) in &flat {
        let field = match Field::parse(name) {
            Some(Field::Type | Field::Source | Field::OccurredAt) => {
                findings.add(at, Rows::RowField(name.clone()));
                None
            }
            _ => name::field(name, at, on, findings),
        };
        let Some(field) = field else {
            whole = false;
            continue;
        };
        let currency = match field {
            Field::OrderAmount => currency_of("order.currency"),
            _ => currency_of("txn.currency"),
        };
        match value(node, field, currency.unwrap_or(Currency::CNY), findings) {
            Some(value) => values.push((field, value)),
            None => whole = false,
        }
    }
    whole.then_some(values)
}

fn value(node: &Node, field: Field, currency: Currency, findings: &mut Findings) -> Option<Value> {
    Some(match field.ty() {
        FieldType::Bool => Value::Bool(node.bool(findings)?),
        FieldType::Int => Value::Int(node.int(findings)?),
        FieldType::Money => Value::Money(money(node, currency, findings)?),
        FieldType::Text => Value::Text(text(node, field, findings)?),
        FieldType::Time => match &node.kind {
            Kind::Text(t) | Kind::Time(t) => match timestamp::rfc3339(t) {
                Some(ms) => Value::Time(ms),
                None => return node.wrong(nouns::TIME_LIKE, findings),
            },
            _ => return node.wrong(nouns::TIME_LIKE, findings),
        },
        FieldType::Date => match &node.kind {
            Kind::Text(t) | Kind::Time(t) => match timestamp::date(t) {
                Some(day) => Value::Date(day),
                None => return node.wrong(nouns::DATE_LIKE, findings),
            },
            _ => return node.wrong(nouns::DATE_LIKE, findings),
        },
        FieldType::TextList => {
            let items = node.array(findings)?;
            let texts: Option<Vec<CompactString>> = items
                .iter()
                .map(|i| i.text(findings).map(CompactString::from))
                .collect();
            Value::TextList(texts?)
        }
    })
}

fn text(node: &Node, field: Field, findings: &mut Findings) -> Option<CompactString> {
    let text = node.text(findings)?;
    if let Some(domain) = contract::values(field)
        && !domain.contains(&text)
    {
        findings.add(
            &node.at,
            Types::NotAValue {
                text: text.to_owned(),
                of: field.name().to_owned(),
                nearest: nearest(text, domain.iter().copied()),
                values: domain.join(", "),
            },
        );
        return None;
    }
    let currency = matches!(field, Field::TxnCurrency | Field::OrderCurrency);
    if currency && Currency::parse(text).is_none() {
        name::no_currency(text, &node.at, findings);
        return None;
    }
    Some(text.into())
}

fn money(node: &Node, currency: Currency, findings: &mut Findings) -> Option<Money> {
    let (Kind::Text(digits) | Kind::Int(digits) | Kind::Float(digits)) = &node.kind else {
        return node.wrong(nouns::AMOUNT_LIKE, findings);
    };
    let Some(number) = Dec::parse(digits) else {
        findings.add(&node.at, Keys::NotANumber);
        return None;
    };
    match number.to_minor(currency.decimals()) {
        Some(minor) if minor > 0 => Some(Money { minor, currency }),
        Some(_) => node.wrong(nouns::AMOUNT_ABOVE_ZERO, findings),
        None => {
            findings.add(
                &node.at,
                Params::TooManyDecimals {
                    code: currency.code(),
                    decimals: currency.decimals(),
                },
            );
            None
        }
    }
}
