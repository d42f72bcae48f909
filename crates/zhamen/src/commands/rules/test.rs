//! `zhamen rules test`: the tests that stand beside the rules, through the very same engine.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use serde_json::json;
use zhamen_rules::tools::coverage::{self, Coverage};
use zhamen_rules::{Compiled, Lang, Severity, SourceFile, TestResult};

use super::{Files, Format, lang, read_files};
use crate::exit::{Exit, OrExit, Outcome};
use crate::settings::tables;

/// Run the tests that stand beside the rules
///
/// Folds each test's rows through the engine and compares decisions, alerts and texts. A set with
/// errors is not tested.
///
/// 运行规则自带的测试。
///
/// Exit codes: 0 all passed · 1 failures, or errors in the rules · 78 the path cannot be read.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    files: Files,
    /// Holidays and make-up working days [default: the built-in calendar]
    #[arg(long, value_name = "FILE")]
    calendar: Option<PathBuf>,
    /// Also say which lines no test has shown both true and false, and which limits no test has met
    /// at, just below and just above
    #[arg(long)]
    coverage: bool,
}

pub fn run(args: &Args) -> Outcome {
    let calendar = tables::holidays(args.calendar.as_deref()).or_exit(Exit::BadConfig)?;
    let files = match read_files(&args.files)? {
        Ok(files) => files,
        Err(findings) => return Ok(findings),
    };
    let compiled = zhamen_rules::compile(&files);
    let (results, coverage) = match args.coverage {
        true => {
            let (results, coverage) = coverage::run(&compiled, &calendar);
            (results, Some(coverage))
        }
        false => (zhamen_rules::run_tests(&files, &compiled, &calendar), None),
    };
    let report = match args.files.format {
        Format::Text => {
            let lang = lang(args.files.lang);
            let covered = coverage.map_or(String::new(), |c| format!("\n{}", c.text(lang)));
            text(lang, &files, &compiled, &results) + &covered
        }
        Format::Json => json(&files, &compiled, &results, coverage.as_ref()),
    };
    io::stdout()
        .write_all(report.as_bytes())
        .or_exit(Exit::Restart)?;
    let passed = compiled.set.is_some() && results.iter().all(|r| r.failures.is_empty());
    Ok(match passed {
        true => Exit::Ok,
        false => Exit::Findings,
    })
}

/// Errors of the rules themselves: without a set nothing was tested.
fn errors(compiled: &Compiled) -> Vec<zhamen_rules::Diagnostic> {
    match compiled.set {
        Some(_) => Vec::new(),
        None => {
            let all = compiled.diagnostics.iter();
            all.filter(|d| d.severity == Severity::Error)
                .cloned()
                .collect()
        }
    }
}

fn text(lang: Lang, files: &[SourceFile], compiled: &Compiled, results: &[TestResult]) -> String {
    let colour = io::stdout().is_terminal();
    let mut out = String::new();
    if compiled.set.is_none() {
        out.push_str(&zhamen_rules::render_text_in(
            lang,
            files,
            &errors(compiled),
            colour,
        ));
        out.push_str(lang.pick(
            "规则有错误，没有运行测试\n",
            "the rules have errors: nothing was tested\n",
        ));
        return out;
    }
    for result in results {
        let verdict = match result.failures.is_empty() {
            true => lang.pick("通过", "ok"),
            false => lang.pick("未通过", "FAILED"),
        };
        let (test, rule, name) = (lang.pick("测试", "test"), &result.rule, &result.name);
        let _ = writeln!(out, "{test} {rule} :: {name} ... {verdict}");
    }
    let failures: Vec<_> = results.iter().flat_map(TestResult::diagnostics).collect();
    if !failures.is_empty() {
        out.push('\n');
        out.push_str(&zhamen_rules::render_text_in(
            lang, files, &failures, colour,
        ));
    }
    let failed = results.iter().filter(|r| !r.failures.is_empty()).count();
    let passed = results.len() - failed;
    let _ = match lang {
        Lang::En => {
            let ok = if failed == 0 { "ok" } else { "FAILED" };
            writeln!(out, "\ntest result: {ok}. {passed} passed; {failed} failed")
        }
        Lang::Zh => writeln!(out, "\n测试结果：通过 {passed} 个，未通过 {failed} 个"),
    };
    out
}

fn json(
    files: &[SourceFile],
    compiled: &Compiled,
    results: &[TestResult],
    coverage: Option<&Coverage>,
) -> String {
    let parsed = |diagnostics: &[zhamen_rules::Diagnostic]| -> serde_json::Value {
        let rendered = zhamen_rules::render_json(files, diagnostics);
        serde_json::from_str(&rendered).expect("the rules crate renders JSON")
    };
    let tests: Vec<_> = results
        .iter()
        .map(|result| {
            json!({
                "rule": result.rule, "test": result.name, "file": files[result.file].name,
                "passed": result.failures.is_empty(), "failures": parsed(&result.diagnostics()),
            })
        })
        .collect();
    let failed = results.iter().filter(|r| !r.failures.is_empty()).count();
    let mut report = json!({
        "summary": { "passed": results.len() - failed, "failed": failed, "tested": compiled.set.is_some() },
        "tests": tests,
        "diagnostics": parsed(&errors(compiled)),
    });
    if let Some(coverage) = coverage {
        report["coverage"] = coverage.json();
    }
    format!("{report:#}\n")
}
