//! `cargo xtask <task>`: the table of contents of the developer tasks. Each lives in its own file.

use anyhow::Result;
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

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Ci => xtask::ci::run(),
        Task::Kafka(command) => xtask::kafka::task::run(command),
    }
}
