//! What other products can say and this language says too: `data/peers.txt` names each configuration
//! and the rules that say it. That those rules compile and their tests pass is shown where the packs
//! are tested; here, that the table is true to the files and to the counts that are published.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Ids of the rules of a directory that have a test which fires and one which does not.
fn tested(dir: &str) -> Vec<String> {
    let files = zhamen_rules::load(&root().join(dir)).expect("the rules are there");
    let mut ids = Vec::new();
    for file in files {
        let text: toml::Table = file.text.parse().expect("rules are TOML");
        let blocks = text.get("rule").and_then(toml::Value::as_array);
        for rule in blocks.into_iter().flatten() {
            let expected: Vec<&str> = rule
                .get("test")
                .and_then(toml::Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|t| t["expect"].as_array())
                .flatten()
                .filter_map(toml::Value::as_str)
                .collect();
            let fires = expected.iter().any(|a| *a != "allow");
            if fires && expected.contains(&"allow") {
                ids.push(rule["id"].as_str().expect("an id").to_owned());
            }
        }
    }
    ids
}

#[test]
fn what_is_said_to_be_sayable_is_written_and_tested() {
    let peers = tested("configs/rules/peers");
    let constructs = tested("crates/zhamen-rules/tests/data/constructs");
    let table = fs::read_to_string(root().join("tests/data/peers.txt")).expect("the table");
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut absent = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for line in table
        .lines()
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let mut words = line.split_whitespace();
        let mut next = || words.next().expect("product, name, verdict, rules");
        let (product, name, verdict) = (next(), next(), next());
        let rest: Vec<&str> = words.collect();
        let count = counts.entry(product).or_default();
        count.1 += 1;
        assert!(
            !rest.is_empty(),
            "{product} {name}: neither a rule nor a reason"
        );
        if verdict == "N" {
            continue;
        }
        assert!(["Y", "Y*"].contains(&verdict), "{line}");
        count.0 += 1;
        for rule in rest {
            let there = match rule.split_once(':') {
                Some(("peer", prefix)) => {
                    named.push(prefix);
                    peers.iter().any(|id| id.starts_with(prefix))
                }
                Some(("rule", id)) => constructs.iter().any(|c| c == id),
                _ => false,
            };
            if !there {
                absent.push(format!("{product} {name}: {rule}"));
            }
        }
    }
    assert!(
        absent.is_empty(),
        "not there, or without both tests: {absent:?}"
    );

    let want = [
        ("ballerine", (6, 8)),
        ("flink", (4, 4)),
        ("jube", (10, 14)),
        ("marble", (7, 9)),
        ("tazama", (29, 33)),
    ];
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), want);
    let readme = root().join("configs/rules/peers/README.md");
    let readme = fs::read_to_string(readme).expect("the README");
    for (product, (said, of)) in want {
        // Ballerine's figure counts the definitions like those six as well.
        let published = format!("{said} of {of}");
        assert!(
            product == "ballerine" || readme.contains(&published),
            "{product} {published}"
        );
    }
    println!("{want:?}");
}
