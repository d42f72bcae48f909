//! The planted defects are noticed by the same checks. Without the feature there are none.

#[cfg(feature = "planted-defects")]
mod planted {
    use std::time::Duration;

    use zhamen_pipeline::faults::Faults;

    use crate::rig::Rig;

    /// Whether some death of a process with this defect breaks a promise.
    fn is_noticed(faults: Faults, prepare: impl Fn(&mut Rig)) -> bool {
        (1..400).any(|step| {
            let mut rig = Rig::new(true);
            rig.options.faults = faults;
            prepare(&mut rig);
            rig.send(6);
            rig.broker.die_at(Some(step));
            let life = rig.start().and_then(|mut process| {
                for round in 0..10 {
                    process.turn()?;
                    if round % 2 == 1 {
                        process.snapshot()?;
                    }
                }
                Ok(())
            });
            rig.broker.die_at(None);
            drop(life);
            rig.broker.kill();
            rig.options.commit.every = Duration::ZERO;
            rig.finish();
            rig.broken().is_some()
        })
    }

    #[test]
    fn input_offsets_committed_before_the_append_is_acknowledged() {
        let faults = Faults {
            commit_before_ack: true,
            ..Faults::default()
        };
        assert!(is_noticed(faults, |_| {}));
    }

    #[test]
    fn progress_committed_before_its_decisions_are_acknowledged() {
        let faults = Faults {
            progress_ahead_of_decisions: true,
            ..Faults::default()
        };
        assert!(is_noticed(faults, |_| {}));
    }

    #[test]
    fn a_snapshot_ahead_of_the_progress_record() {
        let faults = Faults {
            snapshot_ahead_of_progress: true,
            ..Faults::default()
        };
        assert!(is_noticed(faults, |rig| {
            rig.options.commit.every = Duration::from_secs(3600);
        }));
    }

    #[test]
    fn a_second_instance_that_does_not_shut_out_the_first() {
        let mut rig = Rig::new(true);
        rig.broker.without_fencing();
        rig.send(9);
        let mut zombie = rig.start().expect("alone");
        for _ in 0..2 {
            zombie.turn().expect("alone");
        }
        for _ in 0..6 {
            zombie.ingest().expect("alone");
            zombie.screen.turn(Duration::ZERO).expect("alone");
        }
        rig.finish();
        zombie
            .committer
            .turn(Duration::ZERO)
            .expect("nobody shut it out");
        assert!(rig.broken().is_some());
    }

    #[test]
    fn no_defect_no_finding() {
        assert!(!is_noticed(Faults::default(), |_| {}));
    }
}

#[test]
fn a_build_without_the_feature_has_no_defects() {
    let mut faults = zhamen_pipeline::faults::Faults::default();
    let planted = faults.plant("commit-before-ack");
    assert_eq!(planted, cfg!(feature = "planted-defects"));
    assert_eq!(faults.commit_before_ack(), planted);
}
