//! Functions and methods: what each takes and gives.

use zhamen_engine::rule::{Expr, Func, Literal, MathOp};

use crate::expr::ast::{self, ExprKind, Name, Span};
use crate::expr::check::Checker;
use crate::expr::types::{Type, Typed};
use crate::expr::{fold, membership, operator};
use crate::problem::{Keys, Naming, Types, nouns};
use crate::suggest::nearest;
use crate::time_text;

/// Functions by name, for messages.
const FUNCTIONS: [&str; 14] = [
    "has",
    "size",
    "duration",
    "hour",
    "weekday",
    "day",
    "month",
    "days_since",
    "abs",
    "min",
    "max",
    "is_round",
    "digit",
    "leading_digit",
];
/// Methods of a text by name.
const METHODS: [&str; 4] = ["startsWith", "endsWith", "contains", "matches"];

/// `name(args)` or `target.name(args)`.
pub(crate) fn check(
    c: &mut Checker<'_>,
    target: Option<&ast::Expr>,
    name: &Name,
    args: &[ast::Expr],
    span: Span,
) -> Typed {
    match target {
        None => function(c, name, args, span),
        Some(target) => method(c, target, name, args, span),
    }
}

fn function(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    const OF_TIME: Signature = Signature::Fixed(&[&[Type::Time]], Type::Int);
    const OF_DAY: Signature = Signature::Fixed(&[&[Type::Date, Type::Time]], Type::Int);
    let (func, signature) = match name.text.as_str() {
        "has" => return has(c, name, args, span),
        "duration" => return duration(c, name, args, span),
        "size" => return size(c, name, args, span),
        "is_round" => return is_round(c, name, args, span),
        "digit" => return digit(c, name, args, span),
        "leading_digit" => return leading_digit(c, name, args, span),
        "hour" => (Func::Hour, OF_TIME),
        "weekday" => (Func::Weekday, OF_TIME),
        "day" => (Func::Day, OF_TIME),
        "month" => (Func::Month, OF_TIME),
        "days_since" => (Func::DaysSince, OF_DAY),
        "abs" => (Func::Abs, Signature::Same(1..=1)),
        "min" => (Func::Min, Signature::Same(2..=16)),
        "max" => (Func::Max, Signature::Same(2..=16)),
        other => {
            let method = METHODS.contains(&other);
            c.report(
                &name.span,
                Naming::UnknownFunction {
                    name: other.to_owned(),
                    nearest: nearest(other, FUNCTIONS),
                    method_of_text: method,
                    known: FUNCTIONS.join(", "),
                },
            );
            return Typed::unknown(span);
        }
    };
    match signature {
        Signature::Fixed(types, result) => {
            if !count(c, name, args, types.len()..=types.len()) {
                return Typed::unknown(span);
            }
            let args: Vec<Typed> = args
                .iter()
                .zip(types)
                .map(|(a, types)| c.of_types(a, types))
                .collect();
            call(func, args, result, span)
        }
        Signature::Same(arity) => {
            if !count(c, name, args, arity) {
                return Typed::unknown(span);
            }
            same(c, func, args, span)
        }
    }
}

enum Signature {
    /// For each argument the types it may have.
    Fixed(&'static [&'static [Type]], Type),
    /// So many values of one type that has an order; the result has it too.
    Same(std::ops::RangeInclusive<usize>),
}

fn call(func: Func, args: Vec<Typed>, result: Type, span: Span) -> Typed {
    if args.iter().any(|a| a.ty == Type::Unknown) {
        return Typed::unknown(span);
    }
    let args: Box<[Expr]> = args.into_iter().map(|a| a.expr).collect();
    Typed::new(Expr::Call(func, args), result, span)
}

fn same(c: &mut Checker<'_>, func: Func, args: &[ast::Expr], span: Span) -> Typed {
    let args: Vec<Typed> = args.iter().map(|a| c.expr(a)).collect();
    let mut result = args[0].ty;
    for arg in &args {
        let numeric = matches!(
            arg.ty,
            Type::Int | Type::Dec | Type::Money(_) | Type::Duration | Type::Unknown
        );
        match operator::common(result, arg.ty).filter(|_| numeric) {
            Some(ty) => result = ty,
            None => {
                c.report(
                    &arg.span,
                    Types::WrongType {
                        expected: if numeric {
                            result.name()
                        } else {
                            nouns::NUMBER_MONEY_DURATION.into()
                        },
                        found: arg.ty.name(),
                    },
                );
                return Typed::unknown(span);
            }
        }
    }
    call(func, args, result, span)
}

/// `is_round(x, unit)`: both numbers, or both money.
fn is_round(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    if !count(c, name, args, 2..=2) {
        return Typed::unknown(span);
    }
    let (x, unit) = (number(c, &args[0]), number(c, &args[1]));
    let at = unit.span.clone();
    let rest = operator::math(c, MathOp::Rem, x.clone(), unit.clone(), span.clone());
    if rest.ty == Type::Unknown {
        return Typed::unknown(span);
    }
    if let Expr::Literal(literal) = &unit.expr
        && fold::number(literal).is_some_and(|d| d.is_negative())
    {
        c.report(&at, Types::NegativeUnit);
    }
    call(Func::IsRound, vec![x, unit], Type::Bool, span)
}

/// `digit(x, place)`
fn digit(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    if !count(c, name, args, 2..=2) {
        return Typed::unknown(span);
    }
    let (x, place) = (number(c, &args[0]), c.of_type(&args[1], Type::Int));
    call(Func::Digit, vec![x, place], Type::Int, span)
}

/// `leading_digit(x)`
fn leading_digit(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    if !count(c, name, args, 1..=1) {
        return Typed::unknown(span);
    }
    let x = number(c, &args[0]);
    call(Func::LeadingDigit, vec![x], Type::Int, span)
}

/// A number or money.
fn number(c: &mut Checker<'_>, arg: &ast::Expr) -> Typed {
    let typed = c.expr(arg);
    if typed.ty.is_number() || typed.ty.is_money() || typed.ty == Type::Unknown {
        return typed;
    }
    c.report(
        &arg.span,
        Types::WrongType {
            expected: nouns::NUMBER_OR_MONEY.into(),
            found: typed.ty.name(),
        },
    );
    Typed::unknown(arg.span.clone())
}

fn size(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    if !count(c, name, args, 1..=1) {
        return Typed::unknown(span);
    }
    let arg = c.of_types(&args[0], &[Type::Text, Type::TextList]);
    call(Func::Size, vec![arg], Type::Int, span)
}

fn has(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    if !count(c, name, args, 1..=1) {
        return Typed::unknown(span);
    }
    let ExprKind::Path(path) = &args[0].kind else {
        c.report(&args[0].span, Types::HasOfValue);
        return Typed::unknown(span);
    };
    let at = args[0].span.clone();
    let expr = match path[0].text.as_str() {
        "params" | "list" => {
            c.report(&at, Types::HasOfValue);
            None
        }
        "window" => c.window(path, &at).map(|index| {
            c.facts.read(crate::expr::scope::Fact::Window(index));
            let window = &c.scope.windows[index];
            Expr::HasWindow(window.id)
        }),
        "this" => c.this(path, &at).map(Expr::HasThis),
        _ => c.field(path, &at, true).map(Expr::HasField),
    };
    match expr {
        Some(expr) => Typed::new(expr, Type::Bool, span),
        None => Typed::unknown(span),
    }
}

fn duration(c: &mut Checker<'_>, name: &Name, args: &[ast::Expr], span: Span) -> Typed {
    if !count(c, name, args, 1..=1) {
        return Typed::unknown(span);
    }
    let ms = match &args[0].kind {
        ExprKind::Text(text) => time_text::duration(text),
        _ => None,
    };
    match ms {
        Some(ms) => Typed::new(Expr::Literal(Literal::Duration(ms)), Type::Duration, span),
        None => {
            c.report(&args[0].span, Keys::BadDuration);
            Typed::unknown(span)
        }
    }
}

fn method(
    c: &mut Checker<'_>,
    target: &ast::Expr,
    name: &Name,
    args: &[ast::Expr],
    span: Span,
) -> Typed {
    if let Some(list) = membership::list_name(target) {
        return membership::class(c, &list, name, args, span);
    }
    let func = match name.text.as_str() {
        "startsWith" => Some(Func::StartsWith),
        "endsWith" => Some(Func::EndsWith),
        "contains" => Some(Func::Contains),
        "matches" => None,
        other => {
            c.report(
                &name.span,
                Naming::UnknownMethod {
                    name: other.to_owned(),
                    nearest: nearest(other, METHODS),
                    function: FUNCTIONS.contains(&other),
                    known: METHODS.join(", "),
                },
            );
            return Typed::unknown(span);
        }
    };
    let target = c.of_type(target, Type::Text);
    if !count(c, name, args, 1..=1) {
        return Typed::unknown(span);
    }
    if let Some(func) = func {
        let arg = c.of_type(&args[0], Type::Text);
        return call(func, vec![target, arg], Type::Bool, span);
    }
    let ExprKind::Text(pattern) = &args[0].kind else {
        c.report(&args[0].span, Types::PatternNotLiteral);
        return Typed::unknown(span);
    };
    match c.build.regex(pattern) {
        Ok(_) if target.ty == Type::Unknown => Typed::unknown(span),
        Ok(regex) => Typed::new(
            Expr::Matches(regex, Box::new(target.expr)),
            Type::Bool,
            span,
        ),
        Err(problem) => {
            c.report(&args[0].span, problem);
            Typed::unknown(span)
        }
    }
}

pub(crate) fn count(
    c: &mut Checker<'_>,
    name: &Name,
    args: &[ast::Expr],
    arity: std::ops::RangeInclusive<usize>,
) -> bool {
    let fits = arity.contains(&args.len());
    if !fits {
        c.report(
            &name.span,
            Naming::ArgumentCount {
                name: name.text.clone(),
                takes: *arity.start(),
                found: args.len(),
            },
        );
    }
    fits
}
