//! The catalogue of what senders get wrong (`data/bad-inputs`), and what the contract asks of each.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use zhamen_engine::event::InputTopic;

/// One case: a record or a few of one paying account.
#[derive(Debug, Clone)]
pub struct Case {
    /// Number in the catalogue and what it is.
    pub name: String,
    /// The paying account that belongs to the case alone.
    pub account: String,
    /// Its records are of 2026-11-24T08:00+08:00 plus so many minutes.
    pub minute: i64,
    /// Why it cannot be a line.
    pub kafka_only: Option<String>,
    /// In order.
    pub records: Vec<Record>,
    /// How many of its transfers are counted afterwards; `None`: as many as were decided.
    pub counted: Option<i64>,
    /// Nothing may be different afterwards.
    pub state_unchanged: bool,
}

/// One record as Kafka carries it.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Record {
    pub topic: InputTopic,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub payload: Option<Vec<u8>>,
    pub expect: Expect,
}

/// What the contract asks of one record.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "named as in the catalogue")]
pub struct Expect {
    /// `rejected`, `decided` or `either`.
    pub outcome: String,
    pub codes: Vec<String>,
    pub duplicate: Option<bool>,
    pub late: Option<bool>,
    pub stale: Option<bool>,
    pub ahead: Option<bool>,
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data/bad-inputs")
        .join(name)
}

fn read(name: &str) -> String {
    let path = data(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Made-up personal data that the records carry and nothing else may.
#[must_use]
pub fn canaries() -> Vec<String> {
    read("canaries.txt").lines().map(str::to_owned).collect()
}

/// The canaries that stand in some bytes.
#[must_use]
pub fn leaked(bytes: &[u8]) -> Vec<String> {
    let found = |c: &String| bytes.windows(c.len()).any(|w| w == c.as_bytes());
    canaries().into_iter().filter(found).collect()
}

/// All cases.
///
/// # Panics
/// If the catalogue is not as its README says.
#[must_use]
pub fn cases() -> Vec<Case> {
    read("cases.jsonl")
        .lines()
        .map(|line| case(&serde_json::from_str(line).expect("a case is JSON")))
        .collect()
}

fn case(v: &Value) -> Case {
    let text = |key: &str| v[key].as_str().expect(key).to_owned();
    let all = v["sequence"].as_array().cloned();
    Case {
        name: format!("{} {}", text("id"), text("title")),
        account: text("account"),
        minute: v["minute"].as_i64().expect("minute"),
        kafka_only: v["kafka_only"].as_str().map(str::to_owned),
        records: all
            .unwrap_or_else(|| vec![v.clone()])
            .iter()
            .map(record)
            .collect(),
        counted: v["expect"]["counted"].as_i64(),
        state_unchanged: v["expect"]["state_unchanged"].as_bool().unwrap_or(false),
    }
}

fn record(v: &Value) -> Record {
    let decoded = |text: &Value| {
        STANDARD
            .decode(text.as_str().expect("base64"))
            .expect("base64")
    };
    let parts = v["payload_parts"].as_array();
    let payload = match parts {
        Some(parts) => Some(
            parts
                .iter()
                .flat_map(|p| decoded(&p[0]).repeat(p[1].as_u64().expect("times") as usize))
                .collect(),
        ),
        None => v["payload_base64"]
            .as_str()
            .map(|_| decoded(&v["payload_base64"])),
    };
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    for header in v["headers"].as_array().into_iter().flatten() {
        match header["repeat"].as_u64() {
            Some(n) => {
                let last = headers.last().cloned().expect("a header to repeat");
                headers.extend(std::iter::repeat_n(last, n as usize - 1));
            }
            None => headers.push((
                header[0].as_str().expect("a name").to_owned(),
                raw(header[1].as_str().expect("a value")),
            )),
        }
    }
    Record {
        topic: InputTopic::parse(v["topic"].as_str().expect("topic")).expect("an input topic"),
        key: v["key"].as_str().map(raw),
        headers,
        payload,
        expect: expect(&v["expect"]),
    }
}

fn raw(text: &str) -> Vec<u8> {
    match text.strip_prefix("base64:") {
        Some(coded) => STANDARD.decode(coded).expect("base64"),
        None => text.as_bytes().to_vec(),
    }
}

fn expect(v: &Value) -> Expect {
    let codes = v["codes"].as_array().into_iter().flatten();
    Expect {
        outcome: v["outcome"].as_str().unwrap_or("either").to_owned(),
        codes: codes
            .map(|c| c.as_str().expect("a code").to_owned())
            .collect(),
        duplicate: v["duplicate"].as_bool(),
        late: v["late"].as_bool(),
        stale: v["stale"].as_bool(),
        ahead: v["ahead"].as_bool(),
    }
}

impl Expect {
    /// Whether a decision, as JSON, is one that the contract allows; says why not.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, decision: &Value) -> Result<(), String> {
        let rejected = decision["outcome"] == "rejected";
        if self.outcome != "either" && rejected != (self.outcome == "rejected") {
            return Err(format!(
                "{} instead of {}",
                decision["outcome"], self.outcome
            ));
        }
        if rejected {
            let code = decision["code"].as_str().unwrap_or("none");
            if !self.codes.iter().any(|c| c == "*" || c == code) {
                return Err(format!("{code} instead of {:?}", self.codes));
            }
            if decision.get("at_byte").is_none() {
                return Err("no at_byte".to_owned());
            }
            if !matches!(&decision["decision"], Value::String(d) if d == "delay") {
                return Err(format!("{} instead of delay", decision["decision"]));
            }
            return Ok(());
        }
        let duplicate = decision.get("duplicate_of").is_some();
        let mark = |name: &str| decision[name].as_bool().unwrap_or(false);
        for (name, want, is) in [
            ("duplicate", self.duplicate, duplicate),
            ("late", self.late, mark("late")),
            ("stale", self.stale, mark("stale")),
            ("ahead", self.ahead, mark("ahead")),
        ] {
            if want.is_some_and(|w| w != is) {
                return Err(format!("{name} is {is}"));
            }
        }
        Ok(())
    }
}
