//! The snapshot file: a cache of the fold at one journal offset. Plain and versioned: magic, version,
//! header as JSON, engine state, checksum. Written under a temporary name, synced, read back,
//! renamed, and the directory synced.
//!
//! Recovery never depends on one: what is damaged, foreign or newer is refused with a reason, the
//! next older one is used, and with none left the journal is folded from its start.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zhamen_wire::journal::ActivationText;

use crate::fold::Fold;
use crate::log::JournalId;
use crate::progress::Progress;

const MAGIC: &[u8; 8] = b"ZHMNSNAP";
/// The version of the file's layout that this build writes.
pub const VERSION: u32 = 1;
/// Magic, version, header length, state length.
const PREFIX: usize = 8 + 4 + 4 + 8;
const SUFFIX: &str = ".snapshot";

/// Where snapshots are kept and how many.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    journal: JournalId,
    keep: usize,
}

/// Everything a snapshot says besides the engine's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    progress: Progress,
    activation: Option<ActivationText>,
}

/// Why a snapshot is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The file could not be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// It is not a snapshot.
    #[error("is not a snapshot")]
    NotOurs,
    /// A newer build wrote it.
    #[error("has layout version {0}, this build knows {VERSION}")]
    Newer(u32),
    /// Its checksum or a length is wrong.
    #[error("is damaged: {0}")]
    Damaged(&'static str),
    /// It is of another cluster, topic or partition.
    #[error("belongs to journal {0}")]
    Foreign(String),
    /// The engine or the rule compiler refuses its content.
    #[error("cannot be restored: {0}")]
    Content(String),
    /// What was restored is not at the offset or hash that the header says.
    #[error("restores to another state than it says")]
    Mismatch,
}

impl Store {
    /// A store in `dir`, made if it is missing, keeping the newest `keep` (at least 2).
    pub fn open(dir: &Path, journal: JournalId, keep: usize) -> io::Result<Store> {
        fs::create_dir_all(dir)?;
        let store = Store {
            dir: dir.to_owned(),
            journal,
            keep: keep.max(2),
        };
        for leftover in store.files("")?.into_iter().filter(|p| is_temporary(p)) {
            fs::remove_file(leftover)?;
        }
        Ok(store)
    }

    /// Writes a snapshot of `fold` and drops the oldest beyond those kept. Returns its size.
    pub fn write(&self, fold: &Fold) -> io::Result<u64> {
        let progress = fold.progress(&self.journal);
        let bytes = encode(
            &Header {
                activation: fold.active().map(|a| (**a).clone()),
                progress,
            },
            &fold.engine().snapshot(),
        );
        let name = self.name(fold.engine().next_offset());
        let temporary = self.dir.join(format!("{name}.tmp"));
        let place = self.dir.join(name);
        let mut file = File::create(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        // What the disk gives back is what a recovery will see; look before it counts.
        let mut back = Vec::with_capacity(bytes.len());
        File::open(&temporary)?.read_to_end(&mut back)?;
        if back != bytes {
            return Err(io::Error::other("snapshot reads back differently"));
        }
        fs::rename(&temporary, &place)?;
        File::open(&self.dir)?.sync_all()?;
        let mut all = self.files(SUFFIX)?;
        let surplus = all.len().saturating_sub(self.keep);
        for old in all.drain(..surplus) {
            fs::remove_file(old)?;
        }
        Ok(bytes.len() as u64)
    }

    /// The newest usable snapshot at or before journal offset `limit`, restored; each one passed
    /// over is told to `refused`.
    pub fn newest(
        &self,
        limit: i64,
        refused: &mut dyn FnMut(&Path, &Refused),
    ) -> io::Result<Option<Fold>> {
        for path in self.files(SUFFIX)?.iter().rev() {
            if offset_of(path).is_some_and(|offset| offset > limit) {
                continue;
            }
            match self.read(path) {
                // The name is not trusted: only the content says where it stands.
                Ok(fold) if fold.engine().next_offset() > limit => {}
                Ok(fold) => return Ok(Some(fold)),
                Err(why) => refused(path, &why),
            }
        }
        Ok(None)
    }

    /// Removes snapshots past `limit`: the outputs they assume were never committed, or the journal
    /// they belong to is gone.
    pub fn discard_after(&self, limit: i64) -> io::Result<()> {
        for path in self.files(SUFFIX)? {
            if offset_of(&path).is_some_and(|offset| offset > limit) {
                tracing::warn!(limit, file = %path.display(), "snapshot is ahead of the progress record, removed");
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The offset of the newest snapshot file, by its name.
    pub fn newest_offset(&self) -> io::Result<Option<i64>> {
        Ok(self.files(SUFFIX)?.last().and_then(|p| offset_of(p)))
    }

    /// Restores one snapshot.
    pub fn read(&self, path: &Path) -> Result<Fold, Refused> {
        let bytes = fs::read(path).map_err(|e| Refused::Unreadable(e.kind().to_string()))?;
        let (header, state) = decode(&bytes)?;
        let theirs = &header.progress.journal;
        if *theirs != self.journal {
            return Err(Refused::Foreign(format!(
                "{} of cluster {}, partition {}",
                theirs.topic, theirs.cluster, theirs.partition
            )));
        }
        let fold = Fold::restore(self.journal.partition, state, header.activation)
            .map_err(Refused::Content)?;
        let stands = fold.progress(&self.journal);
        if stands.next_offset != header.progress.next_offset
            || stands.state_hash != header.progress.state_hash
            || stands.sequences != header.progress.sequences
        {
            return Err(Refused::Mismatch);
        }
        Ok(fold)
    }

    fn name(&self, offset: i64) -> String {
        format!("shard-{}-{offset:020}{SUFFIX}", self.journal.partition)
    }

    /// This shard's files whose name ends so, oldest first.
    fn files(&self, suffix: &str) -> io::Result<Vec<PathBuf>> {
        let prefix = format!("shard-{}-", self.journal.partition);
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            if name.starts_with(&prefix) && name.ends_with(suffix) {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

fn is_temporary(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "tmp")
}

fn offset_of(path: &Path) -> Option<i64> {
    path.file_name()?
        .to_str()?
        .strip_suffix(SUFFIX)?
        .rsplit('-')
        .next()?
        .parse()
        .ok()
}

fn encode(header: &Header, state: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).expect("a struct of numbers and texts becomes JSON");
    let mut bytes = Vec::with_capacity(PREFIX + header.len() + state.len() + 4);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(state.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(state);
    let sum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Result<(Header, &[u8]), Refused> {
    if bytes.len() < MAGIC.len() || bytes[..8] != *MAGIC {
        return Err(Refused::NotOurs);
    }
    if bytes.len() < PREFIX + 4 {
        return Err(Refused::Damaged("cut short"));
    }
    let number = |at: usize, width: usize| {
        bytes[at..at + width]
            .iter()
            .rev()
            .fold(0u64, |n, b| n << 8 | u64::from(*b))
    };
    // A newer layout may keep its checksum elsewhere, so the version speaks first.
    let version = number(8, 4) as u32;
    if version > VERSION {
        return Err(Refused::Newer(version));
    }
    let (header_len, state_len) = (number(12, 4), number(16, 8));
    let expected = (PREFIX as u64 + 4)
        .checked_add(header_len)
        .and_then(|n| n.checked_add(state_len));
    if expected != Some(bytes.len() as u64) {
        return Err(Refused::Damaged("length"));
    }
    let (body, sum) = bytes.split_at(bytes.len() - 4);
    if crc32c::crc32c(body).to_le_bytes() != *sum {
        return Err(Refused::Damaged("checksum"));
    }
    let (header, state) = body[PREFIX..].split_at(header_len as usize);
    let header = serde_json::from_slice(header).map_err(|_| Refused::Damaged("header"))?;
    Ok((header, state))
}
