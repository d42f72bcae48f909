//! The life of police orders over crashes: placed, refused and released, their transfers stopped,
//! the 48 hours over; and every answer to the police told once.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::client::{Decisions, Read, Reader, Writer, now, transfer};
use crate::end_to_end::LARGE;
use crate::journal_clock::tick_at;
use crate::rig::Rig;

fn order(application: &str, account: &str, name: &str, amount: &str) -> String {
    format!(
        "{{\"type\":\"stop.ordered\",\"id\":\"{application}\",\"source\":\"police\",\"occurred_at\":\"{0}\",\
         \"order\":{{\"application\":\"{application}\",\"kind\":\"100101\",\"account\":\"{account}\",\
         \"name\":\"{name}\",\"bank\":\"ICBC\",\"amount\":\"{amount}\",\"currency\":\"CNY\",\
         \"transferred_at\":\"{0}\",\"reason\":\"fraud\",\"organ\":\"360121560000\",\"officer\":\"P1\"}}}}",
        now()
    )
}

fn send_order(writer: &Writer, account: &str, line: &str) {
    let key = Some(account.as_bytes());
    writer.send("police.orders.v1", key, &[], Some(line.as_bytes()));
}

/// A transfer that takes money out of `payer`, to somebody who has no part in this.
fn out_of(payer: &str, id: &str, amount: &str) -> String {
    transfer(id, payer, amount)
        .replace(
            "{\"account\":\"M\",\"name\":\"李四\"}",
            "{\"account\":\"Z\",\"name\":\"王五\"}",
        )
        .replace("Payer M", "李四")
}

/// The last moment plus one of the stop that this order placed.
fn until(decisions: &Decisions, order: &str) -> i64 {
    let until = decisions.of(order)["hold"]["expires_at"].clone();
    let until = until.as_str().expect("a hold has an end");
    let until = chrono::DateTime::parse_from_rfc3339(until).expect("a time");
    until.timestamp_millis()
}

/// Of each application, the types told, in the order told. The id of each must be its own.
fn told(reads: &[Read], topic: &str, application: &str) -> BTreeMap<String, Vec<String>> {
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut steps = BTreeSet::new();
    for read in reads.iter().filter(|r| r.topic == topic) {
        let json = read.json();
        let text = |at: &str| {
            let text = json.pointer(at).and_then(Value::as_str);
            text.unwrap_or_else(|| panic!("no {at} in {json}"))
                .to_owned()
        };
        let step = (text("/id"), text("/type"));
        assert!(steps.insert(step.clone()), "{step:?} was told twice");
        told.entry(text(application)).or_default().push(step.1);
    }
    told
}

#[test]
fn a_stop_outlives_crashes_ends_after_48_hours_and_every_order_is_answered_once() {
    let rig = Rig::new("stop-payment", LARGE, "");
    let service = rig.start(0);
    let brokers = rig.brokers();
    let writer = Writer::new(&brokers);
    let reader = Reader::new(&brokers, &["bank.decisions.v1"], "read_uncommitted");
    let mut decisions = Decisions::default();

    // A victim pays M; W pays Z.
    writer.transfer(&transfer("paid", "V", "10.00"));
    writer.transfer(&out_of("W", "paid-too", "20.00"));
    writer.flush();
    decisions.until(&reader, 2);
    assert_eq!(decisions.of("paid")["decision"], "allow");

    // Three orders: one that fits, one that names another holder, one that will be released. The
    // service is killed with them in its hands.
    send_order(&writer, "M", &order("FITS", "M", "李四", "10.00"));
    send_order(&writer, "V", &order("MISNAMED", "V", "王五", "10.00"));
    send_order(&writer, "W", &order("RELEASED", "W", "Payer W", "20.00"));
    writer.flush();
    service.kill9();
    let service = rig.start(0);
    decisions.until(&reader, 5);
    assert_eq!(decisions.of("FITS")["done"], "stop.placed");
    assert_eq!(decisions.of("MISNAMED")["done"], "stop.refused");
    assert_eq!(decisions.of("RELEASED")["done"], "stop.placed");
    writer.transfer(&out_of("M", "out-1", "1.00"));
    writer.transfer(&transfer("in-1", "V", "1.00"));
    writer.flush();
    decisions.until(&reader, 7);
    assert_eq!(decisions.of("out-1")["decision"], "hold");
    assert_eq!(
        decisions.of("in-1")["decision"],
        "allow",
        "only money out is stopped"
    );

    // Killed again; what comes meanwhile finds the stop when it is back.
    service.kill9();
    let release = format!(
        "{{\"type\":\"stop.released\",\"id\":\"R1\",\"source\":\"police\",\"occurred_at\":\"{}\",\
         \"order\":{{\"application\":\"RELEASED\",\"account\":\"W\"}}}}",
        now()
    );
    send_order(&writer, "W", &release);
    writer.transfer(&out_of("M", "out-2", "1.00"));
    writer.flush();
    let service = rig.start(0);
    decisions.until(&reader, 9);
    assert_eq!(decisions.of("out-2")["decision"], "hold");
    assert_eq!(decisions.of("R1")["done"], "stop.lifted");
    writer.transfer(&out_of("W", "out-3", "1.00"));
    writer.flush();
    decisions.until(&reader, 10);
    assert_eq!(decisions.of("out-3")["decision"], "allow");

    // The last millisecond of the 48 hours: still held. Then it falls due, and the service is
    // killed over it.
    let until = until(&decisions, "FITS");
    tick_at(&brokers, until - 1);
    writer.transfer(&out_of("M", "out-4", "1.00"));
    writer.flush();
    decisions.until(&reader, 11);
    assert_eq!(decisions.of("out-4")["decision"], "hold");
    tick_at(&brokers, until);
    service.kill9();
    let service = rig.start(0);
    writer.transfer(&out_of("M", "out-5", "1.00"));
    writer.flush();
    decisions.until(&reader, 12);
    assert_eq!(decisions.of("out-5")["decision"], "allow");
    decisions.assert_dense();
    service.stop();

    // What the police and the bank were told, as they read it: each step once.
    let topics = ["police.feedback.v1", "bank.holds.v1"];
    let reads = Reader::new(&brokers, &topics, "read_committed").all(10);
    let expected = |steps: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        let owned = |types: &[&str]| types.iter().map(ToString::to_string).collect();
        steps
            .iter()
            .map(|(a, types)| ((*a).to_owned(), owned(types)))
            .collect()
    };
    assert_eq!(
        told(&reads, "police.feedback.v1", "/application"),
        expected(&[
            ("FITS", &["stop.placed", "stop.expired"]),
            ("MISNAMED", &["stop.refused"]),
            // Z has W's money.
            (
                "RELEASED",
                &["stop.placed", "stop.extension_proposed", "stop.lifted"]
            ),
        ])
    );
    assert_eq!(
        told(&reads, "bank.holds.v1", "/cause/application"),
        expected(&[
            ("FITS", &["hold.placed", "hold.expired"]),
            ("RELEASED", &["hold.placed", "hold.released"]),
        ])
    );
}
