//! A crash at every step of a run, and what a second instance does.

use zhamen_pipeline::Fatal;

use crate::rig::{HOUR, Process, Rig};

/// A run with everything in it: records before and after an hour passes, snapshots between.
fn run(rig: &mut Rig) -> Result<(), Fatal> {
    let mut process = rig.start()?;
    for round in 0..20 {
        process.turn()?;
        match round {
            4 | 12 => rig.send(5),
            8 => rig.pass(2 * HOUR),
            _ if round % 3 == 2 => drop(process.snapshot()?),
            _ => {}
        }
    }
    Ok(())
}

fn rig(transactions: bool) -> Rig {
    let mut rig = Rig::new(transactions);
    rig.send(9);
    rig
}

#[test]
fn an_undisturbed_run_decides_everything_once_and_expires_what_is_due() {
    let mut rig = rig(true);
    run(&mut rig).expect("nothing stands in the way");
    let mut process = rig.finish();
    rig.pass(2 * HOUR);
    for _ in 0..4 {
        process.turn().expect("nothing stands in the way");
    }
    rig.check();
    let said = |what: &str| {
        let outputs = rig.broker.outputs();
        let count = outputs
            .iter()
            .filter(|p| String::from_utf8_lossy(&p.payload).contains(what));
        count.count()
    };
    assert!(
        said("\"alert\":") >= 1,
        "the second large transfer of a payer raises an alert"
    );
    assert!(said("hold.placed") >= 1, "and is delayed");
    assert_eq!(
        said("hold.placed"),
        said("hold.expired"),
        "an hour later a tick ends the delay"
    );
}

#[test]
fn a_crash_at_any_step_loses_and_repeats_nothing() {
    let mut steps = 0;
    for step in 1.. {
        let mut rig = rig(true);
        rig.broker.die_at(Some(step));
        if run(&mut rig).is_ok() {
            steps = step;
            break;
        }
        rig.broker.die_at(None);
        rig.finish();
        if let Some(what) = rig.broken() {
            panic!("death at step {step}: {what}");
        }
    }
    assert!(
        steps > 100,
        "only {steps} steps: the run does too little to prove anything"
    );
}

#[test]
fn a_second_crash_during_recovery_changes_nothing() {
    for (first, second) in [(20, 3), (40, 9), (60, 15), (80, 30), (90, 21), (100, 45)] {
        let mut rig = rig(true);
        rig.broker.die_at(Some(first));
        run(&mut rig).expect_err("it dies");
        rig.broker.die_at(Some(second));
        let again = rig
            .start()
            .and_then(|mut p| (0..20).try_for_each(|_| p.turn()));
        rig.broker.die_at(None);
        // The second death may come after all is done.
        drop(again);
        rig.finish();
        rig.check();
    }
}

#[test]
fn a_zombie_says_nothing_new_and_commits_nothing() {
    let mut rig = rig(true);
    let mut zombie = rig.start().expect("nothing stands in the way");
    for _ in 0..3 {
        zombie.turn().expect("it is alone");
    }
    rig.send(6);
    zombie
        .ingest()
        .expect("ingest of two instances is harmless");
    zombie
        .screen
        .turn(std::time::Duration::ZERO)
        .expect("decisions of two instances are harmless");

    let mut heir = rig.finish();
    assert_eq!(commit(&mut zombie), Err(Fatal::Fenced));
    heir.turn().expect("the heir does not notice");
    rig.check();
}

fn commit(process: &mut Process) -> Result<(), Fatal> {
    process
        .committer
        .turn(std::time::Duration::ZERO)
        .map(|_| ())
}

#[test]
fn without_transactions_nothing_is_lost_and_repeats_carry_the_same_bytes() {
    for step in (1..).step_by(7) {
        let mut rig = rig(false);
        rig.broker.die_at(Some(step));
        let done = run(&mut rig).is_ok();
        rig.broker.die_at(None);
        rig.finish();
        let mut outputs = rig.broker.outputs();
        let mut truth = rig.truth().outputs;
        outputs.sort_by(|a, b| a.payload.cmp(&b.payload));
        outputs.dedup();
        truth.sort_by(|a, b| a.payload.cmp(&b.payload));
        assert_eq!(outputs, truth, "death at step {step}");
        if done {
            break;
        }
    }
}

#[test]
fn a_progress_record_past_the_journal_or_of_another_one_stops_the_start() {
    let mut rig = rig(true);
    rig.finish();
    rig.options.journal.cluster = "elsewhere".to_owned();
    let refused = rig
        .start()
        .err()
        .expect("the progress is of another cluster");
    assert_eq!(refused.exit_code(), 78, "{refused}");
}

#[test]
fn a_rule_set_is_activated_once_changed_by_reload_and_kept_when_the_new_one_is_broken() {
    let mut rig = rig(true);
    let mut process = rig.finish();
    let first = rig.broker.progress().expect("committed").ruleset;
    assert_eq!(first, rig.options.activation.digest);

    let stricter =
        crate::rig::activation(&crate::rig::RULES.replace("big_out >= 2", "big_out >= 1"));
    rig.reload
        .send(stricter.clone())
        .expect("the process listens");
    for _ in 0..3 {
        process.turn().expect("nothing stands in the way");
    }
    assert_eq!(
        rig.broker.progress().expect("committed").ruleset,
        stricter.digest
    );

    let mut broken = crate::rig::activation("[[rule]]\nid = \"x\"\n");
    broken.policy = stricter.policy.clone();
    rig.reload.send(broken).expect("the process listens");
    let before = rig.broker.journal().len();
    for _ in 0..3 {
        process.turn().expect("a bad rule set is no reason to stop");
    }
    assert_eq!(
        rig.broker.journal().len(),
        before,
        "what fails its checks is not appended"
    );
    assert_eq!(
        rig.broker.progress().expect("committed").ruleset,
        stricter.digest
    );
    let report = rig.control.health.report();
    assert!(
        report
            .reasons
            .iter()
            .any(|r| r.contains("activation-refused")),
        "{:?}",
        report.reasons
    );

    // A restart with the set already in force appends nothing.
    rig.options.activation = stricter;
    let before = rig.broker.journal().len();
    rig.finish();
    let ticks_only = rig.broker.journal()[before..]
        .iter()
        .all(|(_, bytes)| bytes.len() < 100);
    assert!(ticks_only, "an activation was appended again");
    rig.check();
}
