//! Evaluates a compiled expression over one event. Types were checked by the compiler; what can
//! still go wrong at run time is a [`Fault`].

use std::cmp::Ordering;

use compact_str::CompactString;

use crate::event::{EntryKind, Event, Field, Value};
use crate::money::{Currency, Dec, MathError, Money};
use crate::output::FallbackCode;
use crate::rule::{CmpOp, CurrencyPolicy, Expr, Func, ListId, Literal, MathOp, RuleSet, WindowId};
use crate::time::{
    DAY_MS, HOUR_MS, civil_from_days, day_start, shanghai_day, shanghai_time_of_day_ms, weekday,
};

/// A value of an expression.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Val<'e> {
    Bool(bool),
    Int(i64),
    Dec(Dec),
    Money(Dec, Currency),
    Text(&'e str),
    Time(i64),
    Date(i64),
    Duration(i64),
    List(&'e [CompactString]),
}

/// Why an expression has no value.
pub(crate) type Fault = FallbackCode;

/// What an expression may look at besides the event.
pub(crate) trait World<'e> {
    /// The set the expression belongs to.
    fn rules(&self) -> &'e RuleSet;
    /// A window of the judged event.
    fn window(&self, id: WindowId) -> Result<Val<'e>, Fault>;
    /// Whether a value is on a list.
    fn in_list(&self, list: ListId, kind: Option<EntryKind>, value: &str) -> Result<bool, Fault>;
    /// The class of a value on a list.
    fn list_class(
        &self,
        list: ListId,
        kind: Option<EntryKind>,
        value: &str,
    ) -> Result<&'e str, Fault>;
    /// Value of one unit of a currency in CNY.
    fn rate(&self, currency: Currency) -> Option<Dec>;
    /// A field of the event being judged, where another one is being counted.
    fn this(&self, field: Field) -> Option<Val<'e>>;
    /// A field of the event the expression is over.
    fn field(&self, field: Field) -> Option<Val<'e>>;
    /// A text field of it.
    fn text(&self, field: Field) -> Option<&'e str> {
        match self.field(field)? {
            Val::Text(text) => Some(text),
            _ => None,
        }
    }
    /// A money field of it, where it is kept in minor units.
    fn money(&self, _field: Field) -> Option<Money> {
        None
    }
}

impl From<MathError> for FallbackCode {
    fn from(e: MathError) -> FallbackCode {
        match e {
            MathError::Overflow => FallbackCode::Overflow,
            MathError::DivisionByZero => FallbackCode::DivisionByZero,
        }
    }
}

/// The value of a field of an event.
pub(crate) fn field_of(e: &Event, field: Field) -> Option<Val<'_>> {
    Some(match field {
        Field::Type | Field::Id | Field::Source => Val::Text(e.text(field)?),
        Field::OccurredAt => Val::Time(e.occurred_at),
        _ => value_of(e.get(field)?),
    })
}

/// A stored value as an expression sees it.
pub(crate) fn value_of(value: &Value) -> Val<'_> {
    match value {
        Value::Bool(b) => Val::Bool(*b),
        Value::Int(n) => Val::Int(*n),
        Value::Money(m) => Val::Money(
            Dec::new(i128::from(m.minor), m.currency.decimals()),
            m.currency,
        ),
        Value::Text(t) => Val::Text(t),
        Value::Time(t) => Val::Time(*t),
        Value::Date(d) => Val::Date(*d),
        Value::TextList(l) => Val::List(l),
    }
}

/// The truth of a line.
pub(crate) fn holds<'e, W: World<'e>>(
    expr: &'e Expr,
    w: &W,
    currency: CurrencyPolicy,
) -> Result<bool, Fault> {
    if let Some(truth) = plainly(expr, w, currency) {
        return truth;
    }
    match eval(expr, w, currency)? {
        Val::Bool(b) => Ok(b),
        other => unreachable!("the compiler admits only bool lines, not {other:?}"),
    }
}

/// The truth of the lines that most rules consist of: a field or a window beside a constant of the
/// same kind. `None`: the long way. Says nothing else than [`eval`] does, sooner.
fn plainly<'e, W: World<'e>>(
    expr: &'e Expr,
    w: &W,
    policy: CurrencyPolicy,
) -> Option<Result<bool, Fault>> {
    match expr {
        Expr::Cmp(op, sides) => {
            let (left, Expr::Literal(right)) = (&sides[0], &sides[1]) else {
                return None;
            };
            let order = match (left, right) {
                (Expr::Field(f), Literal::Text(t)) => w.text(*f)?.cmp(t.as_str()),
                (Expr::Field(f), Literal::Money(limit, currency)) => {
                    let money = w.money(*f).filter(|m| m.currency == *currency)?;
                    i128::from(money.minor).cmp(&limit.in_units(currency.decimals())?)
                }
                (Expr::Window(id), Literal::Int(n)) => match w.window(*id) {
                    Ok(Val::Int(value)) => value.cmp(n),
                    Ok(_) => return None,
                    Err(fault) => return Some(Err(fault)),
                },
                (Expr::Window(id), Literal::Money(limit, currency)) => match w.window(*id) {
                    Ok(Val::Money(value, c)) if c == *currency => value.compare(*limit).ok()?,
                    Ok(_) => return None,
                    Err(fault) => return Some(Err(fault)),
                },
                _ => return None,
            };
            Some(Ok(is(*op, order)))
        }
        Expr::In(sides) => match (&sides[0], &sides[1]) {
            (Expr::Field(f), Expr::Literal(Literal::TextList(list))) => {
                let text = w.text(*f)?;
                Some(Ok(list.iter().any(|t| t == text)))
            }
            _ => None,
        },
        Expr::Not(x) => plainly(x, w, policy).map(|truth| truth.map(|t| !t)),
        Expr::And(parts) => Some(connect(parts, w, policy, false)),
        Expr::Or(parts) => Some(connect(parts, w, policy, true)),
        _ => None,
    }
}

/// The value of an expression.
pub(crate) fn eval<'e, W: World<'e>>(
    expr: &'e Expr,
    w: &W,
    policy: CurrencyPolicy,
) -> Result<Val<'e>, Fault> {
    Ok(match expr {
        Expr::Literal(l) => literal(l),
        Expr::Field(f) => w.field(*f).ok_or(Fault::Missing)?,
        Expr::This(f) => w.this(*f).ok_or(Fault::Missing)?,
        Expr::Window(id) => w.window(*id)?,
        Expr::HasField(f) => Val::Bool(w.field(*f).is_some()),
        Expr::HasThis(f) => Val::Bool(w.this(*f).is_some()),
        Expr::HasWindow(id) => Val::Bool(match w.window(*id) {
            Ok(_) | Err(Fault::Saturated) => true,
            Err(_) => false,
        }),
        Expr::Not(x) => Val::Bool(!holds(x, w, policy)?),
        Expr::Neg(x) => match eval(x, w, policy)? {
            Val::Int(n) => Val::Int(n.checked_neg().ok_or(Fault::Overflow)?),
            Val::Dec(d) => Val::Dec(d.negated()),
            Val::Money(d, c) => Val::Money(d.negated(), c),
            Val::Duration(d) => Val::Duration(-d),
            other => unreachable!("no negative of {other:?}"),
        },
        Expr::And(parts) => Val::Bool(connect(parts, w, policy, false)?),
        Expr::Or(parts) => Val::Bool(connect(parts, w, policy, true)?),
        Expr::Cmp(op, sides) => {
            let (a, b) = (eval(&sides[0], w, policy)?, eval(&sides[1], w, policy)?);
            Val::Bool(compare(*op, a, b, w, policy)?)
        }
        Expr::Math(op, sides) => math(
            *op,
            eval(&sides[0], w, policy)?,
            eval(&sides[1], w, policy)?,
            w,
            policy,
        )?,
        Expr::Cond(x) => match holds(&x[0], w, policy)? {
            true => eval(&x[1], w, policy)?,
            false => eval(&x[2], w, policy)?,
        },
        Expr::In(sides) => {
            let (a, b) = (eval(&sides[0], w, policy)?, eval(&sides[1], w, policy)?);
            match (a, b) {
                (Val::Text(t), Val::List(l)) => Val::Bool(l.iter().any(|x| x == t)),
                other => unreachable!("`in` of {other:?}"),
            }
        }
        Expr::InList { list, kind, value } => {
            Val::Bool(w.in_list(*list, *kind, text(eval(value, w, policy)?))?)
        }
        Expr::ListClass { list, kind, value } => {
            Val::Text(w.list_class(*list, *kind, text(eval(value, w, policy)?))?)
        }
        Expr::Call(f, args) => call(*f, args, w, policy)?,
        Expr::Matches(regex, value) => Val::Bool(
            w.rules().regexes[usize::from(*regex)].is_match(text(eval(value, w, policy)?)),
        ),
    })
}

fn text(v: Val<'_>) -> &str {
    match v {
        Val::Text(t) => t,
        other => unreachable!("a text was checked for, not {other:?}"),
    }
}

pub(crate) fn literal(l: &Literal) -> Val<'_> {
    match l {
        Literal::Bool(b) => Val::Bool(*b),
        Literal::Int(n) => Val::Int(*n),
        Literal::Dec(d) => Val::Dec(*d),
        Literal::Money(d, c) => Val::Money(*d, *c),
        Literal::Text(t) => Val::Text(t),
        Literal::Duration(d) => Val::Duration(*d),
        Literal::TextList(l) => Val::List(l),
    }
}

/// `&&` and `||` as in CEL: the deciding value wins over a fault on either side.
fn connect<'e, W: World<'e>>(
    parts: &'e [Expr],
    w: &W,
    policy: CurrencyPolicy,
    deciding: bool,
) -> Result<bool, Fault> {
    let mut fault = None;
    for part in parts {
        match holds(part, w, policy) {
            Ok(b) if b == deciding => return Ok(deciding),
            Ok(_) => {}
            Err(f) => fault = fault.or(Some(f)),
        }
    }
    match fault {
        Some(f) => Err(f),
        None => Ok(!deciding),
    }
}

/// Two amounts in one currency, by the rule's policy.
fn same_currency<'e, W: World<'e>>(
    a: (Dec, Currency),
    b: (Dec, Currency),
    w: &W,
    policy: CurrencyPolicy,
) -> Result<(Dec, Dec, Currency), Fault> {
    if a.1 == b.1 {
        return Ok((a.0, b.0, a.1));
    }
    if policy != CurrencyPolicy::Convert {
        return Err(Fault::Currency);
    }
    let in_cny = |(d, c): (Dec, Currency)| -> Result<Dec, Fault> {
        if c == Currency::CNY {
            return Ok(d);
        }
        Ok(d.times(w.rate(c).ok_or(Fault::Rate)?)?)
    };
    Ok((in_cny(a)?, in_cny(b)?, Currency::CNY))
}

fn number(v: Val<'_>) -> Option<Dec> {
    match v {
        Val::Int(n) => Some(Dec::int(n)),
        Val::Dec(d) => Some(d),
        _ => None,
    }
}

fn compare<'e, W: World<'e>>(
    op: CmpOp,
    a: Val<'e>,
    b: Val<'e>,
    w: &W,
    policy: CurrencyPolicy,
) -> Result<bool, Fault> {
    let order = match (a, b) {
        (Val::Int(x), Val::Int(y))
        | (Val::Time(x), Val::Time(y))
        | (Val::Date(x), Val::Date(y))
        | (Val::Duration(x), Val::Duration(y)) => x.cmp(&y),
        (Val::Money(x, cx), Val::Money(y, cy)) => {
            let (x, y, _) = same_currency((x, cx), (y, cy), w, policy)?;
            x.compare(y)?
        }
        (Val::Text(x), Val::Text(y)) => x.cmp(y),
        (Val::Bool(x), Val::Bool(y)) => x.cmp(&y),
        (Val::List(x), Val::List(y)) => x.cmp(y),
        (x, y) => match (number(x), number(y)) {
            (Some(x), Some(y)) => x.compare(y)?,
            _ => unreachable!("comparison of {x:?} with {y:?}"),
        },
    };
    Ok(is(op, order))
}

/// Whether an order is the one asked for.
fn is(op: CmpOp, order: Ordering) -> bool {
    match op {
        CmpOp::Eq => order == Ordering::Equal,
        CmpOp::Ne => order != Ordering::Equal,
        CmpOp::Lt => order == Ordering::Less,
        CmpOp::Le => order != Ordering::Greater,
        CmpOp::Gt => order == Ordering::Greater,
        CmpOp::Ge => order != Ordering::Less,
    }
}

fn math<'e, W: World<'e>>(
    op: MathOp,
    a: Val<'e>,
    b: Val<'e>,
    w: &W,
    policy: CurrencyPolicy,
) -> Result<Val<'e>, Fault> {
    use MathOp as M;
    Ok(match (op, a, b) {
        (_, Val::Int(x), Val::Int(y)) => Val::Int(int_math(op, x, y)?),
        (M::Add, Val::Time(t), Val::Duration(d)) | (M::Add, Val::Duration(d), Val::Time(t)) => {
            Val::Time(t.checked_add(d).ok_or(Fault::Overflow)?)
        }
        (M::Sub, Val::Time(t), Val::Duration(d)) => {
            Val::Time(t.checked_sub(d).ok_or(Fault::Overflow)?)
        }
        (M::Sub, Val::Time(x), Val::Time(y)) => Val::Duration(x - y),
        (M::Add, Val::Duration(x), Val::Duration(y)) => {
            Val::Duration(x.checked_add(y).ok_or(Fault::Overflow)?)
        }
        (M::Sub, Val::Duration(x), Val::Duration(y)) => {
            Val::Duration(x.checked_sub(y).ok_or(Fault::Overflow)?)
        }
        (M::Mul, Val::Duration(x), Val::Int(y)) | (M::Mul, Val::Int(y), Val::Duration(x)) => {
            Val::Duration(x.checked_mul(y).ok_or(Fault::Overflow)?)
        }
        (M::Div, Val::Duration(x), Val::Int(y)) => Val::Duration(int_math(M::Div, x, y)?),
        (M::Add | M::Sub | M::Div | M::Rem, Val::Money(x, cx), Val::Money(y, cy)) => {
            let (x, y, c) = same_currency((x, cx), (y, cy), w, policy)?;
            match op {
                M::Add => Val::Money(x.plus(y)?, c),
                M::Sub => Val::Money(x.minus(y)?, c),
                M::Rem => Val::Money(x.modulo(y)?, c),
                _ => Val::Dec(x.over(y)?),
            }
        }
        (M::Mul, Val::Money(x, c), n) | (M::Mul, n, Val::Money(x, c)) => Val::Money(
            x.times(number(n).expect("money times a number was checked"))?,
            c,
        ),
        (M::Div, Val::Money(x, c), n) => Val::Money(
            x.over(number(n).expect("money over a number was checked"))?,
            c,
        ),
        (_, x, y) => match (number(x), number(y)) {
            (Some(x), Some(y)) => Val::Dec(match op {
                M::Add => x.plus(y)?,
                M::Sub => x.minus(y)?,
                M::Mul => x.times(y)?,
                M::Div => x.over(y)?,
                M::Rem => x.modulo(y)?,
            }),
            _ => unreachable!("{} of {x:?} and {y:?}", op.name()),
        },
    })
}

/// As in CEL: division truncates, the remainder has the sign of the dividend, overflow is a fault.
fn int_math(op: MathOp, x: i64, y: i64) -> Result<i64, Fault> {
    if y == 0 && matches!(op, MathOp::Div | MathOp::Rem) {
        return Err(Fault::DivisionByZero);
    }
    match op {
        MathOp::Add => x.checked_add(y),
        MathOp::Sub => x.checked_sub(y),
        MathOp::Mul => x.checked_mul(y),
        MathOp::Div => x.checked_div(y),
        MathOp::Rem => x.checked_rem(y),
    }
    .ok_or(Fault::Overflow)
}

fn call<'e, W: World<'e>>(
    f: Func,
    args: &'e [Expr],
    w: &W,
    policy: CurrencyPolicy,
) -> Result<Val<'e>, Fault> {
    let first = eval(&args[0], w, policy)?;
    let second = || eval(&args[1], w, policy);
    Ok(match f {
        Func::Size => match first {
            Val::Text(t) => Val::Int(t.chars().count() as i64),
            Val::List(l) => Val::Int(l.len() as i64),
            other => unreachable!("size of {other:?}"),
        },
        Func::StartsWith => Val::Bool(text(first).starts_with(text(second()?))),
        Func::EndsWith => Val::Bool(text(first).ends_with(text(second()?))),
        Func::Contains => match first {
            Val::List(l) => {
                let needle = text(second()?);
                Val::Bool(l.iter().any(|x| x == needle))
            }
            other => Val::Bool(text(other).contains(text(second()?))),
        },
        Func::Hour => Val::Int(shanghai_time_of_day_ms(moment(first)) / HOUR_MS),
        Func::Weekday => Val::Int(weekday(shanghai_day(moment(first)))),
        Func::Day => Val::Int(i64::from(civil_from_days(shanghai_day(moment(first))).2)),
        Func::Month => Val::Int(i64::from(civil_from_days(shanghai_day(moment(first))).1)),
        Func::DaysSince => {
            // The judged event's own day is the event's time as the world shows it.
            let now = w
                .field(Field::OccurredAt)
                .map(moment)
                .ok_or(Fault::Missing)?;
            let then = match first {
                Val::Date(d) => d,
                other => shanghai_day(moment(other)),
            };
            Val::Int(shanghai_day(now) - then)
        }
        Func::Abs => match first {
            Val::Int(n) => Val::Int(n.checked_abs().ok_or(Fault::Overflow)?),
            Val::Dec(d) => Val::Dec(if d.is_negative() { d.negated() } else { d }),
            Val::Money(d, c) => Val::Money(if d.is_negative() { d.negated() } else { d }, c),
            Val::Duration(d) => Val::Duration(d.checked_abs().ok_or(Fault::Overflow)?),
            other => unreachable!("abs of {other:?}"),
        },
        Func::IsRound => Val::Bool(is_round(first, second()?, w, policy)?),
        Func::Digit => {
            let Val::Int(place) = second()? else {
                unreachable!("a whole number was checked for");
            };
            Val::Int(amount(first).digit(place))
        }
        Func::LeadingDigit => Val::Int(amount(first).leading_digit()),
        Func::Min | Func::Max => {
            let op = if f == Func::Min { CmpOp::Le } else { CmpOp::Ge };
            let mut best = first;
            for arg in &args[1..] {
                let next = eval(arg, w, policy)?;
                if !compare(op, best, next, w, policy)? {
                    best = next;
                }
            }
            best
        }
    })
}

/// A whole multiple of the unit, and not nothing.
fn is_round<'e, W: World<'e>>(
    x: Val<'e>,
    unit: Val<'e>,
    w: &W,
    policy: CurrencyPolicy,
) -> Result<bool, Fault> {
    let zero = |v: Val<'e>| Ok::<bool, Fault>(amount(v).compare(Dec::int(0))?.is_eq());
    let rest = math(MathOp::Rem, x, unit, w, policy)?;
    Ok(zero(rest)? && !zero(x)?)
}

/// The number in a value, its currency aside.
fn amount(v: Val<'_>) -> Dec {
    match v {
        Val::Money(d, _) => d,
        other => number(other).expect("a number or money was checked for"),
    }
}

fn moment(v: Val<'_>) -> i64 {
    match v {
        Val::Time(t) => t,
        Val::Date(d) => day_start(d),
        Val::Duration(d) => d.rem_euclid(DAY_MS),
        other => unreachable!("a time was checked for, not {other:?}"),
    }
}
