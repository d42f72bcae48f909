//! `zhamen rules diff`: what changes when one rule set takes the place of another.

use std::path::PathBuf;

use zhamen_rules::Compiled;
use zhamen_rules::tools::diff;

use super::{Format, Language, compiled_files, lang, print};
use crate::exit::{Exit, Outcome};

/// Compare two rule sets by what they mean
///
/// Names rules, verdicts and lists that were added, removed or changed, key by key, and the windows
/// that start empty and must warm up. Comments, order of keys and spelling of numbers are no
/// difference.
///
/// 比较两套规则:增删、参数与条件变化、统计口径变化及需要重新积累的窗口。
///
/// Exit codes: 0 the same · 1 differences · 78 bad rules.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The rules now: a directory of *.toml, or one file
    #[arg(value_name = "A")]
    old: PathBuf,
    /// The rules to come
    #[arg(value_name = "B")]
    new: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Language of texts for people [default: that of the environment]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

pub fn run(args: &Args) -> Outcome {
    let old = compiled_files(Some(&args.old))?;
    let new = compiled_files(Some(&args.new))?;
    let diff = diff::diff(side(&old), side(&new));
    match args.format {
        Format::Text => print(&diff.text(lang(args.lang)))?,
        Format::Json => print(&format!("{:#}\n", diff.json()))?,
    }
    Ok(match diff.is_empty() {
        true => Exit::Ok,
        false => Exit::Findings,
    })
}

fn side((files, compiled): &(Vec<zhamen_rules::SourceFile>, Compiled)) -> diff::Side<'_> {
    diff::Side {
        files,
        compiled,
        set: compiled
            .set
            .as_ref()
            .expect("a set with errors was refused"),
    }
}
