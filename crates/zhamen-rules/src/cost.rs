//! What rules cost an event, estimated before anything runs: a table of costs per operation, added
//! up over what a rule reads and counts. For `rules check`, to find the expensive rule; how fast a
//! site is, only a load test says.
//!
//! The worst case is taken: every line is read. Windows that look through single events are taken to
//! find [`KEPT`] of them. `cargo bench -p zhamen-rules --bench operations` measures the table anew and
//! prints it beside the figures here.

use std::collections::{BTreeMap, BTreeSet};

use zhamen_engine::event::EventKind;
use zhamen_engine::rule::{Expr, Func, RuleSet, SeriesId, WindowId};

use crate::build::Build;
use crate::rule::read;

/// Events that a window is taken to find under its key, where it looks at each.
pub const KEPT: u64 = 20;

/// An operation of which rules are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// Asking a rule at all.
    Rule,
    /// A comparison, a sum, `&&` and the like.
    Step,
    /// Reading a field.
    Field,
    /// Comparing or searching a text.
    Text,
    /// A regular expression on a text.
    Pattern,
    /// Hour, day or distance of a time.
    Time,
    /// Looking on a list.
    List,
    /// Reading a window.
    Window,
    /// Reading a window that another rule has read for this event.
    WindowAgain,
    /// One event that a window looks through: `this.`, `hops`.
    Scanned,
    /// One event that a window over totals of days adds up.
    Day,
    /// Counting an event in a series.
    Counted,
}

impl Op {
    /// All of them.
    pub const ALL: [Op; 12] = [
        Op::Rule,
        Op::Step,
        Op::Field,
        Op::Text,
        Op::Pattern,
        Op::Time,
        Op::List,
        Op::Window,
        Op::WindowAgain,
        Op::Scanned,
        Op::Day,
        Op::Counted,
    ];

    /// Nanoseconds of processor time on the reference machine, 2026-11-24: two virtual cores of an AMD
    /// EPYC server, the fastest of five runs, rounded to 5.
    #[must_use]
    pub const fn ns(self) -> u64 {
        match self {
            Op::Rule => 5,
            Op::Step => 30,
            Op::Field => 15,
            Op::Text => 70,
            Op::Pattern => 40,
            Op::Time => 25,
            Op::List => 25,
            Op::Window => 65,
            Op::WindowAgain => 5,
            Op::Scanned => 25,
            Op::Day => 10,
            Op::Counted => 340,
        }
    }
}

/// What a rule costs an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCost {
    /// Which rule.
    pub rule: String,
    /// Nanoseconds of an event of its types, as if it stood alone.
    pub ns_alone: u64,
}

/// What a set costs an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Costs {
    /// One for each rule, in the order of the set.
    pub rules: Vec<RuleCost>,
    /// The event type that costs most, and its nanoseconds: what rules share is counted once.
    pub set: Option<(EventKind, u64)>,
}

pub(crate) fn of(build: &Build, rules: &[read::Compiled]) -> Costs {
    let set = &build.set;
    let mut parts: Vec<(&read::Compiled, Parts)> = Vec::new();
    for compiled in rules {
        let mut reading = Parts::default();
        let rule = &compiled.rule;
        for line in rule.when.iter().chain(&rule.any).chain(&rule.unless) {
            reading.ns += expr(&line.expr, &mut reading.windows);
        }
        reading.ns += Op::Rule.ns();
        reading.close(set);
        parts.push((compiled, reading));
    }
    let alone = |(compiled, parts): &(&read::Compiled, Parts)| {
        let mut series = BTreeSet::new();
        let windows = parts.windows.iter().map(|w| window(set, *w, &mut series));
        let windows: u64 = windows.sum();
        let counted: u64 = series.iter().map(|s| self::counted(set, *s)).sum();
        RuleCost {
            rule: compiled.rule.id.to_string(),
            ns_alone: parts.ns + windows + counted,
        }
    };
    Costs {
        rules: parts.iter().map(alone).collect(),
        set: costliest(set, &parts),
    }
}

/// What the lines of a rule cost without the windows they read, and these.
#[derive(Debug, Default)]
struct Parts {
    ns: u64,
    windows: BTreeSet<WindowId>,
}

impl Parts {
    /// Adds the windows that windows read.
    fn close(&mut self, set: &RuleSet) {
        let mut open: Vec<WindowId> = self.windows.iter().copied().collect();
        while let Some(id) = open.pop() {
            let window = &set.windows[usize::from(id)];
            let mut more = BTreeSet::new();
            if let Some(filter) = &set.series[usize::from(window.series)].filter {
                expr(filter, &mut more);
            }
            more.extend(window.reset);
            open.extend(more.iter().filter(|w| self.windows.insert(**w)));
        }
    }
}

/// By event type: each rule's lines, each window and each series once.
fn costliest(set: &RuleSet, parts: &[(&read::Compiled, Parts)]) -> Option<(EventKind, u64)> {
    let mut by_kind: BTreeMap<EventKind, u64> = BTreeMap::new();
    for kind in EventKind::ALL.iter().copied() {
        let mut windows = BTreeSet::new();
        let mut ns = 0;
        for (_, parts) in parts.iter().filter(|(c, _)| c.rule.on.contains(kind)) {
            ns += parts.ns;
            for id in &parts.windows {
                let again = !windows.insert(*id);
                ns += if again {
                    Op::WindowAgain.ns()
                } else {
                    window(set, *id, &mut BTreeSet::new())
                };
            }
        }
        let series = 0..set.series.len();
        let here = series.filter(|s| set.series[*s].on.contains(kind));
        ns += here.map(|s| counted(set, s as SeriesId)).sum::<u64>();
        by_kind.insert(kind, ns);
    }
    let most = by_kind
        .into_iter()
        .max_by_key(|(kind, ns)| (*ns, std::cmp::Reverse(*kind)))?;
    Some(most).filter(|(_, ns)| *ns > 0)
}

/// Reading a window for the first time; notes its series.
fn window(set: &RuleSet, id: WindowId, series: &mut BTreeSet<SeriesId>) -> u64 {
    let window = &set.windows[usize::from(id)];
    series.insert(window.series);
    let mut ns = Op::Window.ns();
    if let Some(filter) = &window.correlated {
        ns += KEPT * (Op::Scanned.ns() + expr(filter, &mut BTreeSet::new()));
    }
    if window.daily {
        ns += KEPT * Op::Day.ns();
    }
    ns
}

/// Counting an event in a series.
fn counted(set: &RuleSet, id: SeriesId) -> u64 {
    let series = &set.series[usize::from(id)];
    let filter = series
        .filter
        .as_ref()
        .map_or(0, |f| expr(f, &mut BTreeSet::new()));
    let hops = if series.hops.is_some() {
        KEPT * Op::Scanned.ns()
    } else {
        0
    };
    Op::Counted.ns() + filter + hops
}

/// What an expression costs without the windows it reads, which are noted.
fn expr(tree: &Expr, windows: &mut BTreeSet<WindowId>) -> u64 {
    let mut all = |trees: &[Expr]| -> u64 { trees.iter().map(|t| expr(t, windows)).sum() };
    match tree {
        Expr::Literal(_) => 0,
        Expr::Field(_) | Expr::This(_) | Expr::HasField(_) | Expr::HasThis(_) => Op::Field.ns(),
        Expr::Window(id) | Expr::HasWindow(id) => {
            windows.insert(*id);
            0
        }
        Expr::Not(inner) | Expr::Neg(inner) => Op::Step.ns() + expr(inner, windows),
        Expr::And(terms) | Expr::Or(terms) => Op::Step.ns() + all(terms),
        Expr::Cmp(_, sides) | Expr::Math(_, sides) => Op::Step.ns() + all(&sides[..]),
        Expr::Cond(parts) => Op::Step.ns() + all(&parts[..]),
        Expr::In(sides) => Op::Text.ns() + all(&sides[..]),
        Expr::InList { value, .. } | Expr::ListClass { value, .. } => {
            Op::List.ns() + expr(value, windows)
        }
        Expr::Call(func, args) => {
            let op = match func {
                Func::Size | Func::StartsWith | Func::EndsWith | Func::Contains => Op::Text,
                Func::Hour | Func::Weekday | Func::Day | Func::Month | Func::DaysSince => Op::Time,
                _ => Op::Step,
            };
            op.ns() + all(args)
        }
        Expr::Matches(_, text) => Op::Pattern.ns() + expr(text, windows),
    }
}
