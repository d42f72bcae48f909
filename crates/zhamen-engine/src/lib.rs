//! The heart of zhamen: a pure, synchronous, deterministic fold of the journal into decisions.
//!
//! Reading order: [`event`] and [`entry`] are what comes in, [`rule`] is what is asked, [`output`]
//! is what goes out. No clock, no randomness, no I/O, no floats, no hash-order iteration: same
//! journal, same rule sets, same engine version, the same bytes out.

#![deny(clippy::float_arithmetic)]

pub mod entry;
pub mod event;
pub mod facts;
mod hash;
pub mod ledger;
pub mod money;
pub mod output;
pub mod rule;
pub mod symbols;
pub mod time;

pub use hash::murmur2;
