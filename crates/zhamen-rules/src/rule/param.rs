//! `params.NAME`: figures that staff may tune, exact, within bounds.

use zhamen_engine::money::{Currency, Dec};
use zhamen_engine::rule::Literal;
use zhamen_engine::time::duration_text;

use crate::diagnostic::Findings;
use crate::expr::scope::Param;
use crate::expr::types::Type;
use crate::node::{Entry, Kind, Node, Table};
use crate::problem::{Files, Keys, Params, nouns};
use crate::rule::name::{self, identifier};
use crate::time_text;

pub(crate) const KEYS: [&str; 7] = ["value", "min", "max", "step", "unit", "zh", "en"];

/// Most parameters of one rule.
pub(crate) const MAX_PARAMS: usize = 200;

/// All parameters of a rule; one that cannot be read keeps its name and fits everything.
pub(crate) fn read(table: &Table, findings: &mut Findings) -> Vec<Param> {
    if let Some(extra) = table.entries.get(MAX_PARAMS) {
        findings.add(&extra.key_at, Files::TooMany(nouns::PARAMETERS, MAX_PARAMS));
        return Vec::new();
    }
    table
        .entries
        .iter()
        .map(|entry| {
            identifier(entry, "params", findings);
            param(entry, findings).unwrap_or_else(|| Param {
                name: entry.key.clone(),
                at: entry.key_at.clone(),
                ty: Type::Unknown,
                value: Literal::Bool(false),
                text: String::new(),
            })
        })
        .collect()
}

/// How the figures of one parameter are read.
#[derive(Clone, Copy)]
enum Unit {
    Money(Currency),
    Number { decimal: bool },
    Span,
}

fn param(entry: &Entry, findings: &mut Findings) -> Option<Param> {
    let table = entry.value.table(findings)?;
    table.only(nouns::PARAMETER, &KEYS, findings);
    for label in ["zh", "en"] {
        table.get(label).map(|n| n.text(findings));
    }
    let unit = unit(table, findings)?;
    let figure = |key: &str, findings: &mut Findings| {
        let Some(node) = table.get(key) else {
            if key != "step" {
                let key = key.to_owned();
                findings.add(
                    &entry.key_at,
                    Keys::MissingKey {
                        key,
                        what: nouns::PARAMETER,
                    },
                );
            }
            return None;
        };
        number(node, unit, findings)
    };
    let value = figure("value", findings);
    let min = figure("min", findings);
    let max = figure("max", findings);
    let step = figure("step", findings);
    let value = value?;
    bounds(table, unit, value, (min, max, step), findings);
    if value == Dec::int(0)
        && let Some(node) = table.get("value")
    {
        findings.add(&node.at, Params::LimitOfZero(entry.key.clone()));
    }
    let (ty, literal) = match unit {
        Unit::Money(c) => (Type::Money(Some(c)), Literal::Money(value, c)),
        Unit::Number { decimal: true } => (Type::Dec, Literal::Dec(value)),
        Unit::Number { decimal: false } => (Type::Int, Literal::Int(value.to_minor(0)?)),
        Unit::Span => (Type::Duration, Literal::Duration(value.to_minor(0)?)),
    };
    Some(Param {
        name: entry.key.clone(),
        at: entry.key_at.clone(),
        ty,
        value: literal,
        text: shown(unit, value),
    })
}

/// By the currency, else by how the value and its bounds are written.
fn unit(table: &Table, findings: &mut Findings) -> Option<Unit> {
    if let Some(node) = table.get("unit") {
        let code = node.text(findings)?;
        if let Some(currency) = Currency::parse(code) {
            return Some(Unit::Money(currency));
        }
        let looks_like_code = code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic());
        if looks_like_code {
            name::no_currency(code, &node.at, findings);
        }
    }
    let figures = || {
        ["value", "min", "max", "step"]
            .into_iter()
            .filter_map(|k| table.get(k))
    };
    if figures().any(|n| matches!(n.kind, Kind::Text(_))) {
        return Some(Unit::Span);
    }
    let decimal = figures().any(|n| matches!(n.kind, Kind::Float(_)));
    Some(Unit::Number { decimal })
}

fn number(node: &Node, unit: Unit, findings: &mut Findings) -> Option<Dec> {
    let digits = match (&node.kind, unit) {
        (Kind::Int(d) | Kind::Float(d), Unit::Money(_) | Unit::Number { .. }) => d,
        (Kind::Text(d), Unit::Money(_)) => d,
        (Kind::Text(text), Unit::Span) => {
            if let Some(ms) = time_text::duration(text) {
                return Some(Dec::int(ms));
            }
            findings.add(&node.at, Keys::BadDuration);
            return None;
        }
        (_, Unit::Span) => return node.wrong(nouns::DURATION_LIKE_VALUE, findings),
        _ => return node.wrong(nouns::NUMBER, findings),
    };
    let Some(number) = Dec::parse(digits.strip_prefix('+').unwrap_or(digits)) else {
        findings.add(&node.at, Keys::NotANumber);
        return None;
    };
    let fits = match unit {
        Unit::Money(currency) => number.to_minor(currency.decimals()).is_some(),
        Unit::Number { decimal: false } => number.to_minor(0).is_some(),
        _ => true,
    };
    if fits {
        return Some(number);
    }
    match unit {
        Unit::Money(currency) if number.to_minor(currency.decimals() + 6).is_some() => {
            let (code, decimals) = (currency.code(), currency.decimals());
            findings.add(&node.at, Params::TooManyDecimals { code, decimals });
        }
        _ => findings.add(&node.at, Keys::NumberTooLarge),
    }
    None
}

fn bounds(
    table: &Table,
    unit: Unit,
    value: Dec,
    (min, max, step): (Option<Dec>, Option<Dec>, Option<Dec>),
    findings: &mut Findings,
) {
    let less = |a: Dec, b: Dec| a.compare(b).is_ok_and(std::cmp::Ordering::is_lt);
    let at = |key: &str| table.get(key).map(|n| n.at.clone());
    let below = min.is_some_and(|min| less(value, min));
    let above = max.is_some_and(|max| less(max, value));
    if let (Some(min), Some(max), Some(at)) = (min, max, at("max"))
        && less(max, min)
    {
        findings.add(&at, Params::EmptyBounds);
        return;
    }
    if let (true, Some(at)) = (below || above, at("value")) {
        findings.add(
            &at,
            Params::OutOfBounds {
                value: shown(unit, value),
                min: min.map(|d| shown(unit, d)),
                max: max.map(|d| shown(unit, d)),
            },
        );
        return;
    }
    let (Some(step), Some(step_at)) = (step, at("step")) else {
        return;
    };
    if !less(Dec::int(0), step) {
        findings.add(&step_at, Params::BadStep);
        return;
    }
    let from = min.unwrap_or(Dec::int(0));
    let off = value
        .minus(from)
        .and_then(|d| d.modulo(step))
        .is_ok_and(|rest| rest != Dec::int(0));
    if let (true, Some(at)) = (off, at("value")) {
        findings.add(
            &at,
            Params::OffStep {
                value: shown(unit, value),
                min: shown(unit, from),
                step: shown(unit, step),
            },
        );
    }
}

fn shown(unit: Unit, value: Dec) -> String {
    match unit {
        Unit::Money(currency) => value.text_fixed(currency.decimals()),
        Unit::Number { .. } => value.text(),
        Unit::Span => duration_text(value.to_minor(0).unwrap_or(0)),
    }
}
