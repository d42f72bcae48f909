//! Writes input topics and reads output topics with a client that knows nothing of ours.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientConfig, Message};
use serde_json::Value;

use crate::rig::PATIENCE;

/// What every client here is made with.
pub fn client(brokers: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set_log_level(RDKafkaLogLevel::Critical)
        .set("bootstrap.servers", brokers)
        .set("enable.metrics.push", "false")
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "500");
    config
}

/// A producer that never gives up on a record.
pub struct Writer(BaseProducer);

impl Writer {
    pub fn new(brokers: &str) -> Writer {
        let producer = client(brokers)
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "1")
            .set("partitioner", "murmur2_random")
            .set("message.timeout.ms", "0")
            .set("batch.size", "60000")
            .create()
            .expect("a producer");
        Writer(producer)
    }

    /// Sends one record; whether the broker's bounds let it be sent at all.
    pub fn send(
        &self,
        topic: &str,
        key: Option<&[u8]>,
        headers: &[(String, Vec<u8>)],
        payload: Option<&[u8]>,
    ) -> bool {
        let mut owned = OwnedHeaders::new();
        for (key, value) in headers {
            owned = owned.insert(Header {
                key,
                value: Some(value),
            });
        }
        let mut record: BaseRecord<'_, [u8], [u8]> = BaseRecord::to(topic);
        record.key = key;
        record.payload = payload;
        if !headers.is_empty() {
            record = record.headers(owned);
        }
        loop {
            match self.0.send(record) {
                Ok(()) => return true,
                Err((error, back)) => match error.rdkafka_error_code() {
                    Some(RDKafkaErrorCode::QueueFull) => {
                        self.0.poll(Duration::from_millis(5));
                        record = back;
                    }
                    _ => return false,
                },
            }
        }
    }

    /// Sends a line under its paying account.
    pub fn transfer(&self, line: &str) {
        let event: Value = serde_json::from_str(line).expect("a line is JSON");
        let key = event["payer"]["account"].as_str().expect("a payer");
        let sent = self.send(
            "bank.transfers.v1",
            Some(key.as_bytes()),
            &[],
            Some(line.as_bytes()),
        );
        assert!(sent, "a transfer was not taken");
    }

    /// Waits until the broker has taken everything.
    pub fn flush(&self) {
        let deadline = Instant::now() + PATIENCE;
        while self.0.in_flight_count() > 0 {
            self.0.poll(Duration::from_millis(5));
            assert!(Instant::now() < deadline, "the broker takes nothing");
        }
    }
}

/// A record of an output topic.
#[derive(Debug, Clone)]
pub struct Read {
    pub topic: String,
    pub partition: i32,
    pub key: Vec<u8>,
    pub headers: BTreeMap<String, Vec<u8>>,
    pub payload: Vec<u8>,
}

impl Read {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.payload).expect("outputs are JSON")
    }
}

/// Reads some topics from their beginning, without a group.
pub struct Reader(BaseConsumer);

impl Reader {
    pub fn new(brokers: &str, topics: &[&str], isolation: &str) -> Reader {
        let consumer: BaseConsumer = client(brokers)
            .set("group.id", "unused: partitions are assigned by hand")
            .set("enable.auto.commit", "false")
            .set("isolation.level", isolation)
            .set("auto.offset.reset", "earliest")
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.wait.max.ms", "50")
            .create()
            .expect("a consumer");
        let mut places = TopicPartitionList::new();
        for topic in topics {
            let metadata = consumer
                .fetch_metadata(Some(topic), Duration::from_secs(20))
                .expect("metadata");
            for partition in metadata.topics()[0].partitions() {
                places
                    .add_partition_offset(topic, partition.id(), Offset::Beginning)
                    .expect("a partition");
            }
        }
        consumer.assign(&places).expect("an assignment");
        Reader(consumer)
    }

    /// The next record within `wait`.
    pub fn next(&self, wait: Duration) -> Option<Read> {
        let message = self.0.poll(wait)?.ok()?;
        let headers = message.headers().into_iter().flat_map(|h| h.iter());
        Some(Read {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            key: message.key().unwrap_or_default().to_vec(),
            headers: headers
                .map(|h| (h.key.to_owned(), h.value.unwrap_or_default().to_vec()))
                .collect(),
            payload: message.payload().unwrap_or_default().to_vec(),
        })
    }

    /// Everything: at least so many records, however long they take, and then until nothing more
    /// comes for a while.
    pub fn all(&self, at_least: usize) -> Vec<Read> {
        let deadline = Instant::now() + PATIENCE;
        let mut all = Vec::new();
        while all.len() < at_least {
            all.extend(self.next(Duration::from_millis(100)));
            assert!(
                Instant::now() < deadline,
                "{} of {at_least} records",
                all.len()
            );
        }
        while let Some(read) = self.next(Duration::from_secs(2)) {
            all.push(read);
        }
        all
    }
}

/// Decisions as a bank reads them: by the one number.
#[derive(Default)]
pub struct Decisions {
    /// Those taken, by topic, partition and offset of their input records.
    pub taken: BTreeMap<(String, i64, i64), Read>,
    /// In the order taken.
    pub order: Vec<Value>,
    /// By partition, the decisions taken; their place is their sequence.
    lanes: BTreeMap<i32, Vec<Vec<u8>>>,
    /// Repeats dropped.
    pub repeats: usize,
}

impl Decisions {
    /// Reads until so many input records are decided.
    ///
    /// # Panics
    /// On a gap, on a repeat in other words, on a second decision for a record.
    pub fn until(&mut self, reader: &Reader, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.taken.len() < count {
            if let Some(read) = reader.next(Duration::from_millis(100)) {
                self.take(read);
            }
            assert!(
                Instant::now() < deadline,
                "{} of {count} decisions",
                self.taken.len()
            );
        }
    }

    pub fn take(&mut self, read: Read) {
        let json = read.json();
        let number = |v: &Value| v.as_i64().expect("a number");
        let sequence = number(&json["coordinates"]["sequence"]) as usize;
        let lane = self.lanes.entry(read.partition).or_default();
        if let Some(before) = lane.get(sequence) {
            assert_eq!(
                String::from_utf8_lossy(before),
                String::from_utf8_lossy(&read.payload),
                "sequence {sequence} was said before, in other words"
            );
            self.repeats += 1;
            return;
        }
        assert_eq!(sequence, lane.len(), "decisions are lost");
        lane.push(read.payload.clone());
        let input = &json["input"];
        let place = (
            input["topic"].as_str().expect("a topic").to_owned(),
            number(&input["partition"]),
            number(&input["offset"]),
        );
        self.order.push(json);
        let twice = self.taken.insert(place.clone(), read);
        assert!(twice.is_none(), "{place:?} was decided twice");
    }

    /// The decision about the event of that id.
    pub fn of(&self, id: &str) -> &Value {
        let found = self.order.iter().find(|d| d["event"]["id"] == id);
        found.unwrap_or_else(|| panic!("no decision about {id}"))
    }

    /// No input record of the topics read was passed over: their offsets are dense.
    pub fn assert_dense(&self) {
        let mut next: BTreeMap<(&str, i64), i64> = BTreeMap::new();
        for (topic, partition, offset) in self.taken.keys() {
            let expected = next.entry((topic, *partition)).or_insert(0);
            assert_eq!(
                offset, expected,
                "{topic} {partition}: a record was passed over"
            );
            *expected += 1;
        }
    }
}

/// The time now, as an event writes it.
pub fn now() -> String {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    zhamen_engine::time::rfc3339(since.as_millis() as i64)
}

/// A transfer that happens now.
pub fn transfer(id: &str, payer: &str, amount: &str) -> String {
    format!(
        "{{\"type\":\"transfer.requested\",\"id\":\"{id}\",\"source\":\"core\",\"occurred_at\":\"{}\",\
         \"txn\":{{\"amount\":\"{amount}\",\"currency\":\"CNY\",\"channel\":\"mobile\"}},\
         \"payer\":{{\"account\":\"{payer}\",\"name\":\"Payer {payer}\"}},\
         \"payee\":{{\"account\":\"M\",\"name\":\"李四\"}}}}",
        now()
    )
}

/// Transfers at some hundred a second until told to stop: every tenth is large.
pub struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<usize>,
}

impl Load {
    pub fn start(brokers: &str) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let (ended, brokers) = (Arc::clone(&stop), brokers.to_owned());
        let thread = std::thread::spawn(move || {
            let writer = Writer::new(&brokers);
            let mut sent = 0;
            while !ended.load(Ordering::Relaxed) {
                let amount = if sent % 10 == 0 { "90000.00" } else { "10.00" };
                let payer = format!("P{}", sent % 37);
                writer.transfer(&transfer(&format!("L{sent}"), &payer, amount));
                sent += 1;
                std::thread::sleep(Duration::from_millis(3));
            }
            writer.flush();
            sent
        });
        Load { stop, thread }
    }

    /// How many records the broker has taken, all told.
    pub fn stop(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the load ends in order")
    }
}
