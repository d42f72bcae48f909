//! `rules graph`: which rule reads which window, which state it shares, which events feed it, which
//! lists are read and written. As Mermaid, for pages that draw it, or DOT.

use std::collections::BTreeSet;
use std::fmt::Write;

use zhamen_engine::rule::RuleSet;

use crate::compile::Compiled;
use crate::info::Info;
use crate::node::{Kind, Node, Table};
use crate::source::SourceFile;
use crate::tools::labels::blocks;

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Style {
    Mermaid,
    Dot,
}

/// What is drawn: nodes by name with a label and a shape, and arrows.
#[derive(Default)]
struct Graph {
    nodes: Vec<(String, String, Shape)>,
    arrows: BTreeSet<(usize, usize, &'static str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Event,
    Series,
    Window,
    Rule,
    List,
}

/// The graph of a set and the files it was compiled from.
#[must_use]
pub fn draw(files: &[SourceFile], compiled: &Compiled, set: &RuleSet, style: Style) -> String {
    let mut graph = Graph::default();
    let Info { windows, .. } = &compiled.info;
    for rule in &set.rules {
        let to = graph.node(&rule.id, &rule.id, Shape::Rule);
        for kind in rule.on.iter() {
            let from = graph.node(kind.name(), kind.name(), Shape::Event);
            graph.arrows.insert((from, to, "judged by"));
        }
        let used = compiled.windows_of.get(&*rule.id);
        for id in used.map_or(&[][..], Vec::as_slice) {
            let series_id = set.windows[usize::from(*id)].series;
            let Some(info) = windows.get(usize::from(*id)) else {
                continue;
            };
            let label = format!("{} over {}", info.computes.en, info.over);
            let window = graph.node(&format!("window {id}"), &label, Shape::Window);
            let label = format!("state {series_id}: by {}", info.key);
            let series = graph.node(&format!("series {series_id}"), &label, Shape::Series);
            graph.arrows.insert((series, window, ""));
            graph.arrows.insert((window, to, ""));
            for kind in set.series[usize::from(series_id)].on.iter() {
                let from = graph.node(kind.name(), kind.name(), Shape::Event);
                graph.arrows.insert((from, series, "counted in"));
            }
        }
        if let Some(list) = &rule.then.list {
            let list = graph.node(
                &format!("list.{list}"),
                &format!("list {list}"),
                Shape::List,
            );
            graph.arrows.insert((to, list, "puts on"));
        }
    }
    for (id, block) in blocks(files, "rule") {
        let Some(to) = graph.find(&id) else { continue };
        let mut names = BTreeSet::new();
        lists(&block, &mut names);
        for name in names {
            let list = graph.node(
                &format!("list.{name}"),
                &format!("list {name}"),
                Shape::List,
            );
            graph.arrows.insert((list, to, "read by"));
        }
    }
    match style {
        Style::Mermaid => graph.mermaid(),
        Style::Dot => graph.dot(),
    }
}

/// Lists that the conditions of a rule name.
fn lists(table: &Table, names: &mut BTreeSet<String>) {
    for entry in &table.entries {
        if matches!(entry.key.as_str(), "when" | "any" | "unless" | "where") {
            texts(&entry.value, names);
        } else if entry.key == "window" {
            nested(&entry.value, names);
        }
    }
}

fn nested(node: &Node, names: &mut BTreeSet<String>) {
    if let Kind::Table(table) = &node.kind {
        for entry in &table.entries {
            match entry.key.as_str() {
                "where" => texts(&entry.value, names),
                _ => nested(&entry.value, names),
            }
        }
    }
}

fn texts(node: &Node, names: &mut BTreeSet<String>) {
    for item in node.one_or_many() {
        let Kind::Text(text) = &item.kind else {
            continue;
        };
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        for (at, found) in text.match_indices("list.") {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| part(c) || c == '.') {
                continue;
            }
            let rest = &text[at + found.len()..];
            let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
            names.insert(rest[..end].to_owned());
        }
    }
}

impl Graph {
    fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|(n, _, _)| n == name)
    }

    fn node(&mut self, name: &str, label: &str, shape: Shape) -> usize {
        if let Some(i) = self.find(name) {
            return i;
        }
        self.nodes.push((name.to_owned(), label.to_owned(), shape));
        self.nodes.len() - 1
    }

    fn mermaid(&self) -> String {
        let mut out = "flowchart LR\n".to_owned();
        // Writing to a String cannot fail, here and below.
        for (i, (_, label, shape)) in self.nodes.iter().enumerate() {
            let (open, close) = match shape {
                Shape::Event => ("([", "])"),
                Shape::Series => ("[(", ")]"),
                Shape::Window => ("[", "]"),
                Shape::Rule => ("{{", "}}"),
                Shape::List => ("[/", "/]"),
            };
            let _ = writeln!(out, "  n{i}{open}\"{label}\"{close}");
        }
        for (from, to, label) in &self.arrows {
            let label = match label.is_empty() {
                true => String::new(),
                false => format!("|{label}|"),
            };
            let _ = writeln!(out, "  n{from} -->{label} n{to}");
        }
        out
    }

    fn dot(&self) -> String {
        let mut out = "digraph rules {\n  rankdir=LR\n".to_owned();
        for (i, (_, label, shape)) in self.nodes.iter().enumerate() {
            let shape = match shape {
                Shape::Event => "oval",
                Shape::Series => "cylinder",
                Shape::Window => "box",
                Shape::Rule => "hexagon",
                Shape::List => "note",
            };
            let _ = writeln!(out, "  n{i} [label={label:?}, shape={shape}]");
        }
        for (from, to, label) in &self.arrows {
            let _ = writeln!(out, "  n{from} -> n{to} [label={label:?}]");
        }
        out.push_str("}\n");
        out
    }
}
