//! What every rule makes of one event, line by line, for people: [`Engine::explain`].
//!
//! Reads the same state through the same [`Judge`] as a decision does and changes nothing: it has
//! a memo and caches of its own. The event is judged as it stands now, right after it was folded;
//! a list that its own decision changed is seen changed.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use compact_str::CompactString;

use super::{Judge, Memo, Said, text_of};
use crate::engine::Engine;
use crate::event::{Event, EventKind};
use crate::expr::{self, Val, World};
use crate::money::{Currency, Dec, Money};
use crate::output::FallbackCode;
use crate::rule::{
    Action, Agg, CmpOp, CurrencyPolicy, Expr, Line, Literal, Mode, Read, Rule, WindowId,
};
use crate::symbols::{EventSymbols, NO_SYM};
use crate::time::{TimestampMs, duration_text};
use crate::window::Caches;

/// Most events that [`WindowTrace::events`] names.
pub const CONTRIBUTORS_MAX: usize = 20;

/// What one rule made of one event.
#[derive(Debug, Clone)]
pub struct RuleTrace {
    /// Which rule.
    pub rule: Arc<str>,
    /// What its firing does.
    pub mode: Mode,
    /// What it said.
    pub answer: Answer,
    /// Its lines, `when`, `any`, `unless`, in the order of the files.
    pub lines: Vec<LineTrace>,
    /// The windows that its lines read.
    pub windows: Vec<WindowTrace>,
}

/// What a rule said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Answer {
    Silent,
    Fired {
        action: Action,
        saturated: bool,
    },
    /// A line could not be computed, and the rule names an action for that.
    FellBack {
        action: Action,
        line: Arc<str>,
        code: FallbackCode,
    },
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in a rule file")]
pub enum Group {
    When,
    Any,
    Unless,
}

/// One line of a rule.
#[derive(Debug, Clone)]
pub struct LineTrace {
    /// Where it stands.
    pub group: Group,
    /// As written.
    pub text: Arc<str>,
    /// Whether it holds, or why that cannot be said. Computed also where the rule no longer
    /// looked, because an earlier line had settled it.
    pub holds: Result<bool, FallbackCode>,
    /// Whether the rule looked at it.
    pub read: bool,
    /// Fields, windows and lists it names, each once.
    pub values: Vec<Named>,
    /// Its comparisons, from left to right.
    pub comparisons: Vec<Comparison>,
}

/// A field, window or list and what it is for this event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As written in the rule.
    pub name: String,
    /// Its value, or why it has none.
    pub value: Result<String, FallbackCode>,
}

/// One comparison of a line.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Comparison {
    pub left: Side,
    pub op: CmpOp,
    pub right: Side,
    pub holds: Result<bool, FallbackCode>,
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub struct Side {
    /// The expression, parameters as their figures.
    pub text: String,
    /// It is the same for every event: a limit.
    pub constant: bool,
    /// Its value for people, or why it has none.
    pub value: Result<String, FallbackCode>,
    /// Its value, where it has an order.
    pub number: Option<Number>,
}

/// A value that can be nearer to or farther from a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Number {
    Int(i64),
    Decimal(Dec),
    Money(Dec, Currency),
    /// Milliseconds.
    Duration(i64),
    /// Milliseconds since 1970.
    Time(TimestampMs),
    /// Days since 1970.
    Date(i64),
}

/// A window and what it held.
#[derive(Debug, Clone)]
pub struct WindowTrace {
    /// `window.x`.
    pub name: String,
    /// What it computes.
    pub agg: Agg,
    /// Its value, or why it has none.
    pub value: Result<String, FallbackCode>,
    /// How many events it covers.
    pub covered: u64,
    /// The newest of them that the ledger still knows, newest last; at most [`CONTRIBUTORS_MAX`].
    pub events: Vec<Contributor>,
}

/// An event that a window covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contributor {
    /// Its id.
    pub id: CompactString,
    /// Its type.
    pub kind: EventKind,
    /// The time it is counted at.
    pub at: TimestampMs,
    /// Its amount, where it has one.
    pub amount: Option<Money>,
    /// Payer account, or the account, holder or line it is about.
    pub payer: Option<String>,
    /// Payee account, or the card or number opened.
    pub payee: Option<String>,
}

impl Engine {
    /// What every rule that looks at events of this type makes of an event that was folded last.
    /// `None`: the event is not in the ledger, because it was rejected, never came or is forgotten.
    #[must_use]
    pub fn explain(&self, event: &Event) -> Option<Vec<RuleTrace>> {
        let ledger = &self.held.facts.ledger;
        let no = ledger.find_text(&self.held.facts.symbols, &event.source, &event.id)?;
        let at = ledger.get(no)?.at;
        let memo = RefCell::new(Memo::default());
        let windows = self.active.rules.windows.len();
        memo.borrow_mut()
            .clear(windows, self.held.plan.lookups.len());
        let own = EventSymbols::default();
        let caches = Caches::default();
        let judge = Judge {
            event,
            no,
            at,
            now: self.clock,
            rules: &self.active.rules,
            policy: &self.active.policy,
            plan: &self.held.plan,
            streams: &self.held.streams,
            facts: &self.held.facts,
            own: &own,
            lists: &self.held.lists,
            caches: &caches,
            memo: &memo,
            stale: Cell::new(false),
            saturated: Cell::new(false),
        };
        let rules = &self.held.plan.rules_by_kind[event.kind as usize];
        let rules = rules
            .iter()
            .map(|i| &self.active.rules.rules[usize::from(*i)]);
        Some(rules.map(|rule| judge.trace(rule)).collect())
    }
}

impl<'e> Judge<'e> {
    fn trace(&self, rule: &'e Rule) -> RuleTrace {
        // Staleness is remembered for the whole of a decision; here each rule speaks for itself.
        self.stale.set(false);
        let answer = match self.rule(rule) {
            Said::Silent => Answer::Silent,
            Said::Fired { saturated } => Answer::Fired {
                action: rule.then.action,
                saturated,
            },
            Said::FellBack { action, line, code } => Answer::FellBack { action, line, code },
        };
        let groups = [
            (Group::When, &rule.when),
            (Group::Any, &rule.any),
            (Group::Unless, &rule.unless),
        ];
        let mut lines: Vec<LineTrace> = groups
            .into_iter()
            .flat_map(|(group, lines)| lines.iter().map(move |l| (group, l)))
            .map(|(group, line)| self.trace_line(group, line, rule))
            .collect();
        mark_read(&mut lines, rule);
        let windows = rule.reads.iter().filter_map(|read| match read {
            Read::Window(id, name) => Some(self.trace_window(*id, name)),
            Read::Field(_) => None,
        });
        RuleTrace {
            rule: rule.id.clone(),
            mode: rule.mode,
            answer,
            lines,
            windows: windows.collect(),
        }
    }

    fn trace_line(&self, group: Group, line: &'e Line, rule: &'e Rule) -> LineTrace {
        let mut seen = Seen::default();
        walk(&line.expr, &mut seen);
        let mut values: Vec<Named> = Vec::new();
        for expr in seen.named {
            let name = self.print(expr, rule);
            if values.iter().all(|v| v.name != name) {
                let value = expr::eval(expr, self, rule.currency).map(text_of);
                values.push(Named { name, value });
            }
        }
        let comparisons = seen.compared.into_iter().map(|expr| {
            let Expr::Cmp(op, sides) = expr else {
                unreachable!("the walk collects comparisons")
            };
            Comparison {
                left: self.side(&sides[0], rule),
                op: *op,
                right: self.side(&sides[1], rule),
                holds: expr::holds(expr, self, rule.currency),
            }
        });
        LineTrace {
            group,
            text: line.text.clone(),
            holds: expr::holds(&line.expr, self, rule.currency),
            read: false,
            values,
            comparisons: comparisons.collect(),
        }
    }

    fn side(&self, expr: &'e Expr, rule: &'e Rule) -> Side {
        let value = expr::eval(expr, self, rule.currency);
        let mut seen = Seen::default();
        walk(expr, &mut seen);
        Side {
            text: self.print(expr, rule),
            constant: seen.named.is_empty(),
            number: value.as_ref().ok().and_then(|v| number(*v)),
            value: value.map(text_of),
        }
    }

    fn trace_window(&self, id: WindowId, name: &str) -> WindowTrace {
        let (covered, nos) = self.covered(id, CONTRIBUTORS_MAX);
        let known = nos
            .iter()
            .filter_map(|no| self.facts.ledger.get(*no))
            .map(|known| {
                let text = |sym| (sym != NO_SYM).then(|| self.facts.symbols.text(sym).to_owned());
                Contributor {
                    id: known.id.clone(),
                    kind: known.kind,
                    at: known.at,
                    amount: known.money(),
                    payer: text(known.payer),
                    payee: text(known.payee),
                }
            });
        WindowTrace {
            name: name.to_owned(),
            agg: self.rules.windows[usize::from(id)].agg,
            value: self.window(id).map(text_of),
            covered,
            events: known.collect(),
        }
    }

    /// An expression with the names of the rule's windows; parameters are the figures they were.
    fn print(&self, expr: &Expr, rule: &Rule) -> String {
        let p = |e: &Expr| match e {
            Expr::Math(..) | Expr::Cmp(..) | Expr::And(_) | Expr::Or(_) | Expr::Cond(_) => {
                format!("({})", self.print(e, rule))
            }
            _ => self.print(e, rule),
        };
        let window = |id: WindowId| {
            let named = rule.reads.iter().find_map(|r| match r {
                Read::Window(i, name) if *i == id => Some(name.clone()),
                _ => None,
            });
            named.unwrap_or_else(|| format!("window #{id}"))
        };
        let joined = |parts: &[Expr], by: &str| parts.iter().map(p).collect::<Vec<_>>().join(by);
        match expr {
            Expr::Literal(l) => literal_text(l),
            Expr::Field(f) => f.name().to_owned(),
            Expr::This(f) => format!("this.{}", f.name()),
            Expr::Window(id) => window(*id),
            Expr::HasField(f) => format!("has({})", f.name()),
            Expr::HasThis(f) => format!("has(this.{})", f.name()),
            Expr::HasWindow(id) => format!("has({})", window(*id)),
            Expr::Not(x) => format!("!{}", p(x)),
            Expr::Neg(x) => format!("-{}", p(x)),
            Expr::And(parts) => joined(parts, " && "),
            Expr::Or(parts) => joined(parts, " || "),
            Expr::Cmp(op, sides) => format!("{} {} {}", p(&sides[0]), op.name(), p(&sides[1])),
            Expr::Math(op, sides) => format!("{} {} {}", p(&sides[0]), op.name(), p(&sides[1])),
            Expr::Cond(c) => format!("{} ? {} : {}", p(&c[0]), p(&c[1]), p(&c[2])),
            Expr::In(sides) => format!("{} in {}", p(&sides[0]), p(&sides[1])),
            Expr::InList { list, value, .. } => format!(
                "{} in list.{}",
                p(value),
                self.rules.list_names[usize::from(*list)]
            ),
            Expr::ListClass { list, value, .. } => format!(
                "list.{}.class({})",
                self.rules.list_names[usize::from(*list)],
                p(value)
            ),
            Expr::Call(func, args) => format!("{}({})", func.name(), joined(args, ", ")),
            Expr::Matches(pattern, value) => format!(
                "{}.matches({:?})",
                p(value),
                self.rules.regexes[usize::from(*pattern)].as_str()
            ),
        }
    }
}

/// Which lines the rule looked at, by the order in which it reads them.
fn mark_read(lines: &mut [LineTrace], rule: &Rule) {
    let lenient = |code: FallbackCode| {
        code == FallbackCode::Currency && rule.currency == CurrencyPolicy::Fire
    };
    let mut any_settled = false;
    for line in lines {
        let holds = match line.holds {
            Ok(b) => Some(b),
            Err(code) if lenient(code) => Some(line.group != Group::Unless),
            Err(_) => None,
        };
        match line.group {
            Group::When => {
                line.read = true;
                if holds != Some(true) {
                    return;
                }
            }
            Group::Any if any_settled => {}
            Group::Any => {
                line.read = true;
                any_settled = holds == Some(true);
            }
            Group::Unless if !rule.any.is_empty() && !any_settled => return,
            Group::Unless => {
                line.read = true;
                let absent = matches!(line.holds, Err(FallbackCode::Missing | FallbackCode::Stale))
                    && rule.on_missing.is_none();
                let skipped = line.holds == Err(FallbackCode::Currency)
                    && rule.currency == CurrencyPolicy::Skip;
                if holds != Some(false) && !absent && !skipped {
                    return;
                }
            }
        }
    }
}

/// What an expression names and compares, from left to right.
#[derive(Default)]
struct Seen<'x> {
    named: Vec<&'x Expr>,
    compared: Vec<&'x Expr>,
}

fn walk<'x>(expr: &'x Expr, seen: &mut Seen<'x>) {
    match expr {
        Expr::Literal(_) => {}
        Expr::Field(_)
        | Expr::This(_)
        | Expr::Window(_)
        | Expr::HasField(_)
        | Expr::HasThis(_)
        | Expr::HasWindow(_) => seen.named.push(expr),
        Expr::InList { value, .. } | Expr::ListClass { value, .. } => {
            walk(value, seen);
            seen.named.push(expr);
        }
        Expr::Not(x) | Expr::Neg(x) | Expr::Matches(_, x) => walk(x, seen),
        Expr::And(parts) | Expr::Or(parts) | Expr::Call(_, parts) => {
            parts.iter().for_each(|x| walk(x, seen));
        }
        Expr::Cmp(_, sides) => {
            sides.iter().for_each(|x| walk(x, seen));
            seen.compared.push(expr);
        }
        Expr::Math(_, sides) | Expr::In(sides) => sides.iter().for_each(|x| walk(x, seen)),
        Expr::Cond(parts) => parts.iter().for_each(|x| walk(x, seen)),
    }
}

fn number(v: Val<'_>) -> Option<Number> {
    Some(match v {
        Val::Int(n) => Number::Int(n),
        Val::Dec(d) => Number::Decimal(d),
        Val::Money(d, c) => Number::Money(d, c),
        Val::Duration(ms) => Number::Duration(ms),
        Val::Time(t) => Number::Time(t),
        Val::Date(d) => Number::Date(d),
        Val::Bool(_) | Val::Text(_) | Val::List(_) => return None,
    })
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Bool(b) => b.to_string(),
        Literal::Int(n) => n.to_string(),
        Literal::Dec(d) => d.text(),
        Literal::Money(d, c) => format!("{} {}", d.text_fixed(c.decimals()), c.code()),
        Literal::Text(t) => format!("{t:?}"),
        Literal::Duration(ms) => duration_text(*ms),
        Literal::TextList(l) => format!("{l:?}"),
    }
}
