//! The topics that the configuration needs: as a list, created where they are missing, and compared
//! with what stands on the broker. Existing topics are never altered: the broker's call for that
//! resets every setting it is not given.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use zhamen_pipeline::{Fatal, Topics};

use crate::settings::{JOURNAL_RECORD_BYTES, KafkaOptions};

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// Its partitions; the number is fixed for the journal and the decisions.
    pub partitions: i32,
    /// Its replicas.
    pub replication: i32,
    /// Settings that matter to us.
    pub config: Vec<(&'static str, String)>,
}

/// Sizes that a deployment chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Partitions of each input topic.
    pub input_partitions: i32,
    /// Partitions of each output topic.
    pub output_partitions: i32,
    /// Partitions of the journal, and of the control topic, which has one per shard.
    pub shards: i32,
    /// Replicas of every topic.
    pub replication: i32,
}

impl Default for Layout {
    fn default() -> Layout {
        Layout {
            input_partitions: 4,
            output_partitions: 4,
            shards: 1,
            replication: 1,
        }
    }
}

/// All topics that the configuration needs.
#[must_use]
pub fn specs(topics: &Topics, layout: &Layout) -> Vec<TopicSpec> {
    let spec = |name: &str, partitions: i32, config: &[(&'static str, &str)]| TopicSpec {
        name: name.to_owned(),
        partitions,
        replication: layout.replication,
        config: config.iter().map(|(k, v)| (*k, (*v).to_owned())).collect(),
    };
    let mut all = Vec::new();
    for (_, name) in &topics.inputs {
        // The bound on a record and on what a compressed batch may unfold to.
        all.push(spec(
            name,
            layout.input_partitions,
            &[("max.message.bytes", "65536"), ("compression.type", "lz4")],
        ));
    }
    // Outputs of replayed old events must not be deleted at once by the time they carry.
    let appended: &[(&'static str, &str)] = &[("message.timestamp.type", "LogAppendTime")];
    for name in [
        &topics.decisions,
        &topics.alerts,
        &topics.feedback,
        &topics.holds,
        &topics.warnings,
        &topics.dead_letters,
    ] {
        all.push(spec(name, layout.output_partitions, appended));
    }
    let journal_bytes = (JOURNAL_RECORD_BYTES + (64 << 10)).to_string();
    all.push(spec(
        &topics.journal,
        layout.shards,
        &[
            ("message.timestamp.type", "LogAppendTime"),
            ("max.message.bytes", &journal_bytes),
            ("cleanup.policy", "delete"),
            // The whole history is what recovery, audit and back-test fold again.
            ("retention.ms", "-1"),
            ("retention.bytes", "-1"),
        ],
    ));
    all.push(spec(
        &topics.control,
        layout.shards,
        &[
            ("cleanup.policy", "compact"),
            // A progress record is written up to 40 times a second: roll and compact soon.
            ("segment.bytes", "16777216"),
            ("min.cleanable.dirty.ratio", "0.1"),
        ],
    ));
    all
}

/// What became of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It was created.
    Created,
    /// It stands as it should.
    Fits,
    /// It is missing.
    Missing,
    /// It stands with another number of partitions: found and wanted.
    Partitions(i32, i32),
    /// It stands with another setting: name, found, wanted.
    Setting(&'static str, String, String),
    /// It could not be created.
    Refused(String),
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Created => f.write_str("created"),
            Finding::Fits => f.write_str("fits"),
            Finding::Missing => f.write_str("is missing"),
            Finding::Partitions(found, wanted) => {
                write!(f, "has {found} partitions, {wanted} wanted")
            }
            Finding::Setting(key, found, wanted) => write!(f, "has {key}={found}, {wanted} wanted"),
            Finding::Refused(why) => write!(f, "could not be created: {why}"),
        }
    }
}

const ASK: Duration = Duration::from_secs(20);

fn admin(options: &KafkaOptions) -> Result<AdminClient<DefaultClientContext>, Fatal> {
    options
        .plain_client("admin")
        .create()
        .map_err(|e| Fatal::Setup(format!("admin client: {e}")))
}

fn broker(what: &'static str) -> impl Fn(KafkaError) -> Fatal {
    move |e| Fatal::Broker {
        what,
        detail: e.to_string(),
    }
}

/// Creates the topics that are missing and compares those that stand.
pub fn create(
    options: &KafkaOptions,
    specs: &[TopicSpec],
) -> Result<Vec<(String, Finding)>, Fatal> {
    let client = admin(options)?;
    let wanted: Vec<NewTopic<'_>> = specs
        .iter()
        .map(|s| {
            let replication = TopicReplication::Fixed(s.replication);
            s.config.iter().fold(
                NewTopic::new(&s.name, s.partitions, replication),
                |t, (k, v)| t.set(k, v),
            )
        })
        .collect();
    let ask = AdminOptions::new()
        .request_timeout(Some(ASK))
        .operation_timeout(Some(ASK));
    let results = wait(client.create_topics(&wanted, &ask)).map_err(broker("creating topics"))?;
    let mut findings = Vec::new();
    let mut standing = Vec::new();
    for (spec, result) in specs.iter().zip(results) {
        match result {
            Ok(name) => findings.push((name, Finding::Created)),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => standing.push(spec.clone()),
            Err((name, code)) => findings.push((name, Finding::Refused(code.to_string()))),
        }
    }
    findings.extend(check(options, &standing)?);
    Ok(findings)
}

/// Compares topics with what they should be; one finding a difference, or that it fits.
pub fn check(options: &KafkaOptions, specs: &[TopicSpec]) -> Result<Vec<(String, Finding)>, Fatal> {
    if specs.is_empty() {
        return Ok(Vec::new());
    }
    let client = admin(options)?;
    let metadata = client
        .inner()
        .fetch_metadata(None, ASK)
        .map_err(broker("reading topics"))?;
    let partitions: BTreeMap<&str, i32> = metadata
        .topics()
        .iter()
        .map(|t| (t.name(), t.partitions().len() as i32))
        .collect();
    let standing: Vec<&TopicSpec> = specs
        .iter()
        .filter(|s| partitions.contains_key(s.name.as_str()))
        .collect();
    let settings = settings(&client, &standing)?;
    let mut findings = Vec::new();
    for spec in specs {
        let Some(&found) = partitions.get(spec.name.as_str()) else {
            findings.push((spec.name.clone(), Finding::Missing));
            continue;
        };
        let before = findings.len();
        if found != spec.partitions {
            findings.push((
                spec.name.clone(),
                Finding::Partitions(found, spec.partitions),
            ));
        }
        for (key, wanted) in &spec.config {
            let stands = settings.get(&(spec.name.clone(), (*key).to_owned()));
            if let Some(stands) = stands
                && stands != wanted
            {
                findings.push((
                    spec.name.clone(),
                    Finding::Setting(key, stands.clone(), wanted.clone()),
                ));
            }
        }
        if findings.len() == before {
            findings.push((spec.name.clone(), Finding::Fits));
        }
    }
    Ok(findings)
}

/// Settings of topics by topic and key; empty where the broker does not tell.
fn settings(
    client: &AdminClient<DefaultClientContext>,
    specs: &[&TopicSpec],
) -> Result<BTreeMap<(String, String), String>, Fatal> {
    let mut found = BTreeMap::new();
    if specs.is_empty() {
        return Ok(found);
    }
    let asked: Vec<ResourceSpecifier<'_>> = specs
        .iter()
        .map(|s| ResourceSpecifier::Topic(&s.name))
        .collect();
    let ask = AdminOptions::new().request_timeout(Some(ASK));
    let answers =
        wait(client.describe_configs(&asked, &ask)).map_err(broker("reading topic settings"))?;
    for (spec, answer) in specs.iter().zip(answers) {
        match answer {
            Ok(resource) => {
                for entry in resource.entries {
                    if let Some(value) = entry.value {
                        found.insert((spec.name.clone(), entry.name), value);
                    }
                }
            }
            Err(code) => {
                tracing::warn!(topic = spec.name, "settings cannot be read: {code}");
            }
        }
    }
    Ok(found)
}

/// Waits for an administrative call; its answer comes on the client's own thread.
fn wait<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}
