//! Kafka clients of the programs here: a reader of whole topics and a producer, with settings that
//! know nothing of ours.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// What a reader may see of transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Everything that was written.
    Uncommitted,
    /// Only what was committed.
    Committed,
}

/// What every client here has.
#[must_use]
pub fn client_config(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set_log_level(RDKafkaLogLevel::Critical)
        .set("bootstrap.servers", brokers)
        .set("enable.metrics.push", "false")
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "500");
    config
}

/// A producer's settings: idempotent, and never giving up on a record.
#[must_use]
pub fn producer_config(brokers: &str, linger_ms: &str) -> ClientConfig {
    let mut config = client_config(brokers);
    config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", linger_ms)
        .set("partitioner", "murmur2_random")
        .set("message.timeout.ms", "0")
        // A batch above the topic's limit fails whole; input topics take 64 KiB.
        .set("batch.size", "60000")
        .set("retry.backoff.ms", "20")
        .set("retry.backoff.max.ms", "500")
        .set("queue.buffering.max.messages", "200000");
    config
}

/// Reads every partition of some topics from their beginning, without a group.
pub struct Reader {
    consumer: BaseConsumer,
    /// The next offset of every partition read.
    places: RefCell<BTreeMap<(String, i32), i64>>,
    assigned: Cell<Instant>,
    /// Whether to take them up anew from time to time.
    anew: bool,
}

/// A reader of whole topics takes up its partitions anew this often: after a broker was killed the client library
/// has been seen to leave one partition unread for good.
const REASSIGN: Duration = Duration::from_secs(5);

impl Reader {
    /// From the beginning of each topic.
    pub fn new(brokers: &str, topics: &[&str], isolation: Isolation) -> Result<Reader> {
        Reader::at(brokers, topics, isolation, Offset::Beginning)
    }

    /// From what is written next; earlier records are not seen. For measurements: it is never
    /// interrupted, so no broker may die meanwhile.
    pub fn from_end(brokers: &str, topics: &[&str], isolation: Isolation) -> Result<Reader> {
        Reader::at(brokers, topics, isolation, Offset::End)
    }

    fn at(brokers: &str, topics: &[&str], isolation: Isolation, from: Offset) -> Result<Reader> {
        let isolation = match isolation {
            Isolation::Uncommitted => "read_uncommitted",
            Isolation::Committed => "read_committed",
        };
        let consumer: BaseConsumer = client_config(brokers)
            .set("group.id", "unused: partitions are assigned by hand")
            .set("enable.auto.commit", "false")
            .set("isolation.level", isolation)
            .set("auto.offset.reset", "earliest")
            .set("check.crcs", "true")
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.wait.max.ms", "50")
            .create()?;
        let mut places = BTreeMap::new();
        for topic in topics {
            for partition in 0..count_partitions(&consumer, topic)? as i32 {
                // An absolute place, so that a broker's restart cannot move it.
                let (low, high) = watermarks(&consumer, topic, partition)?;
                let offset = if from == Offset::End { high } else { low };
                places.insert(((*topic).to_owned(), partition), offset);
            }
        }
        let reader = Reader {
            consumer,
            places: RefCell::new(places),
            assigned: Cell::new(Instant::now()),
            anew: from != Offset::End,
        };
        reader.assign()?;
        Ok(reader)
    }

    /// Reads on from where each partition stands.
    fn assign(&self) -> Result<()> {
        let mut list = TopicPartitionList::new();
        for ((topic, partition), offset) in self.places.borrow().iter() {
            list.add_partition_offset(topic, *partition, Offset::Offset(*offset))?;
        }
        self.consumer.assign(&list)?;
        self.assigned.set(Instant::now());
        Ok(())
    }

    /// The next record, if one comes within `wait`. A broker that is away is waited for.
    pub fn poll(&self, wait: Duration) -> Option<BorrowedMessage<'_>> {
        if !self.anew {
            return self.consumer.poll(wait).and_then(Result::ok);
        }
        if self.assigned.get().elapsed() > REASSIGN && self.assign().is_err() {
            return None;
        }
        let message = self.consumer.poll(wait).and_then(Result::ok)?;
        let place = (message.topic().to_owned(), message.partition());
        self.places.borrow_mut().insert(place, message.offset() + 1);
        Some(message)
    }

    /// How many partitions a topic has.
    pub fn partitions(&self, topic: &str) -> Result<u32> {
        count_partitions(&self.consumer, topic)
    }
}

/// The first offset kept and the one after the last record. A topic that was only just created may
/// have no leader yet.
fn watermarks(consumer: &BaseConsumer, topic: &str, partition: i32) -> Result<(i64, i64)> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match consumer.fetch_watermarks(topic, partition, Duration::from_secs(10)) {
            Ok(bounds) => return Ok(bounds),
            Err(error) if Instant::now() > deadline => {
                return Err(error).with_context(|| format!("topic {topic}"));
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

fn count_partitions(consumer: &BaseConsumer, topic: &str) -> Result<u32> {
    let metadata = consumer
        .fetch_metadata(Some(topic), Duration::from_secs(10))
        .with_context(|| format!("topic {topic}"))?;
    let count = metadata
        .topics()
        .first()
        .map_or(0, |t| t.partitions().len());
    if count == 0 {
        bail!("there is no topic {topic}");
    }
    Ok(u32::try_from(count)?)
}
