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
use crate::problem::{Effect, Lints, both};
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
    let mut may_fail = false;
    for (line, at) in rule.when.iter().zip(when) {
        if let Some(b) = always(&line.expr, build) {
            may_fail |= !b;
            let effect = if b { Effect::Nothing } else { Effect::Never };
            findings.add(at, Lints::LineAlways(b, effect));
            continue;
        }
        may_fail = true;
        if let Some(other) = known.implies(&line.expr) {
            let labels = vec![other.label(both!("by this line", "由这一行"))];
            findings.add_with(at, Lints::Implied(Effect::Nothing), labels);
            continue;
        }
        for term in conjuncts(&line.expr) {
            if let Some(other) = known.narrow(term, at) {
                contradiction(at, &other, Effect::Never, findings);
            }
        }
    }
    if !may_fail && rule.any.is_empty() && rule.unless.is_empty() {
        findings.add(&compiled.at, Lints::FiresAlways);
    }
    for (line, at) in rule.unless.iter().zip(unless) {
        if let Some(b) = always(&line.expr, build) {
            let effect = if b { Effect::Never } else { Effect::Nothing };
            findings.add(at, Lints::LineAlways(b, effect));
            continue;
        }
        // What contradicts the lines above excepts nothing.
        let mut with = known.clone();
        let other = conjuncts(&line.expr)
            .iter()
            .find_map(|term| with.narrow(term, at));
        if let Some(other) = other {
            let problem = Lints::UnlessNever(Effect::Nothing);
            findings.add_with(at, problem, labels(at, &other));
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
            findings.add(at, Lints::LineAlways(b, Effect::Nothing));
            continue;
        }
        let mut with = known.clone();
        for term in conjuncts(&line.expr) {
            if let Some(other) = with.narrow(term, at) {
                contradiction(at, &other, Effect::Nothing, findings);
            }
        }
    }
}

fn contradiction(at: &Place, other: &Place, effect: Effect, findings: &mut Findings) {
    findings.add_with(at, Lints::Contradiction(effect), labels(at, other));
}

fn labels(at: &Place, other: &Place) -> Vec<crate::diagnostic::Label> {
    if at == other {
        Vec::new()
    } else {
        vec![other.label(both!("against this", "与这一行矛盾"))]
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
#[derive(Clone)]
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
    /// The place of an earlier line that makes all of this one hold.
    fn implies(&self, line: &Expr) -> Option<Place> {
        let mut places = conjuncts(line).iter().map(|term| self.implied(term));
        let first = places.next()??;
        places.all(|p| p.is_some()).then_some(first)
    }

    fn implied(&self, term: &Expr) -> Option<Place> {
        let (op, side, literal) = comparison(term)?;
        let range = self.ranges.get(&canonical::text(side, self.build))?;
        if let Literal::Text(text) = literal {
            let (known, place) = range.text.as_ref()?;
            let equal = *known == *text;
            let holds = matches!((op, equal), (CmpOp::Eq, true) | (CmpOp::Ne, false));
            return holds.then(|| place.clone());
        }
        let number = fold::number(literal)?;
        let (bound, wanted, strict) = match op {
            CmpOp::Ge => (&range.low, Ordering::Greater, false),
            CmpOp::Gt => (&range.low, Ordering::Greater, true),
            CmpOp::Le => (&range.high, Ordering::Less, false),
            CmpOp::Lt => (&range.high, Ordering::Less, true),
            CmpOp::Eq | CmpOp::Ne => return None,
        };
        let (known, known_strict, place) = bound.as_ref()?;
        let order = known.compare(number).ok()?;
        let holds = order == wanted || order == Ordering::Equal && (*known_strict || !strict);
        holds.then(|| place.clone())
    }

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
