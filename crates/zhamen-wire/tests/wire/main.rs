//! The contract from outside this crate: bytes in, codes and events out, and back to bytes.

mod bad_inputs;
mod journal;
mod json;
mod mutations;
mod rules;
mod samples;
mod schema;
