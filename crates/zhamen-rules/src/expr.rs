//! Expressions: a checked subset of CEL. Text → tokens (`lexer`) → tree (`parser`) → typed form of
//! the engine (`check`); `fold` computes what is constant, `canonical` gives equal expressions
//! equal text.

pub(crate) mod ast;
pub(crate) mod call;
pub(crate) mod canonical;
pub(crate) mod check;
pub(crate) mod fold;
pub(crate) mod lexer;
pub(crate) mod membership;
pub(crate) mod names;
pub(crate) mod operator;
pub(crate) mod parser;
pub(crate) mod scope;
pub(crate) mod types;
