//! Types of comparison and arithmetic. Money meets only money of its currency; a whole number may
//! meet a decimal; a duration is no number.

use zhamen_engine::money::MathError;
use zhamen_engine::rule::{CmpOp, Expr, Literal, MathOp};

use crate::expr::ast::Span;
use crate::expr::check::Checker;
use crate::expr::fold;
use crate::expr::types::{Type, Typed};
use crate::problem::{Types, nouns};
use crate::suggest::nearest;

/// The type of a value that is one of two.
pub(crate) fn common(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        (Type::Unknown, _) | (_, Type::Unknown) => Some(Type::Unknown),
        (a, b) if a == b => Some(a),
        (a, b) if a.is_number() && b.is_number() => Some(Type::Dec),
        (Type::Money(a), Type::Money(b)) if a.is_none() || b.is_none() => Some(Type::Money(None)),
        _ => None,
    }
}

/// `l op r`.
pub(crate) fn cmp(c: &mut Checker<'_>, op: CmpOp, l: Typed, r: Typed, span: Span) -> Typed {
    let ordered = !matches!(op, CmpOp::Eq | CmpOp::Ne);
    let fits = match (l.ty, r.ty) {
        (Type::Unknown, _) | (_, Type::Unknown) => return Typed::unknown(span),
        (Type::Money(Some(a)), Type::Money(Some(b))) if a != b => {
            let problem = Types::TwoCurrencies(a.code(), b.code());
            c.report(&span, problem);
            return Typed::unknown(span);
        }
        (Type::TextList, Type::TextList) => false,
        (Type::Bool, Type::Bool) | (Type::Text, Type::Text) => !ordered,
        (a, b) => common(a, b).is_some(),
    };
    if !fits {
        mismatch(c, op.name(), &l, &r, &span);
        return Typed::unknown(span);
    }
    known_text(c, &l, &r);
    known_text(c, &r, &l);
    truncation(c, &l, &r);
    truncation(c, &r, &l);
    Typed::new(fold::cmp(op, l.expr, r.expr), Type::Bool, span)
}

/// A text of a closed set compared with one that is not in it.
pub(crate) fn known_text(c: &mut Checker<'_>, of: &Typed, with: &Typed) {
    let (Some(domain), Expr::Literal(Literal::Text(text))) = (of.domain, &with.expr) else {
        return;
    };
    if domain.contains(&text.as_str()) {
        return;
    }
    c.report(
        &with.span,
        Types::NotAValue {
            text: text.to_string(),
            of: c.line.text[of.span.clone()].to_owned(),
            nearest: nearest(text, domain.iter().copied()),
            values: domain.join(", "),
        },
    );
}

fn truncation(c: &mut Checker<'_>, quotient: &Typed, other: &Typed) {
    if quotient.truncated && other.ty == Type::Dec {
        c.report(&quotient.span, Types::TruncatingQuotient);
    }
}

fn mismatch(c: &mut Checker<'_>, op: &'static str, l: &Typed, r: &Typed, span: &Span) {
    let number = |t: &Typed| t.ty.is_number();
    let problem = if l.ty.is_money() && number(r) || number(l) && r.ty.is_money() {
        let bare = if number(l) { l } else { r };
        Types::MoneyWithNumber {
            op,
            number: c.line.text[bare.span.clone()].to_owned(),
        }
    } else if l.ty == Type::Duration && number(r) || number(l) && r.ty == Type::Duration {
        let bare = if number(l) { l } else { r };
        Types::DurationWithNumber {
            op,
            number: c.line.text[bare.span.clone()].to_owned(),
        }
    } else {
        Types::Operands {
            op,
            left: l.ty.name(),
            right: r.ty.name(),
        }
    };
    c.report(span, problem);
}

/// `-e`.
pub(crate) fn neg(c: &mut Checker<'_>, inner: Typed, span: Span) -> Typed {
    match inner.ty {
        Type::Int | Type::Dec | Type::Money(_) | Type::Duration => {
            Typed::new(fold::neg(inner.expr), inner.ty, span)
        }
        Type::Unknown => Typed::unknown(span),
        ty => {
            c.report(
                &span,
                Types::WrongType {
                    expected: nouns::NUMBER_MONEY_DURATION.into(),
                    found: ty.name(),
                },
            );
            Typed::unknown(span)
        }
    }
}

/// `l op r`.
pub(crate) fn math(c: &mut Checker<'_>, op: MathOp, l: Typed, r: Typed, span: Span) -> Typed {
    use MathOp as M;
    use Type as T;
    let ty = match (op, l.ty, r.ty) {
        (_, T::Unknown, _) | (_, _, T::Unknown) => return Typed::unknown(span),
        (_, T::Int, T::Int) => T::Int,
        (_, a, b) if a.is_number() && b.is_number() => T::Dec,
        (_, T::Money(Some(a)), T::Money(Some(b))) if a != b => {
            let problem = Types::TwoCurrencies(a.code(), b.code());
            c.report(&span, problem);
            return Typed::unknown(span);
        }
        (M::Add | M::Sub | M::Rem, T::Money(a), T::Money(b)) => T::Money(a.or(b)),
        (M::Div, T::Money(_), T::Money(_)) => T::Dec,
        (M::Mul | M::Div, T::Money(a), b) if b.is_number() => T::Money(a),
        (M::Mul, a, T::Money(b)) if a.is_number() => T::Money(b),
        (M::Sub, T::Time, T::Time) => T::Duration,
        (M::Add | M::Sub, T::Time, T::Duration) | (M::Add, T::Duration, T::Time) => T::Time,
        (M::Add | M::Sub, T::Duration, T::Duration) => T::Duration,
        (M::Mul, T::Duration, T::Int) | (M::Mul, T::Int, T::Duration) => T::Duration,
        (M::Div, T::Duration, T::Int) => T::Duration,
        (M::Sub, T::Date | T::Time, T::Date | T::Time) => {
            c.report(&span, Types::DateDifference);
            return Typed::unknown(span);
        }
        _ => {
            mismatch(c, op.name(), &l, &r, &span);
            return Typed::unknown(span);
        }
    };
    if ty == T::Dec && op != M::Div {
        truncation(c, &l, &T::Dec.stand_in());
        truncation(c, &r, &T::Dec.stand_in());
    }
    let truncated = ty == T::Int && (op == M::Div || l.truncated || r.truncated);
    match fold::math(op, l.expr, r.expr) {
        Ok(expr) => Typed {
            truncated,
            ..Typed::new(expr, ty, span)
        },
        Err(error) => {
            let problem = match error {
                MathError::DivisionByZero => Types::DivisionByZero,
                MathError::Overflow => Types::Overflow,
            };
            c.report(&r.span, problem);
            Typed::unknown(span)
        }
    }
}

impl Type {
    /// A value of the type, for checks that look at types only.
    fn stand_in(self) -> Typed {
        Typed {
            ty: self,
            ..Typed::unknown(0..0)
        }
    }
}
