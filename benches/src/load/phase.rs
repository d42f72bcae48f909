//! One phase: events at intended times in, answers out, a histogram of the time between. The
//! number of an event travels as its correlation id, which the service echoes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use hdrhistogram::Histogram;
use rdkafka::Message;
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord};
use rdkafka::types::RDKafkaErrorCode;
use zhamen_town::Town;

use crate::client::{Isolation, Reader, producer_config};
use crate::machine::{self, Cpu};

/// The header that is echoed.
pub const CORRELATION: &str = "kafka_correlationId";
const WARM_UP: Duration = Duration::from_secs(3);
/// An answer that takes longer is missing.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// What is sent where.
pub struct Phase<'a> {
    /// Bootstrap servers.
    pub brokers: &'a str,
    /// The topic of all events; `None`: each on its own.
    pub input: Option<&'a str>,
    /// Where answers appear.
    pub output: &'a str,
    /// Events a second.
    pub rate: u32,
    /// How long, the warm-up aside.
    pub seconds: u32,
    /// Processes whose CPU time is told: the service's and the broker's.
    pub watched: [u32; 2],
}

/// What was measured.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Figures {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
    /// Answers a second over the measured time.
    pub throughput: f64,
    pub missing: u64,
    /// Percent of CPU time that the hypervisor took.
    pub steal: f64,
    /// Percent of CPU time in use.
    pub busy: f64,
    /// Load average of the last minute, at the end.
    pub load: f64,
    /// Cores that each watched process used.
    pub cores: [f64; 2],
}

impl Phase<'_> {
    /// Sends, waits for the answers, and measures.
    pub fn run(&self, town: &mut Town) -> Result<Figures> {
        let total = u64::from(self.rate) * (u64::from(self.seconds) + WARM_UP.as_secs());
        let warm_up = u64::from(self.rate) * WARM_UP.as_secs();
        let reader = Reader::from_end(self.brokers, &[self.output], Isolation::Uncommitted)?;
        let cpu = Cpu::now();
        let used = self.watched.map(machine::process_seconds);
        // The first event is due when both ends are up.
        let start = Instant::now() + Duration::from_millis(200);
        let clock = Clock {
            start,
            rate: self.rate,
        };
        let sent = Arc::new(AtomicU64::new(0));
        let failed = Arc::new(AtomicBool::new(false));
        let ended = {
            let (sent, failed) = (Arc::clone(&sent), Arc::clone(&failed));
            std::thread::spawn(move || clock.listen(&reader, total, warm_up, &sent, &failed))
        };
        let outcome = self.send(town, clock, total, &sent);
        failed.store(outcome.is_err(), Ordering::Relaxed);
        let heard = ended.join().map_err(|_| anyhow!("the reader panicked"))?;
        outcome?;
        let heard = heard?;
        let seconds = start.elapsed().as_secs_f64();
        let (steal, busy) = Cpu::now().since(cpu);
        let after = self.watched.map(machine::process_seconds);
        let ms = |q: f64| heard.times.value_at_quantile(q) as f64 / 1_000.0;
        Ok(Figures {
            p50_ms: ms(0.5),
            p99_ms: ms(0.99),
            p999_ms: ms(0.999),
            max_ms: heard.times.max() as f64 / 1_000.0,
            throughput: heard.times.len() as f64 / heard.span.as_secs_f64().max(0.001),
            missing: total - heard.count,
            steal,
            busy,
            load: machine::load_average(),
            cores: [0, 1].map(|i| (after[i] - used[i]) / seconds),
        })
    }

    fn send(&self, town: &mut Town, clock: Clock, total: u64, sent: &AtomicU64) -> Result<()> {
        let producer: BaseProducer = producer_config(self.brokers, "1").create()?;
        for number in 0..total {
            let event = town.next().context("a town never ends")?;
            let due = clock.due(number);
            while Instant::now() < due {
                producer.poll(Duration::ZERO);
                // A busy wait would take the core that is measured.
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
            let id = number.to_le_bytes();
            let header = Header {
                key: CORRELATION,
                value: Some(&id[..]),
            };
            let mut record = BaseRecord::to(self.input.unwrap_or(event.topic))
                .key(&event.key)
                .payload(&event.value)
                .headers(OwnedHeaders::new().insert(header));
            loop {
                match producer.send(record) {
                    Ok(()) => break,
                    Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                        producer.poll(Duration::from_millis(1));
                        record = back;
                    }
                    Err((error, _)) => bail!("cannot send: {error}"),
                }
            }
            sent.store(number + 1, Ordering::Relaxed);
        }
        // Delivery is seen by the answers; what is left in the queue must still go out.
        let deadline = Instant::now() + ANSWERED_WITHIN;
        while rdkafka::producer::Producer::in_flight_count(&producer) > 0 {
            anyhow::ensure!(
                Instant::now() < deadline,
                "the broker does not take the events"
            );
            producer.poll(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// When each event is due.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Instant,
    rate: u32,
}

struct Heard {
    times: Histogram<u64>,
    count: u64,
    /// From the first measured event's due time to the last answer.
    span: Duration,
}

impl Clock {
    fn due(self, number: u64) -> Instant {
        self.start + Duration::from_nanos(number * 1_000_000_000 / u64::from(self.rate))
    }

    /// Takes the time of each answer, the first of an event; those of the warm-up are only counted.
    fn listen(
        self,
        reader: &Reader,
        total: u64,
        warm_up: u64,
        sent: &AtomicU64,
        failed: &AtomicBool,
    ) -> Result<Heard> {
        let mut times = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
        let mut seen = vec![false; usize::try_from(total)?];
        let mut count = 0;
        let mut last = self.start;
        let mut deadline = self.due(total) + ANSWERED_WITHIN;
        while count < total && Instant::now() < deadline && !failed.load(Ordering::Relaxed) {
            if sent.load(Ordering::Relaxed) < total {
                // A sender that is behind is part of what is measured, not a loss.
                deadline = Instant::now() + ANSWERED_WITHIN;
            }
            let Some(message) = reader.poll(Duration::from_millis(50)) else {
                continue;
            };
            let now = Instant::now();
            let number = message.headers().and_then(|headers| {
                let own = headers.iter().find(|h| h.key == CORRELATION)?;
                Some(u64::from_le_bytes(own.value?.try_into().ok()?))
            });
            let Some(number) = number.filter(|n| *n < total) else {
                continue;
            };
            if std::mem::replace(&mut seen[number as usize], true) {
                continue;
            }
            count += 1;
            last = now;
            if number >= warm_up {
                let micros = now.saturating_duration_since(self.due(number)).as_micros();
                times.saturating_record(u64::try_from(micros)?.max(1));
            }
        }
        Ok(Heard {
            times,
            count,
            span: last.saturating_duration_since(self.due(warm_up)),
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "p50 {:.2} p99 {:.1} p99.9 {:.1} max {:.0} ms, {:.0}/s, missing {}, steal {:.1} %, busy {:.0} %, load {:.1}, cores: service {:.2} broker {:.2}",
            self.p50_ms,
            self.p99_ms,
            self.p999_ms,
            self.max_ms,
            self.throughput,
            self.missing,
            self.steal,
            self.busy,
            self.load,
            self.cores[0],
            self.cores[1]
        )
    }
}
