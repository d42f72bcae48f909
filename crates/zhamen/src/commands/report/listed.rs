//! Who is on the monthly list and why: the alerts of a month, one row for each account or person at
//! each station and bank.
//!
//! A false alarm stays on the list with its verdict beside it: what was sent is not unsaid.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use zhamen_engine::money::{Currency, Dec};

use super::sheet::Heading;
use super::shown::{Mask, shanghai};
use super::topics::{Record, text};

/// Station and bank; empty where the alert names no bank.
pub type Desk = (String, String);

/// Account or person, its kind first.
pub type Subject = (&'static str, String);

/// Headings of a row, the desk's first.
pub const HEADINGS: [Heading; 16] = [
    ("派出所", "station"),
    ("银行", "bank"),
    ("类别", "kind"),
    ("账号或证件代号", "subject"),
    ("户名", "name"),
    ("网点", "branch"),
    ("经办", "opened_by"),
    ("规则", "rules"),
    ("等级", "severity"),
    ("预警数", "alerts"),
    ("合并数", "merged"),
    ("涉及笔数", "events"),
    ("金额", "amount"),
    ("首次预警", "first"),
    ("末次预警", "last"),
    ("处置", "verdicts"),
];

/// Columns that name the desk and the kind.
pub const DESK_COLUMNS: usize = 3;

/// What is known of one account or person at one desk.
#[derive(Default)]
pub struct Listed {
    names: BTreeSet<String>,
    branches: BTreeSet<String>,
    opened_by: BTreeSet<String>,
    rules: BTreeSet<String>,
    severity: usize,
    alerts: BTreeSet<String>,
    merged: u64,
    /// Amount and currency of each event counted, by source and id.
    events: BTreeMap<(String, String), (String, String)>,
    /// What an alert counted where it lists fewer.
    counted: u64,
    first: String,
    last: String,
}

const SEVERITIES: [&str; 4] = ["low", "medium", "high", "critical"];

impl Listed {
    /// Adds an alert.
    pub fn add(&mut self, alert: &Record) {
        let note = |set: &mut BTreeSet<String>, pointer: &str| {
            let text = alert.text(pointer);
            if !text.is_empty() {
                set.insert(text.to_owned());
            }
        };
        note(&mut self.names, "/four_elements/name");
        note(&mut self.branches, "/branch");
        note(&mut self.opened_by, "/opened_by");
        note(&mut self.rules, "/rule");
        note(&mut self.alerts, "/alert");
        let severity = SEVERITIES
            .iter()
            .position(|name| *name == alert.text("/severity"));
        self.severity = self.severity.max(severity.unwrap_or(0));
        self.merged += alert.value["merged"].as_u64().unwrap_or(0);
        let counted = alert.value["contributing_count"].as_u64().unwrap_or(0);
        self.counted = self.counted.max(counted);
        for event in alert.value["contributing"].as_array().into_iter().flatten() {
            let part = |pointer| text(event, pointer).to_owned();
            let amount = (part("/amount"), part("/currency"));
            self.events.insert((part("/source"), part("/id")), amount);
        }
        let raised_at = alert.text("/raised_at");
        if self.first.is_empty() || raised_at < self.first.as_str() {
            raised_at.clone_into(&mut self.first);
        }
        if raised_at > self.last.as_str() {
            raised_at.clone_into(&mut self.last);
        }
    }

    /// The row under [`HEADINGS`]; `verdicts`: the last one of each alert disposed of.
    #[must_use]
    pub fn row(
        &self,
        (station, bank): &Desk,
        (kind, subject): &Subject,
        verdicts: &BTreeMap<String, String>,
        mask: Mask,
    ) -> Vec<String> {
        let joined = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        let names: BTreeSet<String> = self.names.iter().map(|name| mask.name(name)).collect();
        let told: BTreeSet<String> = self
            .alerts
            .iter()
            .filter_map(|alert| verdicts.get(alert).cloned())
            .collect();
        let events = self.counted.max(self.events.len() as u64);
        vec![
            station.clone(),
            bank.clone(),
            (*kind).to_owned(),
            match *kind {
                "account" => mask.account(subject),
                _ => subject.clone(),
            },
            joined(&names),
            joined(&self.branches),
            joined(&self.opened_by),
            joined(&self.rules),
            SEVERITIES[self.severity].to_owned(),
            self.alerts.len().to_string(),
            self.merged.to_string(),
            events.to_string(),
            self.amount(),
            shanghai(&self.first),
            shanghai(&self.last),
            joined(&told),
        ]
    }

    /// Sum over the events listed, for each currency; `≥` where an alert counted more than it lists.
    fn amount(&self) -> String {
        let mut sums: BTreeMap<&str, Option<Dec>> = BTreeMap::new();
        for (amount, currency) in self.events.values() {
            if let Some(amount) = Dec::parse(amount) {
                let sum = sums.entry(currency).or_insert(Some(Dec::int(0)));
                *sum = sum.and_then(|sum| sum.plus(amount).ok());
            }
        }
        let more = match self.counted > self.events.len() as u64 {
            true => "≥ ",
            false => "",
        };
        let texts: Vec<String> = sums
            .iter()
            .filter_map(|(currency, sum)| {
                let decimals = Currency::parse(currency)?.decimals();
                Some(format!("{more}{} {currency}", (*sum)?.text_fixed(decimals)))
            })
            .collect();
        texts.join(" + ")
    }
}

/// The alert's account or person under a kind; `None`: it is about something else.
#[must_use]
pub fn subject(alert: &Record, kind: &'static str) -> Option<Subject> {
    let is = alert.text("/subject/kind") == kind;
    is.then(|| (kind, alert.text("/subject/value").to_owned()))
}

/// The verdict of a disposal, by its alert.
#[must_use]
pub fn verdict(step: &Value) -> Option<(String, String)> {
    let disposed = text(step, "/type") == "alert.disposed";
    disposed.then(|| {
        (
            text(step, "/alert").to_owned(),
            text(step, "/verdict").to_owned(),
        )
    })
}
