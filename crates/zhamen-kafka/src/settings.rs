//! How every client is set up. Defaults of librdkafka that lose records silently, starve a fast
//! consumer or add milliseconds are replaced here, each with its reason; the operator's own
//! properties (security, timeouts) come last and win.

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use zhamen_pipeline::Topics;
use zhamen_pipeline::faults::Faults;

/// Which broker, which shard, which topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KafkaOptions {
    /// `bootstrap.servers`; must not be empty, an empty list hangs instead of failing.
    pub brokers: String,
    /// The operator's own client properties, e.g. `security.protocol`; they win.
    pub properties: Vec<(String, String)>,
    /// Consumer group of ingest.
    pub group: String,
    /// This instance's name: its client id, and its static membership in the group, so that a
    /// restart within the session timeout takes its partitions back at once. Empty: none.
    pub instance: String,
    /// Journal partition that is screened.
    pub shard: i32,
    /// Alerts and the like exactly once; needs a broker with transactions.
    pub transactions: bool,
    /// The broker is librdkafka's mock inside a process.
    pub embedded: bool,
    /// What this process does.
    pub roles: Roles,
    /// Names of topics.
    pub topics: Topics,
    /// Planted defects.
    pub faults: Faults,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Roles {
    pub ingest: bool,
    pub screen: bool,
}

impl Default for KafkaOptions {
    fn default() -> KafkaOptions {
        KafkaOptions {
            brokers: "127.0.0.1:9092".to_owned(),
            properties: Vec::new(),
            group: "zhamen-ingest".to_owned(),
            instance: String::new(),
            shard: 0,
            transactions: true,
            embedded: false,
            roles: Roles {
                ingest: true,
                screen: true,
            },
            topics: Topics::default(),
            faults: Faults::default(),
        }
    }
}

/// A journal record at most; the topic is created with a little more.
pub const JOURNAL_RECORD_BYTES: usize = 4 << 20;
/// How long a transaction may stay open before the broker ends it.
pub const TRANSACTION_TIMEOUT_MS: u64 = 60_000;

impl KafkaOptions {
    /// Settings of every client.
    #[must_use]
    pub fn client(&self, role: &str) -> ClientConfig {
        let mut c = ClientConfig::new();
        let instance = match self.instance.as_str() {
            "" => String::new(),
            name => format!("-{name}"),
        };
        c.set_log_level(RDKafkaLogLevel::Warning)
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", format!("zhamen-{role}{instance}"))
            // No telemetry to the broker.
            .set("enable.metrics.push", "false")
            .set("reconnect.backoff.ms", "20")
            .set("reconnect.backoff.max.ms", "1000");
        c
    }

    fn with_own(&self, mut c: ClientConfig) -> ClientConfig {
        for (key, value) in &self.properties {
            c.set(key, value);
        }
        c
    }

    /// A client for metadata and administration.
    #[must_use]
    pub fn plain_client(&self, role: &str) -> ClientConfig {
        self.with_own(self.client(role))
    }

    fn consumer(&self, role: &str) -> ClientConfig {
        let mut c = self.client(role);
        c.set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // A position that does not exist is lost data: never skip it silently.
            .set("auto.offset.reset", "error")
            .set("check.crcs", "true")
            .set("isolation.level", "read_committed")
            // After draining its queue the default waits a second before it fetches again.
            .set("fetch.queue.backoff.ms", "10")
            // The embedded broker does not answer a waiting fetch when a record comes.
            .set("fetch.wait.max.ms", if self.embedded { "2" } else { "100" })
            // The bound on what is read ahead.
            .set("queued.min.messages", "5000")
            .set("queued.max.messages.kbytes", "16384")
            .set("statistics.interval.ms", "5000");
        c
    }

    /// The ingest consumer.
    #[must_use]
    pub fn input_consumer(&self) -> ClientConfig {
        let mut c = self.consumer("ingest");
        c.set("group.id", &self.group)
            // The newer protocol and cooperative assignment are not settled in this client version.
            .set("partition.assignment.strategy", "range")
            .set(
                "session.timeout.ms",
                if self.embedded { "6000" } else { "10000" },
            );
        if !self.embedded {
            c.set("group.protocol", "classic");
            if !self.instance.is_empty() {
                c.set("group.instance.id", &self.instance);
            }
        }
        self.with_own(c)
    }

    /// A reader with an explicit position: the journal's, the progress record's.
    #[must_use]
    pub fn reader(&self, role: &str) -> ClientConfig {
        let mut c = self.consumer(role);
        // Never joined; librdkafka wants a name to assign partitions under.
        c.set("group.id", format!("{}-{role}", self.group))
            .set("fetch.message.max.bytes", "1048576")
            .set("receive.message.max.bytes", "100000000");
        self.with_own(c)
    }

    fn producer(&self, role: &str, linger_ms: &str) -> ClientConfig {
        let mut c = self.client(role);
        c.set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", linger_ms)
            // As Java clients place keys; the default is another hash.
            .set("partitioner", "murmur2_random")
            .set("retry.backoff.ms", "20")
            .set("retry.backoff.max.ms", "500")
            // The bound on what waits for the broker; at the bound the caller waits.
            .set("queue.buffering.max.messages", "20000")
            .set("queue.buffering.max.kbytes", "65536")
            .set("message.max.bytes", "4300000")
            // A batch above the topic's limit fails whole.
            .set("batch.size", "500000");
        c
    }

    /// A producer whose records must arrive without a gap: the journal's and the decisions'. It never
    /// gives up on a record by time, and if one fails, none after it is sent.
    #[must_use]
    pub fn gapless_producer(&self, role: &str, linger_ms: &str) -> ClientConfig {
        let mut c = self.producer(role, linger_ms);
        c.set("message.timeout.ms", "0");
        if !self.embedded {
            c.set("enable.gapless.guarantee", "true");
        }
        self.with_own(c)
    }

    /// A producer that gives up on a record after a time: dead letters, replies.
    #[must_use]
    pub fn patient_producer(&self, role: &str, timeout_ms: u64) -> ClientConfig {
        let mut c = self.producer(role, "1");
        c.set("message.timeout.ms", timeout_ms.to_string());
        self.with_own(c)
    }

    /// The transactional producer of this shard's outputs. Its id is the shard's, so that a new
    /// instance shuts out an old one.
    #[must_use]
    pub fn transactional_producer(&self) -> ClientConfig {
        let mut c = self.producer("outputs", "0");
        let mut id = format!("{}-shard-{}", self.topics.journal, self.shard);
        if self.faults.skip_fencing() {
            id = format!("{id}-{}", std::process::id());
        }
        c.set("transactional.id", id)
            .set("transaction.timeout.ms", TRANSACTION_TIMEOUT_MS.to_string())
            .set("message.timeout.ms", TRANSACTION_TIMEOUT_MS.to_string());
        self.with_own(c)
    }
}
