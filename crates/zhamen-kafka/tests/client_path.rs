//! The client path on the broker inside the process: records in, decisions out, an orderly stop, a
//! restart that goes on where it was. Says nothing about exactly once; that needs a real broker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use zhamen_kafka::admin::{self, Layout};
use zhamen_kafka::appender::KafkaAppender;
use zhamen_kafka::embedded::Embedded;
use zhamen_kafka::tail::{Read, Tail};
use zhamen_kafka::{KafkaOptions, RunOptions, run};
use zhamen_pipeline::committer::CommitOptions;
use zhamen_pipeline::faults::Faults;
use zhamen_pipeline::filter::{Seen, SequenceFilter};
use zhamen_pipeline::ingest::IngestOptions;
use zhamen_pipeline::log::{Appender, JournalId, Outgoing};
use zhamen_pipeline::screen::TickOptions;
use zhamen_pipeline::{
    ActivationText, Checker, CheckerOptions, Control, Fatal, Health, Metrics, Options,
    SnapshotOptions, Topics,
};

const RULES: &str = r#"
[[rule]]
id = "large"
title = { zh = "大额", en = "large transfer" }
on = "transfer.requested"
mode = "enforce"
params.single_min = { value = 50_000, unit = "CNY", min = 10_000, max = 500_000 }
when = ["txn.amount >= params.single_min"]
then = { action = "delay", for = "1h", alert = "high" }
explain = { zh = "大额", en = "large" }
"#;

fn options(kafka: KafkaOptions, snapshots: &std::path::Path) -> RunOptions {
    let files = vec![zhamen_pipeline::SourceFile {
        name: "rules.toml".to_owned(),
        text: RULES.to_owned(),
    }];
    let checker = CheckerOptions {
        reply_topics: vec!["bank.replies".to_owned()],
        ..CheckerOptions::default()
    };
    RunOptions {
        pipeline: Options {
            journal: JournalId {
                cluster: String::new(),
                topic: kafka.topics.journal.clone(),
                partition: kafka.shard,
            },
            topics: kafka.topics.clone(),
            activation: ActivationText {
                digest: zhamen_pipeline::digest(&files),
                files: files.into_iter().map(|f| (f.name, f.text)).collect(),
                ..ActivationText::default()
            },
            checker: Arc::new(Checker::new(checker)),
            snapshots: Some(SnapshotOptions {
                dir: snapshots.to_owned(),
                every: Duration::from_millis(300),
                keep: 2,
            }),
            ingest: IngestOptions::default(),
            commit: CommitOptions::default(),
            tick: TickOptions::default(),
            clock: zhamen_pipeline::clock::wall(),
            shutdown: Duration::from_secs(20),
            faults: Faults::default(),
        },
        kafka,
    }
}

struct Running {
    control: Control,
    thread: JoinHandle<Result<(), Fatal>>,
}

impl Running {
    fn start(options: RunOptions) -> Running {
        let metrics = Metrics::new();
        // The sender is dropped: nobody reloads here.
        let control = Control {
            stop: Arc::default(),
            reload: crossbeam_channel::never(),
            tap: None,
            health: Health::new(metrics.clone()),
            metrics,
        };
        let own = control.clone();
        let thread = std::thread::spawn(move || run(options, own));
        Running { control, thread }
    }

    fn stop(self) -> Result<(), Fatal> {
        self.control.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("no panic")
    }
}

/// Reads decisions until there are `count` different ones.
fn decisions(tail: &mut Tail, filter: &mut SequenceFilter, count: usize) -> Vec<Read> {
    let end = Instant::now() + Duration::from_secs(60);
    let mut found = Vec::new();
    while found.len() < count {
        assert!(
            Instant::now() < end,
            "{} of {count} decisions came",
            found.len()
        );
        let Some(read) = tail.next(Duration::from_millis(100)).expect("readable") else {
            continue;
        };
        let sequence = json(&read)["coordinates"]["sequence"].as_u64();
        match filter.offer(read.partition, sequence.expect("every decision has one")) {
            Seen::New => found.push(read),
            Seen::Repeat => {}
            Seen::Gap(missing) => panic!("{missing} decisions missing"),
        }
    }
    found
}

fn json(read: &Read) -> serde_json::Value {
    serde_json::from_slice(read.payload.as_deref().expect("a value")).expect("JSON")
}

fn send(sender: &mut KafkaAppender, from: usize, count: usize) {
    for n in from..from + count {
        let account = format!("62170012345678{:02}", n % 7);
        let at = zhamen_pipeline::clock::wall_ms();
        let amount = if n % 5 == 0 { 60_000 } else { 10 };
        let event = match n % 10 {
            9 => "{\"type\":\"transfer".to_owned(),
            _ => format!(
                r#"{{"type":"transfer.requested","id":"T-{n}","source":"core","occurred_at":"{}","txn":{{"amount":"{amount}.00","currency":"CNY","channel":"mobile"}},"payer":{{"account":"{account}"}},"payee":{{"account":"6222021234567890"}}}}"#,
                rfc3339(at)
            ),
        };
        let headers = [
            (
                "kafka_correlationId".to_owned(),
                format!("c-{n}").into_bytes(),
            ),
            ("kafka_replyTopic".to_owned(), b"bank.replies".to_vec()),
        ];
        sender
            .send(Outgoing {
                topic: "bank.transfers.v1",
                partition: None,
                key: Some(account.as_bytes()),
                headers: &headers,
                payload: Some(event.as_bytes()),
            })
            .expect("sent");
    }
    let all = (from + count) as u64;
    let acked = sender.acks().acked(all, Duration::from_secs(20));
    assert_eq!(acked, Ok(all));
}

fn rfc3339(at: i64) -> String {
    // Whole seconds suffice here.
    let seconds = at / 1_000;
    let (h, m, s) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let z = seconds.div_euclid(86_400) + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let (day, month) = (
        doy - (153 * mp + 2) / 5 + 1,
        if mp < 10 { mp + 3 } else { mp - 9 },
    );
    let year = yoe + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.000Z")
}

#[test]
fn records_become_decisions_and_a_restart_goes_on() {
    let topics = Topics::default();
    let mut specs = admin::specs(&topics, &Layout::default());
    specs.push(admin::TopicSpec {
        name: "bank.replies".to_owned(),
        partitions: 1,
        replication: 1,
        config: Vec::new(),
    });
    let broker = Embedded::start(&specs).expect("a broker in the process");
    let kafka = KafkaOptions {
        brokers: broker.bootstrap_servers(),
        transactions: false,
        embedded: true,
        ..KafkaOptions::default()
    };
    let dir = std::env::temp_dir().join(format!("zhamen-client-path-{}", std::process::id()));
    let metrics = Metrics::new();
    let mut sender = KafkaAppender::new(
        "test-sender",
        &kafka.gapless_producer("test-sender", "0"),
        None,
        false,
        &metrics,
    )
    .expect("a producer");

    let first = Running::start(options(kafka.clone(), &dir));
    send(&mut sender, 0, 40);
    let mut tail = Tail::start(&kafka, &[&topics.decisions], &metrics).expect("a reader");
    let mut filter = SequenceFilter::default();
    let said = decisions(&mut tail, &mut filter, 40);
    let count = |what: &str| said.iter().filter(|d| json(d)["decision"] == what).count();
    assert_eq!(
        (count("delay"), count("allow")),
        (8 + 4, 28),
        "large ones and rejected ones wait"
    );
    let echoed = |d: &Read| d.headers.iter().any(|(k, _)| k == "kafka_correlationId");
    assert!(said.iter().all(echoed));

    let mut outputs =
        Tail::start(&kafka, &[&topics.alerts, "bank.replies"], &metrics).expect("a reader");
    let (mut alerts, mut replies) = (0, 0);
    let end = Instant::now() + Duration::from_secs(30);
    while (alerts, replies) != (8, 40) {
        assert!(Instant::now() < end, "{alerts} alerts, {replies} replies");
        match outputs.next(Duration::from_millis(100)).expect("readable") {
            Some(read) if read.topic == topics.alerts => alerts += 1,
            Some(_) => replies += 1,
            None => {}
        }
    }
    let report = first.control.health.report();
    assert!(report.ready, "{:?}", report.reasons);
    assert_eq!(report.transactions, Some(false));
    assert_eq!(first.stop(), Ok(()));

    let second = Running::start(options(kafka.clone(), &dir));
    send(&mut sender, 40, 20);
    assert_eq!(decisions(&mut tail, &mut filter, 20).len(), 20);
    assert_eq!(
        filter.next().values().sum::<u64>(),
        60,
        "no decision twice, none missing"
    );
    let text = second.control.metrics.text();
    assert!(
        text.contains("zhamen_input_records_total{topic=\"bank.transfers.v1\"} 20"),
        "{text}"
    );
    assert_eq!(second.stop(), Ok(()));
    std::fs::remove_dir_all(&dir).expect("the snapshots' directory is there");
}

#[test]
fn missing_topics_are_all_told_at_once_and_are_a_matter_for_a_person() {
    let topics = Topics::default();
    let specs: Vec<_> = admin::specs(&topics, &Layout::default())
        .into_iter()
        .filter(|s| s.name != topics.alerts && s.name != topics.journal)
        .collect();
    let broker = Embedded::start(&specs).expect("a broker in the process");
    let kafka = KafkaOptions {
        brokers: broker.bootstrap_servers(),
        transactions: false,
        embedded: true,
        ..KafkaOptions::default()
    };
    let ended = Running::start(options(kafka, std::path::Path::new("unused")))
        .thread
        .join();
    let fatal = ended.expect("no panic").expect_err("topics are missing");
    assert_eq!(fatal.exit_code(), 78);
    let text = fatal.to_string();
    assert!(
        text.contains(&topics.alerts) && text.contains(&topics.journal),
        "{text}"
    );
}
