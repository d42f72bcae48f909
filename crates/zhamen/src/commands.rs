//! One file per command: its flags, its help, its work.

pub mod completions;
pub mod replay;
pub mod rules;
pub mod town;
pub mod version;
