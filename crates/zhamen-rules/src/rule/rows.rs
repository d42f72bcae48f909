//! `[[rule.test]]`: rows of events and what the rule is to ask for on each. Rows are read against
//! the contract here; running them is `runner.rs`.

use std::ops::Range;

use compact_str::CompactString;
use zhamen_engine::event::{EventKind, Field, FieldType, KindSet, Value};
use zhamen_engine::money::{Currency, Dec, Money};
use zhamen_engine::rule::Action;

use crate::contract;
use crate::diagnostic::Findings;
use crate::node::{Entry, Kind, Node, Table};
use crate::problem::Problem;
use crate::rule::name;
use crate::rule::then::ACTIONS;
use crate::suggest::nearest;
use crate::time_text;
use crate::timestamp;

/// Rows that one test may expand to.
pub(crate) const MAX_ROWS: usize = 10_000;
const KEYS: [&str; 5] = ["name", "given", "expect", "alerts", "explain"];

/// A test of one rule or verdict, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTest {
    /// Id of the rule or verdict.
    pub rule: String,
    /// What it shows.
    pub name: String,
    /// Index of its file.
    pub file: usize,
    /// Where its name stands.
    pub span: Range<usize>,
    /// Events, `times` expanded.
    pub rows: Vec<Row>,
    /// One action per row, with its place.
    pub expect: Vec<(Action, Range<usize>)>,
    /// Alerts in all, with its place.
    pub alerts: Option<(u64, Range<usize>)>,
    /// The sentence in either language, with its place.
    pub explain: Option<(String, Range<usize>)>,
}

/// One event of a test, as far as the test gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its type.
    pub kind: EventKind,
    /// Time after the start of the test.
    pub at_ms: i64,
    /// Fields given.
    pub values: Vec<(Field, Value)>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// All tests of a rule.
pub(crate) fn read_all(
    table: &Table,
    rule: &Option<String>,
    on: KindSet,
    findings: &mut Findings,
) -> Vec<RuleTest> {
    let Some(nodes) = table.get("test").and_then(|n| n.array(findings)) else {
        return Vec::new();
    };
    let rule = rule.clone().unwrap_or_default();
    nodes
        .iter()
        .filter_map(|node| read(node, &rule, on, findings))
        .collect()
}

fn read(node: &Node, rule: &str, on: KindSet, findings: &mut Findings) -> Option<RuleTest> {
    let table = node.table(findings)?;
    table.only("a test", &KEYS, findings);
    for key in ["name", "given", "expect"] {
        if table.get(key).is_none() {
            let key = key.to_owned();
            findings.add(
                &node.at,
                Problem::MissingKey {
                    key,
                    what: "a test",
                },
            );
        }
    }
    let rows = given(table.get("given"), on, findings);
    let expect = table.get("expect").and_then(|n| {
        let items = n.array(findings)?;
        let actions: Vec<_> = items
            .iter()
            .filter_map(|i| Some((name::one_of(i, &ACTIONS, findings)?, i.at.span.clone())))
            .collect();
        (actions.len() == items.len()).then_some(actions)
    });
    let alerts = table.get("alerts").and_then(|n| {
        let count = n.int(findings)?;
        if count < 0 {
            findings.add(&n.at, Problem::NotANumber);
        }
        Some((u64::try_from(count).ok()?, n.at.span.clone()))
    });
    let explain = table
        .get("explain")
        .and_then(|n| Some((n.text(findings)?.to_owned(), n.at.span.clone())));
    let name_node = table.get("name")?;
    let name = name_node.text(findings)?.to_owned();
    let (rows, expect) = (rows?, expect?);
    if rows.len() != expect.len() {
        findings.add(
            &table.get("expect")?.at,
            Problem::ExpectCount {
                rows: rows.len(),
                expected: expect.len(),
            },
        );
        return None;
    }
    Some(RuleTest {
        rule: rule.to_owned(),
        name,
        file: node.at.file,
        span: name_node.at.span.clone(),
        rows,
        expect,
        alerts,
        explain,
    })
}

fn given(node: Option<&Node>, on: KindSet, findings: &mut Findings) -> Option<Vec<Row>> {
    let nodes = node?.array(findings)?;
    let mut rows: Vec<Row> = Vec::new();
    let mut whole = true;
    for node in nodes {
        let Some((row, times, every)) = self::row(node, on, rows.last(), findings) else {
            whole = false;
            continue;
        };
        if rows.len() + times > MAX_ROWS {
            findings.add(&node.at, Problem::TooManyRows(MAX_ROWS));
            return None;
        }
        for i in 0..times as i64 {
            rows.push(Row {
                at_ms: row.at_ms + i * every,
                ..row.clone()
            });
        }
    }
    if nodes.is_empty() {
        findings.add(&node?.at, Problem::EmptyList);
    }
    whole.then_some(rows)
}

/// A row, how often it is repeated, and after how long each time.
fn row(
    node: &Node,
    on: KindSet,
    before: Option<&Row>,
    findings: &mut Findings,
) -> Option<(Row, usize, i64)> {
    let table = node.table(findings)?;
    let span_of = |key: &str, findings: &mut Findings| {
        let node = table.get(key)?;
        let ms = time_text::duration(node.text(findings)?);
        if ms.is_none() {
            findings.add(&node.at, Problem::BadDuration);
        }
        ms
    };
    let kind = match table.get("on") {
        Some(n) => name::kind(n, findings)?,
        None => {
            let mut kinds = on.iter();
            match (kinds.next(), kinds.next()) {
                (Some(kind), None) => kind,
                _ => {
                    findings.add(&node.at, Problem::RowNeedsType(contract::kinds_text(on)));
                    return None;
                }
            }
        }
    };
    let every = span_of("every", findings).unwrap_or(0);
    // A row without a time follows at once on the one before, a repeated one after its interval.
    let start = before.map_or(0, |row| row.at_ms + every);
    let at_ms = match table.get("at") {
        Some(_) => span_of("at", findings)?,
        None => start,
    };
    let times = match table.get("times") {
        None => 1,
        Some(n) => match usize::try_from(n.int(findings)?) {
            Ok(times) if (1..=MAX_ROWS).contains(&times) => times,
            _ => {
                findings.add(&n.at, Problem::TooManyRows(MAX_ROWS));
                return None;
            }
        },
    };
    if let (Some(entry), 1) = (table.entry("every"), times) {
        let (key, with) = (entry.key.clone(), "`times`");
        findings.add(&entry.key_at, Problem::KeyWithoutUse { key, with });
    }
    let values = values(table, kind, findings)?;
    let span = node.at.span.clone();
    let row = Row {
        kind,
        at_ms,
        values,
        span,
    };
    Some((row, times, every))
}

fn values(table: &Table, kind: EventKind, findings: &mut Findings) -> Option<Vec<(Field, Value)>> {
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
                findings.add(at, Problem::RowField(name.clone()));
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
                None => return node.wrong("a time like 2026-03-02T09:00:00+08:00", findings),
            },
            _ => return node.wrong("a time like 2026-03-02T09:00:00+08:00", findings),
        },
        FieldType::Date => match &node.kind {
            Kind::Text(t) | Kind::Time(t) => match timestamp::date(t) {
                Some(day) => Value::Date(day),
                None => return node.wrong("a date like 2026-03-02", findings),
            },
            _ => return node.wrong("a date like 2026-03-02", findings),
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
            Problem::NotAValue {
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
        return node.wrong("an amount like \"50000.00\"", findings);
    };
    let Some(number) = Dec::parse(digits) else {
        findings.add(&node.at, Problem::NotANumber);
        return None;
    };
    match number.to_minor(currency.decimals()) {
        Some(minor) if minor > 0 => Some(Money { minor, currency }),
        Some(_) => node.wrong("an amount above zero", findings),
        None => {
            findings.add(
                &node.at,
                Problem::TooManyDecimals {
                    code: currency.code(),
                    decimals: currency.decimals(),
                },
            );
            None
        }
    }
}
