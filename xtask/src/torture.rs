//! `cargo xtask torture`: builds the service and lets the torture program of the benches have it.
//! The program is theirs, because this crate depends on nothing of the product.

use anyhow::Result;

use crate::rig;

/// What is asked of a torture run.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Rounds; each does one act of violence
    #[arg(long, default_value_t = 10)]
    pub rounds: u32,
    /// Seed of the plan and of the town; by default another one every time
    #[arg(long)]
    pub seed: Option<u64>,
    /// Events a second
    #[arg(long, default_value_t = 800)]
    pub rate: u32,
    /// Plant a defect, which must make the run fail: commit_before_ack, progress_ahead_of_decisions,
    /// snapshot_ahead_of_progress or skip_fencing
    #[arg(long)]
    pub defect: Option<String>,
    /// Only acts whose name contains this
    #[arg(long)]
    pub only: Option<String>,
    /// Build both sides optimised
    #[arg(long)]
    pub release: bool,
}

/// The rounds of every CI run; its seed is new each time, and printed.
pub fn ci() -> Result<()> {
    run(&Options {
        rounds: 10,
        seed: None,
        rate: 800,
        defect: None,
        only: None,
        release: false,
    })
}

/// Builds and runs; an error if anything was found.
pub fn run(options: &Options) -> Result<()> {
    let features: &[&str] = match options.defect {
        Some(_) => &["--features", "planted-defects"],
        None => &[],
    };
    let profile = rig::profile(options.release);
    rig::cargo(&[&["build", "--package", "zhamen"], profile, features].concat())?;
    // A copy: another build may replace the binary while it is being tortured.
    let name = if options.defect.is_some() {
        "zhamen-defective"
    } else {
        "zhamen"
    };
    let zhamen = rig::kept_copy(options.release, name)?;
    let zhamen = zhamen.to_string_lossy();
    let (rounds, rate) = (options.rounds.to_string(), options.rate.to_string());
    let seed = options.seed.map(|seed| seed.to_string());
    let mut arguments = vec![
        "run",
        "--quiet",
        "--package",
        "zhamen-benches",
        "--bin",
        "torture",
    ];
    arguments.extend(profile);
    arguments.extend([
        "--", "--zhamen", &zhamen, "--rounds", &rounds, "--rate", &rate,
    ]);
    for (flag, value) in [
        ("--seed", &seed),
        ("--defect", &options.defect),
        ("--only", &options.only),
    ] {
        if let Some(value) = value {
            arguments.extend([flag, value]);
        }
    }
    rig::cargo(&arguments)
}
