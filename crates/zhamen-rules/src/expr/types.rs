//! Types of expressions, and what is known of a value besides its type.

use zhamen_engine::event::{EntryKind, Field, FieldType};
use zhamen_engine::money::Currency;
use zhamen_engine::rule::{self, Bilingual};

use crate::contract;
use crate::expr::ast::Span;
use crate::problem::both;

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

    /// For people.
    pub fn name(self) -> Bilingual {
        match self {
            Type::Bool => both!("bool", "是否"),
            Type::Int => both!("int", "整数"),
            Type::Dec => both!("decimal", "小数"),
            Type::Money(None) => both!("money", "金额"),
            Type::Money(Some(currency)) => {
                let code = currency.code();
                both!("money in {code}", "{code} 金额")
            }
            Type::Text => both!("text", "文本"),
            Type::Time => both!("time", "时间"),
            Type::Date => both!("date", "日期"),
            Type::Duration => both!("duration", "时长"),
            Type::TextList => both!("list of text", "文本列表"),
            Type::Unknown => both!("unknown", "未知类型"),
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
