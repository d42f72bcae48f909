//! What a rule file says for people beside what the compiled set carries: labels and units of
//! parameters. Reads the files again, without complaint; what is wrong with them is `check`'s.

use std::collections::HashMap;

use crate::diagnostic::Findings;
use crate::node::{self, Kind, Table};
use crate::source::SourceFile;
use crate::tools::Lang;

/// Labels of parameters by rule and name.
#[derive(Debug, Default)]
pub(crate) struct Labels(HashMap<(String, String), Label>);

#[derive(Debug, Default)]
struct Label {
    zh: Option<String>,
    en: Option<String>,
    unit: Option<String>,
}

/// All `[[key]]` blocks of the files that can be read, with their ids.
pub(crate) fn blocks(files: &[SourceFile], key: &str) -> Vec<(String, Table)> {
    let mut findings = Findings::default();
    let mut all = Vec::new();
    for (i, file) in files.iter().enumerate() {
        let document = node::parse(i, file, &mut findings);
        let Some(nodes) = document.get(key) else {
            continue;
        };
        for block in nodes.one_or_many() {
            let Kind::Table(table) = &block.kind else {
                continue;
            };
            let name = if key == "list" { "name" } else { "id" };
            all.push((text(table, name).unwrap_or_default(), table.clone()));
        }
    }
    all
}

/// The text under a key.
pub(crate) fn text(table: &Table, key: &str) -> Option<String> {
    match &table.get(key)?.kind {
        Kind::Text(t) => Some(t.clone()),
        _ => None,
    }
}

/// The table under a key.
pub(crate) fn table<'t>(table: &'t Table, key: &str) -> Option<&'t Table> {
    match &table.get(key)?.kind {
        Kind::Table(t) => Some(t),
        _ => None,
    }
}

impl Labels {
    pub fn of(files: &[SourceFile]) -> Labels {
        let mut labels = HashMap::new();
        for (rule, block) in blocks(files, "rule") {
            for entry in table(&block, "params").map_or(&[][..], |t| &t.entries) {
                let Kind::Table(param) = &entry.value.kind else {
                    continue;
                };
                let label = Label {
                    zh: text(param, "zh"),
                    en: text(param, "en"),
                    unit: text(param, "unit"),
                };
                labels.insert((rule.clone(), entry.key.clone()), label);
            }
        }
        Labels(labels)
    }

    /// What staff call `params.x` of a rule, if the file says so.
    pub fn name(&self, rule: &str, param: &str, lang: Lang) -> Option<&str> {
        let label = self.get(rule, param)?;
        match lang {
            Lang::Zh => label.zh.as_deref(),
            Lang::En => label.en.as_deref(),
        }
    }

    /// Its unit, if it has one.
    pub fn unit(&self, rule: &str, param: &str) -> Option<&str> {
        self.get(rule, param)?.unit.as_deref()
    }

    fn get(&self, rule: &str, param: &str) -> Option<&Label> {
        let name = param.strip_prefix("params.").unwrap_or(param);
        self.0.get(&(rule.to_owned(), name.to_owned()))
    }
}
