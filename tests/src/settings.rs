//! The settings a scenario names, written as in `configs/zhamen.toml`, and the tables that the
//! binary has built in: only what decides. A test against the binary keeps the two the same.

use std::path::Path;

use toml::{Table, Value};
use zhamen_engine::entry::{Form, Policy, Question, SourceRights};
use zhamen_engine::event::InputTopic;
use zhamen_engine::money::Dec;
use zhamen_engine::rule::{Action, Bilingual, Severity};
use zhamen_engine::time::{Calendar, days_from_civil};

/// Settings of `text`, over the defaults and the tables of `configs/`; `calendar` in the form of
/// `configs/holidays.toml`.
///
/// # Panics
/// On anything it does not know: a scenario must not pass because a setting was ignored.
#[must_use]
pub fn policy(text: &str, calendar: Option<&str>) -> Policy {
    let stations = table(&configs("stations.toml"));
    let mut policy = Policy {
        calendar: calendar_of(calendar.map_or_else(|| configs("holidays.toml"), str::to_owned)),
        stations: texts(&stations["branches"]),
        default_station: string(&stations["default"]),
        forms: table(&configs("forms.toml"))["form"]
            .as_array()
            .expect("forms are a list")
            .iter()
            .map(|f| (string(&f["id"]), form(f)))
            .collect(),
        ..Policy::default()
    };
    for (section, value) in &table(text) {
        for (key, value) in entries(section, value) {
            set(&mut policy, section, key, value);
        }
    }
    policy
}

/// A file of `configs/`.
///
/// # Panics
/// If it is not there.
#[must_use]
pub fn configs(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../configs")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn table(text: &str) -> Table {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

fn entries<'a>(section: &str, value: &'a Value) -> Vec<(&'a str, &'a Value)> {
    match value {
        Value::Table(t) => t.iter().map(|(k, v)| (k.as_str(), v)).collect(),
        Value::Array(all) if section == "source" => all.iter().map(|v| ("", v)).collect(),
        _ => panic!("no setting {section}"),
    }
}

fn set(policy: &mut Policy, section: &str, key: &str, value: &Value) {
    let place = match (section, key) {
        ("engine", "late_after") => &mut policy.late_after_ms,
        ("engine", "lateness") => &mut policy.lateness_ms,
        ("engine", "ahead_after") => &mut policy.ahead_after_ms,
        ("engine", "dedupe_horizon") => &mut policy.dedupe_horizon_ms,
        ("engine", "trail") => &mut policy.trail_ms,
        ("stop_payment", "match_time") => &mut policy.match_time_ms,
        ("stop_payment", "remind_after") => &mut policy.remind_after_ms,
        ("stop_payment", "trace_tiers") => {
            policy.trace_tiers = number(value);
            return;
        }
        ("stop_payment", "trace_accounts") => {
            policy.trace_accounts = number(value);
            return;
        }
        ("warnings", "once_in") => &mut policy.warn_once_in_ms,
        ("alerts", "remind_before") => &mut policy.alert_remind_before_ms,
        ("alerts", "escalate_after") => {
            for (severity, after) in value.as_table().expect("a table") {
                let severity = Severity::parse(severity).expect("a severity");
                let after = duration(&string(after));
                policy.alert_escalate_after_ms[severity as usize] = after;
            }
            return;
        }
        ("lists", "guard_from") => {
            policy.list_guard_from = number(value);
            return;
        }
        ("decisions", "rejected") => {
            policy.rejected_action = Action::parse(&string(value)).expect("an action");
            return;
        }
        ("rates", code) => {
            let rate = Dec::parse(&string(value)).expect("a number");
            policy.rates.insert(code.to_owned(), rate);
            return;
        }
        ("source", _) => {
            policy.sources.push(source(value));
            return;
        }
        _ => panic!("no setting {section}.{key}"),
    };
    *place = duration(&string(value));
}

/// `1h30m` in milliseconds.
///
/// # Panics
/// If it is not a duration.
#[must_use]
pub fn duration(text: &str) -> i64 {
    let mut total = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).expect("a unit");
        let number: i64 = rest[..digits].parse().expect("a number");
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        total += number
            * match &rest[..letters] {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                "d" => 86_400_000,
                unit => panic!("no unit {unit}"),
            };
        rest = &rest[letters..];
    }
    total
}

fn source(value: &Value) -> SourceRights {
    let list = |key: &str| {
        let all = value.get(key)?.as_array()?;
        Some(all.iter().map(string).collect::<Vec<_>>())
    };
    SourceRights {
        name: string(&value["name"]),
        topics: list("topics").map(|all| {
            all.iter()
                .map(|t| InputTopic::parse(t).expect("a topic"))
                .collect()
        }),
        banks: list("banks"),
        organs: list("organs"),
        lists: list("lists"),
    }
}

fn calendar_of(text: String) -> Calendar {
    let mut calendar = Calendar::default();
    for year in table(&text)["year"].as_array().expect("years are a list") {
        let days = |key: &str| {
            let all = year.get(key).and_then(Value::as_array);
            all.into_iter()
                .flatten()
                .map(|d| day(&string(d)))
                .collect::<Vec<_>>()
        };
        calendar.holidays.extend(days("holidays"));
        calendar.workdays.extend(days("workdays"));
    }
    calendar
}

fn day(text: &str) -> i64 {
    let parts: Vec<u32> = text
        .split('-')
        .map(|p| p.parse().expect("a date"))
        .collect();
    days_from_civil(i64::from(parts[0]), parts[1], parts[2])
}

fn form(value: &Value) -> Form {
    let notice = &value["notice"];
    Form {
        questions: value["question"]
            .as_array()
            .expect("questions are a list")
            .iter()
            .map(|q| Question {
                id: string(&q["id"]),
                text: bilingual(q),
            })
            .collect(),
        notice_version: string(&notice["version"]),
        notice: bilingual(notice),
    }
}

fn bilingual(value: &Value) -> Bilingual {
    Bilingual {
        zh: string(&value["zh"]),
        en: string(&value["en"]),
    }
}

fn texts(value: &Value) -> std::collections::BTreeMap<String, String> {
    let table = value.as_table().expect("a table");
    table.iter().map(|(k, v)| (k.clone(), string(v))).collect()
}

fn number(value: &Value) -> u32 {
    let n = value.as_integer().expect("a number");
    u32::try_from(n).expect("a small number")
}

fn string(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
