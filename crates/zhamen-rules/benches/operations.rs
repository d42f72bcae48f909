//! Measures the table of costs behind the estimate of `rules check` (`src/cost.rs`): for each
//! operation a set of rules with it and one without, folded over the same events; the difference, per
//! event and rule, is the operation's. Prints the table's figure beside it, and how long it takes to
//! check 1,000 rules. Nothing is asserted: a figure belongs to its machine.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use compact_str::{CompactString, format_compact};
use cpu_time::ThreadTime;
use zhamen_engine::Engine;
use zhamen_engine::entry::{Activation, Block, Body, Entry, Headers, Input, Policy, Record};
use zhamen_engine::event::{Event, EventKind, Field, Value};
use zhamen_engine::money::{Currency, Money};
use zhamen_engine::rule::RuleSet;
use zhamen_engine::time::{HOUR_MS, MINUTE_MS, days_from_civil};
use zhamen_rules::{Op, SourceFile, compile};

/// Rules of a set.
const RULES: usize = 50;
/// Events of a run, so many of each account.
const EVENTS: usize = 20_000;
const ACCOUNTS: usize = 1_000;
/// The fastest of so many runs counts.
const RUNS: usize = 5;

fn main() {
    // `cargo test` starts benches too, only to see that they start.
    let quick = !std::env::args().any(|a| a == "--bench");
    let events = if quick { 100 } else { EVENTS };
    let mut rows = String::new();
    let empty = fold("", events);
    let plain = |line: &str| rules(line, "");
    let base = fold(&plain("payer.age >= 200"), events);
    let mut measured = |op: Op, ns: i64| {
        let _ = writeln!(rows, "{:<12} {:>5} {ns:>5}", format!("{op:?}"), op.ns());
    };
    let per_rule = |a: Duration, b: Duration, times: usize| -> i64 {
        let ns = a.as_nanos() as i64 - b.as_nanos() as i64;
        ns / (events * RULES * times) as i64
    };
    let step = {
        let more = "payer.age * 3 - 2 + 7 + 1 >= 900";
        per_rule(fold(&plain(more), events), base, 4)
    };
    let line = {
        let line = "payer.age >= 1 && payer.age >= 2 && payer.age >= 3 && payer.age >= 200";
        per_rule(fold(&plain(line), events), base, 3)
    };
    let field = line - step;
    let of = |line: &str| per_rule(fold(&plain(line), events), base, 1);
    let rule = per_rule(base, empty, 1) - line;
    measured(Op::Rule, rule);
    measured(Op::Step, step);
    measured(Op::Field, field);
    measured(
        Op::Text,
        of("payer.name.startsWith(\"abc\") && payer.age >= 200") + step,
    );
    measured(
        Op::Pattern,
        of("payer.name.matches(\"x[0-9]+y\") && payer.age >= 200") + step,
    );
    measured(Op::Time, of("hour(occurred_at) >= 25"));
    measured(
        Op::List,
        of("payee.account in list.any && payer.age >= 200") + step,
    );
    let window = |over: &str, each: bool| {
        let on = if each {
            "where = \"payer.age >= I\", "
        } else {
            ""
        };
        rules(
            "window.n >= 100_000",
            &format!(
                "window.n = {{ count = \"*\", by = [\"payer.account\"], {on}over = \"{over}\" }}\n"
            ),
        )
    };
    // Every rule its own period: one series, a window each. Every rule its own filter: a series each.
    let shared = fold(&window("1h", false), events);
    let read = fold(&window("Im", false), events);
    let counted = fold(&window("1h", true), events);
    let again = per_rule(shared, base, 1);
    measured(Op::Window, per_rule(read, shared, 1) + again);
    measured(Op::WindowAgain, again);
    measured(Op::Counted, per_rule(counted, read, 1) - field - step);
    let per_event = EVENTS.min(events) / ACCOUNTS.min(events);
    let looks = |window: &str| {
        let set = rules("window.n >= 100_000", window);
        let each = per_rule(fold(&set, events), read, 1);
        // A key has half of its events on average.
        each * 2 / per_event.max(1) as i64
    };
    let scan = "window.n = { count = \"*\", by = [\"payer.account\"], over = \"Id\", where = \"txn.amount > this.txn.amount\" }\n";
    measured(Op::Scanned, looks(scan) - 2 * field - step);
    let days =
        "window.n = { avg = \"*\", per = \"day\", by = [\"payer.account\"], over = \"Id\" }\n";
    measured(Op::Day, looks(days));
    print(&format!(
        "{:<12} {:>5} {:>5}\n{rows}",
        "operation", "table", "here"
    ));

    let text = thousand_rules();
    let files = [SourceFile {
        name: "rules.toml".to_owned(),
        text,
    }];
    let began = Instant::now();
    let compiled = compile(&files);
    let took = began.elapsed();
    assert!(compiled.set.is_some(), "1,000 rules compile");
    print(&format!("check of 1,000 rules: {} ms\n", took.as_millis()));
}

#[expect(clippy::print_stdout, reason = "what a bench measured is its output")]
fn print(text: &str) {
    print!("{text}");
}

/// Rules with this line and this window; a capital `I` is the rule's number.
fn rules(line: &str, window: &str) -> String {
    let mut text = String::new();
    for i in 1..=RULES {
        let number = |part: &str| part.replace('I', &i.to_string());
        let _ = write!(
            text,
            "[[rule]]\nid = \"r{i}\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\non = \"transfer.requested\"\n\
             mode = \"shadow\"\n{}when = [{:?}]\nthen = {{ action = \"verify\" }}\n",
            number(window),
            number(line)
        );
    }
    text
}

/// As a bank would have them: lines, a parameter, a window and tests each.
fn thousand_rules() -> String {
    let mut text = String::new();
    for i in 1..=1_000 {
        let _ = write!(
            text,
            "[[rule]]\nid = \"rule-{i}\"\ntitle = {{ zh = \"规则\", en = \"rule\" }}\n\
             on = \"transfer.requested\"\nmode = \"alert\"\n\
             params.large = {{ value = {}, unit = \"CNY\", min = 1, max = 500_000 }}\n\
             window.out = {{ count = \"*\", by = [\"payer.account\"], over = \"{}m\", where = \"txn.amount >= params.large\" }}\n\
             when = [\"txn.amount >= params.large\", \"window.out >= 3\", \"payer.age >= {}\"]\n\
             unless = [\"payee.holder == payer.holder\"]\n\
             then = {{ action = \"verify\", alert = \"high\", quiet = \"1h\" }}\n\
             explain.zh = \"第 {{window.out}} 笔\"\nexplain.en = \"number {{window.out}}\"\n\n\
             [[rule.test]]\nname = \"the third\"\n\
             given = [{{ times = 3, every = \"1m\", payer.age = 99, txn.amount = \"900000\" }}]\n\
             expect = [\"allow\", \"allow\", \"verify\"]\n\n",
            10_000 + i,
            i % 50 + 1,
            i % 80 + 1,
        );
    }
    text
}

/// The processor time that the fastest run takes to fold so many events.
fn fold(text: &str, count: usize) -> Duration {
    let set = if text.is_empty() {
        RuleSet::default()
    } else {
        let files = [SourceFile {
            name: "rules.toml".to_owned(),
            text: text.to_owned(),
        }];
        let compiled = compile(&files);
        let complaints = || zhamen_rules::render_text(&files, &compiled.diagnostics, false);
        assert!(compiled.set.is_some(), "{}", complaints());
        compiled.set.unwrap_or_default()
    };
    let activation = Arc::new(Activation {
        rules: Arc::new(set),
        policy: Policy::default(),
    });
    let entries: Vec<Entry> = (0..count).map(entry).collect();
    let mut fastest = Duration::MAX;
    for _ in 0..RUNS {
        let mut engine = Engine::new(0);
        let mut outputs = Vec::new();
        let start = days_from_civil(2026, 3, 2) * 24 * HOUR_MS;
        let mut step = |offset: usize, entry: &Entry| {
            let block = Block {
                partition: 0,
                offset: offset as i64,
                journal_at: start + offset as i64 * MINUTE_MS / 10,
                entries: std::slice::from_ref(entry),
            };
            outputs.clear();
            engine.step(&block, &mut outputs);
        };
        step(0, &Entry::Activate(activation.clone()));
        let began = ThreadTime::now();
        for (i, entry) in entries.iter().enumerate() {
            step(i + 1, entry);
        }
        fastest = fastest.min(began.elapsed());
    }
    fastest
}

fn entry(i: usize) -> Entry {
    let text = |s: String| Value::Text(CompactString::from(s));
    let at = days_from_civil(2026, 3, 2) * 24 * HOUR_MS + i as i64 * MINUTE_MS / 10;
    let values = vec![
        (
            Field::TxnAmount,
            Value::Money(Money {
                minor: 10_000 + (i as i64 * 7_919) % 1_000_000,
                currency: Currency::CNY,
            }),
        ),
        (Field::TxnCurrency, text("CNY".to_owned())),
        (Field::TxnChannel, text("mobile".to_owned())),
        (Field::PayerAccount, text(format!("payer-{}", i % ACCOUNTS))),
        (Field::PayerName, text("客户 x12".to_owned())),
        (Field::PayerBank, text("ICBC".to_owned())),
        (Field::PayerAge, Value::Int(60)),
        (Field::PayeeAccount, text(format!("payee-{}", i % 777))),
        (Field::PayeeBank, text("CCB".to_owned())),
    ];
    let event = Event::new(
        EventKind::TransferRequested,
        format_compact!("e{i}"),
        CompactString::const_new("bench"),
        at,
        i as u64,
        values,
    );
    Entry::Record(Record {
        input: Input {
            topic: CompactString::const_new("bench"),
            partition: 0,
            offset: i as i64,
        },
        key: None,
        key_hash: 0,
        headers: Headers::default(),
        body: Body::Event(event),
    })
}
