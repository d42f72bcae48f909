//! kill -9, a zombie beside the living, a broker that dies and comes back: under load, nothing
//! missing, nothing extra, no alert twice.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use xtask::signal::{self, Signal};

use crate::client::{Decisions, Load, Reader};
use crate::end_to_end::LARGE;
use crate::rig::Rig;

/// Ends the load and checks what came out.
fn settle(rig: &Rig, load: Load) -> Decisions {
    let sent = load.stop();
    let brokers = rig.brokers();
    let mut decisions = Decisions::default();
    let reader = Reader::new(&brokers, &["bank.decisions.v1"], "read_uncommitted");
    decisions.until(&reader, sent);
    // What comes after the last one may only be repeats.
    for read in reader.all(0) {
        decisions.take(read);
    }
    assert_eq!(
        decisions.taken.len(),
        sent,
        "decisions that nobody asked for"
    );
    decisions.assert_dense();
    let large = sent.div_ceil(10);
    let topics = ["police.alerts.v1", "bank.holds.v1"];
    let others = Reader::new(&brokers, &topics, "read_committed");
    let mut alerts = BTreeSet::new();
    let mut holds = BTreeSet::new();
    for read in others.all(2 * large) {
        let json = read.json();
        let (name, set) = match read.topic.as_str() {
            "police.alerts.v1" => (&json["alert"], &mut alerts),
            _ => (&json["id"], &mut holds),
        };
        let name = name.as_str().expect("an id").to_owned();
        assert!(set.insert(name.clone()), "{name} was told twice");
    }
    assert_eq!(
        (alerts.len(), holds.len()),
        (large, large),
        "of {sent} transfers"
    );
    decisions
}

#[test]
fn killed_instances_lose_and_repeat_nothing() {
    let rig = Rig::new("killed", LARGE, "");
    let mut service = rig.start(0);
    let load = Load::start(&rig.brokers());
    for _ in 0..3 {
        sleep(Duration::from_millis(1_200));
        service.kill9();
        service = rig.start(0);
    }
    sleep(Duration::from_millis(500));
    settle(&rig, load);
    service.stop();
}

#[test]
fn two_instances_say_the_same_thing() {
    let rig = Rig::new("doubled", LARGE, "");
    let first = rig.start(0);
    let load = Load::start(&rig.brokers());
    sleep(Duration::from_millis(800));
    // The second takes over while the first is at work.
    let mut second = rig.launch(1);
    sleep(Duration::from_secs(3));
    first.kill9();
    second.wait_ready();
    sleep(Duration::from_millis(500));
    settle(&rig, load);
    second.stop();
}

#[test]
fn a_frozen_instance_that_wakes_up_changes_nothing() {
    let rig = Rig::new("zombie", LARGE, "");
    let mut first = rig.start(0);
    let load = Load::start(&rig.brokers());
    sleep(Duration::from_millis(800));
    signal::send(first.process.pid(), Signal::Stop).expect("the child is ours");
    let second = rig.start(1);
    sleep(Duration::from_millis(500));
    // It believes that it still is the one.
    signal::send(first.process.pid(), Signal::Cont).expect("the child is ours");
    sleep(Duration::from_secs(2));
    settle(&rig, load);
    // It either stands by or has ended, asking to be started again.
    if let Some(status) = first.process.exited().expect("ours") {
        assert_eq!(status.code(), Some(75), "{}", first.log());
    }
    first.kill9();
    second.stop();
}

#[test]
fn a_broker_that_dies_and_comes_back_costs_nothing() {
    let mut rig = Rig::new("broker", LARGE, "");
    let mut service = rig.start(0);
    let load = Load::start(&rig.brokers());
    sleep(Duration::from_millis(1_000));
    rig.broker.kill9().expect("the broker is ours");
    rig.broker.restart().expect("the broker comes back");
    sleep(Duration::from_millis(1_000));
    // Whether it lived through that or asked to be started again is its own choice.
    if service.process.exited().expect("ours").is_some() {
        service = rig.start(0);
    } else {
        service.wait_ready();
    }
    settle(&rig, load);
    service.stop();
}
