//! The log traits of `zhamen-pipeline` over rdkafka: the only crate that builds C.
//!
//! Reading order: [`run`](mod@run) is what the binary calls; [`settings`] says how every client is set up
//! and why; [`input`], [`journal`], [`appender`] and [`outputs`] are the traits; [`admin`] creates and
//! checks topics; [`embedded`] is the broker inside the process for demo and client-path tests.
//! [`tail`] is a plain reader for whoever looks at the outputs. What a client's callbacks say is in
//! [`context`].

pub mod admin;
pub mod appender;
pub mod context;
pub mod embedded;
mod headers;
pub mod input;
pub mod journal;
mod membership;
pub mod outputs;
pub mod run;
pub mod settings;
pub mod tail;

pub use run::{RunOptions, run};
pub use settings::{KafkaOptions, Roles};
