//! What an activation means for each type of event, worked out once.

use crate::entry::Activation;
use crate::event::{EventKind, Field, KindSet};
use crate::rule::{Read, Rule, RuleSet, Series};
use crate::series;
use crate::streams::{self, Layout};
use crate::time::{TimestampMs, WorkingDays};

/// Rules and series by event type, and the calendar laid out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) rules_by_kind: Vec<Vec<u16>>,
    pub(crate) series_by_kind: Vec<Vec<u16>>,
    /// By rule, the series that count its hits; empty where no series counts hits.
    pub(crate) hits: Vec<Vec<u16>>,
    pub(crate) calendar: WorkingDays,
    /// What is counted where.
    pub(crate) layouts: Vec<Layout>,
    /// By series, its stream and which member it is there.
    pub(crate) places: Vec<(usize, usize)>,
    /// Keys that windows are read by: the stream and the fields of the judged event.
    pub(crate) lookups: Vec<(usize, Vec<Field>)>,
    /// By window, which of the look-ups it needs.
    pub(crate) lookup_of: Vec<usize>,
    /// By type of event, the texts that are looked up.
    pub(crate) fields_by_kind: Vec<Vec<Field>>,
    /// By type of event, the keys that are looked up, counted or judged.
    pub(crate) keys_by_kind: Vec<Vec<(usize, Vec<Field>)>>,
    /// How long a key of each stream is kept after its last event was counted.
    kept_for: Vec<Option<i64>>,
}

impl Plan {
    /// Keys of a stream not touched since are forgotten.
    pub(crate) fn forgotten(&self, stream: usize, clock: TimestampMs) -> TimestampMs {
        self.kept_for[stream].map_or(TimestampMs::MIN, |ms| clock.saturating_sub(ms))
    }
}

/// Types of event that are counted as they come.
fn counted(s: &Series) -> KindSet {
    match s.hits_of {
        Some(_) => KindSet::default(),
        None => s.on,
    }
}

fn hits(rules: &RuleSet) -> Vec<Vec<u16>> {
    if rules.series.iter().all(|s| s.hits_of.is_none()) {
        return Vec::new();
    }
    let of = |rule: &Rule| {
        let counts = |i: &u16| {
            let s = &rules.series[usize::from(*i)];
            // Without event types nobody reads it: a part of a set under test.
            !s.on.is_empty() && s.hits_of.as_ref() == Some(&rule.id)
        };
        (0..rules.series.len() as u16).filter(counts).collect()
    };
    rules.rules.iter().map(of).collect()
}

impl Plan {
    pub(crate) fn new(activation: &Activation) -> Plan {
        let (rules, policy) = (&activation.rules, &activation.policy);
        let by_kind = |sets: Vec<KindSet>| {
            EventKind::ALL
                .iter()
                .map(|k| {
                    (0..sets.len() as u16)
                        .filter(|i| sets[usize::from(*i)].contains(*k))
                        .collect()
                })
                .collect()
        };
        let layouts = streams::layouts(rules);
        let place = |series: usize| {
            let mut streams = layouts.iter().enumerate();
            streams
                .find_map(|(i, l)| Some((i, l.member_of(series as u16)?)))
                .expect("every series is in a stream")
        };
        let places: Vec<(usize, usize)> = (0..rules.series.len()).map(place).collect();
        let mut lookups = Vec::new();
        let mut lookup_of = Vec::new();
        for w in &rules.windows {
            let lookup = (places[usize::from(w.series)].0, w.by.clone());
            let known = lookups.iter().position(|l| *l == lookup);
            lookup_of.push(known.unwrap_or(lookups.len()));
            if known.is_none() {
                lookups.push(lookup);
            }
        }
        let keys_by_kind: Vec<_> = EventKind::ALL
            .iter()
            .map(|kind| keys_of(*kind, rules, &layouts, &lookups, &lookup_of))
            .collect();
        let kept_for = |l: &Layout| {
            let each = l
                .members
                .iter()
                .map(|m| series::kept_for(m.reach, policy.lateness_ms, policy.dedupe_horizon_ms));
            each.collect::<Option<Vec<i64>>>()?.into_iter().max()
        };
        Plan {
            rules_by_kind: by_kind(rules.rules.iter().map(|r| r.on).collect()),
            series_by_kind: by_kind(rules.series.iter().map(counted).collect()),
            hits: hits(rules),
            calendar: WorkingDays::new(&activation.policy.calendar),
            kept_for: layouts.iter().map(kept_for).collect(),
            layouts,
            places,
            lookups,
            lookup_of,
            fields_by_kind: EventKind::ALL
                .iter()
                .zip(&keys_by_kind)
                .map(|(kind, keys)| fields_of(*kind, keys))
                .collect(),
            keys_by_kind,
        }
    }
}

/// Keys that an event of this type is counted by, and those that its rules' windows are read by.
fn keys_of(
    kind: EventKind,
    rules: &RuleSet,
    layouts: &[Layout],
    lookups: &[(usize, Vec<Field>)],
    lookup_of: &[usize],
) -> Vec<(usize, Vec<Field>)> {
    let counted = layouts.iter().enumerate().filter(|(_, l)| l.counts(kind));
    let mut keys: Vec<(usize, Vec<Field>)> = counted.map(|(i, l)| (i, l.by.clone())).collect();
    let judged = rules.rules.iter().filter(|r| r.on.contains(kind));
    for read in judged.flat_map(|r| &r.reads) {
        let Read::Window(id, _) = read else { continue };
        let key = &lookups[lookup_of[usize::from(*id)]];
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

/// Texts of an event of this type that are looked up: those of keys, and of accounts and holders.
fn fields_of(kind: EventKind, keys: &[(usize, Vec<Field>)]) -> Vec<Field> {
    use Field as F;
    let own = [
        F::PayerAccount,
        F::PayeeAccount,
        F::PayerHolder,
        F::HolderId,
    ];
    let own = own.into_iter().filter(|f| f.is_on(kind));
    let mut fields: Vec<Field> = keys
        .iter()
        .flat_map(|(_, by)| by)
        .copied()
        .chain(own)
        .collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}
