//! Persons: what an ID number tells rules (age, validity) and the keyed pseudonym that takes its
//! place. The number itself goes no further than this file and the sealed key.

use compact_str::CompactString;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sm3::Sm3;
use zhamen_engine::time::{TimestampMs, civil_from_days, days_in_month, shanghai_day};

/// The hash under the keyed pseudonym.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PseudonymHash {
    /// HMAC-SHA-256.
    #[default]
    Sha256,
    /// HMAC-SM3, where the bank requires it.
    Sm3,
}

/// Replaces ID numbers by pseudonyms. A plain hash could be undone by trying all numbers.
pub(crate) struct Pseudonyms(State);

enum State {
    Sha256(Hmac<Sha256>),
    Sm3(Hmac<Sm3>),
}

impl Pseudonyms {
    pub fn new(key: &[u8], hash: PseudonymHash) -> Pseudonyms {
        let any = "HMAC takes keys of any length";
        Pseudonyms(match hash {
            PseudonymHash::Sha256 => State::Sha256(Hmac::new_from_slice(key).expect(any)),
            PseudonymHash::Sm3 => State::Sm3(Hmac::new_from_slice(key).expect(any)),
        })
    }

    /// `p1` (SHA-256) or `p3` (SM3) and 22 characters: 128 bits, inline in a compact text. The
    /// same person has the same one in every field; a resident ID's `x` counts as `X`.
    pub fn of(&self, id: &str) -> CompactString {
        let upper;
        let id = if looks_resident(id) && id.ends_with('x') {
            upper = id.to_ascii_uppercase();
            &upper
        } else {
            id
        };
        let (prefix, digest): (&str, [u8; 32]) = match &self.0 {
            State::Sha256(mac) => {
                let mac = mac.clone().chain_update(b"holder:").chain_update(id);
                ("p1", mac.finalize().into_bytes().into())
            }
            State::Sm3(mac) => {
                let mac = mac.clone().chain_update(b"holder:").chain_update(id);
                ("p3", mac.finalize().into_bytes().into())
            }
        };
        let text = base64url_16(prefix, &digest);
        std::str::from_utf8(&text).expect("ASCII").into()
    }
}

/// The prefix and the first 16 bytes as 22 base64url characters.
fn base64url_16(prefix: &str, bytes: &[u8; 32]) -> [u8; 24] {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let head: [u8; 16] = bytes[..16].try_into().expect("half of a digest");
    let bits = u128::from_be_bytes(head);
    let mut text = [0; 24];
    text[..2].copy_from_slice(prefix.as_bytes());
    for (i, c) in text[2..].iter_mut().enumerate() {
        // The last of the 22 has two bits and four zeros.
        let six = match i {
            21 => bits << 4,
            _ => bits >> (122 - 6 * i),
        };
        *c = ALPHABET[(six & 63) as usize];
    }
    text
}

/// Seventeen digits and a digit or X.
pub(crate) fn looks_resident(id: &str) -> bool {
    let b = id.as_bytes();
    b.len() == 18
        && b[..17].iter().all(u8::is_ascii_digit)
        && matches!(b[17], b'0'..=b'9' | b'X' | b'x')
}

/// The birth date in a resident ID whose form, check digit (GB 11643) and date are right.
///
/// The old form of 15 digits has no check digit, so it never counts as valid and gives no age.
pub(crate) fn birth_date(id: &str) -> Option<(i64, u32, u32)> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    if !looks_resident(id) {
        return None;
    }
    let b = id.as_bytes();
    let digit = |i: usize| u32::from(b[i] - b'0');
    let sum: u32 = (0..17).map(|i| digit(i) * WEIGHTS[i]).sum();
    if b"10X98765432"[(sum % 11) as usize] != b[17].to_ascii_uppercase() {
        return None;
    }
    let number = |from: usize, to: usize| (from..to).fold(0, |n, i| n * 10 + digit(i));
    let (year, month, day) = (i64::from(number(6, 10)), number(10, 12), number(12, 14));
    let exists = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    exists.then_some((year, month, day))
}

/// Full years on the Shanghai day of `at`; `None` before birth and beyond 150.
pub(crate) fn age(birth: (i64, u32, u32), at: TimestampMs) -> Option<i64> {
    let (year, month, day) = civil_from_days(shanghai_day(at));
    let before_birthday = (month, day) < (birth.1, birth.2);
    let age = year - birth.0 - i64::from(before_birthday);
    (0..=150).contains(&age).then_some(age)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::moment;

    #[test]
    fn check_digits_and_dates() {
        assert_eq!(birth_date("11010519491231002X"), Some((1949, 12, 31)));
        assert_eq!(birth_date("11010519491231002x"), Some((1949, 12, 31)));
        assert_eq!(birth_date("440524188001010014"), Some((1880, 1, 1)));
        assert_eq!(birth_date("110105194912310021"), None);
        assert_eq!(birth_date("110105491231002"), None);
        assert_eq!(birth_date("E12345678"), None);
    }

    #[test]
    fn age_turns_on_the_shanghai_day() {
        let born = (1966, 11, 24);
        let at = |t: &str| age(born, moment(t).unwrap());
        assert_eq!(at("2026-11-23T15:59:59.999Z"), Some(59));
        assert_eq!(at("2026-11-23T16:00:00.000Z"), Some(60));
        assert_eq!(
            age((2030, 1, 1), moment("2026-01-01T00:00:00Z").unwrap()),
            None
        );
        // Born on 29 February: a year older on 1 March of a common year.
        let leap = |t: &str| age((2004, 2, 29), moment(t).unwrap());
        assert_eq!(leap("2026-02-28T12:00:00+08:00"), Some(21));
        assert_eq!(leap("2026-03-01T00:00:00+08:00"), Some(22));
    }

    #[test]
    fn pseudonyms_are_base64url() {
        use base64::Engine as _;
        let digest: [u8; 32] = std::array::from_fn(|i| (i * 37 + 201) as u8);
        let coded = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&digest[..16]);
        assert_eq!(
            base64url_16("p1", &digest),
            *format!("p1{coded}").as_bytes()
        );
    }

    #[test]
    fn pseudonyms_are_keyed_short_and_one_per_person() {
        let a = Pseudonyms::new(b"key a", PseudonymHash::Sha256);
        let b = Pseudonyms::new(b"key b", PseudonymHash::Sha256);
        let c = Pseudonyms::new(b"key a", PseudonymHash::Sm3);
        let of = |p: &Pseudonyms| p.of("11010519491231002X");
        assert_eq!(of(&a), a.of("11010519491231002x"));
        assert_ne!(of(&a), of(&b));
        assert_ne!(of(&a), of(&c));
        assert_ne!(a.of("e123x"), a.of("e123X"));
        assert_eq!(of(&a).len(), 24);
        assert!(!of(&a).is_heap_allocated());
        assert!(of(&a).starts_with("p1") && of(&c).starts_with("p3"));
    }
}
