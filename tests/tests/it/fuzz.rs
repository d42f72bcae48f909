//! The fuzz bodies over their corpora and deterministic changes of them, for a moment in every run.
//! Longer, and from another number: `ZHAMEN_FUZZ_SECONDS=600 ZHAMEN_FUZZ_SEED=7 cargo test -p
//! zhamen-tests fuzz`. `ZHAMEN_FUZZ_EXPORT=DIR` writes the seeds for the fuzzers of `fuzz/` instead.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::Once;
use std::time::{Duration, Instant};

use zhamen_tests::fuzz::mutate::{Chance, mutate};
use zhamen_tests::fuzz::{Reached, TARGETS, seeds};

thread_local! {
    static PANICS: Cell<usize> = const { Cell::new(0) };
}

/// Counts panics of each thread, also those that the engine survives.
fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with(|n| n.set(n.get() + 1));
            before(info);
        }));
    });
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// `changes`: forms that are tried in an ordinary run, as many as take a second or two.
fn run(target: &str, ordinary: usize) {
    let body = TARGETS.iter().find(|(name, _)| *name == target);
    let (_, body) = body.expect("a target");
    let seeds = seeds::of(target);
    assert!(seeds.len() > 20, "{target} has {} seeds", seeds.len());
    if let Ok(dir) = std::env::var("ZHAMEN_FUZZ_EXPORT") {
        let dir = Path::new(&dir).join(target);
        fs::create_dir_all(&dir).expect("a directory");
        for (i, seed) in seeds.iter().enumerate() {
            fs::write(dir.join(format!("seed-{i:04}")), seed).expect("a file");
        }
        return;
    }
    count_panics();
    let first = setting("ZHAMEN_FUZZ_SEED").unwrap_or(1);
    let long = setting("ZHAMEN_FUZZ_SECONDS").map(Duration::from_secs);
    let start = Instant::now();
    let mut reached = [0_usize; 3];
    let mut slowest = Duration::ZERO;
    let mut try_one = |bytes: &[u8], what: &str| {
        let begin = Instant::now();
        let before = PANICS.with(Cell::get);
        let went = std::panic::catch_unwind(|| body(bytes));
        let panics = PANICS.with(Cell::get) - before;
        let Ok(went) = went else {
            panic!(
                "{target}: panic on {what}: {:?}",
                String::from_utf8_lossy(bytes)
            );
        };
        assert_eq!(
            panics,
            0,
            "{target}: a panic was caught inside on {what}: {:?}",
            String::from_utf8_lossy(bytes)
        );
        reached[went as usize] += 1;
        slowest = slowest.max(begin.elapsed());
    };
    for (i, seed) in seeds.iter().enumerate() {
        try_one(seed, &format!("seed {i}"));
    }
    let mut changes = 0;
    while long.map_or(changes < ordinary, |long| start.elapsed() < long) {
        let mut chance = Chance::new(first.wrapping_mul(1_000_003) + changes as u64);
        let (seed, other) = (chance.below(seeds.len()), chance.below(seeds.len()));
        let bytes = mutate(&seeds[seed], &seeds[other], &mut chance);
        try_one(&bytes, &format!("change {changes} from {first}"));
        changes += 1;
    }
    println!(
        "{target}: {} seeds, {changes} changes, foreign/refused/whole {reached:?}, slowest {slowest:?}, {:?}",
        seeds.len(),
        start.elapsed()
    );
    // Bytes that all stop at the door would show nothing.
    assert!(reached[Reached::Whole as usize] > 20, "{reached:?}");
}

#[test]
fn any_rule_files() {
    run("rules", 300);
}

#[test]
fn any_line() {
    run("line", 600);
}

#[test]
fn any_record() {
    run("record", 5_000);
}

#[test]
fn any_journal() {
    run("journal", 10_000);
}
