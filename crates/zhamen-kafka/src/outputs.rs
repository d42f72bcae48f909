//! Alerts, feedback, holds, warnings and the progress record: in transactions, or, where the broker
//! has none, through an idempotent producer with the progress record last.
//!
//! A producer is never used again after an abort or an unknown outcome: that ends the process, and
//! the next one shuts this one out before it reads how far it got.

use std::time::{Duration, Instant};

use rdkafka::Message;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaErrorCode;
use zhamen_pipeline::log::{Acks, Appender, Outgoing, OutputSink, Parcel};
use zhamen_pipeline::progress::Progress;
use zhamen_pipeline::{Fatal, Metrics};

use crate::appender::KafkaAppender;
use crate::context::{Deliveries, Talk, fatal};
use crate::headers;
use crate::settings::{KafkaOptions, TRANSACTION_TIMEOUT_MS};

/// A call on a transaction is tried again until here: below the broker's own limit.
const PATIENCE: Duration = Duration::from_millis(TRANSACTION_TIMEOUT_MS * 3 / 4);

/// The sink of a shard, by whether the broker has transactions.
pub fn sink(options: &KafkaOptions, metrics: &Metrics) -> Result<Box<dyn OutputSink>, Fatal> {
    Ok(match options.transactions {
        true => Box::new(Transactional {
            producer: None,
            options: options.clone(),
            metrics: metrics.clone(),
        }),
        false => Box::new(Plain {
            appender: KafkaAppender::new(
                "outputs",
                &options.gapless_producer("outputs", "0"),
                None,
                false,
                metrics,
            )?,
            options: options.clone(),
            metrics: metrics.clone(),
        }),
    })
}

/// With transactions.
struct Transactional {
    producer: Option<BaseProducer<Deliveries>>,
    options: KafkaOptions,
    metrics: Metrics,
}

impl OutputSink for Transactional {
    fn take_over(&mut self) -> Result<Option<Progress>, Fatal> {
        let context = Deliveries::new(Talk::new("outputs", &self.metrics), false);
        let producer: BaseProducer<Deliveries> = self
            .options
            .transactional_producer()
            .create_with_context(context)
            .map_err(|e| Fatal::Setup(format!("outputs: {e}")))?;
        // From here on no earlier instance can commit; only then is its progress final.
        until_done("init_transactions", || {
            producer.init_transactions(Duration::from_secs(20))
        })?;
        self.producer = Some(producer);
        read_progress(&self.options, &self.metrics)
    }

    fn commit(&mut self, outputs: &[Parcel], progress: &Progress) -> Result<(), Fatal> {
        let producer = self.producer.as_ref().ok_or(Fatal::Broker {
            what: "outputs",
            detail: "not taken over".to_owned(),
        })?;
        producer
            .begin_transaction()
            .map_err(|e| fatal("begin_transaction", &e))?;
        for output in outputs {
            send(producer, output.outgoing())?;
        }
        let (key, value) = (Progress::key(self.options.shard), progress.encode());
        send(producer, progress_record(&self.options, &key, &value))?;
        drain(producer)?;
        until_done("commit_transaction", || {
            producer.commit_transaction(Duration::from_secs(5))
        })
    }

    fn transactional(&self) -> bool {
        true
    }
}

/// Without transactions: at least once, by stable id.
struct Plain {
    appender: KafkaAppender,
    options: KafkaOptions,
    metrics: Metrics,
}

impl OutputSink for Plain {
    fn take_over(&mut self) -> Result<Option<Progress>, Fatal> {
        read_progress(&self.options, &self.metrics)
    }

    fn commit(&mut self, outputs: &[Parcel], progress: &Progress) -> Result<(), Fatal> {
        let mut last = 0;
        for output in outputs {
            last = self.appender.send(output.outgoing())?;
        }
        wait_for(&*self.appender.acks(), last)?;
        let (key, value) = (Progress::key(self.options.shard), progress.encode());
        let ticket = self
            .appender
            .send(progress_record(&self.options, &key, &value))?;
        wait_for(&*self.appender.acks(), ticket)
    }

    fn transactional(&self) -> bool {
        false
    }
}

/// The progress record goes to the shard's own partition, where no other shard's open transaction
/// can hide it.
fn progress_record<'a>(options: &'a KafkaOptions, key: &'a str, value: &'a [u8]) -> Outgoing<'a> {
    Outgoing {
        topic: &options.topics.control,
        partition: Some(options.shard),
        key: Some(key.as_bytes()),
        headers: &[],
        payload: Some(value),
    }
}

fn wait_for(acks: &dyn Acks, ticket: u64) -> Result<(), Fatal> {
    while acks.acked(ticket, Duration::from_millis(100))? < ticket {}
    Ok(())
}

fn send(producer: &BaseProducer<Deliveries>, record: Outgoing<'_>) -> Result<(), Fatal> {
    // Nobody asks how far a transaction is acknowledged, only whether all of it is.
    let mut own = BaseRecord::with_opaque_to(record.topic, 0);
    own.partition = record.partition;
    own.key = record.key;
    own.payload = record.payload;
    own.headers = headers::write(record.headers);
    loop {
        match producer.send(own) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                producer.poll(Duration::from_millis(1));
                producer.context().check()?;
                own = back;
            }
            Err((error, _)) => return Err(fatal("outputs", &error)),
        }
    }
}

/// Waits for all delivery reports in small steps. `commit_transaction` would do it in steps of
/// 100 ms.
fn drain(producer: &BaseProducer<Deliveries>) -> Result<(), Fatal> {
    let until = Instant::now() + PATIENCE;
    loop {
        producer.poll(Duration::ZERO);
        if producer.in_flight_count() == 0 {
            return producer.context().check();
        }
        if Instant::now() >= until {
            return Err(Fatal::Deadline("outputs not acknowledged"));
        }
        std::thread::sleep(Duration::from_micros(100));
    }
}

/// Repeats a call on a transaction while the client says that it may be repeated.
fn until_done(
    what: &'static str,
    mut call: impl FnMut() -> Result<(), KafkaError>,
) -> Result<(), Fatal> {
    let until = Instant::now() + PATIENCE;
    loop {
        match call() {
            Ok(()) => return Ok(()),
            Err(KafkaError::Transaction(e)) if e.is_retriable() && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(KafkaError::Flush(_)) if Instant::now() < until => {}
            Err(error) => return Err(fatal(what, &error)),
        }
    }
}

/// The shard's newest progress record. Read from the end of its partition backwards, in growing
/// steps, because compaction lags behind.
fn read_progress(options: &KafkaOptions, metrics: &Metrics) -> Result<Option<Progress>, Fatal> {
    let mut config = options.reader("progress");
    config.set("enable.partition.eof", "true");
    let consumer: BaseConsumer<Talk> = config
        .create_with_context(Talk::new("progress", metrics))
        .map_err(|e| Fatal::Setup(format!("progress: {e}")))?;
    let topic = &options.topics.control;
    let (low, high) = watermarks(&consumer, topic, options.shard)?;
    let mut step = 1_000;
    loop {
        let start = (high - step).max(low);
        if let Some(found) = last_in(&consumer, options, start, high)? {
            return Progress::decode(&found).map(Some).map_err(Fatal::Recovery);
        }
        if start == low {
            return Ok(None);
        }
        step *= 8;
    }
}

fn watermarks(
    consumer: &BaseConsumer<Talk>,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), Fatal> {
    let until = Instant::now() + PATIENCE;
    loop {
        match consumer.fetch_watermarks(topic, partition, Duration::from_secs(5)) {
            Ok(bounds) => return Ok(bounds),
            Err(e) if Instant::now() >= until => return Err(fatal("progress", &e)),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// The value of the shard's last record between two offsets.
fn last_in(
    consumer: &BaseConsumer<Talk>,
    options: &KafkaOptions,
    start: i64,
    high: i64,
) -> Result<Option<Vec<u8>>, Fatal> {
    if start >= high {
        return Ok(None);
    }
    let mut position = TopicPartitionList::new();
    position
        .add_partition_offset(
            &options.topics.control,
            options.shard,
            Offset::Offset(start),
        )
        .and_then(|()| consumer.assign(&position))
        .map_err(|e| fatal("progress", &e))?;
    let key = Progress::key(options.shard);
    let mut found = None;
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                if message.key() == Some(key.as_bytes()) {
                    found = message.payload().map(<[u8]>::to_vec);
                }
                if message.offset() + 1 >= high {
                    return Ok(found);
                }
            }
            // The end may be a transaction's marker, which is no record.
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(found),
            Some(Err(
                error @ KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset),
            )) => {
                return Err(fatal("progress", &error));
            }
            Some(Err(_)) | None => {}
        }
    }
    Err(Fatal::Deadline("reading the progress record"))
}
