//! Files → checked, compiled rule set, or what is wrong with them. All files are read whatever one
//! of them holds, so that one run reports everything; one error anywhere and there is no set.

use std::collections::HashMap;

use zhamen_engine::event::KindSet;
use zhamen_engine::rule::{RuleSet, WindowId};

use crate::build::Build;
use crate::diagnostic::{Diagnostic, Findings, Place};
use crate::digest::digest_of;
use crate::expr::scope::DeclaredList;
use crate::info::{self, Info};
use crate::lint;
use crate::node::{self, Node, Table};
use crate::problem::{Files, nouns};
use crate::rule::rows::RuleTest;
use crate::rule::{Context, list, read, verdict, window};
use crate::source::SourceFile;

/// Most rules and verdicts of a set.
pub const MAX_RULES: usize = 2_000;

/// What became of the files.
#[derive(Debug)]
pub struct Compiled {
    /// The set, if there is no error.
    pub set: Option<RuleSet>,
    /// Everything there is to say, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// Tests of all rules and verdicts, in the order of the files.
    pub tests: Vec<RuleTest>,
    /// Facts about the set's windows, for people.
    pub info: Info,
    /// Windows that each rule declares.
    pub(crate) windows_of: HashMap<String, Vec<WindowId>>,
}

/// Compiles a rule set.
#[must_use]
pub fn compile(files: &[SourceFile]) -> Compiled {
    let mut findings = Findings::default();
    let documents: Vec<Table> = files
        .iter()
        .enumerate()
        .map(|(i, file)| node::parse(i, file, &mut findings))
        .collect();
    for document in &documents {
        document.only(
            nouns::RULE_FILE,
            &["rule", "verdict", "list"],
            &mut findings,
        );
    }
    let digest = digest_of(files, &documents, findings.errors() == 0);

    let mut lists: Vec<DeclaredList> = Vec::new();
    for node in blocks(&documents, "list", &mut findings) {
        lists.extend(list::read(node, &lists, &mut findings));
    }
    let mut build = Build::default();
    for declared in &lists {
        let id = build.list(&declared.name);
        build.set.lists.push(list::compiled(declared, id));
    }
    let rule_nodes = blocks(&documents, "rule", &mut findings);
    let verdict_nodes = blocks(&documents, "verdict", &mut findings);
    let ids: Vec<&Node> = rule_nodes.iter().chain(&verdict_nodes).copied().collect();
    lint::ids(&ids, &mut findings);
    let bound = bounded(&rule_nodes, &verdict_nodes, &mut findings);
    let mut cx = Context {
        files,
        lists: &lists,
        rules: &window::hits::named(&rule_nodes),
        build: &mut build,
        findings: &mut findings,
    };
    let rules: Vec<read::Compiled> = rule_nodes[..rule_nodes.len().min(bound)]
        .iter()
        .filter_map(|node| read::read(node, &mut cx))
        .collect();
    let on = rules
        .iter()
        .flat_map(|r| r.rule.on.iter())
        .fold(KindSet::default(), |set, k| set.with(k));
    let verdicts: Vec<verdict::Compiled> = verdict_nodes[..verdict_nodes.len().min(bound)]
        .iter()
        .filter_map(|node| verdict::read(node, on, &mut cx))
        .collect();
    let start = Place {
        file: 0,
        span: 0..0,
    };
    if build.overfull {
        findings.add(&start, Files::Overfull);
    }
    if rule_nodes.is_empty() && findings.errors() == 0 {
        findings.add(&start, Files::NoRules);
    }
    lint::set(&rules, &verdicts, &build, &mut findings);
    let info = info::of(&build, &rules);
    let tests = rules
        .iter()
        .flat_map(|r| r.tests.iter())
        .chain(verdicts.iter().flat_map(|v| v.tests.iter()))
        .cloned()
        .collect();
    let windows_of = rules
        .iter()
        .map(|r| {
            let ids = r.windows.iter().map(|w| w.id);
            (r.rule.id.to_string(), ids.collect())
        })
        .collect();
    let set = (findings.errors() == 0).then(|| RuleSet {
        digest: digest.into(),
        rules: rules.into_iter().map(|r| r.rule).collect(),
        verdicts: verdicts.into_iter().map(|v| v.verdict).collect(),
        ..build.set
    });
    Compiled {
        set,
        diagnostics: findings.finish(),
        tests,
        info,
        windows_of,
    }
}

/// All `[[key]]` blocks of all files.
fn blocks<'a>(documents: &'a [Table], key: &str, findings: &mut Findings) -> Vec<&'a Node> {
    documents
        .iter()
        .filter_map(|d| d.get(key))
        .filter_map(|n| n.array(findings))
        .flatten()
        .collect()
}

/// How many rules and how many verdicts are read; reports more than that, once.
fn bounded(rules: &[&Node], verdicts: &[&Node], findings: &mut Findings) -> usize {
    for nodes in [rules, verdicts] {
        if let Some(first_too_many) = nodes.get(MAX_RULES) {
            findings.add(&first_too_many.at, Files::TooManyRules(MAX_RULES));
        }
    }
    MAX_RULES
}
