//! The loops on the broker in memory. Reading order: `rig` is a process that can be turned by hand
//! and killed anywhere, and what must hold afterwards; then what is asked of it.

mod chaos;
mod defects;
mod ingest;
mod recovery;
mod rig;
mod snapshots;
mod threads;
