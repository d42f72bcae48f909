//! Alphabets and characters of the contract's texts. It says yes or no, and which code; it keeps
//! no value.

use zhamen_engine::entry::Code;

/// `A-Za-z0-9` and `-_.:*`: accounts, cards, banks, branches, devices, addresses, phones.
pub(crate) const NUMBER: Alphabet = Alphabet(1);
/// `A-Za-z0-9_.:-`: event ids and sources.
pub(crate) const ID: Alphabet = Alphabet(2);
/// Ids that the engine or the platform gives: holds, inquiries, alerts, applications, forms.
pub(crate) const REFERENCE: Alphabet = Alphabet(4);
/// `A-Za-z0-9`.
pub(crate) const PLAIN: Alphabet = Alphabet(8);

/// A set of characters, as a bit of [`MEMBERS`].
#[derive(Clone, Copy)]
pub(crate) struct Alphabet(u8);

/// The alphabets that each byte belongs to.
const MEMBERS: [u8; 256] = {
    const fn add(mut table: [u8; 256], signs: &[u8], alphabet: Alphabet) -> [u8; 256] {
        let mut i = 0;
        while i < 256 {
            if (i as u8).is_ascii_alphanumeric() {
                table[i] |= alphabet.0;
            }
            i += 1;
        }
        let mut i = 0;
        while i < signs.len() {
            table[signs[i] as usize] |= alphabet.0;
            i += 1;
        }
        table
    }
    let table = add([0; 256], b"-_.:*", NUMBER);
    let table = add(table, b"_.:-", ID);
    let table = add(table, b"_.:-@/#", REFERENCE);
    add(table, b"", PLAIN)
};

/// `1..=max` characters of an alphabet.
pub(crate) fn signs(text: &str, of: Alphabet, max: usize, too_long: Code) -> Result<(), Code> {
    let all = text
        .bytes()
        .fold(of.0, |all, b| all & MEMBERS[usize::from(b)]);
    if all == 0 || text.is_empty() {
        return Err(Code::IdFormat);
    }
    if text.len() > max {
        return Err(too_long);
    }
    Ok(())
}

/// At most `max` characters, none of them forbidden.
pub(crate) fn prose(text: &str, max: usize) -> Result<(), Code> {
    // A character is at least a byte, so short texts need no counting.
    if text.len() > max && text.chars().count() > max {
        return Err(Code::FieldLen);
    }
    if has_forbidden(text) {
        return Err(Code::Value);
    }
    Ok(())
}

/// Whether a text has control characters, or characters that turn the direction of writing or
/// end a line: what could make a log line, a terminal or an officer's form show something else.
pub(crate) fn has_forbidden(text: &str) -> bool {
    // Every forbidden character begins with one of these bytes in UTF-8.
    text.bytes()
        .any(|b| b < 0x20 || matches!(b, 0x7f | 0xc2 | 0xd8 | 0xe2))
        && text.chars().any(is_forbidden)
}

fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_look_misses_no_forbidden_character() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            assert_eq!(has_forbidden(&format!("a{c}b")), is_forbidden(c), "{c:?}");
        }
    }

    #[test]
    fn lengths_count_characters() {
        assert_eq!(prose(&"钮".repeat(128), 128), Ok(()));
        assert_eq!(prose(&"钮".repeat(129), 128), Err(Code::FieldLen));
        assert_eq!(prose("a\u{202e}b", 128), Err(Code::Value));
        assert_eq!(
            signs(&"1".repeat(65), NUMBER, 64, Code::FieldLen),
            Err(Code::FieldLen)
        );
        assert_eq!(
            signs("６２", NUMBER, 64, Code::FieldLen),
            Err(Code::IdFormat)
        );
    }
}
