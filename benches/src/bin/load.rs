//! `cargo xtask load`: an open loop against the built service on a real Kafka, and beside it, in
//! turns on the same broker, the bare produce → consume → produce → consume pipe. Every latency
//! counts from the moment the event was meant to be sent. Prints a Markdown table to stdout; how it
//! goes meanwhile, to stderr.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is the output"
)]

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;
use xtask::kafka::{Broker, BrokerOptions, Collector};
use zhamen_benches::load::phase::{Figures, Phase};
use zhamen_benches::load::pipe::Pipe;
use zhamen_benches::load::table;
use zhamen_benches::rig::{self, Rig};
use zhamen_benches::torture::topics;
use zhamen_town::{Town, TownOptions};

#[derive(Parser)]
struct Arguments {
    /// The built binary
    #[arg(long)]
    zhamen: PathBuf,
    /// Events a second
    #[arg(long, default_value_t = 5_000)]
    rate: u32,
    /// Seconds of each phase, a warm-up of 3 s aside
    #[arg(long, default_value_t = 15)]
    seconds: u32,
    /// Runs; each is a phase of the service and one of the bare pipe
    #[arg(long, default_value_t = 5)]
    runs: u32,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let dir = rig::run_dir("load")?;
    let broker = Broker::start(BrokerOptions {
        heap_mb: 1024,
        collector: Collector::G1,
        ..BrokerOptions::default()
    })?;
    let brokers = broker.bootstrap();
    let rig = Rig {
        zhamen: std::path::absolute(&arguments.zhamen)?,
        dir: dir.clone(),
        brokers: brokers.clone(),
        defect: None,
        client: Vec::new(),
        snapshots_every: "60s".to_owned(),
    };
    rig.copy_rules()?;
    rig.create_topics()?;
    let mut service = rig.start(0)?;
    service.wait_ready()?;
    let pipe = Pipe::start(&brokers)?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let mut town = Town::new(TownOptions {
        seed: 1,
        accounts: 100_000,
        start_ms: i64::try_from(now.as_millis())?,
        events_per_second: arguments.rate,
        cases: true,
    });

    let broker_pid = broker.pid().context("no broker")?;
    let zhamen_pid = service.process.pid();
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for run in 1..=arguments.runs {
        // In turns, so that what else the machine does falls on both alike.
        for through_service in if run % 2 == 1 {
            [true, false]
        } else {
            [false, true]
        } {
            let (input, output) = match through_service {
                true => (None, topics::DECISIONS),
                false => (Some(Pipe::INPUT), Pipe::OUTPUT),
            };
            let phase = Phase {
                brokers: &brokers,
                input,
                output,
                rate: arguments.rate,
                seconds: arguments.seconds,
                watched: [zhamen_pid, broker_pid],
            };
            let figures = phase.run(&mut town)?;
            let what = if through_service {
                "service"
            } else {
                "bare pipe"
            };
            eprintln!("run {run}/{} {what:<9} {figures}", arguments.runs);
            if through_service {
                &mut ours
            } else {
                &mut bare
            }
            .push(figures);
        }
    }
    print!(
        "{}",
        table::markdown(&arguments_text(&arguments), &ours, &bare)
    );
    pipe.stop()?;
    let lost: u64 = ours.iter().map(|f: &Figures| f.missing).sum();
    anyhow::ensure!(lost == 0, "{lost} events had no decision within 20 s");
    drop(service);
    broker.stop()?;
    rig::forget(&dir);
    Ok(())
}

fn arguments_text(arguments: &Arguments) -> String {
    format!(
        "{} events/s, open loop, {} s a phase after 3 s of warm-up, {} runs in turns, one broker (G1, 1 GiB) on the same machine",
        arguments.rate, arguments.seconds, arguments.runs
    )
}
