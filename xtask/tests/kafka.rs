//! The life of a real broker: start, answer, kill -9, restart with its data, orderly stop.

use std::fs;
use std::net::TcpStream;

use xtask::kafka::raw::{self, Api};
use xtask::kafka::{Broker, BrokerOptions};
use xtask::signal;

#[test]
fn a_broker_comes_back_with_its_data_after_kill_9() {
    let options = BrokerOptions {
        fast_session: true,
        ..BrokerOptions::default()
    };
    let mut broker = Broker::start(options).expect("start");
    let bootstrap = broker.bootstrap();
    let pid = broker.pid().expect("a started broker has a process");
    assert_eq!(live_brokers(&broker), 1);
    create_topic(&broker, "kept.over.kill");

    broker.kill9().expect("kill");
    assert_eq!(broker.pid(), None);
    assert!(
        !signal::exists(pid).expect("sh"),
        "the process is gone and waited for"
    );
    assert!(
        TcpStream::connect(&bootstrap).is_err(),
        "nobody listens any more"
    );

    broker.restart().expect("restart");
    assert_eq!(broker.bootstrap(), bootstrap);
    assert_eq!(live_brokers(&broker), 1);
    assert_eq!(partitions(&broker, "kept.over.kill"), Some(1));
    assert_eq!(partitions(&broker, "never.created"), None);

    let (dir, log) = (
        broker.dir().to_path_buf(),
        fs::read_to_string(broker.log()).expect("log"),
    );
    assert_eq!(
        log.matches("Kafka Server started").count(),
        2,
        "one log over all restarts"
    );
    let pid = broker.pid().expect("it runs again");
    broker.stop().expect("stop");
    assert!(!signal::exists(pid).expect("sh"));
    assert!(!dir.exists(), "its own folder goes with it");
}

#[test]
fn two_brokers_stand_side_by_side_and_drop_ends_them() {
    let brokers = [(); 2].map(|()| Broker::start(BrokerOptions::default()).expect("start"));
    assert_ne!(brokers[0].bootstrap(), brokers[1].bootstrap());
    create_topic(&brokers[0], "of.the.first");
    assert_eq!(partitions(&brokers[0], "of.the.first"), Some(1));
    assert_eq!(partitions(&brokers[1], "of.the.first"), None);
    let pids = brokers
        .each_ref()
        .map(|broker| broker.pid().expect("it runs"));
    drop(brokers);
    for pid in pids {
        assert!(!signal::exists(pid).expect("sh"));
    }
}

#[test]
fn settings_of_the_caller_win() {
    let extra = vec![("num.partitions".to_owned(), "3".to_owned())];
    let broker = Broker::start(BrokerOptions {
        extra,
        ..BrokerOptions::default()
    })
    .expect("start");
    create_topic(&broker, "of.three");
    assert_eq!(partitions(&broker, "of.three"), Some(3));
}

fn port(broker: &Broker) -> u16 {
    let bootstrap = broker.bootstrap();
    let (_, port) = bootstrap.rsplit_once(':').expect("host:port");
    port.parse().expect("a port")
}

fn live_brokers(broker: &Broker) -> u32 {
    raw::live_brokers(port(broker)).expect("metadata")
}

/// CreateTopics version 4, with as many partitions as the broker's settings say.
fn create_topic(broker: &Broker, name: &str) {
    let mut body = Vec::new();
    body.extend(1_i32.to_be_bytes()); // topics
    body.extend(text(name));
    body.extend((-1_i32).to_be_bytes()); // partitions
    body.extend((-1_i16).to_be_bytes()); // copies
    body.extend([0; 8]); // no assignments, no settings
    body.extend(10_000_i32.to_be_bytes()); // ms
    body.push(0); // not only checked
    let answer = raw::exchange(
        port(broker),
        Api {
            key: 19,
            version: 4,
        },
        &body,
    )
    .expect("answer");
    // throttle time, one topic, its name, error 0, no message
    let expected = [
        &[0; 4][..],
        &1_i32.to_be_bytes(),
        &text(name),
        &[0, 0],
        &[0xff, 0xff],
    ]
    .concat();
    assert_eq!(answer, expected);
}

/// Metadata version 1 about one topic; `None` where the broker does not know it.
fn partitions(broker: &Broker, name: &str) -> Option<u32> {
    const UNKNOWN: [u8; 2] = [0, 3];
    let body = [&1_i32.to_be_bytes()[..], &text(name)].concat();
    let answer = raw::exchange(port(broker), Api { key: 3, version: 1 }, &body).expect("answer");
    // error, name, a byte "internal", number of partitions
    let name = text(name);
    let at = answer
        .windows(name.len())
        .position(|window| window == name)
        .expect("the topic asked for");
    let after = &answer[at + name.len() + 1..];
    let count = u32::from_be_bytes(*after.first_chunk().expect("a count"));
    (answer[at - 2..at] != UNKNOWN).then_some(count)
}

fn text(text: &str) -> Vec<u8> {
    let length = i16::try_from(text.len()).expect("a short text");
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}
