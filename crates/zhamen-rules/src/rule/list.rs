//! `[[list]]`: lists that the set expects to be there.

use zhamen_engine::event::EntryKind;
use zhamen_engine::rule::ListDef;

use crate::diagnostic::Findings;
use crate::expr::scope::DeclaredList;
use crate::node::Node;
use crate::problem::{Keys, both, nouns};
use crate::rule::name;
use crate::time_text;

pub(crate) const KEYS: [&str; 4] = ["name", "kind", "required", "stale_after"];

const KINDS: [(&str, EntryKind); 4] = [
    ("account", EntryKind::Account),
    ("person", EntryKind::Person),
    ("phone", EntryKind::Phone),
    ("device", EntryKind::Device),
];

/// One declaration.
pub(crate) fn read(
    node: &Node,
    above: &[DeclaredList],
    findings: &mut Findings,
) -> Option<DeclaredList> {
    let table = node.table(findings)?;
    table.only(nouns::LIST, &KEYS, findings);
    let Some(name_node) = table.get("name") else {
        let key = "name".to_owned();
        findings.add(
            &node.at,
            Keys::MissingKey {
                key,
                what: nouns::LIST,
            },
        );
        return None;
    };
    let name = name::list(name_node, findings)?;
    let kind = table
        .get("kind")
        .and_then(|n| name::one_of(n, &KINDS, findings));
    let required = table
        .get("required")
        .and_then(|n| n.bool(findings))
        .unwrap_or(false);
    let stale_after_ms = table.get("stale_after").and_then(|n| {
        let ms = time_text::duration(n.text(findings)?).filter(|ms| *ms > 0);
        if ms.is_none() {
            findings.add(&n.at, Keys::BadDuration);
        }
        ms
    });
    if let Some(first) = above.iter().find(|l| l.name == name) {
        findings.add_with(
            &name_node.at,
            Keys::DuplicateId {
                what: nouns::ONE_LIST,
                id: name,
            },
            vec![first.at.label(both!("first declared here", "先在这里声明"))],
        );
        return None;
    }
    Some(DeclaredList {
        name,
        at: name_node.at.clone(),
        kind,
        required,
        stale_after_ms,
    })
}

/// The engine's form; `id` numbers the name.
pub(crate) fn compiled(list: &DeclaredList, id: u16) -> ListDef {
    ListDef {
        list: id,
        kind: list.kind,
        required: list.required,
        stale_after_ms: list.stale_after_ms,
    }
}
