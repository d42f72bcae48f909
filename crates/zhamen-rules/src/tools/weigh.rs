//! `rules weigh`: how often each rule fires on a site's own history, and scores that follow from that
//! rarity alone, as a proposed change.
//!
//! A rule that fires on one in n of the events it looks at weighs ⌊log₂ n⌋: 1 in 2 weighs 1, 1 in
//! 1,000 weighs 9, one that fires on every event 0. Nothing else goes in, so no labels are needed,
//! and the same history gives the same weights everywhere. A rule that never fired is not weighed:
//! its rarity is not known. The threshold proposed is the lowest sum that at most one in 1,000 of
//! the events reached; of one family only the highest weight counts, as in a verdict.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};
use zhamen_engine::event::EventKind;
use zhamen_engine::output::Decision;
use zhamen_engine::rule::RuleSet;

/// At most one in so many events should reach the threshold.
pub const REACHED_BY_ONE_IN: u64 = 1_000;

/// Counts over a history.
#[derive(Debug)]
pub struct Weigher<'a> {
    set: &'a RuleSet,
    /// Events seen by type.
    events: BTreeMap<EventKind, u64>,
    /// How often the same rules fired together; rules by their place in the set, ascending.
    together: BTreeMap<Vec<usize>, u64>,
}

/// What follows from the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weights {
    /// One for each rule, in the order of the set.
    pub rules: Vec<Weight>,
    /// Events that some rule looks at.
    pub events: u64,
    /// The lowest sum that at most one in [`REACHED_BY_ONE_IN`] of them reached, and how many did;
    /// `None`: no rule fired.
    pub threshold: Option<(u64, u64)>,
    /// The set that was weighed.
    pub digest: String,
}

/// One rule on the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weight {
    /// Which rule.
    pub rule: String,
    /// Its score now.
    pub score: i64,
    /// Events of its types.
    pub looked: u64,
    /// Events on which it fired, in whatever mode.
    pub fired: u64,
    /// ⌊log₂(looked / fired)⌋; `None`: it never fired.
    pub weight: Option<u64>,
}

impl<'a> Weigher<'a> {
    /// Nothing seen.
    #[must_use]
    pub fn new(set: &'a RuleSet) -> Weigher<'a> {
        Weigher {
            set,
            events: BTreeMap::new(),
            together: BTreeMap::new(),
        }
    }

    /// One decided event; repeats and rejected ones are not events.
    pub fn note(&mut self, kind: EventKind, decision: &Decision) {
        if decision.rejected.is_some() || decision.duplicate_of.is_some() {
            return;
        }
        *self.events.entry(kind).or_insert(0) += 1;
        let fired = decision.fired.iter().chain(&decision.shadow);
        let mut rules: Vec<usize> = fired
            .filter_map(|f| self.set.rules.iter().position(|r| r.id == f.rule))
            .collect();
        rules.sort_unstable();
        rules.dedup();
        if !rules.is_empty() {
            *self.together.entry(rules).or_insert(0) += 1;
        }
    }

    /// The weights.
    #[must_use]
    pub fn finish(&self) -> Weights {
        let rules: Vec<Weight> = self
            .set
            .rules
            .iter()
            .enumerate()
            .map(|(i, rule)| {
                let looked = rule.on.iter().filter_map(|k| self.events.get(&k)).sum();
                let with = self.together.iter().filter(|(rules, _)| rules.contains(&i));
                let fired = with.map(|(_, n)| n).sum();
                Weight {
                    rule: rule.id.to_string(),
                    score: rule.score,
                    looked,
                    fired,
                    weight: bits(looked, fired),
                }
            })
            .collect();
        let looks = |kind: EventKind| self.set.rules.iter().any(|r| r.on.contains(kind));
        let events = self
            .events
            .iter()
            .filter(|(kind, _)| looks(**kind))
            .map(|(_, n)| n)
            .sum();
        Weights {
            threshold: self.threshold(&rules, events),
            rules,
            events,
            digest: self.set.digest.to_string(),
        }
    }

    fn threshold(&self, weights: &[Weight], events: u64) -> Option<(u64, u64)> {
        let mut reached: BTreeMap<u64, u64> = BTreeMap::new();
        for (rules, n) in &self.together {
            let mut families: BTreeMap<&str, u64> = BTreeMap::new();
            let mut sum = 0;
            for i in rules {
                let weight = weights[*i].weight.unwrap_or(0);
                match &self.set.rules[*i].family {
                    None => sum += weight,
                    Some(family) => {
                        let most = families.entry(family).or_insert(0);
                        *most = weight.max(*most);
                    }
                }
            }
            sum += families.values().sum::<u64>();
            *reached.entry(sum).or_insert(0) += n;
        }
        let highest = *reached.keys().next_back()?;
        let at_least = |sum: u64| reached.range(sum..).map(|(_, n)| n).sum::<u64>();
        let rare = |sum: &u64| at_least(*sum) * REACHED_BY_ONE_IN <= events;
        let sum = (1..=highest.max(1)).find(rare).unwrap_or(highest + 1);
        Some((sum, at_least(sum)))
    }
}

/// ⌊log₂(looked / fired)⌋ without fractions.
fn bits(looked: u64, fired: u64) -> Option<u64> {
    Some(u64::from(looked.checked_div(fired)?.checked_ilog2()?))
}

impl Weights {
    /// The proposed change: what each rule's `score` would be, with what it follows from.
    #[must_use]
    pub fn toml(&self) -> String {
        let mut out = format!(
            "# Scores by rarity alone: the whole part of log2(looked / fired). Weighed on {} events \
             with\n# {}.\n# A proposal: a rule that catches many honest customers is rare too where \
             such customers are.\n",
            self.events, self.digest
        );
        // Writing to a String cannot fail, here and below.
        for rule in &self.rules {
            match rule.weight {
                Some(weight) => {
                    let _ = writeln!(
                        out,
                        "\n[rule.{}]\nscore = {weight} # now {}; fired on {} of {} events",
                        rule.rule, rule.score, rule.fired, rule.looked
                    );
                }
                None => {
                    let _ = writeln!(
                        out,
                        "\n# {}: never fired on {} events, not weighed",
                        rule.rule, rule.looked
                    );
                }
            }
        }
        if let Some((at_least, events)) = self.threshold {
            let _ = writeln!(
                out,
                "\n[verdict]\nat_least = {at_least} # reached by {events} of {} events",
                self.events
            );
        }
        out
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|r| {
                json!({
                    "rule": r.rule, "score": r.score, "looked": r.looked, "fired": r.fired,
                    "weight": r.weight,
                })
            })
            .collect();
        json!({
            "ruleset": self.digest, "events": self.events, "rules": rules,
            "at_least": self.threshold.map(|(sum, _)| sum),
            "reached": self.threshold.map(|(_, n)| n),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_whole_bits_of_rarity() {
        assert_eq!(bits(1_000, 1_000), Some(0));
        assert_eq!(bits(1_000, 501), Some(0));
        assert_eq!(bits(1_000, 500), Some(1));
        assert_eq!(bits(1_000, 1), Some(9));
        assert_eq!(bits(1_024, 1), Some(10));
        assert_eq!(bits(1_000, 0), None);
        assert_eq!(bits(0, 0), None);
    }
}
