//! Lines that are always true or false, and lines that can never hold together: comparisons of
//! the same thing with constants whose ranges do not meet. Looks at constants only; what it does
//! not understand it leaves alone.

use std::cmp::Ordering;
use std::collections::HashMap;

use zhamen_engine::money::Dec;
use zhamen_engine::rule::{Agg, CmpOp, Expr, Literal};

use crate::build::Build;
use crate::diagnostic::{Findings, Place};
use crate::expr::canonical;
use crate::expr::fold;
use crate::problem::Lints;
use crate::rule::read::Compiled;

/// Looks at the lines of one rule.
pub(crate) fn check(compiled: &Compiled, build: &Build, findings: &mut Findings) {
    let rule = &compiled.rule;
    let (when, rest) = compiled.lines.split_at(rule.when.len());
    let (any, unless) = rest.split_at(rule.any.len());
    let mut known = Known {
        build,
        ranges: HashMap::new(),
    };
    for (line, at) in rule.when.iter().zip(when) {
        if let Some(b) = always(&line.expr, build) {
            let effect = if b { NO_EFFECT } else { NEVER };
            findings.add(at, Lints::LineAlways(b, effect));
            continue;
        }
        for term in conjuncts(&line.expr) {
            if let Some(other) = known.narrow(term, at) {
                contradiction(at, &other, NEVER, findings);
            }
        }
    }
    for (line, at) in rule.unless.iter().zip(unless) {
        if let Some(b) = always(&line.expr, build) {
            let effect = if b { NEVER } else { NO_EFFECT };
            findings.add(at, Lints::LineAlways(b, effect));
            continue;
        }
        // An `unless` that holds whenever the lines above do leaves nothing.
        if let Some(opposite) = opposite(&line.expr)
            && let Some(other) = known.narrow(&opposite, at)
        {
            findings.add_with(at, Lints::UnlessAlways, labels(at, &other));
        }
    }
    for (line, at) in rule.any.iter().zip(any) {
        if let Some(b) = always(&line.expr, build) {
            findings.add(at, Lints::LineAlways(b, NO_EFFECT));
            continue;
        }
        let mut with = Known {
            build,
            ranges: known.ranges.clone(),
        };
        for term in conjuncts(&line.expr) {
            if let Some(other) = with.narrow(term, at) {
                contradiction(at, &other, NO_EFFECT, findings);
            }
        }
    }
}

const NEVER: &str = "the rule can never fire";
const NO_EFFECT: &str = "the line has no effect";

fn contradiction(at: &Place, other: &Place, effect: &'static str, findings: &mut Findings) {
    findings.add_with(at, Lints::Contradiction(effect), labels(at, other));
}

fn labels(at: &Place, other: &Place) -> Vec<crate::diagnostic::Label> {
    if at == other {
        Vec::new()
    } else {
        vec![other.label("against this")]
    }
}

fn conjuncts(expr: &Expr) -> &[Expr] {
    match expr {
        Expr::And(terms) => terms,
        other => std::slice::from_ref(other),
    }
}

/// A comparison of something with a constant.
fn comparison(expr: &Expr) -> Option<(CmpOp, &Expr, &Literal)> {
    match expr {
        Expr::Cmp(op, sides) => match &**sides {
            [side, Expr::Literal(literal)] => Some((*op, side, literal)),
            _ => None,
        },
        _ => None,
    }
}

fn opposite(expr: &Expr) -> Option<Expr> {
    let (op, side, literal) = comparison(expr)?;
    let op = match op {
        CmpOp::Eq => CmpOp::Ne,
        CmpOp::Ne => CmpOp::Eq,
        CmpOp::Lt => CmpOp::Ge,
        CmpOp::Le => CmpOp::Gt,
        CmpOp::Gt => CmpOp::Le,
        CmpOp::Ge => CmpOp::Lt,
    };
    let sides = [side.clone(), Expr::Literal(literal.clone())];
    Some(Expr::Cmp(op, Box::new(sides)))
}

/// True or false whatever the event. Counts are never below 0.
fn always(expr: &Expr, build: &Build) -> Option<bool> {
    if let Expr::Literal(Literal::Bool(b)) = expr {
        return Some(*b);
    }
    let (op, side, literal) = comparison(expr)?;
    if !is_count(side, build) {
        return None;
    }
    match (op, fold::number(literal)?.compare(Dec::int(0)).ok()?) {
        (CmpOp::Ge, Ordering::Equal | Ordering::Less) | (CmpOp::Gt, Ordering::Less) => Some(true),
        (CmpOp::Lt, Ordering::Equal | Ordering::Less) | (CmpOp::Le, Ordering::Less) => Some(false),
        (CmpOp::Eq, Ordering::Less) => Some(false),
        _ => None,
    }
}

fn is_count(expr: &Expr, build: &Build) -> bool {
    match expr {
        Expr::Window(id) => matches!(
            build.set.windows[usize::from(*id)].agg,
            Agg::Count | Agg::Distinct | Agg::Hops
        ),
        _ => false,
    }
}

/// What the lines so far leave of each thing they compare with constants.
struct Known<'a> {
    build: &'a Build,
    ranges: HashMap<String, Range>,
}

#[derive(Clone, Default)]
struct Range {
    low: Option<(Dec, bool, Place)>,
    high: Option<(Dec, bool, Place)>,
    text: Option<(String, Place)>,
}

impl Known<'_> {
    /// Adds a comparison; the place of an earlier one that it can never hold with.
    fn narrow(&mut self, term: &Expr, at: &Place) -> Option<Place> {
        let (op, side, literal) = comparison(term)?;
        let range = self
            .ranges
            .entry(canonical::text(side, self.build))
            .or_default();
        if let Literal::Text(text) = literal {
            return match (&range.text, op) {
                (Some((known, place)), CmpOp::Eq) if *known != *text => Some(place.clone()),
                (Some((known, place)), CmpOp::Ne) if *known == *text => Some(place.clone()),
                (None, CmpOp::Eq) => {
                    range.text = Some((text.to_string(), at.clone()));
                    None
                }
                _ => None,
            };
        }
        let number = fold::number(literal)?;
        let (low, high) = match op {
            CmpOp::Ge => (Some(false), None),
            CmpOp::Gt => (Some(true), None),
            CmpOp::Le => (None, Some(false)),
            CmpOp::Lt => (None, Some(true)),
            CmpOp::Eq => (Some(false), Some(false)),
            CmpOp::Ne => return None,
        };
        range.narrow(number, low, high, at)
    }
}

impl Range {
    fn narrow(
        &mut self,
        number: Dec,
        low: Option<bool>,
        high: Option<bool>,
        at: &Place,
    ) -> Option<Place> {
        if let (Some(strict), Some((top, top_strict, place))) = (low, &self.high)
            && empty(number, strict, *top, *top_strict)
        {
            return Some(place.clone());
        }
        if let (Some(strict), Some((bottom, bottom_strict, place))) = (high, &self.low)
            && empty(*bottom, *bottom_strict, number, strict)
        {
            return Some(place.clone());
        }
        let is = |a: Dec, order: Ordering, b: Dec| a.compare(b) == Ok(order);
        if let Some(strict) = low
            && self
                .low
                .as_ref()
                .is_none_or(|(old, ..)| is(number, Ordering::Greater, *old))
        {
            self.low = Some((number, strict, at.clone()));
        }
        if let Some(strict) = high
            && self
                .high
                .as_ref()
                .is_none_or(|(old, ..)| is(number, Ordering::Less, *old))
        {
            self.high = Some((number, strict, at.clone()));
        }
        None
    }
}

/// Whether nothing lies between the two.
fn empty(low: Dec, low_strict: bool, high: Dec, high_strict: bool) -> bool {
    match low.compare(high) {
        Ok(Ordering::Greater) => true,
        Ok(Ordering::Equal) => low_strict || high_strict,
        _ => false,
    }
}
