//! The journal's bytes: the entries appended together, as one record of the journal topic.
//!
//! `ZJ`, version, flags, CRC-32C of the rest, then a dictionary of topics and the entries. Types,
//! fields and codes are numbers that never change their meaning (`numbers`); every entry ends with
//! a section for sealed personal data, empty in this version. Whatever cannot be read whole is
//! refused with a typed error: a journal is never half understood.

mod bytes;
mod numbers;
mod record;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use zhamen_engine::entry::{Policy, Record};

use bytes::{Reader, put_bytes, put_number};

const MAGIC: [u8; 2] = *b"ZJ";
/// The version this program writes, and the only one it reads.
pub const VERSION: u8 = 1;
const HEAD: usize = 8;

const RECORD: u8 = 0;
const ACTIVATE: u8 = 1;
const TICK: u8 = 2;

/// One entry of the journal as it is stored; rules stand in it as text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "as the engine's entries")]
pub enum JournalEntry {
    Record(Record),
    Activate(ActivationText),
    Tick,
}

/// A rule set as its authors wrote it, and the settings that came into force with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivationText {
    /// Name and text of every rule file, in order.
    pub files: Vec<(String, String)>,
    /// Settings that can change a decision.
    pub policy: Policy,
    /// Digest of the files.
    pub digest: String,
}

/// Why bytes are not a journal record that this program can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JournalError {
    /// They do not begin as one.
    #[error("not a journal record")]
    Foreign,
    /// Written by another version of the format.
    #[error("journal format {0}, this program reads {VERSION}")]
    Version(u8),
    /// Flags that this version does not know.
    #[error("unknown flags {0:#04x} in a journal record")]
    Flags(u8),
    /// The checksum does not match.
    #[error("a journal record is damaged")]
    Checksum,
    /// It ends too early.
    #[error("a journal record is cut off")]
    Truncated,
    /// It goes on after its last entry.
    #[error("{0} bytes after the last entry of a journal record")]
    Trailing(usize),
    /// A number or a text that means nothing here: a newer program's, most likely.
    #[error("a journal record has a {0} that this program does not know")]
    Unknown(&'static str),
}

/// The bytes of entries that are appended together.
#[must_use]
pub fn encode(entries: &[JournalEntry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEAD + 512 * entries.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[VERSION, 0, 0, 0, 0, 0]);
    let topics = record::topics(entries);
    put_number(topics.len() as u64, &mut out);
    for topic in &topics {
        put_bytes(topic.as_bytes(), &mut out);
    }
    put_number(entries.len() as u64, &mut out);
    for entry in entries {
        match entry {
            JournalEntry::Record(r) => {
                out.push(RECORD);
                record::put(r, &topics, &mut out);
            }
            JournalEntry::Activate(a) => {
                out.push(ACTIVATE);
                let text = serde_json::to_vec(a).expect("settings and texts have a JSON form");
                put_bytes(&text, &mut out);
            }
            JournalEntry::Tick => out.push(TICK),
        }
        // Room for what a named policy may show to the police: sealed, beside its entry.
        put_bytes(&[], &mut out);
    }
    let sum = crc32c::crc32c(&out[HEAD..]);
    out[4..HEAD].copy_from_slice(&sum.to_le_bytes());
    out
}

/// The entries that [`encode`] wrote.
pub fn decode(bytes: &[u8]) -> Result<Vec<JournalEntry>, JournalError> {
    let body = checked_body(bytes)?;
    let mut reader = Reader::new(body);
    let topics = reader.list(|r| r.text())?;
    let entries = reader.list(|r| {
        let entry = match r.byte()? {
            RECORD => JournalEntry::Record(record::get(r, &topics)?),
            ACTIVATE => {
                let text = serde_json::from_slice(r.bytes()?);
                JournalEntry::Activate(text.map_err(|_| JournalError::Unknown("setting"))?)
            }
            TICK => JournalEntry::Tick,
            _ => return Err(JournalError::Unknown("kind of entry")),
        };
        r.bytes()?;
        Ok(entry)
    })?;
    match reader.rest() {
        0 => Ok(entries),
        n => Err(JournalError::Trailing(n)),
    }
}

fn checked_body(bytes: &[u8]) -> Result<&[u8], JournalError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(JournalError::Foreign)?;
    let (version, rest) = rest.split_first().ok_or(JournalError::Truncated)?;
    if *version != VERSION {
        return Err(JournalError::Version(*version));
    }
    let (flags, rest) = rest.split_first().ok_or(JournalError::Truncated)?;
    if *flags != 0 {
        return Err(JournalError::Flags(*flags));
    }
    let (sum, body) = rest.split_at_checked(4).ok_or(JournalError::Truncated)?;
    if crc32c::crc32c(body).to_le_bytes() != sum {
        return Err(JournalError::Checksum);
    }
    Ok(body)
}
