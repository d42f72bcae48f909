//! From options to a running process: look at the broker, check that the topics are there, build the
//! logs, hand them to the pipeline.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use zhamen_pipeline::faults::Faults;
use zhamen_pipeline::log::{IngestLogs, JournalId, Logs, ScreenLogs};
use zhamen_pipeline::{Control, Fatal, Options};

use crate::admin::{self, Finding, Layout};
use crate::appender::KafkaAppender;
use crate::input::KafkaInput;
use crate::journal::KafkaJournal;
use crate::outputs;
use crate::settings::KafkaOptions;

/// The broker's side and the pipeline's.
#[derive(Clone)]
pub struct RunOptions {
    /// Which broker, topics, shard.
    pub kafka: KafkaOptions,
    /// What to do with them; `journal`, `topics` and the number of decision partitions are filled
    /// in from the broker.
    pub pipeline: Options,
}

/// How long a broker may take to answer at start.
const PATIENCE: Duration = Duration::from_secs(60);
/// A dead letter or reply that cannot be delivered for so long ends the process or is dropped.
const DEAD_LETTER_MS: u64 = 300_000;
const REPLY_MS: u64 = 10_000;

/// Runs until stopped or broken.
pub fn run(options: RunOptions, control: Control) -> Result<(), Fatal> {
    let RunOptions {
        mut kafka,
        mut pipeline,
    } = options;
    if pipeline.faults != Faults::default() {
        tracing::error!(faults = ?pipeline.faults, "this process has a planted defect");
    }
    kafka.faults = pipeline.faults;
    let broker = look(&kafka)?;
    pipeline.journal = JournalId {
        cluster: broker.cluster.clone(),
        topic: kafka.topics.journal.clone(),
        partition: kafka.shard,
    };
    pipeline.topics = kafka.topics.clone();
    pipeline.activation.policy.decision_partitions = broker.check(&kafka)?;
    if !kafka.embedded {
        check_times(&kafka, &broker)?;
    }
    let logs = logs(&kafka, &control)?;
    tracing::info!(
        cluster = broker.cluster,
        shard = kafka.shard,
        ingest = kafka.roles.ingest,
        screen = kafka.roles.screen,
        transactions = kafka.transactions,
        "starting"
    );
    zhamen_pipeline::run(logs, pipeline, control)
}

/// What stands on the broker.
struct Broker {
    cluster: String,
    partitions: BTreeMap<String, i32>,
}

/// Waits for the broker and reads its metadata.
fn look(kafka: &KafkaOptions) -> Result<Broker, Fatal> {
    if kafka.brokers.trim().is_empty() {
        return Err(Fatal::Setup("no brokers are configured".to_owned()));
    }
    let client: BaseConsumer = kafka
        .plain_client("start")
        .create()
        .map_err(|e| Fatal::Setup(format!("kafka client: {e}")))?;
    let until = Instant::now() + PATIENCE;
    loop {
        match client.fetch_metadata(None, Duration::from_secs(2)) {
            Ok(metadata) if !metadata.brokers().is_empty() => {
                let partitions = metadata
                    .topics()
                    .iter()
                    .filter(|t| t.error().is_none())
                    .map(|t| (t.name().to_owned(), t.partitions().len() as i32))
                    .collect();
                let cluster = client
                    .client()
                    .fetch_cluster_id(Duration::from_secs(5))
                    .unwrap_or_default();
                return Ok(Broker {
                    cluster,
                    partitions,
                });
            }
            answer if Instant::now() >= until => {
                let detail = match answer {
                    Ok(_) => "no broker in its answer".to_owned(),
                    Err(e) => e.to_string(),
                };
                return Err(Fatal::Broker {
                    what: "reaching the broker",
                    detail,
                });
            }
            _ => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

impl Broker {
    /// Every topic must be there, and this shard's partitions; all that is wrong is told at once.
    /// Returns the partitions of the decisions topic.
    fn check(&self, kafka: &KafkaOptions) -> Result<i32, Fatal> {
        let topics = &kafka.topics;
        let inputs = topics.inputs.iter().map(|(_, name)| name);
        let outputs = [
            &topics.decisions,
            &topics.alerts,
            &topics.feedback,
            &topics.holds,
            &topics.warnings,
            &topics.dead_letters,
            &topics.journal,
            &topics.control,
        ];
        let mut wrong: Vec<String> = inputs
            .chain(outputs)
            .filter(|name| !self.partitions.contains_key(*name))
            .map(|name| format!("topic {name} is missing"))
            .collect();
        for name in [&topics.journal, &topics.control] {
            if let Some(&count) = self.partitions.get(name)
                && count <= kafka.shard
            {
                wrong.push(format!(
                    "topic {name} has {count} partitions, shard {} needs partition {0}",
                    kafka.shard
                ));
            }
        }
        match wrong.is_empty() {
            true => Ok(self.partitions[&topics.decisions]),
            false => Err(Fatal::Setup(format!(
                "{}; `zhamen topics create` makes them",
                wrong.join("; ")
            ))),
        }
    }
}

/// The journal's time is the engine's clock, so the broker must be the one that sets it.
fn check_times(kafka: &KafkaOptions, broker: &Broker) -> Result<(), Fatal> {
    let layout = Layout {
        shards: broker.partitions[&kafka.topics.journal],
        ..Layout::default()
    };
    let journal: Vec<_> = admin::specs(&kafka.topics, &layout)
        .into_iter()
        .filter(|s| s.name == kafka.topics.journal)
        .collect();
    let findings = match admin::check(kafka, &journal) {
        Ok(findings) => findings,
        Err(error) => {
            tracing::warn!("the journal topic's settings cannot be read: {error}");
            return Ok(());
        }
    };
    for (name, finding) in findings {
        match finding {
            Finding::Setting("message.timestamp.type" | "max.message.bytes", ..) => {
                return Err(Fatal::Setup(format!("topic {name} {finding}")));
            }
            Finding::Fits => {}
            other => tracing::warn!(topic = name, "{other}"),
        }
    }
    Ok(())
}

fn logs(kafka: &KafkaOptions, control: &Control) -> Result<Logs, Fatal> {
    let metrics = &control.metrics;
    let health = &control.health;
    let gapless = |client: &'static str, linger: &str, partition: Option<i32>| {
        KafkaAppender::new(
            client,
            &kafka.gapless_producer(client, linger),
            partition,
            false,
            metrics,
        )
        .map(Box::new)
    };
    let ingest = match kafka.roles.ingest {
        false => None,
        true => Some(IngestLogs {
            input: Box::new(KafkaInput::new(kafka, metrics, health)?),
            journal: gapless("journal", "0", Some(kafka.shard))?,
            dead_letters: Box::new(KafkaAppender::new(
                "dead-letters",
                &kafka.patient_producer("dead-letters", DEAD_LETTER_MS),
                None,
                false,
                metrics,
            )?),
            journal_reader: Box::new(KafkaJournal::new("gate", kafka, false, metrics, health)?),
        }),
    };
    // A planted defect needs a window in which decisions are not yet acknowledged.
    let linger = match kafka.faults.progress_ahead_of_decisions() {
        true => "200",
        false => "0.2",
    };
    let screen = match kafka.roles.screen {
        false => None,
        true => Some(ScreenLogs {
            journal: Box::new(KafkaJournal::new("screen", kafka, true, metrics, health)?),
            follower: Box::new(KafkaJournal::new(
                "snapshots",
                kafka,
                false,
                metrics,
                health,
            )?),
            ticks: gapless("ticks", "0", Some(kafka.shard))?,
            decisions: gapless("decisions", linger, None)?,
            replies: Box::new(KafkaAppender::new(
                "replies",
                &kafka.patient_producer("replies", REPLY_MS),
                None,
                true,
                metrics,
            )?),
            outputs: outputs::sink(kafka, metrics)?,
        }),
    };
    Ok(Logs { ingest, screen })
}
