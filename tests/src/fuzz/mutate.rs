//! Bytes a little changed, always in the same way for the same number: what libFuzzer does, without
//! its feedback.

/// A small generator of the same numbers everywhere (SplitMix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this number.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, 0 where there is none.
    pub fn below(&mut self, n: usize) -> usize {
        (self.draw() % n.max(1) as u64) as usize
    }
}

/// Pieces that mean something in one of the formats.
const WORDS: [&str; 44] = [
    "[[rule]]",
    "[[verdict]]",
    "[[list]]",
    "window.",
    "params.",
    "this.",
    "list.",
    "over = \"ever\"",
    "over = \"last 3\"",
    "per = \"day\"",
    "until = \"1h\"",
    "has(",
    "min(",
    "digit(",
    " ? 1 : 0",
    " && ",
    " || ",
    " % 0",
    " / 0.0",
    "!",
    "-",
    "((((((((",
    "))))))))",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999999.999999",
    "0.0000001",
    "\"CNY\"",
    "\"90s\"",
    "'",
    "\"",
    "\\",
    "\\ud800",
    "证",
    "，",
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\n",
    "{",
    "}",
    "null",
    "1e400",
    "2026-02-30T25:61:00+08:00",
];

/// One changed form of a seed; `other` is one to splice in.
#[must_use]
pub fn mutate(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=chance.below(4) {
        let (at, length) = (chance.below(bytes.len()), 1 + chance.below(24));
        let end = (at + length).min(bytes.len());
        match chance.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << chance.below(8),
            1 if !bytes.is_empty() => bytes[at] = chance.draw() as u8,
            2 => {
                bytes.drain(at..end);
            }
            3 => {
                let copy = bytes[at..end].to_vec();
                let to = chance.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            4 => {
                let from = chance.below(other.len());
                let until = (from + 4 * length).min(other.len());
                bytes.splice(at..at, other[from..until].iter().copied());
            }
            5 if chance.below(4) == 0 => bytes.truncate(at),
            6 => {
                // A digit for another: bounds are where it breaks.
                let digits: Vec<usize> = (0..bytes.len())
                    .filter(|i| bytes[*i].is_ascii_digit())
                    .collect();
                if let Some(i) = digits.get(chance.below(digits.len())) {
                    bytes[*i] = b"0199"[chance.below(4)];
                }
            }
            _ => {
                let word = WORDS[chance.below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}
