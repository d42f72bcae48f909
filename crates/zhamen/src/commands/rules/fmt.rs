//! `zhamen rules fmt`: rule files in one form, comments kept, content untouched.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use zhamen_rules::tools::fmt::{self, Refused};
use zhamen_rules::{Lang, SourceFile};

use super::{Format, Language, lang, print};
use crate::exit::{Exit, OrExit, Outcome};

/// Write rule files in one form
///
/// Orders keys as the rule reference does, one space around `=`, one empty line between tables, nothing
/// aligned. Keeps every comment, texts and numbers as written, and the order of rules, windows, lines
/// and rows. What a file says (its digest) never changes: a file for which it would is left alone and
/// named. Writes only files that differ.
///
/// 统一规则文件的写法:保留全部注释,不改变规则内容。
///
/// Exit codes: 0 formatted · 1 with --check: some differ; or some are no TOML · 78 a path cannot be read
/// or written.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Directories of *.toml, or files
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Write nothing, only name the files that differ
    #[arg(long)]
    check: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Language of texts for people [default: that of the environment]
    #[arg(long, value_enum)]
    lang: Option<Language>,
}

pub fn run(args: &Args) -> Outcome {
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(zhamen_rules::load(path).or_exit(Exit::BadConfig)?);
    }
    let mut changed = Vec::new();
    let mut refused = Vec::new();
    for file in &files {
        match fmt::format(&file.text) {
            Ok(text) if text == file.text => {}
            Ok(text) => {
                if !args.check {
                    write(Path::new(&file.name), &text).or_exit(Exit::BadConfig)?;
                }
                changed.push(file);
            }
            Err(why) => refused.push((file, why)),
        }
    }
    let report = match args.format {
        Format::Text => text(lang(args.lang), args.check, files.len(), &changed, &refused),
        Format::Json => {
            let changed: Vec<_> = changed.iter().map(|f| &f.name).collect();
            let refused: Vec<_> = refused
                .iter()
                .map(|(f, why)| json!({ "file": f.name, "why": why.text(Lang::En), "why_zh": why.text(Lang::Zh) }))
                .collect();
            let report = json!({ "files": files.len(), "changed": changed, "refused": refused });
            format!("{report:#}\n")
        }
    };
    print(&report)?;
    let differ = args.check && !changed.is_empty();
    Ok(match differ || !refused.is_empty() {
        true => Exit::Findings,
        false => Exit::Ok,
    })
}

fn text(
    lang: Lang,
    check: bool,
    files: usize,
    changed: &[&SourceFile],
    refused: &[(&SourceFile, Refused)],
) -> String {
    let word = match check {
        true => lang.pick("写法不统一", "would change"),
        false => lang.pick("已改写", "changed"),
    };
    let left = lang.pick("未处理", "left alone");
    let mut out = String::new();
    for file in changed {
        out.push_str(&format!("{word} {}\n", file.name));
    }
    for (file, why) in refused {
        let colon = lang.pick("：", ": ");
        out.push_str(&format!("{left} {}{colon}{}\n", file.name, why.text(lang)));
    }
    let (changed, refused) = (changed.len(), refused.len());
    out.push_str(&match lang {
        Lang::En => format!("{files} read, {changed} {word}, {refused} {left}\n"),
        Lang::Zh => format!("共 {files} 个文件，{word} {changed} 个，{left} {refused} 个\n"),
    });
    out
}

/// In one step: a reader sees the old file or the new one.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("toml.new");
    fs::write(&beside, text)?;
    fs::set_permissions(&beside, fs::metadata(path)?.permissions())?;
    fs::rename(&beside, path)
}
