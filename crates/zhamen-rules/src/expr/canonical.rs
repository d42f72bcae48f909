//! One text for every expression that means the same to the engine by construction: what two
//! windows must agree on to share their state. Independent of window and list numbers, which
//! differ between rule sets.

use std::fmt::Write;

use zhamen_engine::rule::{Expr, Literal};

use crate::build::Build;

/// Canonical text of `expr`; a window stands there with the hash of its own canonical text, because
/// windows that read windows would otherwise double with every level.
pub(crate) fn text(expr: &Expr, build: &Build) -> String {
    let mut out = String::new();
    write(expr, build, &mut out);
    out
}

fn write(expr: &Expr, build: &Build, out: &mut String) {
    match expr {
        Expr::Literal(l) => literal(l, out),
        Expr::Field(f) => out.push_str(f.name()),
        Expr::This(f) => {
            out.push_str("this.");
            out.push_str(f.name());
        }
        Expr::Window(w) => out.push_str(build.window_name(*w)),
        Expr::HasField(f) => list("has", out, |out| out.push_str(f.name())),
        Expr::HasThis(f) => list("has", out, |out| {
            out.push_str("this.");
            out.push_str(f.name());
        }),
        Expr::HasWindow(w) => list("has", out, |out| out.push_str(build.window_name(*w))),
        Expr::Not(e) => all("!", std::slice::from_ref(&**e), build, out),
        Expr::Neg(e) => all("neg", std::slice::from_ref(&**e), build, out),
        Expr::And(e) => all("&&", e, build, out),
        Expr::Or(e) => all("||", e, build, out),
        Expr::Cmp(op, e) => all(op.name(), &**e, build, out),
        Expr::Math(op, e) => all(op.name(), &**e, build, out),
        Expr::Cond(e) => all("?", &**e, build, out),
        Expr::In(e) => all("in", &**e, build, out),
        Expr::InList { list, kind, value } | Expr::ListClass { list, kind, value } => {
            let name = match expr {
                Expr::InList { .. } => "in-list",
                _ => "class",
            };
            self::list(name, out, |out| {
                let _ = write!(
                    out,
                    "{} {} ",
                    quoted(&build.set.list_names[usize::from(*list)]),
                    kind.map_or("any", |k| k.name())
                );
                write(value, build, out);
            });
        }
        Expr::Call(f, args) => all(f.name(), args, build, out),
        Expr::Matches(regex, value) => list("matches", out, |out| {
            out.push_str(&quoted(build.set.regexes[usize::from(*regex)].as_str()));
            out.push(' ');
            write(value, build, out);
        }),
    }
}

fn all(name: &str, parts: &[Expr], build: &Build, out: &mut String) {
    list(name, out, |out| {
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            write(part, build, out);
        }
    });
}

fn list(name: &str, out: &mut String, inner: impl FnOnce(&mut String)) {
    out.push('(');
    out.push_str(name);
    out.push(' ');
    inner(out);
    out.push(')');
}

fn literal(literal: &Literal, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = match literal {
        Literal::Bool(b) => write!(out, "{b}"),
        Literal::Int(n) => write!(out, "{n}"),
        Literal::Dec(d) => write!(out, "{}d", d.text()),
        Literal::Money(d, c) => write!(out, "{}{}", d.text(), c.code()),
        Literal::Text(t) => write!(out, "{}", quoted(t)),
        Literal::Duration(ms) => write!(out, "{ms}ms"),
        Literal::TextList(texts) => {
            let texts: Vec<String> = texts.iter().map(|t| quoted(t)).collect();
            write!(out, "[{}]", texts.join(","))
        }
    };
}

/// In quotes, in a form that no later compiler changes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
