//! The broker's files: `server.properties` and the logging settings beside it.

use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};

use super::Broker;

pub(super) const SERVER: &str = "server.properties";
pub(super) const LOGGING: &str = "log4j2.properties";

/// Any 16 bytes in base64; brokers never meet each other, so one is enough.
pub(super) const CLUSTER_ID: &str = "emhhbWVuLXRlc3QtMDAwMQ";

pub(super) fn write(broker: &Broker) -> Result<()> {
    for (name, text) in [(SERVER, server(broker)), (LOGGING, LOGGING_TEXT.to_owned())] {
        let path = broker.dir.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn server(broker: &Broker) -> String {
    let Broker {
        port,
        controller_port,
        ..
    } = broker;
    let mut lines = vec![
        (
            "listeners",
            format!("PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"),
        ),
        (
            "advertised.listeners",
            format!("PLAINTEXT://127.0.0.1:{port}"),
        ),
        (
            "controller.quorum.voters",
            format!("1@127.0.0.1:{controller_port}"),
        ),
        ("log.dirs", broker.dir.join("data").display().to_string()),
    ];
    if broker.options.fast_session {
        lines.push(("broker.session.timeout.ms", "1500".to_owned()));
        lines.push(("broker.heartbeat.interval.ms", "300".to_owned()));
    }
    let mut text = String::from(ONE_NODE);
    let extra = broker
        .options
        .extra
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()));
    for (key, value) in lines.into_iter().chain(extra) {
        // Of two lines with one key, a Java properties file keeps the later.
        writeln!(text, "{key}={value}").expect("writing to a String cannot fail");
    }
    text
}

/// One small node: every internal topic has one partition and one copy, and what a broker does
/// lazily (clean up transactions, delete segments) is done soon, so that tests need not wait.
const ONE_NODE: &str = "\
process.roles=broker,controller
node.id=1
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
log.segment.delete.delay.ms=1000
num.network.threads=2
num.io.threads=4
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=16777216
";

const LOGGING_TEXT: &str = "\
status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss,SSS} %p %c{1} %m%n
rootLogger.level=INFO
rootLogger.appenderRef.console.ref=console
logger.settings.name=kafka.server.KafkaConfig
logger.settings.level=WARN
logger.values.name=org.apache.kafka.common.config
logger.values.level=WARN
";
