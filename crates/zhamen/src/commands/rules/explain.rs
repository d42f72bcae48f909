//! `zhamen rules explain`: what every rule made of an event, line by line.
//!
//! The history is folded as `replay` folds it; each event asked for is explained right after it was
//! decided, so its windows hold what they held then.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::json;
use zhamen_engine::entry::Body;
use zhamen_rules::tools::explain::{Explainer, Judged, Which};

use super::bench::Bench;
use super::{Format, Language, lang, print};
use crate::commands::replay::fold::decision_of;
use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::settings::Given;

/// Explain what every rule made of an event
///
/// EVENT is the id of an event in the history, or a file of events (or `-`) that are judged after the
/// history. For each: every rule that looks at its type, each line with its values and limits, and
/// the events its windows counted.
///
/// 解释判定:逐条规则、逐行列出取值与限值,以及计入统计的事件。
///
/// Exit codes: 0 explained · 1 some of the events were rejected · 2 no such event, or an input cannot
/// be read · 78 bad rules, settings or lists.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Rules: a directory of *.toml, or one file [default: the settings' rules, else the standard pack]
    #[arg(long, value_name = "PATH")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
    /// list.added events, one a line, folded before the history
    #[arg(long, value_name = "FILE")]
    lists: Option<PathBuf>,
    /// Events before, as for `replay`: plain, gzip or zstd
    #[arg(long, value_name = "FILE")]
    history: Vec<PathBuf>,
    /// In text, show only the rules that fired or fell back
    #[arg(long)]
    fired: bool,
    /// Language [default: that of the environment]
    #[arg(long, value_enum)]
    lang: Option<Language>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Ids of events in the history, or files of events judged after it
    #[arg(required = true, value_name = "EVENT")]
    events: Vec<String>,
}

pub fn run(args: &Args) -> Outcome {
    let mut bench = Bench::new(args.rules.as_deref(), &args.given)?;
    if let Some(path) = &args.lists {
        bench.lists(path)?;
    }
    let is_file = |event: &&String| *event == "-" || Path::new(event).is_file();
    let (later, ids): (Vec<&String>, Vec<&String>) = args.events.iter().partition(is_file);
    let later: Vec<PathBuf> = later.into_iter().map(PathBuf::from).collect();
    let mut told = Told::default();
    told.read(&args.history, &mut bench, |id| {
        ids.iter().any(|wanted| *wanted == id)
    })?;
    told.read(&later, &mut bench, |_| true)?;
    if let Some(missing) = ids
        .iter()
        .find(|id| told.judged.iter().all(|j| j.event.id != **id))
    {
        return Err(Failure {
            exit: Exit::Usage,
            error: anyhow!(
                "no event {missing:?} was accepted from the history, and no such file is there"
            ),
        });
    }

    let explainer = Explainer::new(&bench.files, &bench.set, lang(args.lang));
    let which = match args.fired {
        true => Which::Spoke,
        false => Which::All,
    };
    match args.format {
        Format::Text => {
            let texts: Vec<String> = told
                .judged
                .iter()
                .map(|j| explainer.text(j, which))
                .collect();
            print(&texts.join("\n"))?;
        }
        Format::Json => {
            let all: Vec<_> = told.judged.iter().map(|j| explainer.json(j)).collect();
            let report =
                json!({ "ruleset": &*bench.set.digest, "events": all, "rejected": told.rejected });
            print(&format!("{report:#}\n"))?;
        }
    }
    Ok(match told.rejected.is_empty() {
        true => Exit::Ok,
        false => Exit::Findings,
    })
}

/// What was found on the way.
#[derive(Default)]
struct Told {
    judged: Vec<Judged>,
    /// Codes of wanted lines that the contract or the engine refused.
    rejected: Vec<&'static str>,
}

impl Told {
    /// Folds files; explains the events that are wanted, each the first time it comes.
    fn read(
        &mut self,
        paths: &[PathBuf],
        bench: &mut Bench,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), Failure> {
        bench.read(paths, |fold, checked| {
            let event = match &checked.record.body {
                Body::Event(event) => wanted(&event.id).then(|| event.clone()),
                Body::Rejected(rejected) => {
                    if wanted(rejected.id.as_deref().unwrap_or_default()) {
                        self.rejected.push(rejected.code.name());
                    }
                    None
                }
            };
            let mut outputs = Vec::new();
            fold.line(checked, &mut outputs);
            let Some(event) = event else { return Ok(()) };
            let decision = decision_of(&outputs).cloned();
            let decision = decision
                .ok_or_else(|| anyhow!("the engine gave not one decision for a line"))
                .or_exit(Exit::Restart)?;
            if let Some((code, _)) = decision.rejected {
                self.rejected.push(code.name());
            } else if decision.duplicate_of.is_none() {
                let rules = fold.engine().explain(&event).unwrap_or_default();
                self.judged.push(Judged {
                    event,
                    decision,
                    rules,
                });
            }
            Ok(())
        })
    }
}
