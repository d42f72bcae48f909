//! Names that rule files give or use: ids, parameters, windows, fields, event types.

use std::ops::Range;

use zhamen_engine::event::{EventKind, Field, KindSet};

use crate::contract::{carriers, fields_on, kinds_words};
use crate::diagnostic::{Findings, Place};
use crate::node::{Entry, Kind, Node, Table};
use crate::problem::{Keys, Naming, Params};
use crate::suggest::nearest;

/// Longest id of a rule, verdict or list.
const MAX_ID: usize = 64;

/// Reports a name that expressions could not write.
pub(crate) fn identifier(entry: &Entry, what: &'static str, findings: &mut Findings) {
    let name = &entry.key;
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let fits = starts && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !fits || ["in", "true", "false"].contains(&name.as_str()) {
        let name = name.clone();
        findings.add(&entry.key_at, Keys::BadIdentifier { what, name });
    }
}

/// A kebab-case id.
pub(crate) fn id(node: &Node, findings: &mut Findings) -> Option<String> {
    let text = node.text(findings)?;
    let part = |p: &str| {
        !p.is_empty()
            && p.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if text.len() <= MAX_ID && text.split('-').all(part) {
        return Some(text.to_owned());
    }
    findings.add(&node.at, Keys::BadId);
    None
}

/// A list's name: letters, digits, `_` and `-`.
pub(crate) fn list(node: &Node, findings: &mut Findings) -> Option<String> {
    let text = node.text(findings)?;
    let fits = (1..=MAX_ID).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if fits {
        return Some(text.to_owned());
    }
    findings.add(&node.at, Keys::BadListName);
    None
}

/// One event type or a list of them.
pub(crate) fn kinds(node: &Node, findings: &mut Findings) -> Option<KindSet> {
    let mut set = KindSet::default();
    let mut whole = true;
    for item in node.one_or_many() {
        match kind(item, findings) {
            Some(kind) => set = set.with(kind),
            None => whole = false,
        }
    }
    if set.is_empty() && whole {
        findings.add(&node.at, Keys::EmptyList);
        whole = false;
    }
    whole.then_some(set)
}

/// One event type.
pub(crate) fn kind(node: &Node, findings: &mut Findings) -> Option<EventKind> {
    let name = node.text(findings)?;
    if let Some(kind) = EventKind::parse(name) {
        return Some(kind);
    }
    findings.add(
        &node.at,
        Keys::UnknownEventType {
            name: name.to_owned(),
            nearest: nearest(name, EventKind::ALL.iter().map(|k| k.name())),
        },
    );
    None
}

/// A field that at least one of the event types carries.
pub(crate) fn field(name: &str, at: &Place, on: KindSet, findings: &mut Findings) -> Option<Field> {
    let Some(field) = Field::parse(name) else {
        findings.add(
            at,
            Naming::UnknownField {
                name: name.to_owned(),
                nearest: nearest(name, fields_on(on).map(Field::name)),
                kinds: kinds_words(on),
            },
        );
        return None;
    };
    if on.iter().any(|k| field.is_on(k)) {
        return Some(field);
    }
    findings.add(
        at,
        Naming::FieldNotOn {
            field: field.name(),
            kinds: kinds_words(on),
            carried_by: kinds_words(carriers(field)),
        },
    );
    None
}

/// One of a few words.
pub(crate) fn one_of<T: Copy>(
    node: &Node,
    words: &[(&str, T)],
    findings: &mut Findings,
) -> Option<T> {
    let text = node.text(findings)?;
    if let Some((_, value)) = words.iter().find(|(w, _)| *w == text) {
        return Some(*value);
    }
    findings.add(
        &node.at,
        Keys::NotOneOf {
            text: text.to_owned(),
            nearest: nearest(text, words.iter().map(|(w, _)| *w)),
            words: words.iter().map(|(w, _)| *w).collect::<Vec<_>>().join(", "),
        },
    );
    None
}

/// A table of tables read as dotted names: `payer.account = …` and `"payer.account" = …` alike.
pub(crate) fn flatten(table: &Table) -> Vec<(String, Place, &Node)> {
    let mut names = Vec::new();
    collect("", None, table, &mut names);
    names
}

fn collect<'a>(
    prefix: &str,
    start: Option<&Place>,
    table: &'a Table,
    names: &mut Vec<(String, Place, &'a Node)>,
) {
    for entry in &table.entries {
        let name = if prefix.is_empty() {
            entry.key.clone()
        } else {
            format!("{prefix}.{}", entry.key)
        };
        // A dotted key stands on one line, so its first part begins it; a table written apart
        // may begin elsewhere.
        let at = match start {
            Some(start) if start.span.start <= entry.key_at.span.start => Place {
                file: start.file,
                span: join(&start.span, &entry.key_at.span),
            },
            _ => entry.key_at.clone(),
        };
        match &entry.value.kind {
            Kind::Table(inner) => collect(&name, Some(&at), inner, names),
            _ => names.push((name, at, &entry.value)),
        }
    }
}

/// One span over both if they are near, else the second.
fn join(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    if b.end - a.start <= 64 {
        a.start..b.end
    } else {
        b.clone()
    }
}

/// Reports what is no currency code.
pub(crate) fn no_currency(code: &str, at: &Place, findings: &mut Findings) {
    let codes = zhamen_engine::money::CURRENCIES.iter().map(|(c, _)| *c);
    let nearest = match code.to_uppercase().as_str() {
        "RMB" | "CNH" | "YUAN" => Some("CNY".to_owned()),
        _ => nearest(code, codes),
    };
    let code = code.to_owned();
    findings.add(at, Params::NotACurrency { code, nearest });
}
