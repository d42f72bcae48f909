//! Windows and streams of events to compare the engine with the oracle: few accounts, a grid of
//! times on which window edges are hit exactly, many ties, late events up to and beyond the
//! lateness, notices before and after their requests.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// One comparison.
#[derive(Debug, Clone)]
pub struct Case {
    /// Declared in this order in one rule.
    pub windows: Vec<Window>,
    /// The rule's policy where currencies meet.
    pub policy: Policy,
    /// `params.limit`, in fen.
    pub limit: i64,
    /// `[engine] lateness`.
    pub lateness: i64,
    /// In journal order.
    pub events: Vec<Event>,
    /// Where the run is split by a snapshot.
    pub split_at: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Policy {
    OnError,
    Skip,
    Fire,
    Convert,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Currency {
    Cny,
    Usd,
    Jpy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Kind {
    Requested,
    Settled,
    Failed,
    Reversed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Aggregate {
    Count,
    Sum,
    Distinct,
    Min,
    Max,
    Avg,
    First,
    Last,
    Since,
    StdDev,
    Hops,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Value {
    Nothing,
    Amount,
    Payee,
    Device,
    OccurredAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Role {
    Payer,
    Payee,
    Device,
    Channel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Over {
    Ms(i64),
    WorkingDays(u32),
    Day,
    Month,
    Year,
    Ever,
    /// The newest so many.
    Last(usize),
    /// The newest so many of this time.
    LastIn(usize, i64),
}

/// A term of a `where`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// `txn.amount >= params.limit`
    AmountAtLeast,
    /// `txn.channel == "mobile"`
    Mobile,
    /// An earlier window, a count, is at most so much.
    Earlier(usize, i64),
    /// `txn.amount >= this.txn.amount * 0.9`
    LikeThis,
    /// `payee.account == this.payee.account`
    SamePayee,
}

/// One window.
#[derive(Debug, Clone)]
pub struct Window {
    /// What it computes.
    pub aggregate: Aggregate,
    /// Of what.
    pub value: Value,
    /// Key of the judged event.
    pub by: Vec<Role>,
    /// `fields = { "payer.account" = "payee.account" }`
    pub swapped: bool,
    /// How far back.
    pub over: Over,
    /// Near end.
    pub until: i64,
    /// All must hold.
    pub terms: Vec<Where>,
    /// `current = "exclude"`
    pub exclude: bool,
    /// Notices that take a request out.
    pub undo: Vec<Kind>,
    /// Types counted.
    pub on: Vec<Kind>,
    /// Over totals of days.
    pub daily: bool,
    /// Only events on which the rule `mobile` fired, of all types.
    pub hits: bool,
    /// Only events after the last on which it fired.
    pub reset: bool,
    /// Of `hops`: at least nine tenths goes on.
    pub share: bool,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the contract")]
pub struct Event {
    pub kind: Kind,
    pub id: String,
    pub at: i64,
    pub journal_at: Option<i64>,
    pub amount: i64,
    pub currency: Currency,
    pub payer: String,
    pub payee: String,
    pub channel: &'static str,
    pub device: Option<String>,
    /// Id of the request that a notice is about.
    pub request: String,
    /// `transfer.amount`
    pub part: Option<i64>,
}

impl Event {
    /// Equal but for `journal_at`.
    #[must_use]
    pub fn same_content(&self, other: &Event) -> bool {
        let journal_at = self.journal_at;
        *self
            == Event {
                journal_at,
                ..other.clone()
            }
    }
}

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Fridays before a mid-autumn weekend and National Day, the last day of a year, and so on.
const STARTS: &[i64] = &[
    1_790_215_200_000, // 2026-09-24 10:00 +08:00
    1_790_776_800_000, // 2026-09-30 22:00
    1_798_729_200_000, // 2026-12-31 23:00
    1_795_482_000_000, // 2026-11-24 09:00
];
const STEPS: &[i64] = &[
    0,
    0,
    0,
    1,
    999,
    5_000,
    60_000,
    60_000,
    600_000,
    HOUR,
    HOUR,
    HOUR + 1,
    6 * HOUR,
    DAY,
    3 * DAY,
];
const BACKS: &[i64] = &[
    1,
    5_000,
    5_001,
    60_000,
    600_000,
    600_001,
    HOUR - 1,
    HOUR,
    HOUR + 1,
    6 * HOUR,
    DAY,
];
const AHEADS: &[i64] = &[300_000, 300_001, HOUR, 6 * HOUR];

#[derive(Debug, Clone)]
enum Do {
    Request,
    /// A notice about a request to come.
    Early(Kind, Part),
    Settle,
    Fail,
    Reverse(Part),
    Repeat,
    Conflict,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    All,
    Some(i64),
}

#[derive(Debug, Clone)]
struct Move {
    what: Do,
    step: i64,
    back: i64,
    ahead: i64,
    stamped: bool,
    payer: usize,
    payee: usize,
    amount: i64,
    currency: Currency,
    channel: &'static str,
    device: Option<usize>,
    which: usize,
}

/// Any case of at most so many events.
pub fn any_case(events: usize) -> impl Strategy<Value = Case> {
    let windows = vec(any_window(), 1..7);
    let policy = select(&[Policy::OnError, Policy::Skip, Policy::Fire, Policy::Convert]);
    let lateness = select(&[600_000, HOUR]);
    let moves = vec(any_move(), 1..events);
    let splits = vec(0..events, 0..3);
    (windows, policy, lateness, select(STARTS), moves, splits).prop_map(
        |(windows, policy, lateness, start, moves, split_at)| Case {
            windows: tidy(windows),
            policy,
            limit: 10_000,
            lateness,
            events: stream(start, &moves),
            split_at,
        },
    )
}

fn any_move() -> impl Strategy<Value = Move> {
    let part = prop_oneof![
        2 => Just(Part::All),
        3 => select(&[1, 3_000, 5_000, 10_000, 20_000]).prop_map(Part::Some),
    ];
    let notice = select(&[Kind::Failed, Kind::Reversed]);
    let what = prop_oneof![
        12 => Just(Do::Request),
        1 => (notice, part.clone()).prop_map(|(k, p)| Do::Early(k, p)),
        2 => Just(Do::Settle),
        1 => Just(Do::Fail),
        3 => part.prop_map(Do::Reverse),
        1 => Just(Do::Repeat),
        1 => Just(Do::Conflict),
    ];
    let back = prop_oneof![4 => Just(0), 1 => select(BACKS)];
    let ahead = prop_oneof![12 => Just(0), 1 => select(AHEADS)];
    let head = (what, select(STEPS), back, ahead, any::<bool>(), 0..40_usize);
    let currency = prop_oneof![
        5 => Just(Currency::Cny),
        1 => Just(Currency::Usd),
        1 => Just(Currency::Jpy),
    ];
    let body = (
        0..3_usize,
        0..3_usize,
        select(&[1_i64, 5_000, 9_000, 9_999, 10_000, 10_000, 20_000, 33_333]),
        currency,
        select(&["mobile", "counter"]),
        proptest::option::weighted(0.7, 0..2_usize),
    );
    (head, body).prop_map(|(h, b)| Move {
        what: h.0,
        step: h.1,
        back: h.2,
        ahead: h.3,
        stamped: h.4,
        which: h.5,
        payer: b.0,
        payee: b.1,
        amount: b.2,
        currency: b.3,
        channel: b.4,
        device: b.5,
    })
}

fn any_window() -> impl Strategy<Value = Window> {
    use Aggregate as A;
    let of = select(&[
        (A::Count, Value::Nothing),
        (A::Count, Value::Nothing),
        (A::Sum, Value::Amount),
        (A::Distinct, Value::Payee),
        (A::Distinct, Value::Device),
        (A::Distinct, Value::Amount),
        (A::Min, Value::Amount),
        (A::Max, Value::Amount),
        (A::Avg, Value::Amount),
        (A::First, Value::Payee),
        (A::First, Value::OccurredAt),
        (A::Last, Value::Device),
        (A::Last, Value::Amount),
        (A::Since, Value::Nothing),
        (A::StdDev, Value::Amount),
        (A::StdDev, Value::Amount),
        (A::Hops, Value::Nothing),
        (A::Hops, Value::Nothing),
    ]);
    let by = select(vec![
        (vec![Role::Payer], false),
        (vec![Role::Payer], false),
        (vec![Role::Payer], true),
        (vec![Role::Payee], false),
        (vec![Role::Payer, Role::Payee], false),
        (vec![Role::Device], false),
        (vec![Role::Payer, Role::Channel], false),
        (vec![Role::Payer, Role::Device], true),
    ]);
    let over = select(vec![
        Over::Ms(60_000),
        Over::Ms(600_000),
        Over::Ms(HOUR),
        Over::Ms(DAY),
        Over::Ms(5 * DAY),
        Over::WorkingDays(1),
        Over::WorkingDays(5),
        Over::Day,
        Over::Month,
        Over::Year,
        Over::Ever,
        Over::Last(1),
        Over::Last(3),
        Over::LastIn(2, HOUR),
    ]);
    let until = prop_oneof![5 => Just(0), 1 => select(&[5_000, 59_999])];
    let term = prop_oneof![
        2 => Just(Where::AmountAtLeast),
        1 => Just(Where::Mobile),
        2 => (0..6_usize, select(&[0_i64, 1, 2])).prop_map(|(w, n)| Where::Earlier(w, n)),
        1 => Just(Where::LikeThis),
        1 => Just(Where::SamePayee),
    ];
    let terms = prop_oneof![3 => Just(Vec::new()), 2 => vec(term, 1..3)];
    let undo = select(vec![
        vec![],
        vec![Kind::Failed],
        vec![Kind::Reversed],
        vec![Kind::Failed, Kind::Reversed],
    ]);
    let on = select(vec![
        vec![Kind::Requested],
        vec![Kind::Requested],
        vec![Kind::Settled],
        vec![Kind::Requested, Kind::Settled],
    ]);
    let flag = |one_in: u32| (0..one_in).prop_map(|n| n == 0);
    let more = (any::<bool>(), flag(2), flag(6), flag(5), any::<bool>());
    (of, by, over, until, terms, more, undo, on).prop_map(
        |((aggregate, value), (by, swapped), over, until, terms, more, undo, on)| {
            let (exclude, daily, hits, reset, share) = more;
            Window {
                aggregate,
                value,
                by,
                swapped,
                over,
                until,
                terms,
                exclude,
                undo,
                on,
                daily,
                hits,
                reset,
                share,
            }
        },
    )
}

/// Makes windows such as a rule may have: what the compiler refuses is left out.
fn tidy(mut windows: Vec<Window>) -> Vec<Window> {
    for i in 0..windows.len() {
        let earlier: Vec<usize> = (0..i)
            .filter(|w| {
                let w = &windows[*w];
                let number = matches!(w.aggregate, Aggregate::Count | Aggregate::Distinct);
                number && !w.compares()
            })
            .collect();
        let w = &mut windows[i];
        w.terms = w
            .terms
            .iter()
            .filter_map(|t| match t {
                Where::Earlier(_, _) if earlier.is_empty() => None,
                Where::Earlier(n, at_most) => {
                    Some(Where::Earlier(earlier[n % earlier.len()], *at_most))
                }
                other => Some(other.clone()),
            })
            .collect();
        w.terms.dedup();
        if w.over == Over::Ever {
            w.until = 0;
            w.terms
                .retain(|t| !matches!(t, Where::LikeThis | Where::SamePayee));
        }
        if w.hits {
            w.on = vec![Kind::Requested, Kind::Settled, Kind::Failed, Kind::Reversed];
        }
        if w.on != [Kind::Requested] {
            w.undo.clear();
        }
        let last = matches!(w.over, Over::Last(_) | Over::LastIn(..));
        if w.aggregate == Aggregate::Hops {
            (w.by, w.swapped) = match w.swapped {
                true => (vec![Role::Payer], true),
                false => (vec![Role::Payee], false),
            };
            if last || w.over == Over::Ever {
                w.over = Over::Ms(DAY);
            }
        }
        w.share &= w.aggregate == Aggregate::Hops;
        w.reset &= w.over != Over::Ever;
        if matches!(w.over, Over::Last(_) | Over::LastIn(..)) {
            w.until = 0;
        }
        use Aggregate as A;
        let of_days = matches!(w.aggregate, A::Avg | A::StdDev | A::Min | A::Max);
        let whole = matches!(w.over, Over::Ms(ms) if ms % DAY == 0)
            || matches!(w.over, Over::Month | Over::Year);
        w.daily &= of_days && whole && !w.compares();
        if w.daily {
            w.until = 0;
            if w.share || w.by.len() > 1 {
                w.value = Value::Nothing;
            }
        }
    }
    windows
}

impl Window {
    /// Whether it compares with the judged event.
    #[must_use]
    pub fn compares(&self) -> bool {
        let this = |t: &Where| matches!(t, Where::LikeThis | Where::SamePayee);
        self.terms.iter().any(this)
    }
}

fn stream(start: i64, moves: &[Move]) -> Vec<Event> {
    let mut now = start;
    let mut events: Vec<Event> = Vec::new();
    let mut early: Vec<Event> = Vec::new();
    for (n, m) in moves.iter().enumerate() {
        now += m.step;
        let at = now - m.back + m.ahead;
        let journal_at = (m.ahead > 0 || m.stamped).then_some(now);
        let mut event = Event {
            kind: Kind::Requested,
            id: format!("E{n}"),
            at,
            journal_at,
            amount: m.amount,
            currency: m.currency,
            payer: ["A", "B", "C"][m.payer].to_owned(),
            payee: ["A", "B", "C"][m.payee].to_owned(),
            channel: m.channel,
            device: m.device.map(|d| ["d1", "d2"][d].to_owned()),
            request: String::new(),
            part: None,
        };
        let requests: Vec<usize> = (0..events.len())
            .filter(|i| events[*i].kind == Kind::Requested)
            .collect();
        let recent = |list: &[usize]| {
            let from = list.len().saturating_sub(8);
            let near = &list[from..];
            (!near.is_empty()).then(|| near[m.which % near.len()])
        };
        match (&m.what, recent(&requests)) {
            (Do::Request, _) => {
                if m.which % 4 == 0 && !early.is_empty() {
                    let first = early.remove(0);
                    event = Event {
                        id: first.request.clone(),
                        kind: Kind::Requested,
                        request: String::new(),
                        part: None,
                        at,
                        journal_at,
                        ..first
                    };
                }
            }
            (Do::Early(kind, part), _) => {
                event.kind = *kind;
                event.request = format!("R{n}");
                event.part = part.of(*kind);
                early.push(event.clone());
            }
            (Do::Settle | Do::Fail | Do::Reverse(_), Some(i)) => {
                let (kind, part) = match m.what {
                    Do::Settle => (Kind::Settled, Part::All),
                    Do::Fail => (Kind::Failed, Part::All),
                    Do::Reverse(part) => (Kind::Reversed, part),
                    _ => unreachable!("matched above"),
                };
                let of = events[i].clone();
                event = Event {
                    kind,
                    id: event.id,
                    at,
                    journal_at,
                    part: part.of(kind),
                    request: of.id.clone(),
                    ..of
                };
            }
            // Further back the engine has let go of quiet keys (the dedupe horizon, 48 h).
            (Do::Repeat | Do::Conflict, Some(i)) if now - events[i].at < 40 * HOUR => {
                let mut again = events[i].clone();
                again.journal_at = journal_at;
                if matches!(m.what, Do::Conflict) {
                    again.amount += 1;
                }
                event = again;
            }
            (_, _) => {}
        }
        events.push(event);
    }
    events
}

impl Part {
    fn of(self, kind: Kind) -> Option<i64> {
        match (self, kind) {
            (Part::Some(n), Kind::Reversed) => Some(n),
            _ => None,
        }
    }
}

/// The rule file of a case.
#[must_use]
pub fn rule(case: &Case) -> String {
    let mut text = String::from(
        "[[rule]]\nid = \"reads\"\ntitle = { zh = \"读\", en = \"reads\" }\n\
         on = [\"transfer.requested\", \"transfer.settled\", \"transfer.failed\", \
         \"transfer.reversed\"]\nmode = \"alert\"\nsubject = \"payer.account\"\n\
         params.limit = { value = 100, unit = \"CNY\", min = 1, max = 1000 }\n",
    );
    let names = |kinds: &[Kind]| {
        let all: Vec<String> = kinds.iter().map(|k| format!("{:?}", k.name())).collect();
        format!("[{}]", all.join(", "))
    };
    for (i, w) in case.windows.iter().enumerate() {
        let by: Vec<String> = w.by.iter().map(|r| format!("{:?}", r.field())).collect();
        text += &format!(
            "window.w{i} = {{ {} = {:?}, by = [{}], over = {:?}, on = {}",
            w.aggregate.name(),
            w.value.field(w.aggregate),
            by.join(", "),
            w.over.text(),
            if w.hits {
                "\"rule:mobile\"".to_owned()
            } else {
                names(&w.on)
            }
        );
        if w.swapped {
            text += ", fields = { \"payer.account\" = \"payee.account\" }";
        }
        if w.until > 0 {
            text += &format!(", until = \"{}ms\"", w.until);
        }
        if w.daily {
            text += ", per = \"day\"";
        }
        if w.reset {
            text += ", reset = \"rule:mobile\"";
        }
        if w.aggregate == Aggregate::Hops {
            text += ", within = \"1h\"";
        }
        if w.share {
            text += ", share = 0.9";
        }
        if w.exclude {
            text += ", current = \"exclude\"";
        }
        if !w.undo.is_empty() {
            text += &format!(", undo = {}", names(&w.undo));
        }
        let terms: Vec<String> = w.terms.iter().map(Where::text).collect();
        if !terms.is_empty() {
            text += &format!(", where = {:?}", terms.join(" && "));
        }
        text += " }\n";
    }
    let lines: Vec<String> = (0..case.windows.len())
        .map(|i| format!("\"has(window.w{i}) || !has(window.w{i})\""))
        .collect();
    text += &format!("when = [{}]\n", lines.join(", "));
    text += "then = { action = \"allow\" }\n";
    if case.policy != Policy::OnError {
        text += &format!("currency = {:?}\n", case.policy.name());
    }
    text += "[[rule]]\nid = \"mobile\"\ntitle = { zh = \"手机\", en = \"mobile\" }\n\
             on = [\"transfer.requested\", \"transfer.settled\", \"transfer.failed\", \
             \"transfer.reversed\"]\nmode = \"shadow\"\n\
             when = [\"txn.channel == \\\"mobile\\\"\"]\nthen = { action = \"allow\" }\n";
    text
}

/// The line of an event.
#[must_use]
pub fn line(e: &Event) -> String {
    let time = |ms: i64| {
        chrono::DateTime::from_timestamp_millis(ms)
            .expect("a time")
            .format("%Y-%m-%dT%H:%M:%S%.3fZ")
    };
    let amount = |minor: i64| match e.currency {
        Currency::Jpy => minor.to_string(),
        _ => format!("{}.{:02}", minor / 100, minor % 100),
    };
    let device = e
        .device
        .as_ref()
        .map_or_else(String::new, |d| format!(",\"device\":\"{d}\""));
    let transfer = match e.kind {
        Kind::Requested => String::new(),
        _ => {
            let part = e
                .part
                .map_or_else(String::new, |p| format!(",\"amount\":\"{}\"", amount(p)));
            format!(
                "\"transfer\":{{\"id\":\"{}\",\"source\":\"s\",\"requested_at\":\"{}\"{part}}},",
                e.request,
                time(e.at)
            )
        }
    };
    let journal_at = e
        .journal_at
        .map_or_else(String::new, |t| format!(",\"journal_at\":\"{}\"", time(t)));
    format!(
        "{{\"type\":\"{}\",\"id\":\"{}\",\"source\":\"s\",\"occurred_at\":\"{}\",{transfer}\
         \"txn\":{{\"amount\":\"{}\",\"currency\":\"{}\",\"channel\":\"{}\"{device}}},\
         \"payer\":{{\"account\":\"{}\"}},\"payee\":{{\"account\":\"{}\"}}{journal_at}}}",
        e.kind.name(),
        e.id,
        time(e.at),
        amount(e.amount),
        e.currency.name(),
        e.channel,
        e.payer,
        e.payee
    )
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Requested => "transfer.requested",
            Kind::Settled => "transfer.settled",
            Kind::Failed => "transfer.failed",
            Kind::Reversed => "transfer.reversed",
        }
    }
}

impl Currency {
    fn name(self) -> &'static str {
        match self {
            Currency::Cny => "CNY",
            Currency::Usd => "USD",
            Currency::Jpy => "JPY",
        }
    }
}

impl Policy {
    fn name(self) -> &'static str {
        match self {
            Policy::OnError => "on_error",
            Policy::Skip => "skip",
            Policy::Fire => "fire",
            Policy::Convert => "convert",
        }
    }
}

impl Aggregate {
    /// As a rule file calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Aggregate::Count => "count",
            Aggregate::Sum => "sum",
            Aggregate::Distinct => "distinct",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
            Aggregate::Avg => "avg",
            Aggregate::First => "first",
            Aggregate::Last => "last",
            Aggregate::Since => "since",
            Aggregate::StdDev => "stddev",
            Aggregate::Hops => "hops",
        }
    }
}

impl Value {
    fn field(self, of: Aggregate) -> &'static str {
        match (self, of) {
            (Value::Nothing, Aggregate::Since) => "last",
            (Value::Nothing, Aggregate::Hops) => "payer.account",
            (Value::Nothing, _) => "*",
            (Value::Amount, _) => "txn.amount",
            (Value::Payee, _) => "payee.account",
            (Value::Device, _) => "txn.device",
            (Value::OccurredAt, _) => "occurred_at",
        }
    }
}

impl Role {
    fn field(self) -> &'static str {
        match self {
            Role::Payer => "payer.account",
            Role::Payee => "payee.account",
            Role::Device => "txn.device",
            Role::Channel => "txn.channel",
        }
    }
}

impl Over {
    fn text(self) -> String {
        match self {
            Over::Ms(ms) => format!("{}s", ms / 1_000),
            Over::WorkingDays(n) => format!("{n} working days"),
            Over::Day => "calendar day".to_owned(),
            Over::Month => "calendar month".to_owned(),
            Over::Year => "calendar year".to_owned(),
            Over::Ever => "ever".to_owned(),
            Over::Last(n) => format!("last {n}"),
            Over::LastIn(n, ms) => format!("last {n} in {}s", ms / 1_000),
        }
    }
}

impl Where {
    fn text(&self) -> String {
        match self {
            Where::AmountAtLeast => "txn.amount >= params.limit".to_owned(),
            Where::Mobile => "txn.channel == \"mobile\"".to_owned(),
            Where::Earlier(w, n) => format!("window.w{w} <= {n}"),
            Where::LikeThis => "txn.amount >= this.txn.amount * 0.9".to_owned(),
            Where::SamePayee => "payee.account == this.payee.account".to_owned(),
        }
    }
}
