//! `window.NAME`: what is counted, by which key, over which time.

mod aggregate;
mod filter;
pub(crate) mod hits;
mod key;

use zhamen_engine::event::{EventKind, Field, KindSet};
use zhamen_engine::rule::{Agg, CurrencyPolicy, Over};
use zhamen_engine::time::DAY_MS;

use crate::build::Counting;
use crate::contract::{self};
use crate::diagnostic::Findings;
use crate::expr::scope::{Declared, Fact, Param};
use crate::expr::types::Type;
use crate::node::{Entry, Table};
use crate::problem::{Files, Keys, Windows, nouns};
use crate::rule::Context;
use crate::rule::name::{self, identifier};
use crate::time_text;

pub(crate) const KEYS: [&str; 23] = [
    "count", "sum", "distinct", "min", "max", "avg", "first", "last", "since", "stddev", "hops",
    "by", "over", "on", "where", "current", "undo", "fields", "until", "per", "reset", "within",
    "share",
];

/// Most days that a window over totals of days looks at.
const MAX_DAYS: i64 = 366;
/// Most windows of one rule.
pub(crate) const MAX_WINDOWS: usize = 100;

/// What a window needs to know of its rule.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub on: KindSet,
    pub params: &'a [Param],
    pub currency: CurrencyPolicy,
}

/// All windows of a rule in the order they are written.
pub(crate) fn read_all(table: &Table, owner: Owner<'_>, cx: &mut Context<'_>) -> Vec<Declared> {
    if let Some(extra) = table.entries.get(MAX_WINDOWS) {
        cx.findings
            .add(&extra.key_at, Files::TooMany(nouns::WINDOWS, MAX_WINDOWS));
        return Vec::new();
    }
    let mut declared: Vec<Declared> = Vec::with_capacity(table.entries.len());
    let names: Vec<String> = table.entries.iter().map(|e| e.key.clone()).collect();
    for (index, entry) in table.entries.iter().enumerate() {
        identifier(entry, "window", cx.findings);
        let window = read(entry, owner, &declared, &names[index..], cx);
        declared.push(window.unwrap_or_else(|| Declared {
            name: entry.key.clone(),
            at: entry.key_at.clone(),
            id: 0,
            ty: Type::Unknown,
            domain: None,
            entry_kind: None,
            by: Vec::new(),
            params: Vec::new(),
            reads: Vec::new(),
        }));
    }
    declared
}

fn read(
    entry: &Entry,
    owner: Owner<'_>,
    declared: &[Declared],
    later: &[String],
    cx: &mut Context<'_>,
) -> Option<Declared> {
    let table = entry.value.table(cx.findings)?;
    let mut known = KEYS.to_vec();
    known.push("exact");
    table.only(nouns::WINDOW, &known, cx.findings);
    // Every window is exact; the key asks for what is already so.
    table.get("exact").map(|n| n.bool(cx.findings));

    let counted = match table.get("on") {
        Some(node) => hits::on(node, cx),
        None => Some((owner.on, None)),
    };
    let (on, hits_of) = counted.map_or((None, None), |(on, of)| (Some(on), of));
    let daily = match table.get("per") {
        Some(node) => name::one_of(node, &[("day", true)], cx.findings)?,
        None => false,
    };
    let aggregate = aggregate::aggregate(entry, table, on.unwrap_or_default(), daily, cx.findings);
    let by = on.and_then(|on| key::keys(entry, table, owner.on, on, cx.findings));
    let over = over(entry, table, cx.findings);
    let until_ms = until(table, over, daily, cx.findings);
    let exclude_current = match table.get("current") {
        Some(node) => name::one_of(node, &[("exclude", true), ("include", false)], cx.findings),
        None => Some(false),
    };
    let undo = undo(table, on.unwrap_or_default(), cx.findings);
    let filter = match (table.get("where"), on) {
        (Some(node), Some(on)) => filter::read(node, on, owner, declared, later, cx),
        (Some(_), None) => None,
        (None, _) => Some(filter::Filter::default()),
    };

    if let (Some(node), Some(Over::Ever), true) = (
        table.get("where"),
        over,
        filter.as_ref().is_some_and(|f| f.correlated.is_some()),
    ) {
        cx.findings.add(&node.at, Windows::NotOverEver(nouns::THIS));
        return None;
    }
    let (agg, value) = aggregate?;
    let (judged_by, counted_by) = by?;
    let (filter, over, undo, on) = (filter?, over?, undo?, on?);
    if let (Some(node), Some(_)) = (table.get("where"), &filter.correlated) {
        cx.findings.add(&node.at, Windows::CorrelatedWindow);
        if daily {
            cx.findings.add(&node.at, Windows::PerDayOf(nouns::THIS));
            return None;
        }
    }
    if let (true, Some(node)) = (daily, table.get("over"))
        && !whole_days(over)
    {
        cx.findings.add(&node.at, Windows::PerDayOver(MAX_DAYS));
        return None;
    }
    let hops = aggregate::hops(table, (agg, value), &counted_by, on, over, cx.findings).ok()?;
    let reset = match table.get("reset") {
        Some(node) => Some(hits::reset(node, &judged_by, over, cx)?),
        None => None,
    };
    let value = value.filter(|_| hops.is_none());
    let ty = aggregate::result_type(agg, value);
    let mut params: Vec<usize> = Vec::new();
    for facts in [&filter.counted, &filter.compared] {
        for fact in &facts.reads {
            let read: &[usize] = match fact {
                Fact::Param(p) => &[*p],
                Fact::Window(w) => &declared[*w].params,
                Fact::Field(_) => &[],
            };
            params.extend(
                read.iter()
                    .filter(|p| !params.contains(p))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
    }
    let mut kept: Vec<Field> = filter.compared.fields().collect();
    if hops.as_ref().is_some_and(|h| h.share.is_some()) {
        kept.push(Field::TxnAmount);
    }
    kept.sort();
    kept.dedup();
    let same_value = matches!(agg, Agg::Min | Agg::Max | Agg::First | Agg::Last);
    Some(Declared {
        name: entry.key.clone(),
        at: entry.key_at.clone(),
        ty,
        domain: value.filter(|_| same_value).and_then(contract::values),
        entry_kind: value.filter(|_| same_value).and_then(Field::entry_kind),
        by: judged_by.clone(),
        params,
        reads: filter.counted.windows().collect(),
        id: cx.build.window(Counting {
            on,
            hits_of,
            counted_by,
            judged_by,
            filter: filter.expr,
            filter_reads_money: filter.counted.money,
            correlated: filter.correlated,
            correlated_reads_money: filter.compared.money,
            kept,
            currency: owner.currency,
            undo,
            agg,
            value,
            hops,
            over,
            until_ms: until_ms?,
            exclude_current: exclude_current?,
            daily,
            reset,
        }),
    })
}

fn over(entry: &Entry, table: &Table, findings: &mut Findings) -> Option<Over> {
    let Some(node) = table.get("over") else {
        let key = "over".to_owned();
        findings.add(
            &entry.key_at,
            Keys::MissingKey {
                key,
                what: nouns::WINDOW,
            },
        );
        return None;
    };
    let over = time_text::over(node.text(findings)?);
    if over.is_none() {
        findings.add(&node.at, Keys::BadOver);
    }
    over
}

/// Whether it is so many whole days, or a month or year.
fn whole_days(over: Over) -> bool {
    match over {
        Over::Ms(ms) => ms % DAY_MS == 0 && ms / DAY_MS <= MAX_DAYS,
        Over::CalendarMonth | Over::CalendarYear => true,
        _ => false,
    }
}

fn until(table: &Table, over: Option<Over>, daily: bool, findings: &mut Findings) -> Option<i64> {
    let Some(node) = table.get("until") else {
        return Some(0);
    };
    if daily {
        findings.add(&node.at, Windows::PerDayOf(nouns::NEAR_END));
        return None;
    }
    let Some(ms) = time_text::duration(node.text(findings)?) else {
        findings.add(&node.at, Keys::BadDuration);
        return None;
    };
    let far = match over? {
        Over::Ms(far) => far,
        Over::CalendarDay => DAY_MS,
        Over::Ever => {
            findings.add(&node.at, Windows::NotOverEver(nouns::NEAR_END));
            return None;
        }
        Over::Last { .. } => {
            findings.add(&node.at, Windows::UntilOfLast);
            return None;
        }
        _ => i64::MAX,
    };
    if ms >= far {
        findings.add(&node.at, Windows::UntilBeyondOver);
        return None;
    }
    Some(ms)
}

fn undo(table: &Table, on: KindSet, findings: &mut Findings) -> Option<KindSet> {
    let Some(node) = table.get("undo") else {
        return Some(KindSet::default());
    };
    let set = name::kinds(node, findings)?;
    let notices = [EventKind::TransferFailed, EventKind::TransferReversed];
    let notice = set.iter().all(|k| notices.contains(&k));
    if !notice || !on.contains(EventKind::TransferRequested) {
        findings.add(&node.at, Windows::BadUndo);
        return None;
    }
    Some(set)
}
