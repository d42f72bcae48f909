//! Which series share a stream, and what a row of it holds. Worked out once for each rule set.

use hashbrown::hash_map::Entry;

use crate::event::{Event, EventKind, Field, FieldType, KindSet, Value};
use crate::expr::Val;
use crate::facts::Facts;
use crate::hash::IdMap;
use crate::money::{Currency, Dec};
use crate::rule::{Reach, RuleSet, Series, SeriesId};
use crate::series::{self, NO_VALUE};
use crate::symbols::{Sym, Symbols};

use compact_str::CompactString;

/// Series of one stream at most: each has one bit in a row.
const MEMBERS_MAX: usize = 16;

/// One stream: what a row holds, and who counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    /// Key fields of the counted event.
    pub(crate) by: Vec<Field>,
    on: KindSet,
    /// The one field whose currency a row carries.
    pub(crate) money: Option<Field>,
    pub(crate) members: Vec<Member>,
    columns: Vec<Column>,
}

/// One series in its stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) series: SeriesId,
    /// Its text, by which it is known again under other rules.
    pub(crate) identity: std::sync::Arc<str>,
    /// Column of its values.
    pub(crate) value: Option<usize>,
    /// Values are numbers, else symbols.
    pub(crate) numeric: bool,
    /// Kept per currency.
    pub(crate) money: bool,
    pub(crate) undo: KindSet,
    pub(crate) reach: Reach,
    /// Fields kept for windows that compare with the judged event.
    kept: Vec<Kept>,
    /// Columns those need, ascending.
    pub(crate) kept_columns: Vec<usize>,
}

/// A kept field: where its value is, by place among the kept columns.
#[derive(Debug, Clone, PartialEq)]
struct Kept {
    field: Field,
    place: usize,
    /// Of money that is not the row's: where its currency is.
    currency: Option<usize>,
}

/// What a column holds. A partial reversal changes values only for those who ask for it, so what
/// is undone differently stands in columns of its own.
#[derive(Debug, Clone, PartialEq)]
struct Column {
    what: What,
    undo: KindSet,
}

#[derive(Debug, Clone, PartialEq)]
enum What {
    /// A value as a number; texts as symbols.
    Value(Field),
    /// A number as the symbol of its text.
    AsText(Field),
    /// The length of the chain of payments, as this series has it.
    Hops(SeriesId),
    /// The currency of money that is not the row's.
    Currency(Field),
}

/// Lists of texts that rows name by a symbol, so that they can be read as lists again.
pub(crate) type Texts = IdMap<Sym, Box<[CompactString]>>;

/// Between the texts of a list in the one text that stands for it.
pub(crate) const BETWEEN: char = '\u{1f}';

/// The streams of a rule set.
pub(crate) fn layouts(rules: &RuleSet) -> Vec<Layout> {
    let mut all: Vec<Layout> = Vec::new();
    for (id, s) in rules.series.iter().enumerate() {
        let money = money_of(s);
        let fits = |l: &&mut Layout| {
            l.by == s.by
                && l.on == s.on
                && l.members.len() < MEMBERS_MAX
                && (l.money.is_none() || money.is_none() || l.money == money)
        };
        match all.iter_mut().find(fits) {
            Some(layout) => layout.add(id as SeriesId, s),
            None => {
                let mut layout = Layout {
                    by: s.by.clone(),
                    on: s.on,
                    money: None,
                    members: Vec::new(),
                    columns: Vec::new(),
                };
                layout.add(id as SeriesId, s);
                all.push(layout);
            }
        }
    }
    all
}

/// The field whose currency a series needs to know of a row.
fn money_of(s: &Series) -> Option<Field> {
    let is_money = |f: &Field| f.ty() == FieldType::Money;
    let kept = || s.kept.iter().copied().find(is_money);
    s.value.filter(is_money).or_else(kept)
}

impl Layout {
    fn add(&mut self, id: SeriesId, s: &Series) {
        self.money = self.money.or(money_of(s));
        let value = if s.hops.is_some() {
            Some(What::Hops(id))
        } else {
            s.value.map(match s.as_text {
                true => What::AsText,
                false => What::Value,
            })
        };
        let value = value.map(|what| self.column(what, s.undo));
        let mut columns: Vec<usize> = Vec::new();
        let mut placed = |column: usize| match columns.iter().position(|c| *c == column) {
            Some(place) => place,
            None => {
                columns.push(column);
                columns.len() - 1
            }
        };
        let mut kept = Vec::new();
        for field in &s.kept {
            let place = placed(self.column(What::Value(*field), KindSet::default()));
            let other_money = field.ty() == FieldType::Money && self.money != Some(*field);
            let currency = other_money
                .then(|| placed(self.column(What::Currency(*field), KindSet::default())));
            kept.push(Kept {
                field: *field,
                place,
                currency,
            });
        }
        self.members.push(Member {
            series: id,
            identity: s.identity.clone(),
            value,
            numeric: series::is_numeric(s),
            money: series::is_money(s),
            undo: s.undo,
            reach: s.reach,
            kept,
            kept_columns: columns,
        });
    }

    fn column(&mut self, what: What, undo: KindSet) -> usize {
        let column = Column { what, undo };
        if let Some(i) = self.columns.iter().position(|c| *c == column) {
            return i;
        }
        self.columns.push(column);
        self.columns.len() - 1
    }

    /// Whether events of this type are counted.
    pub(crate) fn counts(&self, kind: EventKind) -> bool {
        self.on.contains(kind)
    }

    /// Values in a row.
    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether rows mean the same under the other layout.
    pub(crate) fn is_like(&self, other: &Layout) -> bool {
        let plain = |what: &What| match what {
            What::Hops(_) => What::Hops(0),
            other => other.clone(),
        };
        let alike = |a: &Member, b: &Member| a.identity == b.identity && a.reach == b.reach;
        self.by == other.by
            && self.on == other.on
            && self.money == other.money
            && self.members.len() == other.members.len()
            && self
                .members
                .iter()
                .zip(&other.members)
                .all(|(a, b)| alike(a, b))
            && self
                .columns
                .iter()
                .map(|c| plain(&c.what))
                .eq(other.columns.iter().map(|c| plain(&c.what)))
    }

    /// Which member a series is.
    pub(crate) fn member_of(&self, series: SeriesId) -> Option<usize> {
        self.members.iter().position(|m| m.series == series)
    }

    /// Members that take out again what a notice of this type undoes, as bits.
    pub(crate) fn undone_by(&self, kind: EventKind) -> u16 {
        let asked = self
            .members
            .iter()
            .enumerate()
            .filter(|(_, m)| m.undo.contains(kind));
        asked.fold(0, |bits, (i, _)| bits | 1 << i)
    }

    /// The mark of the event's currency in a row; 0: none.
    pub(crate) fn currency_of(&self, e: &Event) -> u8 {
        let money = self.money.and_then(|f| e.money(f));
        money.map_or(0, |m| mark(m.currency))
    }

    /// The value of a kept column for an event.
    pub(crate) fn kept_value(&self, column: usize, e: &Event, facts: &mut Facts) -> i64 {
        match self.columns[column].what {
            What::Value(field) => value_of(field, e, facts),
            What::Currency(field) => e.money(field).map_or(NO_VALUE, |m| mark(m.currency).into()),
            What::AsText(_) | What::Hops(_) => unreachable!("values are not kept columns"),
        }
    }

    /// Takes the lists of texts of rows that came from a snapshot.
    pub(crate) fn learn_texts(&self, column: usize, value: i64, symbols: &Symbols, to: &mut Texts) {
        let What::Value(field) = self.columns[column].what else {
            return;
        };
        if field.ty() == FieldType::TextList && value != NO_VALUE {
            remember(value as Sym, symbols.text(value as Sym), to);
        }
    }
}

/// A currency in one byte; 0 is none.
pub(crate) fn mark(currency: Currency) -> u8 {
    currency.index() + 1
}

fn value_of(field: Field, e: &Event, facts: &mut Facts) -> i64 {
    if let Some(text) = e.text(field) {
        return facts.intern(field, text).into();
    }
    match e.get(field) {
        None => NO_VALUE,
        Some(Value::Bool(b)) => (*b).into(),
        Some(Value::Int(n) | Value::Time(n) | Value::Date(n)) => *n,
        Some(Value::Money(m)) => m.minor,
        Some(Value::Text(_)) => unreachable!("texts were read above"),
        Some(Value::TextList(list)) => {
            let text = list.join(&BETWEEN.to_string());
            let sym = facts.symbols.intern(&text);
            remember(sym, &text, &mut facts.texts);
            sym.into()
        }
    }
}

fn remember(sym: Sym, text: &str, to: &mut Texts) {
    if let Entry::Vacant(place) = to.entry(sym) {
        let parts = text.split(BETWEEN).filter(|t| !t.is_empty());
        place.insert(parts.map(CompactString::new).collect());
    }
}

impl Member {
    /// A kept field as an expression sees it; `column` reads by place among the kept columns,
    /// `currency` is the row's.
    pub(crate) fn kept<'e>(
        &self,
        field: Field,
        currency: u8,
        column: impl Fn(usize) -> i64,
        facts: &'e Facts,
    ) -> Option<Val<'e>> {
        let kept = self.kept.iter().find(|k| k.field == field)?;
        let value = column(kept.place);
        if value == NO_VALUE {
            return None;
        }
        Some(match field.ty() {
            FieldType::Bool => Val::Bool(value != 0),
            FieldType::Int => Val::Int(value),
            FieldType::Time => Val::Time(value),
            FieldType::Date => Val::Date(value),
            FieldType::Text => Val::Text(facts.symbols.text(value as Sym)),
            FieldType::TextList => Val::List(facts.texts.get(&(value as Sym))?),
            FieldType::Money => {
                let mark = match kept.currency {
                    None => usize::from(currency),
                    Some(place) => column(place) as usize,
                };
                let currency = Currency::from_index(mark.checked_sub(1)?)?;
                let amount = Dec::new(value.into(), currency.decimals());
                Val::Money(amount, currency)
            }
        })
    }
}
