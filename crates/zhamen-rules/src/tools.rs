//! Tools for the people who write rules, over the same files and the same compiler: each file here
//! is one command of `zhamen rules` as a pure function from texts to texts.

pub mod coverage;
pub mod diff;
pub mod explain;
pub mod fmt;
pub mod graph;
pub mod reference;
pub mod schema;
pub mod templates;
pub mod weigh;
pub mod words;

mod labels;

pub use crate::lang::Lang;
