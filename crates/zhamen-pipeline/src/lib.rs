//! The loops between the broker and the engine, and what makes a crash harmless.
//!
//! Reading order: [`log`] is what a broker must offer; [`ingest`] fills the journal; [`screen`] is
//! the loop that folds it through [`fold`] and [`judge`]; [`committer`] publishes what must appear
//! once; [`shard`] opens one; [`takeover`], [`snapshot`] and [`follower`] are recovery; [`run`](mod@run) starts and stops the
//! threads. [`memory`] is a broker to break in tests; [`filter`] is all that a reader of decisions
//! needs. No Kafka client, no async, no locks on the way of an event.

pub mod activation;
pub mod clock;
pub mod committer;
pub mod fatal;
pub mod faults;
pub mod filter;
pub mod fold;
pub mod follower;
mod gauges;
pub mod health;
pub mod ingest;
pub mod judge;
pub mod log;
pub mod memory;
pub mod metrics;
pub mod progress;
pub mod publish;
pub mod run;
pub mod screen;
pub mod shard;
pub mod snapshot;
pub mod takeover;
mod threads;
pub mod topics;

pub use fatal::Fatal;
pub use health::Health;
pub use metrics::Metrics;
pub use run::{Control, Options, SnapshotOptions, run};
pub use topics::Topics;
pub use zhamen_engine::event::InputTopic;
pub use zhamen_rules::{SourceFile, digest};
pub use zhamen_wire::journal::ActivationText;
pub use zhamen_wire::{Checker, CheckerOptions};
