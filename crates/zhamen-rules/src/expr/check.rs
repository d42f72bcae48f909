//! Types a tree and turns it into the engine's form. Goes on after a mistake, so that one run
//! reports them all; what was reported has the type `Unknown`, which fits everything.

use compact_str::CompactString;
use zhamen_engine::event::{EventKind, Field, KindSet};
use zhamen_engine::rule::{Expr, Literal};

use crate::build::Build;
use crate::contract::{fields_on, kinds_text};
use crate::diagnostic::Findings;
use crate::expr::ast::{self, ExprKind, Name, Span, dotted};
use crate::expr::scope::{Fact, Facts, Scope};
use crate::expr::types::{Type, Typed};
use crate::expr::{call, fold, operator, parser};
use crate::line::Line;
use crate::problem::Problem;
use crate::suggest::nearest;

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
            checker.report(&tree.span, Problem::NotBool(ty.name()));
            None
        }
    }
}

impl Checker<'_> {
    pub fn report(&mut self, span: &Span, problem: Problem) {
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
            ExprKind::In(sides) => call::membership(self, &sides[0], &sides[1], span),
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
        let names: Vec<String> = types.iter().map(|t| t.name()).collect();
        self.report(
            &tree.span,
            Problem::WrongType {
                expected: names.join(" or "),
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
                Problem::BranchTypes {
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
                    self.report(&item.span, Problem::ListOfText);
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

    fn path(&mut self, path: &[Name], span: Span) -> Typed {
        match path[0].text.as_str() {
            "params" => self.param(path, span),
            "window" => match self.window(path, &span) {
                Some(index) => {
                    self.facts.read(Fact::Window(index));
                    let window = &self.scope.windows[index];
                    self.facts.money |= window.ty.is_money() || window.money;
                    Typed {
                        domain: window.domain,
                        entry_kind: window.entry_kind,
                        ..Typed::new(Expr::Window(window.id), window.ty, span)
                    }
                }
                None => Typed::unknown(span),
            },
            "list" => {
                self.report(&span, Problem::ListAsValue(dotted(path)));
                Typed::unknown(span)
            }
            "this" => match self.this(path, &span) {
                Some(field) => Typed::field(Expr::This(field), field, span),
                None => Typed::unknown(span),
            },
            _ => match self.field(path, &span, false) {
                Some(field) => Typed::field(Expr::Field(field), field, span),
                None => Typed::unknown(span),
            },
        }
    }

    fn param(&mut self, path: &[Name], span: Span) -> Typed {
        let params = self.scope.params;
        if let [_, name] = path
            && let Some(index) = params.iter().position(|p| p.name == name.text)
        {
            self.facts.read(Fact::Param(index));
            self.facts.money |= params[index].ty.is_money();
            return Typed::new(
                Expr::Literal(params[index].value.clone()),
                params[index].ty,
                span,
            );
        }
        let problem = Problem::UnknownParam {
            name: dotted(path),
            nearest: nearest(&dotted(&path[1..]), params.iter().map(|p| p.name.as_str())),
        };
        self.report(&span, problem);
        Typed::unknown(span)
    }

    /// Index of the window that `path` names.
    pub fn window(&mut self, path: &[Name], span: &Span) -> Option<usize> {
        let windows = self.scope.windows;
        let name = dotted(&path[1..]);
        let Some(index) = windows.iter().position(|w| w.name == name) else {
            let problem = if self.scope.later.contains(&name) {
                Problem::WindowNotAbove(name)
            } else {
                let declared = windows.iter().map(|w| w.name.as_str());
                let later = self.scope.later.iter().map(String::as_str);
                Problem::UnknownWindow {
                    nearest: nearest(&name, declared.chain(later)),
                    name,
                }
            };
            self.report(span, problem);
            return None;
        };
        let lacking = windows[index]
            .by
            .iter()
            .find(|f| !self.scope.on.iter().any(|k| f.is_on(k)));
        if let Some(field) = lacking {
            self.report(
                span,
                Problem::WindowKeyNotOn {
                    window: name,
                    field: field.name(),
                    kinds: kinds_text(self.scope.on),
                },
            );
            return None;
        }
        Some(index)
    }

    pub fn this(&mut self, path: &[Name], span: &Span) -> Option<Field> {
        let Some(on) = self.scope.this else {
            self.report(span, Problem::ThisOutsideWhere);
            return None;
        };
        self.facts.this = true;
        self.field_of(&path[1..], span, on, true)
    }

    /// The field that `path` names; `asked`: only its presence is asked for.
    pub fn field(&mut self, path: &[Name], span: &Span, asked: bool) -> Option<Field> {
        let field = self.field_of(path, span, self.scope.on, asked)?;
        self.facts.read(Fact::Field(field));
        if asked {
            self.facts.asked.push(field);
        }
        Some(field)
    }

    fn field_of(&mut self, path: &[Name], span: &Span, on: KindSet, asked: bool) -> Option<Field> {
        let name = dotted(path);
        let Some(field) = Field::parse(&name) else {
            let problem = self.unknown_name(name, on);
            self.report(span, problem);
            return None;
        };
        let carrying = on.iter().filter(|k| field.is_on(*k)).count();
        if carrying == 0 {
            self.report(
                span,
                Problem::FieldNotOn {
                    field: field.name(),
                    kinds: kinds_text(on),
                    carried_by: kinds_text(carriers(field)),
                },
            );
            return None;
        }
        // Every event type stands for a rule whose own types could not be read.
        let kinds = on.iter().count();
        let some = carrying < kinds && kinds < EventKind::ALL.len();
        if some && !asked && !self.facts.asked.contains(&field) {
            let without: Vec<&str> = on
                .iter()
                .filter(|k| !field.is_on(*k))
                .map(EventKind::name)
                .collect();
            self.report(
                span,
                Problem::FieldNotOnAll {
                    field: field.name(),
                    kinds: without.join(", "),
                },
            );
        }
        self.facts.money |= Type::of(field).is_money();
        Some(field)
    }

    fn unknown_name(&self, name: String, on: KindSet) -> Problem {
        let scope = &self.scope;
        let param = scope.params.iter().find(|p| p.name == name);
        let window = scope.windows.iter().find(|w| w.name == name);
        let near = nearest(&name, fields_on(on).map(Field::name))
            .or_else(|| nearest(&name, Field::ALL.iter().map(|f| f.name())));
        let prefix = match name.split('.').next() {
            Some("param") => Some(format!("params{}", &name["param".len()..])),
            Some("windows") => Some(format!("window{}", &name["windows".len()..])),
            Some("lists") => Some(format!("list{}", &name["lists".len()..])),
            _ => None,
        };
        Problem::UnknownField {
            nearest: prefix
                .or_else(|| param.map(|p| format!("params.{}", p.name)))
                .or_else(|| window.map(|w| format!("window.{}", w.name)))
                .or(near),
            name,
            kinds: kinds_text(on),
        }
    }
}

/// Event types that carry the field.
fn carriers(field: Field) -> KindSet {
    EventKind::ALL
        .iter()
        .filter(|k| field.is_on(**k))
        .fold(KindSet::default(), |set, k| set.with(*k))
}
