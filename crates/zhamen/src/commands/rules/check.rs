//! `zhamen rules check`: what is wrong with rules, and what their windows cost.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use serde_json::json;
use unicode_width::UnicodeWidthStr;
use zhamen_rules::{Compiled, Costs, Info, Lang, Severity, SourceFile, counted};

use super::{Files, Format, lang, read_files};
use crate::exit::{Exit, OrExit, Outcome};

/// Check rules: types, names, limits, costs
///
/// Prints what is wrong with file, line and column, then each window with its key, its cost per key
/// and which rules share it, then the costliest rules in nanoseconds per event (estimated, all lines
/// read), then one line of summary.
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
        Format::Text => text(lang(args.files.lang), &files, &compiled),
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

/// Rules whose cost is printed for people; JSON has all.
const COSTLIEST: usize = 10;

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

fn text(lang: Lang, files: &[SourceFile], compiled: &Compiled) -> String {
    let colour = io::stdout().is_terminal();
    let mut out = zhamen_rules::render_text_in(lang, files, &compiled.diagnostics, colour);
    // Its last line counts them; here the windows come first, and the count after them.
    let last_line = out.trim_end().rfind('\n').map_or(0, |at| at + 1);
    out.truncate(last_line);
    if !compiled.info.windows.is_empty() {
        out.push_str(&windows_table(lang, &compiled.info));
    }
    out.push_str(&costs_table(lang, &compiled.info.costs));
    let counts = Counts::of(compiled);
    let subject = match (&compiled.set, lang) {
        (Some(set), Lang::En) => {
            let verdicts = match set.verdicts.len() {
                0 => String::new(),
                n => format!(", {}", plural(n, "verdict")),
            };
            format!(
                "{}{verdicts}, {} over {} series, {}",
                plural(set.rules.len(), "rule"),
                plural(set.windows.len(), "window"),
                set.series.len(),
                plural(compiled.tests.len(), "test"),
            )
        }
        (Some(set), Lang::Zh) => {
            let verdicts = match set.verdicts.len() {
                0 => String::new(),
                n => format!("，{n} 条综合判定"),
            };
            format!(
                "{} 条规则{verdicts}，{} 个统计窗口（共用 {} 份状态），{} 个测试",
                set.rules.len(),
                set.windows.len(),
                set.series.len(),
                compiled.tests.len(),
            )
        }
        (None, Lang::En) => plural(files.len(), "file"),
        (None, Lang::Zh) => format!("{} 个文件", files.len()),
    };
    let found = [
        counted(lang, counts.errors, Severity::Error),
        counted(lang, counts.warnings, Severity::Warning),
        counted(lang, counts.notes, Severity::Note),
    ];
    let found = found.join(lang.pick("，", ", "));
    let _ = write!(out, "{subject}{}{found}", lang.pick("：", ": "));
    if let Some(set) = &compiled.set {
        let _ = write!(out, "; {}", set.digest);
    }
    out.push('\n');
    out
}

fn plural(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// One row a window; `state` numbers the series, so equal numbers share one piece of state.
fn windows_table(lang: Lang, info: &Info) -> String {
    let mut rows = vec![
        match lang {
            Lang::En => [
                "state", "window", "key", "over", "counts", "B/key", "B/event", "used by",
            ],
            Lang::Zh => [
                "状态",
                "窗口",
                "键",
                "期间",
                "计入",
                "字节/键",
                "字节/笔",
                "使用者",
            ],
        }
        .map(str::to_owned),
    ];
    for window in &info.windows {
        let notes = match window.notes.as_slice() {
            [] => String::new(),
            notes => {
                let notes: Vec<&str> = notes.iter().map(|n| lang.of(n)).collect();
                match lang {
                    Lang::En => format!(" ({})", notes.join("; ")),
                    Lang::Zh => format!("（{}）", notes.join("；")),
                }
            }
        };
        rows.push([
            window.series.to_string(),
            format!("{}{notes}", lang.of(&window.computes)),
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
            let width = rows.iter().map(|r| r[column].width()).max();
            let gap = width.unwrap_or(0) - cell.width() + 2;
            line.push_str(cell);
            line.push_str(&" ".repeat(gap));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.push('\n');
    out
}

/// The costliest rules, and the set.
fn costs_table(lang: Lang, costs: &Costs) -> String {
    let Some((kind, ns)) = costs.set else {
        return String::new();
    };
    let name = kind.name();
    let mut out = match lang {
        Lang::En => format!("estimated cost of an event, reference machine: {ns} ns of {name}\n"),
        Lang::Zh => format!("每笔事件的估算开销（参考机器）：{name} {ns} 纳秒\n"),
    };
    let mut rules: Vec<_> = costs.rules.iter().collect();
    // Stable: equal ones stay in the order of the set.
    rules.sort_by_key(|r| std::cmp::Reverse(r.ns_alone));
    for rule in rules.iter().take(COSTLIEST) {
        let unit = lang.pick("纳秒", "ns");
        let _ = writeln!(out, "{:>8} {unit}  {}", rule.ns_alone, rule.rule);
    }
    match (lang, rules.len().saturating_sub(COSTLIEST)) {
        (_, 0) => {}
        (Lang::En, n) => {
            let _ = writeln!(out, "{:>8}     {n} cheaper ones not listed", "");
        }
        (Lang::Zh, n) => {
            let _ = writeln!(out, "{:>8}     其余 {n} 条更低，未列出", "");
        }
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
            let notes: Vec<&str> = w.notes.iter().map(|n| Lang::En.of(n)).collect();
            json!({
                "series": w.series, "computes": w.computes.en, "key": w.key, "over": w.over,
                "on": w.on, "bytes_per_key": w.bytes_per_key, "bytes_per_event": w.bytes_per_event,
                "notes": notes, "used_by": w.used_by,
            })
        })
        .collect();
    let costs = &compiled.info.costs;
    let rules: Vec<_> = costs
        .rules
        .iter()
        .map(|r| json!({ "rule": r.rule, "ns_alone": r.ns_alone }))
        .collect();
    let costs = json!({
        "estimated": true, "rules": rules,
        "set": costs.set.map(|(kind, ns)| json!({ "event": kind.name(), "ns": ns })),
    });
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
        "costs": costs,
    });
    format!("{report:#}\n")
}
