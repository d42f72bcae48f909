//! What the fuzz bodies start from: the committed corpus under `fuzz/corpus/`, and files that other
//! tests have anyway, so that there is one copy of each.

use std::fs;
use std::path::{Path, PathBuf};

use zhamen_engine::entry::{Body, Headers, Input, Record};
use zhamen_engine::event::InputTopic;
use zhamen_wire::journal::{self, ActivationText, JournalEntry};
use zhamen_wire::{Checker, CheckerOptions, RawRecord};

use crate::bad_inputs;

/// Longer ones are too slow to change a thousand times.
const BYTES_MAX: usize = 12_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All seeds of a target, in the same order everywhere.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = files(&root().join("fuzz/corpus").join(target));
    match target {
        "rules" => {
            for dir in [
                "configs/rules",
                "configs/rules/peers",
                "crates/zhamen-rules/tests/data",
                "crates/zhamen-rules/tests/data/constructs",
                "crates/zhamen-rules/tests/data/bad",
            ] {
                let all = files(&root().join(dir));
                seeds.extend(all.iter().flat_map(|f| rules_of(f)));
            }
        }
        "line" => {
            let cases = crate::conformance::cases();
            seeds.extend(cases.into_iter().map(|c| c.line.into_bytes()));
        }
        "record" => seeds.extend(records()),
        "journal" => seeds.extend(journals()),
        _ => {}
    }
    seeds.retain(|s| s.len() <= BYTES_MAX);
    seeds
}

/// The files of a directory by name.
fn files(dir: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = dir.read_dir() else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.is_file())
        .filter(|p| !p.extension().is_some_and(|e| e == "md" || e == "txt"))
        .collect();
    paths.sort();
    paths.iter().filter_map(|p| fs::read(p).ok()).collect()
}

/// Each block of a rule file for itself: small enough to be changed often.
fn rules_of(file: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(file);
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines() {
        let begins = ["[[rule]]", "[[verdict]]", "[[list]]"].contains(&line.trim());
        if begins || blocks.is_empty() {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks.into_iter().map(String::into_bytes).collect()
}

/// The catalogue of bad input and its controls, headed as the body reads it.
fn records() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for record in bad_inputs::cases().iter().flat_map(|c| &c.records) {
        let Some(payload) = &record.payload else {
            continue;
        };
        let topic = InputTopic::ALL.iter().position(|t| *t == record.topic);
        let mut seed = vec![topic.unwrap_or(0) as u8];
        if let Some(key) = record.key.as_ref().filter(|k| k.len() < 256) {
            seed[0] |= 0x80;
            seed.push(key.len() as u8);
            seed.extend_from_slice(key);
        }
        seed.extend_from_slice(payload);
        seeds.push(seed);
    }
    seeds
}

/// Journal records of every kind of entry, whole and without their heads.
fn journals() -> Vec<Vec<u8>> {
    let checker = Checker::new(CheckerOptions {
        pseudonym_key: b"a key for tests".to_vec(),
        ..CheckerOptions::default()
    });
    let cases = bad_inputs::cases();
    let mut entries: Vec<JournalEntry> = cases
        .iter()
        .flat_map(|c| &c.records)
        .filter(|r| r.payload.as_ref().is_some_and(|p| p.len() < 4_096))
        .step_by(9)
        .map(|r| {
            let raw = RawRecord {
                topic: r.topic,
                key: r.key.as_deref(),
                headers: &[],
                payload: r.payload.as_deref(),
            };
            JournalEntry::Record(Record {
                input: Input {
                    topic: r.topic.name().into(),
                    partition: 1,
                    offset: 300,
                },
                key: r.key.clone(),
                key_hash: 7,
                headers: Headers::default(),
                body: match checker.check(&raw) {
                    Body::Event(e) => Body::Event(e),
                    Body::Rejected(r) => Body::Rejected(r),
                },
            })
        })
        .collect();
    entries.push(JournalEntry::Tick);
    entries.push(JournalEntry::Activate(ActivationText::default()));
    let mut seeds: Vec<Vec<u8>> = entries
        .chunks(3)
        .map(journal::encode)
        .flat_map(|whole| [whole[8..].to_vec(), whole])
        .collect();
    seeds.push(journal::encode(&[]));
    seeds
}
