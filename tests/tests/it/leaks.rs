//! Personal data in no sink: everything the binary writes for people or for machines other than the
//! bank's own answers, over all records of the catalogue, whose senders put canaries everywhere.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use zhamen_tests::bad_inputs::{canaries, cases, leaked};
use zhamen_tests::binary::{folder, run};

/// Runs the catalogue, line by line, through `zhamen replay` with everything switched on.
fn replayed(dir: &Path) -> std::process::Output {
    let mut events: Vec<u8> = Vec::new();
    for case in cases().iter().filter(|c| c.kafka_only.is_none()) {
        for record in &case.records {
            events.extend(record.payload.as_deref().unwrap_or_default());
            events.push(b'\n');
        }
    }
    std::fs::write(dir.join("events.ndjson"), events).expect("a file");
    let args = [
        "replay".to_owned(),
        "--out".to_owned(),
        dir.join("out").display().to_string(),
        dir.join("events.ndjson").display().to_string(),
    ];
    run(&args)
}

#[test]
fn neither_stderr_nor_a_refusal_nor_a_dead_letter_s_headers_shows_a_canary() {
    let dir = folder("leaks");
    let ran = replayed(&dir);
    assert_eq!(ran.status.code(), Some(1), "some records are refused");
    assert_eq!(leaked(&ran.stderr), Vec::<String>::new(), "on stderr");
    let mut refused = 0;
    for line in String::from_utf8_lossy(&ran.stdout).lines() {
        let decision: Value = serde_json::from_str(line).expect("a decision");
        if decision["outcome"] == "rejected" {
            refused += 1;
            assert_eq!(leaked(line.as_bytes()), Vec::<String>::new(), "{line}");
        }
    }
    assert!(refused > 100, "only {refused} refusals");
    let letters = std::fs::read_to_string(dir.join("out/zhamen.deadletters.v1.ndjson"))
        .expect("dead letters were asked for");
    assert_eq!(
        letters.lines().count(),
        refused,
        "a letter for each refusal"
    );
    for line in letters.lines() {
        let letter: Value = serde_json::from_str(line).expect("a letter");
        let headers = letter["headers"].to_string();
        assert_eq!(
            leaked(headers.as_bytes()),
            Vec::<String>::new(),
            "{headers}"
        );
    }
}

#[test]
fn a_resident_id_is_in_no_output_at_all() {
    let dir = folder("leaks-ids");
    let ran = replayed(&dir);
    // The ID number of the catalogue; decisions and alerts know persons by pseudonym.
    let id = &canaries()[2];
    assert!(id.len() == 18 && id.starts_with("42"), "{id}");
    for file in std::fs::read_dir(dir.join("out")).expect("outputs") {
        let path = file.expect("an output").path();
        if path.to_string_lossy().contains("deadletters") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("an output");
        assert!(!text.contains(id.as_str()), "{}", path.display());
    }
    assert!(!String::from_utf8_lossy(&ran.stdout).contains(id.as_str()));
}

#[test]
fn mistakes_in_settings_are_told_without_their_secrets() {
    let dir = folder("leaks-settings");
    let mut settings = String::new();
    let secret = "s3cret-of-the-bank";
    let _ = writeln!(settings, "[privacy]\npseudonym_key = \"{secret}\"");
    let _ = writeln!(settings, "[kafka.client]\n\"sasl.password\" = \"{secret}\"");
    let _ = writeln!(settings, "[engine]\nlateness = \"soon\"");
    let path = dir.join("zhamen.toml");
    std::fs::write(&path, settings).expect("a file");
    let ran = run(&[
        "run".to_owned(),
        "--config".to_owned(),
        path.display().to_string(),
    ]);
    assert_eq!(ran.status.code(), Some(78));
    let told = String::from_utf8_lossy(&ran.stderr);
    assert!(told.contains("lateness"), "{told}");
    assert!(!told.contains(secret), "{told}");
}
