//! `zhamen rules graph`: rules, the windows they read, the state these share, the events they count.

use std::path::PathBuf;

use zhamen_rules::tools::graph::{Style, draw};

use super::{compiled_files, print};
use crate::exit::{Exit, Outcome};

/// Draw which rules read which windows, lists and events
///
/// 画出规则、统计窗口、共用状态、事件与名单之间的关系。
///
/// Exit codes: 0 drawn · 78 bad rules.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// A directory of *.toml, or one file
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Language of the drawing
    #[arg(long = "as", value_enum, value_name = "STYLE", default_value_t = As::Mermaid)]
    style: As,
}

/// Languages of drawings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum As {
    /// For pages that draw Mermaid.
    Mermaid,
    /// For Graphviz.
    Dot,
}

pub fn run(args: &Args) -> Outcome {
    let (files, compiled) = compiled_files(Some(&args.path))?;
    let set = compiled
        .set
        .as_ref()
        .expect("a set with errors was refused");
    let style = match args.style {
        As::Mermaid => Style::Mermaid,
        As::Dot => Style::Dot,
    };
    print(&draw(&files, &compiled, set, style))?;
    Ok(Exit::Ok)
}
