//! Records in on every input topic, and what must come out of the service on every output topic.

use serde_json::Value;

use crate::client::{Decisions, Reader, Writer, now, transfer};
use crate::rig::Rig;

/// Delays large transfers, alerts, and warns.
pub const LARGE: &str = r#"
[[rule]]
id = "large"
title = { zh = "大额", en = "large transfer" }
on = "transfer.requested"
mode = "enforce"
params.from = { value = 50_000, unit = "CNY", min = 1_000, max = 500_000 }
window.n = { count = "*", by = ["payer.account"], over = "24h", where = "txn.amount >= params.from" }
when = ["txn.amount >= params.from", "window.n >= 1"]
then = { action = "delay", alert = "high", warn = true }
"#;

fn header(read: &crate::client::Read, name: &str) -> String {
    let value = read
        .headers
        .get(name)
        .unwrap_or_else(|| panic!("no header {name}"));
    String::from_utf8(value.clone()).expect("a text")
}

#[test]
fn every_record_is_answered_and_a_police_order_stops_a_transfer() {
    let rig = Rig::new("end-to-end", LARGE, "");
    let service = rig.start(0);
    let brokers = rig.brokers();
    let (writer, reader) = (
        Writer::new(&brokers),
        Reader::new(&brokers, &["bank.decisions.v1"], "read_uncommitted"),
    );
    let mut decisions = Decisions::default();

    // Tracing and correlation come back in the decision's headers; so do its coordinates.
    let line = transfer("T1", "V", "60000.00");
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let headers = [
        ("traceparent".to_owned(), trace.as_bytes().to_vec()),
        ("kafka_correlationId".to_owned(), b"c-17".to_vec()),
    ];
    writer.send(
        "bank.transfers.v1",
        Some(b"V"),
        &headers,
        Some(line.as_bytes()),
    );
    // A reply topic that the settings allow (any topic will do here), and one that they do not.
    for (id, reply) in [("T2", "bank.warnings.v1"), ("T2b", "police.alerts.v1")] {
        let line = transfer(id, "W", "10.00");
        let to = [("kafka_replyTopic".to_owned(), reply.as_bytes().to_vec())];
        writer.send("bank.transfers.v1", Some(b"W"), &to, Some(line.as_bytes()));
    }
    writer
        .transfer("{\"type\":\"transfer.requested\",\"id\":\"T3\",\"payer\":{\"account\":\"X\"}}");
    writer.flush();
    decisions.until(&reader, 4);
    assert_eq!(decisions.of("T1")["decision"], "delay");
    assert_eq!(decisions.of("T2")["decision"], "allow");
    assert_eq!(decisions.of("T3")["outcome"], "rejected");
    let first = decisions
        .taken
        .values()
        .find(|r| r.json()["event"]["id"] == "T1")
        .expect("decided");
    assert_eq!(first.key, b"V");
    assert_eq!(header(first, "traceparent"), trace);
    assert_eq!(header(first, "kafka_correlationId"), "c-17");
    assert_eq!(header(first, "ce_specversion"), "1.0");
    let at = first.json()["coordinates"].clone();
    let id = format!("{}-{}-{}", at["partition"], at["offset"], at["index"]);
    assert_eq!(header(first, "ce_id"), id);

    // A stop order that matches what is known of M holds what M sends, and not what it gets.
    let order = format!(
        "{{\"type\":\"stop.ordered\",\"id\":\"O1\",\"source\":\"police\",\"occurred_at\":\"{0}\",\
         \"order\":{{\"application\":\"AP1\",\"kind\":\"100101\",\"account\":\"M\",\"name\":\"李四\",\
         \"bank\":\"ICBC\",\"amount\":\"10.00\",\"currency\":\"CNY\",\"transferred_at\":\"{0}\",\
         \"reason\":\"fraud\",\"organ\":\"360121560000\",\"officer\":\"P1\"}}}}",
        now()
    );
    writer.send("police.orders.v1", Some(b"M"), &[], Some(order.as_bytes()));
    writer.flush();
    decisions.until(&reader, 5);
    writer.transfer(&transfer("T4", "M", "1.00"));
    writer.transfer(&transfer("T5", "V", "1.00"));
    writer.flush();
    decisions.until(&reader, 7);
    assert_eq!(decisions.of("O1")["done"], "stop.placed");
    assert_eq!(decisions.of("T4")["decision"], "hold");
    assert_eq!(decisions.of("T5")["decision"], "allow");
    decisions.assert_dense();

    // What goes to the police and the banks, once, under read_committed.
    let topics = [
        "police.alerts.v1",
        "police.feedback.v1",
        "bank.holds.v1",
        "bank.warnings.v1",
        "zhamen.deadletters.v1",
    ];
    let others = Reader::new(&brokers, &topics, "read_committed");
    let mut all = others.all(7);
    all.sort_by_key(|r| r.topic.clone());
    let of = |topic: &str| all.iter().filter(|r| r.topic == topic).collect::<Vec<_>>();
    let [alert] = of("police.alerts.v1")[..] else {
        panic!("alerts: {:?}", of("police.alerts.v1"));
    };
    assert_eq!(alert.json()["rule"], "large");
    let station = alert.json()["station"].clone();
    assert_eq!(
        station.as_str().map(str::as_bytes),
        Some(alert.key.as_slice())
    );
    let [feedback] = of("police.feedback.v1")[..] else {
        panic!("feedback: {:?}", of("police.feedback.v1"));
    };
    assert_eq!(feedback.json()["type"], "stop.placed");
    assert_eq!(feedback.key, b"AP1");
    let holds: Vec<Value> = of("bank.holds.v1")
        .iter()
        .map(|r| r.json()["account"].clone())
        .collect();
    assert_eq!(holds.len(), 2, "the delay's and the stop's");
    assert!(holds.contains(&Value::from("V")) && holds.contains(&Value::from("M")));
    let (replies, warnings): (Vec<_>, Vec<_>) = of("bank.warnings.v1")
        .into_iter()
        .partition(|r| r.json().get("decision").is_some());
    assert_eq!(warnings.len(), 1);
    let [reply] = replies[..] else {
        panic!("replies: {replies:?}");
    };
    assert_eq!(&reply.json(), decisions.of("T2"));
    let [letter] = of("zhamen.deadletters.v1")[..] else {
        panic!("dead letters: {:?}", of("zhamen.deadletters.v1"));
    };
    assert!(
        letter
            .payload
            .starts_with(b"{\"type\":\"transfer.requested\",\"id\":\"T3\"")
    );
    assert_eq!(
        header(letter, "__connect.errors.topic"),
        "bank.transfers.v1"
    );

    // Seen from outside.
    let (status, page) = service.get("/metrics").expect("metrics are served");
    assert_eq!(status, 200);
    for name in ["zhamen_", "_seconds_bucket", "_total"] {
        assert!(page.contains(name), "no {name} in the metrics");
    }
    let alive = service.get("/livez").expect("served");
    assert_eq!(alive.0, 200);
    service.stop();
}
