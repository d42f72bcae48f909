//! `zhamen rules`: tools for the people who write rules.

mod check;
mod test;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::json;
use zhamen_engine::rule::RuleSet;
use zhamen_rules::{LoadProblem, SourceFile};

use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::settings::pack::rule_files;

/// Check and test rules.
///
/// 规则工具:检查、测试。
#[derive(clap::Subcommand)]
pub enum Command {
    Check(check::Args),
    Test(test::Args),
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object, for editors and CI.
    Json,
}

/// What every rule command looks at.
#[derive(clap::Args)]
pub struct Files {
    /// A directory of *.toml, or one file.
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
    }
}

/// The files to look at. One that is there but is no rule file is a finding, told here.
fn read_files(args: &Files) -> Result<Result<Vec<SourceFile>, Exit>, Failure> {
    let error = match zhamen_rules::load(&args.path) {
        Ok(files) => return Ok(Ok(files)),
        Err(error) => error,
    };
    let mut problems = error.problems.iter();
    if problems.any(|p| matches!(p, LoadProblem::Unreadable { .. })) {
        return Err(error).or_exit(Exit::BadConfig);
    }
    let report = match args.format {
        Format::Text => format!("{error}\n"),
        Format::Json => {
            let all: Vec<_> = error.problems.iter().map(ToString::to_string).collect();
            format!("{:#}\n", json!({ "unreadable": all }))
        }
    };
    std::io::stdout()
        .write_all(report.as_bytes())
        .or_exit(Exit::Restart)?;
    Ok(Err(Exit::Findings))
}

/// The rule set at `path` (`None`: the standard pack), for commands that use it. Its warnings are
/// `rules check`'s business; its errors end the command.
pub fn compiled(path: Option<&Path>) -> Result<RuleSet, Failure> {
    let files = rule_files(path).or_exit(Exit::BadConfig)?;
    let compiled = zhamen_rules::compile(&files);
    compiled.set.ok_or_else(|| {
        let errors: Vec<_> = compiled
            .diagnostics
            .into_iter()
            .filter(|d| d.severity == zhamen_rules::Severity::Error)
            .collect();
        let text = zhamen_rules::render_text(&files, &errors, false);
        Failure {
            exit: Exit::BadConfig,
            error: anyhow!("the rules have errors\n{text}"),
        }
    })
}
