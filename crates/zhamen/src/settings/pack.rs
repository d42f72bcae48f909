//! The standard rule pack built into the binary, and rule files from a path.

use std::path::Path;

use zhamen_rules::SourceFile;

/// Name and text of every file of `configs/rules/`, sorted by name.
const PACK: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pack.rs"));

/// The files at `path`; `None`: the standard pack.
pub fn rule_files(path: Option<&Path>) -> Result<Vec<SourceFile>, zhamen_rules::LoadError> {
    match path {
        Some(path) => zhamen_rules::load(path),
        None => Ok(PACK
            .iter()
            .map(|(name, text)| SourceFile {
                name: (*name).to_owned(),
                text: (*text).to_owned(),
            })
            .collect()),
    }
}
