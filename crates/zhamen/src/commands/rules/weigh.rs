//! `zhamen rules weigh`: how rare each rule is on a site's own history, and scores from that.

use std::path::PathBuf;

use zhamen_engine::entry::Body;
use zhamen_rules::tools::weigh::Weigher;

use super::bench::Bench;
use super::{Format, print};
use crate::commands::replay::fold::decision_of;
use crate::exit::{Exit, Outcome};
use crate::settings::Given;

/// Propose scores from how rarely each rule fires on your own history
///
/// A rule that fires on one in n of the events it looks at weighs the whole part of log2 n. Needs no
/// labels; the same history gives the same weights. Prints a proposal, changes nothing.
///
/// 按规则在本机构历史数据上的罕见程度给出评分建议,不需要标注,不改动任何规则。
///
/// Exit codes: 0 weighed · 2 an input cannot be read · 78 bad rules or settings.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Rules: a directory of *.toml, or one file [default: the settings' rules, else the standard pack]
    #[arg(long, value_name = "PATH")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    given: Given,
    /// How to print: a TOML fragment, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Event files, as for `replay`: plain, gzip or zstd; `-` is stdin
    #[arg(required = true, value_name = "HISTORY")]
    history: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Outcome {
    let mut bench = Bench::new(args.rules.as_deref(), &args.given)?;
    let set = bench.set.clone();
    let mut weigher = Weigher::new(&set);
    let mut outputs = Vec::new();
    bench.read(&args.history, |fold, checked| {
        let kind = match &checked.record.body {
            Body::Event(event) => Some(event.kind),
            Body::Rejected(_) => None,
        };
        outputs.clear();
        fold.line(checked, &mut outputs);
        if let (Some(kind), Some(decision)) = (kind, decision_of(&outputs)) {
            weigher.note(kind, decision);
        }
        Ok(())
    })?;
    let weights = weigher.finish();
    match args.format {
        Format::Text => print(&weights.toml())?,
        Format::Json => print(&format!("{:#}\n", weights.json()))?,
    }
    Ok(Exit::Ok)
}
