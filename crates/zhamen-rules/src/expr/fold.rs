//! Computes what is constant and writes comparisons one way round, so that equal conditions have
//! equal forms. Never changes what an expression means, errors included: `&&` and `||` absorb an
//! error on the other side, as they do in the engine.

use zhamen_engine::money::{Dec, MathError};
use zhamen_engine::rule::{CmpOp, Expr, Literal, MathOp};

fn bool_of(expr: &Expr) -> Option<bool> {
    match expr {
        Expr::Literal(Literal::Bool(b)) => Some(*b),
        _ => None,
    }
}

fn truth(b: bool) -> Expr {
    Expr::Literal(Literal::Bool(b))
}

pub(crate) fn not(inner: Expr) -> Expr {
    match bool_of(&inner) {
        Some(b) => truth(!b),
        None => Expr::Not(Box::new(inner)),
    }
}

pub(crate) fn and(terms: Vec<Expr>) -> Expr {
    junction(terms, true)
}

pub(crate) fn or(terms: Vec<Expr>) -> Expr {
    junction(terms, false)
}

/// Joins nested junctions of the same kind and drops constants.
fn junction(terms: Vec<Expr>, and: bool) -> Expr {
    let mut kept = Vec::with_capacity(terms.len());
    for term in terms {
        match (term, and) {
            (Expr::And(inner), true) | (Expr::Or(inner), false) => kept.extend(inner.into_vec()),
            (term, _) => match bool_of(&term) {
                Some(b) if b == and => {}
                Some(b) => return truth(b),
                None => kept.push(term),
            },
        }
    }
    match kept.len() {
        0 => truth(and),
        1 => kept.remove(0),
        _ if and => Expr::And(kept.into()),
        _ => Expr::Or(kept.into()),
    }
}

pub(crate) fn cond(condition: Expr, yes: Expr, no: Expr) -> Expr {
    match bool_of(&condition) {
        Some(true) => yes,
        Some(false) => no,
        None => Expr::Cond(Box::new([condition, yes, no])),
    }
}

pub(crate) fn neg(inner: Expr) -> Expr {
    match inner {
        Expr::Literal(Literal::Int(n)) if n != i64::MIN => Expr::Literal(Literal::Int(-n)),
        Expr::Literal(Literal::Dec(d)) => Expr::Literal(Literal::Dec(d.negated())),
        Expr::Literal(Literal::Money(d, c)) => Expr::Literal(Literal::Money(d.negated(), c)),
        Expr::Literal(Literal::Duration(ms)) if ms != i64::MIN => {
            Expr::Literal(Literal::Duration(-ms))
        }
        other => Expr::Neg(Box::new(other)),
    }
}

pub(crate) fn cmp(op: CmpOp, left: Expr, right: Expr) -> Expr {
    if let (Expr::Literal(a), Expr::Literal(b)) = (&left, &right)
        && let Some(b) = compare(op, a, b)
    {
        return truth(b);
    }
    // The constant on the right.
    let (op, sides) = if matches!(left, Expr::Literal(_)) && !matches!(right, Expr::Literal(_)) {
        (mirrored(op), [right, left])
    } else {
        (op, [left, right])
    };
    Expr::Cmp(op, Box::new(sides))
}

/// The operator with its sides exchanged.
pub(crate) fn mirrored(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
        CmpOp::Eq | CmpOp::Ne => op,
    }
}

/// What `ordering` makes of `op`.
pub(crate) fn holds(op: CmpOp, ordering: std::cmp::Ordering) -> bool {
    match op {
        CmpOp::Eq => ordering.is_eq(),
        CmpOp::Ne => ordering.is_ne(),
        CmpOp::Lt => ordering.is_lt(),
        CmpOp::Le => ordering.is_le(),
        CmpOp::Gt => ordering.is_gt(),
        CmpOp::Ge => ordering.is_ge(),
    }
}

fn compare(op: CmpOp, a: &Literal, b: &Literal) -> Option<bool> {
    let ordering = match (a, b) {
        (Literal::Bool(a), Literal::Bool(b)) => a.cmp(b),
        (Literal::Text(a), Literal::Text(b)) => a.cmp(b),
        _ => number(a)?.compare(number(b)?).ok()?,
    };
    Some(holds(op, ordering))
}

/// The number of a constant, its unit aside; the types were checked.
pub(crate) fn number(literal: &Literal) -> Option<Dec> {
    match literal {
        Literal::Int(n) | Literal::Duration(n) => Some(Dec::int(*n)),
        Literal::Dec(d) | Literal::Money(d, _) => Some(*d),
        _ => None,
    }
}

/// # Errors
/// A constant division by zero, or a constant that does not fit.
pub(crate) fn math(op: MathOp, left: Expr, right: Expr) -> Result<Expr, MathError> {
    if matches!(op, MathOp::Div | MathOp::Rem)
        && let Expr::Literal(divisor) = &right
        && number(divisor) == Some(Dec::int(0))
    {
        return Err(MathError::DivisionByZero);
    }
    if let (Expr::Literal(a), Expr::Literal(b)) = (&left, &right)
        && let Some(folded) = compute(op, a, b)
    {
        return folded.map(Expr::Literal);
    }
    Ok(Expr::Math(op, Box::new([left, right])))
}

fn compute(op: MathOp, a: &Literal, b: &Literal) -> Option<Result<Literal, MathError>> {
    let whole = |a: i64, b: i64| {
        match op {
            MathOp::Add => a.checked_add(b),
            MathOp::Sub => a.checked_sub(b),
            MathOp::Mul => a.checked_mul(b),
            MathOp::Div => a.checked_div(b),
            MathOp::Rem => a.checked_rem(b),
        }
        .ok_or(MathError::Overflow)
    };
    let exact = |a: Dec, b: Dec| match op {
        MathOp::Add => a.plus(b),
        MathOp::Sub => a.minus(b),
        MathOp::Mul => a.times(b),
        MathOp::Div => a.over(b),
        MathOp::Rem => a.modulo(b),
    };
    Some(match (a, b) {
        (Literal::Int(a), Literal::Int(b)) => whole(*a, *b).map(Literal::Int),
        (Literal::Duration(a), Literal::Duration(b)) => whole(*a, *b).map(Literal::Duration),
        (Literal::Money(a, _), Literal::Money(b, _)) if op == MathOp::Div => {
            exact(*a, *b).map(Literal::Dec)
        }
        (Literal::Money(a, c), b) => exact(*a, number(b)?).map(|d| Literal::Money(d, *c)),
        (a, Literal::Money(b, c)) => exact(number(a)?, *b).map(|d| Literal::Money(d, *c)),
        (Literal::Int(_) | Literal::Dec(_), Literal::Int(_) | Literal::Dec(_)) => {
            exact(number(a)?, number(b)?).map(Literal::Dec)
        }
        _ => return None,
    })
}
