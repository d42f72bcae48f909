//! Whatever the text: a diagnostic with a place, never a panic, never a set beside an error, and
//! bounded time and memory: without a bound the last tests here would not end.

use proptest::prelude::*;
use zhamen_engine::time::Calendar;
use zhamen_rules::{
    Compiled, MAX_FILE_BYTES, Severity, SourceFile, compile, digest, render_json, render_text,
    run_tests,
};

const SAMPLE: &str = include_str!("data/rules-sample.toml");

fn check(text: String) -> Compiled {
    let files = [SourceFile {
        name: "any.toml".to_owned(),
        text,
    }];
    let compiled = compile(&files);
    let errors = compiled
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    assert_eq!(errors, compiled.set.is_none());
    for d in &compiled.diagnostics {
        let text = &files[d.file].text;
        assert!(text.get(d.span.clone()).is_some(), "{d:?}");
    }
    assert!(render_text(&files, &compiled.diagnostics, false).ends_with('\n'));
    assert!(render_json(&files, &compiled.diagnostics).starts_with('['));
    assert_eq!(digest(&files).len(), 71);
    compiled
}

/// A rule with this line.
fn with_line(line: &str) -> String {
    let quoted = line.replace('\\', "\\\\").replace('"', "\\\"");
    let quoted: String = quoted.chars().filter(|c| !c.is_control()).collect();
    format!(
        "[[rule]]\nid = \"a\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\non = \"transfer.requested\"\n\
         mode = \"shadow\"\nthen = {{ action = \"allow\" }}\n\
         params.p = {{ value = 5, min = 1, max = 9 }}\n\
         params.m = {{ value = \"10500.50\", unit = \"CNY\", min = 1, max = 99_999 }}\n\
         params.d = {{ value = \"90s\", min = \"1s\", max = \"1h\" }}\n\
         window.n = {{ count = \"*\", by = [\"payer.account\"], over = \"1h\" }}\n\
         window.s = {{ sum = \"txn.amount\", by = [\"payer.account\"], over = \"1h\", where = \"{quoted}\" }}\n\
         when = [\"{quoted}\"]\n"
    )
}

/// Pieces of expressions.
const PIECES: [&str; 61] = [
    "txn.amount",
    "txn.channel",
    "payer.age",
    "payer.name",
    "payer.groups",
    "payer.opened_on",
    "payer.id_valid",
    "occurred_at",
    "params.p",
    "params.m",
    "params.d",
    "window.n",
    "window.s",
    "this.txn.amount",
    "list.black",
    "list.a-b",
    "has(",
    "size(",
    "duration(",
    "hour(",
    "min(",
    "abs(",
    "days_since(",
    "is_round(",
    "digit(",
    "leading_digit(",
    ".startsWith(",
    ".matches(",
    ".class(",
    "\"90s\"",
    "\"counter\"",
    "'x'",
    "r\"a+\"",
    "5",
    "0",
    "0.5",
    "9223372036854775807",
    "true",
    "false",
    "[",
    "]",
    "(",
    ")",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    ">=",
    "in",
    "&&",
    "||",
    "!",
    "?",
    ":",
    "证件",
    "，",
];

/// Aggregates, keys, periods and the rest of a window.
const AGGREGATES: [&str; 8] = [
    "count = \"*\"",
    "sum = \"txn.amount\"",
    "avg = \"*\"",
    "max = \"payer.age\"",
    "stddev = \"txn.amount\"",
    "distinct = \"payee.account\"",
    "since = \"last\"",
    "hops = \"payer.account\", within = \"1h\"",
];
const BY: [&str; 3] = [
    "by = [\"payer.account\"], fields = { \"payer.account\" = \"payee.account\" }",
    "by = [\"payee.account\"]",
    "by = [\"payer.account\", \"payee.account\"]",
];
const OVER: [&str; 5] = [
    "over = \"30d\"",
    "over = \"last 3\"",
    "over = \"last 3 in 1d\"",
    "over = \"ever\"",
    "over = \"calendar month\"",
];
const REST: [&str; 8] = [
    "per = \"day\"",
    "until = \"1h\"",
    "current = \"exclude\"",
    "on = \"rule:a\"",
    "reset = \"rule:a\"",
    "share = 0.9",
    "undo = \"transfer.failed\"",
    "where = \"txn.amount > this.txn.amount\"",
];

/// A rule with a window of these keys, and a test that runs it if it compiles.
fn with_window(keys: &[&str]) -> String {
    format!(
        "[[rule]]\nid = \"a\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\non = \"transfer.requested\"\n\
         mode = \"shadow\"\nthen = {{ action = \"delay\" }}\nwindow.n = {{ {} }}\n\
         when = [\"has(window.n) || !has(window.n)\"]\n[[rule.test]]\nname = \"runs\"\n\
         given = [{{ at = \"0h\", times = 9, every = \"7h\" }}]\nexpect = [{}]\n",
        keys.join(", "),
        ["\"delay\""; 9].join(", ")
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(text);
    }

    #[test]
    fn any_line(line in "\\PC{0,80}") {
        check(with_line(&line));
    }

    #[test]
    fn any_mixture_of_pieces(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)) {
        check(with_line(&pieces.join(" ")));
    }

    #[test]
    fn any_window_runs_or_is_refused(
        agg in prop::sample::select(&AGGREGATES[..]), by in prop::sample::select(&BY[..]),
        over in prop::sample::select(&OVER[..]), rest in prop::sample::subsequence(&REST[..], 0..4),
    ) {
        // Where the engine panics the rule says nothing.
        let keys = [vec![agg, by, over], rest].concat();
        let text = with_window(&keys);
        let compiled = check(text.clone());
        let files = [SourceFile { name: "a.toml".to_owned(), text }];
        for result in run_tests(&files, &compiled, &Calendar::default()) {
            prop_assert!(result.failures.is_empty(), "{keys:?} {result:?}");
        }
    }

    #[test]
    fn the_sample_with_a_piece_replaced(
        at in 0..SAMPLE.len(), length in 0..40_usize, by in "[\\[\\]{}\"'=,.#\\n\\\\a-z0-9_证 -]{0,12}",
    ) {
        let floor = |mut i: usize| { while !SAMPLE.is_char_boundary(i) { i -= 1 } i };
        let (start, end) = (floor(at), floor((at + length).min(SAMPLE.len())));
        check(format!("{}{by}{}", &SAMPLE[..start], &SAMPLE[end..]));
    }
}

fn codes(compiled: &Compiled) -> Vec<&'static str> {
    compiled.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn huge_files_and_patterns_are_refused() {
    let huge = check(format!("# {}", "x".repeat(10 << 20)));
    assert_eq!(codes(&huge), ["file-too-large"]);
    let pattern = format!("payer.name.matches('{}')", "a".repeat(MAX_FILE_BYTES / 4));
    assert!(codes(&check(with_line(&pattern))).contains(&"pattern-too-large"));
    let bomb = "payer.name.matches('((a{100}){100}){100}')";
    assert!(codes(&check(with_line(bomb))).contains(&"pattern-too-large"));
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("!", ""),
        ("-", ""),
        ("[", "]"),
        ("abs(", ")"),
        ("true ? ", " : true"),
    ] {
        let deep = format!("{}true{}", open.repeat(30_000), close.repeat(30_000));
        assert!(
            codes(&check(with_line(&deep))).contains(&"too-deep"),
            "{open}"
        );
    }
    assert!(codes(&check(with_line(&"1 + ".repeat(60_000)))).contains(&"too-deep"));
    let nested = format!("x = {}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(check(nested).set.is_none());
    let dotted = format!("{}x = 1", "a.".repeat(200_000));
    assert!(check(dotted).set.is_none());
    // As deep as is allowed.
    let allowed = format!("{}true{}", "(".repeat(60), ")".repeat(60));
    assert!(!codes(&check(with_line(&allowed))).contains(&"too-deep"));
}

#[test]
fn much_of_everything_is_bounded() {
    let terms = vec!["payer.age > 5"; 15_000].join(" && ");
    assert!(check(with_line(&terms)).set.is_some());
    let rules = "[[rule]]\n".repeat(60_000);
    assert!(codes(&check(rules)).contains(&"too-many-rules"));
    let keys: String = (0..60_000).map(|i| format!("k{i} = {i}\n")).collect();
    assert_eq!(check(keys).diagnostics.len(), 1_001);
    let windows: String = (0..10_000)
        .map(|i| {
            format!("window.w{i} = {{ count = \"*\", by = [\"payer.account\"], over = \"1h\" }}\n")
        })
        .collect();
    let rule = with_line("payer.age > 5");
    assert!(codes(&check(rule.clone() + &windows)).contains(&"too-many"));
    // Each window reads the one before twice.
    let chain: String = (0..90)
        .map(|i| {
            let before = if i == 0 {
                "n".to_owned()
            } else {
                format!("w{}", i - 1)
            };
            format!(
                "window.w{i} = {{ count = \"*\", by = [\"payer.account\"], over = \"1h\", \
                 where = \"window.{before} > 1 && window.{before} < 9\" }}\n"
            )
        })
        .collect();
    assert!(check(rule + &chain).set.is_some());
}

#[test]
fn a_thousand_rules_share_one_window() {
    let pattern = SAMPLE
        .split("# 2 ")
        .nth(1)
        .unwrap()
        .split("# 3 ")
        .next()
        .unwrap();
    let text: String = (0..1_000)
        .map(|i| {
            format!(
                "# {}",
                pattern.replace("frequent-large-transfers", &format!("r-{i}"))
            )
        })
        .collect();
    let files = [SourceFile {
        name: "many.toml".to_owned(),
        text,
    }];
    let compiled = compile(&files);
    let set = compiled.set.unwrap();
    assert_eq!((set.rules.len(), set.series.len()), (1_000, 1));
}

/// What a compliance officer may hand in by mistake or somebody on purpose: each yields an error at a
/// place of the file, and no set.
#[test]
fn every_kind_of_bad_file_is_refused_at_a_place() {
    let line = |l: &str| with_line(l);
    let rule = with_line("payer.age > 5");
    let param = |p: &str| rule.replace("params.p = {", &format!("params.z = {p}\nparams.p = {{"));
    let window = |w: &str| rule.replace("window.n = {", &format!("window.z = {w}\nwindow.n = {{"));
    let cases: [(&str, String, &str); 14] = [
        ("a huge file", "# x\n".repeat(3 << 20), "file-too-large"),
        (
            "a 10 MB pattern",
            line(&format!("payer.name.matches('{}')", "a".repeat(10 << 20))),
            "file-too-large",
        ),
        (
            "a large pattern",
            line(&format!("payer.name.matches('{}')", "a".repeat(100_000))),
            "pattern-too-large",
        ),
        ("deep lines", line(&"(".repeat(10_000)), "too-deep"),
        (
            "deep tables",
            format!("{rule}\nx = {}", "{a=".repeat(10_000)),
            "toml",
        ),
        (
            "a window that reads itself",
            window(
                "{ count = \"*\", by = [\"payer.account\"], over = \"1h\", where = \"window.z > 1\" }",
            ),
            "window-not-above",
        ),
        (
            "an unknown rule's hits",
            window("{ count = \"*\", by = [\"payer.account\"], over = \"1h\", on = \"rule:b\" }"),
            "unknown-rule",
        ),
        ("an id twice", format!("{rule}\n{rule}"), "duplicate-id"),
        ("a key twice", format!("{rule}\nid = \"b\""), "toml"),
        (
            "division by zero",
            line("payer.age / 0 > 1"),
            "division-by-zero",
        ),
        (
            "remainder by zero",
            line("payer.age % (1 - 1) > 1"),
            "division-by-zero",
        ),
        (
            "a step of 0",
            param("{ value = 5, min = 1, max = 9, step = 0 }"),
            "bad-step",
        ),
        (
            "a window of 0",
            window("{ count = \"*\", by = [\"payer.account\"], over = \"0s\" }"),
            "bad-period",
        ),
        (
            "no events of 0",
            window("{ count = \"*\", by = [\"payer.account\"], over = \"last 0\" }"),
            "bad-period",
        ),
    ];
    for (what, text, code) in cases {
        let found = check(text);
        assert!(found.set.is_none(), "{what}");
        let told = found.diagnostics.iter().find(|d| d.code == code);
        let told = told.unwrap_or_else(|| panic!("{what}: {:?}", codes(&found)));
        assert_eq!(told.severity, Severity::Error, "{what}");
        assert!(
            code == "file-too-large" || told.span.end > told.span.start,
            "{what}: {:?}",
            told.span
        );
    }
    // A limit of 0 is odd and no error.
    let zero = check(param("{ value = 0, min = 0, max = 9 }"));
    assert!(
        zero.set.is_some() && codes(&zero).contains(&"limit-of-zero"),
        "{:?}",
        codes(&zero)
    );
}
