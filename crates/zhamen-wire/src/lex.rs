//! The words of JSON: where a string, a number or a literal ends, which byte breaks it, and what
//! an escaped string stands for. It keeps no state and allocates nothing of its own.

use zhamen_engine::entry::Code;

use crate::scan::Fault;

pub(crate) fn byte(data: &[u8], p: usize) -> Result<u8, Fault> {
    match data.get(p) {
        Some(b) => Ok(*b),
        None => Err(Fault::at(Code::Syntax, data.len())),
    }
}

/// The first byte from `p` on that is not a blank.
pub(crate) fn blank(data: &[u8], mut p: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = data.get(p) {
        p += 1;
    }
    p
}

pub(crate) fn word(data: &[u8], p: &mut usize, word: &[u8]) -> Result<(usize, usize), Fault> {
    let start = *p;
    for (i, expected) in word.iter().enumerate() {
        if byte(data, start + i)? != *expected {
            return Err(Fault::at(Code::Syntax, start + i));
        }
    }
    *p += word.len();
    Ok((start, *p))
}

pub(crate) fn number_end(data: &[u8], mut p: usize) -> Result<usize, Fault> {
    let digits = |p: &mut usize| -> Result<(), Fault> {
        if !byte(data, *p)?.is_ascii_digit() {
            return Err(Fault::at(Code::Syntax, *p));
        }
        while data.get(*p).is_some_and(u8::is_ascii_digit) {
            *p += 1;
        }
        Ok(())
    };
    if data[p] == b'-' {
        p += 1;
    }
    if byte(data, p)? == b'0' {
        p += 1;
    } else {
        digits(&mut p)?;
    }
    if data.get(p) == Some(&b'.') {
        p += 1;
        digits(&mut p)?;
    }
    if let Some(b'e' | b'E') = data.get(p) {
        p += 1;
        if let Some(b'+' | b'-') = data.get(p) {
            p += 1;
        }
        digits(&mut p)?;
    }
    Ok(p)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// A bit in every byte of `w` that is a quote, a backslash or below a blank.
fn stops(w: u64) -> u64 {
    let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
    let control = w.wrapping_sub(ONES * 0x20) & !w & HIGH;
    control | zero(w ^ (ONES * 0x22)) | zero(w ^ (ONES * 0x5c))
}

/// Index of the closing quote of a string whose content begins at `p`, and whether it has escapes.
#[inline]
pub(crate) fn string_end(data: &[u8], mut p: usize) -> Result<(usize, bool), Fault> {
    let mut escaped = false;
    loop {
        while let Some(eight) = data.get(p..p + 8) {
            let w = u64::from_le_bytes(eight.try_into().expect("eight bytes"));
            let hit = stops(w);
            if hit != 0 {
                // The lowest bit is exact; higher ones may be carried over from it.
                p += hit.trailing_zeros() as usize / 8;
                break;
            }
            p += 8;
        }
        match byte(data, p)? {
            b'"' => return Ok((p, escaped)),
            b'\\' => {
                escaped = true;
                p = escape_end(data, p)?;
            }
            0..=0x1f => return Err(Fault::at(Code::Syntax, p)),
            _ => p += 1,
        }
    }
}

/// Index past the escape at `p`; a surrogate must come as a pair.
fn escape_end(data: &[u8], p: usize) -> Result<usize, Fault> {
    match byte(data, p + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(p + 2),
        b'u' => match hex4(data, p + 2)? {
            0xd800..=0xdbff => {
                if byte(data, p + 6)? != b'\\' || byte(data, p + 7)? != b'u' {
                    return Err(Fault::at(Code::Syntax, p));
                }
                match hex4(data, p + 8)? {
                    0xdc00..=0xdfff => Ok(p + 12),
                    _ => Err(Fault::at(Code::Syntax, p)),
                }
            }
            0xdc00..=0xdfff => Err(Fault::at(Code::Syntax, p)),
            _ => Ok(p + 6),
        },
        _ => Err(Fault::at(Code::Syntax, p)),
    }
}

fn hex4(data: &[u8], p: usize) -> Result<u32, Fault> {
    let mut value = 0;
    for i in p..p + 4 {
        let digit = char::from(byte(data, i)?)
            .to_digit(16)
            .ok_or(Fault::at(Code::Syntax, i))?;
        value = value << 4 | digit;
    }
    Ok(value)
}

/// Appends the text that `raw`, a string's content already scanned, stands for.
pub(crate) fn unescape(raw: &str, out: &mut String) {
    let mut rest = raw;
    while let Some(i) = rest.find('\\') {
        out.push_str(&rest[..i]);
        let code = rest.as_bytes()[i + 1];
        rest = &rest[i + 2..];
        let simple = match code {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = |s: &str| u32::from_str_radix(&s[..4], 16).expect("scanned");
                let mut value = unit(rest);
                rest = &rest[4..];
                if (0xd800..0xdc00).contains(&value) {
                    let low = unit(&rest[2..]);
                    rest = &rest[6..];
                    value = 0x1_0000 + ((value - 0xd800) << 10) + (low - 0xdc00);
                }
                char::from_u32(value).expect("surrogates come in pairs")
            }
            other => char::from(other),
        };
        out.push(simple);
    }
    out.push_str(rest);
}
