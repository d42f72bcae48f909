//! `rules fmt`: what a formatted file looks like, and what formatting must never do.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use zhamen_rules::tools::fmt::{Refused, comments, format};
use zhamen_rules::{Compiled, SourceFile, compile, digest};

fn digest_of(text: &str) -> String {
    digest(&[SourceFile {
        name: String::new(),
        text: text.to_owned(),
    }])
}

fn sorted_comments(text: &str) -> Vec<&str> {
    let mut all = comments(text);
    all.sort_unstable();
    all
}

/// Formats, and checks everything that must hold whatever the file.
fn formatted(text: &str, name: &str) -> String {
    let once = format(text).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(format(&once).expect(name), once, "{name}: not settled");
    assert_eq!(digest_of(&once), digest_of(text), "{name}: another content");
    assert_eq!(
        sorted_comments(&once),
        sorted_comments(text),
        "{name}: comments"
    );
    assert!(
        once.is_empty() || once.ends_with('\n') && !once.ends_with("\n\n"),
        "{name}"
    );
    once
}

fn toml_files(dir: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let files = dir.read_dir().unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_rule_file_here_keeps_its_content_and_comments() {
    let dirs = [
        "../../configs/rules",
        "../../configs/rules/peers",
        "templates",
        "tests/data",
        "tests/data/bad",
        "tests/data/constructs",
        "tests/data/mistakes",
    ];
    let mut seen = 0;
    for path in dirs.iter().flat_map(|d| toml_files(d)) {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        let compiled = |text: &str| {
            compile(&[SourceFile {
                name: name.clone(),
                text: text.to_owned(),
            }])
        };
        let before = compiled(&text);
        if let Err(Refused::NotToml) = format(&text) {
            assert!(before.set.is_none(), "{name}");
            continue;
        }
        let codes = |c: &Compiled| {
            let mut codes: Vec<_> = c.diagnostics.iter().map(|d| d.code).collect();
            codes.sort_unstable();
            codes
        };
        let after = compiled(&formatted(&text, &name));
        assert_eq!(codes(&before), codes(&after), "{name}: other findings");
        seen += 1;
    }
    assert!(seen >= 80, "{seen}");
}

#[test]
fn what_is_shipped_is_in_the_one_form() {
    for path in [
        "../../configs/rules",
        "../../configs/rules/peers",
        "templates",
    ]
    .iter()
    .flat_map(|d| toml_files(d))
    {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.display();
        assert!(
            format(&text).unwrap() == text,
            "{name}: run `zhamen rules fmt`"
        );
    }
}

#[test]
fn a_formatted_file() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fmt");
    let text = std::fs::read_to_string(dir.join("before.toml")).unwrap();
    let out = formatted(&text, "before.toml");
    expect_test::expect_file![dir.join("after.toml")].assert_eq(&out);
    // CRLF says the same.
    assert_eq!(
        formatted(&text.replace('\n', "\r\n"), "before.toml with CRLF"),
        out
    );
}

/// Lines that a rule file may be made of, in any order.
const LINES: [&str; 24] = [
    "[[rule]]",
    "[[rule]] # 行尾",
    "[[rule.test]]",
    "[rule.then]",
    "[[verdict]]",
    "",
    "   ",
    "# 注释 one",
    "  # \"two\"",
    "id = \"a\" # it's",
    "mode='shadow'",
    "title = { en = \"a#b\",zh = '甲' }",
    "title = {\n  # inside\n  zh = \"甲\", # after\n\n  en = \"a\"\n}",
    "params.b = {max=9,min=1,value=3}",
    "params.a.value = 1_000",
    "params.a.min = 0x10",
    "window.n = {over=\"1h\",by=[\"payer.account\"],count=\"*\"}",
    "when = [ \"a\",\"b\" ]",
    "when = [ # first\n\"a\" # of a\n, # of the comma\n# own\n\n\"b\" ]",
    "when = [\n# nothing\n]",
    "explain.en = \"\"\"\nlong # no comment\n\"\"\"",
    "\"quoted key\".x = 1979-05-27",
    "given = [{ at = \"0m\", payer.age = 3, txn.amount = \"1\" }, {\n}]",
    "on = []",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever the lines: settled after one run, and nothing said is lost or changed.
    #[test]
    fn any_lines(picked in proptest::collection::vec(0..LINES.len(), 0..12)) {
        let lines: Vec<&str> = picked.iter().map(|i| LINES[*i]).collect();
        let text = lines.join("\n");
        if toml::de::DeTable::parse(&text).is_ok() {
            formatted(&text, &text);
        } else {
            prop_assert!(matches!(format(&text), Err(Refused::NotToml)));
        }
    }
}
