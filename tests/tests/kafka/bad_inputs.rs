//! The catalogue of bad inputs through Kafka, and its canaries in no sink.

use serde_json::Value;
use zhamen_tests::bad_inputs::{cases, leaked};

use crate::client::{Decisions, Reader, Writer};
use crate::end_to_end::LARGE;
use crate::rig::Rig;

/// Sources of the catalogue; what else speaks is unknown.
const SOURCES: &str = "[[source]]\nname = \"ccb-core\"\n[[source]]\nname = \"icbc-core\"\n";

#[test]
fn every_record_of_the_catalogue_is_answered_and_shown_nowhere() {
    let rig = Rig::new("bad-inputs", LARGE, SOURCES);
    let service = rig.start(0);
    let brokers = rig.brokers();
    let writer = Writer::new(&brokers);
    let reader = Reader::new(&brokers, &["bank.decisions.v1"], "read_uncommitted");
    let mut decisions = Decisions::default();
    let (mut sent, mut refused) = (0, 0);
    let mut wrong = Vec::new();
    for case in cases() {
        for (nth, record) in case.records.iter().enumerate() {
            let size = record.payload.as_ref().map_or(0, Vec::len) + record.headers.len() * 8;
            if size > 60_000 {
                // The topic's own bound keeps it out.
                continue;
            }
            let taken = writer.send(
                record.topic.name(),
                record.key.as_deref(),
                &record.headers,
                record.payload.as_deref(),
            );
            if !taken {
                continue;
            }
            writer.flush();
            sent += 1;
            decisions.until(&reader, sent);
            let json: &Value = decisions.order.last().expect("just decided");
            // Time marks are of the catalogue's day; here the journal's clock is today's.
            let mut expect = record.expect.clone();
            (expect.late, expect.stale, expect.ahead) = (None, None, None);
            if let Err(why) = expect.check(json) {
                wrong.push(format!("{} record {nth}: {why}", case.name));
            }
            if json["outcome"] == "rejected" {
                refused += 1;
                let shown = leaked(json.to_string().as_bytes());
                if !shown.is_empty() {
                    wrong.push(format!("{}: a refusal shows {shown:?}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(sent > 250, "only {sent} records were taken");
    decisions.assert_dense();

    // The engine's own refusals (conflicts, reversals) have no letter or one; ingest's have one each.
    let by_engine = |d: &&Value| d["code"] == "ID_CONFLICT" || d["code"] == "REVERSAL";
    let own = decisions.order.iter().filter(by_engine).count();
    let letters =
        Reader::new(&brokers, &["zhamen.deadletters.v1"], "read_committed").all(refused - own);
    assert!(
        letters.len() == refused || letters.len() == refused - own,
        "{} letters for {refused} refusals, {own} of them by the engine",
        letters.len()
    );
    for letter in &letters {
        for (name, value) in &letter.headers {
            assert_eq!(leaked(value), Vec::<String>::new(), "in {name}");
        }
    }
    for page in ["/metrics", "/readyz", "/livez"] {
        let (_, body) = service.get(page).expect("served");
        assert_eq!(leaked(body.as_bytes()), Vec::<String>::new(), "in {page}");
    }
    let log = service.log();
    service.stop();
    assert!(!log.is_empty(), "nothing was logged");
    assert_eq!(leaked(log.as_bytes()), Vec::<String>::new(), "in the log");
}
