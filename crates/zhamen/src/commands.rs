//! One file per command: its flags, its help, its work.

pub mod completions;
pub mod demo;
pub mod replay;
pub mod report;
pub mod rules;
pub mod run;
pub mod topics;
pub mod town;
pub mod verify;
pub mod version;
