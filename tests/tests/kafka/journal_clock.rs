//! Moves the journal's clock on by days in a moment: for terms that the law fixes and no setting
//! shortens.
//!
//! The journal's time is the broker's. One tick, as the service appends it while it has nothing
//! else to say, is written under a time of its own; for that moment the topic takes the writer's
//! word for the time. The service is left alone: it reads this tick as it reads its own.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use zhamen_wire::journal::{JournalEntry, encode};

use crate::client::client;
use crate::rig::PATIENCE;

const JOURNAL: &str = "zhamen.journal.v1";
/// As `zhamen topics create` has them: altering the one sets the others back to defaults.
const KEPT: [(&str, &str); 3] = [
    ("max.message.bytes", "4259840"),
    ("retention.ms", "-1"),
    ("retention.bytes", "-1"),
];

/// Appends a tick at this time, in milliseconds since 1970. No instance may be starting: it would
/// refuse a journal whose time is not the broker's.
pub fn tick_at(brokers: &str, at_ms: i64) {
    set_time(brokers, "CreateTime");
    let producer: BaseProducer = client(brokers)
        .set("acks", "all")
        .create()
        .expect("a producer");
    let tick = encode(&[JournalEntry::Tick]);
    let record: BaseRecord<'_, (), Vec<u8>> = BaseRecord::to(JOURNAL)
        .partition(0)
        .timestamp(at_ms)
        .payload(&tick);
    producer.send(record).map_err(|(e, _)| e).expect("a tick");
    producer.flush(PATIENCE).expect("the broker takes a tick");
    set_time(brokers, "LogAppendTime");
}

fn set_time(brokers: &str, whose: &str) {
    let admin: AdminClient<DefaultClientContext> =
        client(brokers).create().expect("an admin client");
    let journal = AlterConfig::new(ResourceSpecifier::Topic(JOURNAL))
        .set("message.timestamp.type", whose)
        .set("message.timestamp.after.max.ms", "9223372036854775807");
    let journal = KEPT
        .iter()
        .fold(journal, |j, (key, value)| j.set(key, value));
    let ask = AdminOptions::new().request_timeout(Some(Duration::from_secs(20)));
    let answers = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(admin.alter_configs(&[journal], &ask))
        .expect("an answer");
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
}
