//! Lists: `x in [..]`, `x in list.NAME`, `list.NAME.class(x)`.

use zhamen_engine::event::EntryKind;
use zhamen_engine::rule::{Expr, Literal};

use crate::contract::entry_classes;
use crate::expr::ast::{self, ExprKind, Name, Span};
use crate::expr::call::count;
use crate::expr::check::Checker;
use crate::expr::operator;
use crate::expr::types::{Type, Typed};
use crate::problem::Naming;
use crate::suggest::nearest;

/// The list that `list.NAME` names.
pub(crate) fn list_name(tree: &ast::Expr) -> Option<Name> {
    match &tree.kind {
        ExprKind::Path(path) if path[0].text == "list" && path.len() == 2 => Some(path[1].clone()),
        _ => None,
    }
}

pub(crate) fn class(
    c: &mut Checker<'_>,
    list: &Name,
    name: &Name,
    args: &[ast::Expr],
    span: Span,
) -> Typed {
    if name.text != "class" {
        c.report(
            &name.span,
            Naming::UnknownMethod {
                name: name.text.clone(),
                nearest: Some("class".to_owned()),
                function: false,
                known: "class".to_owned(),
            },
        );
        return Typed::unknown(span);
    }
    if !count(c, name, args, 1..=1) {
        return Typed::unknown(span);
    }
    let value = c.of_type(&args[0], Type::Text);
    if value.ty == Type::Unknown {
        return value;
    }
    let kind = listed_kind(c, list, &value);
    let list = c.build.list(&list.text);
    Typed {
        domain: Some(entry_classes()),
        ..Typed::new(
            Expr::ListClass {
                list,
                kind,
                value: Box::new(value.expr),
            },
            Type::Text,
            span,
        )
    }
}

/// `value in list`: a list of text, or a list of the police or the bank.
pub(crate) fn check(c: &mut Checker<'_>, value: &ast::Expr, list: &ast::Expr, span: Span) -> Typed {
    let value = c.of_type(value, Type::Text);
    if let Some(name) = list_name(list) {
        if value.ty == Type::Unknown {
            return Typed::unknown(span);
        }
        let kind = listed_kind(c, &name, &value);
        let list = c.build.list(&name.text);
        let value = Box::new(value.expr);
        return Typed::new(Expr::InList { list, kind, value }, Type::Bool, span);
    }
    let list = c.of_type(list, Type::TextList);
    if value.ty == Type::Unknown || list.ty == Type::Unknown {
        return Typed::unknown(span);
    }
    if let Expr::Literal(Literal::TextList(texts)) = &list.expr {
        for text in texts {
            let item = Typed::new(
                Expr::Literal(Literal::Text(text.clone())),
                Type::Text,
                list.span.clone(),
            );
            operator::known_text(c, &value, &item);
        }
    }
    Typed::new(
        Expr::In(Box::new([value.expr, list.expr])),
        Type::Bool,
        span,
    )
}

/// What `value` is on the list: by the list's declaration, else by the value.
fn listed_kind(c: &mut Checker<'_>, list: &Name, value: &Typed) -> Option<EntryKind> {
    let lists = c.scope.lists;
    let Some(declared) = lists.iter().find(|l| l.name == list.text) else {
        if let Some(near) = nearest(&list.text, lists.iter().map(|l| l.name.as_str())) {
            c.report(
                &list.span,
                Naming::UndeclaredList {
                    name: list.text.clone(),
                    nearest: near,
                },
            );
        }
        return value.entry_kind;
    };
    if let (Some(of_list), Some(of_value)) = (declared.kind, value.entry_kind)
        && of_list != of_value
    {
        c.report(
            &value.span,
            Naming::ListKind {
                list: list.text.clone(),
                of_list: of_list.name(),
                of_value: of_value.name(),
            },
        );
    }
    declared.kind.or(value.entry_kind)
}
