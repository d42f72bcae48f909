//! `[[verdict]]`: what the scores of several rules lead to together.

use zhamen_engine::event::KindSet;
use zhamen_engine::rule::Verdict;

use crate::contract::every_kind;
use crate::diagnostic::Place;
use crate::node::Node;
use crate::problem::{Keys, nouns};
use crate::rule::explain::{self, Names, Used};
use crate::rule::rows::{self, RuleTest};
use crate::rule::{Context, name, then};
use crate::time_text;

pub(crate) const KEYS: [&str; 8] = [
    "id", "title", "at_least", "over", "fades", "then", "explain", "test",
];

/// A verdict with what later passes need to know of its text.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub verdict: Verdict,
    pub at: Place,
    pub at_least_at: Place,
    pub tests: Vec<RuleTest>,
}

/// Reads one verdict; `on` are the event types of the set's rules. `None`: reported.
pub(crate) fn read(node: &Node, on: KindSet, cx: &mut Context<'_>) -> Option<Compiled> {
    let table = node.table(cx.findings)?;
    let errors = cx.findings.errors();
    table.only(nouns::VERDICT, &KEYS, cx.findings);
    for key in ["id", "title", "at_least", "then"] {
        if table.get(key).is_none() {
            let key = key.to_owned();
            cx.findings.add(
                &node.at,
                Keys::MissingKey {
                    key,
                    what: nouns::VERDICT,
                },
            );
        }
    }
    let id_node = table.get("id");
    let id = id_node.and_then(|n| name::id(n, cx.findings));
    let title = table
        .get("title")
        .and_then(|n| explain::title(n, cx.findings));
    let at_least = table.get("at_least").and_then(|n| {
        let score = n.int(cx.findings)?;
        if score <= 0 {
            cx.findings.add(&n.at, Keys::ScoreNotPositive);
        }
        Some(score)
    });
    let mut span = |key: &str| {
        let n = table.get(key)?;
        let ms = time_text::duration(n.text(cx.findings)?).filter(|ms| *ms > 0);
        if ms.is_none() {
            cx.findings.add(&n.at, Keys::BadDuration);
        }
        ms
    };
    let (over, fades) = (span("over"), span("fades"));
    if let (true, Some(entry)) = (over.is_some(), table.entry("fades")) {
        cx.findings.add(&entry.key_at, Keys::OverAndFades);
    }
    let then = table
        .get("then")
        .and_then(|n| then::read(n, KindSet::default(), cx.findings));
    let names = Names {
        on,
        params: &[],
        windows: &[],
    };
    let plain = explain::plain(&title.clone().unwrap_or_default());
    let explain = table
        .entry("explain")
        .and_then(|e| explain::read(e, names, &mut Used::default(), cx))
        .map_or(plain, |(reason, _)| reason);
    let on = if on.is_empty() { every_kind() } else { on };
    let tests = rows::read_all(table, &id, on, cx.findings);
    let (id, title, at_least, then) = (id?, title?, at_least?, then?);
    if cx.findings.errors() > errors {
        return None;
    }
    Some(Compiled {
        at: id_node.map_or_else(|| node.at.clone(), |n| n.at.clone()),
        at_least_at: table
            .get("at_least")
            .map_or_else(|| node.at.clone(), |n| n.at.clone()),
        tests,
        verdict: Verdict {
            id: id.into(),
            title,
            at_least,
            over_ms: over.or(fades),
            fades: fades.is_some(),
            then,
            explain,
        },
    })
}
