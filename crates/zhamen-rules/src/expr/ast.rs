//! The tree of an expression as written. Spans are bytes of the decoded line.

use std::ops::Range;

use zhamen_engine::money::Dec;
use zhamen_engine::rule::{CmpOp, MathOp};

/// A place in the decoded line.
pub(crate) type Span = Range<usize>;

#[derive(Debug, Clone)]
pub(crate) struct Expr {
    pub kind: ExprKind,
    pub span: Span,
    /// Levels of nesting below and including this one; the parser bounds it.
    pub depth: usize,
}

#[derive(Debug, Clone)]
pub(crate) enum ExprKind {
    Bool(bool),
    Int(i64),
    Dec(Dec),
    Text(String),
    List(Vec<Expr>),
    /// A dotted name.
    Path(Vec<Name>),
    /// A function, or a method of `target`.
    Call {
        target: Option<Box<Expr>>,
        name: Name,
        args: Vec<Expr>,
    },
    Not(Box<Expr>),
    Neg(Box<Expr>),
    /// `&&` of two or more.
    And(Vec<Expr>),
    /// `||` of two or more.
    Or(Vec<Expr>),
    Cmp(CmpOp, Box<[Expr; 2]>),
    Math(MathOp, Box<[Expr; 2]>),
    In(Box<[Expr; 2]>),
    Cond(Box<[Expr; 3]>),
}

/// One part of a dotted name.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub text: String,
    pub span: Span,
}

/// The dotted name as one text.
pub(crate) fn dotted(path: &[Name]) -> String {
    path.iter()
        .map(|n| n.text.as_str())
        .collect::<Vec<_>>()
        .join(".")
}
