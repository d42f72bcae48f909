//! `zhamen rules` from outside: explain, diff, new, coverage.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use expect_test::expect_file;
use serde_json::Value;

fn rules(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhamen"));
    command.arg("rules").args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("ZHAMEN__") || name.starts_with("LC_") || name == "LANG" {
            command.env_remove(name);
        }
    }
    let output = command.output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code().expect("it ends by itself"),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A directory that goes when it is dropped.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = std::env::temp_dir().join(format!("zhamen-rules-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Dir(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("ASCII").to_owned()
    }

    fn file(&self, name: &str, content: &str) -> String {
        std::fs::write(self.0.join(name), content).expect("a file");
        self.path(name)
    }

    /// A rule made from a template.
    fn rule(&self, template: &str, name: &str) -> String {
        let path = self.path(name);
        let (code, _, stderr) = rules(&["new", "--from", template, "--out", &path]);
        assert_eq!(code, 0, "{stderr}");
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn transfer(id: &str, at: &str, from: &str, to: &str, amount: &str) -> String {
    format!(
        r#"{{"type":"transfer.requested","id":"{id}","source":"ccb-core","occurred_at":"2026-11-24T{at}+08:00","txn":{{"amount":"{amount}","currency":"CNY","channel":"mobile"}},"payer":{{"account":"{from}","name":"张三","bank":"CCB","branch":"105421000017"}},"payee":{{"account":"{to}","name":"李四","bank":"ICBC","branch":"102421000021"}}}}"#
    )
}

fn history() -> String {
    [
        transfer("T1", "10:00:00.000", "62170001", "62170002", "50000.00"),
        transfer("T2", "10:20:00.000", "62170002", "62170003", "30000.00"),
        transfer("T3", "10:40:00.000", "62170002", "62170004", "15000.00"),
        transfer("T4", "10:50:00.000", "62170005", "62170006", "100.00"),
    ]
    .join("\n")
}

#[test]
fn an_event_is_explained_line_by_line_in_both_languages_and_as_json() {
    let dir = Dir::new("explain");
    let path = dir.rule("money-in-then-out", "rule.toml");
    let history = dir.file("history", &history());
    let ask = |more: &[&str]| {
        let mut args = vec!["explain", "--rules", &path, "--history", &history];
        args.extend(more);
        rules(&args)
    };
    let (code, zh, stderr) = ask(&["T3", "T4", "--lang", "zh"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    expect_file!["data/explain.zh.txt"].assert_eq(&zh);
    let (code, en, _) = ask(&["T3"]);
    assert_eq!(code, 0);
    expect_file!["data/explain.en.txt"].assert_eq(&en);

    // Judged after the history instead of found in it.
    let later = dir.file(
        "later",
        &transfer("T5", "10:55:00.000", "62170002", "62170004", "1.00"),
    );
    let (code, json, _) = ask(&[&later, "--format", "json"]);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    let trace = &report["events"][0]["rules"][0];
    assert_eq!(report["events"][0]["event"]["id"], "T5");
    assert_eq!(trace["answer"]["said"], "fired");
    assert_eq!(
        trace["lines"][1]["comparisons"][0]["left_value"],
        "45001.00"
    );
    assert_eq!(trace["windows"][1]["covered"], 3);
    assert_eq!(trace["windows"][1]["events"][0]["id"], "T2");

    let (code, stdout, stderr) = ask(&["T9"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("no event \"T9\""), "{stderr}");
}

/// The simulated town: its list of case accounts, and its first events.
fn town(events: usize) -> (String, String) {
    let count = events.to_string();
    let town = Command::new(env!("CARGO_BIN_EXE_zhamen"))
        .args([
            "town",
            "--events",
            &count,
            "--accounts",
            "400",
            "--seed",
            "7",
        ])
        .stderr(Stdio::null())
        .output()
        .expect("the binary starts");
    let town = String::from_utf8(town.stdout).expect("text");
    let (lists, history): (Vec<&str>, Vec<&str>) = town
        .lines()
        .partition(|l| l.contains(r#""type":"list.added""#));
    (lists.join("\n"), history.join("\n"))
}

#[test]
fn a_clerk_reads_why_three_transfers_of_the_town_were_stopped() {
    let dir = Dir::new("clerk");
    let (lists, history) = town(800);
    let (lists, history) = (dir.file("lists", &lists), dir.file("history", &history));
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/rules");
    let ask = |event: &str, lists: &[&str]| {
        let mut args = vec!["explain", "--rules", pack, "--history", &history];
        args.extend(lists);
        args.extend(["--lang", "zh", "--fired", event]);
        rules(&args)
    };
    let with_lists = ["--lists", lists.as_str()];
    let stories = [
        ("quick-in-and-out", "T20261124-1580633-000428"),
        ("elderly-remittance", "T20261124-1580633-000469"),
        ("listed-payee", "T20261124-1580633-000547"),
    ];
    for (name, event) in stories {
        let (code, said, stderr) = ask(event, &with_lists);
        assert_eq!((code, stderr.as_str()), (0, ""));
        expect_file![format!("data/clerk/{name}.zh.txt")].assert_eq(&said);
    }
    // Without the list the payee is nobody known.
    let (_, said, _) = ask(stories[2].1, &[]);
    assert!(!said.contains("police-listed-payee"), "{said}");
    // A file of lists holds nothing else.
    let (code, _, stderr) = ask(stories[2].1, &["--lists", &history]);
    assert_eq!(code, 78);
    assert!(
        stderr.contains("where only list.added may stand"),
        "{stderr}"
    );
}

#[test]
fn check_test_and_diff_speak_chinese_when_asked_or_by_the_environment() {
    let dir = Dir::new("chinese");
    let good = dir.rule("burst-of-transfers", "good.toml");
    let text = std::fs::read_to_string(&good).expect("the file");
    let bad = dir.file("bad.toml", &text.replace("txn.amount >=", "txn.amout >="));
    let slow = dir.file("slow.toml", &text.replace("over = \"1h\"", "over = \"2h\""));

    let (code, said, _) = rules(&["check", &bad, "--lang", "zh"]);
    assert_eq!(code, 1);
    assert!(
        said.contains("错误[unknown-field]: 没有 `txn.amout` 这个字段"),
        "{said}"
    );
    assert!(said.contains("建议: 是否要写 `txn.amount`？"), "{said}");
    assert!(
        said.ends_with("1 个文件：2 个错误，0 个警告，0 条提示\n"),
        "{said}"
    );
    let (code, said, _) = rules(&["check", &good, "--lang", "zh"]);
    assert_eq!(code, 0);
    assert!(
        said.contains("每笔事件的估算开销（参考机器）：transfer.requested "),
        "{said}"
    );
    assert!(
        said.contains("1 条规则，1 个统计窗口（共用 1 份状态），2 个测试：0 个错误"),
        "{said}"
    );
    let (code, json, _) = rules(&["check", &good, "--format", "json"]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["costs"]["set"]["event"], "transfer.requested");
    assert!(json["costs"]["rules"][0]["ns_alone"].as_u64() > Some(0));

    let (code, said, _) = rules(&["test", &good, "--coverage", "--lang", "zh"]);
    assert_eq!(code, 0);
    assert!(said.contains("测试结果：通过 2 个，未通过 0 个"), "{said}");
    assert!(said.contains("覆盖合计：10/10（100%）"), "{said}");
    let (code, said, _) = rules(&["test", &bad, "--lang", "zh"]);
    assert_eq!(code, 1);
    assert!(said.ends_with("规则有错误，没有运行测试\n"), "{said}");
    let (code, said, _) = rules(&["diff", &good, &slow, "--lang", "zh"]);
    assert_eq!(code, 1);
    assert!(said.contains("~ 规则 burst-of-transfers"), "{said}");
    assert!(
        said.contains("须重新积累：window.out，期间 2h（回看更久）"),
        "{said}"
    );

    let output = Command::new(env!("CARGO_BIN_EXE_zhamen"))
        .args(["rules", "check", &bad])
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", "zh_CN.UTF-8")
        .output()
        .expect("the binary starts");
    let said = String::from_utf8(output.stdout).expect("text");
    assert!(said.contains("没有 `txn.amout` 这个字段"), "{said}");
}

#[test]
fn formatting_writes_what_differs_and_nothing_else() {
    let dir = Dir::new("fmt");
    let rules_dir = dir.path("rules");
    std::fs::create_dir_all(&rules_dir).expect("a directory");
    let path = dir.rule("burst-of-transfers", "rules/a.toml");
    assert_eq!(rules(&["fmt", &rules_dir]).0, 0);
    let form = std::fs::read_to_string(&path).expect("the file");
    let digest = || {
        let (_, json, _) = rules(&["check", &rules_dir, "--format", "json"]);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        json["summary"]["ruleset"].clone()
    };
    let before = digest();
    let loose = form.replace(" = ", "  =   ") + "\n\n\n# the end\n";
    std::fs::write(&path, &loose).expect("written");
    let (code, said, _) = rules(&["fmt", "--check", &rules_dir]);
    assert_eq!(code, 1);
    assert_eq!(
        said,
        format!("would change {path}\n1 read, 1 would change, 0 left alone\n")
    );
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), loose);
    let (code, said, _) = rules(&["fmt", &rules_dir, "--lang", "zh"]);
    assert_eq!(code, 0);
    assert_eq!(
        said,
        format!("已改写 {path}\n共 1 个文件，已改写 1 个，未处理 0 个\n")
    );
    assert_eq!(
        std::fs::read_to_string(&path).expect("the file"),
        form + "\n# the end\n"
    );
    assert_eq!(digest(), before);
    assert_eq!(rules(&["fmt", "--check", &rules_dir]).0, 0);

    let bad = dir.file("rules/b.toml", "[[rule]\n");
    let (code, said, _) = rules(&["fmt", &rules_dir]);
    assert_eq!(code, 1);
    assert!(
        said.contains(&format!("left alone {bad}: not a TOML file")),
        "{said}"
    );
    assert_eq!(
        std::fs::read_to_string(&bad).expect("the file"),
        "[[rule]\n"
    );
    assert_eq!(rules(&["fmt", &dir.path("none")]).0, 78);
}

#[test]
fn what_is_explained_is_what_was_decided() {
    let dir = Dir::new("same");
    let town = Command::new(env!("CARGO_BIN_EXE_zhamen"))
        .args([
            "town",
            "--events",
            "1000",
            "--accounts",
            "300",
            "--seed",
            "7",
        ])
        .stderr(Stdio::null())
        .output()
        .expect("the binary starts");
    let town = String::from_utf8(town.stdout).expect("text");
    let history = dir.file("history", "");
    let later = dir.file("later", &town);
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/rules");
    let (_, json, stderr) = rules(&[
        "explain",
        "--rules",
        pack,
        "--history",
        &history,
        &later,
        "--format",
        "json",
    ]);
    let explained: Value = serde_json::from_str(&json).expect(&stderr);
    let decided = Command::new(env!("CARGO_BIN_EXE_zhamen"))
        .args(["replay", "--quiet", "--rules", pack, &later])
        .output()
        .expect("the binary starts");
    let decided = String::from_utf8(decided.stdout).expect("text");
    let decided: Vec<Value> = decided
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    let ids = |list: &Value| -> Vec<String> {
        let list = list.as_array().into_iter().flatten();
        let mut ids: Vec<String> = list
            .filter_map(|f| f["rule"].as_str().map(str::to_owned))
            .collect();
        ids.sort();
        ids
    };
    let mut fired_in_all = 0;
    for event in explained["events"].as_array().expect("events") {
        let id = event["event"]["id"].as_str().expect("an id");
        let decision = decided
            .iter()
            .find(|d| d["event"]["id"] == id)
            .expect("a decision for every event");
        let mut fired: Vec<String> = event["rules"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|t| t["answer"]["said"] == "fired")
            .filter_map(|t| t["rule"].as_str().map(str::to_owned))
            .collect();
        fired.sort();
        let traced: Vec<&str> = event["rules"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|t| t["rule"].as_str())
            .collect();
        let mut said = ids(&decision["fired"]);
        said.extend(ids(&decision["shadow"]));
        // Verdicts and what stands on the payer are no rules that looked.
        said.retain(|rule| traced.contains(&rule.as_str()));
        said.sort();
        assert_eq!(fired, said, "{id}");
        fired_in_all += fired.len();
    }
    assert!(fired_in_all > 10, "{fired_in_all} firings show little");
}

#[test]
fn a_difference_is_a_finding_and_equal_sets_are_not() {
    let dir = Dir::new("diff");
    let old = dir.rule("burst-of-transfers", "old.toml");
    let text = std::fs::read_to_string(&old).expect("the file");
    let new = dir.file("new.toml", &text.replace("over = \"1h\"", "over = \"2h\""));
    let same = dir.file("same.toml", &format!("# a comment\n{text}"));
    let (code, stdout, _) = rules(&["diff", &old, &same]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.starts_with("no differences; sha256:"), "{stdout}");
    let (code, stdout, _) = rules(&["diff", &old, &new]);
    assert_eq!(code, 1);
    assert!(
        stdout.starts_with("~ rule burst-of-transfers\n    window.out.over: \"1h\" → \"2h\"\n    must warm up: window.out over 2h (looks back farther)\n"),
        "{stdout}"
    );
    let (code, stdout, _) = rules(&["diff", &old, &new, "--format", "json"]);
    assert_eq!(code, 1);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(report["blocks"][0]["warm_up"][0]["window"], "window.out");
    let bad = dir.file("bad.toml", "[[rule]]\nid = 1\n");
    assert_eq!(rules(&["diff", &old, &bad]).0, 78);
}

#[test]
fn a_new_rule_is_written_once_and_covered_by_its_tests() {
    let dir = Dir::new("new");
    let path = dir.path("rule.toml");
    let new = |from: &str| rules(&["new", "--from", from, "--id", "my-rule", "--out", &path]);
    assert_eq!(new("several-cards").0, 0);
    let (code, _, stderr) = new("several-cards");
    assert_eq!(code, 2, "{stderr}");
    let (code, _, stderr) = new("no-such");
    assert_eq!(code, 2);
    assert!(
        stderr.contains("no template is called \"no-such\""),
        "{stderr}"
    );
    assert_eq!(
        rules(&["new", "--from", "several-cards", "--id", "My Rule"]).0,
        2
    );
    let (code, list, _) = rules(&["new", "--list"]);
    assert_eq!(code, 0);
    assert!(list.contains("several-cards "), "{list}");

    let (code, stdout, _) = rules(&["test", &path, "--coverage"]);
    assert_eq!(code, 0, "{stdout}");
    assert!(stdout.contains("coverage my-rule ... 5 of 5"), "{stdout}");
    let less = std::fs::read_to_string(&path).expect("the file");
    let at = less.find("  { at = \"3d\"").expect("the fourth card");
    let end = at + less[at..].find('\n').expect("a line");
    let less = format!("{}{}", &less[..at], &less[end + 1..])
        .replace(", \"verify\", \"verify\"]", ", \"verify\"]");
    let less = dir.file("less.toml", &less);
    let (code, stdout, _) = rules(&["test", &less, "--coverage", "--format", "json"]);
    assert_eq!(code, 0, "{stdout}");
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(report["coverage"]["seen"], 4);
    assert_eq!(
        report["coverage"]["rules"][0]["lines"][0]["missing"][0],
        "`window.cards >= 3` never just above"
    );
}

#[test]
fn the_schema_is_printed_for_editors() {
    let (code, stdout, _) = rules(&["schema"]);
    assert_eq!(code, 0);
    let schema: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(schema["title"], "zhamen rule file");
}

#[test]
fn weights_follow_from_rarity_and_repeat() {
    let dir = Dir::new("weigh");
    let path = dir.rule("money-in-then-out", "rule.toml");
    let more: String = (0..60)
        .map(|i| {
            let id = format!("M{i}");
            transfer(
                &id,
                "11:00:00.000",
                &format!("7{i}"),
                &format!("8{i}"),
                "1.00",
            ) + "\n"
        })
        .collect();
    let history = dir.file("history", &format!("{}\n{more}", history()));
    let (code, toml, stderr) = rules(&["weigh", "--rules", &path, &history]);
    assert_eq!(code, 0, "{stderr}");
    // One firing in 64 events: six whole bits.
    assert!(
        toml.contains("\n[rule.money-in-then-out]\nscore = 6 # now 40; fired on 1 of 64 events\n"),
        "{toml}"
    );
    assert!(
        toml.ends_with("\n[verdict]\nat_least = 7 # reached by 0 of 64 events\n"),
        "{toml}"
    );
    assert_eq!(rules(&["weigh", "--rules", &path, &history]).1, toml);
    let (code, json, _) = rules(&["weigh", "--rules", &path, &history, "--format", "json"]);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(report["rules"][0]["weight"], 6);
}

#[test]
fn a_graph_names_events_state_windows_rules_and_lists() {
    let dir = Dir::new("graph");
    let path = dir.rule("on-a-list", "rule.toml");
    let (code, mermaid, _) = rules(&["graph", &path]);
    assert_eq!(code, 0);
    assert_eq!(
        mermaid,
        "flowchart LR\n  n0{{\"on-a-list\"}}\n  n1([\"transfer.requested\"])\n  \
         n2[/\"list watched_accounts\"/]\n  n1 -->|judged by| n0\n  n2 -->|read by| n0\n"
    );
    let path = dir.rule("new-payee", "other.toml");
    let (code, dot, _) = rules(&["graph", "--as", "dot", &path]);
    assert_eq!(code, 0);
    assert!(dot.starts_with("digraph rules {\n"), "{dot}");
    assert!(
        dot.contains("[label=\"count over 180d\", shape=box]"),
        "{dot}"
    );
    assert!(
        dot.contains("[label=\"state 0: by payer.account + payee.account\", shape=cylinder]"),
        "{dot}"
    );
}
