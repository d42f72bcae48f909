//! What must be true once the events of a round are through, whatever was done to the service.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::decisions::Decisions;
use super::feeder::Taken;
use super::oracle::Oracle;
use super::outputs::Outputs;

/// Events are waited for as long as things move; this long without any movement is the end.
const STALLED: Duration = Duration::from_secs(40);

/// Who watches.
pub struct Witnesses {
    /// The bank.
    pub decisions: Decisions,
    /// The stations.
    pub outputs: Outputs,
    /// The undisturbed fold.
    pub oracle: Oracle,
    brokers: String,
}

/// Totals since the start.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Totals {
    pub events: u64,
    pub decisions: u64,
    pub repeats: u64,
    pub missing: u64,
    pub extra: u64,
    pub outputs: u64,
    pub duplicates: u64,
    pub journal: i64,
}

impl Witnesses {
    /// Before anything happened.
    pub fn new(brokers: &str, decisions: Decisions) -> Result<Witnesses> {
        Ok(Witnesses {
            decisions,
            outputs: Outputs::start(brokers)?,
            oracle: Oracle::new(brokers)?,
            brokers: brokers.to_owned(),
        })
    }

    /// Waits until all that the broker has taken is decided and covered by progress, compares it
    /// with the undisturbed fold, and says what is wrong.
    pub fn judge(&mut self, taken: &Taken) -> Result<(Totals, Vec<String>)> {
        let mut findings = Vec::new();
        let events: u64 = taken.values().map(|end| *end as u64).sum();
        let decided = || self.decisions.state().taken;
        let through = wait(decided, || {
            self.decisions.state().missing_and_extra(taken).0 == 0
        });
        let (missing, extra) = self.decisions.state().missing_and_extra(taken);
        if !through {
            findings.push(format!("{missing} of {events} events have no decision"));
        }
        if extra > 0 {
            findings.push(format!("{extra} decisions too many"));
        }
        let last = self.decisions.state().journal;
        let newest = || self.outputs.state().newest.clone();
        let reached = || newest().map(|p| p.next_offset);
        let covered = wait(reached, || newest().is_some_and(|p| p.next_offset > last));
        if !covered {
            findings.push(format!("progress does not get past journal offset {last}"));
        }
        let Some(progress) = newest() else {
            findings.push("there is no progress record".to_owned());
            return Ok((self.totals(events, missing, extra), findings));
        };
        self.oracle.fold_to(progress.next_offset)?;
        self.compare(&mut findings);
        findings.append(&mut self.decisions.state().findings);
        findings.append(&mut self.outputs.state().findings);
        Ok((self.totals(events, missing, extra), findings))
    }

    /// After the service has ended: nothing may have been published that the journal does not say.
    pub fn judge_the_rest(&mut self) -> Result<Vec<String>> {
        // Whatever the readers have not read yet, they read in this time.
        std::thread::sleep(Duration::from_secs(1));
        let mut findings = Vec::new();
        if let Some(progress) = self.outputs.state().newest.clone() {
            self.oracle.fold_to(progress.next_offset)?;
        }
        self.compare(&mut findings);
        for ((topic, partition), waiting) in &self.outputs.state().waiting {
            if !waiting.is_empty() {
                let more = waiting.len();
                findings.push(format!(
                    "{topic} {partition}: {more} records more than the journal says"
                ));
            }
        }
        findings.append(&mut self.decisions.state().findings);
        findings.append(&mut self.outputs.state().findings);
        Ok(findings)
    }

    /// Bootstrap servers, for more readers.
    #[must_use]
    pub fn brokers(&self) -> &str {
        &self.brokers
    }

    fn compare(&mut self, findings: &mut Vec<String>) {
        for (lane, expected) in self.oracle.decisions.iter_mut().enumerate() {
            self.decisions.state().compare(lane, expected);
            if !expected.is_empty() {
                let lost = expected.len();
                findings.push(format!(
                    "decisions {lane}: {lost} decisions before the progress record are not there"
                ));
                expected.clear();
            }
        }
        for (place, expected) in &mut self.oracle.outputs {
            let read = || {
                self.outputs
                    .state()
                    .waiting
                    .get(place)
                    .map_or(0, VecDeque::len)
            };
            let all_there = wait(read, || read() >= expected.len());
            self.outputs.state().compare(*place, expected);
            if !all_there {
                let lost = expected.len();
                findings.push(format!(
                    "{} {}: {lost} records before the progress record are not there",
                    place.0, place.1
                ));
                expected.clear();
            }
        }
        let mut outputs = self.outputs.state();
        while let Some(progress) = outputs.progress.front() {
            let Some((sequences, hash)) = self.oracle.marks.get(&progress.next_offset) else {
                // Newer than what was folded: it waits.
                break;
            };
            let at = progress.next_offset;
            if *sequences != progress.sequences {
                findings.push(format!(
                    "progress at {at}: sequences {:?}, the undisturbed fold has {sequences:?}",
                    progress.sequences
                ));
            }
            if *hash != progress.state_hash {
                findings.push(format!(
                    "progress at {at}: state hash {}, the undisturbed fold has {hash}",
                    progress.state_hash
                ));
            }
            outputs.progress.pop_front();
        }
        let keep = outputs.progress.front().map_or(i64::MAX, |p| p.next_offset);
        let newest = self.oracle.marks.last_key_value().map_or(0, |(at, _)| *at);
        self.oracle.marks.retain(|at, _| *at >= keep.min(newest));
    }

    fn totals(&self, events: u64, missing: u64, extra: u64) -> Totals {
        let (decisions, outputs) = (self.decisions.state(), self.outputs.state());
        Totals {
            events,
            decisions: decisions.taken,
            repeats: decisions.repeats,
            missing,
            extra,
            outputs: outputs.count,
            duplicates: outputs.duplicates,
            journal: decisions.journal,
        }
    }
}

/// Whether the condition came true before everything stood still.
fn wait<T: PartialEq>(moves: impl Fn() -> T, condition: impl Fn() -> bool) -> bool {
    let mut last = (moves(), Instant::now());
    while !condition() {
        let now = moves();
        if now != last.0 {
            last = (now, Instant::now());
        }
        if last.1.elapsed() > STALLED {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}
