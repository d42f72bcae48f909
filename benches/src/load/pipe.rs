//! The bare pipe: a relay from one topic to another that copies key, value and headers and does
//! nothing else. What the client and the broker cost without us.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use rdkafka::Message;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord};
use rdkafka::types::RDKafkaErrorCode;

use crate::client::{Isolation, Reader, client_config, producer_config};

/// The relay, in a thread of its own.
pub struct Pipe {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Pipe {
    /// Where it reads.
    pub const INPUT: &'static str = "bare.input";
    /// Where it writes.
    pub const OUTPUT: &'static str = "bare.output";

    /// Creates its topics, with as many partitions as an input topic and the decisions have, and
    /// starts it.
    pub fn start(brokers: &str) -> Result<Pipe> {
        let admin: AdminClient<DefaultClientContext> = client_config(brokers).create()?;
        let topics = [Pipe::INPUT, Pipe::OUTPUT]
            .map(|name| NewTopic::new(name, 4, TopicReplication::Fixed(1)));
        for created in wait(admin.create_topics(&topics, &AdminOptions::new()))?? {
            created.map_err(|(topic, error)| anyhow!("topic {topic}: {error}"))?;
        }
        let reader = Reader::from_end(brokers, &[Pipe::INPUT], Isolation::Uncommitted)?;
        let producer: BaseProducer = producer_config(brokers, "1").create()?;
        let stop = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("pipe".into())
            .spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    producer.poll(Duration::ZERO);
                    // Short, because delivery reports are served between two records only.
                    let Some(message) = reader.poll(Duration::from_millis(5)) else {
                        continue;
                    };
                    let mut record = BaseRecord::to(Pipe::OUTPUT)
                        .key(message.key().unwrap_or_default())
                        .payload(message.payload().unwrap_or_default());
                    if let Some(headers) = message.headers() {
                        record = record.headers(headers.detach());
                    }
                    loop {
                        match producer.send(record) {
                            Ok(()) => break,
                            Err((
                                KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull),
                                back,
                            )) => {
                                producer.poll(Duration::from_millis(1));
                                record = back;
                            }
                            Err((error, _)) => bail!("the bare pipe cannot send: {error}"),
                        }
                    }
                }
                Ok(())
            })?;
        Ok(Pipe { stop, thread })
    }

    /// Ends it.
    pub fn stop(self) -> Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| anyhow!("the bare pipe panicked"))?
    }
}

/// Waits for the client's future without a runtime: it is woken from the client's own thread.
fn wait<T: Send>(future: impl Future<Output = T> + Send) -> Result<T> {
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = Box::pin(future);
    for _ in 0..300 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Ok(value);
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    bail!("the broker does not answer")
}
