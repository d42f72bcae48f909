//! What the engine's state weighs: folds the canonical town with a counting allocator and says how
//! many bytes each active account costs, in all and by part, and how fast the fold was meanwhile.
//!
//! Counted are the bytes asked of the allocator and not given back; an allocator's own rounding is
//! not in them.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

use std::alloc::System;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use cpu_time::ThreadTime;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use zhamen_benches::workload::{ACCOUNTS, BLOCK, OwnedBlock, Workload};
use zhamen_benches::{pack, stages};
use zhamen_engine::Engine;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[derive(Parser)]
struct Arguments {
    /// Events to fold
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,
    /// Accounts in the town
    #[arg(long, default_value_t = ACCOUNTS)]
    accounts: u32,
    /// Fold without rules
    #[arg(long)]
    no_rules: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Blocks made before the clock starts, so that making them is not timed; few, so that they are
/// still in the caches when they are folded, as in service.
const CHUNK: usize = 16;

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let rules = if arguments.no_rules {
        pack::without_rules()?
    } else {
        pack::standard()?
    };
    let mut workload = Workload::new(arguments.accounts);
    let mut engine = Engine::new(0);
    stages::step(&mut engine, &workload.activate(rules), &mut Vec::new());
    // The engine's own bytes: the heap's growth over each step, with the outputs dropped.
    let mut held = 0_isize;
    let mut spent = Duration::ZERO;
    let mut outputs = 0;
    let mut blocks: Vec<OwnedBlock> = Vec::with_capacity(CHUNK);
    let mut left = arguments.events / BLOCK;
    while left > 0 {
        blocks.clear();
        blocks.extend((0..left.min(CHUNK)).map(|_| workload.block(BLOCK)));
        left -= blocks.len();
        let before = heap();
        let mut out = Vec::new();
        let start = ThreadTime::now();
        for block in &blocks {
            outputs += stages::step(&mut engine, block, &mut out);
        }
        spent += start.elapsed();
        drop(out);
        held += heap() - before;
    }
    let stats = engine.stats();
    let events = arguments.events / BLOCK * BLOCK;
    let accounts = stats.accounts.max(1);
    let per = |bytes: isize| bytes as f64 / accounts as f64;
    let ledger = stats.ledger_bytes as isize;
    let rate = events as f64 / spent.as_secs_f64();
    if arguments.json {
        println!(
            "{}",
            serde_json::json!({
                "events": events, "accounts": stats.accounts, "outputs": outputs, "events_per_second": rate,
                "heap_bytes": held, "ledger_bytes": ledger, "window_bytes": stats.window_bytes,
                "account_bytes": stats.account_bytes, "bytes_per_account": per(held - ledger),
            })
        );
        return Ok(());
    }
    println!("events folded           {events:>14}   outputs {outputs}");
    println!("accounts known          {:>14}", stats.accounts);
    println!("events kept             {:>14}", stats.events);
    println!(
        "series keys             {:>14}   events in them {}",
        stats.series_keys, stats.series_events
    );
    println!("fold                    {rate:>14.0}   events/s of CPU time, allocator counting");
    println!(
        "heap of the engine      {held:>14}   {:>8.0} per account",
        per(held)
    );
    println!(
        "  ledger (estimate)     {ledger:>14}   {:>8.0} per account, {:.0} per event",
        per(ledger),
        ledger as f64 / stats.events.max(1) as f64
    );
    println!(
        "  windows (estimate)    {:>14}   {:>8.0} per account",
        stats.window_bytes,
        per(stats.window_bytes as isize)
    );
    println!(
        "  accounts (estimate)   {:>14}   {:>8.0} per account",
        stats.account_bytes,
        per(stats.account_bytes as isize)
    );
    println!(
        "heap without the ledger {:>14}   {:>8.0} per account",
        held - ledger,
        per(held - ledger)
    );
    Ok(())
}

fn heap() -> isize {
    let stats = INSTRUMENTED_SYSTEM.stats();
    stats.bytes_allocated as isize - stats.bytes_deallocated as isize
}
