//! What a dotted name in a line stands for: a field, a parameter, a window, the judged event's
//! field.

use zhamen_engine::event::{EventKind, Field, KindSet};
use zhamen_engine::rule::Expr;

use crate::contract::{carriers, fields_on, kinds_words};
use crate::expr::ast::{Name, Span, dotted};
use crate::expr::check::Checker;
use crate::expr::scope::Fact;
use crate::expr::types::{Type, Typed};
use crate::problem::{Naming, Windows};
use crate::suggest::nearest;

impl Checker<'_> {
    pub fn path(&mut self, path: &[Name], span: Span) -> Typed {
        match path[0].text.as_str() {
            "params" => self.param(path, span),
            "window" => match self.window(path, &span) {
                Some(index) => {
                    self.facts.read(Fact::Window(index));
                    let window = &self.scope.windows[index];
                    self.facts.money |= window.ty.is_money();
                    Typed {
                        domain: window.domain,
                        entry_kind: window.entry_kind,
                        ..Typed::new(Expr::Window(window.id), window.ty, span)
                    }
                }
                None => Typed::unknown(span),
            },
            "list" => {
                self.report(&span, Naming::ListAsValue(dotted(path)));
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
        let problem = Naming::UnknownParam {
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
                Naming::WindowNotAbove(name)
            } else {
                let declared = windows.iter().map(|w| w.name.as_str());
                let later = self.scope.later.iter().map(String::as_str);
                Naming::UnknownWindow {
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
                Naming::WindowKeyNotOn {
                    window: name,
                    field: field.name(),
                    kinds: kinds_words(self.scope.on),
                },
            );
            return None;
        }
        Some(index)
    }

    pub fn this(&mut self, path: &[Name], span: &Span) -> Option<Field> {
        let Some(on) = self.scope.this else {
            self.report(span, Windows::ThisOutsideWhere);
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
                Naming::FieldNotOn {
                    field: field.name(),
                    kinds: kinds_words(on),
                    carried_by: kinds_words(carriers(field)),
                },
            );
            return None;
        }
        // Every event type stands for a rule whose own types could not be read.
        let kinds = on.iter().count();
        let some = carrying < kinds && kinds < EventKind::ALL.len();
        if some && !asked && !self.facts.asked.contains(&field) {
            let without = on.iter().filter(|k| !field.is_on(*k));
            let without = without.fold(KindSet::default(), |set, k| set.with(k));
            self.report(
                span,
                Naming::FieldNotOnAll {
                    field: field.name(),
                    kinds: kinds_words(without),
                },
            );
        }
        self.facts.money |= Type::of(field).is_money();
        Some(field)
    }

    fn unknown_name(&self, name: String, on: KindSet) -> Naming {
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
        Naming::UnknownField {
            nearest: prefix
                .or_else(|| param.map(|p| format!("params.{}", p.name)))
                .or_else(|| window.map(|w| format!("window.{}", w.name)))
                .or(near),
            name,
            kinds: kinds_words(on),
        }
    }
}
