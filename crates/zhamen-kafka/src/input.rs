//! The input topics as one member of a consumer group: reading, committing, leaving. Where reading
//! begins is `membership`'s.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use zhamen_pipeline::log::{EachInput, Incoming, InputLog, Position};
use zhamen_pipeline::{Fatal, Health, InputTopic, Metrics, Topics};

use crate::context::fatal;
use crate::headers;
use crate::membership::Membership;
use crate::settings::KafkaOptions;

/// Offsets are committed at most this often; what a crash reads again, the engine drops.
const COMMIT_EVERY: Duration = Duration::from_millis(100);

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
        let context = Membership::new(metrics, health);
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
        self.consumer().context().joined()
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
