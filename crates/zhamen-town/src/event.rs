//! What the town hands out, and what it is asked for.

use crate::CaseKind;

/// Which town to simulate. Equal options give equal streams, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownOptions {
    /// Any number; different seeds give different people, accounts and events.
    pub seed: u64,
    /// Accounts in ordinary use, firms included; held between 100 and 80 million. Costs no memory.
    pub accounts: u32,
    /// Unix milliseconds of the first event.
    pub start_ms: i64,
    /// The simulated rate of business: how densely `occurred_at` is filled. 0 is taken as 1.
    pub events_per_second: u32,
    /// Whether suspicious cases are planted among the ordinary business.
    pub cases: bool,
}

impl Default for TownOptions {
    /// Seed 1, 10,000 accounts, from 2026-11-24T09:00:00+08:00, 200 events/s, with cases.
    fn default() -> TownOptions {
        TownOptions {
            seed: 1,
            accounts: 10_000,
            start_ms: 1_795_482_000_000,
            events_per_second: 200,
            cases: true,
        }
    }
}

/// One record for an input topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TownEvent {
    /// The contract's default topic name.
    pub topic: &'static str,
    /// The Kafka key the contract asks for on this topic.
    pub key: String,
    /// One JSON object on one line, without a newline.
    pub value: String,
    /// `occurred_at` of the value, Unix milliseconds.
    pub occurred_at_ms: i64,
    /// The planted case it belongs to. Exact duplicates bear none.
    pub case: Option<CaseKind>,
}
