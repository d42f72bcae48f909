//! Headers in and out. The client panics on a header name that is not UTF-8; one sender must not be
//! able to stop everybody, so the panic is caught and the record is answered as unacceptable.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::message::{BorrowedHeaders, Header, Headers, OwnedHeaders};

/// A header's name and value.
pub type Named<'a> = (&'a str, Option<&'a [u8]>);

/// The headers of a record read; `None` where a name is not UTF-8.
pub fn read(headers: &BorrowedHeaders) -> Option<Vec<Named<'_>>> {
    (0..headers.count())
        .map(|i| {
            let header = catch_unwind(AssertUnwindSafe(|| headers.try_get(i))).ok()??;
            Some((header.key, header.value))
        })
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
