//! One binary for all tests that need no broker: one file a subject.

mod oracle;
mod scenarios;
