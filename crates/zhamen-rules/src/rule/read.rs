//! `[[rule]]`: one rule from its keys.

use zhamen_engine::event::{EventKind, Field, KindSet};
use zhamen_engine::rule::{Action, CurrencyPolicy, Line, Mode, Read, Rule};

use crate::contract::kinds_text;
use crate::diagnostic::{Findings, Place};
use crate::expr::canonical;
use crate::expr::check;
use crate::expr::scope::{Declared, Fact, Facts, Param, Scope};
use crate::node::{Entry, Node, Table};
use crate::problem::Problem;
use crate::rule::explain::{self, Names, Used};
use crate::rule::rows::{self, RuleTest};
use crate::rule::then::{self, ACTIONS};
use crate::rule::window::{self, Owner};
use crate::rule::{Context, name, param};

const KEYS: [&str; 20] = [
    "id",
    "title",
    "basis",
    "feature_code",
    "owner",
    "on",
    "mode",
    "subject",
    "params",
    "window",
    "when",
    "any",
    "unless",
    "then",
    "score",
    "family",
    "on_error",
    "on_missing",
    "currency",
    "explain",
];

const MODES: [(&str, Mode); 3] = [
    ("shadow", Mode::Shadow),
    ("alert", Mode::Alert),
    ("enforce", Mode::Enforce),
];

const CURRENCY: [(&str, CurrencyPolicy); 4] = [
    ("convert", CurrencyPolicy::Convert),
    ("skip", CurrencyPolicy::Skip),
    ("fire", CurrencyPolicy::Fire),
    ("on_error", CurrencyPolicy::OnError),
];

/// A rule with what later passes need to know of its text.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub rule: Rule,
    pub at: Place,
    /// Equal for rules that fire on the same events.
    pub condition: String,
    /// Where each line stands, in the order `when`, `any`, `unless`.
    pub lines: Vec<Place>,
    pub windows: Vec<Declared>,
    pub tests: Vec<RuleTest>,
}

/// Reads one rule. `None`: reported.
pub(crate) fn read(node: &Node, cx: &mut Context<'_>) -> Option<Compiled> {
    let table = node.table(cx.findings)?;
    let errors = cx.findings.errors();
    let mut known = KEYS.to_vec();
    known.push("test");
    table.only("a rule", &known, cx.findings);
    let head = head(node, table, cx.findings);
    let on = table.get("on").and_then(|n| name::kinds(n, cx.findings));
    let params = table.get("params").and_then(|n| n.table(cx.findings));
    let params = params.map_or_else(Vec::new, |t| param::read(t, cx.findings));
    let word = |key| table.get(key);
    let currency = word("currency")
        .and_then(|n| name::one_of(n, &CURRENCY, cx.findings))
        .unwrap_or(CurrencyPolicy::OnError);
    let on_error = word("on_error").and_then(|n| name::one_of(n, &ACTIONS, cx.findings));
    let on_missing = word("on_missing").and_then(|n| name::one_of(n, &ACTIONS, cx.findings));
    // Without event types nothing below can be checked; take all, so that names still are.
    let scope_on = on.unwrap_or_else(every_kind);
    let owner = Owner {
        on: scope_on,
        params: &params,
        currency,
    };
    let windows = match table.get("window").and_then(|n| n.table(cx.findings)) {
        Some(t) => window::read_all(t, owner, cx),
        None => Vec::new(),
    };
    let names = Names {
        on: scope_on,
        params: &params,
        windows: &windows,
    };
    let mut lines = Lines::default();
    let when = lines.read(table.entry("when"), names, cx);
    let any = lines.read(table.entry("any"), names, cx);
    let unless = lines.read(table.entry("unless"), names, cx);
    if table.get("when").is_none() && table.get("any").is_none() {
        let key = "when".to_owned();
        cx.findings.add(
            &node.at,
            Problem::MissingKey {
                key,
                what: "a rule",
            },
        );
    }
    let then = match table.get("then") {
        Some(n) => then::read(n, on.unwrap_or_default(), cx.findings),
        None => {
            let key = "then".to_owned();
            cx.findings.add(
                &node.at,
                Problem::MissingKey {
                    key,
                    what: "a rule",
                },
            );
            None
        }
    };
    let mut used = Used::default();
    let title = head.title.clone().unwrap_or_default();
    let (explain, explain_customer) = table
        .entry("explain")
        .and_then(|e| explain::read(e, names, &mut used, cx))
        .unwrap_or_else(|| (explain::plain(&title), None));
    let score = table.get("score").and_then(|n| n.int(cx.findings));
    let family = table
        .get("family")
        .and_then(|n| n.text(cx.findings))
        .map(str::to_owned);
    if let (None, Some(entry)) = (score, table.entry("family")) {
        let (key, with) = (entry.key.clone(), "`score`");
        cx.findings
            .add(&entry.key_at, Problem::KeyWithoutUse { key, with });
    }
    let subject = subject(table, scope_on, &windows, cx.findings);
    let tests = match on {
        Some(on) => rows::read_all(table, &head.id, on, cx.findings),
        None => Vec::new(),
    };
    if cx.findings.errors() == errors {
        unused(&params, &windows, &lines.facts, &used, cx.findings);
    }

    let (on, then, id, mode) = (on?, then?, head.id?, head.mode?);
    if cx.findings.errors() > errors {
        return None;
    }
    if subject.is_none() && (then.alert.is_some() || then.list.is_some()) {
        cx.findings.add(&head.at, Problem::NoSubject);
    }
    let condition = condition(on, [&when, &any, &unless], cx);
    Some(Compiled {
        at: head.at,
        condition,
        tests,
        lines: lines.places,
        rule: Rule {
            id: id.into(),
            title,
            feature_code: head.feature_code,
            mode,
            on,
            subject,
            when,
            any,
            unless,
            then,
            score: score.unwrap_or(0),
            family,
            on_error: on_error.unwrap_or(Action::Allow),
            on_missing,
            currency,
            explain,
            explain_customer,
            reads: reads(&lines.facts, &windows),
            limits: limits(&lines.facts, &params, &windows),
            evidence: lines.facts.windows().next().map(|w| windows[w].id),
        },
        windows,
    })
}

/// The keys that name a rule.
struct Head {
    at: Place,
    id: Option<String>,
    title: Option<zhamen_engine::rule::Bilingual>,
    mode: Option<Mode>,
    feature_code: Option<String>,
}

fn head(node: &Node, table: &Table, findings: &mut Findings) -> Head {
    for key in ["id", "title", "on", "mode"] {
        if table.get(key).is_none() {
            let key = key.to_owned();
            findings.add(
                &node.at,
                Problem::MissingKey {
                    key,
                    what: "a rule",
                },
            );
        }
    }
    if let Some(items) = table.get("basis").and_then(|n| n.array(findings)) {
        for item in items {
            item.text(findings);
        }
    }
    table.get("owner").map(|n| n.text(findings));
    let id_node = table.get("id");
    Head {
        at: id_node.map_or_else(|| node.at.clone(), |n| n.at.clone()),
        id: id_node.and_then(|n| name::id(n, findings)),
        title: table.get("title").and_then(|n| explain::title(n, findings)),
        mode: table
            .get("mode")
            .and_then(|n| name::one_of(n, &MODES, findings)),
        feature_code: table
            .get("feature_code")
            .and_then(|n| n.text(findings))
            .map(str::to_owned),
    }
}

/// Most lines of `when`, `any` or `unless`.
const MAX_LINES: usize = 200;

/// The lines of a rule and what they read together.
#[derive(Default)]
struct Lines {
    facts: Facts,
    places: Vec<Place>,
}

impl Lines {
    fn read(&mut self, entry: Option<&Entry>, names: Names<'_>, cx: &mut Context<'_>) -> Vec<Line> {
        let Some(nodes) = entry.and_then(|e| e.value.array(cx.findings)) else {
            return Vec::new();
        };
        if let (true, Some(entry)) = (nodes.is_empty(), entry) {
            cx.findings.add(&entry.value.at, Problem::EmptyList);
        }
        if let Some(extra) = nodes.get(MAX_LINES) {
            cx.findings
                .add(&extra.at, Problem::TooMany("lines", MAX_LINES));
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

fn every_kind() -> KindSet {
    EventKind::ALL
        .iter()
        .fold(KindSet::default(), |set, k| set.with(*k))
}

/// As declared, or by the kind of event, or the first window's first key.
fn subject(
    table: &Table,
    on: KindSet,
    windows: &[Declared],
    findings: &mut Findings,
) -> Option<Field> {
    if let Some(node) = table.get("subject") {
        let name = node.text(findings)?;
        let field = name::field(name, &node.at, on, findings)?;
        if field.entry_kind().is_none() {
            findings.add(&node.at, Problem::SubjectKind(field.name()));
            return None;
        }
        return Some(field);
    }
    if on.iter().any(EventKind::is_transfer) {
        return Some(Field::PayerAccount);
    }
    let of_holder = |k: EventKind| {
        matches!(
            k,
            EventKind::CardOpened | EventKind::PhoneRegistered | EventKind::PhoneCancelled
        )
    };
    if on.iter().any(of_holder) {
        return Some(Field::HolderId);
    }
    let first = windows.first().and_then(|w| w.by.first()).copied();
    first.filter(|f| f.entry_kind().is_some())
}

/// Declared and never named: usually a slip of the pen in a line.
fn unused(
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
                Problem::Unused {
                    what: "parameter",
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
                Problem::Unused {
                    what: "window",
                    name: window.name.clone(),
                },
            );
        }
    }
}

fn reads(facts: &Facts, windows: &[Declared]) -> Vec<Read> {
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
fn limits(facts: &Facts, params: &[Param], windows: &[Declared]) -> Vec<(String, String)> {
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
fn condition(on: KindSet, groups: [&Vec<Line>; 3], cx: &Context<'_>) -> String {
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
