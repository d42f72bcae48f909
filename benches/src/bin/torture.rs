//! `cargo xtask torture`: rounds of violence against the built service on a real Kafka, each judged
//! by an undisturbed fold of the same journal. Ends with 1 and the findings if anything is wrong.

#![allow(clippy::print_stdout, reason = "the rounds are the output")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use xtask::kafka::{Broker, BrokerOptions};
use zhamen_benches::rig::{self, Rig};
use zhamen_benches::torture::chance::Chance;
use zhamen_benches::torture::decisions::Decisions;
use zhamen_benches::torture::feeder::Feeder;
use zhamen_benches::torture::verdict::{Totals, Witnesses};
use zhamen_benches::torture::violence::{Act, Scene};

#[derive(Parser)]
struct Arguments {
    /// The built binary
    #[arg(long)]
    zhamen: PathBuf,
    /// Rounds; each does one act of violence
    #[arg(long, default_value_t = 10)]
    rounds: u32,
    /// Seed of the plan and of the town; by default another one every time
    #[arg(long)]
    seed: Option<u64>,
    /// Events a second
    #[arg(long, default_value_t = 800)]
    rate: u32,
    /// A defect that the binary was built with; the run is then expected to fail
    #[arg(long)]
    defect: Option<String>,
    /// Only acts whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Stop after the first round with a finding
    #[arg(long)]
    first: bool,
}

/// Findings shown of a round; the rest is counted.
const SHOWN: usize = 12;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("torture: FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was found.
fn run(arguments: &Arguments) -> Result<bool> {
    let start = Instant::now();
    let seed = match arguments.seed {
        Some(seed) => seed,
        None => u64::from(std::process::id()) ^ clock_seconds()?,
    };
    println!(
        "torture: {} rounds, seed {seed}, {} events/s{}",
        arguments.rounds,
        arguments.rate,
        arguments
            .defect
            .as_deref()
            .map_or(String::new(), |d| format!(", planted defect: {d}"))
    );
    let dir = rig::run_dir("torture")?;
    let broker = Broker::start(BrokerOptions {
        fast_session: true,
        ..BrokerOptions::default()
    })?;
    let rig = Rig {
        zhamen: std::path::absolute(&arguments.zhamen)?,
        dir: dir.clone(),
        brokers: broker.bootstrap(),
        defect: arguments.defect.clone(),
        // A dead instance's share must be free soon, or every round waits for it.
        client: vec![
            ("session.timeout.ms".to_owned(), "3000".to_owned()),
            ("heartbeat.interval.ms".to_owned(), "500".to_owned()),
        ],
        snapshots_every: "1s".to_owned(),
    };
    rig.copy_rules()?;
    rig.create_topics()?;
    let brokers = rig.brokers.clone();
    let mut scene = Scene {
        rig,
        broker,
        service: None,
        chance: Chance::new(seed),
        findings: Vec::new(),
    };
    scene.set()?;
    println!(
        "torture: ready after {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let feeder = Feeder::start(&brokers, arguments.rate, seed)?;
    let decisions = Decisions::start(&brokers, feeder.asked())?;
    let mut witnesses = Witnesses::new(&brokers, decisions)?;

    let mut bad_rounds = 0;
    let mut plan: Vec<Act> = Vec::new();
    let mut totals = Totals::default();
    let mut done = 0;
    for round in 1..=arguments.rounds {
        let act = next_act(&mut plan, &mut scene.chance, arguments.only.as_deref())?;
        let begun = Instant::now();
        feeder.resume();
        scene.pause(300, 1_200);
        let performed = scene.perform(act);
        let mut findings = Vec::new();
        if performed.is_ok() {
            scene.pause(200, 800);
        }
        let taken = feeder.pause()?;
        if let Err(error) = &performed {
            // Without a service there is nothing to wait for.
            findings.push(format!("{error:#}"));
        } else {
            (totals, findings) = witnesses.judge(&taken)?;
        }
        findings.append(&mut scene.findings);
        let good = findings.is_empty();
        bad_rounds += u32::from(!good);
        done = round;
        println!(
            "{} {round}/{}  {:<26} events {:>7}  repeats {:>6}  outputs {:>6}  {:.1} s",
            if good { "ok  " } else { "FAIL" },
            arguments.rounds,
            act.name(),
            totals.events,
            totals.repeats,
            totals.outputs,
            begun.elapsed().as_secs_f64(),
        );
        show(&findings);
        performed?;
        if !good && (arguments.first || arguments.defect.is_some()) {
            break;
        }
    }
    scene.terminate()?;
    let mut findings = std::mem::take(&mut scene.findings);
    findings.extend(witnesses.judge_the_rest()?);
    if !findings.is_empty() {
        println!("FAIL after the last round");
        show(&findings);
        bad_rounds += 1;
    }
    drop(feeder);
    let Totals {
        events,
        decisions,
        repeats,
        missing,
        extra,
        outputs,
        duplicates,
        journal,
    } = totals;
    println!(
        "torture: rounds={done} bad={bad_rounds} events={events} decisions={decisions} missing={missing} extra={extra} \
         repeats={repeats} outputs={outputs} duplicate_outputs={duplicates} journal_records={journal} \
         journal_repeats={} seed={seed} seconds={:.0}",
        witnesses.oracle.repeats,
        start.elapsed().as_secs_f64()
    );
    if bad_rounds == 0 {
        rig::forget(&dir);
        println!("torture: the state hash and every decision equal those of an undisturbed fold");
    } else {
        println!(
            "torture: FAILED; settings and logs are in {}",
            dir.display()
        );
    }
    drop(witnesses);
    scene.broker.stop()?;
    Ok(bad_rounds == 0)
}

/// Every act once before any comes again.
fn next_act(plan: &mut Vec<Act>, chance: &mut Chance, only: Option<&str>) -> Result<Act> {
    if plan.is_empty() {
        *plan = Act::ALL.to_vec();
        plan.retain(|act| only.is_none_or(|only| act.name().contains(only)));
        chance.shuffle(plan);
    }
    plan.pop().context("no act has such a name")
}

fn show(findings: &[String]) {
    for finding in findings.iter().take(SHOWN) {
        println!("     {finding}");
    }
    if findings.len() > SHOWN {
        println!("     … and {} more", findings.len() - SHOWN);
    }
}

fn clock_seconds() -> Result<u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    if now < Duration::from_secs(1) {
        bail!("the clock stands still");
    }
    Ok(now.as_secs())
}
