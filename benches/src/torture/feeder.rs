//! Keeps the town's events coming at a rate, whatever happens to the service: orders, inquiries'
//! answers, repeats and now and then a record that nobody can read. Knows how many records the
//! broker has taken, per partition.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail};
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer, ProducerContext};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientContext, Message};
use zhamen_town::{Town, TownEvent, TownOptions};

use crate::client;

/// One record in so many is followed by its own first half, which is no JSON.
const BROKEN_ONE_IN: u64 = 97;

/// A broker that takes nothing for this long is not coming back.
const STALLED: Duration = Duration::from_secs(60);

/// Records that the broker has taken, by topic and partition.
pub type Taken = BTreeMap<(String, i32), i64>;

/// An inquiry that a decision opened.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Asked {
    pub inquiry: String,
    pub transfer: String,
    pub source: String,
}

/// The town at work, in a thread of its own.
pub struct Feeder {
    shared: Arc<Shared>,
    asked: Sender<Asked>,
    thread: Option<JoinHandle<Result<()>>>,
}

#[derive(Default)]
struct Shared {
    paused: AtomicBool,
    stop: AtomicBool,
    sent: AtomicU64,
    acked: AtomicU64,
    taken: Mutex<Taken>,
    failure: Mutex<Option<String>>,
}

/// Notes what the broker has taken.
struct Deliveries(Arc<Shared>);

impl ClientContext for Deliveries {
    // The broker dies often here; that is no news.
    fn log(&self, _: rdkafka::config::RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        match result {
            Ok(message) => {
                let mut taken = lock(&self.0.taken);
                let place = (message.topic().to_owned(), message.partition());
                let end = taken.entry(place).or_insert(0);
                *end = (*end).max(message.offset() + 1);
                self.0.acked.fetch_add(1, Ordering::Relaxed);
            }
            Err((error, _)) => {
                lock(&self.0.failure).get_or_insert(error.to_string());
            }
        }
    }
}

impl Feeder {
    /// Starts paused. The police's list is sent first.
    pub fn start(brokers: &str, rate: u32, seed: u64) -> Result<Feeder> {
        let shared = Arc::new(Shared::default());
        shared.paused.store(true, Ordering::Relaxed);
        let producer: BaseProducer<Deliveries> = client::producer_config(brokers, "1")
            .create_with_context(Deliveries(Arc::clone(&shared)))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let town = Town::new(TownOptions {
            seed,
            accounts: 2_000,
            start_ms: i64::try_from(now.as_millis())?,
            events_per_second: rate,
            cases: true,
        });
        let (asked, answers) = channel();
        let work = Work {
            lists: town.list_seed().into_iter(),
            town,
            producer,
            shared: Arc::clone(&shared),
            answers,
            step: Duration::from_secs(1) / rate.max(1),
            count: 0,
        };
        let thread = std::thread::Builder::new()
            .name("feeder".into())
            .spawn(|| work.run())?;
        Ok(Feeder {
            shared,
            asked,
            thread: Some(thread),
        })
    }

    /// Where to tell of inquiries that decisions opened.
    #[must_use]
    pub fn asked(&self) -> Sender<Asked> {
        self.asked.clone()
    }

    /// Lets events come.
    pub fn resume(&self) {
        self.shared.paused.store(false, Ordering::Release);
    }

    /// Stops sending, waits until the broker has taken everything, and says how much that is.
    pub fn pause(&self) -> Result<Taken> {
        self.shared.paused.store(true, Ordering::Release);
        let mut moved = (0, Instant::now());
        let mut settled = 0;
        // Twice the same: the thread may be in the middle of a batch.
        while settled < 2 {
            if let Some(error) = &*lock(&self.shared.failure) {
                bail!("an event could not be sent: {error}");
            }
            let sent = self.shared.sent.load(Ordering::Relaxed);
            let acked = self.shared.acked.load(Ordering::Relaxed);
            settled = if sent == acked { settled + 1 } else { 0 };
            if acked != moved.0 {
                moved = (acked, Instant::now());
            }
            if moved.1.elapsed() > STALLED {
                bail!("the broker has taken {acked} of {sent} events and takes no more");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(lock(&self.shared.taken).clone())
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // Its failure was told by `pause`.
            let _ = thread.join();
        }
    }
}

struct Work {
    town: Town,
    lists: std::vec::IntoIter<TownEvent>,
    producer: BaseProducer<Deliveries>,
    shared: Arc<Shared>,
    answers: Receiver<Asked>,
    step: Duration,
    count: u64,
}

impl Work {
    fn run(mut self) -> Result<()> {
        let mut next = Instant::now();
        while !self.shared.stop.load(Ordering::Relaxed) {
            while let Ok(asked) = self.answers.try_recv() {
                let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
                let now = i64::try_from(now.as_millis())?;
                self.town
                    .on_inquiry(&asked.inquiry, &asked.transfer, &asked.source, now);
            }
            if self.shared.paused.load(Ordering::Acquire) {
                self.producer.poll(Duration::from_millis(2));
                next = Instant::now();
                continue;
            }
            while next <= Instant::now() {
                let event = self
                    .lists
                    .next()
                    .or_else(|| self.town.next())
                    .context("a town never ends")?;
                self.send(&event)?;
                next += self.step;
            }
            self.producer.poll(Duration::from_millis(1));
        }
        // What is in flight does not matter any more.
        self.producer
            .purge(rdkafka::producer::PurgeConfig::default().queue().inflight());
        Ok(())
    }

    fn send(&mut self, event: &TownEvent) -> Result<()> {
        self.send_bytes(event, event.value.as_bytes())?;
        self.count += 1;
        if self.count.is_multiple_of(BROKEN_ONE_IN) {
            let half = &event.value.as_bytes()[..event.value.len() / 2];
            self.send_bytes(event, half)?;
        }
        Ok(())
    }

    fn send_bytes(&mut self, event: &TownEvent, bytes: &[u8]) -> Result<()> {
        let mut record = BaseRecord::to(event.topic).key(&event.key).payload(bytes);
        loop {
            match self.producer.send(record) {
                Ok(()) => break,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    self.producer.poll(Duration::from_millis(5));
                    record = back;
                }
                Err((error, _)) => {
                    lock(&self.shared.failure).get_or_insert(error.to_string());
                    bail!("cannot send: {error}");
                }
            }
        }
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
