//! Types of expressions, and what is known of a value besides its type.

use zhamen_engine::event::{EntryKind, Field, FieldType};
use zhamen_engine::money::Currency;
use zhamen_engine::rule;

use crate::contract;
use crate::expr::ast::Span;

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Bool,
    Int,
    Dec,
    /// The currency where it is known before an event is there.
    Money(Option<Currency>),
    Text,
    Time,
    Date,
    Duration,
    TextList,
    /// Already reported; fits everything.
    Unknown,
}

impl Type {
    pub fn of(field: Field) -> Type {
        match field.ty() {
            FieldType::Bool => Type::Bool,
            FieldType::Int => Type::Int,
            FieldType::Money => Type::Money(None),
            FieldType::Text => Type::Text,
            FieldType::Time => Type::Time,
            FieldType::Date => Type::Date,
            FieldType::TextList => Type::TextList,
        }
    }

    pub fn name(self) -> String {
        match self {
            Type::Bool => "bool".to_owned(),
            Type::Int => "int".to_owned(),
            Type::Dec => "decimal".to_owned(),
            Type::Money(None) => "money".to_owned(),
            Type::Money(Some(currency)) => format!("money in {}", currency.code()),
            Type::Text => "text".to_owned(),
            Type::Time => "time".to_owned(),
            Type::Date => "date".to_owned(),
            Type::Duration => "duration".to_owned(),
            Type::TextList => "list of text".to_owned(),
            Type::Unknown => "unknown".to_owned(),
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Dec)
    }

    pub fn is_money(self) -> bool {
        matches!(self, Type::Money(_))
    }
}

/// A checked expression.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub expr: rule::Expr,
    pub ty: Type,
    pub span: Span,
    /// The only texts it can be.
    pub domain: Option<&'static [&'static str]>,
    /// What the value is, where lists know it.
    pub entry_kind: Option<EntryKind>,
    /// A quotient of two whole numbers, which truncates.
    pub truncated: bool,
}

impl Typed {
    pub fn new(expr: rule::Expr, ty: Type, span: Span) -> Typed {
        Typed {
            expr,
            ty,
            span,
            domain: None,
            entry_kind: None,
            truncated: false,
        }
    }

    /// Stands for an expression that was reported.
    pub fn unknown(span: Span) -> Typed {
        Typed::new(
            rule::Expr::Literal(rule::Literal::Bool(false)),
            Type::Unknown,
            span,
        )
    }

    /// The value of `field`, read by `expr`.
    pub fn field(expr: rule::Expr, field: Field, span: Span) -> Typed {
        Typed {
            domain: contract::values(field),
            entry_kind: field.entry_kind(),
            ..Typed::new(expr, Type::of(field), span)
        }
    }
}
