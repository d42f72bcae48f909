//! Every case of the catalogue through wire and engine, as a line and as Kafka carries it: one
//! decision each, with an allowed code; counted as often as the contract says; good records before
//! and after decided as ever; canaries in no refusal.

use serde_json::Value;
use zhamen_engine::entry::SourceRights;
use zhamen_engine::output::Output;
use zhamen_engine::time::rfc3339;
use zhamen_tests::bad_inputs::{Case, Record, cases, leaked};
use zhamen_tests::harness::{Fold, decision, rules};
use zhamen_tests::settings;
use zhamen_wire::json::dead_letter_headers;
use zhamen_wire::{Checker, CheckerOptions, RawRecord};

/// 2026-11-24T08:00+08:00
const START: i64 = 1_795_478_400_000;
const MINUTE: i64 = 60_000;

const RULES: &str = r#"
[[rule]]
id = "counts"
title = { zh = "计数", en = "counts" }
on = "transfer.requested"
mode = "alert"
window.n = { count = "*", by = ["payer.account"], over = "24h", undo = ["transfer.failed", "transfer.reversed"] }
window.all = { count = "*", by = ["payer.account"], over = "24h" }
window.sum = { sum = "txn.amount", by = ["payer.account"], over = "24h" }
when = ["window.n >= 0", "window.all >= 0", "window.sum >= window.sum"]
then = { action = "allow", alert = "low" }
"#;

#[test]
fn every_case_is_answered_as_the_contract_says_as_a_line() {
    let lines: Vec<Case> = cases()
        .into_iter()
        .filter(|c| c.kafka_only.is_none())
        .collect();
    assert!(lines.len() > 200, "the catalogue is not all there");
    let mut feed = Feed::new();
    for case in &lines {
        feed.case(case, |fold, record, _| {
            fold.line(record.payload.as_deref().unwrap_or_default())
        });
    }
    feed.finish();
}

#[test]
fn every_case_is_answered_as_the_contract_says_as_kafka_carries_it() {
    let mut feed = Feed::new();
    for case in &cases() {
        let now = START + case.minute * MINUTE + 30_000;
        feed.case(case, |fold, record, _| {
            let headers: Vec<_> = record
                .headers
                .iter()
                .map(|(n, v)| (n.as_str(), Some(v.as_slice())))
                .collect();
            let raw = RawRecord {
                topic: record.topic,
                key: record.key.as_deref(),
                headers: &headers,
                payload: record.payload.as_deref(),
            };
            fold.raw(&raw, now)
        });
    }
    feed.finish();
}

/// Cases one after the other, each between two good records of its account.
struct Feed {
    fold: Fold,
    wrong: Vec<String>,
}

impl Feed {
    fn new() -> Feed {
        let may = |name: &str| SourceRights {
            name: name.to_owned(),
            ..SourceRights::default()
        };
        let checker = Checker::new(CheckerOptions {
            pseudonym_key: b"a test".to_vec(),
            sources: vec![may("ccb-core"), may("icbc-core"), may("good")],
            ..CheckerOptions::default()
        });
        Feed {
            fold: Fold::with_checker(rules(RULES), settings::policy("", None), checker),
            wrong: Vec::new(),
        }
    }

    fn case(&mut self, case: &Case, feed: impl Fn(&mut Fold, &Record, usize) -> Vec<Output>) {
        let from = START + case.minute * MINUTE;
        let before = self.good(case, from, "before");
        assert_eq!(before, ("1".to_owned(), "1".to_owned()), "{}", case.name);
        let mut decided = 0;
        for (nth, record) in case.records.iter().enumerate() {
            let outputs = feed(&mut self.fold, record, nth);
            let json = decision_json(&outputs);
            if let Err(why) = record.expect.check(&json) {
                self.wrong
                    .push(format!("{} record {nth}: {why}", case.name));
            }
            self.leaks(case, &outputs, &json);
            let request = json["event"]["type"] == "transfer.requested";
            let first = json.get("duplicate_of").is_none();
            decided += i64::from(json["outcome"] == "decided" && request && first);
        }
        let (counted, all) = self.good(case, from + 59_000, "after");
        let counted: i64 = counted.parse::<i64>().expect("a count") - 2;
        if counted != case.counted.unwrap_or(decided) {
            self.wrong.push(format!(
                "{}: {counted} counted instead of {:?} ({decided} decided)",
                case.name, case.counted
            ));
        }
        // Nothing was ever counted: not even for a window that undoes nothing.
        if case.state_unchanged && decided == 0 && all != "2" {
            self.wrong
                .push(format!("{}: state is not as before", case.name));
        }
    }

    /// A good transfer of the case's account: what the windows read.
    fn good(&mut self, case: &Case, at: i64, id: &str) -> (String, String) {
        let minute = case.minute;
        let line = format!(
            "{{\"type\":\"transfer.requested\",\"id\":\"{id}-{minute}-{}\",\"source\":\"good\",\
             \"occurred_at\":\"{}\",\"txn\":{{\"amount\":\"1.00\",\"currency\":\"CNY\",\
             \"channel\":\"mobile\"}},\"payer\":{{\"account\":\"{}\",\"bank\":\"CCB\"}},\
             \"payee\":{{\"account\":\"G\"}}}}",
            case.name.split(' ').next().unwrap_or_default(),
            rfc3339(at),
            case.account
        );
        let outputs = self.fold.line(line.as_bytes());
        let d = decision(&outputs);
        assert!(d.rejected.is_none(), "{}: {:?}", case.name, d.rejected);
        assert!(!d.late && !d.stale, "{}: a good record is late", case.name);
        let value = |name: &str| {
            let found = d
                .fired
                .iter()
                .flat_map(|f| &f.values)
                .find(|(n, _)| n == name);
            found.map_or_else(|| "missing".to_owned(), |(_, v)| v.clone())
        };
        assert!(
            !value("window.sum").starts_with('-'),
            "{}: a sum wrapped",
            case.name
        );
        (value("window.n"), value("window.all"))
    }

    fn leaks(&mut self, case: &Case, outputs: &[Output], json: &Value) {
        let d = decision(outputs);
        let Some((code, at_byte)) = d.rejected else {
            return;
        };
        let mut shown = json.to_string().into_bytes();
        for (name, value) in dead_letter_headers(&d.input, code, at_byte) {
            shown.extend(name.into_bytes());
            shown.extend(value);
        }
        let found = leaked(&shown);
        if !found.is_empty() {
            self.wrong.push(format!("{}: shows {found:?}", case.name));
        }
    }

    fn finish(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

fn decision_json(outputs: &[Output]) -> Value {
    let mut bytes = Vec::new();
    zhamen_wire::json::decision(decision(outputs), &mut bytes);
    serde_json::from_slice(&bytes).expect("decisions are JSON")
}
