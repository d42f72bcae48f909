//! Numbers from a seed: the same seed makes the same plan. What the machine makes of the plan is
//! not the same twice.

/// splitmix64.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low + 1)
    }

    /// Puts items in another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.between(0, i as u64) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_one_plan() {
        let plan = |seed| {
            let mut chance = Chance::new(seed);
            let mut items: Vec<u32> = (0..20).collect();
            chance.shuffle(&mut items);
            (items, chance.between(5, 7))
        };
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1).0, plan(2).0);
        assert!((5..=7).contains(&plan(3).1));
    }
}
