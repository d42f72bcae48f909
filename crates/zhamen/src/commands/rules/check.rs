//! `zhamen rules check`: what is wrong with rules, and what their windows cost.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde_json::json;
use zhamen_rules::{Compiled, Info, Severity, SourceFile};

use super::{Files, Format, read_files};
use crate::exit::{Exit, OrExit, Outcome};

/// Check rules: types, names, limits, costs
///
/// Prints what is wrong with file, line and column, then each window with its key, its cost per key
/// and which rules share it, then one line of summary.
///
/// 检查规则文件:类型、字段、参数范围及统计窗口的开销。
///
/// Exit codes: 0 no errors (warnings are allowed) · 1 errors · 78 the path cannot be read.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    #[command(flatten)]
    files: Files,
}

pub fn run(args: &Args) -> Outcome {
    let files = match read_files(&args.files)? {
        Ok(files) => files,
        Err(findings) => return Ok(findings),
    };
    let compiled = zhamen_rules::compile(&files);
    let report = match args.files.format {
        Format::Text => text(&files, &compiled),
        Format::Json => json(&files, &compiled),
    };
    io::stdout()
        .write_all(report.as_bytes())
        .or_exit(Exit::Restart)?;
    Ok(match Counts::of(&compiled).errors {
        0 => Exit::Ok,
        _ => Exit::Findings,
    })
}

struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Counts {
    fn of(compiled: &Compiled) -> Counts {
        let count = |severity| {
            let all = compiled.diagnostics.iter();
            all.filter(|d| d.severity == severity).count()
        };
        Counts {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        }
    }
}

fn text(files: &[SourceFile], compiled: &Compiled) -> String {
    let colour = io::stdout().is_terminal();
    let mut out = zhamen_rules::render_text(files, &compiled.diagnostics, colour);
    // Its last line counts them; here the windows come first, and the count after them.
    let last_line = out.trim_end().rfind('\n').map_or(0, |at| at + 1);
    out.truncate(last_line);
    if !compiled.info.windows.is_empty() {
        out.push_str(&windows_table(&compiled.info));
    }
    let counts = Counts::of(compiled);
    let subject = match &compiled.set {
        Some(set) => {
            let verdicts = match set.verdicts.len() {
                0 => String::new(),
                n => format!(", {}", counted(n, "verdict")),
            };
            format!(
                "{}{verdicts}, {} over {} series, {}",
                counted(set.rules.len(), "rule"),
                counted(set.windows.len(), "window"),
                set.series.len(),
                counted(compiled.tests.len(), "test"),
            )
        }
        None => counted(files.len(), "file"),
    };
    let _ = write!(
        out,
        "{subject}: {}, {}, {}",
        counted(counts.errors, "error"),
        counted(counts.warnings, "warning"),
        counted(counts.notes, "note"),
    );
    if let Some(set) = &compiled.set {
        let _ = write!(out, "; {}", set.digest);
    }
    out.push('\n');
    out
}

fn counted(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// One row a window; `state` numbers the series, so equal numbers share one piece of state.
fn windows_table(info: &Info) -> String {
    let mut rows = vec![
        [
            "state", "window", "key", "over", "counts", "B/key", "B/event", "used by",
        ]
        .map(str::to_owned),
    ];
    for window in &info.windows {
        let notes = match window.notes.as_slice() {
            [] => String::new(),
            notes => format!(" ({})", notes.join("; ")),
        };
        rows.push([
            window.series.to_string(),
            format!("{}{notes}", window.computes),
            window.key.clone(),
            window.over.clone(),
            window.on.clone(),
            window.bytes_per_key.to_string(),
            window.bytes_per_event.to_string(),
            window.used_by.join(", "),
        ]);
    }
    let mut out = String::from("\n");
    for row in &rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = rows.iter().map(|r| r[column].chars().count()).max();
            let gap = width.unwrap_or(0) - cell.chars().count() + 2;
            line.push_str(cell);
            line.push_str(&" ".repeat(gap));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push('\n');
    out
}

fn json(files: &[SourceFile], compiled: &Compiled) -> String {
    let rendered = zhamen_rules::render_json(files, &compiled.diagnostics);
    let diagnostics: serde_json::Value =
        serde_json::from_str(&rendered).expect("the rules crate renders JSON");
    let windows: Vec<_> = compiled
        .info
        .windows
        .iter()
        .map(|w| {
            json!({
                "series": w.series, "computes": w.computes, "key": w.key, "over": w.over,
                "on": w.on, "bytes_per_key": w.bytes_per_key, "bytes_per_event": w.bytes_per_event,
                "notes": w.notes, "used_by": w.used_by,
            })
        })
        .collect();
    let counts = Counts::of(compiled);
    let set = compiled.set.as_ref();
    let report = json!({
        "summary": {
            "files": files.len(), "rules": set.map(|s| s.rules.len()),
            "tests": compiled.tests.len(), "errors": counts.errors,
            "warnings": counts.warnings, "notes": counts.notes,
            "ruleset": set.map(|s| s.digest.to_string()),
        },
        "diagnostics": diagnostics,
        "windows": windows,
    });
    format!("{report:#}\n")
}
