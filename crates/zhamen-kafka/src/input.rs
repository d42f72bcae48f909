//! The input topics as one member of a consumer group. Positions are explicit: committed, or the
//! beginning; a committed position that no longer exists is an alarm, never a silent skip.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::Statistics;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};
use rdkafka::{ClientContext, Message};
use zhamen_pipeline::log::{EachInput, Incoming, InputLog, Position};
use zhamen_pipeline::{Fatal, Health, InputTopic, Metrics, Topics};

use crate::context::{Talk, fatal};
use crate::headers;
use crate::settings::KafkaOptions;

/// Offsets are committed at most this often; what a crash reads again, the engine drops.
const COMMIT_EVERY: Duration = Duration::from_millis(100);
/// A partition with records and none coming for this long is blocked by something undecodable.
const STALLED: Duration = Duration::from_secs(30);

/// The ingest consumer.
pub struct KafkaInput {
    consumer: Option<BaseConsumer<Membership>>,
    topics: Topics,
    subscribed: bool,
    /// To be committed with the next commit.
    pending: BTreeMap<(InputTopic, i32), i64>,
    last_commit: Instant,
}

impl KafkaInput {
    /// A member that joins its group with the first poll.
    pub fn new(
        options: &KafkaOptions,
        metrics: &Metrics,
        health: &Health,
    ) -> Result<KafkaInput, Fatal> {
        let context = Membership {
            talk: Talk::new("ingest", metrics),
            health: health.clone(),
            joined: AtomicBool::new(false),
            failed: Mutex::new(None),
            moves: Mutex::default(),
        };
        let consumer: BaseConsumer<Membership> = options
            .input_consumer()
            .create_with_context(context)
            .map_err(|e| Fatal::Setup(format!("ingest: {e}")))?;
        Ok(KafkaInput {
            consumer: Some(consumer),
            topics: options.topics.clone(),
            subscribed: false,
            pending: BTreeMap::new(),
            last_commit: Instant::now(),
        })
    }

    fn consumer(&self) -> &BaseConsumer<Membership> {
        self.consumer
            .as_ref()
            .expect("the consumer is given up only when the process ends")
    }

    /// Joining waits for the first poll: a member that does not poll would hold its partitions back
    /// from everybody while its shard is restored.
    fn subscribe(&mut self) -> Result<(), Fatal> {
        if !self.subscribed {
            let inputs = self.topics.inputs.iter();
            let names: Vec<&str> = inputs.map(|(_, name)| name.as_str()).collect();
            self.consumer()
                .subscribe(&names)
                .map_err(|e| fatal("subscription", &e))?;
            self.subscribed = true;
        }
        Ok(())
    }

    fn list(
        &self,
        positions: &BTreeMap<(InputTopic, i32), i64>,
    ) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for ((topic, partition), next) in positions {
            list.add_partition_offset(
                self.topics.input(*topic),
                *partition,
                Offset::Offset(*next),
            )?;
        }
        Ok(list)
    }

    fn flush(&mut self, mode: CommitMode) {
        if self.pending.is_empty() {
            return;
        }
        self.last_commit = Instant::now();
        let committed = self
            .list(&self.pending)
            .and_then(|list| self.consumer().commit(&list, mode));
        match committed {
            Ok(()) => self.pending.clear(),
            // After a rebalance this is normal; a later commit or another member covers it.
            Err(error) => self.consumer().context().commit_failed(&error),
        }
    }
}

impl Drop for KafkaInput {
    fn drop(&mut self) {
        // Closing can crash or hang while the group's coordinator is away, and dropping closes.
        // The process is ending; the broker notices that the member is gone.
        std::mem::forget(self.consumer.take());
    }
}

impl InputLog for KafkaInput {
    fn poll(&mut self, wait: Duration, each: &mut EachInput<'_>) -> Result<(), Fatal> {
        self.subscribe()?;
        if self.last_commit.elapsed() >= COMMIT_EVERY {
            self.flush(CommitMode::Async);
        }
        let consumer = self.consumer();
        let mut wait = wait;
        loop {
            let polled = consumer.poll(wait);
            consumer.context().check()?;
            match polled {
                None => return Ok(()),
                Some(Err(error)) => consumer.context().poll_failed(&error)?,
                Some(Ok(message)) => {
                    let Some(topic) = self.topics.input_of(message.topic()) else {
                        continue;
                    };
                    let headers = message.headers().map_or(Some(Vec::new()), headers::read);
                    let flow = each(Incoming {
                        topic,
                        partition: message.partition(),
                        offset: message.offset(),
                        timestamp_ms: message.timestamp().to_millis(),
                        key: message.key(),
                        headers: headers.as_deref().unwrap_or_default(),
                        headers_broken: headers.is_none(),
                        payload: message.payload(),
                    })?;
                    if flow == ControlFlow::Break(()) {
                        return Ok(());
                    }
                }
            }
            wait = Duration::ZERO;
        }
    }

    fn joined(&self) -> bool {
        self.consumer().context().joined.load(Ordering::Relaxed)
    }

    fn commit(&mut self, positions: &[Position]) -> Result<(), Fatal> {
        self.pending
            .extend(positions.iter().map(|p| ((p.topic, p.partition), p.next)));
        if self.last_commit.elapsed() >= COMMIT_EVERY {
            self.flush(CommitMode::Async);
        }
        Ok(())
    }

    fn close(&mut self, positions: &[Position], deadline: Instant) -> Result<(), Fatal> {
        self.commit(positions)?;
        if self.joined() {
            self.flush(CommitMode::Sync);
        }
        // Leave the group, so that another member need not wait for this one's session to end.
        self.consumer().unsubscribe();
        while self.joined() && Instant::now() < deadline {
            // The revocation is served by a poll; records that still come were not taken.
            let _ = self.consumer().poll(Duration::from_millis(10));
        }
        Ok(())
    }
}

/// Where reading of a partition stood when it last moved.
type Moves = BTreeMap<(String, i32), (i64, Instant)>;

/// The member's side of the group: which partitions, from where, and whether they move.
struct Membership {
    talk: Talk,
    health: Health,
    joined: AtomicBool,
    failed: Mutex<Option<Fatal>>,
    moves: Mutex<Moves>,
}

impl Membership {
    fn check(&self) -> Result<(), Fatal> {
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

    fn commit_failed(&self, error: &KafkaError) {
        self.talk.metrics.offset_commits_failed.inc();
        tracing::debug!("offset commit: {error}");
    }

    fn poll_failed(&self, error: &KafkaError) -> Result<(), Fatal> {
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
