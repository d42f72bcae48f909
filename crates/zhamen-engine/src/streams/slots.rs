//! All keys of one stream: a dense slot each, found by a table of numbers. What is counted enters
//! here, and what is taken out again leaves here.

use super::layout::{Layout, Member, Texts};
use super::rows::Rows;
use super::view::View;
use crate::entry::Policy;
use crate::hash::roll;
use crate::ledger::{EventNo, Ledger, is_before};
use crate::log::{Log, Totals};
use crate::plan::Plan;
use crate::rule::Reach;
use crate::series::{self, Key, NO_VALUE};
use crate::symbols::Symbols;
use crate::table::Table;
use crate::time::{TimestampMs, WorkingDays};

/// All keys of one stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct StreamState {
    pub(crate) slots: Vec<Slot>,
    table: Table,
    free: Vec<u32>,
    cursor: u32,
}

/// One key: a cache line, and its rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    pub(crate) key: Key,
    /// Nobody's: free to be used again.
    pub(crate) free: bool,
    /// Time of the newest event ever counted here, whichever series counted it.
    pub(crate) newest: TimestampMs,
    /// Journal's clock when an event was last counted.
    pub(crate) touched: TimestampMs,
    pub(crate) rows: Rows,
    pub(crate) more: Option<Box<More>>,
}

/// What only some keys have.
#[derive(Debug, Clone, Default)]
pub(crate) struct More {
    /// For `ever`: what has left the rows, by member and currency.
    pub(crate) totals: Vec<(u8, u8, Totals)>,
    /// Instead of rows, where there were too many.
    pub(crate) logs: Option<Vec<Many>>,
}

/// The many events of one member in one currency.
#[derive(Debug, Clone)]
pub(crate) struct Many {
    pub(crate) member: u8,
    /// 0 where the member does not keep money.
    pub(crate) currency: u8,
    pub(crate) log: Log,
}

/// An event to be counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted<'c> {
    pub(crate) at: TimestampMs,
    pub(crate) no: EventNo,
    /// Mark of the row's currency.
    pub(crate) currency: u8,
    /// The member's value, [`NO_VALUE`] for none.
    pub(crate) value: i64,
    /// The member's kept columns.
    pub(crate) kept: &'c [i64],
}

/// How long what is counted stays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping<'k> {
    lateness_ms: i64,
    /// The oldest event of the ledger: a notice may still take out it and those after it.
    oldest: EventNo,
    /// Rows of a key at most.
    rows_max: usize,
    calendar: &'k WorkingDays,
}

impl<'k> Keeping<'k> {
    pub(crate) fn new(
        policy: &Policy,
        plan: &'k Plan,
        ledger: &Ledger,
        rows_max: usize,
    ) -> Keeping<'k> {
        Keeping {
            lateness_ms: policy.lateness_ms,
            oldest: ledger.oldest(),
            rows_max,
            calendar: &plan.calendar,
        }
    }

    /// Events of a member at or before this are out of reach of its every window.
    fn out(&self, m: &Member, newest: TimestampMs) -> TimestampMs {
        series::out_of_reach(m.reach, newest, self.lateness_ms, self.calendar)
    }

    /// Whether an event that is out of reach may go: what a notice may still take out is not folded
    /// into totals, nor counted among the newest, before the ledger has forgotten it.
    fn may_go(&self, m: &Member, no: EventNo) -> bool {
        let by_number = matches!(m.reach, Reach::Ever | Reach::Newest(_));
        m.undo.is_empty() || !by_number || is_before(no, self.oldest)
    }
}

fn hash_of(key: &Key) -> u64 {
    let [a, b, c] = key.map(u64::from);
    roll(roll(a << 32 | b, c), 0)
}

impl StreamState {
    /// The slot of a key.
    pub(crate) fn find(&self, key: &Key) -> Option<u32> {
        let same = |i: u32| self.slots[i as usize].key == *key;
        self.table.find(hash_of(key), same)
    }

    /// What the slot of a key may be, without looking at slots.
    pub(crate) fn likely(&self, key: &Key) -> Option<u32> {
        self.table.likely(hash_of(key))
    }

    /// The slot of a key, made if need be; one not touched since `forgotten` starts anew. Says
    /// whether logs were let go, whose caches are void then.
    pub(crate) fn open(&mut self, key: Key, forgotten: TimestampMs) -> (u32, bool) {
        if let Some(i) = self.find(&key) {
            let slot = &mut self.slots[i as usize];
            let had_logs = slot.touched < forgotten && slot.has_logs();
            if slot.touched < forgotten {
                *slot = Slot::new(key);
            }
            return (i, had_logs);
        }
        let slot = Slot::new(key);
        let i = match self.free.pop() {
            Some(i) => {
                self.slots[i as usize] = slot;
                i
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        self.table.insert(hash_of(&key), i);
        (i, false)
    }

    /// Looks at the next place in turn and frees it if it is forgotten. Called once per event
    /// counted, so that freeing keeps up with growth. What a window reads does not depend on it.
    /// Says whether logs were let go.
    pub(crate) fn tidy(&mut self, forgotten: TimestampMs) -> bool {
        if self.slots.is_empty() {
            return false;
        }
        let i = self.cursor as usize % self.slots.len();
        self.cursor = i as u32 + 1;
        let slot = &mut self.slots[i];
        if slot.free || slot.touched >= forgotten {
            return false;
        }
        let had_logs = slot.has_logs();
        self.let_go(i);
        had_logs
    }

    /// Lets go of every key not touched since `forgotten` and of every row out of reach. What is
    /// left is a function of what was counted, not of how full memory happened to be: so it must be
    /// before other rules, which may look farther back, take it over.
    pub(crate) fn trim(&mut self, layout: &Layout, keeping: Keeping<'_>, forgotten: TimestampMs) {
        for i in 0..self.slots.len() {
            let slot = &mut self.slots[i];
            if slot.free {
                continue;
            }
            if slot.touched < forgotten {
                self.let_go(i);
            } else if !slot.has_logs() {
                slot.compact(layout, keeping);
            }
        }
    }

    /// Frees a slot.
    fn let_go(&mut self, i: usize) {
        self.table.remove(hash_of(&self.slots[i].key), i as u32);
        self.slots[i] = Slot {
            free: true,
            ..Slot::default()
        };
        self.free.push(i as u32);
    }

    /// Keys in use.
    pub(crate) fn used(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|s| !s.free)
    }

    /// Bytes it holds, an estimate from capacities.
    pub(crate) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
            + self.table.bytes()
            + self.slots.iter().map(Slot::heap_bytes).sum::<usize>()
    }
}

impl Slot {
    pub(crate) fn new(key: Key) -> Slot {
        Slot {
            key,
            free: false,
            newest: TimestampMs::MIN,
            touched: TimestampMs::MAX,
            rows: Rows::default(),
            more: None,
        }
    }

    fn has_logs(&self) -> bool {
        self.more.as_ref().is_some_and(|m| m.logs.is_some())
    }

    /// What one member sees of it; `place` names the slot in its stream.
    pub(crate) fn view<'s>(
        &'s self,
        place: u32,
        layout: &'s Layout,
        member: usize,
        currency: u8,
    ) -> View<'s> {
        View::new(self, place, layout, member, currency)
    }

    /// Whether the key has moved on for a member: its newest event is more than `lateness_ms`
    /// newer than one at `at`.
    pub(crate) fn has_moved_on(
        &self,
        layout: &Layout,
        member: usize,
        currency: u8,
        at: TimestampMs,
        lateness_ms: i64,
    ) -> bool {
        self.newest.saturating_sub(lateness_ms) > at
            && self
                .view(0, layout, member, currency)
                .newest()
                .saturating_sub(lateness_ms)
                > at
    }

    /// Counts an event for one member. The caller has made sure that it is not too late.
    pub(crate) fn count(
        &mut self,
        layout: &Layout,
        member: usize,
        event: Counted<'_>,
        keeping: Keeping<'_>,
    ) {
        self.newest = self.newest.max(event.at);
        if !self.has_logs() {
            let width = layout.width();
            let found = self.rows.find(event.at, event.no, width);
            if found.is_none() && self.rows.is_full(width) {
                self.make_room(layout, keeping);
            }
            if !self.has_logs() {
                let row = found
                    .unwrap_or_else(|| self.rows.insert(event.at, event.currency, event.no, width));
                self.rows.admit(row, 1 << member, width);
                let m = &layout.members[member];
                if let Some(column) = m.value {
                    self.rows.set_column(row, column, event.value, width);
                }
                for (column, value) in m.kept_columns.iter().zip(event.kept) {
                    self.rows.set_column(row, *column, *value, width);
                }
                if m.reach == Reach::Ever {
                    self.fold(layout, member, event.currency, keeping);
                }
                return;
            }
        }
        self.count_in_log(layout, member, event, keeping);
    }

    fn count_in_log(
        &mut self,
        layout: &Layout,
        member: usize,
        event: Counted<'_>,
        keeping: Keeping<'_>,
    ) {
        let m = &layout.members[member];
        let currency = if m.money { event.currency } else { 0 };
        let log = self.log(member as u8, currency);
        let kept = (!m.kept_columns.is_empty())
            .then(|| [&[i64::from(event.currency)], event.kept].concat().into());
        log.insert(event.at, event.no, event.value, m.numeric, kept);
        let out = keeping.out(m, log.newest);
        log.evict(out, m.reach, m.numeric, m.value.is_some(), |no| {
            keeping.may_go(m, no)
        });
    }

    /// The log of a member, made if need be.
    fn log(&mut self, member: u8, currency: u8) -> &mut Log {
        let more = self.more.get_or_insert_default();
        log_of(more.logs.get_or_insert_default(), member, currency)
    }

    /// Lets go of rows nobody can see any more; where that is not enough, allows more of them or
    /// turns them into logs.
    fn make_room(&mut self, layout: &Layout, keeping: Keeping<'_>) {
        let width = layout.width();
        let before = self.rows.len(width);
        if before < 2 {
            return;
        }
        self.compact(layout, keeping);
        let left = self.rows.len(width);
        // A quarter free, or it would be full again at once.
        if left > keeping.rows_max / 4 * 3 {
            self.keep_logs(layout);
        } else if left * 4 > before * 3 {
            self.rows.grow(width);
        }
    }

    /// Folds what is out of reach of an `ever` member into its totals, as soon as it is: what is
    /// listed as evidence must not depend on how full the rows are.
    fn fold(&mut self, layout: &Layout, member: usize, currency: u8, keeping: Keeping<'_>) {
        let (width, m) = (layout.width(), &layout.members[member]);
        let currency = if m.money { currency } else { 0 };
        let newest = self.view(0, layout, member, currency).newest();
        let out = keeping.out(m, newest);
        for i in 0..self.rows.upto(out, width) {
            let row = self.rows.get(i, width);
            let is_mine = row.live() & 1 << member != 0;
            let is_mine = is_mine && keeping.may_go(m, row.no());
            if is_mine && (!m.money || row.currency() == currency) {
                let (at, value) = (row.at(), m.value.map_or(NO_VALUE, |c| row.column(c)));
                let totals = self.totals(member as u8, currency);
                totals.fold(at, value, m.numeric, m.value.is_some());
                self.rows.clear_live(i, 1 << member, width);
            }
        }
    }

    /// Lets go of what is out of reach.
    fn compact(&mut self, layout: &Layout, keeping: Keeping<'_>) {
        let width = layout.width();
        let rows = self.rows.len(width);
        // Newest first: what is out of reach depends on the newest, by member and currency.
        let mut seen: Vec<Reached> = Vec::new();
        let mut dead = vec![0_u16; rows];
        let mut keep = vec![false; rows];
        for i in (0..rows).rev() {
            let row = self.rows.get(i, width);
            for member in bits(row.admitted()) {
                let m = &layout.members[member];
                let currency = if m.money { row.currency() } else { 0 };
                let is_it = |r: &Reached| r.member == member && r.currency == currency;
                let place = seen.iter().position(is_it).unwrap_or_else(|| {
                    // It tells how far the key has moved on.
                    keep[i] = true;
                    seen.push(Reached {
                        member,
                        currency,
                        out: keeping.out(m, row.at()),
                        passed: 0,
                    });
                    seen.len() - 1
                });
                let reached = &mut seen[place];
                if row.live() & 1 << member == 0 {
                    continue;
                }
                let is_dead = row.at() <= reached.out
                    && keeping.may_go(m, row.no())
                    && match m.reach {
                        // Folded before this, or not yet out of reach when it last counted.
                        Reach::Ever => false,
                        // So many newer ones, and the judged event itself, are before any to come.
                        Reach::Newest(n) => reached.passed > n,
                        _ => true,
                    };
                if row.at() <= reached.out {
                    reached.passed = reached.passed.saturating_add(1);
                }
                if is_dead {
                    dead[i] |= 1 << member;
                }
            }
        }
        for i in 0..rows {
            self.rows.clear_live(i, dead[i], width);
            keep[i] |= self.rows.get(i, width).live() != 0;
        }
        self.rows.retain(width, |i| keep[i]);
    }

    fn totals(&mut self, member: u8, currency: u8) -> &mut Totals {
        let all = &mut self.more.get_or_insert_default().totals;
        let is_it = |(m, c, _): &(u8, u8, Totals)| *m == member && *c == currency;
        let place = all.iter().position(is_it).unwrap_or_else(|| {
            all.push((member, currency, Totals::default()));
            all.len() - 1
        });
        &mut all[place].2
    }

    /// Turns the rows into logs, one for each member and currency that counted any.
    fn keep_logs(&mut self, layout: &Layout) {
        let logs = self.as_logs(layout, u16::MAX);
        self.rows = Rows::default();
        let more = self.more.get_or_insert_default();
        more.totals = Vec::new();
        more.logs = Some(logs);
    }

    /// Takes an event out for the members that ask for it, or an amount of it where that is less.
    pub(crate) fn take_out(
        &mut self,
        layout: &Layout,
        members: u16,
        (at, no): (TimestampMs, EventNo),
        currency: u8,
        amount: Option<i64>,
    ) {
        let width = layout.width();
        if !self.has_logs() {
            let Some(row) = self.rows.find(at, no, width) else {
                return;
            };
            let live = self.rows.get(row, width).live() & members;
            let Some(amount) = amount else {
                self.rows.clear_live(row, live, width);
                return;
            };
            // A column may be several members'.
            let mut lowered = 0_u64;
            for member in bits(live) {
                let m = &layout.members[member];
                let Some(column) = m.value.filter(|_| m.money && m.numeric) else {
                    continue;
                };
                if lowered & 1 << column == 0 {
                    lowered |= 1 << column;
                    let value = self.rows.get(row, width).column(column);
                    let value = value.wrapping_sub(amount);
                    self.rows.set_column(row, column, value, width);
                }
            }
            return;
        }
        let logs = self.more.as_mut().and_then(|m| m.logs.as_mut());
        for many in logs.into_iter().flatten() {
            let m = &layout.members[usize::from(many.member)];
            let asked = members & 1 << many.member != 0;
            if !asked || m.money && many.currency != currency {
                continue;
            }
            match (many.log.find(at, no), amount) {
                (Some(i), None) => many.log.remove(i, m.numeric),
                (Some(i), Some(amount)) if m.money && m.numeric => many.log.reduce(i, amount),
                // Never counted, taken out already, or older than anything a window sees.
                _ => {}
            }
        }
    }

    /// Takes the lists of texts that its events keep, after a restore.
    pub(crate) fn learn_texts(&self, layout: &Layout, symbols: &Symbols, to: &mut Texts) {
        for row in self.rows.iter(layout.width()) {
            for member in bits(row.admitted()) {
                for column in &layout.members[member].kept_columns {
                    layout.learn_texts(*column, row.column(*column), symbols, to);
                }
            }
        }
        let logs = self.more.as_deref().and_then(|m| m.logs.as_ref());
        for many in logs.into_iter().flatten() {
            let columns = &layout.members[usize::from(many.member)].kept_columns;
            for kept in many.log.extra.iter().flat_map(|x| &x.kept) {
                for (column, value) in columns.iter().zip(&kept[1..]) {
                    layout.learn_texts(*column, *value, symbols, to);
                }
            }
        }
    }

    /// Bytes it holds beyond itself.
    fn heap_bytes(&self) -> usize {
        let more = self.more.as_deref().map_or(0, |m| {
            let totals = m.totals.iter().map(|(_, _, t)| 32 + t.heap_bytes());
            let logs = m.logs.iter().flatten();
            size_of::<More>()
                + totals.sum::<usize>()
                + logs
                    .map(|l| size_of::<Many>() + l.log.heap_bytes())
                    .sum::<usize>()
        });
        self.rows.heap_bytes() + more
    }

    /// Events counted here that still count for somebody.
    pub(crate) fn events(&self, layout: &Layout) -> usize {
        match self.more.as_deref().and_then(|m| m.logs.as_ref()) {
            Some(logs) => logs.iter().map(|l| l.log.live().len()).max().unwrap_or(0),
            None => self.rows.len(layout.width()),
        }
    }
}

/// The log of a member in a currency, made if need be.
pub(super) fn log_of(logs: &mut Vec<Many>, member: u8, currency: u8) -> &mut Log {
    let is_it = |l: &Many| l.member == member && l.currency == currency;
    let place = logs.iter().position(is_it).unwrap_or_else(|| {
        logs.push(Many {
            member,
            currency,
            log: Log {
                newest: TimestampMs::MIN,
                ..Log::default()
            },
        });
        logs.len() - 1
    });
    &mut logs[place].log
}

/// How far a member's windows reach back from its newest event.
struct Reached {
    member: usize,
    currency: u8,
    out: TimestampMs,
    /// Live rows at or before `out` met so far, newest first.
    passed: u32,
}

/// Positions of the bits that are set.
pub(crate) fn bits(set: u16) -> impl Iterator<Item = usize> {
    let mut rest = set;
    std::iter::from_fn(move || {
        let next = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(next)
    })
}
