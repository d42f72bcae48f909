//! Every record of the bad-input cases, as Kafka carries it and as a line, answered with a code
//! that the contract allows. Marks (late, duplicate …) are the engine's and not looked at here.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use zhamen_engine::entry::{Body, Rejected, SourceRights};
use zhamen_engine::event::InputTopic;
use zhamen_wire::{Checker, CheckerOptions, RawRecord};

const CASES: &str = include_str!("../../../../tests/data/bad-inputs/cases.jsonl");
const CANARIES: &str = include_str!("../../../../tests/data/bad-inputs/canaries.txt");

/// One record of a case.
struct Case {
    name: String,
    line_too: bool,
    topic: InputTopic,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
    payload: Option<Vec<u8>>,
    outcome: String,
    codes: Vec<String>,
}

fn bytes(text: &str) -> Vec<u8> {
    match text.strip_prefix("base64:") {
        Some(coded) => BASE64_STANDARD.decode(coded).unwrap(),
        None => text.as_bytes().to_vec(),
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let records = match case["sequence"].as_array() {
            Some(records) => records.clone(),
            None => vec![case.clone()],
        };
        for record in records {
            cases.push(read(&case, &record));
        }
    }
    assert!(cases.len() > 250);
    cases
}

fn read(case: &Value, record: &Value) -> Case {
    let mut headers = Vec::new();
    for header in record["headers"].as_array().into_iter().flatten() {
        match header["repeat"].as_u64() {
            Some(n) => {
                let last: (String, Vec<u8>) = headers.pop().unwrap();
                headers.extend(std::iter::repeat_n(last, n as usize));
            }
            None => headers.push((
                header[0].as_str().unwrap().to_owned(),
                bytes(header[1].as_str().unwrap()),
            )),
        }
    }
    let decode = |v: &Value| BASE64_STANDARD.decode(v.as_str().unwrap()).unwrap();
    let payload = match record["payload_parts"].as_array() {
        Some(parts) => Some(
            parts
                .iter()
                .flat_map(|p| decode(&p[0]).repeat(p[1].as_u64().unwrap() as usize))
                .collect(),
        ),
        None if record["payload_base64"].is_null() => None,
        None => Some(decode(&record["payload_base64"])),
    };
    let expect = &record["expect"];
    Case {
        name: format!(
            "{} {}",
            case["id"].as_str().unwrap(),
            case["title"].as_str().unwrap()
        ),
        line_too: case["kafka_only"].is_null(),
        topic: InputTopic::parse(record["topic"].as_str().unwrap()).unwrap(),
        key: record["key"].as_str().map(bytes),
        headers,
        payload,
        outcome: expect["outcome"].as_str().unwrap().to_owned(),
        codes: expect["codes"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|c| c.as_str().unwrap().to_owned())
            .collect(),
    }
}

impl Case {
    fn judge(&self, body: &Body) -> Result<(), String> {
        let engine_s = |c: &String| c == "ID_CONFLICT" || c == "REVERSAL";
        match body {
            Body::Event(_) if self.outcome == "rejected" && !self.codes.iter().any(engine_s) => {
                Err(format!("{}: accepted", self.name))
            }
            Body::Event(_) => Ok(()),
            Body::Rejected(r) => {
                let code = r.code.name();
                let allowed = self.codes.iter().any(|c| c == code || c == "*");
                if self.outcome == "decided" || !allowed {
                    return Err(format!("{}: {code} at {:?}", self.name, r.at_byte));
                }
                self.blame(r)
            }
        }
    }

    /// What a refusal says of the event shows none of the values made up to be found.
    fn blame(&self, r: &Rejected) -> Result<(), String> {
        let shown = format!("{:?} {:?} {:?}", r.kind, r.id, r.source);
        if CANARIES.lines().any(|c| shown.contains(c)) {
            return Err(format!("{}: a canary is shown", self.name));
        }
        let length = self.payload.as_ref().map_or(0, Vec::len);
        if r.at_byte.is_some_and(|at| at as usize > length) {
            return Err(format!("{}: blames a byte beyond the record", self.name));
        }
        Ok(())
    }
}

fn checker() -> Checker {
    let everything = |name: &str| SourceRights {
        name: name.to_owned(),
        ..SourceRights::default()
    };
    Checker::new(CheckerOptions {
        pseudonym_key: b"test".to_vec(),
        sources: vec![everything("ccb-core"), everything("icbc-core")],
        environment: Some("production".to_owned()),
        ..CheckerOptions::default()
    })
}

#[test]
fn every_record_gets_an_allowed_answer() {
    let checker = checker();
    let mut wrong = Vec::new();
    for case in cases() {
        let headers: Vec<_> = case
            .headers
            .iter()
            .map(|(n, v)| (n.as_str(), Some(v.as_slice())))
            .collect();
        let body = checker.check(&RawRecord {
            topic: case.topic,
            key: case.key.as_deref(),
            headers: &headers,
            payload: case.payload.as_deref(),
        });
        wrong.extend(case.judge(&body).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_line_gets_an_allowed_answer() {
    let checker = checker();
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|c| c.line_too) {
        let (body, _) = checker.check_line(case.payload.as_deref().unwrap_or_default());
        wrong.extend(case.judge(&body).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
