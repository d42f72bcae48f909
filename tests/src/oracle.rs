//! A naive engine for windows, written from the contract alone: it keeps every event, and reads a
//! window by looking at all of them again. Slow and plain on purpose; it shares nothing with the
//! engine but the text of the rules and of the lines.
//!
//! Readings of the contract where it leaves room: a key's horizon (`stale`) counts events that were
//! undone later; of a money window it is kept per currency, as its sums are; a notice that came
//! first is applied when its request has been counted; a partly reversed transfer is a smaller
//! transfer to every aggregate of its amount.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, TimeZone};
use zhamen_engine::time::Calendar;

use crate::cases::{
    Aggregate, Case, Currency, Event, Kind, Over, Policy, Role, Value, Where, Window,
};

/// A mistake planted in the oracle, to see that a comparison would find it in the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Mistake {
    None,
    OldEndIncluded,
    NewEndExcluded,
    TieOrderReversed,
    UtcCalendar,
    WorkingDaysWithoutHolidays,
    CurrentCounted,
    UndoIgnoresParts,
    WhereReadNow,
    StaleNeverMissing,
    CurrenciesMixed,
    AheadMovesTheClock,
    OneMoreOfTheLast,
    DeviationOfAll,
    DaysWithoutToday,
    HitsCountThisEvent,
    ResetKeepsTheHit,
    HopsIgnoreTheShare,
    HopsIgnoreTheTime,
}

/// Every planted mistake.
pub const MISTAKES: &[Mistake] = &[
    Mistake::OldEndIncluded,
    Mistake::NewEndExcluded,
    Mistake::TieOrderReversed,
    Mistake::UtcCalendar,
    Mistake::WorkingDaysWithoutHolidays,
    Mistake::CurrentCounted,
    Mistake::UndoIgnoresParts,
    Mistake::WhereReadNow,
    Mistake::StaleNeverMissing,
    Mistake::CurrenciesMixed,
    Mistake::AheadMovesTheClock,
    Mistake::OneMoreOfTheLast,
    Mistake::DeviationOfAll,
    Mistake::DaysWithoutToday,
    Mistake::HitsCountThisEvent,
    Mistake::ResetKeepsTheHit,
    Mistake::HopsIgnoreTheShare,
    Mistake::HopsIgnoreTheTime,
];

/// What must be said of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Rejected with this code.
    Rejected(&'static str),
    /// The decision of the line with this number (from 0), again.
    Duplicate(usize),
    /// Decided, with these marks and the value of each window; `None`: missing.
    Decided {
        /// Older than the newest by more than five seconds.
        late: bool,
        /// A key had moved on.
        stale: bool,
        /// Ahead of the clock by more than five minutes.
        ahead: bool,
        /// In the order of the windows.
        values: Vec<Option<String>>,
    },
}

struct Kept {
    event: Event,
    /// When it counts.
    at: i64,
    /// By window: whether it was counted.
    counted: Vec<bool>,
    /// By window: the chain it was counted with.
    hops: Vec<i64>,
    reversed: i64,
    failed: bool,
    /// Number of its line, and the clock then.
    line: usize,
    decided_at: i64,
}

struct Pending {
    request: String,
    kind: Kind,
    amount: Option<i64>,
    until: i64,
}

/// Everything that ever happened.
pub struct Oracle<'c> {
    case: &'c Case,
    /// Those of the case, then one over the hits that set each of them back.
    windows: Vec<Window>,
    calendar: &'c Calendar,
    mistake: Mistake,
    history: Vec<Kept>,
    pending: Vec<Pending>,
    clock: i64,
    seen: i64,
    newest: i64,
    line: usize,
}

const LATE_MS: i64 = 5_000;
const AHEAD_MS: i64 = 300_000;
const DEDUPE_MS: i64 = 48 * 3_600_000;

impl<'c> Oracle<'c> {
    /// Nothing has happened yet.
    #[must_use]
    pub fn new(case: &'c Case, calendar: &'c Calendar, mistake: Mistake) -> Oracle<'c> {
        let resets = case.windows.iter().map(hits_of_reset);
        Oracle {
            case,
            windows: case.windows.iter().cloned().chain(resets).collect(),
            calendar,
            mistake,
            history: Vec::new(),
            pending: Vec::new(),
            clock: 0,
            seen: 0,
            newest: i64::MIN,
            line: 0,
        }
    }

    /// What must be said of the next line; `None` where its windows are not asked for.
    pub fn next(&mut self, event: &Event, read: bool) -> Option<Verdict> {
        let line = self.line;
        self.line += 1;
        // As replay: the line's own journal time, else the newest time so far.
        self.seen = self
            .seen
            .max(event.at.min(event.journal_at.unwrap_or(event.at)));
        self.clock = self.clock.max(event.journal_at.unwrap_or(self.seen));
        if self.mistake == Mistake::AheadMovesTheClock {
            self.clock = self.clock.max(event.at);
        }
        self.pending.retain(|p| p.until >= self.clock);

        let known = self.history.iter().rev().find(|k| k.event.id == event.id);
        if let Some(known) = known
            && self.clock - known.decided_at <= DEDUPE_MS
        {
            return Some(match known.event.same_content(event) {
                true => Verdict::Duplicate(known.line),
                false => Verdict::Rejected("ID_CONFLICT"),
            });
        }
        let target = match event.kind {
            Kind::Failed | Kind::Reversed => self.request(&event.request),
            _ => None,
        };
        if let (Kind::Reversed, Some(i)) = (event.kind, target) {
            let asked = event.part.unwrap_or(self.history[i].event.amount);
            if self.history[i].reversed + asked > self.history[i].event.amount {
                return Some(Verdict::Rejected("REVERSAL"));
            }
        }
        let ahead = event.at > self.clock + AHEAD_MS;
        let late = !ahead && self.newest.saturating_sub(event.at) > LATE_MS;
        let at = if ahead { self.clock } else { event.at };
        if !ahead {
            self.newest = self.newest.max(event.at);
        }
        match (event.kind, target) {
            (Kind::Failed | Kind::Reversed, Some(i)) => self.undo(i, event.kind, event.part),
            (Kind::Failed | Kind::Reversed, None) => self.pending.push(Pending {
                request: event.request.clone(),
                kind: event.kind,
                amount: event.part,
                until: self.clock + self.case.lateness,
            }),
            _ => {}
        }
        let me = self.history.len();
        self.history.push(Kept {
            event: event.clone(),
            at,
            counted: vec![false; self.windows.len()],
            hops: vec![0; self.windows.len()],
            reversed: 0,
            failed: false,
            line,
            decided_at: self.clock,
        });
        let mut stale = false;
        let early = self.mistake == Mistake::HitsCountThisEvent;
        for w in 0..self.windows.len() {
            if early || !self.windows[w].hits {
                let wanted = self.wanted(w, me);
                stale |= self.count(w, me, wanted) && !self.windows[w].hits;
            }
        }
        if event.kind == Kind::Requested {
            let (mine, rest): (Vec<Pending>, Vec<Pending>) = std::mem::take(&mut self.pending)
                .into_iter()
                .partition(|p| p.request == event.id);
            self.pending = rest;
            for p in mine {
                let asked = p.amount.unwrap_or(event.amount);
                if p.kind == Kind::Failed || self.history[me].reversed + asked <= event.amount {
                    self.undo(me, p.kind, p.amount);
                }
            }
        }
        let mut values = Vec::new();
        for w in (0..self.case.windows.len()).filter(|_| read) {
            match self.read(w, me) {
                Read::Stale => {
                    stale = true;
                    values.push(None);
                }
                Read::Missing => values.push(None),
                Read::Value(text) => values.push(Some(text)),
            }
        }
        if !early {
            // Where their `where` reads windows, those are as the rules read them.
            let hits = (0..self.windows.len()).filter(|w| self.windows[*w].hits);
            let wanted: Vec<(usize, bool)> = hits.map(|w| (w, self.wanted(w, me))).collect();
            for (w, wanted) in wanted {
                self.count(w, me, wanted);
            }
        }
        read.then_some(Verdict::Decided {
            late,
            stale,
            ahead,
            values,
        })
    }

    /// Whether a window asks for an event.
    fn wanted(&self, w: usize, me: usize) -> bool {
        let (window, event) = (&self.windows[w], &self.history[me].event);
        window.on.contains(&event.kind)
            && (!window.hits || event.channel == "mobile")
            && key(window, event, false).is_some()
            && self.admits(window, me)
    }

    /// Counts an event that is wanted; says whether its key had moved on.
    fn count(&mut self, w: usize, me: usize, wanted: bool) -> bool {
        let moved_on = wanted && self.moved_on(w, &self.windows[w], me, false);
        let counted = wanted && !moved_on;
        if counted && self.windows[w].aggregate == Aggregate::Hops {
            self.history[me].hops[w] = self.chain(w, me);
        }
        self.history[me].counted[w] = counted;
        moved_on
    }

    /// One more than the longest chain of what the payer received within the hour.
    fn chain(&self, w: usize, me: usize) -> i64 {
        let (window, mine) = (&self.windows[w], &self.history[me]);
        let received = || {
            let all = self.history.iter().filter(|k| k.counted[w]);
            all.filter(|k| k.event.payee == mine.event.payer)
        };
        if received().any(|k| k.at - self.case.lateness > mine.at) {
            return 1;
        }
        let within = match self.mistake {
            Mistake::HopsIgnoreTheTime => 2 * 3_600_000,
            _ => 3_600_000,
        };
        let goes_on = |k: &&Kept| {
            !window.share
                || self.mistake == Mistake::HopsIgnoreTheShare
                || k.event.currency == mine.event.currency
                    && mine.event.amount * 10 >= k.event.amount * 9
        };
        let most = received()
            .filter(|k| k.at <= mine.at && k.at > mine.at - within && !gone(window, k))
            .filter(goes_on)
            .map(|k| k.hops[w])
            .max()
            .unwrap_or(0);
        let step = i64::from(mine.event.payer != mine.event.payee);
        (most + step).clamp(1, 32)
    }

    /// The last hit that sets a window back for the judged event: its time and its line.
    fn last_hit(&self, w: usize, me: usize) -> Option<(i64, usize)> {
        let hits = self.case.windows.len() + w;
        let found = self.covered(hits, me);
        found.last().map(|i| (self.history[*i].at, *i))
    }

    fn request(&self, id: &str) -> Option<usize> {
        self.history
            .iter()
            .rposition(|k| k.event.id == id && k.event.kind == Kind::Requested)
    }

    fn undo(&mut self, i: usize, kind: Kind, part: Option<i64>) {
        let whole = self.history[i].event.amount;
        match kind {
            Kind::Failed => self.history[i].failed = true,
            _ => self.history[i].reversed += part.unwrap_or(whole),
        }
    }

    /// Whether the key that event `me` reads (or, `judged = false`, is counted under) has a newest
    /// event more than the lateness newer than it.
    fn moved_on(&self, w: usize, window: &Window, me: usize, judged: bool) -> bool {
        let mine = key(window, &self.history[me].event, judged);
        let currency = self.history[me].event.currency;
        let newest = self
            .history
            .iter()
            .filter(|k| k.counted[w] && key(window, &k.event, false) == mine)
            .filter(|k| !is_money(window) || k.event.currency == currency)
            .map(|k| k.at)
            .max();
        newest.is_some_and(|n| n - self.case.lateness > self.history[me].at)
            && self.mistake != Mistake::StaleNeverMissing
    }

    /// Whether the `where` lets event `e` be counted. As `&&` absorbs errors: a false term decides,
    /// else the first that could not be computed.
    fn admits(&self, window: &Window, e: usize) -> bool {
        let terms = || {
            window.terms.iter().map(|term| match term {
                Where::AmountAtLeast => {
                    let e = &self.history[e].event;
                    at_least(
                        (i128::from(e.amount), e.currency),
                        (i128::from(self.case.limit), Currency::Cny),
                        self.case.policy,
                    )
                }
                Where::Mobile => Truth::of(self.history[e].event.channel == "mobile"),
                Where::Earlier(w, n) => match self.read(*w, e) {
                    Read::Value(text) => Truth::of(text.parse::<i64>().is_ok_and(|v| v <= *n)),
                    _ => Truth::Missing,
                },
                // Compared when the window is read.
                Where::LikeThis | Where::SamePayee => Truth::Yes,
            })
        };
        self.all(terms)
    }

    fn all<I: Iterator<Item = Truth>>(&self, terms: impl Fn() -> I) -> bool {
        if terms().any(|t| t == Truth::No) {
            return false;
        }
        match terms().find(|t| *t != Truth::Yes) {
            None => true,
            Some(Truth::Currencies) => self.case.policy == Policy::Fire,
            Some(_) => false,
        }
    }

    /// Whether event `e` compares with the judged one as the `where` says.
    fn compares(&self, window: &Window, e: usize, me: usize) -> bool {
        let (e, this) = (&self.history[e].event, &self.history[me].event);
        let terms = || {
            window.terms.iter().map(|term| match term {
                // txn.amount >= this.txn.amount * 0.9
                Where::LikeThis => at_least(
                    (i128::from(e.amount) * 10, e.currency),
                    (i128::from(this.amount) * 9, this.currency),
                    self.case.policy,
                ),
                Where::SamePayee => Truth::of(e.payee == this.payee),
                _ => Truth::Yes,
            })
        };
        self.all(terms)
    }

    fn read(&self, w: usize, me: usize) -> Read {
        let window = &self.windows[w];
        if key(window, &self.history[me].event, true).is_none() {
            return Read::Missing;
        }
        let hits = self.case.windows.len() + w;
        if self.moved_on(w, window, me, true)
            || window.reset && self.moved_on(hits, &self.windows[hits], me, true)
        {
            return Read::Stale;
        }
        let mut found = self.covered(w, me);
        if window.reset
            && let Some(hit) = self.last_hit(w, me)
        {
            found.retain(|i| {
                let place = (self.history[*i].at, *i);
                place > hit || place == hit && self.mistake == Mistake::ResetKeepsTheHit
            });
        }
        if let Over::Last(n) | Over::LastIn(n, _) = window.over {
            let n = n + usize::from(self.mistake == Mistake::OneMoreOfTheLast);
            if window.aggregate == Aggregate::Since {
                found.retain(|i| *i != me);
            }
            found.drain(..found.len().saturating_sub(n));
        }
        found.retain(|i| self.compares(window, *i, me));
        if window.daily {
            return self.of_days(window, &found, me);
        }
        self.aggregate(w, &found, me)
    }

    /// What a window covers, by time, then journal order; comparisons with the judged event aside.
    fn covered(&self, w: usize, me: usize) -> Vec<usize> {
        let window = &self.windows[w];
        let judged = &self.history[me];
        let mine = key(window, &judged.event, true);
        let (old, new) = match (window.daily, window.over) {
            (true, over) => self.ends_of_days(over, window.exclude, judged.at),
            (false, over) => (self.old_end(over, judged.at), judged.at - window.until),
        };
        let mut found: Vec<usize> = (0..self.history.len())
            .filter(|i| {
                let k = &self.history[*i];
                let counted = k.counted[w]
                    && (self.mistake != Mistake::WhereReadNow || self.admits(window, *i));
                let old_end = match self.mistake {
                    Mistake::OldEndIncluded => k.at >= old,
                    _ => k.at > old,
                };
                let new_end = match self.mistake {
                    Mistake::NewEndExcluded => k.at < new || *i == me,
                    _ => k.at <= new,
                };
                counted
                    && key(window, &k.event, false) == mine
                    && (old_end && new_end)
                    && !(window.exclude && *i == me && self.mistake != Mistake::CurrentCounted)
                    && !gone(window, k)
                    && (!is_money(window)
                        || k.event.currency == judged.event.currency
                        || self.mistake == Mistake::CurrenciesMixed)
            })
            .collect();
        // By time, then journal order.
        found.sort_by_key(|i| {
            let order = match self.mistake {
                Mistake::TieOrderReversed => -(*i as i64),
                _ => *i as i64,
            };
            (self.history[*i].at, order)
        });
        found
    }

    /// Old and new end of so many whole days: today and those before it, or only those before.
    fn ends_of_days(&self, over: Over, exclude: bool, t: i64) -> (i64, i64) {
        let today = self.old_end(Over::Day, t);
        let exclude = exclude && self.mistake != Mistake::CurrentCounted;
        let old = match over {
            Over::Ms(ms) => today - ms + if exclude { 0 } else { 86_400_000 },
            over => self.old_end(over, t),
        };
        let without = exclude || self.mistake == Mistake::DaysWithoutToday;
        (old, if without { today } else { t })
    }

    /// An aggregate over the totals of days.
    fn of_days(&self, window: &Window, found: &[usize], me: usize) -> Read {
        let (money, currency) = match window.value {
            Value::Amount => (true, self.history[me].event.currency),
            // As a currency without decimals is written.
            _ => (false, Currency::Jpy),
        };
        let mut days: Vec<(i64, i128)> = Vec::new();
        for i in found {
            let day = self.old_end(Over::Day, self.history[*i].at);
            let worth = if money {
                i128::from(self.left(window, *i))
            } else {
                1
            };
            match days.last_mut() {
                Some((last, total)) if *last == day => *total += worth,
                _ => days.push((day, worth)),
            }
        }
        let totals: Vec<i128> = days.into_iter().map(|(_, total)| total).collect();
        let count = totals.len() as i128;
        let value = match window.aggregate {
            Aggregate::Min => totals.iter().min().map(|m| self::money(*m, currency)),
            Aggregate::Max => totals.iter().max().map(|m| self::money(*m, currency)),
            Aggregate::Avg => (count > 0).then(|| average(totals.iter().sum(), count, currency)),
            _ => self.deviation(&totals, currency),
        };
        value.map_or(Read::Missing, Read::Value)
    }

    /// The deviation of a sample, by trying: the largest whole number of millionths whose square is
    /// not more, or the next one where it is nearer.
    fn deviation(&self, numbers: &[i128], currency: Currency) -> Option<String> {
        let n = numbers.len() as i128;
        if n < 2 {
            return None;
        }
        let sum: i128 = numbers.iter().sum();
        let squares: i128 = numbers.iter().map(|x| x * x).sum();
        let over = (n * squares - sum * sum) * 1_000_000_000_000;
        let freedom = match self.mistake {
            Mistake::DeviationOfAll => n,
            _ => n - 1,
        };
        let minor: i128 = if currency == Currency::Jpy { 1 } else { 100 };
        let under = n * freedom * minor * minor;
        let (mut low, mut high) = (0_i128, 1 << 42);
        while high - low > 1 {
            let middle = (low + high) / 2;
            if middle * middle * under <= over {
                low = middle;
            } else {
                high = middle;
            }
        }
        let half = (2 * low + 1) * (2 * low + 1) * under;
        let up = half < 4 * over || half == 4 * over && low % 2 == 1;
        Some(millionths(low + i128::from(up), currency))
    }

    /// What is left of an amount after the reversals that the window asks for.
    fn left(&self, window: &Window, i: usize) -> i64 {
        let k = &self.history[i];
        let parts =
            window.undo.contains(&Kind::Reversed) && self.mistake != Mistake::UndoIgnoresParts;
        k.event.amount - if parts { k.reversed } else { 0 }
    }

    fn aggregate(&self, w: usize, found: &[usize], me: usize) -> Read {
        let window = &self.windows[w];
        let currency = self.history[me].event.currency;
        let left = |i: &usize| self.left(window, *i);
        let text = |i: &usize| -> Option<String> {
            let k = &self.history[*i];
            match window.value {
                Value::Payee => Some(k.event.payee.clone()),
                Value::Device => k.event.device.clone(),
                Value::Amount => Some(money(i128::from(left(i)), currency)),
                Value::OccurredAt => Some(utc(k.at)),
                Value::Nothing => None,
            }
        };
        let amounts = || found.iter().map(left);
        let sum: i128 = amounts().map(i128::from).sum();
        let count = found.len() as i128;
        let value = match window.aggregate {
            Aggregate::Count => Some(count.to_string()),
            Aggregate::Sum => Some(money(sum, currency)),
            Aggregate::Avg => (count > 0).then(|| average(sum, count, currency)),
            Aggregate::Distinct => {
                let mut all: Vec<String> = match window.value {
                    // What was sent, reversed in part or not.
                    Value::Amount => found
                        .iter()
                        .map(|i| self.history[*i].event.amount.to_string())
                        .collect(),
                    _ => found.iter().filter_map(text).collect(),
                };
                all.sort();
                all.dedup();
                Some(all.len().to_string())
            }
            Aggregate::StdDev => {
                let all: Vec<i128> = amounts().map(i128::from).collect();
                self.deviation(&all, currency)
            }
            Aggregate::Hops => {
                let most = found.iter().map(|i| self.history[*i].hops[w]).max();
                Some(most.unwrap_or(0).to_string())
            }
            Aggregate::Min => amounts().min().map(|m| money(i128::from(m), currency)),
            Aggregate::Max => amounts().max().map(|m| money(i128::from(m), currency)),
            Aggregate::First => found.iter().find_map(text),
            Aggregate::Last => found.iter().rev().find_map(text),
            Aggregate::Since => found
                .iter()
                .rev()
                .find(|i| **i != me)
                .map(|i| span(self.history[me].at - self.history[*i].at)),
        };
        value.map_or(Read::Missing, Read::Value)
    }

    /// The newest moment that is no longer in the window.
    fn old_end(&self, over: Over, t: i64) -> i64 {
        let zone = match self.mistake {
            Mistake::UtcCalendar => FixedOffset::east_opt(0),
            _ => FixedOffset::east_opt(8 * 3600),
        }
        .expect("a zone");
        let local: DateTime<FixedOffset> = zone.timestamp_millis_opt(t).single().expect("a time");
        let start = |d: NaiveDate| {
            let midnight = d.and_hms_opt(0, 0, 0).expect("midnight");
            zone.from_local_datetime(&midnight)
                .single()
                .expect("no daylight saving")
                .timestamp_millis()
        };
        let date = local.date_naive();
        match over {
            Over::Ms(ms) => t - ms,
            Over::Day => start(date) - 1,
            Over::Month => start(date.with_day(1).expect("a first")) - 1,
            Over::Year => start(NaiveDate::from_ymd_opt(date.year(), 1, 1).expect("new year")) - 1,
            Over::WorkingDays(n) => {
                let mut day = date;
                let mut left = n;
                while left > 0 {
                    day = day - Days::new(1);
                    if self.works(day) {
                        left -= 1;
                    }
                }
                start(day) + (t - start(date))
            }
            Over::Ever | Over::Last(_) => i64::MIN,
            Over::LastIn(_, ms) => t - ms,
        }
    }

    fn works(&self, day: NaiveDate) -> bool {
        let number = day
            .signed_duration_since(NaiveDate::from_ymd_opt(1970, 1, 1).expect("the epoch"))
            .num_days();
        let weekday = day.weekday().number_from_monday() <= 5;
        if self.mistake == Mistake::WorkingDaysWithoutHolidays {
            return weekday;
        }
        self.calendar.workdays.contains(&number)
            || weekday && !self.calendar.holidays.contains(&number)
    }
}

enum Read {
    Value(String),
    Missing,
    Stale,
}

/// The values of the key fields: of the judged event, or of a counted one in its own role.
fn key(window: &Window, e: &Event, judged: bool) -> Option<Vec<String>> {
    window
        .by
        .iter()
        .map(|role| {
            let role = match (role, window.swapped && !judged) {
                (Role::Payer, true) => &Role::Payee,
                (role, _) => role,
            };
            match role {
                Role::Payer => Some(e.payer.clone()),
                Role::Payee => Some(e.payee.clone()),
                Role::Device => e.device.clone(),
                Role::Channel => Some(e.channel.to_owned()),
            }
        })
        .collect()
}

fn is_money(window: &Window) -> bool {
    window.value == Value::Amount
}

/// The window over the hits that set this one back: of the same key in the judged event's roles.
fn hits_of_reset(window: &Window) -> Window {
    Window {
        aggregate: Aggregate::Count,
        value: Value::Nothing,
        swapped: false,
        until: 0,
        terms: Vec::new(),
        exclude: false,
        undo: Vec::new(),
        on: vec![Kind::Requested, Kind::Settled, Kind::Failed, Kind::Reversed],
        daily: false,
        hits: true,
        reset: false,
        share: false,
        ..window.clone()
    }
}

/// Taken out altogether by notices that the window asks for.
fn gone(window: &Window, k: &Kept) -> bool {
    k.event.kind == Kind::Requested
        && (k.failed && window.undo.contains(&Kind::Failed)
            || k.reversed >= k.event.amount && window.undo.contains(&Kind::Reversed))
}

/// What a comparison comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    /// Amounts of two currencies that cannot be compared.
    Currencies,
    Missing,
}

impl Truth {
    fn of(b: bool) -> Truth {
        if b { Truth::Yes } else { Truth::No }
    }
}

/// `a >= b`, both in minor units of one scale.
fn at_least(a: (i128, Currency), b: (i128, Currency), policy: Policy) -> Truth {
    if a.1 == b.1 {
        return Truth::of(a.0 >= b.0);
    }
    if policy != Policy::Convert {
        return Truth::Currencies;
    }
    match (in_cny(a), in_cny(b)) {
        (Some(a), Some(b)) => Truth::of(a >= b),
        // No rate.
        _ => Truth::Missing,
    }
}

/// Fen times ten, by the rates of the case: one dollar is 7.1; of the yen nothing is known.
fn in_cny((minor, currency): (i128, Currency)) -> Option<i128> {
    match currency {
        Currency::Cny => Some(minor * 10),
        Currency::Usd => Some(minor * 71),
        Currency::Jpy => None,
    }
}

fn money(minor: i128, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let n = minor.unsigned_abs();
    match currency {
        Currency::Jpy => format!("{sign}{n}"),
        _ => format!("{sign}{}.{:02}", n / 100, n % 100),
    }
}

/// Half to even at six decimals, without zeros beyond the currency's own.
fn average(sum: i128, count: i128, currency: Currency) -> String {
    let minor = if currency == Currency::Jpy { 1 } else { 100 };
    let (n, d) = (sum * 1_000_000, count * minor);
    let (q, r) = (n / d, n % d);
    let up = 2 * r > d || 2 * r == d && q % 2 == 1;
    millionths(q + i128::from(up), currency)
}

/// Without zeros beyond the currency's own.
fn millionths(q: i128, currency: Currency) -> String {
    let mut text = format!("{}.{:06}", q / 1_000_000, q % 1_000_000);
    let least = if currency == Currency::Jpy { 0 } else { 2 };
    let point = text.find('.').expect("written above");
    while text.ends_with('0') && text.len() > point + 1 + least {
        text.pop();
    }
    text.trim_end_matches('.').to_owned()
}

fn utc(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms)
        .expect("a time")
        .format("%Y-%m-%dT%H:%M:%S%.3fZ")
        .to_string()
}

fn span(ms: i64) -> String {
    let units = [
        (86_400_000, "d"),
        (3_600_000, "h"),
        (60_000, "m"),
        (1_000, "s"),
        (1, "ms"),
    ];
    let mut rest = ms;
    let mut text = String::new();
    for (unit, name) in units {
        if rest >= unit {
            text += &format!("{}{name}", rest / unit);
            rest %= unit;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}
