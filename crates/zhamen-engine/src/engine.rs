//! The fold: one journal record in, its decisions and everything else it leads to out.
//!
//! [`Engine::step`] is the whole of it. What one record goes through: is it new (marks), is it a
//! repeat (ledger), what time is it judged at, what does it take out or put in (lists, life
//! cycles, series), what do the rules say (`decide.rs`).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use compact_str::CompactString;

use crate::ahead::{Ahead, TOGETHER};
use crate::alert::Quiet;
use crate::chain::Chains;
use crate::decide::Hit;
use crate::entry::{Activation, Block, Body, Code, Entry, Record};
use crate::event::{Event, EventKind, Field};
use crate::facts::Facts;
use crate::hash::{roll, roll_value, text_hash};
use crate::judge::{Judge, Memo};
use crate::ledger::{Decided, EventNo, Known, NO_EVENT};
use crate::life::{InquiryCounts, Life, LifeStats, Moment, Quality};
use crate::lists::Lists;
use crate::marks::Marks;
use crate::output::{Coordinates, Decision, Degraded, EventName, FallbackCode, Fired, Output};
use crate::plan::Plan;
use crate::reversal::{self, Undo, Waiting};
use crate::rule::{Action, Mode};
use crate::score::Scores;
use crate::series::{self, KeyOf};
use crate::streams::{self, Counted, Keeping, StreamState};
use crate::symbols::NO_SYM;
use crate::time::{HOUR_MS, TimestampMs};
use crate::window::Caches;

/// One shard's state: a function of the journal up to [`Engine::next_offset`].
#[derive(Debug)]
pub struct Engine {
    pub(crate) partition: i32,
    pub(crate) next_offset: i64,
    pub(crate) clock: TimestampMs,
    /// Newest `occurred_at` accepted, ahead ones aside.
    pub(crate) newest: TimestampMs,
    /// Highest offset folded of each input partition.
    pub(crate) marks: Marks,
    /// Next sequence of each partition of the decisions topic.
    pub(crate) sequences: Vec<u64>,
    pub(crate) hash: u64,
    pub(crate) active: Arc<Activation>,
    pub(crate) held: Held,
    pub(crate) life: Life,
    pub(crate) quiet: Quiet,
    pub(crate) chains: Chains,
    pub(crate) scores: Scores,
    pub(crate) waiting: Waiting,
    pub(crate) counters: Counters,
    ahead: Ahead,
    /// See [`Engine::set_rows_max`].
    rows_max: usize,
}

/// What rules may read: everything but the life cycles.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) plan: Plan,
    pub(crate) streams: Vec<StreamState>,
    /// Slots of the event in hand, by stream; 0: not looked up yet.
    pub(crate) slots: Vec<u32>,
    pub(crate) caches: Caches,
    pub(crate) memo: RefCell<Memo>,
    pub(crate) facts: Facts,
    pub(crate) lists: Lists,
}

impl Held {
    /// The slot of an event's key in a stream, made if need be; nothing where the event has none.
    fn open(&mut self, stream: usize, e: &Event, clock: TimestampMs) -> Option<u32> {
        if let Some(i) = self.slots[stream].checked_sub(1) {
            return Some(i);
        }
        let facts = &mut self.facts;
        let by = &self.plan.layouts[stream].by;
        let KeyOf::Known(key) = series::key_of(e, by, |f, t| Some(facts.intern(f, t))) else {
            return None;
        };
        let forgotten = self.plan.forgotten(stream, clock);
        let state = &mut self.streams[stream];
        let freed = state.tidy(forgotten);
        let (i, restarted) = state.open(key, forgotten);
        if freed || restarted {
            self.caches.clear();
        }
        self.slots[stream] = i + 1;
        Some(i)
    }

    /// A judge of one event, counted or about to be.
    pub(crate) fn judge<'e>(
        &'e self,
        active: &'e Activation,
        event: &'e Event,
        no: EventNo,
        at: TimestampMs,
        now: TimestampMs,
    ) -> Judge<'e> {
        Judge {
            event,
            no,
            at,
            now,
            rules: &active.rules,
            policy: &active.policy,
            plan: &self.plan,
            streams: &self.streams,
            facts: &self.facts,
            own: &self.facts.own,
            lists: &self.lists,
            caches: &self.caches,
            memo: &self.memo,
            stale: Cell::new(false),
            saturated: Cell::new(false),
        }
    }
}

/// Counts since the engine was made or restored; for metrics only, never for a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    /// Firings by rule, shadow ones included.
    pub fired: BTreeMap<Arc<str>, u64>,
    /// Fallbacks by rule.
    pub fell_back: BTreeMap<Arc<str>, u64>,
    /// What an operator must look at, by kind.
    pub alarms: BTreeMap<&'static str, u64>,
}

impl Counters {
    pub(crate) fn count(&mut self, hits: &[Hit<'_>], d: &Decision) {
        for hit in hits {
            let count = if hit.fired.is_some() {
                &mut self.fired
            } else {
                &mut self.fell_back
            };
            *count.entry(hit.rule.id.clone()).or_insert(0) += 1;
        }
        for shadow in &d.shadow {
            *self.fired.entry(shadow.rule.clone()).or_insert(0) += 1;
        }
    }
}

/// How much a shard holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// Accounts and cards known.
    pub accounts: usize,
    /// Events in the ledger.
    pub events: usize,
    /// Keys over all streams: series that count the same events by the same key share one.
    pub series_keys: usize,
    /// Counted events over all streams.
    pub series_events: usize,
    /// Bytes of the series, an estimate from capacities.
    pub window_bytes: usize,
    /// Bytes of what is known of accounts, an estimate from capacities.
    pub account_bytes: usize,
    /// Bytes of the ledger, an estimate from capacities.
    pub ledger_bytes: usize,
    /// Entries over all lists.
    pub list_entries: usize,
    /// Life cycles.
    pub life: LifeStats,
    /// What officers say of each rule's alerts.
    pub quality: BTreeMap<Arc<str>, Quality>,
    /// What became of the inquiries of each bank; without a name, of banks not known.
    pub inquiries: BTreeMap<CompactString, InquiryCounts>,
    /// Counts since start.
    pub counters: Counters,
}

impl Engine {
    /// A shard that has seen nothing and has no rules: it decides `allow` until the first
    /// activation.
    #[must_use]
    pub fn new(partition: i32) -> Engine {
        let mut engine = Engine {
            partition,
            next_offset: 0,
            clock: TimestampMs::MIN,
            newest: TimestampMs::MIN,
            marks: Marks::default(),
            sequences: Vec::new(),
            hash: 0,
            active: Arc::new(Activation {
                rules: Arc::default(),
                policy: Default::default(),
            }),
            held: Held::default(),
            life: Life::default(),
            quiet: Quiet::default(),
            chains: Chains::default(),
            scores: Scores::default(),
            waiting: Waiting::default(),
            counters: Counters::default(),
            ahead: Ahead::default(),
            rows_max: streams::ROWS_MAX,
        };
        engine.activate(engine.active.clone());
        engine
    }

    /// A key with more counted events than this keeps them as logs with running totals instead of
    /// rows. What is read does not depend on it: tests set it low to show that.
    pub fn set_rows_max(&mut self, rows: usize) {
        self.rows_max = rows;
    }

    /// Folds one journal record.
    pub fn step(&mut self, block: &Block<'_>, out: &mut Vec<Output>) {
        assert!(
            block.offset >= self.next_offset,
            "the journal was read twice at {}",
            block.offset
        );
        let before = self.clock;
        self.clock = self.clock.max(block.journal_at);
        if before.div_euclid(HOUR_MS) != self.clock.div_euclid(HOUR_MS) {
            self.sweep();
        }
        let mut ahead = std::mem::take(&mut self.ahead);
        for (chunk, entries) in block.entries.chunks(TOGETHER).enumerate() {
            ahead.look(&self.held, entries);
            for (i, entry) in entries.iter().enumerate() {
                self.held.facts.own.next(ahead.guesses(i));
                self.entry(entry, block.offset, chunk * TOGETHER + i, out);
            }
        }
        self.ahead = ahead;
        self.next_offset = block.offset + 1;
        self.hash = roll(
            roll(self.hash, block.offset as u64),
            block.journal_at as u64,
        );
    }

    /// Folds one entry.
    fn entry(&mut self, entry: &Entry, offset: i64, index: usize, out: &mut Vec<Output>) {
        let first = out.len();
        let at = Coordinates {
            partition: self.partition,
            offset,
            index: index as u32,
            sequence: self.sequences.first().copied().unwrap_or(0),
        };
        self.time_passes(at, out);
        match entry {
            Entry::Tick => {}
            Entry::Activate(activation) => self.activate(activation.clone()),
            Entry::Record(record) => self.record(record, at, out),
        }
        for output in &out[first..] {
            self.hash = roll_output(self.hash, output);
        }
    }

    /// Once an hour: lets go of scores no verdict can see any more.
    fn sweep(&mut self) {
        self.chains.forget(self.clock);
        let longest = self
            .active
            .rules
            .verdicts
            .iter()
            .filter_map(|v| v.over_ms)
            .max()
            .unwrap_or(0);
        self.scores.forget(
            self.clock
                .saturating_sub(longest + self.active.policy.lateness_ms),
        );
    }

    /// What falls due, falls due before the entry is handled.
    fn time_passes(&mut self, coordinates: Coordinates, out: &mut Vec<Output>) {
        if self.life.next_due().is_some_and(|due| due <= self.clock) {
            let m = Moment {
                policy: &self.active.policy,
                rules: &self.active.rules,
                now: self.clock,
                coordinates,
                ruleset: &self.active.rules.digest,
                facts: &self.held.facts,
            };
            self.life.fire_due(&m, out);
        }
        self.waiting.expire(self.clock);
        let policy = &self.active.policy;
        // An id is known for the whole of the horizon, its last millisecond included.
        self.held.facts.ledger.forget(
            self.clock
                .saturating_sub(policy.dedupe_horizon_ms.max(policy.trail_ms))
                .saturating_sub(1),
        );
    }

    /// From here on these rules and settings hold. Series that the new set counts alike keep their
    /// state; others start empty; those nobody reads any more are let go.
    pub(crate) fn activate(&mut self, activation: Arc<Activation>) {
        let plan = Plan::new(&activation);
        let mut states = std::mem::take(&mut self.held.streams);
        let keeping = Keeping::new(
            &self.active.policy,
            &self.held.plan,
            &self.held.facts.ledger,
            self.rows_max,
        );
        for (i, (layout, state)) in self.held.plan.layouts.iter().zip(&mut states).enumerate() {
            state.trim(layout, keeping, self.held.plan.forgotten(i, self.clock));
        }
        self.held.streams = streams::carry(
            &self.held.plan.layouts,
            states,
            &plan.layouts,
            self.rows_max,
        );
        let partitions = activation.policy.decision_partitions.max(1) as usize;
        if self.sequences.len() < partitions {
            self.sequences.resize(partitions, 0);
        }
        self.held.caches.clear();
        self.held.plan = plan;
        self.hash = roll(self.hash, text_hash(&activation.rules.digest));
        self.active = activation;
    }

    fn record(&mut self, record: &Record, mut at: Coordinates, out: &mut Vec<Output>) {
        let input = &record.input;
        if !self.marks.pass(&input.topic, input.partition, input.offset) {
            return;
        }
        let lane =
            record.key_hash as usize % self.active.policy.decision_partitions.max(1) as usize;
        at.sequence = self.sequences[lane];
        self.sequences[lane] += 1;
        let answer = Answer {
            record,
            at,
            lane: lane as i32,
        };
        match &record.body {
            Body::Rejected(r) => {
                let mut d = self.blank(&answer, self.active.policy.rejected_action);
                d.rejected = Some((r.code, r.at_byte));
                d.event = EventName {
                    kind: r.kind,
                    id: r.id.clone(),
                    source: r.source.clone(),
                };
                out.push(Output::Decision(d));
            }
            Body::Event(e) => {
                let before = out.len();
                // A panic is our own bug; it must not take the shard with it. The same journal
                // panics at the same place, so what is left behind is the same everywhere.
                if catch_unwind(AssertUnwindSafe(|| self.event(e, &answer, out))).is_err() {
                    out.truncate(before);
                    let mut d = self.blank(&answer, self.active.policy.rejected_action);
                    d.degraded.push(Degraded {
                        rule: "engine".into(),
                        line: "".into(),
                        code: FallbackCode::Panic,
                    });
                    *self.counters.alarms.entry("panic").or_insert(0) += 1;
                    out.push(Output::Decision(d));
                }
            }
        }
    }

    /// One well-formed event.
    fn event(&mut self, e: &Event, answer: &Answer<'_>, out: &mut Vec<Output>) {
        if let Some(no) =
            self.held
                .facts
                .ledger
                .find_text(&self.held.facts.symbols, &e.source, &e.id)
        {
            let known = self
                .held
                .facts
                .ledger
                .get(no)
                .expect("the ledger finds what it holds");
            if self.clock - known.decided.decided_at <= self.active.policy.dedupe_horizon_ms {
                let repeat = known.content == e.content;
                let d = if repeat {
                    self.again(no, e, answer)
                } else {
                    self.refuse(Code::IdConflict, answer)
                };
                if !repeat {
                    *self.counters.alarms.entry("id_conflict").or_insert(0) += 1;
                }
                out.push(Output::Decision(d));
                return;
            }
            self.held.facts.ledger.release_id(no);
        }
        if !self.may_speak(e) {
            out.push(Output::Decision(self.refuse(Code::UnknownSource, answer)));
            return;
        }
        let undo = match self.undo_of(e) {
            Ok(undo) => undo,
            Err(code) => {
                out.push(Output::Decision(self.refuse(code, answer)));
                return;
            }
        };
        let policy = &self.active.policy;
        let ahead = e.occurred_at > self.clock.saturating_add(policy.ahead_after_ms);
        let late = !ahead && self.newest.saturating_sub(e.occurred_at) > policy.late_after_ms;
        let at = if ahead { self.clock } else { e.occurred_at };
        if !ahead {
            self.newest = self.newest.max(e.occurred_at);
        }
        let no = self.know(e, at, answer);
        if let Some((request, undo)) = undo {
            self.take_out(e, request, undo);
        } else if matches!(
            e.kind,
            EventKind::TransferFailed | EventKind::TransferReversed
        ) {
            self.waiting
                .keep(e, self.clock, self.active.policy.lateness_ms);
        }
        let stale = self.count(e, no, at);
        if e.kind == EventKind::TransferRequested {
            for pending in self.waiting.take(&e.source, &e.id) {
                let known = self.held.facts.ledger.get(no).expect("just pushed");
                if pending.is_about(e)
                    && let Ok(undo) = reversal::undo(pending.kind, pending.amount, known)
                {
                    self.take_out(e, no, undo);
                }
            }
            // Windows read while counting may have changed.
            self.forget_readings();
        }
        let timing = Timing { late, stale, ahead };
        self.decide(e, no, at, timing, answer, out);
    }

    /// A source held to some banks answers, releases and verifies for those only. What the event
    /// itself names is ingest's to check; this needs to know whose order or account it is about.
    fn may_speak(&self, e: &Event) -> bool {
        let rights = self
            .active
            .policy
            .sources
            .iter()
            .find(|s| s.name == e.source.as_str());
        let Some(banks) = rights.and_then(|r| r.banks.as_ref()) else {
            return true;
        };
        let bank = self.bank_of_request(e);
        let bank = bank.or_else(|| self.life.bank_concerned(e, &self.held.facts));
        bank.is_none_or(|b| banks.iter().any(|own| own == b.as_str()))
    }

    /// The payer's bank of the request that a notice is about, as its own side named it.
    fn bank_of_request(&self, e: &Event) -> Option<CompactString> {
        let facts = &self.held.facts;
        let (source, id) = reversal::request_of(e)?;
        let request = facts.ledger.find_text(&facts.symbols, source, id)?;
        let payer = facts.ledger.get(request)?.payer;
        let payer = (payer != NO_SYM)
            .then(|| facts.account_of(payer))
            .flatten()?;
        facts.text(payer.bank)
    }

    /// What a failed or reversed notice takes out of which request.
    fn undo_of(&self, e: &Event) -> Result<Option<(EventNo, Undo)>, Code> {
        if !matches!(
            e.kind,
            EventKind::TransferFailed | EventKind::TransferReversed
        ) {
            return Ok(None);
        }
        let Some((source, id)) = reversal::request_of(e) else {
            return Ok(None);
        };
        let Some(no) = self
            .held
            .facts
            .ledger
            .find_text(&self.held.facts.symbols, source, id)
        else {
            return Ok(None);
        };
        let known = self
            .held
            .facts
            .ledger
            .get(no)
            .expect("the ledger finds what it holds");
        if known.kind != EventKind::TransferRequested {
            return Ok(None);
        }
        if !self.repeats(e, known) {
            return Err(Code::Reversal);
        }
        let undo = reversal::undo(e.kind, e.money(Field::TransferAmount), known)
            .map_err(|()| Code::Reversal)?;
        Ok(Some((no, undo)))
    }

    /// Whether a notice is about the same money between the same accounts as its request. What it
    /// takes out is found by what it says.
    fn repeats(&self, notice: &Event, request: &Known) -> bool {
        let symbols = &self.held.facts.symbols;
        let is = |field, sym| notice.text(field).and_then(|t| symbols.find(t)) == Some(sym);
        is(Field::PayerAccount, request.payer)
            && is(Field::PayeeAccount, request.payee)
            && notice.money(Field::TxnAmount).map(|m| m.currency) == request.currency
    }

    /// Remembers an event and what it says.
    fn know(&mut self, e: &Event, at: TimestampMs, answer: &Answer<'_>) -> EventNo {
        use Field as F;
        let (a, b) = match e.kind {
            k if k.is_transfer() => (Some(F::PayerAccount), Some(F::PayeeAccount)),
            EventKind::CardOpened => (Some(F::HolderId), Some(F::CardNumber)),
            EventKind::AccountOpened => (Some(F::HolderId), Some(F::AccountNumber)),
            EventKind::AccountUsed => (Some(F::UseAccount), None),
            EventKind::PhoneRegistered | EventKind::PhoneCancelled => {
                (Some(F::HolderId), Some(F::LineNumber))
            }
            _ => (None, None),
        };
        let facts = &mut self.held.facts;
        let mut sym = |f: Option<Field>| {
            f.and_then(|f| Some((f, e.text(f)?)))
                .map_or(NO_SYM, |(f, text)| facts.intern(f, text))
        };
        let (payer, payee) = (sym(a), sym(b));
        let source = facts.intern(F::Source, &e.source);
        let money = e.money(F::TxnAmount);
        let no = self.held.facts.ledger.push(Known {
            id: e.id.clone(),
            source,
            kind: e.kind,
            at,
            content: e.content,
            payer,
            payee,
            amount: money.map_or(0, |m| m.minor),
            currency: money.map(|m| m.currency),
            reversed: 0,
            failed: false,
            settled: NO_EVENT,
            decided: Decided {
                action: Action::Allow,
                coordinates: answer.at,
                decided_at: self.clock,
                late: false,
                stale: false,
                ahead: false,
                ruleset: self.active.rules.digest.clone(),
                full: None,
            },
        });
        self.held.facts.learn(e, no);
        if e.kind == EventKind::TransferSettled
            && let Some((source, id)) = reversal::request_of(e)
            && let Some(request) =
                self.held
                    .facts
                    .ledger
                    .find_text(&self.held.facts.symbols, source, id)
            && let Some(known) = self.held.facts.ledger.get_mut(request)
        {
            known.settled = no;
        }
        no
    }

    /// Takes a request, or part of it, out of the windows that ask for it.
    fn take_out(&mut self, e: &Event, request: EventNo, undo: Undo) {
        let known = self
            .held
            .facts
            .ledger
            .get(request)
            .expect("found before")
            .clone();
        let currency = known.currency.map_or(0, streams::mark);
        let amount = (!undo.whole).then_some(undo.amount);
        for (layout, state) in self.held.plan.layouts.iter().zip(&mut self.held.streams) {
            let members = layout.undone_by(undo.kind);
            if members == 0 {
                continue;
            }
            let facts = &self.held.facts;
            let key = series::key_of(e, &layout.by, |f, t| facts.own.find(f, t, &facts.symbols));
            let KeyOf::Known(key) = key else {
                continue;
            };
            let Some(i) = state.find(&key) else {
                continue;
            };
            let slot = &mut state.slots[i as usize];
            for no in reversal::counted_as(&known, request) {
                if let Some(at) = facts.ledger.get(no).map(|k| k.at) {
                    slot.take_out(layout, members, (at, no), currency, amount);
                }
            }
        }
        reversal::note(
            self.held
                .facts
                .ledger
                .get_mut(request)
                .expect("found before"),
            undo,
        );
    }

    /// Counts an event in every series that asks for it; says whether a key had moved on.
    fn count(&mut self, e: &Event, no: EventNo, at: TimestampMs) -> bool {
        let active = self.active.clone();
        let mut stale = false;
        self.forget_readings();
        self.held.slots.clear();
        self.held.slots.resize(self.held.streams.len(), 0);
        for i in 0..self.held.plan.series_by_kind[e.kind as usize].len() {
            let id = usize::from(self.held.plan.series_by_kind[e.kind as usize][i]);
            stale |= self.count_in(id, &active, e, no, at);
        }
        stale
    }

    /// Counts an event in the series that count hits of this rule.
    pub(crate) fn count_hit(
        &mut self,
        rule: u16,
        active: &Activation,
        e: &Event,
        no: EventNo,
        at: TimestampMs,
    ) {
        for i in 0..self.held.plan.hits[usize::from(rule)].len() {
            let id = usize::from(self.held.plan.hits[usize::from(rule)][i]);
            self.count_in(id, active, e, no, at);
        }
    }

    /// Counts an event in one series, if that asks for it; says whether the key had moved on.
    fn count_in(
        &mut self,
        id: usize,
        active: &Activation,
        e: &Event,
        no: EventNo,
        at: TimestampMs,
    ) -> bool {
        let s = &active.rules.series[id];
        let mut value = series::value_of(e, at, s, &mut self.held.facts);
        if series::is_numeric(s) && value.is_none() && s.hops.is_none() {
            return false;
        }
        if let Some(filter) = &s.filter {
            let judge = self.held.judge(active, e, no, at, self.clock);
            if !judge.admits(filter, s.currency) {
                return false;
            }
        }
        let (stream, member) = self.held.plan.places[id];
        let Some(i) = self.held.open(stream, e, self.clock) else {
            return false;
        };
        let (plan, facts) = (&self.held.plan, &mut self.held.facts);
        let layout = &plan.layouts[stream];
        let policy = &active.policy;
        if let Some(hops) = &s.hops {
            let latest = at.saturating_add(policy.lateness_ms);
            let forgotten = plan.forgotten(stream, self.clock);
            let state = &self.held.streams[stream];
            let payer = series::key_of(e, &[hops.payer], |f, t| {
                facts.own.find(f, t, &facts.symbols)
            });
            let received = match payer {
                KeyOf::Known(payer) => state.find(&payer),
                _ => None,
            };
            let received = received.and_then(|i| {
                let slot = &state.slots[i as usize];
                let view = slot.view(i, layout, member, 0);
                (slot.touched >= forgotten && view.newest() <= latest).then_some(view)
            });
            value = Some(series::hops_of(e, at, s, hops, received, facts));
        }
        let currency = layout.currency_of(e);
        let m = &layout.members[member];
        let kept: Vec<i64> = m
            .kept_columns
            .iter()
            .map(|c| layout.kept_value(*c, e, facts))
            .collect();
        let slot = &mut self.held.streams[stream].slots[i as usize];
        slot.touched = self.clock;
        if slot.has_moved_on(layout, member, currency, at, policy.lateness_ms) {
            return true;
        }
        let event = Counted {
            at,
            no,
            currency,
            value: value.unwrap_or(series::NO_VALUE),
            kept: &kept,
        };
        let keeping = Keeping::new(policy, plan, &facts.ledger, self.rows_max);
        slot.count(layout, member, event, keeping);
        false
    }

    /// Readings of windows are taken anew.
    fn forget_readings(&mut self) {
        let (windows, lookups) = (
            self.active.rules.windows.len(),
            self.held.plan.lookups.len(),
        );
        self.held.memo.get_mut().clear(windows, lookups);
    }

    /// The bare answer to a record.
    pub(crate) fn blank(&self, answer: &Answer<'_>, action: Action) -> Decision {
        let event = match &answer.record.body {
            Body::Event(e) => EventName {
                kind: Some(e.kind),
                id: Some(e.id.clone()),
                source: Some(e.source.clone()),
            },
            Body::Rejected(_) => EventName::default(),
        };
        Decision {
            action,
            rejected: None,
            event,
            coordinates: answer.at,
            decisions_partition: answer.lane,
            key: answer.record.key.clone(),
            headers: answer.record.headers.clone(),
            input: answer.record.input.clone(),
            fired: Vec::new(),
            shadow: Vec::new(),
            degraded: Vec::new(),
            late: false,
            stale: false,
            ahead: false,
            duplicate_of: None,
            ruleset: self.active.rules.digest.clone(),
            decided_at: self.clock,
            inquiry: None,
            hold: None,
            customer_notice: None,
            done: None,
            traced: None,
        }
    }

    fn refuse(&self, code: Code, answer: &Answer<'_>) -> Decision {
        let mut d = self.blank(answer, self.active.policy.rejected_action);
        d.rejected = Some((code, None));
        d
    }

    /// The earlier decision again, or what a stop or freeze now demands where that is stricter.
    fn again(&self, no: EventNo, e: &Event, answer: &Answer<'_>) -> Decision {
        let earlier = &self
            .held
            .facts
            .ledger
            .get(no)
            .expect("found before")
            .decided;
        let mut d = self.blank(answer, earlier.action);
        if let Some(full) = &earlier.full {
            d = Decision {
                coordinates: d.coordinates,
                decisions_partition: d.decisions_partition,
                key: d.key,
                headers: d.headers,
                input: d.input,
                ..(**full).clone()
            };
        }
        d.late = earlier.late;
        d.stale = earlier.stale;
        d.ahead = earlier.ahead;
        d.ruleset = earlier.ruleset.clone();
        d.decided_at = earlier.decided_at;
        d.duplicate_of = Some(earlier.coordinates);
        if e.kind != EventKind::TransferRequested {
            return d;
        }
        let m = self.moment(answer.at);
        let standing = e
            .text(Field::PayerAccount)
            .map(|p| self.life.standing(p, &m))
            .unwrap_or_default();
        let order = standing
            .into_iter()
            .filter(|s| &*s.rule != "verification")
            .max_by_key(|s| s.action);
        if let Some(s) = order
            && s.action > d.action
        {
            d.action = s.action;
            d.fired.insert(
                0,
                Fired {
                    rule: s.rule,
                    mode: Mode::Enforce,
                    action: s.action,
                    values: Vec::new(),
                    limits: Vec::new(),
                    reason: s.reason,
                },
            );
            d.inquiry = None;
            d.hold = s.hold;
            d.customer_notice = Some(crate::notice::of(s.action));
            d.decided_at = self.clock;
            d.ruleset = self.active.rules.digest.clone();
        }
        d
    }

    pub(crate) fn moment(&self, coordinates: Coordinates) -> Moment<'_> {
        Moment {
            policy: &self.active.policy,
            rules: &self.active.rules,
            now: self.clock,
            coordinates,
            ruleset: &self.active.rules.digest,
            facts: &self.held.facts,
        }
    }

    /// Journal offset after the last one folded.
    #[must_use]
    pub fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// A hash over everything folded and said; equal at equal offsets on every machine.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.hash
    }

    /// Next sequence of each partition of the decisions topic.
    #[must_use]
    pub fn sequences(&self) -> &[u64] {
        &self.sequences
    }

    /// The journal's clock.
    #[must_use]
    pub fn clock(&self) -> TimestampMs {
        self.clock
    }

    /// Moment of the earliest timer.
    #[must_use]
    pub fn next_due(&self) -> Option<TimestampMs> {
        self.life.next_due()
    }

    /// The rules and settings in force.
    #[must_use]
    pub fn activation(&self) -> &Arc<Activation> {
        &self.active
    }

    /// Counts since the engine was made or restored.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How much is held; walks the state, so not for every event.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let streams = || self.held.plan.layouts.iter().zip(&self.held.streams);
        let keys = |s: &StreamState| s.used().count();
        let accounts = self.held.facts.accounts.len();
        Stats {
            accounts,
            events: self.held.facts.ledger.len(),
            series_keys: self.held.streams.iter().map(keys).sum(),
            series_events: streams()
                .flat_map(|(l, s)| s.used().map(|slot| slot.events(l)))
                .sum(),
            window_bytes: self
                .held
                .streams
                .iter()
                .map(StreamState::bytes)
                .sum::<usize>()
                + self.held.caches.bytes(),
            account_bytes: self.held.facts.account_bytes(),
            ledger_bytes: self.held.facts.ledger.len() * (size_of::<Known>() + 5),
            list_entries: self.held.lists.len(),
            life: self.life.stats(),
            quality: self.life.quality().clone(),
            inquiries: self.life.inquiries_by_bank().clone(),
            counters: self.counters.clone(),
        }
    }
}

/// Where the answer to a record goes.
pub(crate) struct Answer<'a> {
    pub(crate) record: &'a Record,
    pub(crate) at: Coordinates,
    /// Partition of the decisions topic.
    pub(crate) lane: i32,
}

/// How an event's time stands to others'.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) late: bool,
    pub(crate) stale: bool,
    pub(crate) ahead: bool,
}

/// Folds an output into the rolling hash: the plain decision by its numbers, all else whole.
fn roll_output(hash: u64, output: &Output) -> u64 {
    match output {
        Output::Decision(d) => {
            let mut hash = roll(
                hash,
                d.coordinates.sequence << 8 | u64::from(d.action as u8),
            );
            hash = roll(hash, d.decided_at as u64);
            hash = roll(
                hash,
                u64::from(d.late) | u64::from(d.stale) << 1 | u64::from(d.ahead) << 2,
            );
            if d.fired.is_empty()
                && d.shadow.is_empty()
                && d.rejected.is_none()
                && d.done.is_none()
                && d.traced.is_none()
            {
                return hash;
            }
            roll_value(hash, d)
        }
        other => roll_value(hash, other),
    }
}
