//! `[[rule]]`: one rule from its keys.

use zhamen_engine::event::{EventKind, Field, KindSet};
use zhamen_engine::rule::{Action, CurrencyPolicy, Mode, Rule};

use crate::contract::every_kind;
use crate::diagnostic::{Findings, Place};
use crate::expr::scope::Declared;
use crate::node::{Node, Table};
use crate::problem::{Keys, nouns};
use crate::rule::explain::{self, Names, Used};
use crate::rule::rows::{self, RuleTest};
use crate::rule::then::{self, ACTIONS};
use crate::rule::window::{self, Owner};
use crate::rule::{Context, lines, name, param};

pub(crate) const KEYS: [&str; 20] = [
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
    table.only(nouns::RULE, &known, cx.findings);
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
    let mut lines = lines::Lines::default();
    let when = lines.read(table.entry("when"), names, cx);
    let any = lines.read(table.entry("any"), names, cx);
    let unless = lines.read(table.entry("unless"), names, cx);
    if table.get("when").is_none() && table.get("any").is_none() {
        let key = "when".to_owned();
        cx.findings.add(
            &node.at,
            Keys::MissingKey {
                key,
                what: nouns::RULE,
            },
        );
    }
    let then = match table.get("then") {
        Some(n) => then::read(n, on.unwrap_or_default(), cx.findings),
        None => {
            let key = "then".to_owned();
            cx.findings.add(
                &node.at,
                Keys::MissingKey {
                    key,
                    what: nouns::RULE,
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
        let (key, with) = (entry.key.clone(), nouns::WITH_SCORE);
        cx.findings
            .add(&entry.key_at, Keys::KeyWithoutUse { key, with });
    }
    let subject = subject(table, scope_on, &windows, cx.findings);
    let tests = match on {
        Some(on) => rows::read_all(table, &head.id, on, cx.findings),
        None => Vec::new(),
    };
    if cx.findings.errors() == errors {
        lines::unused(&params, &windows, &lines.facts, &used, cx.findings);
    }

    let (on, then, id, mode) = (on?, then?, head.id?, head.mode?);
    if cx.findings.errors() > errors {
        return None;
    }
    // An answer is about the account of the transfer that was asked about.
    let answers = on.iter().all(|k| k == EventKind::InquiryAnswered);
    if subject.is_none() && !answers && (then.alert.is_some() || then.list.is_some()) {
        cx.findings.add(&head.at, Keys::NoSubject);
    }
    let condition = lines::condition(on, [&when, &any, &unless], cx);
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
            reads: lines::reads(&lines.facts, &windows),
            limits: lines::limits(&lines.facts, &params, &windows),
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
                Keys::MissingKey {
                    key,
                    what: nouns::RULE,
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
            findings.add(&node.at, Keys::SubjectKind(field.name()));
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
