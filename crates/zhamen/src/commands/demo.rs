//! `zhamen demo`: the whole product on one machine without any set-up.
//!
//! A Kafka-protocol broker runs inside the process; the simulated town writes to it as banks,
//! operators and police would; the service runs as it does in production; and this thread reads the
//! outputs back as a bank's or a station's system would, and shows them. Nothing takes a short cut
//! past the broker. The broker inside has no transactions, so neither has the demonstration.

mod score;
mod sender;
mod stories;
pub(super) mod view;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use crossbeam_channel::unbounded;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use zhamen_kafka::admin::{self, Layout};
use zhamen_kafka::embedded::Embedded;
use zhamen_kafka::tail::{Read, Tail};
use zhamen_kafka::{KafkaOptions, RunOptions};
use zhamen_pipeline::clock::wall_ms;
use zhamen_pipeline::{Control, Fatal, Health, Metrics, Topics};

use self::score::Score;
use self::sender::{Asked, Sender};
use self::stories::Story;
use self::view::{Shown, View};
use crate::commands::run::failure;
use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::http::{self, Served};
use crate::service;
use crate::settings::layers::Layers;
use crate::settings::{self, Settings};

/// Show everything at work, without a broker and without any set-up
///
/// A Kafka-protocol broker runs inside the process, a simulated town sends transfers, cards, phones and
/// police orders with suspicious cases planted among them, and the decisions, alerts and holds are
/// shown as they come. All people are made up.
///
/// 演示:无需任何安装,内置消息服务与模拟小镇,实时显示判定、预警、止付与询问。
///
/// Four stories are told among others: a card ring, a mule chain whose stop is extended, an elderly
/// victim asked the four questions, a phone ring. Another one begins every half second or more; 10
/// seconds show all of them.
///
/// The last line on stdout is the summary: events sent, decisions read back, events without one
/// (missing), the time from the moment an event was due to its decision read back, and how often
/// each story was seen.
/// Exit codes: 0 every event was decided · 1 some were not · 75 something failed.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// How long the town sends
    #[arg(long, value_name = "N", default_value_t = 30)]
    seconds: u32,
    /// Events per second
    #[arg(long, value_name = "R", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Another seed is another town
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// The summary line only
    #[arg(long)]
    quiet: bool,
}

/// How long the service may take to be ready.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// After the last event, decisions may take so long before they count as missing.
const DRAIN: Duration = Duration::from_secs(30);
/// What belongs to the last decisions may come so much later.
const AFTERMATH: Duration = Duration::from_millis(500);

pub fn run(args: &Args) -> Outcome {
    crate::logs::start("error", false);
    let settings = settings::read(&Layers::default()).or_exit(Exit::BadConfig)?;
    let stage = Stage::build(args, &settings)?;
    let result = perform(args, &stage);
    let stopped = stage.strike();
    let score = result?;
    stopped?;
    let mut out = io::stdout().lock();
    if !args.quiet {
        out.write_all(score.recap(&stage_titles(&settings)?).as_bytes())
            .or_exit(Exit::Restart)?;
    }
    writeln!(out, "{}", score.summary()).or_exit(Exit::Restart)?;
    Ok(match score.missing() {
        0 => Exit::Ok,
        _ => Exit::Findings,
    })
}

fn stage_titles(settings: &Settings) -> Result<View, Failure> {
    let rules = crate::commands::rules::compiled(None)?;
    let colour = io::stdout().is_terminal();
    Ok(View::new(&rules, settings.stations.names.clone(), colour))
}

/// Broker and service, running.
struct Stage {
    kafka: KafkaOptions,
    view: View,
    metrics: Metrics,
    stop: Arc<AtomicBool>,
    service: JoinHandle<Result<(), Fatal>>,
    /// Dropped last: everything else talks to it.
    _broker: Embedded,
}

impl Stage {
    fn build(args: &Args, settings: &Settings) -> Result<Stage, Failure> {
        let topics = settings.kafka.topics.clone();
        let layout = Layout {
            input_partitions: 2,
            output_partitions: 1,
            shards: 1,
            replication: 1,
        };
        let broker = Embedded::start(&admin::specs(&topics, &layout)).map_err(failure)?;
        let mut options = service::run_options(settings, service::activation_text(settings)?);
        options.kafka.brokers = broker.bootstrap_servers();
        options.kafka.embedded = true;
        options.kafka.transactions = false;
        options.pipeline.snapshots = None;
        let kafka = options.kafka.clone();
        let metrics = Metrics::new();
        let health = Health::new(metrics.clone());
        let served = Served {
            health: health.clone(),
            metrics: metrics.clone(),
        };
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let address = http::serve(any_port, served).or_exit(Exit::Restart)?;
        if !args.quiet {
            let _ = writeln!(
                io::stderr(),
                "闸门演示 zhamen demo · 虚构小镇 a simulated town · 每秒 {} 个事件 events a second · {} 秒 seconds\n\
                 broker 消息服务 {}  ·  metrics 指标 http://{address}/metrics  ·  readiness 状态 http://{address}/readyz",
                args.rate,
                args.seconds,
                kafka.brokers,
            );
        }
        let stop = Arc::new(AtomicBool::new(false));
        let service = start_service(options, &stop, &health, &metrics).or_exit(Exit::Restart)?;
        let stage = Stage {
            kafka,
            view: stage_titles(settings)?,
            metrics,
            stop,
            service,
            _broker: broker,
        };
        stage.wait_until_ready(&health)?;
        Ok(stage)
    }

    fn wait_until_ready(&self, health: &Health) -> Result<(), Failure> {
        let until = Instant::now() + READY_WITHIN;
        while !health.report().ready {
            if self.service.is_finished() || Instant::now() > until {
                let reasons = health.report().reasons.join("; ");
                return Err(anyhow!("the service does not get ready: {reasons}"))
                    .or_exit(Exit::Restart);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Stops the service in order.
    fn strike(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        match self.service.join() {
            Ok(ended) => ended.map_err(failure),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

fn start_service(
    options: RunOptions,
    stop: &Arc<AtomicBool>,
    health: &Health,
    metrics: &Metrics,
) -> io::Result<JoinHandle<Result<(), Fatal>>> {
    // Nobody asks for another rule set here.
    let (_, reload) = unbounded();
    let control = Control {
        stop: Arc::clone(stop),
        reload,
        tap: None,
        health: health.clone(),
        metrics: metrics.clone(),
    };
    std::thread::Builder::new()
        .name("service".to_owned())
        .spawn(move || zhamen_kafka::run(options, control))
}

/// Lets the town send and reads until every event is answered or the time is up.
fn perform(args: &Args, stage: &Stage) -> Result<Score, Failure> {
    let topics = &stage.kafka.topics;
    let shown = [
        (topics.decisions.as_str(), Shown::Decision),
        (topics.alerts.as_str(), Shown::Alert),
        (topics.holds.as_str(), Shown::Hold),
        (topics.feedback.as_str(), Shown::Feedback),
    ];
    let names = shown.map(|(name, _)| name);
    let mut tail = Tail::start(&stage.kafka, &names, &stage.metrics).map_err(failure)?;
    let (asked_to, asked) = unbounded();
    let sender = Sender::start(
        &stage.kafka,
        args.seconds,
        args.rate,
        args.seed,
        asked,
        &stage.metrics,
    )
    .map_err(failure)?;
    let mut score = Score::new(sender.plan());
    let bar = status_line(args);
    let mut drawn = Instant::now();
    let mut end = None;
    loop {
        if let Some(read) = tail.next(Duration::from_millis(20)).map_err(failure)?
            && let Some((_, kind)) = shown.iter().find(|(name, _)| *name == read.topic)
        {
            take(
                *kind,
                &read,
                &mut score,
                &asked_to,
                |kind, key, record, story| {
                    if args.quiet {
                        return Ok(());
                    }
                    match stage.view.line(wall_ms(), kind, key, record) {
                        Some(line) => {
                            bar.suspend(|| writeln!(io::stdout(), "{line}{}", of_story(story)))
                        }
                        None => Ok(()),
                    }
                },
            )
            .or_exit(Exit::Restart)?;
        }
        if drawn.elapsed() > Duration::from_millis(100) {
            drawn = Instant::now();
            bar.set_message(score.status());
        }
        if stage.service.is_finished() {
            return Err(anyhow!("the service has stopped")).or_exit(Exit::Restart);
        }
        let now = Instant::now();
        score.sent(sender.sent());
        sender.decided(score.decided());
        if end.is_none() && sender.is_finished() {
            end = Some(now + DRAIN);
        }
        if let Some(limit) = end
            && score.missing() == 0
            && limit > now + AFTERMATH
        {
            end = Some(now + AFTERMATH);
        }
        if end.is_some_and(|limit| now >= limit) {
            break;
        }
    }
    bar.finish_and_clear();
    sender.join().map_err(failure)?;
    Ok(score)
}

/// Counts a record, tells the town of an inquiry, shows it.
fn take(
    kind: Shown,
    read: &Read,
    score: &mut Score,
    asked_to: &crossbeam_channel::Sender<Asked>,
    show: impl FnOnce(Shown, &str, &Value, Option<(Story, usize)>) -> io::Result<()>,
) -> anyhow::Result<()> {
    let payload = read.payload.as_deref().unwrap_or_default();
    let record: Value = serde_json::from_slice(payload).context("an output is not JSON")?;
    let key = read.key.as_deref().map(String::from_utf8_lossy);
    match kind {
        Shown::Decision => {
            if score.decision(read) {
                if let Some(asked) = Asked::of(&record) {
                    // The town has closed its ears only at the very end.
                    let _ = asked_to.send(asked);
                }
            } else {
                return Ok(());
            }
        }
        Shown::Alert => score.alert(&record),
        Shown::Hold => score.hold(&record),
        Shown::Feedback => {}
    }
    let story = score.story(kind, &record);
    show(kind, key.as_deref().unwrap_or(""), &record, story)?;
    Ok(())
}

/// At the end of a line with which a story is seen the first, second … time.
fn of_story(story: Option<(Story, usize)>) -> String {
    story.map_or(String::new(), |(story, times)| {
        format!("  【案例 story: {} #{times}】", story.title())
    })
}

fn status_line(args: &Args) -> ProgressBar {
    if args.quiet {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {elapsed} {msg}");
    bar.set_style(style.expect("the template is constant"));
    bar
}

/// Correlation of a record and its answer.
const CORRELATION: &str = "kafka_correlationId";

/// Input topics by their contract name, as the town knows them.
fn kafka_name<'a>(topics: &'a Topics, contract_name: &'a str) -> &'a str {
    match zhamen_pipeline::InputTopic::parse(contract_name) {
        Some(topic) => topics.input(topic),
        None => contract_name,
    }
}
