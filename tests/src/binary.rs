//! The built binary, as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Path of `zhamen`: what `ZHAMEN_BIN` names, else built from what stands in the tree now.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn zhamen() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        if let Some(path) = std::env::var_os("ZHAMEN_BIN") {
            return path.into();
        }
        let exe = std::env::current_exe().expect("the test knows where it is");
        // target/debug/deps/test
        let debug = exe.ancestors().nth(2).expect("three folders deep");
        let target = debug.parent().expect("four folders deep");
        // `cargo test` says which cargo it is.
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--quiet", "--package", "zhamen", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "zhamen does not build");
        debug.join("zhamen")
    })
}

/// Runs it to its end.
///
/// # Panics
/// If it cannot be started.
#[must_use]
pub fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Output {
    Command::new(zhamen())
        .args(args)
        .output()
        .expect("zhamen starts")
}

/// A folder of its own for a test under the target folder: empty at first, left behind for a look.
///
/// # Panics
/// If it cannot be made.
#[must_use]
pub fn folder(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("the test knows where it is");
    let debug = exe.ancestors().nth(2).expect("three folders deep");
    let path = debug.join("zhamen-tests").join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }
    std::fs::create_dir_all(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    path
}
