//! `on = "rule:ID"` and `reset = "rule:ID"`: windows over the events on which a rule fired.
//!
//! A hit is counted after all rules have spoken of its event. So a rule may read its own hits and
//! those of any other, and where it stands in the set does not matter.

use zhamen_engine::event::{Field, KindSet};
use zhamen_engine::rule::{Agg, CurrencyPolicy, Over, WindowId};

use crate::build::Counting;
use crate::contract::kinds_words;
use crate::diagnostic::Findings;
use crate::node::{Kind, Node};
use crate::problem::{Naming, Windows, nouns};
use crate::rule::{Context, name};
use crate::suggest::nearest;

/// A rule of the set as windows may name it.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub id: String,
    pub on: KindSet,
}

/// The rules of a set by id, whatever else is wrong with them: that is reported elsewhere.
pub(crate) fn named(nodes: &[&Node]) -> Vec<Named> {
    let mut silent = Findings::default();
    let mut rule = |node: &&Node| {
        let table = node.table(&mut silent)?;
        Some(Named {
            id: name::id(table.get("id")?, &mut silent)?,
            on: name::kinds(table.get("on")?, &mut silent)?,
        })
    };
    nodes.iter().filter_map(&mut rule).collect()
}

/// The id behind `rule:`.
fn rule_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Text(text) => text.strip_prefix("rule:"),
        _ => None,
    }
}

/// Event types counted, and the rule that must have fired on them.
pub(crate) fn on(node: &Node, cx: &mut Context<'_>) -> Option<(KindSet, Option<String>)> {
    match rule_of(node) {
        Some(id) => find(id, node, cx).map(|rule| (rule.on, Some(rule.id))),
        None => name::kinds(node, cx.findings).map(|on| (on, None)),
    }
}

fn find(id: &str, node: &Node, cx: &mut Context<'_>) -> Option<Named> {
    let found = cx.rules.iter().find(|r| r.id == id);
    if found.is_none() {
        let problem = Naming::UnknownRule {
            name: id.to_owned(),
            nearest: nearest(id, cx.rules.iter().map(|r| r.id.as_str())),
        };
        cx.findings.add(&node.at, problem);
    }
    found.cloned()
}

/// The window over the hits after whose last one counting begins. `None`: reported.
pub(crate) fn reset(
    node: &Node,
    judged_by: &[Field],
    over: Over,
    cx: &mut Context<'_>,
) -> Option<WindowId> {
    let Some(id) = rule_of(node) else {
        node.text(cx.findings)?;
        cx.findings.add(&node.at, Windows::ResetByRule);
        return None;
    };
    let rule = find(id, node, cx)?;
    let over = match over {
        Over::Ever => {
            cx.findings
                .add(&node.at, Windows::NotOverEver(nouns::A_RESET));
            return None;
        }
        Over::Last { within_ms, .. } => Over::Last { n: 1, within_ms },
        over => over,
    };
    let lacking = |f: &&Field| !rule.on.iter().any(|k| f.is_on(k));
    if let Some(field) = judged_by.iter().find(lacking) {
        let problem = Windows::ResetKey {
            field: field.name(),
            kinds: kinds_words(rule.on),
        };
        cx.findings.add(&node.at, problem);
        return None;
    }
    Some(cx.build.window(Counting {
        on: rule.on,
        hits_of: Some(rule.id),
        counted_by: judged_by.to_vec(),
        judged_by: judged_by.to_vec(),
        filter: None,
        filter_reads_money: false,
        correlated: None,
        correlated_reads_money: false,
        kept: Vec::new(),
        currency: CurrencyPolicy::OnError,
        undo: KindSet::default(),
        agg: Agg::Count,
        value: None,
        hops: None,
        over,
        until_ms: 0,
        exclude_current: false,
        daily: false,
        reset: None,
    }))
}
