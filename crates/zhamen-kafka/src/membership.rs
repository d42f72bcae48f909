//! A member of the ingest group: which partitions, from where, and whether they move. Positions are
//! explicit: committed, or the beginning; a committed position that no longer exists is an alarm,
//! never a silent skip.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use zhamen_pipeline::{Fatal, Health, Metrics};

use crate::context::{Talk, fatal};

/// A partition with records and none coming for this long is blocked by something undecodable.
const STALLED: Duration = Duration::from_secs(30);

/// Where reading of a partition stood when it last moved.
type Moves = BTreeMap<(String, i32), (i64, Instant)>;

/// The member's side of the group: which partitions, from where, and whether they move.
pub struct Membership {
    talk: Talk,
    health: Health,
    joined: AtomicBool,
    failed: Mutex<Option<Fatal>>,
    moves: Mutex<Moves>,
}

impl Membership {
    /// Not a member yet.
    #[must_use]
    pub fn new(metrics: &Metrics, health: &Health) -> Membership {
        Membership {
            talk: Talk::new("ingest", metrics),
            health: health.clone(),
            joined: AtomicBool::new(false),
            failed: Mutex::new(None),
            moves: Mutex::default(),
        }
    }

    /// Whether the group has given this member its share.
    pub fn joined(&self) -> bool {
        self.joined.load(Ordering::Relaxed)
    }

    /// A failure inside a callback.
    pub fn check(&self) -> Result<(), Fatal> {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .map_or(Ok(()), Err)
    }

    fn fail(&self, cause: Fatal) {
        self.failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(cause);
    }

    /// Counts a commit that failed.
    pub fn commit_failed(&self, error: &KafkaError) {
        self.talk.metrics.offset_commits_failed.inc();
        tracing::debug!("offset commit: {error}");
    }

    /// What an error of a poll means.
    pub fn poll_failed(&self, error: &KafkaError) -> Result<(), Fatal> {
        use RDKafkaErrorCode as Code;
        let KafkaError::MessageConsumption(code) = error else {
            return match error {
                KafkaError::MessageConsumptionFatal(_) => Err(fatal("ingest", error)),
                _ => Ok(()),
            };
        };
        match code {
            // Retention has overtaken us; the next start finds out where and says so.
            Code::AutoOffsetReset => Err(fatal("input position", error)),
            Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::UnknownTopicOrPartition => {
                self.health.alarm("input-refused", &error.to_string());
                Ok(())
            }
            Code::BadMessage | Code::BadCompression => {
                self.health.alarm("input-undecodable", &error.to_string());
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Where to start each partition: committed, or the beginning; what is missing is told.
    fn starts(
        &self,
        consumer: &BaseConsumer<Membership>,
        assigned: &TopicPartitionList,
    ) -> KafkaResult<TopicPartitionList> {
        let committed = consumer.committed_offsets(assigned.clone(), Duration::from_secs(20))?;
        let mut starts = TopicPartitionList::with_capacity(committed.count());
        for part in committed.elements() {
            let (topic, partition) = (part.topic(), part.partition());
            let start = match part.offset() {
                Offset::Offset(next) => {
                    let (low, high) =
                        consumer.fetch_watermarks(topic, partition, Duration::from_secs(20))?;
                    if next < low {
                        self.health.alarm(
                            "input-lost",
                            &format!("{topic} partition {partition}: records {next} to {low} were deleted before they were read"),
                        );
                    }
                    if next > high {
                        self.health.alarm(
                            "input-rewound",
                            &format!("{topic} partition {partition} ends at {high}, {next} was read: the topic was made anew"),
                        );
                    }
                    Offset::Offset(next.clamp(low, high))
                }
                _ => Offset::Beginning,
            };
            starts.add_partition_offset(topic, partition, start)?;
        }
        Ok(starts)
    }

    /// Lag as a metric; a partition that has records and does not move is an alarm.
    fn look(&self, topic: &str, partition: i32, lag: i64, position: i64, queued: i64) {
        self.talk
            .metrics
            .input_lag
            .with_label_values(&[topic, &partition.to_string()])
            .set(lag.max(0));
        let mut moves = self.moves.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (stood, since) = moves
            .entry((topic.to_owned(), partition))
            .or_insert((position, now));
        // Records waiting in the client's queue are ours to take: that is back-pressure.
        if *stood != position || lag <= 0 || queued > 0 {
            (*stood, *since) = (position, now);
        } else if since.elapsed() >= STALLED {
            self.health.alarm(
                "input-stalled",
                &format!("{topic} partition {partition}: {lag} records and none can be read at offset {position}"),
            );
        }
    }
}

impl ClientContext for Membership {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.talk.line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.talk.trouble(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        for topic in statistics.topics.values() {
            for p in topic.partitions.values() {
                if p.partition >= 0 && p.fetch_state == "active" {
                    self.look(
                        &topic.topic,
                        p.partition,
                        p.consumer_lag,
                        p.app_offset,
                        p.fetchq_cnt,
                    );
                }
            }
        }
    }
}

impl ConsumerContext for Membership {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Membership>,
        err: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let assigning = err == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let done = if assigning {
            self.starts(consumer, partitions)
                .and_then(|starts| consumer.assign(&starts))
        } else {
            consumer.unassign()
        };
        self.moves
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.joined.store(assigning, Ordering::Relaxed);
        if let Err(error) = done {
            self.fail(fatal("rebalance", &error));
        }
        tracing::info!(
            assigned = assigning,
            partitions = partitions.count(),
            "group"
        );
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            self.commit_failed(&error);
        }
    }

    fn main_queue_min_poll_interval(&self) -> rdkafka::util::Timeout {
        rdkafka::util::Timeout::After(Duration::from_millis(100))
    }
}
