//! `cargo xtask <task>`: the table of contents of the developer tasks. Each lives in its own file.

#![expect(clippy::print_stderr, reason = "a task prints why it failed")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "developer tasks of zhamen")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check, in order, and stop at the first that fails
    Ci,
    /// Run a real single-node Apache Kafka on this machine
    #[command(subcommand)]
    Kafka(xtask::kafka::task::Command),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        // Tells of its failures itself: its closing line must be the last.
        Task::Ci => return xtask::ci::run(),
        Task::Kafka(command) => xtask::kafka::task::run(command),
    };
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
