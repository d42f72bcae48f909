//! Reports and evidence from outside: `data/report/events.ndjson` is replayed, and what the report
//! commands make of the topics is compared with the files beside it (`UPDATE_EXPECT=1` rewrites).
//!
//! The events: five large payments of one account (t1–t5, t5 sent twice), three cards of one person
//! in two banks (c1–c3), the first alert acknowledged and confirmed, a rejected record (x1), and five
//! large payments whose last falls one millisecond before December in Shanghai (u1–u5).

use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect_file;
use sha2::{Digest, Sha256};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/report");
const ALERT: &str = "A-0-5-0-frequent-large-transfers";

/// A directory of the topics that the events lead to; it goes when it is dropped.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path =
            std::env::temp_dir().join(format!("zhamen-report-{name}-{}", std::process::id()));
        let dir = Dir(path);
        let (topics, events) = (dir.path("topics"), format!("{DATA}/events.ndjson"));
        let rules = format!("{DATA}/rules");
        let replay = [
            "replay", "--quiet", "--rules", &rules, "--out", &topics, &events,
        ];
        assert_eq!(run(&replay).0, 1, "one record is rejected");
        dir
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("ASCII").to_owned()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).expect("a file of text")
    }

    fn evidence(&self, alert: &str, more: &[&str]) -> (i32, String, String) {
        let (topics, bundle) = (self.path("topics"), self.path("bundle"));
        let rules = format!("{DATA}/rules");
        let mut args = vec![
            "report", "evidence", alert, "--from", &topics, "--rules", &rules,
        ];
        args.extend(["--out", &bundle]);
        args.extend(more);
        run(&args)
    }

    fn verify(&self, more: &[&str]) -> (i32, String, String) {
        let bundle = self.path("bundle");
        run(&[&["verify", bundle.as_str()], more].concat())
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Exit code, stdout, stderr.
fn run(args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_zhamen"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ZHAMEN__")) {
        command.env_remove(name);
    }
    let output = command.args(args).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (
        output.status.code().expect("it ends by itself"),
        text(output.stdout),
        text(output.stderr),
    )
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[test]
fn the_monthly_list_is_what_the_topics_say_and_nothing_else() {
    let dir = Dir::new("monthly");
    let (topics, out) = (dir.path("topics"), dir.path("out"));
    let monthly = |month: &str, more: &[&str]| {
        let args = [
            "report", "monthly", "--month", month, "--from", &topics, "--out", &out,
        ];
        let (code, stdout, stderr) = run(&[&args[..], more].concat());
        assert_eq!((code, stderr.as_str()), (0, ""));
        stdout
    };
    let events = monthly("2026-11", &[]);
    let (csv, html) = (
        dir.read("out/monthly-2026-11.csv"),
        dir.read("out/monthly-2026-11.html"),
    );
    expect_file![format!("{DATA}/monthly.events.ndjson")].assert_eq(&events);
    expect_file![format!("{DATA}/monthly.csv")].assert_eq(&csv.replace("\r\n", "\n"));
    assert_eq!(csv.matches("\r\n").count(), 4, "lines end as RFC 4180 says");
    expect_file![format!("{DATA}/monthly.html")].assert_eq(&html);
    for open in ["张", "6217000000000000001", "王五"] {
        assert!(
            ![&events, &csv, &html]
                .iter()
                .any(|text| text.contains(open)),
            "{open} is masked"
        );
    }

    // Again, and with an alert told twice as after a crash without transactions: the same bytes.
    let alerts = dir.read("topics/police.alerts.v1.ndjson");
    let repeated = alerts.lines().next().expect("an alert").to_owned() + "\n" + &alerts;
    std::fs::write(dir.0.join("topics/police.alerts.v1.ndjson"), repeated).expect("a file");
    assert_eq!(monthly("2026-11", &[]), events);
    assert_eq!(dir.read("out/monthly-2026-11.csv"), csv);
    assert_eq!(dir.read("out/monthly-2026-11.html"), html);

    // One desk's part, open by the settings, and escaped where a name tries to be more than a name.
    monthly(
        "2026-11",
        &["--bank", "CCB", "--set", "reports.unmask=true"],
    );
    let html = dir.read("out/monthly-2026-11-CCB.html");
    assert!(html.contains("<td>=张&lt;三&gt;</td>") && !html.contains("ICBC"));
    assert!(
        dir.read("out/monthly-2026-11-CCB.csv")
            .contains(",6217000000000000001,'=张<三>,")
    );

    // The last payment fell into the last millisecond of November: nobody is on December's list.
    let nobody = monthly("2026-12", &["--station", "360121560000"]);
    let told = r#"{"type":"report.monthly","id":"R-monthly-2026-12-360121560000-none","month":"2026-12","station":"360121560000","bank":null,"accounts":0,"persons":0,"items":[],"#;
    assert!(nobody.starts_with(told), "{nobody}");
    assert_eq!(
        std::fs::read_dir(&out).expect("a directory").count(),
        6,
        "nothing half written"
    );
}

#[test]
fn the_bulletin_counts_for_each_bank_what_came_and_what_became_of_it() {
    let dir = Dir::new("bulletin");
    let (topics, out) = (dir.path("topics"), dir.path("out"));
    let events = format!("{DATA}/events.ndjson");
    let bulletin = |since: &str, until: &str, more: &[&str]| {
        let args = ["report", "bulletin", "--since", since, "--until", until];
        run(&[&args[..], &["--from", &topics, "--out", &out], more].concat())
    };
    let done = (0, String::new(), String::new());
    assert_eq!(bulletin("2026-11-24", "2026-11-30", &[&events]), done);
    let csv = dir
        .read("out/bulletin-2026-11-24-2026-11-30.csv")
        .replace("\r\n", "\n");
    expect_file![format!("{DATA}/bulletin.csv")].assert_eq(&csv);
    let html = dir.read("out/bulletin-2026-11-24-2026-11-30.html");
    expect_file![format!("{DATA}/bulletin.html")].assert_eq(&html);
    // Without events and sources, records stand under their source; the days bound what counts.
    assert_eq!(bulletin("2026-11-25", "2026-11-25", &[]), done);
    let csv = dir
        .read("out/bulletin-2026-11-25-2026-11-25.csv")
        .replace("\r\n", "\n");
    let rows: Vec<String> = csv
        .lines()
        .skip(1)
        .map(|row| row.replace(",0", ""))
        .collect();
    let told = [
        // The alert was raised a day earlier: its outcome is not this day's.
        "CCB,,,,,",
        "ICBC,,,,,,1,1",
        "source ccb-core,2,1,,,,2026-11-25 14:00:00,4h,1",
        "source icbc-core,2,,,,2026-11-25 12:00:00,2h,2",
        "source police,2,,,,2026-11-25 14:00:00,1h,2",
    ];
    assert_eq!(rows, told);
    for (since, until) in [("2026-11-30", "2026-11-24"), ("2026-11-31", "2026-12-01")] {
        assert_eq!(bulletin(since, until, &[]).0, 2);
    }
}

#[test]
fn the_draft_of_a_suspicious_transaction_report_is_in_the_banks_file_and_nowhere_else() {
    let dir = Dir::new("str");
    let (topics, file) = (dir.path("topics"), dir.path("own.html"));
    let draft = |alert: &str, bank: &str, out: &str| {
        let args = [
            "report", "str", alert, "--bank", bank, "--from", &topics, "--out", out,
        ];
        run(&args)
    };
    // All that others are given: the topics' files, the list, the bulletin, the evidence.
    let given_to_others = || {
        let (out, bundle) = (dir.path("out"), dir.path("bundle"));
        let _ = std::fs::remove_dir_all(&bundle);
        let month = ["--month", "2026-11", "--from", &topics, "--out", &out];
        let days = [
            "--since",
            "2026-11-24",
            "--until",
            "2026-11-30",
            "--from",
            &topics,
        ];
        assert_eq!(run(&[&["report", "monthly"], &month[..]].concat()).0, 0);
        assert_eq!(
            run(&[&["report", "bulletin", "--out", &out], &days[..]].concat()).0,
            0
        );
        assert_eq!(
            dir.evidence(ALERT, &[&format!("{DATA}/events.ndjson")]).0,
            0
        );
        let paths = ["topics", "out", "bundle"].map(|name| files_below(&dir.0.join(name)));
        let files = paths.into_iter().flatten();
        files
            .map(|path| (path.clone(), std::fs::read(path).expect("a file")))
            .collect::<Vec<_>>()
    };
    let before = given_to_others();
    let told = (0, String::new(), String::new());
    assert_eq!(draft(ALERT, "CCB", &file), told, "not a word");
    expect_file![format!("{DATA}/str.html")].assert_eq(&dir.read("own.html"));
    assert!(
        given_to_others() == before,
        "nobody can tell that there is a draft"
    );
    for (path, content) in before {
        let text = String::from_utf8(content).expect("text").to_lowercase();
        for sign in [
            "可疑交易报告",
            "suspicious-transaction report",
            "\"report.str",
            "own.html",
        ] {
            assert!(!text.contains(sign), "{sign} in {}", path.display());
        }
    }
    #[cfg(unix)]
    {
        let meta = std::fs::metadata(&file).expect("a file");
        let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions());
        assert_eq!(mode & 0o777, 0o600, "for its owner only");
    }

    // What somebody filled in is never written over; other banks' alerts and the topics' place are refused.
    std::fs::write(&file, "filled in").expect("a file");
    assert_eq!(draft(ALERT, "CCB", &file).0, 2);
    assert_eq!(dir.read("own.html"), "filled in");
    assert_eq!(draft(ALERT, "ICBC", &dir.path("other.html")).0, 2);
    let beside = dir.path("out/../topics/police.str.ndjson");
    assert_eq!(draft(ALERT, "CCB", &beside).0, 2);
    assert_eq!(files_below(&dir.0.join("topics")).len(), 6);
    let left: Vec<_> = std::fs::read_dir(&dir.0).expect("a directory").collect();
    assert_eq!(left.len(), 4, "nothing half made is left");
}

#[test]
fn a_report_tells_where_its_input_is_wrong_and_not_what_stands_there() {
    let dir = Dir::new("wrong");
    let (topics, out) = (dir.path("topics"), dir.path("out"));
    let monthly = |month: &str| {
        let args = [
            "report", "monthly", "--month", month, "--from", &topics, "--out", &out,
        ];
        run(&args)
    };
    for month in [
        "2026-13",
        "2026-1",
        "26-01",
        "2026-11-01",
        "1999-12",
        "2026-00",
    ] {
        assert_eq!(monthly(month).0, 2, "{month}");
    }
    let alerts = dir.path("topics/police.alerts.v1.ndjson");
    std::fs::write(&alerts, "{}\n{\"name\":\"张三\"").expect("a file");
    let told = format!("zhamen: {alerts}:2: no JSON object\n");
    assert_eq!(monthly("2026-11"), (2, String::new(), told));
    std::fs::remove_file(&alerts).expect("a file");
    let told = format!("zhamen: {alerts}: no such file\n");
    assert_eq!(monthly("2026-11"), (2, String::new(), told));
    assert!(!dir.0.join("out").exists());
}

#[test]
fn a_bundle_holds_all_of_an_alert_and_its_manifest_says_so() {
    let dir = Dir::new("bundle");
    let (code, digest, stderr) = dir.evidence(ALERT, &[&format!("{DATA}/events.ndjson")]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    expect_file![format!("{DATA}/manifest.json")].assert_eq(&dir.read("bundle/manifest.json"));
    let (events, topic) = (
        dir.read("bundle/events.ndjson"),
        dir.read("topics/bank.decisions.v1.ndjson"),
    );
    let id =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].clone();
    let ids: Vec<_> = events.lines().map(id).collect();
    assert_eq!(
        ids,
        ["t1", "t2", "t3", "t4", "t5", "t5"],
        "as received, the repeat too"
    );
    for decision in dir.read("bundle/decisions.ndjson").lines() {
        assert!(topic.contains(decision), "copied as it stands");
    }
    let steps = dir.read("bundle/holds.ndjson") + &dir.read("bundle/feedback.ndjson");
    for step in [
        "hold.placed",
        "hold.expired",
        "alert.acknowledged",
        "alert.disposed",
    ] {
        assert!(steps.contains(step), "{step}");
    }

    let (code, stdout, _) = dir.verify(&["--digest", digest.trim()]);
    assert_eq!((code, stdout), (0, format!("ok {ALERT} files=7 {digest}")));
    let other = format!("sha256:{}", "0".repeat(64));
    let (code, stdout, _) = dir.verify(&["--digest", &other]);
    assert_eq!((code, stdout.split(':').next()), (1, Some("manifest.json")));
    // Evidence is never written over.
    assert_eq!(dir.evidence(ALERT, &[]).0, 2);
    assert_eq!(dir.verify(&[]).0, 0);
}

#[test]
fn verify_finds_one_changed_byte_in_any_file_and_names_the_file() {
    let dir = Dir::new("flip");
    assert_eq!(
        dir.evidence(ALERT, &[&format!("{DATA}/events.ndjson")]).0,
        0
    );
    let root = dir.0.join("bundle");
    let files = files_below(&root);
    assert_eq!(files.len(), 9);
    for file in files {
        let content = std::fs::read(&file).expect("a file");
        let name = file
            .strip_prefix(&root)
            .expect("below")
            .to_str()
            .expect("ASCII");
        // The seal tells of the manifest.
        let told = name.replace("manifest.json", "manifest.sha256");
        for at in [0, content.len() / 2, content.len() - 1] {
            let mut changed = content.clone();
            changed[at] ^= 0x01;
            std::fs::write(&file, &changed).expect("a file");
            let (code, stdout, stderr) = dir.verify(&[]);
            assert_eq!((code, stderr.as_str()), (1, ""), "{name} byte {at}");
            assert!(
                stdout.starts_with(&format!("{told}: ")),
                "{name} byte {at}: {stdout}"
            );
        }
        std::fs::write(&file, &content[1..]).expect("a file");
        assert_eq!(dir.verify(&[]).0, 1, "{name} shortened");
        std::fs::remove_file(&file).expect("a file");
        assert!(
            dir.verify(&[])
                .1
                .starts_with(&format!("{name}: is missing"))
        );
        std::fs::write(&file, &content).expect("a file");
        assert_eq!(dir.verify(&[]).0, 0, "{name} restored");
    }
    std::fs::write(root.join("rules/more.toml"), "").expect("a file");
    let (code, stdout, _) = dir.verify(&[]);
    assert_eq!(
        (code, stdout.as_str()),
        (1, "rules/more.toml: is not in the manifest\n")
    );
}

/// SHA-256 in hexadecimal.
fn sha256(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn whoever_writes_the_manifest_anew_is_found_by_what_belongs_together_or_by_the_digest() {
    let dir = Dir::new("anew");
    let events = format!("{DATA}/events.ndjson");
    let digest = dir.evidence(ALERT, &[&events]).1;
    let manifest = dir.read("bundle/manifest.json");
    let write = |name: &str, text: &str| {
        std::fs::write(dir.0.join("bundle").join(name), text).expect("a file");
    };
    let seal = |manifest: &str| {
        write("manifest.json", manifest);
        write(
            "manifest.sha256",
            &format!("{}  manifest.json\n", sha256(manifest)),
        );
    };
    // A change of one file, its hash in the manifest and the seal made to fit; one digit for another.
    let rule = "rules/frequent-large-transfers.toml";
    for (name, from, to, told) in [
        (
            rule,
            "50000",
            "90000",
            "rules/: are not the rules of the alert",
        ),
        (
            "decisions.ndjson",
            "\"offset\":5",
            "\"offset\":6",
            "decisions.ndjson: are not at the coordinates",
        ),
        (
            "alert.json",
            "A-0-5-0",
            "A-0-6-0",
            "alert.json: is not the alert of the manifest",
        ),
    ] {
        let content = dir.read(&format!("bundle/{name}"));
        let changed = content.replace(from, to);
        assert_eq!(changed.len(), content.len());
        assert_ne!(changed, content, "{name} has {from}");
        write(name, &changed);
        seal(&manifest.replace(&sha256(&content), &sha256(&changed)));
        let (code, stdout, _) = dir.verify(&[]);
        assert_eq!(code, 1);
        assert!(stdout.starts_with(told), "{name}: {stdout}");
        write(name, &content);
    }
    // What nothing else in the bundle contradicts, the digest handed over by another way does.
    let events = dir.read("bundle/events.ndjson");
    let changed = events.replace("收款人", "付款人");
    write("events.ndjson", &changed);
    seal(&manifest.replace(&sha256(&events), &sha256(&changed)));
    assert_eq!(dir.verify(&[]).0, 0);
    assert_eq!(dir.verify(&["--digest", digest.trim()]).0, 1);
    // Nothing outside the bundle is read.
    for outside in ["../topics/police.alerts.v1.ndjson", "/etc/hostname"] {
        seal(&manifest.replace("\"alert.json\"", &format!("\"{outside}\"")));
        let told = "manifest.json: names a file outside the bundle\n";
        assert_eq!(dir.verify(&[]), (1, told.to_owned(), String::new()));
    }
}

#[test]
fn evidence_says_what_it_lacks_and_refuses_rules_that_are_not_the_alerts() {
    let dir = Dir::new("lacks");
    let pack = concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/rules");
    let (topics, bundle) = (dir.path("topics"), dir.path("bundle"));
    let foreign = [
        "report", "evidence", ALERT, "--from", &topics, "--rules", pack, "--out", &bundle,
    ];
    assert_eq!(run(&foreign).0, 78);
    assert_eq!(dir.evidence("A-9-9-9-x", &[]).0, 2);
    assert!(!dir.0.join("bundle").exists());

    let (code, _, stderr) = dir.evidence(ALERT, &[]);
    let told = "report evidence: of 5 events listed, 5 records and 0 decisions are not in the inputs; \
                the manifest names them\n";
    assert_eq!((code, stderr.as_str()), (1, told));
    assert_eq!(dir.verify(&[]).0, 0, "what is there is whole");
    let left: Vec<_> = std::fs::read_dir(&dir.0).expect("a directory").collect();
    assert_eq!(left.len(), 2, "nothing half made is left");
}
