//! `zhamen report monthly`: abnormal accounts and persons with many cards, for each bank and station.
//!
//! An alert belongs to the month of Shanghai in which it was raised, by the journal's clock: so a
//! month that is over does not change, and nothing falls between two months.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use super::From;
use super::bundle::sha256_hex;
use super::listed::{DESK_COLUMNS, Desk, HEADINGS, Listed, Subject, subject, verdict};
use super::place;
use super::sheet::{Section, Sheet, page};
use super::shown::{Days, Mask};
use super::topics;
use crate::exit::{Exit, OrExit, Outcome};
use crate::settings::Settings;

/// Write the monthly list of abnormal accounts and of persons with many cards
///
/// Writes monthly-YYYY-MM.csv and monthly-YYYY-MM.html (with --station or --bank in the name where
/// they are given: what goes to one desk) into --out, over what stood there, atomically; the same
/// topics give the same bytes. The rules whose alerts make the list are `[reports] account_rules` and
/// `person_rules`. An alert belongs to the month of Shanghai in which it was raised. Accounts and
/// names are masked unless `[reports] unmask = true`.
///
/// Prints one event a line for each station and bank, `"type":"report.monthly"`, with a stable `id`,
/// `month`, `station`, `bank`, `accounts` and `persons` (how many), `items` (the rows), and name and
/// SHA-256 of the CSV; where nobody is on the list, one event that says so.
///
/// 月报:异常账户、多卡人员名单,按银行和派出所;CSV 与可打印网页,重复运行结果一致。
///
/// Exit codes: 0 written, also where nobody is on the list · 2 an input cannot be read or --out not
/// be written · 78 bad settings.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The month, by Shanghai's calendar
    #[arg(long, value_name = "YYYY-MM", value_parser = month)]
    month: Month,
    #[command(flatten)]
    from: From,
    /// Only what goes to this station
    #[arg(long, value_name = "STATION", value_parser = plain)]
    station: Option<String>,
    /// Only what goes to this bank
    #[arg(long, value_name = "BANK", value_parser = plain)]
    bank: Option<String>,
    /// Where the files go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone)]
struct Month {
    text: String,
    days: Days,
}

fn month(text: &str) -> Result<Month, String> {
    let days = Days::month(text).ok_or("not a month such as 2026-11")?;
    Ok(Month {
        text: text.to_owned(),
        days,
    })
}

/// A code that may be part of a file's name.
fn plain(text: &str) -> Result<String, String> {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    match plain && !text.is_empty() {
        true => Ok(text.to_owned()),
        false => Err("not a code of letters and digits".to_owned()),
    }
}

/// Everybody on the list.
type List = BTreeMap<(Desk, Subject), Listed>;

pub fn run(args: &Args) -> Outcome {
    let settings = args.from.given.settings().or_exit(Exit::BadConfig)?;
    let (list, verdicts) = read(args, &settings).or_exit(Exit::Usage)?;
    let mask = Mask {
        unmask: settings.reports.unmask,
    };
    let mut desks: BTreeMap<Desk, Vec<Vec<String>>> = BTreeMap::new();
    for ((desk, subject), listed) in &list {
        let row = listed.row(desk, subject, &verdicts, mask);
        desks.entry(desk.clone()).or_default().push(row);
    }
    if desks.is_empty() {
        let asked = |code: &Option<String>| code.clone().unwrap_or_default();
        desks.insert((asked(&args.station), asked(&args.bank)), Vec::new());
    }

    let name = [
        Some(&args.month.text),
        args.station.as_ref(),
        args.bank.as_ref(),
    ]
    .into_iter()
    .flatten()
    .fold("monthly".to_owned(), |name, part| format!("{name}-{part}"));
    let all = Sheet {
        headings: HEADINGS.to_vec(),
        rows: desks.values().flatten().cloned().collect(),
    };
    let csv = all.csv().or_exit(Exit::Usage)?;
    let csv_name = format!("{name}.csv");
    let html = html(args, &settings, &desks, mask);
    std::fs::create_dir_all(&args.out)
        .with_context(|| args.out.display().to_string())
        .or_exit(Exit::Usage)?;
    place::replace(&args.out.join(&csv_name), &csv).or_exit(Exit::Usage)?;
    place::replace(&args.out.join(format!("{name}.html")), html.as_bytes()).or_exit(Exit::Usage)?;
    let mut out = std::io::stdout().lock();
    for (desk, rows) in &desks {
        let event = event(&args.month.text, desk, rows, &csv_name, &csv);
        writeln!(out, "{event}").or_exit(Exit::Restart)?;
    }
    Ok(Exit::Ok)
}

fn read(args: &Args, settings: &Settings) -> anyhow::Result<(List, BTreeMap<String, String>)> {
    let dir: &Path = &args.from.dir;
    let (reports, names) = (&settings.reports, &settings.kafka.topics);
    let month = args.month.days.instants();
    let mut list = List::new();
    topics::read(dir, &names.alerts, |alert| {
        let rule = alert.text("/rule");
        let about = |kind, rules: &[String]| {
            let listed = rules.iter().any(|listed| listed == rule);
            listed.then(|| subject(&alert, kind)).flatten()
        };
        let who = about("account", &reports.account_rules)
            .or_else(|| about("person", &reports.person_rules));
        let desk = (
            alert.text("/station").to_owned(),
            alert.text("/bank").to_owned(),
        );
        let asked = |code: &Option<String>, is: &str| code.as_deref().is_none_or(|code| code == is);
        let wanted = asked(&args.station, &desk.0) && asked(&args.bank, &desk.1);
        if let Some(who) = who
            && wanted
            && month.contains(&alert.text("/raised_at").to_owned())
        {
            list.entry((desk, who)).or_default().add(&alert);
        }
        Ok(())
    })?;
    let mut verdicts = BTreeMap::new();
    topics::read(dir, &names.feedback, |step| {
        verdicts.extend(verdict(&step.value));
        Ok(())
    })?;
    Ok((list, verdicts))
}

fn html(
    args: &Args,
    settings: &Settings,
    desks: &BTreeMap<Desk, Vec<Vec<String>>>,
    mask: Mask,
) -> String {
    let of_kind = |rows: &[Vec<String>], kind: &str| Sheet {
        headings: HEADINGS[DESK_COLUMNS..].to_vec(),
        rows: rows
            .iter()
            .filter(|row| row[DESK_COLUMNS - 1] == kind)
            .map(|row| row[DESK_COLUMNS..].to_vec())
            .collect(),
    };
    let sections: Vec<Section> = desks
        .iter()
        .map(|((station, bank), rows)| Section {
            title: format!(
                "派出所 station {} · 银行 bank {}",
                or_dash(station),
                or_dash(bank)
            ),
            sheets: vec![
                (
                    "异常账户 abnormal accounts".to_owned(),
                    of_kind(rows, "account"),
                ),
                (
                    "多卡人员 persons with many cards".to_owned(),
                    of_kind(rows, "person"),
                ),
            ],
        })
        .collect();
    let rules = [
        &settings.reports.account_rules,
        &settings.reports.person_rules,
    ];
    let notes = [
        format!(
            "期间(北京时间) days of Shanghai: {}",
            args.month.days.text()
        ),
        format!(
            "规则 rules: {}",
            rules.map(|rules| rules.join(", ")).join("; ")
        ),
        mask.note(),
    ];
    page(
        (
            "异常账户及多卡人员月报",
            "Monthly list of abnormal accounts and persons with many cards",
        ),
        &notes,
        &sections,
    )
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

/// The event that tells one desk's part of the list.
fn event(
    month: &str,
    (station, bank): &Desk,
    rows: &[Vec<String>],
    name: &str,
    csv: &[u8],
) -> Value {
    let count = |kind: &str| {
        rows.iter()
            .filter(|row| row[DESK_COLUMNS - 1] == kind)
            .count()
    };
    let items = rows.iter().map(|row| {
        let fields = HEADINGS.iter().zip(row).skip(DESK_COLUMNS - 1);
        Value::from_iter(fields.map(|((_, key), cell)| (*key, cell.clone())))
    });
    let or_null = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let in_id = |text: &str| or_null(text).unwrap_or_else(|| "none".to_owned());
    json!({
        "type": "report.monthly",
        "id": format!("R-monthly-{month}-{}-{}", in_id(station), in_id(bank)),
        "month": month,
        "station": or_null(station),
        "bank": or_null(bank),
        "accounts": count("account"),
        "persons": count("person"),
        "items": items.collect::<Vec<_>>(),
        "csv": { "name": name, "sha256": sha256_hex(csv) },
    })
}
