//! `zhamen rules`: tools for the people who write rules.

mod bench;
mod check;
mod diff;
mod explain;
mod fmt;
mod graph;
mod new;
mod schema;
mod test;
mod weigh;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use serde_json::json;
use zhamen_engine::rule::RuleSet;
use zhamen_rules::{Compiled, Diagnostic, Lang, LoadProblem, SourceFile};

use crate::exit::{Exit, Failure, OrExit, Outcome};
use crate::settings::pack::rule_files;

/// Check, test, explain, compare, start, format, weigh and draw rules.
///
/// 规则工具:检查、测试、解释、对比、新建、排版、评分建议、关系图。
#[derive(clap::Subcommand)]
pub enum Command {
    Check(check::Args),
    Test(test::Args),
    Explain(explain::Args),
    Diff(diff::Args),
    New(new::Args),
    Fmt(fmt::Args),
    Graph(graph::Args),
    Weigh(weigh::Args),
    Schema(schema::Args),
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
    /// Language of texts for people [default: that of the environment]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

pub fn run(command: &Command) -> Outcome {
    match command {
        Command::Check(args) => check::run(args),
        Command::Test(args) => test::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Diff(args) => diff::run(args),
        Command::New(args) => new::run(args),
        Command::Fmt(args) => fmt::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Weigh(args) => weigh::run(args),
        Command::Schema(args) => schema::run(args),
    }
}

/// Language of texts for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

/// The language asked for, else the one of the environment, else English.
fn lang(asked: Option<Language>) -> Lang {
    let zh = match asked {
        Some(asked) => asked == Language::Zh,
        None => ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
            .is_some_and(|v| v.starts_with("zh")),
    };
    if zh { Lang::Zh } else { Lang::En }
}

/// Files and the set they compile to; errors in them end the command.
fn compiled_files(path: Option<&Path>) -> Result<(Vec<SourceFile>, Compiled), Failure> {
    let files = rule_files(path).or_exit(Exit::BadConfig)?;
    let compiled = zhamen_rules::compile(&files);
    if compiled.set.is_none() {
        return Err(refused(&files, compiled.diagnostics));
    }
    Ok((files, compiled))
}

/// Prints what a command found.
fn print(text: &str) -> Result<(), Failure> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .or_exit(Exit::Restart)
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
        Format::Text => format!("{}\n", error.text(lang(args.lang))),
        Format::Json => {
            let said =
                |lang| -> Vec<String> { error.problems.iter().map(|p| p.text(lang)).collect() };
            let (en, zh) = (said(Lang::En), said(Lang::Zh));
            format!("{:#}\n", json!({ "unreadable": en, "unreadable_zh": zh }))
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
    let (_, compiled) = compiled_files(path)?;
    Ok(compiled.set.expect("a set with errors was refused"))
}

fn refused(files: &[SourceFile], diagnostics: Vec<Diagnostic>) -> Failure {
    let errors: Vec<_> = diagnostics
        .into_iter()
        .filter(|d| d.severity == zhamen_rules::Severity::Error)
        .collect();
    let text = zhamen_rules::render_text(files, &errors, false);
    Failure {
        exit: Exit::BadConfig,
        error: anyhow!("the rules have errors\n{text}"),
    }
}
