//! `zhamen report bulletin`: how each bank's data came in and what became of it, over some days.
//!
//! A record's bank is what its event says where the events are given, else the one bank that its
//! source may speak for, else it stands under its source. No account and no name is in a bulletin.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;
use zhamen_engine::time::TimestampMs;

use super::figures::{Figures, HEADINGS, PARTS};
use super::sheet::{Section, Sheet, page};
use super::shown::{Days, instant};
use super::topics::{self, text};
use super::{From, event_files, place};
use crate::exit::{Exit, OrExit, Outcome};
use crate::settings::Settings;

/// Write the bulletin to member units: per bank what came in and what became of it
///
/// Writes bulletin-SINCE-UNTIL.csv and .html into --out, over what stood there: records received,
/// repeated and rejected, lag, silence, decisions, inquiries, alerts, their outcomes, escalated and
/// overdue ones. Days are Shanghai's, by the journal's clock; an outcome counts where the alert was raised
/// in these days too. Lag needs the events: give EVENTS, or input topics' files in DIR. Silence is
/// the longest time without a record since the bank's first one, up to the newest of anybody.
///
/// 通报:各银行接收、拒收、时延、静默、预警、处置结果、逾期情况。
///
/// Exit codes: 0 written · 2 an input cannot be read or --out not be written · 78 bad settings.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// First day
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: String,
    /// Last day, itself included
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: String,
    #[command(flatten)]
    from: From,
    /// Where the files go
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Event files as `zhamen replay` reads them [default: the input topics' files in DIR]
    #[arg(value_name = "EVENTS")]
    events: Vec<PathBuf>,
}

/// What the events themselves say: when, and of which bank (empty: they do not say).
#[derive(Default)]
struct Events {
    known: HashMap<(String, String), (Option<TimestampMs>, String)>,
    bank_of_source: HashMap<String, String>,
}

impl Events {
    fn when(&self, event: &Value) -> Option<TimestampMs> {
        self.known.get(&key(event)).and_then(|(when, _)| *when)
    }

    fn bank(&self, event: &Value) -> String {
        let key = key(event);
        let said = self.known.get(&key).map(|(_, bank)| bank);
        match said.filter(|bank| !bank.is_empty()) {
            Some(bank) => bank.clone(),
            None => match self.bank_of_source.get(&key.0) {
                Some(bank) => bank.clone(),
                None if key.0.is_empty() => "unknown".to_owned(),
                None => format!("source {}", key.0),
            },
        }
    }
}

pub fn run(args: &Args) -> Outcome {
    let settings = args.from.given.settings().or_exit(Exit::BadConfig)?;
    let days = Days::between(&args.since, &args.until)
        .context("--since and --until are not two days, YYYY-MM-DD, in order")
        .or_exit(Exit::Usage)?;
    let banks = read(args, &settings, days).or_exit(Exit::Usage)?;
    let sheet = Sheet {
        headings: HEADINGS.to_vec(),
        rows: banks,
    };
    let name = format!("bulletin-{}-{}", args.since, args.until);
    let csv = sheet.csv().or_exit(Exit::Usage)?;
    let html = html(&sheet, days);
    std::fs::create_dir_all(&args.out)
        .with_context(|| args.out.display().to_string())
        .or_exit(Exit::Usage)?;
    place::replace(&args.out.join(format!("{name}.csv")), &csv).or_exit(Exit::Usage)?;
    place::replace(&args.out.join(format!("{name}.html")), html.as_bytes()).or_exit(Exit::Usage)?;
    Ok(Exit::Ok)
}

fn key(event: &Value) -> (String, String) {
    (
        text(event, "/source").to_owned(),
        text(event, "/id").to_owned(),
    )
}

fn read_events(args: &Args, settings: &Settings) -> anyhow::Result<Events> {
    let mut events = Events::default();
    for source in &settings.sources {
        if let Some([bank]) = source.banks.as_deref() {
            events
                .bank_of_source
                .insert(source.name.clone(), bank.clone());
        }
    }
    for path in event_files(&args.from.dir, &args.events, &settings.kafka.topics) {
        topics::read_events(&path, |event| {
            let banks = ["/payer/bank", "/card/bank", "/account/bank"];
            let bank = banks
                .iter()
                .map(|at| event.text(at))
                .find(|bank| !bank.is_empty());
            let bank = bank.unwrap_or("").to_owned();
            let when = instant(event.text("/occurred_at"));
            events
                .known
                .entry(key(&event.value))
                .or_insert((when, bank));
            Ok(())
        })?;
    }
    Ok(events)
}

/// The rows, by bank.
fn read(args: &Args, settings: &Settings, days: Days) -> anyhow::Result<Vec<Vec<String>>> {
    let events = read_events(args, settings)?;
    let (dir, names) = (&args.from.dir, &settings.kafka.topics);
    let instants = days.instants();
    let within = |at: &str| instants.contains(&at.to_owned());
    let mut banks: BTreeMap<String, Figures> = BTreeMap::new();
    let mut newest = TimestampMs::MIN;
    topics::read(dir, &names.decisions, |decision| {
        if within(decision.text("/decided_at"))
            && let Some(at) = instant(decision.text("/decided_at"))
        {
            newest = newest.max(at);
            let event = &decision.value["event"];
            let figures = banks.entry(events.bank(event)).or_default();
            figures.decision(&decision.value, at, events.when(event));
        }
        Ok(())
    })?;
    let mut bank_of_alert: HashMap<String, String> = HashMap::new();
    topics::read(dir, &names.alerts, |alert| {
        let bank = match alert.text("/bank") {
            "" => events.bank(&alert.value["event"]),
            bank => bank.to_owned(),
        };
        if within(alert.text("/raised_at")) {
            banks
                .entry(bank.clone())
                .or_default()
                .alert(alert.text("/alert"));
        }
        bank_of_alert.insert(alert.text("/alert").to_owned(), bank);
        Ok(())
    })?;
    topics::read(dir, &names.feedback, |step| {
        if let Some(bank) = bank_of_alert.get(step.text("/alert"))
            && within(step.text("/at"))
        {
            banks
                .entry(bank.clone())
                .or_default()
                .alert_step(&step.value);
        }
        Ok(())
    })?;
    topics::read(dir, &names.holds, |step| {
        let kind = step.text("/type");
        if kind.starts_with("inquiry.") && within(step.text("/at")) {
            let bank = events.bank(&step.value["transfer"]);
            banks.entry(bank).or_default().inquiry(kind);
        }
        Ok(())
    })?;
    let rows = banks
        .into_iter()
        .map(|(bank, figures)| figures.row(&bank, newest));
    Ok(rows.collect())
}

fn html(sheet: &Sheet, days: Days) -> String {
    let sheets = PARTS.iter().map(|(title, columns)| {
        let part = Sheet {
            headings: [&sheet.headings[..1], &sheet.headings[columns.clone()]].concat(),
            rows: sheet
                .rows
                .iter()
                .map(|row| [&row[..1], &row[columns.clone()]].concat())
                .collect(),
        };
        ((*title).to_owned(), part)
    });
    let section = Section {
        title: "各银行 by bank".to_owned(),
        sheets: sheets.collect(),
    };
    let notes = [format!("期间(北京时间) days of Shanghai: {}", days.text())];
    page(
        (
            "数据接入及打击成效通报",
            "Bulletin of data received and its outcomes",
        ),
        &notes,
        &[section],
    )
}
