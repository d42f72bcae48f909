//! Numbers, texts and lists as bytes: little-endian base-128 numbers, lengths before contents.

use compact_str::CompactString;

use super::JournalError;

pub(super) fn put_number(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Small numbers of either sign stay short.
pub(super) fn put_signed(n: i64, out: &mut Vec<u8>) {
    put_number((n << 1 ^ n >> 63) as u64, out);
}

pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Reads what the functions above wrote.
pub(super) struct Reader<'a> {
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(data: &'a [u8]) -> Reader<'a> {
        Reader { data }
    }

    /// Bytes not yet read.
    pub fn rest(&self) -> usize {
        self.data.len()
    }

    pub fn byte(&mut self) -> Result<u8, JournalError> {
        let (first, rest) = self.data.split_first().ok_or(JournalError::Truncated)?;
        self.data = rest;
        Ok(*first)
    }

    pub fn number(&mut self) -> Result<u64, JournalError> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(JournalError::Unknown("number"))
    }

    pub fn signed(&mut self) -> Result<i64, JournalError> {
        let n = self.number()?;
        Ok((n >> 1) as i64 ^ -((n & 1) as i64))
    }

    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], JournalError> {
        let (head, rest) = self
            .data
            .split_first_chunk::<N>()
            .ok_or(JournalError::Truncated)?;
        self.data = rest;
        Ok(*head)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], JournalError> {
        let n = self.number()?;
        let n = usize::try_from(n).map_err(|_| JournalError::Truncated)?;
        let (head, rest) = self
            .data
            .split_at_checked(n)
            .ok_or(JournalError::Truncated)?;
        self.data = rest;
        Ok(head)
    }

    pub fn text(&mut self) -> Result<CompactString, JournalError> {
        CompactString::from_utf8(self.bytes()?).map_err(|_| JournalError::Unknown("text"))
    }

    /// A length and so many items; the length is believed only as far as there are bytes.
    pub fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Reader<'a>) -> Result<T, JournalError>,
    ) -> Result<Vec<T>, JournalError> {
        let n = self.number()?;
        if n > self.data.len() as u64 {
            return Err(JournalError::Truncated);
        }
        let mut items = Vec::with_capacity(n.min(1_024) as usize);
        for _ in 0..n {
            items.push(item(self)?);
        }
        Ok(items)
    }
}
