//! `where`: which events are counted, and which of them a judged event is compared with.

use zhamen_engine::event::{Field, KindSet};
use zhamen_engine::rule::{Expr, Literal};

use crate::expr::ast::ExprKind;
use crate::expr::check::Checker;
use crate::expr::scope::{Declared, Facts, Scope};
use crate::expr::types::Type;
use crate::expr::{fold, parser};
use crate::node::Node;
use crate::problem::Windows;
use crate::rule::Context;
use crate::rule::window::Owner;

/// A `where`, parted into what is decided when an event is counted and what is compared with the
/// judged event later.
#[derive(Default)]
pub(crate) struct Filter {
    pub expr: Option<Expr>,
    pub counted: Facts,
    pub correlated: Option<Expr>,
    pub compared: Facts,
}

pub(crate) fn read(
    node: &Node,
    on: KindSet,
    owner: Owner<'_>,
    declared: &[Declared],
    later: &[String],
    cx: &mut Context<'_>,
) -> Option<Filter> {
    let line = cx.line(node)?;
    let tree = match parser::parse(&line.text) {
        Ok(tree) => tree,
        Err((span, problem)) => {
            cx.findings.add(&line.place(&span), problem);
            return None;
        }
    };
    let terms = match &tree.kind {
        ExprKind::And(terms) => terms.as_slice(),
        _ => std::slice::from_ref(&tree),
    };
    let mut filter = Filter::default();
    let mut counted = Vec::new();
    let mut compared = Vec::new();
    let mut whole = true;
    let mut asked = Vec::new();
    for term in terms {
        let mut checker = Checker {
            line: &line,
            scope: Scope {
                on,
                this: Some(owner.on),
                params: owner.params,
                windows: declared,
                later,
                lists: cx.lists,
            },
            build: cx.build,
            findings: cx.findings,
            facts: Facts {
                asked: std::mem::take(&mut asked),
                ..Facts::default()
            },
        };
        let typed = checker.of_type(term, Type::Bool);
        whole &= typed.ty == Type::Bool;
        let facts = checker.facts;
        asked.clone_from(&facts.asked);
        if facts.this && facts.windows().next().is_some() {
            cx.findings
                .add(&line.place(&term.span), Windows::ThisWithWindow);
            whole = false;
        }
        if facts.this && facts.fields().next().is_none() {
            cx.findings.add(&line.place(&term.span), Windows::ThisAlone);
            whole = false;
        }
        let head = [Field::Type, Field::Id, Field::Source];
        if let (true, Some(field)) = (facts.this, facts.fields().find(|f| head.contains(f))) {
            let problem = Windows::NotKept(field.name());
            cx.findings.add(&line.place(&term.span), problem);
            whole = false;
        }
        let (terms, into) = if facts.this {
            (&mut compared, &mut filter.compared)
        } else {
            (&mut counted, &mut filter.counted)
        };
        terms.push(typed.expr);
        into.money |= facts.money;
        for fact in facts.reads {
            into.read(fact);
        }
    }
    if !whole {
        return None;
    }
    if !compared.is_empty() {
        filter.correlated = Some(fold::and(compared));
    }
    match fold::and(counted) {
        Expr::Literal(Literal::Bool(true)) => {}
        Expr::Literal(_) => cx.findings.add(&node.at, Windows::WhereNeverHolds),
        expr => filter.expr = Some(expr),
    }
    Some(filter)
}
