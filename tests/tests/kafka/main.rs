//! The service as it ships against a real Kafka, which each test starts for itself and stops: the
//! built binary is run as an operator would, and looked at from outside. `xtask::kafka` fetches what
//! is missing. The long version of the disturbances is `cargo xtask torture`.
//!
//! Reading order: [`rig`] runs the service, [`client`] writes and reads topics, then a file a
//! subject.

mod bad_inputs;
mod client;
mod disturbed;
mod end_to_end;
mod journal_clock;
mod rig;
mod rule_change;
mod stop_payment;
