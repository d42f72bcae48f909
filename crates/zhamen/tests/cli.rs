//! The binary from outside: what it prints, where, and how it ends.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use expect_test::expect;
use serde_json::Value;

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/rules");

fn zhamen(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhamen"));
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ZHAMEN__")) {
        command.env_remove(name);
    }
    command
}

fn run(args: &[&str]) -> Output {
    zhamen(args).output().expect("the binary starts")
}

/// Exit code, stdout, stderr.
fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    (
        output.status.code().expect("it ends by itself"),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// A directory that goes when it is dropped.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("zhamen-cli-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Dir(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).expect("a file");
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.0
            .join(name)
            .to_str()
            .expect("a path in ASCII")
            .to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).expect("a file of text")
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn transfer(id: &str, at: &str, amount: &str) -> String {
    format!(
        r#"{{"type":"transfer.requested","id":"{id}","source":"ccb-core","occurred_at":"2026-11-24T{at}+08:00","txn":{{"amount":"{amount}","currency":"CNY","channel":"mobile"}},"payer":{{"account":"6217000000000000001","name":"张三","bank":"CCB","branch":"105421000017"}},"payee":{{"account":"6222000000000000002","name":"李四","bank":"ICBC","branch":"102421000021"}}}}"#
    )
}

fn decisions(stdout: &str) -> Vec<Value> {
    stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a decision is JSON"))
        .collect()
}

fn pick<'a>(decisions: &'a [Value], pointer: &str) -> Vec<&'a str> {
    decisions
        .iter()
        .map(|d| d.pointer(pointer).and_then(Value::as_str).unwrap_or("–"))
        .collect()
}

#[test]
fn help_names_every_command_and_a_wrong_one_is_usage() {
    let (code, help, _) = told(&run(&["--help"]));
    assert_eq!(code, 0);
    for command in [
        "demo",
        "run",
        "replay",
        "rules",
        "topics",
        "town",
        "version",
        "completions",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command} in {help}"
        );
    }
    let (code, stdout, stderr) = told(&run(&["fly"]));
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("unrecognized subcommand 'fly'"), "{stderr}");
    assert_eq!(told(&run(&["replay"])).0, 2, "no events named");
}

#[test]
fn version_and_completions() {
    let (code, version, _) = told(&run(&["version"]));
    assert_eq!(code, 0);
    let lines: Vec<&str> = version.lines().collect();
    assert!(
        lines[0].starts_with("zhamen ") && lines[1].starts_with("engine "),
        "{version}"
    );
    assert!(lines[2].starts_with("rustc 1."), "{version}");
    let (code, script, _) = told(&run(&["completions", "bash"]));
    assert_eq!(code, 0);
    assert!(script.contains("_zhamen()"));
}

#[test]
fn one_decision_a_line_in_order_and_rejected_lines_are_findings() {
    let dir = Dir::new("order");
    let good = transfer("T1", "10:00:00.000", "50000.00");
    let other = transfer("T2", "10:00:01.000", "1.00");
    let bad = good.replace("50000.00", "-5");
    // An empty line, a line with a carriage return, a last line without a newline.
    let events = dir.file(
        "events",
        format!("{good}\r\n\n{bad}\nnonsense\n{good}\n{other}"),
    );
    let (code, stdout, stderr) = told(&run(&["replay", "--rules", RULES, &events]));
    assert_eq!(code, 1, "{stderr}");
    let decisions = decisions(&stdout);
    assert_eq!(
        pick(&decisions, "/outcome"),
        [
            "decided", "rejected", "rejected", "rejected", "decided", "decided"
        ]
    );
    assert_eq!(
        pick(&decisions, "/code"),
        ["–", "EMPTY", "SIGN", "SYNTAX", "–", "–"]
    );
    assert_eq!(
        pick(&decisions, "/event/id"),
        ["T1", "–", "T1", "–", "T1", "T2"]
    );
    assert_eq!(
        decisions[1]["decision"], "delay",
        "the default for rejected records"
    );
    assert!(decisions[4]["duplicate_of"].is_object());
    let sequences: Vec<i64> = decisions
        .iter()
        .map(|d| d["coordinates"]["sequence"].as_i64().expect("a number"))
        .collect();
    assert_eq!(sequences, [0, 1, 2, 3, 4, 5]);
    assert!(
        stderr.starts_with("replay: events=6 decisions=6 rejected=3 "),
        "{stderr}"
    );
    assert!(
        !stdout.contains("-5"),
        "the offending value is never echoed"
    );
    assert_eq!(
        told(&run(&["replay", "--quiet", "--rules", RULES, &events])).2,
        ""
    );
}

#[test]
fn a_line_longer_than_a_record_is_refused_and_the_next_one_is_whole() {
    let dir = Dir::new("long");
    let mut events = vec![b'x'; 300_000];
    events.push(b'\n');
    events.extend_from_slice(transfer("T1", "10:00:00.000", "1.00").as_bytes());
    let events = dir.file("events", events);
    let (code, stdout, _) = told(&run(&["replay", "--rules", RULES, &events]));
    assert_eq!(code, 1);
    assert_eq!(pick(&decisions(&stdout), "/code"), ["SIZE", "–"]);
}

#[test]
fn the_same_bytes_on_two_runs_split_by_a_snapshot_compressed_or_from_stdin() {
    let dir = Dir::new("same");
    let (code, events, _) = told(&run(&["town", "--events", "3000", "--seed", "7"]));
    assert_eq!(code, 0);
    assert_eq!(events.lines().count(), 3000);
    assert_eq!(
        events,
        told(&run(&["town", "--events", "3000", "--seed", "7"])).1
    );
    let plain = dir.file("events.ndjson", &events);
    let packed = dir.file(
        "events.ndjson.zst",
        zstd::encode_all(events.as_bytes(), 1).expect("memory"),
    );

    let whole = run(&[
        "replay",
        "--rules",
        RULES,
        "--out",
        &dir.path("one"),
        &plain,
    ]);
    assert_eq!(whole.status.code(), Some(0), "{}", told(&whole).2);
    let split = run(&[
        "replay",
        "--rules",
        RULES,
        "--snapshot-at",
        "1500",
        "--out",
        &dir.path("two"),
        &packed,
    ]);
    assert!(
        whole.stdout == split.stdout,
        "a snapshot in the middle changes nothing"
    );
    let topics = [
        "bank.decisions.v1",
        "bank.holds.v1",
        "bank.warnings.v1",
        "police.alerts.v1",
        "police.feedback.v1",
        "zhamen.deadletters.v1",
    ];
    for topic in topics {
        let (one, two) = (format!("one/{topic}.ndjson"), format!("two/{topic}.ndjson"));
        assert!(dir.read(&one) == dir.read(&two), "{topic}");
    }
    assert!(dir.read("one/bank.decisions.v1.ndjson").as_bytes() == whole.stdout);
    assert!(!dir.read("one/police.alerts.v1.ndjson").is_empty());

    let alerts = dir.path("alerts.ndjson");
    let mut child = zhamen(&["replay", "--rules", RULES, "--alerts", &alerts, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(events.as_bytes()));
    let piped = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads all");
    assert!(piped.stdout == whole.stdout, "stdin is as good as a file");
    assert!(dir.read("alerts.ndjson") == dir.read("one/police.alerts.v1.ndjson"));
}

#[test]
fn lists_are_read_first_and_a_bad_line_in_them_is_bad_configuration() {
    let dir = Dir::new("lists");
    let listed = r#"{"type":"list.added","id":"L1","source":"police-hq","occurred_at":"2026-11-24T09:00:00+08:00","entry":{"list":"case_accounts","kind":"account","value":"6222000000000000002","class":"case_account","reason":"test"}}"#;
    let events = dir.file("events", transfer("T1", "10:00:00.000", "100.00"));
    let lists = dir.file("lists", listed);
    let (code, stdout, stderr) = told(&run(&[
        "replay", "--rules", RULES, "--lists", &lists, &events,
    ]));
    assert_eq!(code, 0, "{stderr}");
    let decided = decisions(&stdout);
    assert_eq!(decided.len(), 1, "the list's decisions are not printed");
    assert_eq!(pick(&decided, "/decision"), ["delay"]);
    assert_eq!(pick(&decided, "/fired/0/rule"), ["police-listed-payee"]);

    let bad = dir.file(
        "bad",
        format!("{listed}\n{}\n", listed.replace("account\"", "acount\"")),
    );
    let (code, stdout, stderr) = told(&run(&[
        "replay", "--rules", RULES, "--lists", &bad, &events,
    ]));
    assert_eq!((code, stdout.as_str()), (78, ""));
    assert!(stderr.contains("bad:2: VALUE at byte "), "{stderr}");
    let other = dir.file("other", transfer("T0", "09:00:00.000", "1.00"));
    let (code, _, stderr) = told(&run(&[
        "replay", "--rules", RULES, "--lists", &other, &events,
    ]));
    assert_eq!(code, 78);
    assert!(stderr.contains("other:1: transfer.requested"), "{stderr}");
}

#[test]
fn the_clock_is_the_lines_own_where_it_has_one() {
    let dir = Dir::new("clock");
    let plain = transfer("T1", "10:00:00.000", "1.00");
    let ahead = transfer("T2", "10:30:00.000", "1.00").replace(
        r#""source""#,
        r#""journal_at":"2026-11-24T10:00:01+08:00","source""#,
    );
    let after = transfer("T3", "10:00:02.000", "1.00");
    let events = dir.file("events", format!("{plain}\n{ahead}\n{after}\n"));
    let (code, stdout, _) = told(&run(&["replay", "--rules", RULES, &events]));
    assert_eq!(code, 0);
    let decisions = decisions(&stdout);
    assert_eq!(decisions[1]["ahead"], true);
    assert_eq!(decisions[2]["late"], false, "an event ahead moves no clock");
    assert_eq!(
        pick(&decisions, "/decided_at"),
        [
            "2026-11-24T02:00:00.000Z",
            "2026-11-24T02:00:01.000Z",
            "2026-11-24T02:00:02.000Z"
        ]
    );
}

#[test]
fn sources_speak_only_for_what_the_settings_say() {
    let dir = Dir::new("sources");
    let events = dir.file("events", transfer("T1", "10:00:00.000", "1.00"));
    let config = dir.file("z.toml", "[[source]]\nname = \"icbc-core\"\n");
    let with = told(&run(&[
        "replay", "--rules", RULES, "--config", &config, &events,
    ]));
    assert_eq!(with.0, 1);
    assert_eq!(pick(&decisions(&with.1), "/code"), ["UNKNOWN_SOURCE"]);
    assert_eq!(told(&run(&["replay", "--rules", RULES, &events])).0, 0);
}

#[test]
fn bad_settings_and_bad_rules_are_78_and_a_missing_input_is_usage() {
    let dir = Dir::new("bad");
    let events = dir.file("events", "");
    let config = dir.file(
        "z.toml",
        "[engine]\nlatenes = \"1h\"\n[kafka]\nbrokers = []\n",
    );
    let (code, _, stderr) = told(&run(&["replay", "--config", &config, &events]));
    assert_eq!(code, 78);
    let stderr = stderr.replace(&config, "z.toml");
    expect![[r#"
        zhamen: 2 mistakes in the settings
          z.toml:2: engine.latenes: unknown key; did you mean lateness?
          z.toml:4: kafka.brokers: must name at least one broker, host:port
    "#]]
    .assert_eq(&stderr);

    let rule = "[[rule]]\nid = \"x\"\ntitle = { zh = \"x\", en = \"x\" }\non = \"transfer.requested\"\nmode = \"enforce\"\nwhen = [\"txn.amuont > 5\"]\nthen = { action = \"delay\" }\n";
    let rules = dir.file("rule.toml", rule);
    let (code, stdout, stderr) = told(&run(&["replay", "--rules", &rules, &events]));
    assert_eq!((code, stdout.as_str()), (78, ""));
    assert!(stderr.contains("amuont"), "{stderr}");
    assert_eq!(
        told(&run(&["replay", "--rules", &dir.path("none"), &events])).0,
        78
    );
    assert_eq!(told(&run(&["replay", "--calendar", &rules, &events])).0, 78);
    assert_eq!(told(&run(&["replay", &dir.path("none")])).0, 2);
    assert_eq!(told(&run(&["replay", "--lateness", "soon", &events])).0, 2);

    let (code, stdout, _) = told(&run(&["rules", "check", &rules]));
    assert_eq!(code, 1, "errors are findings");
    assert!(stdout.contains("rule.toml:6:"), "{stdout}");
    let (code, stdout, _) = told(&run(&["rules", "test", &rules]));
    assert_eq!(code, 1);
    assert!(stdout.contains("nothing was tested"), "{stdout}");
    assert_eq!(told(&run(&["rules", "check", &dir.path("none")])).0, 78);
    let gbk = dir.file("gbk.toml", b"title = \"\xd5\xc5\"");
    let (code, stdout, _) = told(&run(&["rules", "check", &gbk]));
    assert_eq!(code, 1);
    assert!(stdout.contains("not UTF-8"), "{stdout}");
}

#[test]
fn the_standard_pack_is_checked_and_tested_in_both_formats() {
    let (code, check, _) = told(&run(&["rules", "check", RULES]));
    assert_eq!(code, 0, "{check}");
    assert!(
        check
            .lines()
            .last()
            .is_some_and(|l| l.contains(": 0 errors, ")),
        "{check}"
    );
    assert!(
        check.contains("frequent-large-transfers.big_out"),
        "{check}"
    );
    let (code, test, _) = told(&run(&["rules", "test", RULES]));
    assert_eq!(code, 0, "{test}");
    assert!(test.contains("\ntest result: ok. "), "{test}");

    let (_, check, _) = told(&run(&["rules", "check", "--format", "json", RULES]));
    let check: Value = serde_json::from_str(&check).expect("JSON");
    assert_eq!(check["summary"]["errors"], 0);
    assert!(check["windows"].as_array().is_some_and(|w| !w.is_empty()));
    let (_, test, _) = told(&run(&["rules", "test", "--format", "json", RULES]));
    let test: Value = serde_json::from_str(&test).expect("JSON");
    assert_eq!(test["summary"]["failed"], 0);
    assert_eq!(
        test["summary"]["passed"],
        test["tests"].as_array().map_or(0, Vec::len)
    );
}

#[test]
fn a_failing_rule_test_is_told_with_its_place() {
    let dir = Dir::new("failing");
    let pack = Path::new(RULES).join("rapid-pass-through.toml");
    let text = std::fs::read_to_string(pack).expect("it is in the pack");
    let wrong = text.replacen(
        r#"expect = ["allow", "verify"]"#,
        r#"expect = ["allow", "allow"]"#,
        1,
    );
    assert_ne!(text, wrong);
    let rules = dir.file("wrong.toml", wrong);
    let (code, stdout, _) = told(&run(&["rules", "test", &rules]));
    assert_eq!(code, 1);
    assert!(stdout.contains("... FAILED"), "{stdout}");
    assert!(stdout.contains("wrong.toml:"), "{stdout}");
    assert!(stdout.contains("1 failed"), "{stdout}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = zhamen(&["town", "--events", "1000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdout = child.stdout.take().expect("it is piped");
    stdout.read_exact(&mut [0; 1000]).expect("it writes");
    drop(stdout);
    let (code, _, stderr) = told(&child.wait_with_output().expect("it ends"));
    assert_eq!((code, stderr.as_str()), (0, ""));
}

#[test]
fn a_short_demonstration_loses_nothing() {
    let (code, stdout, stderr) = told(&run(&[
        "demo",
        "--seconds",
        "3",
        "--rate",
        "200",
        "--quiet",
    ]));
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    let value = |name: &str| -> f64 {
        let field = stdout
            .split_whitespace()
            .find_map(|part| part.strip_prefix(&format!("{name}=")));
        field.and_then(|text| text.parse().ok()).expect("a number")
    };
    assert!(stdout.starts_with("demo: events="), "{stdout}");
    assert!(value("events") >= 600.0);
    assert_eq!(value("events"), value("decisions"));
    assert_eq!(value("missing"), 0.0);
    assert!(value("alerts") > 0.0, "{stdout}");
    assert!(value("p50_ms") > 0.0 && value("p99_ms") >= value("p50_ms"));
}

#[test]
fn a_demonstration_tells_its_four_stories() {
    let args = [
        "demo",
        "--seconds",
        "5",
        "--rate",
        "300",
        "--seed",
        "1",
        "--quiet",
    ];
    let (code, stdout, stderr) = told(&run(&args));
    assert_eq!(code, 0, "{stdout}{stderr}");
    for story in [
        "card_rings",
        "mule_chains",
        "elderly_victims",
        "phone_rings",
    ] {
        let field = stdout
            .split_whitespace()
            .find_map(|part| part.strip_prefix(&format!("{story}=")));
        let seen: u64 = field.and_then(|text| text.parse().ok()).expect("a number");
        assert!(seen > 0, "{story} was not seen: {stdout}");
    }
}
