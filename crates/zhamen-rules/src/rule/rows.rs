//! `[[rule.test]]`: rows of events and what the rule is to ask for on each. Rows are read against
//! the contract here; running them is `runner.rs`.

use std::ops::Range;

mod values;

use zhamen_engine::event::{EventKind, Field, KindSet, Value};
use zhamen_engine::rule::Action;

use crate::contract;
use crate::diagnostic::Findings;
use crate::node::{Node, Table};
use crate::problem::{Keys, Rows, nouns};
use crate::rule::name;
use crate::rule::then::ACTIONS;
use crate::time_text;

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
    table.only(nouns::TEST, &KEYS, findings);
    for key in ["name", "given", "expect"] {
        if table.get(key).is_none() {
            let key = key.to_owned();
            findings.add(
                &node.at,
                Keys::MissingKey {
                    key,
                    what: nouns::TEST,
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
            findings.add(&n.at, Keys::NotANumber);
        }
        Some((u64::try_from(count).ok()?, n.at.span.clone()))
    });
    let explain = table
        .get("explain")
        .and_then(|n| Some((n.text(findings)?.to_owned(), n.at.span.clone())));
    let name_node = table.get("name")?;
    let name = name_node.text(findings)?.to_owned();
    let (rows, expect) = (rows?, expect?);
    if rows.expanded != expect.len() {
        findings.add(
            &table.get("expect")?.at,
            Rows::ExpectCount {
                rows: rows.expanded,
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
        rows: rows.expand(),
        expect,
        alerts,
        explain,
    })
}

/// Rows as written, each with how often it is repeated and after how long each time.
struct Given {
    rows: Vec<(Row, usize, i64)>,
    expanded: usize,
}

impl Given {
    fn expand(self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.expanded);
        for (row, times, every) in self.rows {
            for i in 0..times as i64 {
                rows.push(Row {
                    at_ms: row.at_ms + i * every,
                    ..row.clone()
                });
            }
        }
        rows
    }
}

fn given(node: Option<&Node>, on: KindSet, findings: &mut Findings) -> Option<Given> {
    let nodes = node?.array(findings)?;
    let mut given = Given {
        rows: Vec::with_capacity(nodes.len()),
        expanded: 0,
    };
    let mut last_at = None;
    let mut whole = true;
    for node in nodes {
        let Some((row, times, every)) = self::row(node, on, last_at, findings) else {
            whole = false;
            continue;
        };
        given.expanded += times;
        if given.expanded > MAX_ROWS {
            findings.add(&node.at, Rows::TooMany(MAX_ROWS));
            return None;
        }
        last_at = Some(row.at_ms + (times as i64 - 1) * every);
        given.rows.push((row, times, every));
    }
    if nodes.is_empty() {
        findings.add(&node?.at, Keys::EmptyList);
    }
    whole.then_some(given)
}

/// A row, how often it is repeated, and after how long each time.
fn row(
    node: &Node,
    on: KindSet,
    last_at: Option<i64>,
    findings: &mut Findings,
) -> Option<(Row, usize, i64)> {
    let table = node.table(findings)?;
    let span_of = |key: &str, findings: &mut Findings| {
        let node = table.get(key)?;
        let ms = time_text::duration(node.text(findings)?);
        if ms.is_none() {
            findings.add(&node.at, Keys::BadDuration);
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
                    findings.add(&node.at, Rows::RowNeedsType(contract::kinds_words(on)));
                    return None;
                }
            }
        }
    };
    let every = span_of("every", findings).unwrap_or(0);
    // A row without a time follows at once on the one before, a repeated one after its interval.
    let start = last_at.map_or(0, |last| last + every);
    let at_ms = match table.get("at") {
        Some(_) => span_of("at", findings)?,
        None => start,
    };
    let times = match table.get("times") {
        None => 1,
        Some(n) => match usize::try_from(n.int(findings)?) {
            Ok(times) if (1..=MAX_ROWS).contains(&times) => times,
            _ => {
                findings.add(&n.at, Rows::TooMany(MAX_ROWS));
                return None;
            }
        },
    };
    if let (Some(entry), 1) = (table.entry("every"), times) {
        let (key, with) = (entry.key.clone(), nouns::WITH_TIMES);
        findings.add(&entry.key_at, Keys::KeyWithoutUse { key, with });
    }
    let values = values::values(table, kind, findings)?;
    let span = node.at.span.clone();
    let row = Row {
        kind,
        at_ms,
        values,
        span,
    };
    Some((row, times, every))
}
