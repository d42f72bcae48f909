//! `zhamen report`: what banks, police and courts get on paper, made from what is already written.
//!
//! A report reads files only, the output topics as `<topic>.ndjson`, and folds nothing: what it says
//! stands in the topics. The same inputs give the same bytes; nothing in a report is today's time.

mod bulletin;
pub(super) mod bundle;
mod evidence;
mod figures;
mod listed;
mod monthly;
mod place;
mod sheet;
mod shown;
mod suspicious;
mod topics;

use std::path::{Path, PathBuf};

use zhamen_engine::event::InputTopic;
use zhamen_pipeline::Topics;

use crate::exit::Outcome;
use crate::settings::Given;

/// Reports, drafts and evidence from the output topics.
///
/// 报表与证据:由输出主题的文件生成,不另行判定。
#[derive(clap::Subcommand)]
pub enum Command {
    Monthly(monthly::Args),
    Bulletin(bulletin::Args),
    #[command(name = "str")]
    Suspicious(suspicious::Args),
    Evidence(evidence::Args),
}

/// What every report reads.
#[derive(clap::Args)]
struct From {
    /// A directory of output topics as `<topic>.ndjson` (or .ndjson.gz, .ndjson.zst): what `zhamen replay
    /// --out DIR` writes, or a consumer's dump of the topics, one record's value a line
    #[arg(long = "from", value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    given: Given,
}

pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Monthly(args) => monthly::run(args),
        Command::Bulletin(args) => bulletin::run(args),
        Command::Suspicious(args) => suspicious::run(args),
        Command::Evidence(args) => evidence::run(args),
    }
}

/// The event files given, else those of the input topics in the directory.
fn event_files(dir: &Path, given: &[PathBuf], names: &Topics) -> Vec<PathBuf> {
    if !given.is_empty() {
        return given.to_vec();
    }
    InputTopic::ALL
        .iter()
        .filter_map(|topic| topics::file_of(dir, names.input(*topic)).ok())
        .collect()
}
