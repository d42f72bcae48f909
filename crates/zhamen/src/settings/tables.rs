//! The tables that settings point to: stations, holidays, question sets. Each is a file of its own
//! with its own owner; without one, the table built into the binary holds.
//!
//! Their keys are read by serde, which stops at the first mistake of a file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zhamen_engine::entry::{Form, Question};
use zhamen_engine::rule::Bilingual;
use zhamen_engine::time::{Calendar, days_from_civil, days_in_month};

use super::layers::{read_text, syntax_mistake};
use super::mistake::{Mistake, Mistakes, Place};

macro_rules! embedded {
    ($name:literal) => {
        (
            concat!("configs/", $name),
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../configs/",
                $name
            )),
        )
    };
}

const STATIONS: (&str, &str) = embedded!("stations.toml");
const HOLIDAYS: (&str, &str) = embedded!("holidays.toml");
const FORMS: (&str, &str) = embedded!("forms.toml");

/// Which police station a branch belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stations {
    /// Station of branches that are not listed.
    pub default: String,
    /// Station code by branch.
    pub branches: BTreeMap<String, String>,
    /// Names by station code, for people.
    pub names: BTreeMap<String, Bilingual>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StationsFile {
    default: String,
    #[serde(default)]
    branches: BTreeMap<String, String>,
    #[serde(default)]
    stations: BTreeMap<String, Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    zh: String,
    en: String,
}

impl From<Text> for Bilingual {
    fn from(text: Text) -> Bilingual {
        Bilingual {
            zh: text.zh,
            en: text.en,
        }
    }
}

/// Reads a station table; `None`: the one built in.
pub fn stations(path: Option<&Path>) -> Result<Stations, Mistakes> {
    let (place, file): (PathBuf, StationsFile) = read(path, STATIONS)?;
    let mut wrong = Vec::new();
    let codes = std::iter::once(("default".to_owned(), &file.default)).chain(
        file.branches
            .iter()
            .map(|(branch, code)| (format!("branches.{branch}"), code)),
    );
    for (key, code) in codes {
        if code.is_empty() || code.len() > 64 || !code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            wrong.push(Mistake {
                place: Place::File(place.clone(), 0),
                key,
                message: "a station code is 1 to 64 letters and digits".to_owned(),
            });
        }
    }
    if !wrong.is_empty() {
        return Err(Mistakes(wrong));
    }
    Ok(Stations {
        default: file.default,
        branches: file.branches,
        names: file
            .stations
            .into_iter()
            .map(|(code, text)| (code, text.into()))
            .collect(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidaysFile {
    #[serde(default)]
    year: Vec<Year>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i64,
    #[serde(default)]
    holidays: Vec<Date>,
    #[serde(default)]
    workdays: Vec<Date>,
}

/// A date as a text or as TOML's own.
#[derive(Deserialize)]
#[serde(untagged)]
enum Date {
    Text(String),
    Native(toml::value::Datetime),
}

/// Reads a calendar; `None`: the one built in.
pub fn holidays(path: Option<&Path>) -> Result<Calendar, Mistakes> {
    let (place, file): (PathBuf, HolidaysFile) = read(path, HOLIDAYS)?;
    let mut calendar = Calendar::default();
    let mut wrong = Vec::new();
    for year in file.year {
        for (name, dates, days) in [
            ("holidays", year.holidays, &mut calendar.holidays),
            ("workdays", year.workdays, &mut calendar.workdays),
        ] {
            for date in dates {
                let text = match date {
                    Date::Text(text) => text,
                    Date::Native(date) => date.to_string(),
                };
                match parse_date(&text) {
                    Some(day) => {
                        days.insert(day);
                    }
                    None => wrong.push(Mistake {
                        place: Place::File(place.clone(), 0),
                        key: format!("{name} of {}", year.year),
                        message: format!("{text:?} is not a date such as \"2026-01-01\""),
                    }),
                }
            }
        }
    }
    if wrong.is_empty() {
        Ok(calendar)
    } else {
        Err(Mistakes(wrong))
    }
}

fn parse_date(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let digits = |part: &str, len: usize| {
        (part.len() == len && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    let year = i64::from(year);
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormsFile {
    #[serde(default)]
    form: Vec<FormEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormEntry {
    id: String,
    #[expect(
        dead_code,
        reason = "read so that it may stand there: it is for the people who keep the file"
    )]
    title: Option<Text>,
    #[serde(default)]
    question: Vec<QuestionEntry>,
    notice: Notice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuestionEntry {
    id: String,
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    version: String,
    #[expect(
        dead_code,
        reason = "read so that it may stand there: it is for the people who keep the file"
    )]
    title: Option<Text>,
    zh: String,
    en: String,
}

/// Reads question sets by `name@version`; `None`: those built in.
pub fn forms(path: Option<&Path>) -> Result<BTreeMap<String, Form>, Mistakes> {
    let (place, file): (PathBuf, FormsFile) = read(path, FORMS)?;
    let mut forms = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in file.form {
        let mut blame = |message: &str| {
            wrong.push(Mistake {
                place: Place::File(place.clone(), 0),
                key: format!("form {}", entry.id),
                message: message.to_owned(),
            });
        };
        if !entry
            .id
            .split_once('@')
            .is_some_and(|(name, version)| !name.is_empty() && !version.is_empty())
        {
            blame("an id is name@version");
        }
        if entry.question.is_empty() {
            blame("it asks no question");
        }
        let mut ids: Vec<&str> = entry.question.iter().map(|q| q.id.as_str()).collect();
        ids.sort_unstable();
        if ids.windows(2).any(|pair| pair[0] == pair[1]) {
            blame("two questions have one id");
        }
        if forms.contains_key(&entry.id) {
            blame("it stands there twice; a changed wording is a new version");
        }
        let form = Form {
            questions: entry
                .question
                .into_iter()
                .map(|q| Question {
                    id: q.id,
                    text: Bilingual { zh: q.zh, en: q.en },
                })
                .collect(),
            notice_version: entry.notice.version,
            notice: Bilingual {
                zh: entry.notice.zh,
                en: entry.notice.en,
            },
        };
        forms.insert(entry.id, form);
    }
    if wrong.is_empty() {
        Ok(forms)
    } else {
        Err(Mistakes(wrong))
    }
}

fn read<T: for<'de> Deserialize<'de>>(
    path: Option<&Path>,
    embedded: (&str, &str),
) -> Result<(PathBuf, T), Mistakes> {
    let (path, text) = match path {
        None => (PathBuf::from(embedded.0), embedded.1.to_owned()),
        Some(path) => (path.to_owned(), read_text(path)?),
    };
    match toml::from_str(&text) {
        Ok(value) => Ok((path, value)),
        Err(error) => Err(syntax_mistake(&path, &text, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_built_in_are_sound() {
        let stations = stations(None).expect("the station table");
        assert_eq!(stations.branches["105421000017"], stations.default);
        let calendar = holidays(None).expect("the calendar");
        let new_year = days_from_civil(2026, 1, 1);
        assert!(!calendar.is_working_day(new_year));
        let make_up = days_from_civil(2024, 2, 4);
        assert!(calendar.is_working_day(make_up), "a Sunday worked");
        let forms = forms(None).expect("the forms");
        assert_eq!(forms["four-questions-one-notice@1"].questions.len(), 4);
    }

    #[test]
    fn dates_must_exist() {
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "20260101",
            "2026-01-01-",
            "２026-01-01",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
        assert_eq!(parse_date("2024-02-29"), Some(days_from_civil(2024, 2, 29)));
    }
}
