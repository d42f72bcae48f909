//! Types a tree and turns it into the engine's form. Goes on after a mistake, so that one run
//! reports them all; what was reported has the type `Unknown`, which fits everything.

use compact_str::CompactString;
use zhamen_engine::event::Field;
use zhamen_engine::rule::{Bilingual, Expr, Literal};

use crate::build::Build;
use crate::diagnostic::Findings;
use crate::expr::ast::{self, ExprKind, Span};
use crate::expr::scope::{Facts, Scope};
use crate::expr::types::{Type, Typed};
use crate::expr::{call, fold, membership, operator, parser};
use crate::line::Line;
use crate::problem::{Problem, Types};

/// Checks one expression.
pub(crate) struct Checker<'a> {
    pub line: &'a Line,
    pub scope: Scope<'a>,
    pub build: &'a mut Build,
    pub findings: &'a mut Findings,
    pub facts: Facts,
}

/// Parses and checks a line that must be true or false; `asked` are fields whose presence an
/// earlier line asked for. `None`: reported.
pub(crate) fn boolean(
    line: &Line,
    scope: Scope<'_>,
    asked: Vec<Field>,
    build: &mut Build,
    findings: &mut Findings,
) -> Option<(Expr, Facts)> {
    let tree = match parser::parse(&line.text) {
        Ok(tree) => tree,
        Err((span, problem)) => {
            findings.add(&line.place(&span), problem);
            return None;
        }
    };
    let mut checker = Checker {
        line,
        scope,
        build,
        findings,
        facts: Facts {
            asked,
            ..Facts::default()
        },
    };
    let typed = checker.expr(&tree);
    match typed.ty {
        Type::Bool => Some((typed.expr, checker.facts)),
        Type::Unknown => None,
        ty => {
            checker.report(&tree.span, Types::NotBool(ty.name()));
            None
        }
    }
}

impl Checker<'_> {
    pub fn report(&mut self, span: &Span, problem: impl Problem) {
        self.findings.add(&self.line.place(span), problem);
    }

    pub fn expr(&mut self, tree: &ast::Expr) -> Typed {
        let span = tree.span.clone();
        let literal = |literal, ty| Typed::new(Expr::Literal(literal), ty, span.clone());
        match &tree.kind {
            ExprKind::Bool(b) => literal(Literal::Bool(*b), Type::Bool),
            ExprKind::Int(n) => literal(Literal::Int(*n), Type::Int),
            ExprKind::Dec(d) => literal(Literal::Dec(*d), Type::Dec),
            ExprKind::Text(t) => literal(Literal::Text(t.into()), Type::Text),
            ExprKind::List(items) => self.list(items, span),
            ExprKind::Path(path) => self.path(path, span),
            ExprKind::Call { target, name, args } => {
                call::check(self, target.as_deref(), name, args, span)
            }
            ExprKind::Not(inner) => {
                let inner = self.of_type(inner, Type::Bool);
                Typed::new(fold::not(inner.expr), inner.ty, span)
            }
            ExprKind::Neg(inner) => {
                let inner = self.expr(inner);
                operator::neg(self, inner, span)
            }
            ExprKind::And(terms) => self.junction(terms, span, true),
            ExprKind::Or(terms) => self.junction(terms, span, false),
            ExprKind::Cmp(op, sides) => {
                let [left, right] = self.both(sides);
                operator::cmp(self, *op, left, right, span)
            }
            ExprKind::Math(op, sides) => {
                let [left, right] = self.both(sides);
                operator::math(self, *op, left, right, span)
            }
            ExprKind::In(sides) => membership::check(self, &sides[0], &sides[1], span),
            ExprKind::Cond(parts) => self.conditional(parts, span),
        }
    }

    fn both(&mut self, sides: &[ast::Expr; 2]) -> [Typed; 2] {
        let left = self.expr(&sides[0]);
        let right = self.expr(&sides[1]);
        [left, right]
    }

    /// Checks that `tree` has the type; what has not is reported and becomes `Unknown`.
    pub fn of_type(&mut self, tree: &ast::Expr, ty: Type) -> Typed {
        self.of_types(tree, &[ty])
    }

    /// Checks that `tree` has one of the types.
    pub fn of_types(&mut self, tree: &ast::Expr, types: &[Type]) -> Typed {
        let typed = self.expr(tree);
        if types.contains(&typed.ty) || typed.ty == Type::Unknown {
            return typed;
        }
        let names: Vec<Bilingual> = types.iter().map(|t| t.name()).collect();
        let joined = |of: fn(&Bilingual) -> &str, between| {
            let names: Vec<&str> = names.iter().map(of).collect();
            names.join(between)
        };
        self.report(
            &tree.span,
            Types::WrongType {
                expected: Bilingual {
                    zh: joined(|n| &n.zh, "或"),
                    en: joined(|n| &n.en, " or "),
                },
                found: typed.ty.name(),
            },
        );
        Typed::unknown(tree.span.clone())
    }

    fn junction(&mut self, terms: &[ast::Expr], span: Span, and: bool) -> Typed {
        let terms: Vec<Typed> = terms.iter().map(|t| self.of_type(t, Type::Bool)).collect();
        let known = terms.iter().all(|t| t.ty == Type::Bool);
        let terms = terms.into_iter().map(|t| t.expr).collect();
        let expr = if and {
            fold::and(terms)
        } else {
            fold::or(terms)
        };
        Typed::new(expr, if known { Type::Bool } else { Type::Unknown }, span)
    }

    fn conditional(&mut self, parts: &[ast::Expr; 3], span: Span) -> Typed {
        let condition = self.of_type(&parts[0], Type::Bool);
        let yes = self.expr(&parts[1]);
        let no = self.expr(&parts[2]);
        let Some(ty) = operator::common(yes.ty, no.ty) else {
            self.report(
                &parts[2].span,
                Types::Branches {
                    yes: yes.ty.name(),
                    no: no.ty.name(),
                },
            );
            return Typed::unknown(span);
        };
        let ty = if condition.ty == Type::Unknown {
            Type::Unknown
        } else {
            ty
        };
        Typed {
            truncated: yes.truncated || no.truncated,
            ..Typed::new(fold::cond(condition.expr, yes.expr, no.expr), ty, span)
        }
    }

    fn list(&mut self, items: &[ast::Expr], span: Span) -> Typed {
        let mut texts: Vec<CompactString> = Vec::new();
        for item in items {
            match &item.kind {
                ExprKind::Text(t) => texts.push(t.into()),
                _ => {
                    self.report(&item.span, Types::ListOfText);
                    return Typed::unknown(span);
                }
            }
        }
        Typed::new(
            Expr::Literal(Literal::TextList(texts)),
            Type::TextList,
            span,
        )
    }
}
