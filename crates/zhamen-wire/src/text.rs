//! Alphabets and characters of the contract's texts. It says yes or no, and which code; it keeps
//! no value.

use zhamen_engine::entry::Code;

/// `A-Za-z0-9` and `-_.:*`: accounts, cards, banks, branches, devices, addresses, phones.
pub(crate) const NUMBER_SIGNS: &str = "-_.:*";
/// `A-Za-z0-9_.:-`: event ids and sources.
pub(crate) const ID_SIGNS: &str = "_.:-";
/// Ids that the engine or the platform gives: holds, inquiries, alerts, applications, forms.
pub(crate) const REFERENCE_SIGNS: &str = "_.:-@/#";

/// ASCII letters, digits and these signs, `1..=max` of them.
pub(crate) fn signs(text: &str, signs: &str, max: usize, too_long: Code) -> Result<(), Code> {
    if text.is_empty() {
        return Err(Code::IdFormat);
    }
    let good = |b: &u8| b.is_ascii_alphanumeric() || signs.as_bytes().contains(b);
    if !text.as_bytes().iter().all(good) {
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
            signs(&"1".repeat(65), NUMBER_SIGNS, 64, Code::FieldLen),
            Err(Code::FieldLen)
        );
        assert_eq!(
            signs("６２", NUMBER_SIGNS, 64, Code::FieldLen),
            Err(Code::IdFormat)
        );
    }
}
