//! `when`, `any` and `unless`: the lines of a rule, and what follows from what they read.

use zhamen_engine::event::KindSet;
use zhamen_engine::rule::{Line, Read};

use crate::contract::kinds_text;
use crate::diagnostic::{Findings, Place};
use crate::expr::scope::{Declared, Fact, Facts, Param, Scope};
use crate::expr::{canonical, check};
use crate::node::Entry;
use crate::problem::{Files, Keys, Lints, nouns};
use crate::rule::Context;
use crate::rule::explain::{Names, Used};

/// Most lines of `when`, `any` or `unless`.
pub(crate) const MAX_LINES: usize = 200;

/// The lines of a rule and what they read together.
#[derive(Default)]
pub(crate) struct Lines {
    pub facts: Facts,
    pub places: Vec<Place>,
}

impl Lines {
    pub fn read(
        &mut self,
        entry: Option<&Entry>,
        names: Names<'_>,
        cx: &mut Context<'_>,
    ) -> Vec<Line> {
        let Some(nodes) = entry.and_then(|e| e.value.array(cx.findings)) else {
            return Vec::new();
        };
        if let (true, Some(entry)) = (nodes.is_empty(), entry) {
            cx.findings.add(&entry.value.at, Keys::EmptyList);
        }
        if let Some(extra) = nodes.get(MAX_LINES) {
            cx.findings
                .add(&extra.at, Files::TooMany(nouns::LINES, MAX_LINES));
            return Vec::new();
        }
        let mut lines = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Some(line) = cx.line(node) else { continue };
            let scope = Scope {
                on: names.on,
                this: None,
                params: names.params,
                windows: names.windows,
                later: &[],
                lists: cx.lists,
            };
            let asked = self.facts.asked.clone();
            let Some((expr, facts)) = check::boolean(&line, scope, asked, cx.build, cx.findings)
            else {
                continue;
            };
            for fact in facts.reads {
                self.facts.read(fact);
            }
            self.facts.asked = facts.asked;
            self.facts.money |= facts.money;
            self.places.push(node.at.clone());
            lines.push(Line {
                text: line.text.as_str().into(),
                expr,
            });
        }
        lines
    }
}

/// Declared and never named: usually a slip of the pen in a line.
pub(crate) fn unused(
    params: &[Param],
    windows: &[Declared],
    facts: &Facts,
    used: &Used,
    findings: &mut Findings,
) {
    for (index, param) in params.iter().enumerate() {
        let read = facts.reads.contains(&Fact::Param(index))
            || used.params.contains(&index)
            || windows.iter().any(|w| w.params.contains(&index));
        if !read {
            findings.add(
                &param.at,
                Lints::Unused {
                    what: nouns::ONE_PARAMETER,
                    name: param.name.clone(),
                },
            );
        }
    }
    for (index, window) in windows.iter().enumerate() {
        let read = facts.reads.contains(&Fact::Window(index))
            || used.windows.contains(&index)
            || windows[index + 1..]
                .iter()
                .any(|w| w.reads.contains(&index));
        if !read {
            findings.add(
                &window.at,
                Lints::Unused {
                    what: nouns::ONE_WINDOW,
                    name: window.name.clone(),
                },
            );
        }
    }
}

pub(crate) fn reads(facts: &Facts, windows: &[Declared]) -> Vec<Read> {
    let read = |fact: &Fact| match fact {
        Fact::Field(field) => Some(Read::Field(*field)),
        Fact::Window(w) => Some(Read::Window(
            windows[*w].id,
            format!("window.{}", windows[*w].name),
        )),
        Fact::Param(_) => None,
    };
    facts.reads.iter().filter_map(read).collect()
}

/// Parameters that decide: those the lines read, and those that decide what their windows count.
pub(crate) fn limits(
    facts: &Facts,
    params: &[Param],
    windows: &[Declared],
) -> Vec<(String, String)> {
    let mut order: Vec<usize> = Vec::new();
    for fact in &facts.reads {
        let read: &[usize] = match fact {
            Fact::Param(p) => &[*p],
            Fact::Window(w) => &windows[*w].params,
            Fact::Field(_) => &[],
        };
        for index in read {
            if !order.contains(index) {
                order.push(*index);
            }
        }
    }
    order
        .into_iter()
        .map(|i| (format!("params.{}", params[i].name), params[i].text.clone()))
        .collect()
}

/// Order and repetition of lines do not change when a rule fires.
pub(crate) fn condition(on: KindSet, groups: [&Vec<Line>; 3], cx: &Context<'_>) -> String {
    let mut text = kinds_text(on);
    for lines in groups {
        let mut group: Vec<String> = lines
            .iter()
            .map(|l| canonical::text(&l.expr, cx.build))
            .collect();
        group.sort();
        group.dedup();
        text.push_str(" | ");
        text.push_str(&group.join(" ; "));
    }
    text
}
