//! The real threads, started and stopped in order.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use zhamen_pipeline::{Fatal, run};

use crate::rig::Rig;

/// Waits for a condition that another thread brings about.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_process_runs_stops_in_order_and_leaves_a_snapshot_of_where_it_stopped() {
    let mut rig = Rig::new(true);
    rig.send(50);
    let (logs, options, control) = (rig.broker.logs(), rig.options.clone(), rig.control.clone());
    let running = std::thread::spawn(move || run(logs, options, control));
    until("all records to be ingested", || {
        rig.broker.inputs_committed()
    });
    until("the report to say ready", || {
        rig.control.health.report().ready
    });
    rig.control.stop.store(true, Ordering::Relaxed);
    assert_eq!(running.join().expect("no panic"), Ok(()));
    rig.check();

    let snapshots = rig.options.snapshots.clone().expect("configured");
    let store = zhamen_pipeline::snapshot::Store::open(&snapshots.dir, crate::rig::journal(), 3)
        .expect("the directory is there");
    assert_eq!(
        store.newest_offset().expect("readable"),
        rig.broker.progress().map(|p| p.next_offset)
    );
    let text = rig.control.metrics.text();
    assert!(
        text.contains("zhamen_dead_letters_total{code=\"SYNTAX\"} 10"),
        "{text}"
    );
    assert!(
        text.contains("zhamen_rules_fired_total{mode=\"enforce\",rule=\"large-pair\"}"),
        "{text}"
    );
}

#[test]
fn the_first_cause_of_a_failure_is_what_run_returns() {
    let mut rig = Rig::new(true);
    rig.send(5);
    let (logs, options, control) = (rig.broker.logs(), rig.options.clone(), rig.control.clone());
    let running = std::thread::spawn(move || run(logs, options, control));
    until("the first commit", || rig.broker.progress().is_some());
    rig.broker.kill();
    let ended = running.join().expect("no panic");
    assert!(matches!(ended, Err(Fatal::Broker { .. })), "{ended:?}");
    assert_eq!(ended.map_err(|f| f.exit_code()), Err(75));
}

#[test]
fn a_rule_set_that_does_not_compile_is_a_matter_for_a_person() {
    let mut rig = Rig::new(true);
    rig.options.activation = crate::rig::activation("[[rule]]\nid = \"x\"\n");
    let ended = run(rig.broker.logs(), rig.options.clone(), rig.control.clone());
    assert_eq!(ended.map_err(|f| f.exit_code()), Err(78));
}
