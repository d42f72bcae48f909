//! Hashing that is the same on every machine and in every run. Nothing iterates a hash table;
//! these only find things.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A table keyed by small integers.
pub(crate) type IdMap<K, V> = hashbrown::HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Multiply-and-fold of integers; for keys that senders cannot choose (dense ids).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u64(u64::from(*b));
        }
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = fold(self.0 ^ n, 0x9E37_79B9_7F4A_7C15);
    }
    fn write_u128(&mut self, n: u128) {
        self.write_u64(n as u64);
        self.write_u64((n >> 64) as u64);
    }
}

fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a).wrapping_mul(u128::from(b));
    (wide as u64) ^ (wide >> 64) as u64
}

/// Hash of a text, for tables whose keys senders choose.
pub(crate) fn text_hash(text: &str) -> u64 {
    use std::hash::BuildHasher;
    foldhash::quality::FixedState::with_seed(0x7a68_616d_656e).hash_one(text.as_bytes())
}

/// Folds one more word into a rolling hash.
pub(crate) fn roll(state: u64, word: u64) -> u64 {
    fold(state.rotate_left(23) ^ word, 0xD6E8_FEB8_6659_FD93).wrapping_add(word)
}

/// Folds bytes into a rolling hash.
pub(crate) fn roll_bytes(state: u64, bytes: &[u8]) -> u64 {
    let mut state = roll(state, bytes.len() as u64);
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = roll(state, u64::from_le_bytes(word));
    }
    state
}

/// Folds any value that can be hashed into a rolling hash, the same on every machine: whole numbers
/// of whatever width go in as 64 bits.
pub(crate) fn roll_value(state: u64, value: &impl Hash) -> u64 {
    let mut hasher = Rolling(state);
    value.hash(&mut hasher);
    hasher.0
}

struct Rolling(u64);

impl Hasher for Rolling {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = roll_bytes(self.0, bytes);
    }
    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }
    fn write_u16(&mut self, n: u16) {
        self.write_u64(n.into());
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = roll(self.0, n);
    }
    fn write_u128(&mut self, n: u128) {
        self.write_u64(n as u64);
        self.write_u64((n >> 64) as u64);
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
}

/// Kafka's murmur2 in its positive form: the hash of Java's default partitioner.
#[must_use]
pub fn murmur2(key: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut h = 0x9747_b28c ^ key.len() as u32;
    let mut chunks = key.chunks_exact(4);
    for c in &mut chunks {
        let mut k = u32::from_le_bytes([c[0], c[1], c[2], c[3]]);
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = chunks.remainder();
    for (i, b) in rest.iter().enumerate().rev() {
        h ^= u32::from(*b) << (8 * i);
    }
    if !rest.is_empty() {
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    (h ^ (h >> 15)) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::{murmur2, roll_value};

    /// What to notice: the figures are those of every machine, so a change here changes the state
    /// hash of every journal.
    #[test]
    fn values_roll_to_the_same_figure_everywhere() {
        let value = (7_u8, -1_i64, Some("text"), vec![1_usize, 2], i128::MIN);
        assert_eq!(roll_value(0, &value), 0x7835_b9ca_4e50_d855);
        assert_ne!(roll_value(0, &("a", "bc")), roll_value(0, &("ab", "c")));
        assert_ne!(roll_value(0, &Some(0_u8)), roll_value(0, &0_u8));
    }

    /// Values of `org.apache.kafka.common.utils.Utils.murmur2` from its own unit test.
    #[test]
    fn murmur2_is_java_s() {
        for (key, want) in [
            ("21", -973_932_308_i32),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()), want as u32 & 0x7fff_ffff, "{key}");
        }
    }
}
