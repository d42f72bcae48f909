//! `cargo xtask load`: builds the service and lets the load program of the benches drive it; writes
//! the table into `benches/README.md` if asked to.

#![expect(clippy::print_stdout, reason = "a task prints its results")]

use anyhow::Result;

use crate::rig;

/// What is asked of a load run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Events a second
    #[arg(long, default_value_t = 5_000)]
    pub rate: u32,
    /// Seconds of each phase
    #[arg(long, default_value_t = 15)]
    pub seconds: u32,
    /// Runs; each is a phase of the service and one of the bare pipe
    #[arg(long, default_value_t = 5)]
    pub runs: u32,
    /// Write the table into benches/README.md
    #[arg(long)]
    pub record: bool,
}

/// Builds, runs, prints.
pub fn run(options: &Options) -> Result<()> {
    rig::cargo(&["build", "--release", "--package", "zhamen"])?;
    let zhamen = rig::kept_copy(true, "zhamen-release")?;
    let conditions = rig::conditions();
    let zhamen = zhamen.to_string_lossy();
    let numbers = [options.rate, options.seconds, options.runs].map(|n| n.to_string());
    let table = rig::cargo_output(&[
        "run",
        "--release",
        "--quiet",
        "--package",
        "zhamen-benches",
        "--bin",
        "load",
        "--",
        "--zhamen",
        &zhamen,
        "--rate",
        &numbers[0],
        "--seconds",
        &numbers[1],
        "--runs",
        &numbers[2],
    ])?;
    let text = format!("{conditions}.\n\n{table}");
    println!("{text}");
    if options.record {
        rig::write_section("load", &text)?;
    }
    Ok(())
}
