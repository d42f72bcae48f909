//! `by` and `fields`: the key of a window on the judged event and on the counted one.

use zhamen_engine::event::{Field, FieldType, KindSet};

use crate::contract::kinds_words;
use crate::diagnostic::Findings;
use crate::expr::types::Type;
use crate::node::{Entry, Kind, Node, Table};
use crate::problem::{Keys, Windows, nouns};
use crate::rule::name;

/// Most fields of a compound key: the engine packs them into one number.
const MAX_KEYS: usize = 3;

/// Key fields of the judged event and, in the same order, of the counted one.
pub(crate) fn keys(
    entry: &Entry,
    table: &Table,
    judged_on: KindSet,
    counted_on: KindSet,
    findings: &mut Findings,
) -> Option<(Vec<Field>, Vec<Field>)> {
    let Some(node) = table.get("by") else {
        let key = "by".to_owned();
        findings.add(
            &entry.key_at,
            Keys::MissingKey {
                key,
                what: nouns::WINDOW,
            },
        );
        return None;
    };
    let items = node.array(findings)?;
    if items.is_empty() {
        findings.add(&node.at, Keys::EmptyList);
        return None;
    }
    if let Some(extra) = items.get(MAX_KEYS) {
        findings.add(&extra.at, Windows::TooManyKeys(MAX_KEYS));
        return None;
    }
    let mapping = mapping(table, findings);
    let mut judged = Vec::new();
    let mut counted = Vec::new();
    for item in items {
        let Some(name) = item.text(findings) else {
            continue;
        };
        let Some(field) = name::field(name, &item.at, judged_on, findings) else {
            continue;
        };
        if judged.contains(&field) {
            findings.add(&item.at, Keys::Repeated(field.name()));
            continue;
        }
        let role = mapping
            .iter()
            .find(|(from, ..)| from == field.name())
            .map(|(_, to, node)| (to.as_str(), *node));
        let other = match role {
            Some((to, node)) => name::field(to, &node.at, counted_on, findings),
            None if counted_on.iter().any(|k| field.is_on(k)) => Some(field),
            None => {
                findings.add(
                    &item.at,
                    Windows::KeyNotOnCounted {
                        field: field.name(),
                        kinds: kinds_words(counted_on),
                    },
                );
                None
            }
        };
        let Some(other) = other else { continue };
        let unfit = |f: &&Field| f.ty() == FieldType::TextList || **f == Field::OccurredAt;
        if let Some(wrong) = [field, other].iter().find(unfit) {
            let ty = Type::of(*wrong).name();
            let field = wrong.name();
            findings.add(&item.at, Windows::KeyType { field, ty });
            continue;
        }
        if field.ty() != other.ty() {
            findings.add(
                &item.at,
                Windows::RoleType {
                    judged: field.name(),
                    counted: other.name(),
                },
            );
            continue;
        }
        judged.push(field);
        counted.push(other);
    }
    for (from, _, node) in &mapping {
        let named = |item: &Node| matches!(&item.kind, Kind::Text(t) if t == from);
        if !items.iter().any(named) {
            findings.add(&node.at, Windows::MappingNotInBy(from.clone()));
        }
    }
    (judged.len() == items.len()).then_some((judged, counted))
}

/// `fields = { "judged" = "counted" }`.
fn mapping<'a>(table: &'a Table, findings: &mut Findings) -> Vec<(String, String, &'a Node)> {
    let Some(fields) = table.get("fields").and_then(|n| n.table(findings)) else {
        return Vec::new();
    };
    name::flatten(fields)
        .into_iter()
        .filter_map(|(from, _, node)| Some((from, node.text(findings)?.to_owned(), node)))
        .collect()
}
