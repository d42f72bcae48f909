//! `zhamen rules new`: a rule to begin with, complete with tests.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use zhamen_rules::tools::templates::{self, ALL};

use super::print;
use crate::exit::{Exit, Failure, OrExit, Outcome};

/// Start a rule from a template
///
/// Every template is complete: parameters with bounds, texts in both languages, tests. It starts in
/// mode shadow, or without consequences of its own.
///
/// 由模板新建规则,自带参数范围、双语说明和测试。
///
/// Exit codes: 0 written · 2 no such template, or the file is already there.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Name of the template
    #[arg(long, value_name = "TEMPLATE", required_unless_present = "list")]
    from: Option<String>,
    /// List the templates
    #[arg(long)]
    list: bool,
    /// Name of the rule [default: the template's]
    #[arg(long, value_name = "ID", value_parser = id)]
    id: Option<String>,
    /// File to write; never one that is already there [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn id(text: &str) -> Result<String, String> {
    let part = |p: &str| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let kebab = text.split('-').all(part) && text.starts_with(|c: char| c.is_ascii_lowercase());
    match kebab {
        true => Ok(text.to_owned()),
        false => Err("a name in lower case with hyphens, such as many-small-transfers".to_owned()),
    }
}

pub fn run(args: &Args) -> Outcome {
    let Some(from) = args.from.as_deref().filter(|_| !args.list) else {
        let rows: Vec<String> = ALL
            .iter()
            .map(|t| format!("{:<24}{} / {}\n", t.name, t.zh, t.en))
            .collect();
        print(&rows.concat())?;
        return Ok(Exit::Ok);
    };
    let template = templates::find(from).ok_or_else(|| Failure {
        exit: Exit::Usage,
        error: anyhow!("no template is called {from:?}; `zhamen rules new --list` names them"),
    })?;
    let text = template.with_id(args.id.as_deref().unwrap_or(template.name));
    let Some(path) = &args.out else {
        print(&text)?;
        return Ok(Exit::Ok);
    };
    std::fs::File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| path.display().to_string())
        .or_exit(Exit::Usage)?;
    Ok(Exit::Ok)
}
