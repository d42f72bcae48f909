//! Files and directories that are there whole or not at all, readable by their owner only.
//!
//! What a report holds is personal data; a reader never sees half of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};

/// Writes a file over whatever stood there, atomically.
///
/// # Errors
/// Writing or renaming failed.
pub fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let partial = partial(path)?;
    let written = write(&partial, content).and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written.with_context(|| path.display().to_string())
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// It exists, or writing failed; then nothing is left of it.
pub fn create(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let written = write(path, content);
    if let Err(e) = &written
        && e.kind() != io::ErrorKind::AlreadyExists
    {
        let _ = fs::remove_file(path);
    }
    written.with_context(|| path.display().to_string())
}

/// A directory being made; it goes again unless it is finished.
pub struct NewDir {
    path: PathBuf,
    partial: PathBuf,
    finished: bool,
}

impl NewDir {
    /// Begins a directory that must not exist yet.
    ///
    /// # Errors
    /// It exists, or cannot be made.
    pub fn begin(path: &Path) -> anyhow::Result<NewDir> {
        if path.symlink_metadata().is_ok() {
            return Err(anyhow!("{}: already there", path.display()));
        }
        let partial = partial(path)?;
        make_dir(&partial).with_context(|| partial.display().to_string())?;
        Ok(NewDir {
            path: path.to_owned(),
            partial,
            finished: false,
        })
    }

    /// Writes a file at a path of names below the directory.
    ///
    /// # Errors
    /// Writing failed.
    pub fn write(&self, below: &str, content: &[u8]) -> anyhow::Result<()> {
        let path = self.partial.join(below);
        let place = || self.path.join(below).display().to_string();
        match path.parent() {
            Some(parent) if !parent.is_dir() => make_dir(parent).with_context(place)?,
            _ => {}
        }
        write(&path, content).with_context(place)
    }

    /// Gives the directory its name.
    ///
    /// # Errors
    /// Renaming failed.
    pub fn finish(mut self) -> anyhow::Result<()> {
        fs::rename(&self.partial, &self.path).with_context(|| self.path.display().to_string())?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for NewDir {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_dir_all(&self.partial);
        }
    }
}

/// A hidden name beside `path`, of this process.
fn partial(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| anyhow!("{}: no name of a file", path.display()))?;
    let hidden = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
    Ok(path.with_file_name(hidden))
}

/// Writes a new file that its owner may read; it reaches the disk before this returns.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
