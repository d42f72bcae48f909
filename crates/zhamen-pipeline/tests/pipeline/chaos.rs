//! Any order of work, crashes, pauses and take-overs, chosen at random: the promises hold at the
//! end. A failing case prints its seed and shrinks to the shortest history.

use std::time::Duration;

use proptest::prelude::*;

use crate::rig::{HOUR, Process, Rig};

#[derive(Debug, Clone)]
enum Act {
    Send(usize),
    Ingest,
    Screen,
    Commit,
    Snapshot,
    Pass(i64),
    /// The process dies after so many more steps.
    DieAfter(u64),
    /// A second instance takes over; the first goes on until it notices.
    TakeOver,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1usize..5).prop_map(Act::Send),
        4 => Just(Act::Ingest),
        4 => Just(Act::Screen),
        3 => Just(Act::Commit),
        1 => Just(Act::Snapshot),
        1 => prop_oneof![Just(100), Just(HOUR)].prop_map(Act::Pass),
        1 => (1u64..12).prop_map(Act::DieAfter),
        1 => Just(Act::TakeOver),
    ]
}

/// One act of the newest process; a failure ends that process.
fn perform(act: &Act, rig: &mut Rig, processes: &mut Vec<Process>) {
    match act {
        Act::Send(count) => return rig.send(*count),
        Act::Pass(ms) => return rig.pass(*ms),
        Act::DieAfter(steps) => return rig.broker.die_at(Some(*steps)),
        Act::TakeOver => {}
        _ => {
            // Every living process moves; zombies are processes too.
            processes.retain_mut(|p| {
                match act {
                    Act::Ingest => p.ingest(),
                    Act::Screen => p.screen.turn(Duration::ZERO),
                    Act::Commit => p.committer.turn(Duration::ZERO).map(|_| ()),
                    _ => p.snapshot().map(|_| ()),
                }
                .is_ok()
            });
        }
    }
    if processes.is_empty() || matches!(act, Act::TakeOver) {
        processes.extend(rig.start().ok());
        if processes.len() > 3 {
            processes.remove(0);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_the_promises_hold(acts in prop::collection::vec(act(), 10..60)) {
        let mut rig = Rig::new(true);
        rig.send(3);
        let mut processes = Vec::new();
        for act in &acts {
            perform(act, &mut rig, &mut processes);
        }
        rig.broker.die_at(None);
        rig.broker.kill();
        drop(processes);
        rig.finish();
        prop_assert_eq!(rig.broken(), None);
    }
}
