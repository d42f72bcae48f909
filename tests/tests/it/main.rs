//! One binary for all tests that need no broker: one file a subject.

#![expect(
    clippy::print_stdout,
    reason = "the judges print what they judged: shown with --nocapture"
)]

mod bad_inputs;
mod busy_key;
mod conformance;
mod coverage;
mod differential;
mod duties;
mod fuzz;
mod holds;
mod leaks;
mod life_cycles;
mod oracle;
mod peers;
mod replay;
mod scenarios;
mod take_over;
