//! What ingest does with records: blocks, dead letters, bounds.

use std::time::Duration;

use zhamen_pipeline::InputTopic;
use zhamen_wire::journal::{JournalEntry, decode};

use crate::rig::Rig;

fn entries(rig: &Rig) -> Vec<usize> {
    rig.broker
        .journal()
        .iter()
        .filter_map(|(_, bytes)| {
            let entries = decode(bytes).expect("we wrote it");
            let records = entries
                .iter()
                .filter(|e| matches!(e, JournalEntry::Record(_)))
                .count();
            (records > 0).then_some(records)
        })
        .collect()
}

#[test]
fn what_is_ready_goes_into_one_block_up_to_the_bound() {
    let mut rig = Rig::new(true);
    rig.options.ingest.block_entries = 4;
    rig.send(10);
    rig.finish();
    assert_eq!(entries(&rig), [4, 4, 2]);
    rig.check();
}

#[test]
fn a_block_too_large_for_the_journal_becomes_several() {
    let mut rig = Rig::new(true);
    rig.options.ingest.block_entries = 8;
    rig.options.ingest.journal_bytes = 300;
    rig.send(8);
    rig.finish();
    assert!(entries(&rig).len() > 2, "{:?}", entries(&rig));
    assert_eq!(entries(&rig).iter().sum::<usize>(), 8);
    rig.check();
}

#[test]
fn a_broken_record_becomes_a_dead_letter_with_its_bytes_and_a_decision() {
    let mut rig = Rig::new(true);
    rig.send(5);
    rig.finish();
    rig.check();
    let dead: Vec<_> = rig
        .broker
        .published()
        .into_iter()
        .filter(|r| r.topic == rig.options.topics.dead_letters)
        .collect();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].payload.as_deref(), Some(&b"{\"type\":"[..]));
    assert_eq!(dead[0].key.as_deref(), Some(&b"k"[..]));
    let message = dead[0]
        .headers
        .iter()
        .find(|(name, _)| name == "__connect.errors.exception.message")
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    assert!(message.is_some_and(|m| m.starts_with("SYNTAX")));
}

#[test]
fn nothing_is_read_while_too_many_blocks_are_in_flight() {
    let mut rig = Rig::new(true);
    rig.options.ingest.block_entries = 1;
    rig.options.ingest.in_flight = 1;
    let mut process = rig.finish();
    for n in 0..5 {
        let (event, key) = crate::rig::transfer(100 + n, 1, 1, rig.broker.time());
        rig.broker
            .produce(InputTopic::Accounts, 0, Some(key.as_bytes()), &event);
    }
    let before = rig.broker.journal().len();
    process.ingest.turn(Duration::ZERO).expect("alive");
    assert_eq!(
        rig.broker.journal().len(),
        before,
        "handed over, not acknowledged"
    );
    process.ingest.turn(Duration::ZERO).expect("alive");
    assert!(rig.broker.journal().len() <= before + 1, "one at a time");
}
