//! Every construct of the rule language has a test that fails when it is broken:
//! `data/language-coverage.txt` names it. Here is checked that the table is whole and true to the
//! code's own tables, and here are the tests of constructs that no scenario shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use zhamen_engine::event::{EventKind, Field, FieldType};
use zhamen_engine::output::{FallbackCode, Output};
use zhamen_engine::rule::{Action, Agg, CmpOp, CurrencyPolicy, Func, MathOp, Mode, Severity};
use zhamen_engine::time::Calendar;
use zhamen_rules::tools::schema::json_schema;
use zhamen_rules::{SourceFile, compile, render_text, run_tests};
use zhamen_tests::harness::{Fold, decision, rules};
use zhamen_tests::lines::EVENT;
use zhamen_tests::settings;

/// Constructs that stand in no table of the code: shapes of expressions, of periods and of keys.
const SHAPES: [&str; 28] = [
    "op.&&",
    "op.||",
    "op.!",
    "op.in",
    "op.?:",
    "func.matches",
    "func.has",
    "func.duration",
    "func.in-list",
    "func.class",
    "value.field",
    "value.param",
    "value.window",
    "value.this",
    "value.money",
    "over.duration",
    "over.working-days",
    "over.calendar-day",
    "over.calendar-month",
    "over.calendar-year",
    "over.ever",
    "over.last",
    "over.last-in",
    "by.compound",
    "by.absent",
    "by.money",
    "on.hits",
    "where.this",
];
const MORE_SHAPES: [&str; 3] = ["where.window", "per.day", "money.per-currency"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Construct and tests, line by line.
fn table() -> Vec<(String, String)> {
    read(&root().join("tests/data/language-coverage.txt"))
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| {
            let (construct, tests) = l.split_once(' ').expect("construct and tests");
            (construct.to_owned(), tests.trim().to_owned())
        })
        .collect()
}

/// Every construct of the code's own tables.
fn constructs() -> BTreeSet<String> {
    let schema = json_schema();
    let mut all: BTreeSet<String> = BTreeSet::new();
    for of in ["rule", "test", "param", "window", "then", "verdict", "list"] {
        let keys = schema["$defs"][of]["properties"].as_object();
        let keys = keys.expect("a block of the schema has properties");
        all.extend(keys.keys().map(|k| format!("{of}.{k}")));
    }
    let mut add = |what: &str, names: Vec<&str>| {
        all.extend(names.iter().map(|n| format!("{what}.{n}")));
    };
    add("action", Action::ALL.iter().map(|a| a.name()).collect());
    add("alert", Severity::ALL.iter().map(|s| s.name()).collect());
    add("mode", Mode::ALL.iter().map(|m| m.name()).collect());
    add(
        "currency",
        CurrencyPolicy::ALL.iter().map(|c| c.name()).collect(),
    );
    add("window", Agg::ALL.iter().map(|a| a.name()).collect());
    add("op", CmpOp::ALL.iter().map(|o| o.name()).collect());
    add("op", MathOp::ALL.iter().map(|o| o.name()).collect());
    add("func", Func::ALL.iter().map(|f| f.name()).collect());
    add(
        "fault",
        FallbackCode::ALL.iter().map(|c| c.name()).collect(),
    );
    all.extend(SHAPES.iter().chain(&MORE_SHAPES).map(|s| (*s).to_owned()));
    all
}

/// Text of every file of a kind below some directories.
fn texts(dirs: &[&str], extension: &str) -> String {
    let mut all = String::new();
    let mut waiting: Vec<PathBuf> = dirs.iter().map(|d| root().join(d)).collect();
    while let Some(dir) = waiting.pop() {
        for entry in dir
            .read_dir()
            .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                all.push_str(&read(&path));
            }
        }
    }
    all
}

#[test]
fn every_construct_has_a_test_that_is_there() {
    let table = table();
    let named: BTreeSet<String> = table.iter().map(|(c, _)| c.clone()).collect();
    assert_eq!(named.len(), table.len(), "a construct stands twice");
    let constructs = constructs();
    let missing: Vec<_> = constructs.difference(&named).collect();
    let unknown: Vec<_> = named.difference(&constructs).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "without a test {missing:?}, no construct {unknown:?}"
    );

    let rules = texts(&["crates/zhamen-rules/tests/data/constructs"], "toml");
    let code = texts(&["tests/tests", "crates/zhamen-rules/tests"], "rs");
    let blocks: Vec<&str> = rules
        .split("\n[[rule]]")
        .flat_map(|b| b.split("\n[[verdict]]"))
        .collect();
    let mut absent = Vec::new();
    let mut tests = 0;
    for (construct, named) in &table {
        if named.starts_with("none: ") {
            continue;
        }
        for test in named.split_whitespace() {
            tests += 1;
            let (kind, name) = test.split_once(':').expect("kind:name");
            let there = match kind {
                "rule" => blocks.iter().any(|b| {
                    let is = b.lines().any(|l| {
                        let id = l
                            .strip_prefix("id")
                            .map(|l| l.trim_start_matches([' ', '=']));
                        id.is_some_and(|id| id.starts_with(&format!("\"{name}\"")))
                    });
                    is && b.contains(".test]]")
                }),
                "scenario" => root()
                    .join("tests/scenarios")
                    .join(format!("{name}.txt"))
                    .is_file(),
                "bad" => {
                    let file = root().join("crates/zhamen-rules/tests/data/bad");
                    file.join(format!("{name}.txt")).is_file()
                }
                "fn" => code.contains(&format!("fn {name}(")),
                _ => false,
            };
            if !there {
                absent.push(format!("{construct}: {test}"));
            }
        }
    }
    assert!(absent.is_empty(), "not there: {absent:?}");
    println!("{} constructs, {tests} tests named", table.len());
}

fn rule(id: &str, rest: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\ntitle = {{ zh = \"甲\", en = \"a\" }}\n{rest}\n")
}

fn errors(text: String) -> Vec<&'static str> {
    let files = [SourceFile {
        name: "a.toml".to_owned(),
        text,
    }];
    let compiled = compile(&files);
    match compiled.set {
        Some(_) => Vec::new(),
        None => compiled.diagnostics.iter().map(|d| d.code).collect(),
    }
}

#[test]
fn every_field_is_read_by_a_line() {
    let mut failed = String::new();
    let mut read = 0;
    for kind in EventKind::ALL {
        let mut text = String::new();
        let given = Field::ALL
            .iter()
            .filter(|f| f.subject().is_some() && f.is_on(*kind));
        for (i, field) in given.enumerate() {
            let name = field.name();
            let (value, line) = sample(*field);
            text.push_str(&rule(
                &format!("f{i}"),
                &format!(
                    "on = \"{}\"\nmode = \"shadow\"\nwhen = [\"{line}\"]\n\
                     then = {{ action = \"delay\" }}\nparams.m = {{ value = \"12.34\", unit = \"CNY\", min = 1, max = 99 }}\n\
                     [[rule.test]]\nname = \"{name}\"\ngiven = [{{ at = \"0h\", {name} = {value} }}]\nexpect = [\"delay\"]",
                    kind.name()
                ),
            ));
        }
        let files = [SourceFile {
            name: format!("{}.toml", kind.name()),
            text,
        }];
        let compiled = compile(&files);
        if compiled.set.is_none() {
            failed.push_str(&render_text(&files, &compiled.diagnostics, false));
        }
        for result in run_tests(&files, &compiled, &Calendar::default()) {
            read += 1;
            for failure in &result.failures {
                failed.push_str(&format!(
                    "{} {}: {}\n",
                    kind.name(),
                    result.name,
                    failure.message.en
                ));
            }
        }
    }
    assert!(failed.is_empty(), "{failed}");
    assert!(read > 200, "{read}");
}

/// A value of a field as a test gives it, and a line that holds for it.
fn sample(field: Field) -> (String, String) {
    let name = field.name();
    let text = match field {
        Field::TxnChannel => "third_party",
        Field::TxnCurrency | Field::OrderCurrency => "CNY",
        Field::LineKind => "virtual",
        Field::InquiryOutcome => "refuse",
        Field::VerificationMethod => "face",
        Field::VerificationResult => "not_holder",
        Field::EntryKind => "device",
        Field::EntryClass => "two_cards",
        Field::AlertVerdict => "unclear",
        _ => "a-1",
    };
    let (value, line) = match field.ty() {
        FieldType::Bool => ("true", name.to_owned()),
        FieldType::Int => ("7", format!("{name} == 7")),
        FieldType::Money => ("\"12.34\"", format!("{name} == params.m")),
        FieldType::Text => return (format!("\"{text}\""), format!("{name} == '{text}'")),
        FieldType::Time => (
            "\"2026-03-02T08:00:00+08:00\"",
            format!("{name} < occurred_at && days_since({name}) == 0"),
        ),
        FieldType::Date => ("\"2026-02-20\"", format!("days_since({name}) == 10")),
        FieldType::TextList => (
            "[\"a\", \"b\"]",
            format!("'b' in {name} && !('c' in {name})"),
        ),
    };
    (value.to_owned(), line)
}

#[test]
fn keys_that_are_only_text_take_only_text() {
    let of = |rest: &str| {
        errors(rule(
            "a",
            &format!(
                "on = \"transfer.requested\"\nmode = \"shadow\"\nwhen = [\"txn.amount > params.m\"]\n\
                 then = {{ action = \"delay\" }}\n{rest}"
            ),
        ))
    };
    let m =
        |more: &str| format!("params.m = {{ value = 1, unit = \"CNY\", min = 1, max = 9{more} }}");
    assert_eq!(of(&m("")), [""; 0]);
    assert_eq!(of(&m(", zh = \"额\", en = \"amount\"")), [""; 0]);
    assert_eq!(of(&m(", zh = 3")), ["wrong-kind"]);
    assert_eq!(of(&m(", en = 3")), ["wrong-kind"]);
    let good = m("");
    assert_eq!(
        of(&format!("basis = [\"law\"]\nowner = \"desk\"\n{good}")),
        [""; 0]
    );
    assert_eq!(of(&format!("basis = [3]\n{good}")), ["wrong-kind"]);
    assert_eq!(of(&format!("owner = 3\n{good}")), ["wrong-kind"]);
}

#[test]
fn an_exact_window_is_the_same_window() {
    let window = |exact: &str| {
        format!("window.n = {{ count = \"*\", by = [\"payer.account\"], over = \"30d\"{exact} }}")
    };
    let of = |id: &str, exact: &str| {
        let rest = format!(
            "on = \"transfer.requested\"\nmode = \"shadow\"\n{}\nwhen = [\"window.n > 1\"]\n\
             then = {{ action = \"delay\" }}",
            window(exact)
        );
        rule(id, &rest)
    };
    let set = rules(&format!("{}{}", of("a", ""), of("b", ", exact = true")));
    assert_eq!((set.windows.len(), set.series.len()), (1, 1));
    assert!(!errors(of("a", ", exact = 3")).is_empty());
}

fn fold_of(text: &str) -> Fold {
    Fold::new(rules(text), settings::policy("", None))
}

#[test]
fn every_severity_is_carried() {
    let of = |s: &Severity| {
        rule(
            s.name(),
            &format!(
                "on = \"transfer.requested\"\nmode = \"alert\"\nwhen = [\"true\"]\n\
                 then = {{ action = \"delay\", alert = \"{}\" }}\n\
                 explain = {{ zh = \"因\", en = \"why\" }}",
                s.name()
            ),
        )
    };
    let text: String = Severity::ALL.iter().map(of).collect();
    let outputs = fold_of(&text).line(EVENT.as_bytes());
    let alerts: Vec<(&str, &str)> = outputs
        .iter()
        .filter_map(|o| match o {
            Output::Alert(a) => Some((&*a.rule, a.severity.name())),
            _ => None,
        })
        .collect();
    let want: Vec<(&str, &str)> = Severity::ALL.iter().map(|s| (s.name(), s.name())).collect();
    assert_eq!(alerts, want);
}

#[test]
fn a_form_that_is_named_is_asked() {
    let text = rule(
        "a",
        "on = \"transfer.requested\"\nmode = \"enforce\"\nwhen = [\"true\"]\n\
         then = { action = \"inquire\", form = \"short@2\" }\nexplain = { zh = \"因\", en = \"why\" }",
    );
    let mut policy = settings::policy("", None);
    let form = policy.forms.values().next().expect("a form").clone();
    policy.forms.insert("short@2".to_owned(), form);
    let outputs = Fold::new(rules(&text), policy).line(EVENT.as_bytes());
    let inquiry = decision(&outputs).inquiry.as_ref().expect("it asks");
    assert_eq!(inquiry.form, "short@2");
}

#[test]
fn sums_are_exact() {
    let text = rule(
        "a",
        "on = \"transfer.requested\"\nmode = \"enforce\"\n\
         params.m = { value = \"0.30\", unit = \"CNY\", min = \"0.01\", max = 99 }\n\
         window.s = { sum = \"txn.amount\", by = [\"payer.account\"], over = \"1h\" }\n\
         when = [\"window.s == params.m\"]\nthen = { action = \"delay\" }\n\
         explain = { zh = \"因\", en = \"why\" }",
    );
    let mut fold = fold_of(&text);
    let mut fired = Vec::new();
    for (i, amount) in ["0.10", "0.20"].iter().enumerate() {
        let line = EVENT
            .replace("10500.50", amount)
            .replace("\"L1\"", &format!("\"L{i}\""));
        fired.push(decision(&fold.line(line.as_bytes())).action);
    }
    assert_eq!(fired, [Action::Allow, Action::Delay]);
}

#[test]
fn the_fields_of_every_event_are_lines_too() {
    let lines = [
        "type == 'transfer.requested'",
        "id == 'L1'",
        "source == 'ccb-core'",
        "hour(occurred_at) == 10",
    ];
    for line in lines {
        let text = rule(
            "a",
            &format!(
                "on = \"transfer.requested\"\nmode = \"enforce\"\nwhen = [\"{line}\"]\nthen = {{ action = \"delay\" }}\nexplain = {{ zh = \"因\", en = \"why\" }}"
            ),
        );
        let outputs = fold_of(&text).line(EVENT.as_bytes());
        assert_eq!(decision(&outputs).action, Action::Delay, "{line}");
    }
}
