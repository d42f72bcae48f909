//! Counted events. Series that count the same types of event by the same key share a *stream*: an
//! event is one row there, whichever of them count it, and a key is looked up once for all of them.
//!
//! Reading order: [`layout`] says what shares a stream and what a row holds, [`rows`] one key's
//! rows, [`slots`] all keys, [`view`] what one series sees of a key, `carry` what happens when the
//! rules change. A key with many events leaves the rows for logs with running totals, one for each
//! series (`log.rs`); which of the two it is shows in no reading.

mod carry;
mod layout;
mod rows;
mod slots;
mod view;

pub(crate) use carry::carry;
pub(crate) use layout::{Layout, Texts, layouts, mark};
pub(crate) use rows::{ROWS_MAX, Rows};
pub(crate) use slots::{Counted, Keeping, Many, More, Slot, StreamState};
pub(crate) use view::{Held, KeptRow, Seen, View};
