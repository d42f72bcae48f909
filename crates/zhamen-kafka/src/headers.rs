//! Headers in and out. The client panics on a header name that is not UTF-8; one sender must not be
//! able to stop everybody, so such a header is skipped: it is none that we know.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{BorrowedHeaders, Header, Headers, OwnedHeaders};

/// A header's name and value.
pub type Named<'a> = (&'a str, Option<&'a [u8]>);

/// The headers of a record read.
pub fn read(headers: &BorrowedHeaders) -> Vec<Named<'_>> {
    (0..headers.count())
        .filter_map(|i| catch_unwind(AssertUnwindSafe(|| headers.try_get(i))).ok().flatten())
        .map(|h| (h.key, h.value))
        .collect()
}

/// Headers for a record to send; `None` without any.
pub fn write(headers: &[(String, Vec<u8>)]) -> Option<OwnedHeaders> {
    if headers.is_empty() {
        return None;
    }
    let own = OwnedHeaders::new_with_capacity(headers.len());
    Some(headers.iter().fold(own, |own, (key, value)| {
        own.insert(Header {
            key,
            value: Some(value),
        })
    }))
}
