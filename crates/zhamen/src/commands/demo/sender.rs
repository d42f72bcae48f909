//! The town as sender: an open loop that sends each event when it is due, whatever the answers do,
//! and takes the answers to inquiries back into the town.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use serde_json::Value;
use zhamen_kafka::KafkaOptions;
use zhamen_kafka::appender::KafkaAppender;
use zhamen_pipeline::clock::wall_ms;
use zhamen_pipeline::log::{Appender, Outgoing};
use zhamen_pipeline::{Fatal, Metrics};
use zhamen_town::{Town, TownEvent, TownOptions};

use super::{CORRELATION, kafka_name};

/// The embedded broker keeps 5 MiB a partition and forgets what is older, read or not: with more
/// events than this unanswered the town waits. The wait counts in the latency of what waits.
const BACKLOG_MAX: u64 = 3_000;
/// Behind its plan, the town sends so much longer at most.
const GRACE: Duration = Duration::from_secs(1);

/// When each event is due: the first ones at once, then one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    start: Instant,
    first: u64,
    rate: u32,
}

impl Plan {
    /// The moment the `n`th event is due.
    #[must_use]
    pub fn due(&self, n: u64) -> Instant {
        let micros = n.saturating_sub(self.first) * 1_000_000 / u64::from(self.rate);
        self.start + Duration::from_micros(micros)
    }
}

/// A decision that asks the customer.
#[derive(Debug)]
pub struct Asked {
    inquiry: String,
    transfer: String,
    source: String,
}

impl Asked {
    /// The inquiry of a decision, if it has one.
    #[must_use]
    pub fn of(decision: &Value) -> Option<Asked> {
        let text = |pointer| decision.pointer(pointer).and_then(Value::as_str);
        Some(Asked {
            inquiry: text("/inquiry/id")?.to_owned(),
            transfer: text("/event/id")?.to_owned(),
            source: text("/event/source")?.to_owned(),
        })
    }
}

/// The sending thread.
pub struct Sender {
    plan: Plan,
    sent: Arc<AtomicU64>,
    decided: Arc<AtomicU64>,
    thread: JoinHandle<Result<(), Fatal>>,
}

impl Sender {
    /// Starts sending for so many seconds.
    pub fn start(
        kafka: &KafkaOptions,
        seconds: u32,
        rate: u32,
        seed: u64,
        asked: Receiver<Asked>,
        metrics: &Metrics,
    ) -> Result<Sender, Fatal> {
        let town = Town::new(TownOptions {
            seed,
            start_ms: wall_ms(),
            events_per_second: rate,
            ..TownOptions::default()
        });
        let producer = KafkaAppender::new(
            "town",
            &kafka.gapless_producer("town", "0"),
            None,
            false,
            metrics,
        )?;
        let plan = Plan {
            start: Instant::now(),
            first: town.list_seed().len() as u64,
            rate,
        };
        let sent = Arc::new(AtomicU64::new(0));
        let decided = Arc::new(AtomicU64::new(0));
        let mut sending = Sending {
            producer,
            kafka: kafka.clone(),
            plan,
            sent: Arc::clone(&sent),
            decided: Arc::clone(&decided),
            until: plan.start + Duration::from_secs(u64::from(seconds)) + GRACE,
        };
        let total = plan.first + u64::from(seconds) * u64::from(rate);
        let thread = std::thread::Builder::new()
            .name("town".to_owned())
            .spawn(move || sending.all(town, total, &asked))
            .map_err(|e| Fatal::Setup(format!("starting the town: {e}")))?;
        Ok(Sender {
            plan,
            sent,
            decided,
            thread,
        })
    }

    /// When events are due.
    #[must_use]
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// Events sent so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Acquire)
    }

    /// So many events have been answered.
    pub fn decided(&self, events: u64) {
        self.decided.store(events, Ordering::Release);
    }

    /// Whether the town is done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for it.
    pub fn join(self) -> Result<(), Fatal> {
        self.thread.join().unwrap_or(Err(Fatal::Panicked("town")))
    }
}

struct Sending {
    producer: KafkaAppender,
    kafka: KafkaOptions,
    plan: Plan,
    sent: Arc<AtomicU64>,
    decided: Arc<AtomicU64>,
    until: Instant,
}

impl Sending {
    fn all(&mut self, mut town: Town, total: u64, asked: &Receiver<Asked>) -> Result<(), Fatal> {
        for event in town.list_seed() {
            self.send(&event)?;
        }
        while self.sent.load(Ordering::Relaxed) < total && Instant::now() < self.until {
            let sent = self.sent.load(Ordering::Relaxed);
            let due = self.plan.due(sent);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if sent - self.decided.load(Ordering::Acquire) > BACKLOG_MAX {
                std::thread::sleep(Duration::from_millis(1));
                continue;
            }
            for Asked {
                inquiry,
                transfer,
                source,
            } in asked.try_iter()
            {
                town.on_inquiry(&inquiry, &transfer, &source, wall_ms());
            }
            let Some(event) = town.next() else { break };
            self.send(&event)?;
        }
        let last = self.sent.load(Ordering::Relaxed);
        let acks = self.producer.acks();
        let until = Instant::now() + Duration::from_secs(10);
        while acks.acked(last, Duration::from_millis(100))? < last {
            if Instant::now() > until {
                return Err(Fatal::Deadline("town"));
            }
        }
        Ok(())
    }

    fn send(&mut self, event: &TownEvent) -> Result<(), Fatal> {
        let number = self.sent.load(Ordering::Relaxed);
        self.producer.send(Outgoing {
            topic: kafka_name(&self.kafka.topics, event.topic),
            partition: None,
            key: Some(event.key.as_bytes()),
            headers: &[(CORRELATION.to_owned(), number.to_string().into_bytes())],
            payload: Some(event.value.as_bytes()),
        })?;
        self.sent.store(number + 1, Ordering::Release);
        Ok(())
    }
}
