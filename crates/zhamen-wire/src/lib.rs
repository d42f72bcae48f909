//! The public contract: JSON in and out, validation with codes and bytes, the journal's bytes.
//!
//! Reading order: [`Checker`] is what ingest calls; `contract` is the table of fields that it, the
//! decoder and the schemas share; `scan` reads JSON. Nothing here decides anything, talks to a
//! broker or reads a clock.

mod amount;
mod check;
mod contract;
mod country;
mod decode;
mod fingerprint;
mod headers;
mod identity;
pub mod journal;
pub mod json;
mod key;
mod lex;
mod murmur;
mod rights;
mod scan;
pub mod schema;
mod seal;
mod text;
mod time;

pub use amount::MAX_MINOR;
pub use check::{Checker, CheckerOptions, MAX_BYTES, RawRecord, refused};
pub use decode::{MAX_COUNT, MAX_ENTRY_VALUES, MAX_WORDS};
pub use headers::{MAX_HEADER_BYTES, MAX_HEADERS};
pub use identity::PseudonymHash;
pub use key::key_of;
pub use murmur::key_hash;
pub use scan::{MAX_DEPTH, MAX_FIELDS};
pub use seal::{SealError, Sealer, is_sealed};
