//! The journal's reader: one partition by explicit position, no group.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use zhamen_pipeline::log::{Appended, Each, JournalReader};
use zhamen_pipeline::{Fatal, Health, Metrics};

use crate::context::{Talk, fatal};
use crate::settings::KafkaOptions;

/// How long a broker may be away before a question about the journal is given up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Without a record although there are some: an undecodable batch blocks its partition for ever,
/// with an error that names nothing.
const STALLED: Duration = Duration::from_secs(30);

/// Reads one journal partition.
pub struct KafkaJournal {
    consumer: BaseConsumer<Talk>,
    topic: String,
    partition: i32,
    health: Health,
    next: i64,
    last_record: Instant,
}

impl KafkaJournal {
    /// A reader; `live` marks the one whose lag is shown.
    pub fn new(
        role: &'static str,
        options: &KafkaOptions,
        live: bool,
        metrics: &Metrics,
        health: &Health,
    ) -> Result<KafkaJournal, Fatal> {
        let mut talk = Talk::new(role, metrics);
        talk.journal_lag = live;
        let consumer = options
            .reader(role)
            .create_with_context(talk)
            .map_err(|e| Fatal::Setup(format!("{role}: {e}")))?;
        Ok(KafkaJournal {
            consumer,
            topic: options.topics.journal.clone(),
            partition: options.shard,
            health: health.clone(),
            next: 0,
            last_record: Instant::now(),
        })
    }

    /// Asks the broker only when nothing has come for a while.
    fn look_for_stall(&mut self) -> Result<(), Fatal> {
        if self.last_record.elapsed() < STALLED {
            return Ok(());
        }
        self.last_record = Instant::now();
        let (_, high) = self.bounds()?;
        if high > self.next {
            self.health.alarm(
                "journal-stalled",
                &format!(
                    "{} partition {} has records up to {high}, none came after {}",
                    self.topic, self.partition, self.next
                ),
            );
        }
        Ok(())
    }

    fn error(&self, error: &KafkaError) -> Result<(), Fatal> {
        match error {
            KafkaError::MessageConsumptionFatal(_) => Err(fatal("journal reader", error)),
            KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset) => {
                Err(Fatal::Recovery(format!(
                    "journal offset {} does not exist any more",
                    self.next
                )))
            }
            // The client goes on by itself and has counted it.
            _ => Ok(()),
        }
    }
}

impl JournalReader for KafkaJournal {
    fn seek(&mut self, offset: i64) -> Result<(), Fatal> {
        let mut position = TopicPartitionList::new();
        position
            .add_partition_offset(&self.topic, self.partition, Offset::Offset(offset))
            .and_then(|()| self.consumer.assign(&position))
            .map_err(|e| fatal("journal position", &e))?;
        self.next = offset;
        self.last_record = Instant::now();
        Ok(())
    }

    fn bounds(&mut self) -> Result<(i64, i64), Fatal> {
        let until = Instant::now() + PATIENCE;
        loop {
            let asked =
                self.consumer
                    .fetch_watermarks(&self.topic, self.partition, Duration::from_secs(5));
            match asked {
                Ok(bounds) => return Ok(bounds),
                Err(e) if Instant::now() >= until => return Err(fatal("journal bounds", &e)),
                Err(_) => std::thread::sleep(Duration::from_millis(100)),
            }
        }
    }

    fn poll(&mut self, wait: Duration, each: &mut Each<'_>) -> Result<(), Fatal> {
        let mut wait = wait;
        loop {
            match self.consumer.poll(wait) {
                None => {
                    if !wait.is_zero() {
                        self.look_for_stall()?;
                    }
                    return Ok(());
                }
                Some(Err(error)) => self.error(&error)?,
                Some(Ok(message)) => {
                    // A record fetched before a seek may still come out.
                    if message.offset() < self.next {
                        continue;
                    }
                    self.next = message.offset() + 1;
                    self.last_record = Instant::now();
                    let flow = each(Appended {
                        offset: message.offset(),
                        appended_at: message.timestamp().to_millis().unwrap_or(0),
                        bytes: message.payload().unwrap_or_default(),
                    })?;
                    if flow == ControlFlow::Break(()) {
                        return Ok(());
                    }
                }
            }
            wait = Duration::ZERO;
        }
    }
}
