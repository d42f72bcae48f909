//! Random orders, transfers, inquiries, releases and appeals, against what must hold of any of them:
//! no transfer out of a held account is ever told anything but `hold`; no hold outlives its term;
//! every order gets exactly one final feedback.
//!
//! What stands is followed from what was told, and once more from the orders themselves.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use zhamen_engine::output::{
    Decision, Feedback, FeedbackKind, HoldEvent, HoldEventKind, HoldScope, Output,
};
use zhamen_engine::rule::Action;
use zhamen_engine::time::{DAY_MS, HOUR_MS, MINUTE_MS, TimestampMs, rfc3339};
use zhamen_tests::harness::{Fold, decision, rules};
use zhamen_tests::settings;

const START: TimestampMs = 1_795_485_600_000;
const STOP_MS: i64 = 48 * HOUR_MS;

const RULES: &str = r#"
[[rule]]
id = "large"
title = { zh = "large", en = "large" }
on = "transfer.requested"
mode = "enforce"
params.x = { value = 3000, unit = "CNY", min = 0, max = 100000 }
when = ["txn.amount >= params.x"]
then = { action = "delay", for = "24h" }

[[rule]]
id = "ask"
title = { zh = "ask", en = "ask" }
on = "transfer.requested"
mode = "enforce"
params.x = { value = 2000, unit = "CNY", min = 0, max = 100000 }
when = ["txn.amount >= params.x"]
then = { action = "inquire", form = "four-questions-one-notice@1", answer_within = "30m", on_silence = "delay" }
"#;

#[derive(Debug, Clone)]
enum Op {
    Pay(u8, u8, u16),
    Stop(u8, u8, Said),
    Freeze(u8, u8, u8),
    About(&'static str, u8),
    Renew(u8, u8),
    Release(&'static str, u8, u8),
    Appeal(u8, bool),
    Answer(u8, &'static str),
    Settle(u8),
    Wait(i64),
}

#[derive(Debug, Clone, Copy)]
enum Said {
    Right,
    WrongName,
    Unknown,
}

fn op() -> impl Strategy<Value = Op> {
    let about = prop::sample::select(vec![
        "stop.confirmed",
        "stop.denied",
        "stop.released",
        "freeze.released",
    ]);
    let release = prop::sample::select(vec![
        "hold.release_ordered",
        "hold.release_requested",
        "hold.release_approved",
    ]);
    let outcome = prop::sample::select(vec!["proceed", "delay", "refuse", "report_to_police"]);
    let said = prop::sample::select(vec![
        Said::Right,
        Said::Right,
        Said::WrongName,
        Said::Unknown,
    ]);
    // On the edges of terms and a millisecond beside them.
    let wait = (
        prop::sample::select(vec![
            0,
            MINUTE_MS,
            30 * MINUTE_MS,
            24 * HOUR_MS,
            STOP_MS,
            5 * DAY_MS,
        ]),
        -1..=1_i64,
    )
        .prop_map(|(span, beside)| (span + beside).max(0));
    prop_oneof![
        6 => (0..4_u8, 0..4_u8, prop::sample::select(vec![1_000_u16, 2_000, 3_000]))
            .prop_map(|(payer, payee, yuan)| Op::Pay(payer, payee, yuan)),
        4 => (0..8_u8, 0..3_u8, said).prop_map(|(a, on, said)| Op::Stop(a, on, said)),
        2 => (0..4_u8, 0..3_u8, 0..6_u8).prop_map(|(a, on, days)| Op::Freeze(a, on, days)),
        4 => (about, 0..8_u8).prop_map(|(kind, a)| Op::About(kind, a)),
        1 => (0..4_u8, 0..9_u8).prop_map(|(a, days)| Op::Renew(a, days)),
        2 => (release, 0..20_u8, 0..3_u8).prop_map(|(kind, n, by)| Op::Release(kind, n, by)),
        1 => (0..20_u8, any::<bool>()).prop_map(|(n, upheld)| Op::Appeal(n, upheld)),
        2 => (0..20_u8, outcome).prop_map(|(n, outcome)| Op::Answer(n, outcome)),
        1 => (0..20_u8).prop_map(Op::Settle),
        4 => wait.prop_map(Op::Wait),
    ]
}

/// What has been told so far.
#[derive(Default)]
struct Told {
    /// Open holds by id: account, scope, end.
    holds: BTreeMap<String, (String, HoldScope, Option<TimestampMs>)>,
    /// Every hold ever, every inquiry ever, every request.
    hold_ids: Vec<String>,
    inquiry_ids: Vec<String>,
    requests: Vec<(String, u8, u8, u16)>,
    /// Accounts that stops and freezes stand on, by application, and until when.
    standing: BTreeMap<(bool, String), (String, TimestampMs)>,
    /// Final answers to orders: kind and, unless it is told anew each time, id.
    last: BTreeMap<(bool, String), BTreeSet<String>>,
    ordered: BTreeSet<(bool, String)>,
}

impl Told {
    fn hear(&mut self, outputs: &[Output]) {
        for output in outputs {
            match output {
                Output::Hold(h) => self.hold(h),
                Output::Feedback(f) => self.feedback(f),
                Output::Decision(d) => {
                    self.inquiry_ids
                        .extend(d.inquiry.as_ref().map(|i| i.id.clone()));
                }
                _ => {}
            }
        }
    }

    fn hold(&mut self, h: &HoldEvent) {
        use HoldEventKind as K;
        match (h.kind, h.scope) {
            (K::HoldPlaced, Some(scope)) => {
                let entry = (h.account.to_string(), scope, h.until);
                assert!(
                    self.holds.insert(h.id.clone(), entry).is_none(),
                    "{h:?} placed twice"
                );
                self.hold_ids.push(h.id.clone());
            }
            (K::HoldExtended, Some(_)) => {
                self.holds
                    .get_mut(&h.id)
                    .expect("an open hold is extended")
                    .2 = h.until;
            }
            (K::HoldReleased | K::HoldExpired, Some(_)) => {
                let (_, _, until) = self.holds.remove(&h.id).expect("an open hold ends");
                if h.kind == K::HoldExpired {
                    assert_eq!(Some(h.at), until, "expires at its term: {h:?}");
                }
            }
            _ => {}
        }
    }

    fn feedback(&mut self, f: &Feedback) {
        use FeedbackKind as K;
        let freeze = f.kind.name().starts_with("freeze");
        let order = (freeze, f.application.to_string());
        let mut last = |id: &str| {
            let name = format!("{} {id}", f.kind.name());
            self.last.entry(order.clone()).or_default().insert(name);
        };
        match f.kind {
            K::StopRefused | K::FreezeRefused => {
                // Answers to a release, a renewal or a confirmation of nothing are not the order's.
                let of_order = ["100102", "100106", "100202"].contains(&f.code);
                if of_order && f.element != Some("unknown_application") {
                    last(&f.id);
                }
            }
            K::StopExpired | K::FreezeExpired => last(&f.id),
            // Told again for each release that comes after.
            K::StopLifted | K::FreezeLifted => last(""),
            K::StopPlaced | K::FreezePlaced | K::FreezeRenewed => {
                let account = f.account.as_ref().expect("an account").to_string();
                let until = f.until.expect("an end");
                // The answer to a repeat is the old answer: nothing stands anew.
                if f.kind == K::FreezeRenewed || !self.ordered.contains(&order) {
                    self.standing.insert(order.clone(), (account, until));
                }
            }
            _ => {}
        }
        if matches!(
            f.kind,
            K::StopExpired | K::FreezeExpired | K::StopLifted | K::FreezeLifted
        ) {
            self.standing.remove(&order);
        }
        if matches!(f.kind, K::StopPlaced | K::FreezePlaced) {
            self.ordered.insert(order);
        }
    }

    /// What must hold after everything up to `now` was told.
    fn check(&self, now: TimestampMs) {
        for (id, (.., until)) in &self.holds {
            assert!(until.is_none_or(|u| u > now), "{id} outlives its term");
        }
        for (order, (_, until)) in &self.standing {
            assert!(*until > now, "{order:?} outlives its term");
        }
    }

    fn is_held(&self, account: &str) -> bool {
        let by_hold = |(on, scope, _): &(String, HoldScope, _)| {
            on == account && *scope == HoldScope::AccountOut
        };
        let held = self.holds.values().any(by_hold);
        let ordered = self.standing.values().any(|(on, _)| on == account);
        assert_eq!(
            held, ordered,
            "holds and feedback tell different things of {account}"
        );
        held
    }
}

struct World {
    fold: Fold,
    now: TimestampMs,
    n: u32,
    told: Told,
}

impl World {
    fn line(&mut self, kind: &str, more: &str) -> Decision {
        self.n += 1;
        let (n, at) = (self.n, rfc3339(self.now));
        let line = format!(
            r#"{{"type":"{kind}","id":"{n}","source":"s","occurred_at":"{at}","journal_at":"{at}",{more}}}"#
        );
        let outputs = self.fold.line(line.as_bytes());
        let d = decision(&outputs).clone();
        assert_eq!(d.rejected, None, "{line}");
        self.told.hear(&outputs);
        self.told.check(self.now);
        d
    }

    fn tick(&mut self) {
        let outputs = self.fold.tick(self.now);
        self.told.hear(&outputs);
        self.told.check(self.now);
    }

    fn act(&mut self, op: &Op) {
        match *op {
            Op::Pay(payer, payee, yuan) => {
                self.tick();
                let held = self.told.is_held(&format!("M{payer}"));
                let body = transfer(payer, payee, yuan);
                let d = self.line("transfer.requested", &body);
                self.told
                    .requests
                    .push((self.n.to_string(), payer, payee, yuan));
                if held {
                    assert_eq!(d.action, Action::Hold, "out of a held account");
                }
            }
            Op::Stop(a, on, said) => {
                let body = order(&format!("S{a}"), on, said, None);
                self.line("stop.ordered", &body);
            }
            Op::Freeze(a, on, days) => {
                let until = self.now + i64::from(days) * DAY_MS;
                let body = order(&format!("F{a}"), on, Said::Right, Some(until));
                self.line("freeze.ordered", &body);
            }
            Op::About(kind, a) => {
                let letter = if kind.starts_with("freeze") { 'F' } else { 'S' };
                let a = if letter == 'F' { a % 4 } else { a };
                self.line(kind, &format!(r#""order":{{"application":"{letter}{a}"}}"#));
            }
            Op::Renew(a, days) => {
                let until = rfc3339(self.now + i64::from(days) * DAY_MS);
                self.line(
                    "freeze.renewed",
                    &format!(r#""order":{{"application":"F{a}","until":"{until}"}}"#),
                );
            }
            Op::Release(kind, n, by) => {
                let Some(hold) = pick(&self.told.hold_ids, n).cloned() else {
                    return;
                };
                let who = match kind {
                    "hold.release_ordered" => {
                        r#""organ":"360121560000","officer":"P1","reason":"r""#.to_owned()
                    }
                    _ => format!(r#""person":"p{by}""#),
                };
                self.line(kind, &format!(r#""release":{{"hold":"{hold}",{who}}}"#));
            }
            Op::Appeal(n, upheld) => {
                let Some(hold) = pick(&self.told.hold_ids, n).cloned() else {
                    return;
                };
                self.line(
                    "appeal.filed",
                    &format!(r#""appeal":{{"hold":"{hold}","person":"p"}}"#),
                );
                self.line(
                    "appeal.decided",
                    &format!(r#""appeal":{{"hold":"{hold}","person":"p","upheld":{upheld}}}"#),
                );
            }
            Op::Answer(n, outcome) => {
                let Some(id) = pick(&self.told.inquiry_ids, n).cloned() else {
                    return;
                };
                let answers: Vec<String> = (1..=4)
                    .map(|q| format!(r#"{{"question":"{q}","answer":"x"}}"#))
                    .collect();
                let answers = answers.join(",");
                self.line(
                    "inquiry.answered",
                    &format!(
                        r#""inquiry":{{"id":"{id}","form":"four-questions-one-notice@1","answers":[{answers}],"notice":{{"version":"1","signed":true}},"outcome":"{outcome}"}}"#
                    ),
                );
            }
            Op::Settle(n) => {
                let Some((id, payer, payee, yuan)) = pick(&self.told.requests, n).cloned() else {
                    return;
                };
                let body = transfer(payer, payee, yuan);
                let at = rfc3339(START);
                self.line(
                    "transfer.settled",
                    &format!(
                        r#""transfer":{{"id":"{id}","source":"s","requested_at":"{at}"}},{body}"#
                    ),
                );
            }
            Op::Wait(span) => {
                self.now += span;
                self.tick();
            }
        }
    }
}

fn pick<T>(all: &[T], n: u8) -> Option<&T> {
    // The newest most often.
    all.iter().rev().nth(usize::from(n) % all.len().max(1))
}

fn transfer(payer: u8, payee: u8, yuan: u16) -> String {
    format!(
        r#""txn":{{"amount":"{yuan}.00","currency":"CNY","channel":"mobile"}},"payer":{{"account":"M{payer}","name":"N{payer}","bank":"CCB"}},"payee":{{"account":"M{payee}"}}"#
    )
}

fn order(application: &str, on: u8, said: Said, until: Option<TimestampMs>) -> String {
    let name = match said {
        Said::WrongName => "X".to_owned(),
        _ => format!("N{on}"),
    };
    let account = match said {
        Said::Unknown => format!("U{on}"),
        _ => format!("M{on}"),
    };
    let at = rfc3339(START);
    let until = until.map_or(String::new(), |u| format!(r#","until":"{}""#, rfc3339(u)));
    format!(
        r#""order":{{"application":"{application}","kind":"100101","account":"{account}","name":"{name}","bank":"CCB","amount":"1000.00","currency":"CNY","transferred_at":"{at}","reason":"r","organ":"360121560000","officer":"P1"{until}}}"#
    )
}

fn run(ops: &[Op], split_at: usize) {
    let mut world = World {
        fold: Fold::new(rules(RULES), settings::policy("", None)),
        now: START,
        n: 0,
        told: Told::default(),
    };
    // Each account has paid 1000 yuan at the start, which orders name.
    for payer in 0..4 {
        world.act(&Op::Pay(payer, (payer + 1) % 4, 1_000));
    }
    let mut orders = BTreeSet::new();
    for (nth, op) in ops.iter().enumerate() {
        if nth == split_at {
            world.fold.split();
        }
        match op {
            Op::Stop(a, ..) => orders.insert((false, format!("S{a}"))),
            Op::Freeze(a, ..) => orders.insert((true, format!("F{a}"))),
            _ => false,
        };
        world.act(op);
    }
    // Whatever still waits for a bank is denied; whatever stands runs out.
    for a in 0..8 {
        world.act(&Op::About("stop.denied", a));
    }
    world.act(&Op::Wait(400 * DAY_MS));
    assert!(
        world.told.holds.is_empty(),
        "holds stand for ever: {:?}",
        world.told.holds
    );
    for order in &orders {
        let finals = world.told.last.get(order).map_or(0, BTreeSet::len);
        assert_eq!(finals, 1, "{order:?}: {:?}", world.told.last.get(order));
    }
    assert_eq!(
        world.fold.engine().next_due(),
        None,
        "a timer without an end"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_holds_hold_and_end(ops in vec(op(), 1..60), split_at in 0..60_usize) {
        run(&ops, split_at);
    }
}
