//! One binary for all tests that need no broker: one file a subject.

mod bad_inputs;
mod busy_key;
mod duties;
mod holds;
mod leaks;
mod life_cycles;
mod oracle;
mod replay;
mod scenarios;
