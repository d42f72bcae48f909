//! How far each input partition has been folded: what comes again is dropped by one number.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The highest offset folded, by topic and partition. There are few topics: they are searched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks(Vec<(CompactString, Vec<i64>)>);

impl Marks {
    /// Whether a record is new; from here on it no longer is.
    pub(crate) fn pass(&mut self, topic: &CompactString, partition: i32, offset: i64) -> bool {
        let place = match self.0.iter().position(|(t, _)| t == topic) {
            Some(place) => place,
            None => {
                self.0.push((topic.clone(), Vec::new()));
                self.0.len() - 1
            }
        };
        let partitions = &mut self.0[place].1;
        let partition = usize::try_from(partition).expect("a partition is not negative");
        if partitions.len() <= partition {
            partitions.resize(partition + 1, -1);
        }
        let is_new = offset > partitions[partition];
        if is_new {
            partitions[partition] = offset;
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_passes_once() {
        let (a, b) = (CompactString::new("a"), CompactString::new("b"));
        let mut marks = Marks::default();
        assert!(marks.pass(&a, 3, 0));
        assert!(!marks.pass(&a, 3, 0));
        assert!(marks.pass(&a, 0, 7));
        assert!(marks.pass(&b, 3, 0));
        assert!(!marks.pass(&a, 0, 6));
        assert!(marks.pass(&a, 3, 1));
    }
}
