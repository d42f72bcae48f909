//! One key with all the traffic: spans far beyond what the engine scans, so that its caches of
//! distinct values and extremes are what is read; with late events and reversals in between, which
//! void them, and a snapshot, which loses them. The oracle rescans everything as ever.

use zhamen_tests::cases::{
    Aggregate, Case, Currency, Event, Kind, Over, Policy, Role, Value, Window,
};
use zhamen_tests::compare;
use zhamen_tests::oracle::Mistake;

/// 2026-11-24T09:00+08:00
const START: i64 = 1_795_482_000_000;
const EVENTS: i64 = 1_150;

fn window(aggregate: Aggregate, value: Value, over: Over) -> Window {
    Window {
        aggregate,
        value,
        by: vec![Role::Payer],
        swapped: false,
        over,
        until: 0,
        terms: Vec::new(),
        exclude: aggregate == Aggregate::Max,
        undo: vec![Kind::Failed, Kind::Reversed],
        on: vec![Kind::Requested],
        daily: false,
        hits: false,
        reset: false,
        share: false,
    }
}

/// Windows of a quarter of an hour hold some 800 events, those of a day all.
fn windows() -> Vec<Window> {
    let mut all = Vec::new();
    for over in [Over::Ms(900_000), Over::Ms(86_400_000), Over::Ever] {
        for (aggregate, value) in [
            (Aggregate::Distinct, Value::Payee),
            (Aggregate::Distinct, Value::Amount),
            (Aggregate::Min, Value::Amount),
            (Aggregate::Max, Value::Amount),
            (Aggregate::Sum, Value::Amount),
            (Aggregate::StdDev, Value::Amount),
            (Aggregate::Count, Value::Nothing),
        ] {
            all.push(window(aggregate, value, over));
        }
    }
    all
}

/// A stream that looks random and is the same every time.
fn stream() -> Vec<Event> {
    let mut seed: u64 = 0x5eed;
    let mut chance = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % n
    };
    let mut events: Vec<Event> = Vec::new();
    for n in 0..EVENTS {
        let mut event = Event {
            kind: Kind::Requested,
            id: format!("E{n}"),
            at: START + n * 1_000,
            journal_at: None,
            amount: 100 + chance(5_000) as i64,
            currency: Currency::Cny,
            payer: "busy".to_owned(),
            payee: format!("p{}", chance(700)),
            channel: "mobile",
            device: None,
            request: String::new(),
            part: None,
        };
        match chance(12) {
            // Late, in the middle of the span.
            0 => event.at -= 300_000,
            // Late, before the quarter of an hour.
            1 => event.at = (event.at - 1_000_000).max(START),
            2 if n > 10 => {
                let of = events[chance(n as u64) as usize].clone();
                if of.kind == Kind::Requested {
                    event = Event {
                        kind: if chance(2) == 0 {
                            Kind::Failed
                        } else {
                            Kind::Reversed
                        },
                        id: event.id,
                        at: event.at,
                        request: of.id.clone(),
                        part: None,
                        ..of
                    };
                }
            }
            _ => {}
        }
        events.push(event);
    }
    events
}

#[test]
fn a_key_with_all_the_traffic_reads_as_the_oracle_does() {
    let case = Case {
        windows: windows(),
        policy: Policy::OnError,
        limit: 10_000,
        lateness: 3_600_000,
        events: stream(),
        split_at: vec![700, 1_100],
    };
    if let Err(difference) = compare::case(&case, Mistake::None, 19) {
        panic!("{difference}");
    }
}

#[test]
fn more_distinct_values_than_the_bound_saturate_with_a_mark() {
    use zhamen_tests::cases::line;
    use zhamen_tests::harness::{Fold, decision, rules};
    let rule = r#"
        [[rule]]
        id = "r"
        title = { zh = "r", en = "r" }
        on = "transfer.requested"
        mode = "alert"
        window.d = { distinct = "payee.account", by = ["payer.account"], over = "ever" }
        when = ["window.d >= 0"]
        then = { action = "allow" }
    "#;
    let mut fold = Fold::new(rules(rule), zhamen_tests::settings::policy("", None));
    let template = stream().remove(0);
    let mut last = Vec::new();
    for n in 0..10_050_i64 {
        let event = Event {
            id: format!("S{n}"),
            at: START + n * 60_000,
            payee: format!("q{n}"),
            ..template.clone()
        };
        last = fold.line(line(&event).as_bytes());
        let d = decision(&last);
        if n < 10_000 {
            assert_eq!(d.fired[0].values[0].1, (n + 1).to_string());
            assert!(d.degraded.is_empty(), "at {n}");
        }
    }
    let d = decision(&last);
    assert_eq!(d.fired[0].values[0].1, "10000");
    assert_eq!(d.degraded.len(), 1, "a saturated reading is marked");
    assert_eq!(d.degraded[0].code.name(), "SATURATED");
}
