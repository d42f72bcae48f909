//! The standard rule pack and its tables as the repository ships them, compiled. Not the service's
//! settings: those belong to the binary, which nothing may depend on.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use zhamen_engine::entry::{Activation, Form, Policy, Question};
use zhamen_engine::rule::{Bilingual, RuleSet};
use zhamen_engine::time::{Calendar, days_from_civil};

/// Partitions of the decisions topic, as `configs/zhamen.toml` has them.
pub const DECISION_PARTITIONS: i32 = 4;

/// The standard pack under the default policy, with the committed forms, stations and holidays.
pub fn standard() -> Result<Arc<Activation>> {
    let path = configs().join("rules");
    let files = zhamen_rules::load(&path)?;
    let compiled = zhamen_rules::compile(&files);
    let Some(set) = compiled.set else {
        bail!(
            "the standard pack does not compile:\n{}",
            zhamen_rules::render_text(&files, &compiled.diagnostics, false)
        );
    };
    Ok(Arc::new(Activation {
        rules: Arc::new(set),
        policy: policy()?,
    }))
}

/// The same settings without any rule: what the fold costs before a rule is asked.
pub fn without_rules() -> Result<Arc<Activation>> {
    Ok(Arc::new(Activation {
        rules: Arc::new(RuleSet::default()),
        policy: policy()?,
    }))
}

fn configs() -> PathBuf {
    xtask::workspace_root().join("configs")
}

fn policy() -> Result<Policy> {
    let stations: Stations = table("stations.toml")?;
    let holidays: Holidays = table("holidays.toml")?;
    let forms: Forms = table("forms.toml")?;
    let mut calendar = Calendar::default();
    for year in &holidays.year {
        for day in &year.holidays {
            calendar.holidays.insert(day_number(day)?);
        }
        for day in &year.workdays {
            calendar.workdays.insert(day_number(day)?);
        }
    }
    Ok(Policy {
        decision_partitions: DECISION_PARTITIONS,
        calendar,
        stations: stations.branches,
        default_station: stations.default,
        forms: forms.form.into_iter().map(FormTable::named).collect(),
        ..Policy::default()
    })
}

fn table<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T> {
    let path = configs().join(name);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read configs/{name}"))?;
    toml::from_str(&text).with_context(|| format!("configs/{name}"))
}

fn day_number(text: &str) -> Result<i64> {
    let parts: Vec<i64> = text.split('-').map(str::parse).collect::<Result<_, _>>()?;
    ensure!(parts.len() == 3, "not a date: {text}");
    let (month, day) = (u32::try_from(parts[1])?, u32::try_from(parts[2])?);
    Ok(days_from_civil(parts[0], month, day))
}

#[derive(Deserialize)]
struct Stations {
    default: String,
    branches: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Holidays {
    year: Vec<Year>,
}

#[derive(Deserialize)]
struct Year {
    #[serde(default)]
    holidays: Vec<String>,
    #[serde(default)]
    workdays: Vec<String>,
}

#[derive(Deserialize)]
struct Forms {
    form: Vec<FormTable>,
}

#[derive(Deserialize)]
struct FormTable {
    id: String,
    question: Vec<Numbered>,
    notice: Versioned,
}

#[derive(Deserialize)]
struct Numbered {
    id: String,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
struct Versioned {
    version: String,
    zh: String,
    en: String,
}

impl FormTable {
    fn named(self) -> (String, Form) {
        let question = |q: Numbered| Question {
            id: q.id,
            text: Bilingual { zh: q.zh, en: q.en },
        };
        let form = Form {
            questions: self.question.into_iter().map(question).collect(),
            notice_version: self.notice.version,
            notice: Bilingual {
                zh: self.notice.zh,
                en: self.notice.en,
            },
        };
        (self.id, form)
    }
}
