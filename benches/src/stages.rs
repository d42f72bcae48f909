//! The bodies that criterion times, one for each stage of an event's way. Each takes a batch, so
//! that one call is long enough to time, and returns something that depends on all of its work.

use zhamen_engine::Engine;
use zhamen_engine::entry::Body;
use zhamen_engine::output::{Decision, Output};
use zhamen_wire::journal::{self, JournalEntry};
use zhamen_wire::{Checker, json};

use crate::workload::{OwnedBlock, Raw};

/// Bytes to checked events; returns how many were accepted.
pub fn decode(checker: &Checker, raw: &[Raw]) -> usize {
    let accepted = |r: &&Raw| matches!(checker.check(&r.record()), Body::Event(_));
    raw.iter().filter(accepted).count()
}

/// One journal record through the fold; returns how many outputs it led to.
pub fn step(engine: &mut Engine, block: &OwnedBlock, out: &mut Vec<Output>) -> usize {
    out.clear();
    engine.step(&block.block(), out);
    out.len()
}

/// Decisions to the contract's JSON; returns the bytes written.
pub fn encode(decisions: &[Decision], buffer: &mut Vec<u8>) -> usize {
    let mut bytes = 0;
    for decision in decisions {
        buffer.clear();
        json::decision(decision, buffer);
        bytes += buffer.len();
    }
    bytes
}

/// Entries to a journal record; returns its bytes.
#[must_use]
pub fn journal_encode(entries: &[JournalEntry]) -> Vec<u8> {
    journal::encode(entries)
}

/// A journal record to its entries; returns how many.
#[must_use]
pub fn journal_decode(bytes: &[u8]) -> usize {
    journal::decode(bytes).map_or(0, |entries| entries.len())
}

/// The decisions among outputs.
#[must_use]
pub fn decisions(out: &[Output]) -> Vec<Decision> {
    let decision = |output: &Output| match output {
        Output::Decision(decision) => Some(decision.clone()),
        _ => None,
    };
    out.iter().filter_map(decision).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack;
    use crate::workload::{Workload, checker};

    /// Every body once, small: what criterion times does what it says.
    #[test]
    fn every_body_does_its_work() {
        let mut workload = Workload::new(200);
        let raw: Vec<Raw> = (0..64).map(|_| workload.raw()).collect();
        assert_eq!(decode(&checker(), &raw), 64);

        let mut engine = Engine::new(0);
        let mut out = Vec::new();
        let rules = pack::standard().expect("the standard pack compiles");
        step(&mut engine, &workload.activate(rules), &mut out);
        let mut outputs = 0;
        let mut decided = Vec::new();
        for _ in 0..200 {
            outputs += step(&mut engine, &workload.block(32), &mut out);
            decided.extend(decisions(&out));
        }
        assert_eq!(decided.len(), 200 * 32);
        assert!(outputs > decided.len(), "the town's cases raise no alert");

        let mut buffer = Vec::new();
        assert!(encode(&decided, &mut buffer) > decided.len() * 300);

        let entries = workload.block(32).stored();
        let bytes = journal_encode(&entries);
        assert_eq!(journal_decode(&bytes), 32);
    }

    /// The same town gives the same fold: figures of two runs are of the same work.
    #[test]
    fn the_workload_is_the_same_every_time() {
        let fold = || {
            let mut workload = Workload::new(200);
            let mut engine = Engine::new(0);
            let mut out = Vec::new();
            let rules = pack::standard().expect("the standard pack compiles");
            step(&mut engine, &workload.activate(rules), &mut out);
            for _ in 0..50 {
                step(&mut engine, &workload.block(32), &mut out);
            }
            engine.state_hash()
        };
        assert_eq!(fold(), fold());
    }
}
