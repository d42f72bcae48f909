//! `then`: what a rule or a verdict leads to.

use zhamen_engine::event::KindSet;
use zhamen_engine::rule::{Action, Severity, Then};
use zhamen_engine::time::{DAY_MS, HOUR_MS, MINUTE_MS};

use crate::diagnostic::Findings;
use crate::node::{Node, Table};
use crate::problem::{Keys, Noun, nouns};
use crate::rule::name;
use crate::time_text;

pub(crate) const KEYS: [&str; 12] = [
    "action",
    "alert",
    "quiet",
    "for",
    "within",
    "form",
    "answer_within",
    "on_silence",
    "release_by",
    "report_within",
    "list",
    "warn",
];

/// The form asked where a rule inquires and names none.
pub(crate) const DEFAULT_FORM: &str = "four-questions-one-notice@1";

/// Actions by name.
pub(crate) const ACTIONS: [(&str, Action); 5] = [
    ("allow", Action::Allow),
    ("inquire", Action::Inquire),
    ("verify", Action::Verify),
    ("delay", Action::Delay),
    ("hold", Action::Hold),
];

const SEVERITIES: [(&str, Severity); 4] = [
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

/// Reads `then`; what is wrong in one key does not hide the others.
pub(crate) fn read(node: &Node, on: KindSet, findings: &mut Findings) -> Option<Then> {
    let table = node.table(findings)?;
    table.only(nouns::THEN, &KEYS, findings);
    let before = findings.errors();
    let Some(action_node) = table.get("action") else {
        let key = "action".to_owned();
        findings.add(
            &node.at,
            Keys::MissingKey {
                key,
                what: nouns::THEN,
            },
        );
        return None;
    };
    let action = name::one_of(action_node, &ACTIONS, findings);
    let mut word = |key: &str, words: &[(&str, Action)]| {
        table
            .get(key)
            .and_then(|n| name::one_of(n, words, findings))
    };
    let on_silence = word("on_silence", &ACTIONS);
    let alert = table
        .get("alert")
        .and_then(|n| name::one_of(n, &SEVERITIES, findings));
    let form = table.get("form").and_then(|n| form(n, findings));
    let (police, two_person) = release_by(table, findings);
    let then = Then {
        action: action.unwrap_or(Action::Allow),
        alert,
        quiet_ms: span(table, "quiet", findings),
        for_ms: span(table, "for", findings).unwrap_or(24 * HOUR_MS),
        within_ms: span(table, "within", findings),
        form: form.or_else(|| (action == Some(Action::Inquire)).then(|| DEFAULT_FORM.to_owned())),
        answer_within_ms: span(table, "answer_within", findings).unwrap_or(30 * MINUTE_MS),
        on_silence: on_silence.unwrap_or(Action::Delay),
        release_by_police: police,
        release_by_two_person: two_person,
        report_within_days: days(table, findings),
        list: table.get("list").and_then(|n| name::list(n, findings)),
        warn: table
            .get("warn")
            .and_then(|n| n.bool(findings))
            .unwrap_or(false),
    };
    if action.is_some() {
        unused(table, &then, on, findings);
    }
    (findings.errors() == before && action.is_some()).then_some(then)
}

/// Keys that do nothing beside this action.
fn unused(table: &Table, then: &Then, on: KindSet, findings: &mut Findings) {
    let inquire = then.action == Action::Inquire;
    let alerts = table.get("alert").is_some();
    let delays = then.action == Action::Delay || inquire;
    let needs: [(&str, bool, Noun); 7] = [
        ("quiet", alerts, nouns::WITH_ALERT),
        ("report_within", alerts, nouns::WITH_ALERT),
        ("form", inquire, nouns::WITH_INQUIRE),
        ("answer_within", inquire, nouns::WITH_INQUIRE),
        ("on_silence", inquire, nouns::WITH_INQUIRE),
        ("within", then.action == Action::Verify, nouns::WITH_VERIFY),
        ("for", delays, nouns::WITH_DELAY),
    ];
    for (key, used, with) in needs {
        if let (false, Some(entry)) = (used, table.entry(key)) {
            let key = entry.key.clone();
            findings.add(&entry.key_at, Keys::KeyWithoutUse { key, with });
        }
    }
    let transfers = on.iter().any(zhamen_engine::event::EventKind::is_transfer);
    if let (true, false, Some(node)) = (inquire, transfers || on.is_empty(), table.get("action")) {
        findings.add(&node.at, Keys::InquiryWithoutTransfer);
    }
}

/// A span longer than nothing.
fn span(table: &Table, key: &str, findings: &mut Findings) -> Option<i64> {
    let node = table.get(key)?;
    let ms = time_text::duration(node.text(findings)?).filter(|ms| *ms > 0);
    if ms.is_none() {
        findings.add(&node.at, Keys::BadDuration);
    }
    ms
}

fn days(table: &Table, findings: &mut Findings) -> Option<u32> {
    let ms = span(table, "report_within", findings)?;
    let days = u32::try_from(ms / DAY_MS).ok().filter(|_| ms % DAY_MS == 0);
    if days.is_none() {
        findings.add(&table.get("report_within")?.at, Keys::NotWholeDays);
    }
    days
}

/// `name@version`.
fn form(node: &Node, findings: &mut Findings) -> Option<String> {
    let text = node.text(findings)?;
    let fits = text.split_once('@').is_some_and(|(name, version)| {
        !name.is_empty() && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit())
    });
    if fits {
        return Some(text.to_owned());
    }
    findings.add(&node.at, Keys::BadForm);
    None
}

/// Whether the police and whether two persons may release; both if nothing is said.
fn release_by(table: &Table, findings: &mut Findings) -> (bool, bool) {
    let Some(node) = table.get("release_by") else {
        return (true, true);
    };
    let mut release = (false, false);
    for item in node.one_or_many() {
        match name::one_of(item, &[("police", true), ("two_person", false)], findings) {
            Some(true) => release.0 = true,
            Some(false) => release.1 = true,
            None => {}
        }
    }
    release
}
