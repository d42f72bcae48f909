//! How often each stage of an event's way asks the allocator for memory, once everything has
//! reached its size: what should be nothing per event, and what is. A count, not a time: the same on
//! every machine for the same program.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::alloc::System;

use anyhow::Result;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use zhamen_benches::rules::{Bench, activation, conditions, sharing};
use zhamen_benches::workload::{BLOCK, Raw, Workload, checker};
use zhamen_benches::{pack, stages};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Accounts of the town: few, so that all of them are known when counting begins.
const ACCOUNTS: u32 = 1_000;
/// Events before counting begins.
const BEFORE: usize = 60_000;
/// Blocks counted.
const BLOCKS: usize = 200;

/// What one run of something asked for.
#[derive(Default)]
struct Asked {
    times: usize,
    again: usize,
    bytes: usize,
}

/// Adds what `work` asks for.
fn count<T>(asked: &mut Asked, work: impl FnOnce() -> T) -> T {
    let before = INSTRUMENTED_SYSTEM.stats();
    let done = work();
    let after = INSTRUMENTED_SYSTEM.stats();
    asked.times += after.allocations - before.allocations;
    asked.again += after.reallocations - before.reallocations;
    asked.bytes += after.bytes_allocated - before.bytes_allocated;
    done
}

fn show(stage: &str, asked: &Asked) {
    let events = (BLOCKS * BLOCK) as f64;
    println!(
        "| {stage} | {:.2} | {:.2} | {:.0} |",
        asked.times as f64 / events,
        asked.again as f64 / events,
        asked.bytes as f64 / events
    );
}

fn main() -> Result<()> {
    println!("| stage | allocations/event | growths/event | bytes/event |\n|---|---|---|---|");
    let mut workload = Workload::new(ACCOUNTS);
    let checker = checker();
    let mut asked = Asked::default();
    let raw: Vec<Vec<Raw>> = (0..BLOCKS)
        .map(|_| (0..BLOCK).map(|_| workload.raw()).collect())
        .collect();
    for batch in &raw {
        count(&mut asked, || stages::decode(&checker, batch));
    }
    show("decode", &asked);

    let (mut encode, mut decode) = (Asked::default(), Asked::default());
    for _ in 0..BLOCKS {
        let entries = workload.block(BLOCK).stored();
        let bytes = count(&mut encode, || stages::journal_encode(&entries));
        count(&mut decode, || stages::journal_decode(&bytes));
    }
    show("journal encode", &encode);
    show("journal decode", &decode);

    for (name, rules) in [
        ("judge, no rules", activation("")?),
        ("judge, ten conditions", activation(&conditions(10))?),
        (
            "judge, ten rules sharing windows",
            activation(&sharing(10))?,
        ),
        (
            "judge, 200 rules sharing windows",
            activation(&sharing(200))?,
        ),
        ("judge, standard pack", pack::standard()?),
    ] {
        let mut bench = Bench::new(rules, ACCOUNTS, BEFORE);
        let mut asked = Asked::default();
        for _ in 0..BLOCKS {
            let block = bench.block();
            count(&mut asked, || bench.fold(&block));
        }
        show(name, &asked);
    }

    let mut engine = zhamen_engine::Engine::new(0);
    let mut out = Vec::new();
    let mut asked = Asked::default();
    let mut buffer = Vec::with_capacity(1 << 16);
    let activate = workload.activate(pack::standard()?);
    stages::step(&mut engine, &activate, &mut out);
    for _ in 0..BLOCKS {
        stages::step(&mut engine, &workload.block(BLOCK), &mut out);
        let decisions = stages::decisions(&out);
        count(&mut asked, || stages::encode(&decisions, &mut buffer));
    }
    show("encode", &asked);
    Ok(())
}
