//! `cargo xtask ci`: everything that must hold before a change lands, in one command.
//!
//! The table is the definition. Steps run in order, stream what they print, and the first failure
//! ends the run: cheap checks stand first.

#![expect(clippy::print_stdout, reason = "a task prints its progress")]

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::metadata::cargo;
use crate::{arrows, licences, torture};

/// One line a check. Unit, scenario, schema and real-Kafka tests are all in `cargo test`; committed
/// references are compared there as well.
const STEPS: &[Step] = &[
    Step {
        name: "lock file",
        run: Run::Cargo("fetch --locked"),
    },
    Step {
        name: "format",
        run: Run::Cargo("fmt --all --check"),
    },
    Step {
        name: "arrows",
        run: Run::Here(arrows::check),
    },
    Step {
        name: "licences",
        run: Run::Here(licences::check),
    },
    Step {
        name: "lints",
        run: Run::Cargo("clippy --workspace --all-targets -- -D warnings"),
    },
    Step {
        name: "binary",
        run: Run::Cargo("build --package zhamen"),
    },
    Step {
        name: "tests",
        run: Run::Cargo("test --workspace --lib --bins --tests"),
    },
    Step {
        name: "doc tests",
        run: Run::Cargo("test --workspace --doc"),
    },
    Step {
        name: "docs",
        run: Run::Cargo("doc --workspace --no-deps"),
    },
    Step {
        name: "torture",
        run: Run::Here(torture::ci),
    },
];

struct Step {
    name: &'static str,
    run: Run,
}

enum Run {
    /// Cargo with these arguments, separated by blanks.
    Cargo(&'static str),
    /// A check of this crate.
    Here(fn() -> Result<()>),
}

/// Runs all steps; the last line printed is `N passed, N failed`.
pub fn run() -> ExitCode {
    let start = Instant::now();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    let mut failed = 0;
    for (index, step) in STEPS.iter().enumerate() {
        // Each line ends with a newline, so it is out before the step writes to the same place.
        println!(
            "\n=== {}/{} {}{}",
            index + 1,
            STEPS.len(),
            step.name,
            step.shown()
        );
        let begun = Instant::now();
        let outcome = step.run();
        times.push((step.name, begun.elapsed()));
        println!("--- {}: {:.1} s", step.name, begun.elapsed().as_secs_f64());
        if let Err(error) = outcome {
            println!("FAILED {}: {error:#}", step.name);
            failed = 1;
            break;
        }
    }
    println!();
    for (name, time) in &times {
        println!("{:>8.1} s  {name}", time.as_secs_f64());
    }
    println!("{:>8.1} s  total", start.elapsed().as_secs_f64());
    println!("{} passed, {failed} failed", times.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Step {
    fn run(&self) -> Result<()> {
        match self.run {
            Run::Here(check) => check(),
            Run::Cargo(arguments) => {
                let status = Command::new(cargo())
                    .args(arguments.split(' '))
                    .current_dir(crate::workspace_root())
                    .env("RUSTDOCFLAGS", "-D warnings")
                    // Checks compare with what is committed; they never rewrite it.
                    .env_remove("UPDATE_EXPECT")
                    .status()
                    .context("cannot run cargo")?;
                ensure!(status.success(), "cargo {arguments}: {status}");
                Ok(())
            }
        }
    }

    fn shown(&self) -> String {
        match self.run {
            Run::Here(_) => String::new(),
            Run::Cargo(arguments) => format!(": cargo {arguments}"),
        }
    }
}
