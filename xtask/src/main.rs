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
    /// Time every stage and weigh the state; write the table into benches/README.md
    Bench(xtask::bench::Options),
    /// Drive the service on a real Kafka at a rate, beside the bare client
    Load(xtask::load::Options),
    /// Kill, freeze and double the service and its broker, and see whether anything was lost
    Torture(xtask::torture::Options),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        // Tells of its failures itself: its closing line must be the last.
        Task::Ci => return xtask::ci::run(),
        Task::Kafka(command) => xtask::kafka::task::run(command),
        Task::Bench(options) => xtask::bench::run(&options),
        Task::Load(options) => xtask::load::run(&options),
        Task::Torture(options) => xtask::torture::run(&options),
    };
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
