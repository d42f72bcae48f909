//! What clients say besides records: log lines, errors, statistics, delivery reports. None of it
//! carries a record's content.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaErrorCode;
use zhamen_pipeline::log::Acks;
use zhamen_pipeline::{Fatal, Metrics};

/// A client's log lines and errors, and the lag that a journal reader reports.
pub struct Talk {
    /// Which client it is.
    pub client: &'static str,
    /// Metrics.
    pub metrics: Metrics,
    /// Whether its consumer lag is the journal's.
    pub journal_lag: bool,
}

impl Talk {
    /// Log lines and errors only.
    #[must_use]
    pub fn new(client: &'static str, metrics: &Metrics) -> Talk {
        Talk {
            client,
            metrics: metrics.clone(),
            journal_lag: false,
        }
    }

    /// Forwards a log line; librdkafka's warnings are mostly about a broker being away.
    pub fn line(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        match (level, facility) {
            // That a setting is experimental is known: see `settings`.
            (RDKafkaLogLevel::Debug | RDKafkaLogLevel::Info, _) | (_, "CONFWARN") => {
                tracing::debug!(client = self.client, facility, "{message}");
            }
            _ => tracing::warn!(client = self.client, facility, "{message}"),
        }
    }

    /// Counts an error; the client repairs most by itself.
    pub fn trouble(&self, error: &KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::PartitionEOF) {
            return;
        }
        self.metrics
            .client_errors
            .with_label_values(&[self.client])
            .inc();
        tracing::warn!(client = self.client, "{error}: {reason}");
    }
}

impl ClientContext for Talk {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.trouble(&error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        if self.journal_lag {
            let lag = statistics
                .topics
                .values()
                .flat_map(|t| t.partitions.values())
                .map(|p| p.consumer_lag.max(0))
                .sum();
            self.metrics.journal_lag.set(lag);
        }
    }
}

impl ConsumerContext for Talk {}

/// Counts delivery reports: how far everything sent is acknowledged without a gap.
pub struct Deliveries {
    talk: Talk,
    /// A failed record is counted and passed over instead of ending the process.
    tolerant: bool,
    reports: Mutex<Reports>,
    changed: Condvar,
}

#[derive(Default)]
struct Reports {
    acked: u64,
    /// Reports after `acked`, by ticket.
    later: VecDeque<bool>,
    failed: Option<Fatal>,
}

impl Deliveries {
    /// No report yet.
    #[must_use]
    pub fn new(talk: Talk, tolerant: bool) -> Deliveries {
        Deliveries {
            talk,
            tolerant,
            reports: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn reports(&self) -> MutexGuard<'_, Reports> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure, if any: nothing more may be sent.
    pub fn check(&self) -> Result<(), Fatal> {
        self.reports().failed.clone().map_or(Ok(()), Err)
    }
}

impl Reports {
    /// Ticket 0 is for producers that do not count.
    fn delivered(&mut self, ticket: u64) {
        if ticket == 0 {
            return;
        }
        let place = (ticket - self.acked - 1) as usize;
        if self.later.len() <= place {
            self.later.resize(place + 1, false);
        }
        self.later[place] = true;
        while self.later.front() == Some(&true) {
            self.later.pop_front();
            self.acked += 1;
        }
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.talk.line(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.talk.trouble(&error, reason);
        let cause = match fatal(self.talk.client, &error) {
            Fatal::Fenced => Fatal::Fenced,
            _ if error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal) && !self.tolerant => {
                Fatal::Broker {
                    what: self.talk.client,
                    detail: reason.to_owned(),
                }
            }
            _ => return,
        };
        // The records that fail because of it say less than this.
        self.reports().failed.get_or_insert(cause);
        self.changed.notify_all();
    }

    fn stats(&self, _: Statistics) {}
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: usize) {
        let mut reports = self.reports();
        match result {
            Ok(_) => reports.delivered(ticket as u64),
            Err((error, _)) if self.tolerant => {
                self.talk.metrics.replies_failed.inc();
                tracing::warn!(client = self.talk.client, "record not delivered: {error}");
                reports.delivered(ticket as u64);
            }
            Err((error, _)) => {
                reports.failed.get_or_insert(Fatal::Broker {
                    what: self.talk.client,
                    detail: format!("record not delivered: {error}"),
                });
            }
        }
        self.changed.notify_all();
    }
}

impl Acks for Deliveries {
    fn acked(&self, ticket: u64, wait: Duration) -> Result<u64, Fatal> {
        let until = Instant::now() + wait;
        let mut reports = self.reports();
        loop {
            if let Some(fatal) = &reports.failed {
                return Err(fatal.clone());
            }
            let left = until.saturating_duration_since(Instant::now());
            if reports.acked >= ticket || left.is_zero() {
                return Ok(reports.acked);
            }
            reports = self
                .changed
                .wait_timeout(reports, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// A client's error as the end of the process; a fenced client is another instance's success.
#[must_use]
pub fn fatal(what: &'static str, error: &KafkaError) -> Fatal {
    use RDKafkaErrorCode::{Fenced, FencedInstanceId, ProducerFenced};
    match error.rdkafka_error_code() {
        Some(Fenced | FencedInstanceId | ProducerFenced) => Fatal::Fenced,
        _ => Fatal::Broker {
            what,
            detail: error.to_string(),
        },
    }
}
