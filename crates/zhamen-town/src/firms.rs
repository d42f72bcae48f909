//! A firm from a number: credit code (GB 32100) and name. Companies pay wages and suppliers, merchants are paid;
//! which of the two a firm is, and where it banks, is decided elsewhere.

use crate::rng::hash;

/// A legal entity.
#[derive(Clone, Copy)]
pub(crate) struct Firm {
    merchant: bool,
    look: u64,
}

impl Firm {
    pub(crate) fn of(seed: u64, number: u32, merchant: bool) -> Firm {
        Firm {
            merchant,
            look: hash(seed, 5, u64::from(number)),
        }
    }

    /// The 18 characters of the unified social credit code, check characters right.
    pub(crate) fn push_id(&self, text: &mut String) {
        let start = text.len();
        text.push_str("91360121MA");
        for shift in [0, 5, 10, 15, 20, 25] {
            text.push(char::from(ALPHABET[(self.look >> shift) as usize % 31]));
        }
        let organisation = organisation_check(&text.as_bytes()[start + 8..]);
        text.push(organisation);
        let check = code_check(&text.as_bytes()[start..]);
        text.push(check);
    }

    pub(crate) fn push_name(&self, text: &mut String) {
        text.push_str(FIRST[(self.look >> 32) as usize % FIRST.len()]);
        text.push_str(SECOND[(self.look >> 40) as usize % SECOND.len()]);
        let trades = if self.merchant { &SHOPS } else { &COMPANIES };
        text.push_str(trades[(self.look >> 48) as usize % trades.len()]);
    }
}

const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// GB 11714 over the 8 characters of the organisation part; letters count from A = 10.
fn organisation_check(characters: &[u8]) -> char {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let value = |c: u8| {
        u32::from(if c.is_ascii_digit() {
            c - b'0'
        } else {
            c - b'A' + 10
        })
    };
    let sum: u32 = characters
        .iter()
        .zip(WEIGHTS)
        .map(|(c, weight)| value(*c) * weight)
        .sum();
    char::from(b"0X987654321"[(sum % 11) as usize])
}

/// GB 32100 over the first 17 characters.
fn code_check(characters: &[u8]) -> char {
    const WEIGHTS: [usize; 17] = [
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
    ];
    let value = |c: u8| {
        ALPHABET
            .iter()
            .position(|a| *a == c)
            .expect("codes are written in the alphabet")
    };
    let sum: usize = characters
        .iter()
        .zip(WEIGHTS)
        .map(|(c, weight)| value(*c) * weight)
        .sum();
    char::from(ALPHABET[(31 - sum % 31) % 31])
}

const FIRST: [&str; 12] = [
    "恒", "盛", "德", "瑞", "鑫", "安", "泰", "宏", "顺", "福", "兴", "金",
];
const SECOND: [&str; 12] = [
    "达", "源", "丰", "昌", "隆", "和", "祥", "利", "信", "诚", "康", "茂",
];
const SHOPS: [&str; 8] = [
    "超市",
    "饭店",
    "药房",
    "水果店",
    "加油站",
    "服装店",
    "五金店",
    "电器行",
];
const COMPANIES: [&str; 8] = [
    "纺织有限公司",
    "建材有限公司",
    "物流有限公司",
    "电子有限公司",
    "食品有限公司",
    "机械有限公司",
    "农业有限公司",
    "包装有限公司",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A well-known published code, 91350100M000100Y43 (the example of GB 32100).
    #[test]
    fn check_character_of_the_standards_example() {
        assert_eq!(organisation_check(b"M000100Y"), '4');
        assert_eq!(code_check(b"91350100M000100Y4"), '3');
    }
}
