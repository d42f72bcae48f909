//! The reader's side of the decisions topic: keep the last `sequence` of each partition, drop what
//! was seen, notice what is missing. This is all the logic a bank needs for exactly once.

use std::collections::BTreeMap;

/// What a decision's sequence says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The next one.
    New,
    /// Published again after a restart or by a second instance; byte for byte the same.
    Repeat,
    /// New, but so many before it are missing.
    Gap(u64),
}

/// The last sequence per partition of the decisions topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceFilter {
    next: BTreeMap<i32, u64>,
}

impl SequenceFilter {
    /// Judges the next decision read of a partition.
    pub fn offer(&mut self, partition: i32, sequence: u64) -> Seen {
        let next = self.next.entry(partition).or_default();
        if sequence < *next {
            return Seen::Repeat;
        }
        let missing = sequence - *next;
        *next = sequence + 1;
        if missing == 0 {
            Seen::New
        } else {
            Seen::Gap(missing)
        }
    }

    /// How many different decisions each partition has shown.
    #[must_use]
    pub fn next(&self) -> &BTreeMap<i32, u64> {
        &self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_dropped_and_loss_is_seen() {
        let mut filter = SequenceFilter::default();
        let seen: Vec<Seen> = [0, 1, 2, 1, 2, 3, 6, 4, 7]
            .iter()
            .map(|s| filter.offer(0, *s))
            .collect();
        use Seen::{Gap, New, Repeat};
        assert_eq!(
            seen,
            [New, New, New, Repeat, Repeat, New, Gap(2), Repeat, New]
        );
        assert_eq!(filter.offer(1, 0), New, "each partition counts for itself");
    }
}
