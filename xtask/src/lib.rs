//! Developer tasks, as a library: the binary is a table of contents over it, and the tests on a
//! real broker use [`kafka`]. Depends on no crate of the product.
//!
//! Reading order: [`ci`] (what "it passes" means), [`kafka`] (a real broker for tests),
//! [`torture`], [`load`] and [`mod@bench`] (programs of the benches, built and run), then the checks
//! that `ci` runs itself.

pub mod bench;
pub mod ci;
pub mod kafka;
pub mod load;
mod rig;
pub mod torture;

pub mod arrows;
pub mod licences;
pub mod metadata;
pub mod process;
pub mod signal;

use std::path::{Path, PathBuf};

/// The root of the workspace, wherever the task was started from.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the workspace root")
        .to_path_buf()
}
