//! `cargo xtask bench`: times every stage and weighs the state, several times over, and writes the
//! medians into `benches/README.md` with the conditions they were taken under.

#![expect(clippy::print_stdout, reason = "a task prints its progress")]

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::rig::{self, median};

/// What is asked of a bench run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Runs of which the median is taken
    #[arg(long, default_value_t = 3)]
    pub runs: u32,
    /// Only print the table
    #[arg(long)]
    pub dry: bool,
}

/// Criterion's benches of a batch, and what they are of.
const STAGES: &[(&str, &str)] = &[
    ("wire/decode", "decode: bytes to a checked event"),
    ("wire/journal_encode", "journal encode"),
    ("wire/journal_decode", "journal decode"),
    ("engine/step", "engine step, standard pack"),
    ("engine/step_without_rules", "engine step without rules"),
    ("wire/encode", "encode: decision to JSON"),
];
/// Events of a timed batch.
const BATCH: f64 = 32.0;

/// Runs, prints and writes.
pub fn run(options: &Options) -> Result<()> {
    let before = rig::conditions();
    let mut times = vec![Vec::new(); STAGES.len()];
    let mut weights = Vec::new();
    for run in 1..=options.runs.max(1) {
        println!("run {run}/{}", options.runs);
        rig::cargo(&["bench", "--package", "zhamen-benches", "--bench", "stages"])?;
        for (stage, times) in STAGES.iter().zip(&mut times) {
            times.push(nanoseconds(stage.0)? / BATCH);
        }
        let weigh = "run --release --quiet --package zhamen-benches --bin memory -- --json";
        let text = rig::cargo_output(&weigh.split(' ').collect::<Vec<_>>())?;
        weights.push(serde_json::from_str::<Value>(&text)?);
    }
    let table = table(options.runs, &before, &times, &weights);
    println!("{table}");
    if !options.dry {
        rig::write_section("bench", &table)?;
    }
    Ok(())
}

/// The median time of one call, as criterion found it in its newest run.
fn nanoseconds(stage: &str) -> Result<f64> {
    let path = rig::target_dir()?
        .join("criterion")
        .join(stage)
        .join("new/estimates.json");
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let estimates: Value = serde_json::from_str(&text)?;
    let median = estimates["median"]["point_estimate"].as_f64();
    median.with_context(|| format!("{}: no median", path.display()))
}

fn table(runs: u32, before: &str, times: &[Vec<f64>], weights: &[Value]) -> String {
    let mut text = format!(
        "{before}; medians of {runs} runs, smallest and largest in brackets, thread CPU time.\n\n\
         | stage | ns/event | events/s on one core |\n|---|---|---|\n"
    );
    for ((_, what), times) in STAGES.iter().zip(times) {
        let middle = median(times.clone());
        let (low, high) = (
            times.iter().copied().fold(f64::INFINITY, f64::min),
            times.iter().copied().fold(0.0, f64::max),
        );
        text.push_str(&format!(
            "| {what} | {middle:.0} ({low:.0}–{high:.0}) | {} |\n",
            thousands(1e9 / middle)
        ));
    }
    let of = |key: &str| median(weights.iter().filter_map(|w| w[key].as_f64()).collect());
    let accounts = of("accounts").max(1.0);
    text.push_str(&format!(
        "\n| state after {} events, {} accounts known | bytes | per account |\n|---|---|---|\n",
        thousands(of("events")),
        thousands(accounts)
    ));
    for (what, key) in [
        ("heap of the engine, counted by the allocator", "heap_bytes"),
        (
            "of it the ledger of events (engine's estimate)",
            "ledger_bytes",
        ),
        ("of it windows (engine's estimate)", "window_bytes"),
        (
            "of it accounts and texts (engine's estimate)",
            "account_bytes",
        ),
    ] {
        let bytes = of(key);
        text.push_str(&format!(
            "| {what} | {} | {:.0} |\n",
            thousands(bytes),
            bytes / accounts
        ));
    }
    text.push_str(&format!(
        "| **heap without the ledger** | | **{:.0}** |\n",
        of("bytes_per_account")
    ));
    text
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!(thousands(7.0), "7");
        assert_eq!(thousands(123_456.4), "123,456");
        assert_eq!(thousands(1_000_000.0), "1,000,000");
    }
}
