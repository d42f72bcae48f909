//! What a window computes: one aggregate, of a field or of what `hops` carries.

use zhamen_engine::event::{Field, FieldType, KindSet};
use zhamen_engine::money::Dec;
use zhamen_engine::rule::{Agg, Hops, Over};

use crate::diagnostic::Findings;
use crate::expr::types::Type;
use crate::node::{Entry, Kind, Table};
use crate::problem::{Keys, Noun, Windows, nouns};
use crate::rule::name;
use crate::time_text;

/// The one aggregate and its field. `daily`: over the totals of days.
pub(crate) fn aggregate(
    entry: &Entry,
    table: &Table,
    on: KindSet,
    daily: bool,
    findings: &mut Findings,
) -> Option<(Agg, Option<Field>)> {
    let named: Vec<(Agg, &Entry)> = Agg::ALL
        .iter()
        .filter_map(|agg| Some((*agg, table.entry(agg.name())?)))
        .collect();
    let (agg, written) = match named[..] {
        [one] => one,
        [] => {
            findings.add(&entry.key_at, Windows::NoAggregate);
            return None;
        }
        [_, (_, second), ..] => {
            findings.add(&second.key_at, Windows::TwoAggregates);
            return None;
        }
    };
    let node = &written.value;
    let text = node.text(findings)?;
    let of_days = matches!(agg, Agg::Avg | Agg::StdDev | Agg::Min | Agg::Max);
    if daily && !of_days {
        let name = Noun {
            en: agg.name(),
            zh: agg.name(),
        };
        findings.add(&written.key_at, Windows::PerDayOf(name));
        return None;
    }
    let fixed = match agg {
        Agg::Count => Some("*"),
        Agg::Since => Some("last"),
        _ => None,
    };
    if let Some(fixed) = fixed {
        if text == fixed {
            return Some((agg, None));
        }
        let agg = agg.name();
        findings.add(&node.at, Windows::FixedAggregate { agg, fixed });
        return None;
    }
    if daily && text == "*" {
        return Some((agg, None));
    }
    if on.is_empty() {
        return None;
    }
    let field = name::field(text, &node.at, on, findings)?;
    let fits = match (agg, field.ty()) {
        (_, FieldType::TextList) => false,
        (Agg::Sum | Agg::Avg | Agg::StdDev, ty) => {
            matches!(ty, FieldType::Int | FieldType::Money)
        }
        (Agg::Min | Agg::Max, FieldType::Time | FieldType::Date) => !daily,
        (Agg::Min | Agg::Max, ty) => matches!(ty, FieldType::Int | FieldType::Money),
        (Agg::Hops, _) => field.entry_kind().is_some(),
        _ => true,
    };
    if fits {
        return Some((agg, Some(field)));
    }
    findings.add(
        &node.at,
        Windows::AggregateType {
            agg: agg.name(),
            field: field.name(),
            ty: Type::of(field).name(),
        },
    );
    None
}

/// The type of a window's value.
pub(crate) fn result_type(agg: Agg, value: Option<Field>) -> Type {
    let field = value.map_or(Type::Int, Type::of);
    match agg {
        Agg::Count | Agg::Distinct | Agg::Hops => Type::Int,
        Agg::Since => Type::Duration,
        Agg::Avg | Agg::StdDev if field == Type::Int => Type::Dec,
        _ => field,
    }
}

/// `within` and `share` beside `hops`, whose key is who is paid. `Err`: reported.
pub(crate) fn hops(
    table: &Table,
    (agg, payer): (Agg, Option<Field>),
    counted_by: &[Field],
    on: KindSet,
    over: Over,
    findings: &mut Findings,
) -> Result<Option<Hops>, ()> {
    let (Agg::Hops, Some(payer)) = (agg, payer) else {
        for entry in ["within", "share"].iter().filter_map(|k| table.entry(k)) {
            let (key, with) = (entry.key.clone(), nouns::WITH_HOPS);
            findings.add(&entry.key_at, Keys::KeyWithoutUse { key, with });
        }
        return Ok(None);
    };
    let written = table.entry("hops").ok_or(())?;
    let fits = |[paid]: &[Field; 1]| *paid != payer && paid.entry_kind() == payer.entry_kind();
    if !counted_by.first_chunk().is_some_and(fits) || counted_by.len() > 1 {
        findings.add(&written.value.at, Windows::HopsKey);
        return Err(());
    }
    if matches!(over, Over::Ever | Over::Last { .. }) {
        findings.add(&written.key_at, Windows::NotOverEver(nouns::HOPS));
        return Err(());
    }
    let Some(node) = table.get("within") else {
        let key = "within".to_owned();
        let what = nouns::HOPS_WINDOW;
        findings.add(&written.key_at, Keys::MissingKey { key, what });
        return Err(());
    };
    let within_ms = node.text(findings).and_then(time_text::duration);
    let Some(within_ms) = within_ms.filter(|ms| *ms > 0) else {
        findings.add(&node.at, Keys::BadDuration);
        return Err(());
    };
    let share = match table.get("share") {
        None => None,
        Some(node) => {
            name::field("txn.amount", &node.at, on, findings).ok_or(())?;
            let part = match &node.kind {
                Kind::Int(digits) | Kind::Float(digits) | Kind::Text(digits) => Dec::parse(digits),
                _ => None,
            };
            let one = |d: &Dec| d.compare(Dec::int(1)).is_ok_and(|o| o.is_le());
            let Some(part) = part.filter(|d| !d.is_negative() && one(d)) else {
                findings.add(&node.at, Windows::BadShare);
                return Err(());
            };
            Some(part.trim())
        }
    };
    Ok(Some(Hops {
        payer,
        within_ms,
        share,
    }))
}
