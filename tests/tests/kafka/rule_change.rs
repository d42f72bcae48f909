//! Other rules under load: from one place in the journal on, for everything after it; bad ones
//! change nothing.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::client::{Decisions, Load, Reader};
use crate::end_to_end::LARGE;
use crate::rig::{PATIENCE, Rig};

#[test]
fn a_rule_set_changes_at_one_offset_and_a_bad_one_not_at_all() {
    let rig = Rig::new("rule-change", LARGE, "");
    let service = rig.start(0);
    let load = Load::start(&rig.brokers());
    sleep(Duration::from_millis(800));

    rig.set_rules(&LARGE.replace("50_000", "fifty"));
    service.hup();
    let deadline = Instant::now() + PATIENCE;
    while service
        .get("/readyz")
        .is_none_or(|(_, body)| !body.contains("reload"))
    {
        assert!(Instant::now() < deadline, "no alarm:\n{}", service.log());
        sleep(Duration::from_millis(50));
    }
    sleep(Duration::from_millis(500));
    rig.set_rules(&LARGE.replace("action = \"delay\"", "action = \"verify\""));
    service.hup();
    sleep(Duration::from_millis(1_500));

    let sent = load.stop();
    let reader = Reader::new(&rig.brokers(), &["bank.decisions.v1"], "read_uncommitted");
    let mut decisions = Decisions::default();
    decisions.until(&reader, sent);
    decisions.assert_dense();
    let mut all = decisions.order;
    all.sort_by_key(|d| {
        (
            d["coordinates"]["offset"].as_i64(),
            d["coordinates"]["index"].as_i64(),
        )
    });
    let mut sets: Vec<String> = Vec::new();
    for d in &all {
        let set = d["ruleset"].as_str().expect("a digest");
        if sets.last().is_none_or(|last| last != set) {
            sets.push(set.to_owned());
        }
        let large = d["fired"].as_array().is_some_and(|f| !f.is_empty());
        let action = if sets.len() == 1 { "delay" } else { "verify" };
        assert_eq!(d["decision"], if large { action } else { "allow" }, "{d}");
    }
    assert_eq!(sets.len(), 2, "the set changes once: {sets:?}");
    service.stop();
}
