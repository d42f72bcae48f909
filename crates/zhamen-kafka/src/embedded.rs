//! A Kafka-protocol broker inside the process, reachable by any Kafka client: librdkafka's mock
//! cluster. It keeps 5 MiB per partition, has no real transactions, no fencing, no `LogAppendTime`:
//! for the demo and for trying the client path, never evidence for exactly once.

use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use zhamen_pipeline::Fatal;

use crate::admin::TopicSpec;

/// The broker; it ends when this is dropped. Keep it on the thread that made it.
pub struct Embedded {
    cluster: MockCluster<'static, DefaultProducerContext>,
}

impl Embedded {
    /// Starts it on a free loopback port and makes the topics.
    pub fn start(topics: &[TopicSpec]) -> Result<Embedded, Fatal> {
        let broken = |e: rdkafka::error::KafkaError| Fatal::Broker {
            what: "embedded broker",
            detail: e.to_string(),
        };
        let cluster = MockCluster::new(1).map_err(broken)?;
        for topic in topics {
            cluster
                .create_topic(&topic.name, topic.partitions, 1)
                .map_err(broken)?;
        }
        Ok(Embedded { cluster })
    }

    /// Its address.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        self.cluster.bootstrap_servers()
    }
}
