//! Rule files as compliance staff write them → a checked, compiled rule set for the engine, with
//! diagnostics that name file, line and column; and the tests that stand beside the rules.
//!
//! Reading order: [`load`] reads [`SourceFile`]s, [`compile`] goes through `rule` (one file for each
//! block or key of a rule file) and `expr` (lines), `build` shares equal windows, `lint` warns,
//! [`render_text`] draws; [`tools`] are the commands for rule writers.
//!
//! Nothing here evaluates a rule: that is the engine's, and rule tests run through it.

mod build;
mod compile;
mod contract;
mod cost;
mod diagnostic;
mod digest;
mod expr;
mod info;
mod lang;
mod line;
mod lint;
mod node;
mod problem;
mod render;
mod rule;
mod runner;
mod source;
mod suggest;
mod time_text;
mod timestamp;
pub mod tools;

pub use compile::{Compiled, MAX_RULES, compile};
pub use cost::{Costs, KEPT, Op, RuleCost};
pub use diagnostic::{Diagnostic, Label, MAX_DIAGNOSTICS, Severity};
pub use digest::digest;
pub use info::{Info, WindowInfo};
pub use lang::Lang;
pub use render::{counted, render_json, render_text, render_text_in};
pub use rule::rows::{Row, RuleTest};
pub use runner::{Failure, RATES, TestResult, run_tests};
pub use source::{LoadError, LoadProblem, MAX_FILE_BYTES, MAX_FILES, SourceFile, load, position};
