//! A plain reader of topics, as a bank's or a station's system would have one: every partition from
//! the beginning, key, headers and value, committed records only. It keeps no position anywhere.

use std::time::Duration;

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use zhamen_pipeline::{Fatal, Metrics};

use crate::context::{Talk, fatal};
use crate::headers;
use crate::settings::KafkaOptions;

/// Reads topics.
pub struct Tail {
    consumer: BaseConsumer<Talk>,
}

/// One record of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in Kafka")]
pub struct Read {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub payload: Option<Vec<u8>>,
}

impl Tail {
    /// Starts reading; the topics must be there.
    pub fn start(
        options: &KafkaOptions,
        topics: &[&str],
        metrics: &Metrics,
    ) -> Result<Tail, Fatal> {
        let broken = |e: KafkaError| fatal("tail", &e);
        let consumer: BaseConsumer<Talk> = options
            .reader("tail")
            .create_with_context(Talk::new("tail", metrics))
            .map_err(broken)?;
        let mut assignment = TopicPartitionList::new();
        for topic in topics {
            let metadata = consumer
                .fetch_metadata(Some(topic), Duration::from_secs(10))
                .map_err(broken)?;
            for found in metadata.topics() {
                for partition in found.partitions() {
                    assignment
                        .add_partition_offset(topic, partition.id(), Offset::Beginning)
                        .map_err(broken)?;
                }
            }
        }
        consumer.assign(&assignment).map_err(broken)?;
        Ok(Tail { consumer })
    }

    /// The next record, waiting at most `wait`.
    pub fn next(&mut self, wait: Duration) -> Result<Option<Read>, Fatal> {
        let message = match self.consumer.poll(wait) {
            None | Some(Err(KafkaError::PartitionEOF(_))) => return Ok(None),
            Some(Err(e @ KafkaError::MessageConsumptionFatal(_))) => return Err(fatal("tail", &e)),
            // The client repairs the rest by itself.
            Some(Err(_)) => return Ok(None),
            Some(Ok(message)) => message,
        };
        let headers = message
            .headers()
            .and_then(headers::read)
            .unwrap_or_default();
        Ok(Some(Read {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.unwrap_or_default().to_vec()))
                .collect(),
            payload: message.payload().map(<[u8]>::to_vec),
        }))
    }
}
