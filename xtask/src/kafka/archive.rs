//! A shared class archive (AppCDS): the JVM maps the broker's classes instead of loading them,
//! which halves the time a broker needs to start. An optimisation only: without it all works.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::{Broker, BrokerOptions, Java, VERSION, home};

/// The archive for these jars and this version of Java, written now if need be. `None`: go without.
/// For one caller at a time.
pub(super) fn ensure(lib: &Path, java: &str) -> Option<PathBuf> {
    let archive = home().join(format!("classes-{VERSION}-java-{java}.jsa"));
    if !archive.exists() {
        write(lib, &archive).ok()?;
    }
    Some(archive)
}

/// Runs a broker once, from start to orderly end, and lets the JVM note the classes it used.
fn write(lib: &Path, archive: &Path) -> Result<()> {
    let part = archive.with_extension("part");
    let java = Java {
        lib: lib.to_path_buf(),
        archive: None,
        archive_to_write: Some(part.clone()),
    };
    Broker::launch(BrokerOptions::default(), java)?.stop()?;
    ensure!(part.exists(), "the JVM wrote no archive");
    fs::rename(part, archive)?;
    Ok(())
}
