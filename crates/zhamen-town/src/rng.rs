//! Seeded randomness in integers only (splitmix64), so that a seed gives the same town on every machine.
//! Deliberately not the system's: nothing here reads a clock or an entropy source, and nothing here is secret.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sequence of draws: the order of calls matters.
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng { state: seed }
    }

    pub(crate) fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        finish(self.state)
    }

    /// Uniform in `0..bound`; `bound` must not be 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        scale(self.draw(), bound)
    }

    /// Uniform in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u32::try_from(high - low + 1).expect("ranges of the town fit 32 bits");
        low + i64::from(self.below(span))
    }

    /// True `part` times in `whole`.
    pub(crate) fn chance(&mut self, part: u32, whole: u32) -> bool {
        self.below(whole) < part
    }

    /// Uniform choice from a non-empty slice.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u32) as usize]
    }

    /// A rank in `0..count`, near Zipf with exponent 1 over `rank + flat`: `flat` ranks at the top are nearly
    /// equal, so that no single account gets a tenth of the traffic. Octaves are equally likely.
    pub(crate) fn zipf(&mut self, count: u32, flat: u32) -> u32 {
        let (low, end) = (flat.max(1), count + flat.max(1));
        let (first, last) = (low.ilog2(), (end - 1).ilog2());
        loop {
            let octave = first + self.below(last - first + 1);
            let rank = (1 << octave) + self.below(1 << octave);
            if (low..end).contains(&rank) {
                return rank - low;
            }
        }
    }
}

/// A draw that depends only on its arguments: the same person looks the same whenever asked.
pub(crate) fn hash(seed: u64, salt: u64, number: u64) -> u64 {
    finish(finish(seed ^ salt.wrapping_mul(GOLDEN)).wrapping_add(number.wrapping_mul(GOLDEN)))
}

/// The high half of `draw` scaled to `0..bound`.
pub(crate) fn scale(draw: u64, bound: u32) -> u32 {
    (((draw >> 32) * u64::from(bound)) >> 32) as u32
}

fn finish(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_splitmix64() {
        let mut rng = Rng::new(1_234_567);
        let first = [rng.draw(), rng.draw(), rng.draw()];
        assert_eq!(
            first,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }

    #[test]
    fn zipf_prefers_low_ranks_and_reaches_the_last() {
        let mut rng = Rng::new(7);
        let mut hits = [0u32; 100];
        for _ in 0..100_000 {
            hits[rng.zipf(100, 4) as usize] += 1;
        }
        assert!(hits[0] > 5 * hits[90], "{hits:?}");
        assert!(hits[99] > 0);
    }
}
