//! Measurements on one canonical workload: what each stage costs, what the state weighs, and how
//! the whole service behaves under load and under violence on a real Kafka.
//!
//! Reading order: [`workload`] is the simulated town as raw records, checked records and journal
//! blocks; [`stages`] are the bodies that criterion times, called small from a plain test, [`rules`] are rule sets of a given size; then the
//! programs `memory`, `load` and `torture` under `bin/`, which `cargo xtask` runs. [`rig`] is the
//! service on a broker, [`load`] how it is driven, [`torture`] what is done to it.
//!
//! A timing never fails a test, and no figure is quoted here: `README.md` has them with their
//! conditions.

pub mod client;
pub mod load;
pub mod machine;
pub mod pack;
pub mod rig;
pub mod rules;
pub mod stages;
pub mod torture;
pub mod workload;
