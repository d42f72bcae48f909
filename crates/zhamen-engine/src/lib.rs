//! The heart of zhamen: a pure, synchronous, deterministic fold of the journal into decisions.
//!
//! Reading order: [`event`] and [`entry`] are what comes in, [`rule`] is what is asked, [`output`]
//! is what goes out; [`engine`] is the fold, `decide` one decision, `judge` the rules, `series`,
//! `streams` and `window` what is counted, [`life`] what lasts longer than an event. No clock, no randomness, no I/O, no floats, no hash-order iteration: same
//! journal, same rule sets, same engine version, the same bytes out.

#![deny(clippy::float_arithmetic)]

mod ahead;
mod alert;
mod chain;
mod decide;
pub mod engine;
pub mod entry;
pub mod event;
mod expr;
pub mod facts;
mod hash;
mod judge;
pub mod ledger;
pub mod life;
pub mod lists;
mod log;
mod marks;
pub mod money;
mod notice;
pub mod output;
mod plan;
mod reversal;
pub mod rule;
mod score;
mod series;
mod snapshot;
mod spread;
mod streams;
pub mod symbols;
mod table;
pub mod time;
mod trace;
mod window;

pub use engine::Engine;
pub use hash::murmur2;
pub use judge::{
    Answer, CONTRIBUTORS_MAX, Comparison, Contributor, Group, LineTrace, Named, Number, RuleTrace,
    Side, WindowTrace,
};
pub use snapshot::RestoreError;
