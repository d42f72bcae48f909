//! `zhamen rules schema`: JSON Schema of rule files, for editors.

use zhamen_rules::tools::schema;

use super::print;
use crate::exit::{Exit, Outcome};

/// Print the JSON Schema of rule files, for editors
///
/// 输出规则文件的 JSON Schema,供编辑器补全和检查。
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {}

pub fn run(_args: &Args) -> Outcome {
    print(&format!("{:#}\n", schema::json_schema()))?;
    Ok(Exit::Ok)
}
