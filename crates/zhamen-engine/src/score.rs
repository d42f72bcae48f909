//! Scores: the sum over the rules that fired, and verdicts over it. Of one family only the highest
//! counts (PBoC: no single feature decides).

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::rule::{Rule, RuleSet, Verdict};
use crate::time::TimestampMs;

/// The sum of scores, families respected.
pub(crate) fn sum<'a>(scores: impl Iterator<Item = (i64, Option<&'a str>)>) -> i64 {
    let mut families: BTreeMap<&str, i64> = BTreeMap::new();
    let mut total: i64 = 0;
    for (score, family) in scores {
        match family {
            None => total = total.saturating_add(score),
            Some(f) => {
                let best = families.entry(f).or_insert(score);
                *best = score.max(*best);
            }
        }
    }
    families.values().fold(total, |t, s| t.saturating_add(*s))
}

/// Scores of rules that fired for a subject within the longest `over` of the set's verdicts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scores {
    hits: BTreeMap<CompactString, Vec<Hit>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Hit {
    rule: Arc<str>,
    at: TimestampMs,
    score: i64,
    family: Option<String>,
}

impl Scores {
    /// Notes a firing; nothing where no verdict looks over time.
    pub(crate) fn note(
        &mut self,
        rules: &RuleSet,
        rule: &Rule,
        subject: &CompactString,
        at: TimestampMs,
    ) {
        let Some(over) = rules.verdicts.iter().filter_map(|v| v.over_ms).max() else {
            return;
        };
        if rule.score == 0 {
            return;
        }
        let hits = self.hits.entry(subject.clone()).or_default();
        hits.retain(|h| h.at > at - over && (h.rule != rule.id || h.at > at));
        hits.push(Hit {
            rule: rule.id.clone(),
            at,
            score: rule.score,
            family: rule.family.clone(),
        });
    }

    /// The sum over a subject's rules within `over`, each rule once, with its newest firing.
    fn over(&self, subject: &CompactString, at: TimestampMs, over_ms: i64, fades: bool) -> i64 {
        let left = |h: &Hit| match fades {
            true => {
                let left = i128::from(over_ms - (at - h.at)) * i128::from(h.score);
                (left / i128::from(over_ms)) as i64
            }
            false => h.score,
        };
        let mut once: BTreeMap<&str, (TimestampMs, i64, Option<&str>)> = BTreeMap::new();
        for h in self
            .hits
            .get(subject)
            .into_iter()
            .flatten()
            .filter(|h| h.at > at - over_ms && h.at <= at)
        {
            let newest = once.entry(&h.rule).or_insert((h.at, 0, None));
            if h.at >= newest.0 {
                *newest = (h.at, left(h), h.family.as_deref());
            }
        }
        sum(once.into_values().map(|(_, score, family)| (score, family)))
    }

    /// The verdict that applies: the highest `at_least` reached.
    pub(crate) fn verdict<'r, 's>(
        &self,
        rules: &'r RuleSet,
        event_sum: i64,
        subjects: impl Iterator<Item = &'s CompactString> + Clone,
        at: TimestampMs,
    ) -> Option<(&'r Verdict, i64)> {
        let reached = |v: &'r Verdict| {
            let total = match v.over_ms {
                None => event_sum,
                Some(ms) => {
                    let sums = subjects.clone().map(|s| self.over(s, at, ms, v.fades));
                    sums.max()?
                }
            };
            (total >= v.at_least).then_some((v, total))
        };
        rules
            .verdicts
            .iter()
            .filter_map(reached)
            .max_by_key(|(v, _)| v.at_least)
    }

    /// Drops what no verdict can see any more.
    pub(crate) fn forget(&mut self, until: TimestampMs) {
        self.hits.retain(|_, hits| {
            hits.retain(|h| h.at > until);
            !hits.is_empty()
        });
    }
}
