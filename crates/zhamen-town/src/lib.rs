//! A simulated town of banks, residents, firms, operators and police that sends the contract's events: the one workload
//! of the demo, the load generator, the benches and the tests. Equal options give equal bytes, on every machine.
//!
//! ```
//! use zhamen_town::{Town, TownOptions};
//! let town = Town::new(TownOptions { seed: 7, ..TownOptions::default() });
//! for event in town.list_seed().into_iter().chain(town.take(100)) {
//!     assert!(event.value.starts_with(r#"{"type":""#));
//! }
//! ```
//!
//! Reading order: `town` (the stream), `flows` (ordinary business), `cases` (what is planted), `inquiries` (answers to
//! decisions), `records` (the JSON), `world`, `people`, `firms`, `places` (who and where), then the small tools.
//!
//! The town is not a model of crime: the cases are what the rules' texts describe, and prove nothing about detection.
//! It knows no clock, no broker and no decision but those it is told of. All people are made up.

mod agenda;
mod cases;
mod event;
mod firms;
mod flows;
mod inquiries;
mod json;
mod money;
mod people;
pub mod places;
mod records;
mod rng;
mod time;
mod town;
mod world;

pub use cases::CaseKind;
pub use event::{TownEvent, TownOptions};
pub use town::Town;
