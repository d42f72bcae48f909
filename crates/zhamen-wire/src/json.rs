//! What the engine says, as the contract's JSON: written straight into bytes, fields in the order
//! of CONTRACT.md, texts escaped where they must be, times in UTC with milliseconds, money as
//! text. Also the Kafka headers that go with a decision or a dead letter.

mod alert;
mod decision;
mod headers;
mod lifecycle;
mod writer;

pub use alert::alert;
pub use decision::decision;
pub use headers::{dead_letter_headers, decision_headers};
pub use lifecycle::{alert_step, feedback, hold, warning};

/// Version of the engine that decisions name.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");
