//! Snapshots: what is refused, what is used instead, and that none runs ahead of the progress.

use std::fs;
use std::path::PathBuf;

use zhamen_pipeline::follower::Round;
use zhamen_pipeline::log::JournalId;
use zhamen_pipeline::snapshot::{Refused, Store};

use crate::rig::{Rig, journal};

/// A run that leaves two snapshots.
fn two_snapshots() -> (Rig, Store, Vec<PathBuf>) {
    let mut rig = Rig::new(true);
    rig.send(4);
    let mut process = rig.finish();
    assert!(matches!(process.snapshot(), Ok(Round::Written(_))));
    rig.send(4);
    for _ in 0..6 {
        process.turn().expect("nothing stands in the way");
    }
    assert!(matches!(process.snapshot(), Ok(Round::Written(_))));
    assert_eq!(process.snapshot(), Ok(Round::NothingNew));
    let dir = rig.options.snapshots.clone().expect("configured").dir;
    let store = Store::open(&dir, journal(), 3).expect("the directory is there");
    let mut files: Vec<PathBuf> = fs::read_dir(&dir)
        .expect("the directory is there")
        .map(|f| f.expect("readable").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 2);
    (rig, store, files)
}

fn newest(store: &Store) -> (Option<i64>, Vec<Refused>) {
    let mut refused = Vec::new();
    let fold = store
        .newest(i64::MAX, &mut |_, why| refused.push(why.clone()))
        .expect("the directory is readable");
    (fold.map(|f| f.engine().next_offset()), refused)
}

#[test]
fn a_snapshot_restores_to_the_offset_and_hash_of_a_progress_record() {
    let (rig, store, files) = two_snapshots();
    let fold = store.read(&files[1]).expect("just written");
    assert_eq!(rig.broker.progress(), Some(fold.progress(&journal())));
    rig.finish();
    rig.check();
}

#[test]
fn a_damaged_snapshot_is_refused_at_every_byte_and_the_older_one_used() {
    let (rig, store, files) = two_snapshots();
    let good = fs::read(&files[1]).expect("readable");
    let older = store.read(&files[0]).expect("whole").engine().next_offset();
    for at in (0..good.len()).step_by(good.len() / 97 + 1) {
        let mut bad = good.clone();
        bad[at] ^= 0x40;
        fs::write(&files[1], &bad).expect("writable");
        let (offset, refused) = newest(&store);
        assert_eq!(offset, Some(older), "byte {at}");
        assert_eq!(refused.len(), 1, "byte {at}");
    }
    for length in [0, 7, 20, good.len() / 2, good.len() - 1] {
        fs::write(&files[1], &good[..length]).expect("writable");
        assert_eq!(newest(&store).0, Some(older), "cut to {length} bytes");
    }
    rig.finish();
    rig.check();
    let report = rig.control.health.report();
    assert!(
        report
            .reasons
            .iter()
            .any(|r| r.contains("snapshot-refused")),
        "{:?}",
        report.reasons
    );
}

#[test]
fn a_newer_layout_is_refused_by_its_version() {
    let (_rig, store, files) = two_snapshots();
    let mut newer = fs::read(&files[1]).expect("readable");
    newer[8] = 9;
    fs::write(&files[1], &newer).expect("writable");
    assert_eq!(store.read(&files[1]).err(), Some(Refused::Newer(9)));
    assert!(newest(&store).0.is_some(), "the older one serves");
}

#[test]
fn a_snapshot_of_another_cluster_or_shard_is_refused() {
    let (rig, _, files) = two_snapshots();
    let dir = rig.options.snapshots.clone().expect("configured").dir;
    for other in [
        JournalId {
            cluster: "other".to_owned(),
            ..journal()
        },
        JournalId {
            topic: "other".to_owned(),
            ..journal()
        },
        JournalId {
            partition: 1,
            ..journal()
        },
    ] {
        let store = Store::open(&dir, other, 3).expect("the directory is there");
        let refused = store.read(&files[1]).err();
        assert!(matches!(refused, Some(Refused::Foreign(_))), "{refused:?}");
    }
}

#[test]
fn with_no_snapshot_left_the_journal_is_folded_from_its_start() {
    let (rig, _, files) = two_snapshots();
    for file in &files {
        fs::remove_file(file).expect("removable");
    }
    rig.finish();
    rig.check();
}

#[test]
fn a_snapshot_ahead_of_the_progress_record_is_never_used() {
    let (mut rig, store, files) = two_snapshots();
    let ahead = fs::read(&files[1]).expect("readable");
    // The same records on a fresh broker: the journal is shorter than the snapshot says.
    let dir = rig.options.snapshots.clone().expect("configured").dir;
    rig.send(1);
    let mut fresh = Rig::new(true);
    fresh.options.snapshots = rig.options.snapshots.clone();
    fs::remove_file(&files[0]).expect("removable");
    fs::write(&files[1], ahead).expect("writable");
    fresh.send(2);
    fresh.finish();
    fresh.check();
    assert_eq!(
        newest(&store).0,
        None,
        "it was removed from {}",
        dir.display()
    );
}

#[test]
fn leftovers_of_an_interrupted_write_are_cleared_away() {
    let (rig, _, _) = two_snapshots();
    let dir = rig.options.snapshots.clone().expect("configured").dir;
    let leftover = dir.join("shard-0-00000000000000000099.snapshot.tmp");
    fs::write(&leftover, b"half").expect("writable");
    Store::open(&dir, journal(), 3).expect("the directory is there");
    assert!(!leftover.exists());
}
