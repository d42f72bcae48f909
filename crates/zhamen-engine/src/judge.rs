//! Judges one event by the rules: reads windows as the lines ask for them, each once, and says
//! which rules fired, which fell back, and with what values.

mod explain;

pub use explain::{
    Answer, CONTRIBUTORS_MAX, Comparison, Contributor, Group, LineTrace, Named, Number, RuleTrace,
    Side, WindowTrace,
};

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use compact_str::CompactString;

use crate::entry::Policy;
use crate::event::{EntryKind, Event, Field, FieldType};
use crate::expr::{self, Fault, Val, World};
use crate::facts::Facts;
use crate::ledger::EventNo;
use crate::lists::Lists;
use crate::money::{Currency, Dec, Money, QUOTIENT_DECIMALS};
use crate::output::FallbackCode;
use crate::plan::Plan;
use crate::rule::{
    Action, Agg, Bilingual, CurrencyPolicy, Line, ListId, Over, Piece, Read, Rule, RuleSet,
    Template, TemplatePair, WindowId,
};
use crate::series::{self, KeyOf};
use crate::spread::Moments;
use crate::streams::{self, Held, KeptRow, Seen, StreamState, View};
use crate::symbols::EventSymbols;
use crate::time::{TimestampMs, date_text, duration_text, rfc3339};
use crate::window::{self, At, CORRELATED_MAX, Caches, Reading};

/// A window's reading and whether it is cut off at a bound.
type Taken = (Result<Reading, Fault>, bool);

/// Readings of one event, so that each window is read once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memo {
    generation: u32,
    taken: Vec<(u32, Taken)>,
    /// Slots that keys were found in, by look-up.
    slots: Vec<(u32, u32)>,
}

impl Memo {
    /// Forgets the last event.
    pub(crate) fn clear(&mut self, windows: usize, lookups: usize) {
        self.generation = self.generation.wrapping_add(1);
        let fits = self.taken.len() == windows && self.slots.len() == lookups;
        if !fits || self.generation == 0 {
            self.generation = 1;
            self.taken = vec![(0, (Err(Fault::Missing), false)); windows];
            self.slots = vec![(0, 0); lookups];
        }
    }
}

/// Everything one event is judged by.
pub(crate) struct Judge<'e> {
    pub(crate) event: &'e Event,
    pub(crate) no: EventNo,
    /// The time it is judged and counted at.
    pub(crate) at: TimestampMs,
    /// The journal's clock.
    pub(crate) now: TimestampMs,
    pub(crate) rules: &'e RuleSet,
    pub(crate) policy: &'e Policy,
    pub(crate) plan: &'e Plan,
    pub(crate) streams: &'e [StreamState],
    pub(crate) facts: &'e Facts,
    /// Symbols of the event's texts.
    pub(crate) own: &'e EventSymbols,
    pub(crate) lists: &'e Lists,
    pub(crate) caches: &'e Caches,
    pub(crate) memo: &'e RefCell<Memo>,
    /// Set when a window was missing because its key has moved on.
    pub(crate) stale: Cell<bool>,
    /// Set when a reading was cut off at a bound.
    pub(crate) saturated: Cell<bool>,
}

/// What a rule says of an event.
#[derive(Debug, Clone)]
pub(crate) enum Said {
    Silent,
    Fired {
        saturated: bool,
    },
    FellBack {
        action: Action,
        line: Arc<str>,
        code: FallbackCode,
    },
}

impl<'e> Judge<'e> {
    /// What one rule says.
    pub(crate) fn rule(&self, rule: &'e Rule) -> Said {
        self.saturated.set(false);
        for line in &rule.when {
            match self.line(line, rule) {
                Ok(true) => {}
                Ok(false) => return Said::Silent,
                Err(said) => return said,
            }
        }
        if !rule.any.is_empty() {
            let mut fallback = Said::Silent;
            let mut found = false;
            for line in &rule.any {
                match self.line(line, rule) {
                    Ok(true) => {
                        found = true;
                        break;
                    }
                    Ok(false) => {}
                    Err(said) => fallback = said,
                }
            }
            if !found {
                return fallback;
            }
        }
        for line in &rule.unless {
            // Money in another currency lets the rule fire, so it exempts nothing.
            if rule.currency == CurrencyPolicy::Fire
                && expr::holds(&line.expr, self, rule.currency) == Err(Fault::Currency)
            {
                continue;
            }
            match self.line(line, rule) {
                Ok(true) => return Said::Silent,
                Ok(false) => {}
                // An exemption that is merely absent does not exempt.
                Err(Said::Silent) => {}
                Err(said) => return said,
            }
        }
        Said::Fired {
            saturated: self.saturated.get(),
        }
    }

    /// Whether a `where` lets the event through to be counted.
    pub(crate) fn admits(&self, filter: &'e crate::rule::Expr, currency: CurrencyPolicy) -> bool {
        match expr::holds(filter, self, currency) {
            Err(Fault::Currency) => currency == CurrencyPolicy::Fire,
            other => other.unwrap_or(false),
        }
    }

    fn line(&self, line: &'e Line, rule: &'e Rule) -> Result<bool, Said> {
        let fell_back = |action, code| Said::FellBack {
            action,
            line: line.text.clone(),
            code,
        };
        match expr::holds(&line.expr, self, rule.currency) {
            Ok(b) => Ok(b),
            Err(Fault::Missing | Fault::Stale) => Err(match rule.on_missing {
                Some(action) => fell_back(
                    action,
                    if self.stale.get() {
                        Fault::Stale
                    } else {
                        Fault::Missing
                    },
                ),
                None => Said::Silent,
            }),
            Err(Fault::Currency) if rule.currency == CurrencyPolicy::Skip => Err(Said::Silent),
            Err(Fault::Currency) if rule.currency == CurrencyPolicy::Fire => Ok(true),
            Err(code) => Err(fell_back(rule.on_error, code)),
        }
    }

    /// Values of the fields and windows that a rule's lines read.
    pub(crate) fn values(&self, rule: &'e Rule) -> Vec<(CompactString, String)> {
        let one = |read: &'e Read| match read {
            Read::Field(f) => Some((CompactString::const_new(f.name()), text_of(self.field(*f)?))),
            Read::Window(id, name) => {
                Some((CompactString::new(name), text_of(self.window(*id).ok()?)))
            }
        };
        rule.reads.iter().filter_map(one).collect()
    }

    /// A rule's sentence with its values.
    pub(crate) fn explain(&self, pair: &'e TemplatePair) -> Bilingual {
        Bilingual {
            zh: self.fill(&pair.zh),
            en: self.fill(&pair.en),
        }
    }

    fn fill(&self, template: &'e Template) -> String {
        let piece = |piece: &'e Piece| match piece {
            Piece::Text(t) => t.clone(),
            Piece::Field(f) => self.field(*f).map_or_else(|| "—".to_owned(), text_of),
            Piece::Window(id) => self.window(*id).map_or_else(|_| "—".to_owned(), text_of),
        };
        template.0.iter().map(piece).collect()
    }

    /// The currency that money windows are read in.
    fn currency(&self) -> Currency {
        let money = self
            .event
            .money(Field::TxnAmount)
            .or_else(|| self.event.money(Field::OrderAmount));
        money.map_or(Currency::CNY, |m| m.currency)
    }

    /// What a window looks at.
    fn view(&self, id: WindowId) -> Result<View<'e>, Fault> {
        let w = &self.rules.windows[usize::from(id)];
        let (stream, member) = self.plan.places[usize::from(w.series)];
        let layout = &self.plan.layouts[stream];
        let m = &layout.members[member];
        let slot = self.slot(self.plan.lookup_of[usize::from(id)])?;
        let Some(i) = slot else {
            let held = Held::Nothing;
            return Ok(View { member: m, held });
        };
        let slot = &self.streams[stream].slots[i as usize];
        let currency = match m.money {
            true => streams::mark(self.currency()),
            false => 0,
        };
        if slot.has_moved_on(layout, member, currency, self.at, self.policy.lateness_ms) {
            self.stale.set(true);
            return Err(Fault::Stale);
        }
        Ok(slot.view(i, layout, member, currency))
    }

    /// The slot of the key that a look-up asks for.
    fn slot(&self, lookup: usize) -> Result<Option<u32>, Fault> {
        {
            let memo = self.memo.borrow();
            let (generation, slot) = memo.slots[lookup];
            if generation == memo.generation {
                return Ok(Some(slot));
            }
        }
        let (stream, by) = &self.plan.lookups[lookup];
        let key = match series::key_of(self.event, by, |f, t| {
            self.own.find(f, t, &self.facts.symbols)
        }) {
            KeyOf::Absent => return Err(Fault::Missing),
            KeyOf::Unknown => return Ok(None),
            KeyOf::Known(key) => key,
        };
        let state = &self.streams[*stream];
        let Some(i) = state.find(&key) else {
            return Ok(None);
        };
        if state.slots[i as usize].touched < self.plan.forgotten(*stream, self.now) {
            return Ok(None);
        }
        // A key not found may be there once more series have counted the event.
        let mut memo = self.memo.borrow_mut();
        memo.slots[lookup] = (memo.generation, i);
        Ok(Some(i))
    }

    fn read(&self, id: WindowId) -> Taken {
        let w = &self.rules.windows[usize::from(id)];
        let all = self
            .view(id)
            .and_then(|view| Ok((view, self.span(view, w)?)));
        let (view, span) = match all {
            Ok(all) => all,
            Err(fault) => return (Err(fault), false),
        };
        match &w.correlated {
            Some(filter) => self.read_correlated(w, filter, view, span),
            None => window::read(view, w, id, self.moment(), span, self.caches),
        }
    }

    /// What readings are taken at.
    fn moment(&self) -> At {
        At {
            time: self.at,
            own: Some(self.no),
        }
    }

    /// Positions of what a window covers.
    fn span(&self, view: View<'e>, w: &crate::rule::Window) -> Result<(usize, usize), Fault> {
        let (at, calendar) = (self.moment(), &self.plan.calendar);
        let after = self.after(w)?;
        Ok(window::span(view, w, at, after, calendar))
    }

    /// The last hit that set a window back: never the judged event's own, which is counted after
    /// the decision and is there when an explanation is made.
    fn after(&self, w: &crate::rule::Window) -> Result<Option<window::Mark>, Fault> {
        let Some(id) = w.reset else { return Ok(None) };
        let view = self.view(id)?;
        let span = self.span(view, &self.rules.windows[usize::from(id)])?;
        let mut newest = view.entries(span).rev().map(|(_, e)| (e.at, e.no));
        Ok(newest.find(|mark| *mark != (self.at, self.no)))
    }

    /// Scans the key's newest events for those that the filter lets through.
    fn read_correlated(
        &self,
        w: &'e crate::rule::Window,
        filter: &'e crate::rule::Expr,
        view: View<'e>,
        span: (usize, usize),
    ) -> Taken {
        let mut picked: Vec<(TimestampMs, i64)> = Vec::new();
        let mut newest = view.entries(span).rev();
        for (i, entry) in newest.by_ref().take(CORRELATED_MAX) {
            if window::leaves_out(w) && entry.at == self.at && entry.no == self.no {
                continue;
            }
            if self.lets_through(w, filter, view, i, entry.at) {
                picked.push((entry.at, entry.value));
            }
        }
        let truncated = newest.next().is_some();
        let numbers = || {
            picked
                .iter()
                .map(|(_, v)| *v)
                .filter(|v| *v != series::NO_VALUE)
        };
        let count = picked.len() as i64;
        let reading = match w.agg {
            Agg::Count => Ok(Reading::Count(count)),
            Agg::Sum => Ok(Reading::Sum(numbers().map(i128::from).sum())),
            Agg::Avg if count > 0 => Ok(Reading::Average(numbers().map(i128::from).sum(), count)),
            Agg::Avg => Err(Fault::Missing),
            Agg::Distinct => {
                let mut all: Vec<i64> = numbers().collect();
                all.sort_unstable();
                all.dedup();
                Ok(Reading::Count(all.len() as i64))
            }
            Agg::Min => numbers().min().map(Reading::One).ok_or(Fault::Missing),
            Agg::Max => numbers().max().map(Reading::One).ok_or(Fault::Missing),
            Agg::Hops => Ok(Reading::Count(numbers().max().unwrap_or(0))),
            Agg::StdDev => Ok(Reading::Moments(Moments::of(numbers().map(i128::from)))),
            Agg::First => numbers()
                .next_back()
                .map(Reading::One)
                .ok_or(Fault::Missing),
            Agg::Last => numbers().next().map(Reading::One).ok_or(Fault::Missing),
            Agg::Since => picked
                .first()
                .map(|(at, _)| Reading::Span(self.at - at))
                .ok_or(Fault::Missing),
        };
        (reading, truncated)
    }

    /// Whether a counted event passes a filter that compares it with the judged one.
    fn lets_through(
        &self,
        w: &crate::rule::Window,
        filter: &'e crate::rule::Expr,
        view: View<'e>,
        i: usize,
        at: TimestampMs,
    ) -> bool {
        let Some(row) = view.kept(i) else {
            return false;
        };
        let counted = Counted {
            judge: self,
            at,
            row,
        };
        match expr::holds(filter, &counted, w.currency) {
            Err(Fault::Currency) => w.currency == CurrencyPolicy::Fire,
            other => other.unwrap_or(false),
        }
    }

    /// How many events a window covers, and the newest of them in order.
    pub(crate) fn covered(&self, id: WindowId, most: usize) -> (u64, Vec<EventNo>) {
        let Ok(view) = self.view(id) else {
            return (0, Vec::new());
        };
        let w = &self.rules.windows[usize::from(id)];
        let Ok(span) = self.span(view, w) else {
            return (0, Vec::new());
        };
        let left_out = window::leaves_out(w);
        let counts = |i: usize, entry: Seen| {
            if left_out && entry.no == self.no {
                return false;
            }
            match &w.correlated {
                None => true,
                Some(filter) => self.lets_through(w, filter, view, i, entry.at),
            }
        };
        let looked_at = if w.correlated.is_some() {
            CORRELATED_MAX
        } else {
            usize::MAX
        };
        let mut covered = 0;
        let mut newest = Vec::new();
        let newest_first = view.entries(span).rev().take(looked_at);
        for (_, entry) in newest_first.filter(|(i, e)| counts(*i, *e)) {
            covered += 1;
            if newest.len() < most {
                newest.push(entry.no);
            }
        }
        newest.reverse();
        if w.over == Over::Ever {
            covered += view.totals().map_or(0, |t| t.count);
        }
        (covered, newest)
    }

    fn taken(&self, id: WindowId) -> Taken {
        let slot = usize::from(id);
        {
            let memo = self.memo.borrow();
            let (generation, taken) = memo.taken[slot];
            if generation == memo.generation {
                return taken;
            }
        }
        let taken = self.read(id);
        let mut memo = self.memo.borrow_mut();
        memo.taken[slot] = (memo.generation, taken);
        taken
    }
}

impl<'e> World<'e> for Judge<'e> {
    fn rules(&self) -> &'e RuleSet {
        self.rules
    }

    fn window(&self, id: WindowId) -> Result<Val<'e>, Fault> {
        let (reading, saturated) = self.taken(id);
        if saturated {
            self.saturated.set(true);
        }
        // A reading remembered from a `where` is as stale as a fresh one.
        if reading == Err(Fault::Stale) {
            self.stale.set(true);
        }
        let w = &self.rules.windows[usize::from(id)];
        let field = self.rules.series[usize::from(w.series)].value;
        let ty = field.map_or(FieldType::Int, Field::ty);
        let number = |sum: i128| -> Result<Val<'e>, Fault> {
            Ok(match ty {
                FieldType::Money => {
                    let c = self.currency();
                    Val::Money(Dec::new(sum, c.decimals()), c)
                }
                FieldType::Time => Val::Time(i64::try_from(sum).map_err(|_| Fault::Overflow)?),
                FieldType::Date => Val::Date(i64::try_from(sum).map_err(|_| Fault::Overflow)?),
                FieldType::Bool => Val::Bool(sum != 0),
                FieldType::Text | FieldType::TextList => {
                    Val::Text(self.facts.symbols.text(sum as u32))
                }
                FieldType::Int => Val::Int(i64::try_from(sum).map_err(|_| Fault::Overflow)?),
            })
        };
        match reading? {
            Reading::Count(n) => Ok(Val::Int(n)),
            Reading::Sum(sum) => number(sum),
            Reading::One(n) => number(i128::from(n)),
            Reading::Span(ms) => Ok(Val::Duration(ms)),
            Reading::Moments(moments) => {
                let money = (ty == FieldType::Money).then(|| self.currency());
                let decimals = money.map_or(0, Currency::decimals);
                let deviation = moments.deviation(decimals).map_err(|()| Fault::Overflow)?;
                let d = Dec::new(deviation.ok_or(Fault::Missing)?, QUOTIENT_DECIMALS).trim();
                Ok(money.map_or(Val::Dec(d), |c| Val::Money(d, c)))
            }
            Reading::Average(sum, n) => match number(sum)? {
                Val::Money(d, c) => Ok(Val::Money(d.over(Dec::int(n))?, c)),
                Val::Int(s) => Ok(Val::Dec(Dec::int(s).over(Dec::int(n))?)),
                other => unreachable!("the compiler admits no average of {other:?}"),
            },
        }
    }

    fn in_list(&self, list: ListId, kind: Option<EntryKind>, value: &str) -> Result<bool, Fault> {
        self.check_list(list)?;
        let list = self.lists.get(&self.rules.list_names[usize::from(list)]);
        Ok(list.is_some_and(|l| l.find(kind, value, self.now).is_some()))
    }

    fn list_class(
        &self,
        list: ListId,
        kind: Option<EntryKind>,
        value: &str,
    ) -> Result<&'e str, Fault> {
        self.check_list(list)?;
        let list = self.lists.get(&self.rules.list_names[usize::from(list)]);
        list.and_then(|l| l.find(kind, value, self.now))
            .map(|i| i.class.as_str())
            .ok_or(Fault::Missing)
    }

    fn rate(&self, currency: Currency) -> Option<Dec> {
        self.policy.rates.get(currency.code()).copied()
    }

    fn this(&self, field: Field) -> Option<Val<'e>> {
        self.field(field)
    }

    fn text(&self, field: Field) -> Option<&'e str> {
        self.event.text(field)
    }

    fn money(&self, field: Field) -> Option<Money> {
        self.event.money(field)
    }

    fn field(&self, field: Field) -> Option<Val<'e>> {
        match field {
            Field::OccurredAt => Some(Val::Time(self.at)),
            _ => expr::field_of(self.event, field),
        }
    }
}

impl Judge<'_> {
    /// A declared list that must be there and fresh.
    fn check_list(&self, id: ListId) -> Result<(), Fault> {
        let Some(def) = self.rules.lists.iter().find(|d| d.list == id) else {
            return Ok(());
        };
        match self.lists.get(&self.rules.list_names[usize::from(id)]) {
            None if def.required => Err(Fault::ListMissing),
            None => Ok(()),
            Some(l)
                if def
                    .stale_after_ms
                    .is_some_and(|ms| self.now - l.changed_at > ms) =>
            {
                Err(Fault::ListStale)
            }
            Some(_) => Ok(()),
        }
    }
}

/// A counted event's kept fields, beside the event being judged.
struct Counted<'j, 'e> {
    judge: &'j Judge<'e>,
    at: TimestampMs,
    row: KeptRow<'e>,
}

impl<'e> World<'e> for Counted<'_, 'e> {
    fn rules(&self) -> &'e RuleSet {
        self.judge.rules
    }
    fn window(&self, id: WindowId) -> Result<Val<'e>, Fault> {
        self.judge.window(id)
    }
    fn in_list(&self, list: ListId, kind: Option<EntryKind>, value: &str) -> Result<bool, Fault> {
        self.judge.in_list(list, kind, value)
    }
    fn list_class(
        &self,
        list: ListId,
        kind: Option<EntryKind>,
        value: &str,
    ) -> Result<&'e str, Fault> {
        self.judge.list_class(list, kind, value)
    }
    fn rate(&self, currency: Currency) -> Option<Dec> {
        self.judge.rate(currency)
    }
    fn this(&self, field: Field) -> Option<Val<'e>> {
        self.judge.field(field)
    }
    fn field(&self, field: Field) -> Option<Val<'e>> {
        if field == Field::OccurredAt {
            return Some(Val::Time(self.at));
        }
        self.row.get(field, self.judge.facts)
    }
}

/// A value as `values` and explanations write it.
pub(crate) fn text_of(v: Val<'_>) -> String {
    match v {
        Val::Bool(b) => b.to_string(),
        Val::Int(n) => n.to_string(),
        Val::Dec(d) => d.text(),
        Val::Money(d, c) => d.text_fixed(c.decimals()),
        Val::Text(t) => t.to_owned(),
        Val::Time(t) => rfc3339(t),
        Val::Date(d) => date_text(d),
        Val::Duration(d) => duration_text(d),
        Val::List(l) => l.join(","),
    }
}
