//! The binary, as a table of contents: one file per command under `commands/`.
//!
//! Data goes to stdout, text for people to stderr. A reader that goes away (`zhamen … | head`) ends
//! the command quietly.

mod commands;
mod exit;
mod http;
mod logs;
mod service;
mod settings;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::Exit;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Real-time suspicious-transaction screening: every event gets one decision, every pattern an
/// alert, every stop-payment order a hold.
///
/// 闸门:可疑交易实时筛查。每个事件一个判定,每种可疑特征一条预警,每道止付令一次止付。
///
/// Start with `zhamen demo`: it needs no broker and no set-up.
#[derive(Parser)]
#[command(name = "zhamen", version, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 ok · 1 findings (rejected lines, rule errors, failed tests) · 2 usage · \
75 stopped by something outside, start me again · 78 bad settings or rules\n\
Settings: built-in defaults < --config FILE < environment (ZHAMEN__SECTION__KEY) < --set"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Args),
    Run(commands::run::Args),
    Replay(commands::replay::Args),
    #[command(subcommand)]
    Rules(commands::rules::Command),
    #[command(subcommand)]
    Topics(commands::topics::Command),
    #[command(subcommand)]
    Report(commands::report::Command),
    Verify(commands::verify::Args),
    Town(commands::town::Args),
    /// Print version, engine version and compiler.
    Version,
    Completions(commands::completions::Args),
}

/// A panic's own words may quote a record; only its place is told.
fn tell_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        let _ = writeln!(std::io::stderr(), "a bug in zhamen: panic at {place}");
    }));
}

fn main() -> ExitCode {
    tell_panics_by_place();
    let outcome = match Cli::parse().command {
        Command::Demo(args) => commands::demo::run(&args),
        Command::Run(args) => commands::run::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Rules(command) => commands::rules::run(&command),
        Command::Topics(command) => commands::topics::run(&command),
        Command::Report(command) => commands::report::run(&command),
        Command::Verify(args) => commands::verify::run(&args),
        Command::Town(args) => commands::town::run(&args),
        Command::Version => commands::version::run(),
        Command::Completions(args) => commands::completions::run(&args),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) if failure.is_broken_pipe() => Exit::Ok.into(),
        Err(failure) => {
            // Nobody is left to tell where stderr itself is gone.
            let _ = writeln!(std::io::stderr(), "zhamen: {failure}");
            failure.exit.into()
        }
    }
}
