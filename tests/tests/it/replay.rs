//! `zhamen replay` gives the very bytes that the tests' own fold gives, for every scenario that it can
//! express: what holds here of the one holds of the other.

use std::fmt::Write as _;

use zhamen_tests::binary::{folder, run};
use zhamen_tests::scenario::{self, Scenario, Step};

#[test]
fn replay_gives_the_same_bytes_as_the_scenarios() {
    let mut compared = 0;
    for path in scenario::all() {
        let text = std::fs::read_to_string(&path).expect("a scenario");
        let scenario = Scenario::parse(&text);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let [Step::Rules(rules), lines @ ..] = scenario.steps.as_slice() else {
            panic!("{name}: no rules first");
        };
        let mut events = String::new();
        let plain = lines.iter().all(|step| match step {
            Step::Line(line) => writeln!(events, "{line}").is_ok(),
            // Replay knows one rule set and no ticks.
            Step::Rules(_) | Step::Tick(_) => false,
        });
        if !plain {
            continue;
        }
        let dir = folder(&format!("replay-{name}"));
        let put = |file: &str, text: &str| {
            let path = dir.join(file);
            std::fs::write(&path, text).expect("a file");
            path.display().to_string()
        };
        let mut args = vec!["replay".to_owned(), "--quiet".to_owned()];
        args.extend(["--rules".to_owned(), put("rules.toml", rules)]);
        if !scenario.settings.is_empty() {
            args.extend([
                "--config".to_owned(),
                put("zhamen.toml", &scenario.settings),
            ]);
        }
        if let Some(calendar) = &scenario.calendar {
            args.extend(["--calendar".to_owned(), put("calendar.toml", calendar)]);
        }
        let out = dir.join("out");
        args.extend(["--out".to_owned(), out.display().to_string()]);
        args.push(put("events.ndjson", &events));
        let ran = run(&args);
        let told = String::from_utf8_lossy(&ran.stderr);
        let whole = scenario.run(|_| false);
        let rejected = whole.shown.contains(" rejected ");
        let code = i32::from(rejected);
        assert_eq!(ran.status.code(), Some(code), "{name}: {told}");
        for (topic, file) in [
            ("decision", "bank.decisions.v1"),
            ("alert", "police.alerts.v1"),
            ("feedback", "police.feedback.v1"),
            ("hold", "bank.holds.v1"),
            ("warning", "bank.warnings.v1"),
        ] {
            let want: Vec<&str> = std::str::from_utf8(&whole.bytes)
                .expect("outputs are UTF-8")
                .lines()
                .filter_map(|l| l.strip_prefix(topic))
                .filter(|json| json.starts_with('{'))
                .collect();
            let got = std::fs::read_to_string(out.join(format!("{file}.ndjson")))
                .unwrap_or_else(|e| panic!("{name}: {file}: {e}"));
            let got: Vec<&str> = got.lines().collect();
            assert_eq!(got, want, "{name}: {file}");
            if topic == "decision" {
                let printed = String::from_utf8_lossy(&ran.stdout);
                assert_eq!(printed.lines().collect::<Vec<_>>(), want, "{name}: stdout");
            }
        }
        compared += 1;
    }
    assert!(compared > 30, "only {compared} scenarios compared");
}
