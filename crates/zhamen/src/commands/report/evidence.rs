//! `zhamen report evidence`: everything that belongs to one alert, in a bundle that can be checked.
//!
//! Lines are copied as they stand, never written anew: what a court compares is what the topic
//! holds. The texts of the rules go in only if their digest is the one the alert names.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::Value;
use zhamen_pipeline::Topics;

use super::bundle::{self, EventKey, FileEntry, Manifest, Missing, Place};
use super::place::NewDir;
use super::topics::{self, Record, text};
use super::{From, event_files};
use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::settings::pack::rule_files;

/// Bundle everything that belongs to an alert, with hashes that `zhamen verify` checks
///
/// The bundle is a new directory: the alert, the events it lists (as received), their decisions, the
/// steps of holds, feedback and warnings that belong to them, the rule texts whose digest the alert
/// names, journal coordinates, and a manifest with the SHA-256 of every file. It holds personal data
/// as received; only its owner may read it. Prints the digest of the manifest: hand it over by
/// another way than the bundle.
///
/// 证据包:预警及其事件、判定、处置、规则原文、日志坐标与逐文件摘要。内含个人信息,仅属主可读。
///
/// Exit codes: 0 whole · 1 written, but some listed events or decisions were not in the inputs · 2 no
/// such alert, an input cannot be read or the bundle is already there · 78 the rules are not the
/// alert's.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Id of the alert
    #[arg(value_name = "ALERT")]
    alert: String,
    #[command(flatten)]
    from: From,
    /// Rules: a directory of *.toml, or one file [default: the settings' rules, else the standard pack]
    #[arg(long, value_name = "PATH")]
    rules: Option<PathBuf>,
    /// The bundle to make; must not exist
    #[arg(long, value_name = "BUNDLE")]
    out: PathBuf,
    /// Event files as `zhamen replay` reads them [default: the input topics' files in DIR]
    #[arg(value_name = "EVENTS")]
    events: Vec<PathBuf>,
}

/// Lines by the file of the bundle they go to.
type Files = BTreeMap<String, Vec<u8>>;

pub fn run(args: &Args) -> Outcome {
    let settings = args.from.given.settings().or_exit(Exit::BadConfig)?;
    let names = &settings.kafka.topics;
    let alert = find_alert(&args.from.dir, &names.alerts, &args.alert).or_exit(Exit::Usage)?;
    let mut files = Files::new();
    add_line(&mut files, bundle::ALERT, &alert.line);
    let rules = args.rules.as_deref().or(settings.rules.as_deref());
    add_rules(&mut files, rules, alert.text("/ruleset"))?;
    let listed = listed_events(&alert.value);
    let found = collect(args, names, &alert, &listed, &mut files).or_exit(Exit::Usage)?;

    let manifest = Manifest {
        format: bundle::FORMAT.to_owned(),
        alert: args.alert.clone(),
        rule: alert.text("/rule").to_owned(),
        ruleset: alert.text("/ruleset").to_owned(),
        written_by: concat!("zhamen ", env!("CARGO_PKG_VERSION")).to_owned(),
        contributing_count: alert.value["contributing_count"].as_u64().unwrap_or(0),
        missing: Missing {
            events: listed.difference(&found.events).cloned().collect(),
            decisions: listed.difference(&found.decisions).cloned().collect(),
        },
        journal: found.journal,
        files: files
            .iter()
            .map(|(path, content)| FileEntry::of(path, content))
            .collect(),
    };
    let seal = write_bundle(&args.out, &manifest, &files).or_exit(Exit::Usage)?;
    writeln!(std::io::stdout(), "sha256:{seal}").or_exit(Exit::Restart)?;
    let missing = (
        manifest.missing.events.len(),
        manifest.missing.decisions.len(),
    );
    if missing == (0, 0) {
        return Ok(Exit::Ok);
    }
    let _ = writeln!(
        std::io::stderr(),
        "report evidence: of {} events listed, {} records and {} decisions are not in the inputs; the \
         manifest names them",
        listed.len(),
        missing.0,
        missing.1
    );
    Ok(Exit::Findings)
}

/// The alert of an id.
///
/// # Errors
/// The topic cannot be read or has no such alert.
pub fn find_alert(dir: &Path, topic: &str, id: &str) -> anyhow::Result<Record> {
    let mut found = None;
    topics::read(dir, topic, |record| {
        if record.text("/alert") == id {
            found = Some(record);
        }
        Ok(())
    })?;
    found.ok_or_else(|| anyhow!("no alert {id} in {topic}"))
}

/// The texts of the rules, if they are those the alert was raised by.
fn add_rules(files: &mut Files, path: Option<&Path>, digest: &str) -> Result<(), Failure> {
    let sources = rule_files(path).or_exit(Exit::BadConfig)?;
    let given = zhamen_rules::digest(&sources);
    if given != digest {
        let error = anyhow!("the rules are {given}, the alert was raised by {digest}");
        return Err(error).or_exit(Exit::BadConfig);
    }
    for source in sources {
        let name = Path::new(&source.name)
            .file_name()
            .map_or_else(|| source.name.clone(), |n| n.to_string_lossy().into_owned());
        files.insert(format!("{}{name}", bundle::RULES), source.text.into_bytes());
    }
    Ok(())
}

fn key(value: &Value) -> EventKey {
    EventKey {
        source: text(value, "/source").to_owned(),
        id: text(value, "/id").to_owned(),
    }
}

/// The event that raised the alert and those it lists.
fn listed_events(alert: &Value) -> BTreeSet<EventKey> {
    let contributing = alert["contributing"].as_array();
    contributing
        .into_iter()
        .flatten()
        .chain([&alert["event"]])
        .map(key)
        .collect()
}

/// What the inputs had.
#[derive(Default)]
struct Found {
    events: BTreeSet<EventKey>,
    decisions: BTreeSet<EventKey>,
    journal: Vec<Place>,
}

fn collect(
    args: &Args,
    names: &Topics,
    alert: &Record,
    listed: &BTreeSet<EventKey>,
    files: &mut Files,
) -> anyhow::Result<Found> {
    let mut found = Found::default();
    for path in event_files(&args.from.dir, &args.events, names) {
        topics::read_events(&path, |record| {
            let key = key(&record.value);
            if listed.contains(&key) {
                add_line(files, "events.ndjson", &record.line);
                found.events.insert(key);
            }
            Ok(())
        })?;
    }
    let dir = &args.from.dir;
    let mut steps = BTreeSet::new();
    topics::read(dir, &names.decisions, |record| {
        let key = key(&record.value["event"]);
        if listed.contains(&key) {
            add_line(files, bundle::DECISIONS, &record.line);
            found.journal.push(Place::of(&record.value));
            steps.insert(step(&record.value));
            found.decisions.insert(key);
        }
        Ok(())
    })?;
    topics::read(dir, &names.holds, |record| {
        let of_listed = listed.contains(&key(&record.value["transfer"]));
        if of_listed || steps.contains(&step(&record.value)) {
            add_line(files, "holds.ndjson", &record.line);
        }
        Ok(())
    })?;
    let (id, chain) = (alert.text("/alert"), alert.text("/chain"));
    topics::read(dir, &names.feedback, |record| {
        let of_chain = !chain.is_empty() && record.text("/chain") == chain;
        if of_chain || record.text("/alert") == id {
            add_line(files, "feedback.ndjson", &record.line);
        }
        Ok(())
    })?;
    topics::read(dir, &names.warnings, |record| {
        if steps.contains(&step(&record.value)) {
            add_line(files, "warnings.ndjson", &record.line);
        }
        Ok(())
    })?;
    Ok(found)
}

/// The journal entry that a record comes from.
fn step(value: &Value) -> [Option<i64>; 3] {
    ["partition", "offset", "index"].map(|name| value["coordinates"][name].as_i64())
}

fn add_line(files: &mut Files, path: &str, line: &str) {
    let content = files.entry(path.to_owned()).or_default();
    content.extend_from_slice(line.as_bytes());
    content.push(b'\n');
}

/// Writes the bundle and tells the digest of its manifest.
fn write_bundle(out: &Path, manifest: &Manifest, files: &Files) -> anyhow::Result<String> {
    let mut text = serde_json::to_vec_pretty(manifest)?;
    text.push(b'\n');
    let dir = NewDir::begin(out)?;
    for (path, content) in files {
        dir.write(path, content)?;
    }
    dir.write(bundle::MANIFEST, &text)?;
    dir.write(bundle::SEAL, bundle::seal(&text).as_bytes())?;
    dir.finish()?;
    Ok(bundle::sha256_hex(&text))
}
