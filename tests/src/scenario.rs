//! A scenario: rules, settings and input lines with the output they must give, in one text file that
//! people read, bug reports quote and `UPDATE_EXPECT=1` rewrites.
//!
//! ```text
//! # what to notice
//! == settings          as configs/zhamen.toml; may be absent
//! == calendar          as configs/holidays.toml; may be absent
//! == show              fields of decisions to show besides the usual ones; may be absent
//! == rules             a rule file; a later one is activated where it stands
//! == pack              instead of rules: names of files in configs/rules/
//! == input             one event a line, as `zhamen replay` reads it; `tick <time>` lets time pass
//! == output            what comes out, in order, after the number of the input line
//! ```
//! Output is shown from the JSON of the topics: what a line leaves out is null, false or empty.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zhamen_engine::entry::Policy;
use zhamen_engine::output::Output;

use crate::harness::{Fold, json_of, rules};
use crate::settings;

/// One file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Everything before the expected output.
    pub head: String,
    /// What happens.
    pub steps: Vec<Step>,
    /// What must come out.
    pub expected: String,
    /// Settings, as text.
    pub settings: String,
    /// Calendar, as text.
    pub calendar: Option<String>,
    /// Fields of decisions shown besides the usual ones.
    pub show: Vec<String>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Step {
    /// These rules hold from here on.
    Rules(String),
    /// An input line.
    Line(String),
    /// Time passes.
    Tick(String),
}

/// What a run gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ran {
    /// For people.
    pub shown: String,
    /// Every byte, topic by topic in order of appearance.
    pub bytes: Vec<u8>,
    /// The engine's hash at the end.
    pub state_hash: u64,
}

const OUTPUT: &str = "== output\n";

impl Scenario {
    /// Reads the text of a file.
    ///
    /// # Panics
    /// If it has no output section, or a section it does not know.
    #[must_use]
    pub fn parse(text: &str) -> Scenario {
        let (head, expected) = text
            .split_once(OUTPUT)
            .expect("a scenario ends with its output");
        let mut scenario = Scenario {
            head: head.to_owned(),
            steps: Vec::new(),
            expected: expected.to_owned(),
            settings: String::new(),
            calendar: None,
            show: Vec::new(),
        };
        for section in format!("\n{head}").split("\n== ").skip(1) {
            let (name, body) = section.split_once('\n').expect("a section has a line");
            match name {
                "settings" => scenario.settings = body.to_owned(),
                "calendar" => scenario.calendar = Some(body.to_owned()),
                "show" => scenario.show = body.split_whitespace().map(str::to_owned).collect(),
                "pack" => scenario.steps.push(Step::Rules(pack(body))),
                "rules" => scenario.steps.push(Step::Rules(body.to_owned())),
                "input" => scenario.steps.extend(lines(body)),
                other => panic!("no section {other}"),
            }
        }
        scenario
    }

    /// The settings it runs under.
    #[must_use]
    pub fn policy(&self) -> Policy {
        settings::policy(&self.settings, self.calendar.as_deref())
    }

    /// Runs it, with a snapshot before each step that `split_at` names.
    ///
    /// # Panics
    /// If its rules do not come first or do not compile.
    #[must_use]
    pub fn run(&self, split_at: impl Fn(usize) -> bool) -> Ran {
        let Some(Step::Rules(first)) = self.steps.first() else {
            panic!("a scenario begins with its rules");
        };
        let mut fold = Fold::new(rules(first), self.policy());
        let mut ran = Ran::default();
        let mut number = 0;
        for (nth, step) in self.steps.iter().enumerate().skip(1) {
            if split_at(nth) {
                fold.split();
            }
            let outputs = match step {
                Step::Rules(text) => fold.activate(rules(text)),
                Step::Line(line) => {
                    number += 1;
                    fold.line(line.as_bytes())
                }
                Step::Tick(at) => {
                    number += 1;
                    let (body, journal_at) = zhamen_wire::Checker::new(Default::default())
                        .check_line(format!("{{\"journal_at\":\"{at}\"}}").as_bytes());
                    drop(body);
                    fold.tick(journal_at.expect("a tick has a time"))
                }
            };
            for output in &outputs {
                let (topic, json) = json_of(output);
                show(number, topic, &json, &self.show, &mut ran.shown);
                ran.bytes.extend(topic.as_bytes());
                ran.bytes.extend(json);
                ran.bytes.push(b'\n');
            }
            let decisions = |o: &&Output| matches!(o, Output::Decision(_));
            if matches!(step, Step::Line(_)) {
                let n = outputs.iter().filter(decisions).count();
                assert_eq!(n, 1, "line {number} got {n} decisions");
            }
        }
        ran.state_hash = fold.engine().state_hash();
        ran
    }
}

/// Rules of the standard pack.
fn pack(names: &str) -> String {
    names
        .split_whitespace()
        .map(|name| settings::configs(&format!("rules/{name}.toml")))
        .collect::<Vec<_>>()
        .join("\n")
}

fn lines(body: &str) -> impl Iterator<Item = Step> {
    body.lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        .map(|l| match l.strip_prefix("tick ") {
            Some(at) => Step::Tick(at.trim().to_owned()),
            None => Step::Line(l.to_owned()),
        })
}

/// Checks a scenario whole and split before every step; under `UPDATE_EXPECT=1` writes what came out
/// into it instead of comparing.
///
/// # Panics
/// If it gives anything else than it says.
pub fn check(path: &Path) {
    let name = path.display();
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
    let scenario = Scenario::parse(&text);
    let whole = scenario.run(|_| false);
    for at in 1..scenario.steps.len() {
        let split = scenario.run(|nth| nth == at);
        assert!(
            split == whole,
            "{name}: split before step {at} gives something else:\n{}",
            difference(&whole.shown, &split.shown)
        );
    }
    let all = scenario.run(|_| true);
    assert!(
        all == whole,
        "{name}: split everywhere gives something else"
    );
    if whole.shown == scenario.expected {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let text = format!("{}{OUTPUT}{}", scenario.head, whole.shown);
        std::fs::write(path, text).unwrap_or_else(|e| panic!("{name}: {e}"));
        return;
    }
    panic!(
        "{name}: not as expected (UPDATE_EXPECT=1 rewrites it):\n{}",
        difference(&scenario.expected, &whole.shown)
    );
}

/// All scenario files, by name.
///
/// # Panics
/// If the folder cannot be read.
#[must_use]
pub fn all() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("a folder entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    files
}

/// The first lines that differ.
#[must_use]
pub fn difference(want: &str, got: &str) -> String {
    let mut text = String::new();
    let (want, got): (Vec<&str>, Vec<&str>) = (want.lines().collect(), got.lines().collect());
    for i in 0..want.len().max(got.len()) {
        let (w, g) = (want.get(i), got.get(i));
        if w != g {
            let _ = writeln!(text, "- {}\n+ {}", w.unwrap_or(&""), g.unwrap_or(&""));
        }
        if text.len() > 4_000 {
            break;
        }
    }
    text
}

/// Fields shown elsewhere, or the same on every line.
const ASIDE: &[&str] = &[
    "outcome",
    "decision",
    "event",
    "coordinates",
    "input",
    "fired",
    "shadow",
    "degraded",
    "ruleset",
    "engine",
    "decided_at",
    "inquiry",
    "hold",
    "customer_notice",
    "type",
    "alert",
];

fn show(number: usize, topic: &str, json: &[u8], besides: &[String], out: &mut String) {
    let value: Value = serde_json::from_slice(json).expect("outputs are JSON");
    let of = |key: &str| value[key].as_str().unwrap_or("?");
    let title = match topic {
        "decision" if of("outcome") == "rejected" => format!("{} rejected", of("decision")),
        "decision" => of("decision").to_owned(),
        "alert" => of("alert").to_owned(),
        _ => of("type").to_owned(),
    };
    let _ = write!(out, "{number} {topic} {title}");
    for (key, v) in value.as_object().expect("an object") {
        let aside = ASIDE.contains(&key.as_str()) && topic == "decision";
        if besides.contains(key) || !(aside || key == "type" || key == "alert") {
            pair(key, v, out);
        }
    }
    out.push('\n');
    if topic != "decision" {
        return;
    }
    for list in ["fired", "shadow"] {
        for fired in value[list].as_array().expect("a list") {
            let mode = fired["mode"].as_str().unwrap_or("?");
            let _ = write!(
                out,
                "    {list} {} {mode} {}",
                fired["rule"].as_str().unwrap_or("?"),
                fired["action"].as_str().unwrap_or("?")
            );
            for pairs in ["values", "limits"] {
                for (k, v) in fired[pairs].as_object().expect("an object") {
                    pair(k, v, out);
                }
            }
            pair("reason", &fired["reason"], out);
            out.push('\n');
        }
    }
    for fell in value["degraded"].as_array().expect("a list") {
        let text = |k: &str| fell[k].as_str().unwrap_or("?").to_owned();
        let _ = writeln!(
            out,
            "    degraded {} {} {:?}",
            text("rule"),
            text("code"),
            text("line")
        );
    }
    for key in ["inquiry", "hold"] {
        if let Some(object) = value[key].as_object() {
            let _ = write!(out, "    {key}");
            for (k, v) in object {
                pair(k, v, out);
            }
            out.push('\n');
        }
    }
}

/// ` key=value`, short; nothing for what is absent, false or empty.
fn pair(key: &str, value: &Value, out: &mut String) {
    if matches!(key, "coordinates" | "ruleset") && value.is_object() == (key == "coordinates") {
        return;
    }
    let text = brief(key, value);
    if !text.is_empty() {
        let _ = write!(out, " {key}={text}");
    }
}

fn brief(key: &str, value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::String(s) if s.contains(' ') => format!("{s:?}"),
        Value::String(s) => s.clone(),
        Value::Number(n) => n.to_string(),
        // One language is enough to recognise a text.
        Value::Object(o) if o.contains_key("zh") => brief(key, &o["en"]),
        Value::Object(o) if key == "duplicate_of" => o["offset"].to_string(),
        Value::Object(o) => {
            let parts: Vec<String> = o
                .iter()
                .filter(|(k, _)| *k != "text")
                .map(|(k, v)| (k, brief(k, v)))
                .filter(|(_, v)| !v.is_empty())
                .map(|(k, v)| format!("{k}:{v}"))
                .collect();
            braced(&parts, '{', '}')
        }
        Value::Array(all) => {
            let parts: Vec<String> = all
                .iter()
                .map(|v| match (key, v) {
                    ("questions", v) => brief(key, &v["id"]),
                    (_, v) => brief(key, v),
                })
                .collect();
            braced(&parts, '[', ']')
        }
    }
}

fn braced(parts: &[String], open: char, close: char) -> String {
    if parts.is_empty() {
        return String::new();
    }
    format!("{open}{}{close}", parts.join(" "))
}
