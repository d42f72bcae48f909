//! An idempotent producer with a thread that collects its delivery reports. Its queue is bounded: at
//! the bound the sender waits, and nothing is dropped.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, Producer, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use zhamen_pipeline::log::{Acks, Appender, Outgoing};
use zhamen_pipeline::{Fatal, Metrics};

use crate::context::{Deliveries, Talk, fatal};
use crate::headers;

/// A producer that tells how far it is acknowledged.
pub struct KafkaAppender {
    producer: ThreadedProducer<Deliveries>,
    client: &'static str,
    /// For records that name no partition and must all go to one.
    partition: Option<i32>,
    sent: u64,
}

impl KafkaAppender {
    /// A producer; `partition` is where records go that name none (`None`: by key).
    pub fn new(
        client: &'static str,
        config: &ClientConfig,
        partition: Option<i32>,
        tolerant: bool,
        metrics: &Metrics,
    ) -> Result<KafkaAppender, Fatal> {
        let context = Deliveries::new(Talk::new(client, metrics), tolerant);
        let producer = config
            .create_with_context(context)
            .map_err(|e| Fatal::Setup(format!("{client}: {e}")))?;
        Ok(KafkaAppender {
            producer,
            client,
            partition,
            sent: 0,
        })
    }
}

impl Appender for KafkaAppender {
    fn send(&mut self, record: Outgoing<'_>) -> Result<u64, Fatal> {
        let ticket = self.sent + 1;
        let mut own = BaseRecord::with_opaque_to(record.topic, ticket as usize);
        own.partition = record.partition.or(self.partition);
        own.key = record.key;
        own.payload = record.payload;
        own.headers = headers::write(record.headers);
        loop {
            match self.producer.send(own) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.producer.context().check()?;
                    std::thread::sleep(Duration::from_millis(1));
                    own = back;
                }
                Err((error, _)) => return Err(fatal(self.client, &error)),
            }
        }
        self.sent = ticket;
        Ok(ticket)
    }

    fn acks(&self) -> Arc<dyn Acks> {
        Arc::clone(self.producer.context()) as Arc<dyn Acks>
    }
}
