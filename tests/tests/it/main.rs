//! One binary for all tests that need no broker: one file a subject.

mod bad_inputs;
mod busy_key;
mod leaks;
mod oracle;
mod replay;
mod scenarios;
