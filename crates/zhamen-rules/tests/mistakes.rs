//! Twelve typical mistakes of the people who write rules, and what the compiler says about them in
//! both languages: `tests/data/mistakes/NN-NAME.toml` with its `.en.txt` and `.zh.txt`, rewritten by
//! `UPDATE_EXPECT=1`.

use std::path::{Path, PathBuf};

use zhamen_rules::{Lang, SourceFile, compile, render_json, render_text_in};

fn mistakes() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mistakes");
    let files = dir.read_dir().unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<_> = files
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    files.sort();
    files
}

fn read(path: &Path) -> [SourceFile; 1] {
    [SourceFile {
        name: path.file_name().unwrap().to_string_lossy().into_owned(),
        text: std::fs::read_to_string(path).unwrap(),
    }]
}

#[test]
fn twelve_typical_mistakes_in_both_languages() {
    let paths = mistakes();
    assert_eq!(paths.len(), 12);
    for path in paths {
        let files = read(&path);
        let found = compile(&files).diagnostics;
        assert!(!found.is_empty(), "{}", path.display());
        for (lang, ending) in [(Lang::En, "en.txt"), (Lang::Zh, "zh.txt")] {
            let text = render_text_in(lang, &files, &found, false);
            expect_test::expect_file![path.with_extension(ending)].assert_eq(&text);
        }
    }
}

#[test]
fn carets_stand_under_the_place_they_mean() {
    // Chinese characters are two cells wide; what is marked is cut out by cells, not by characters.
    let cells = |c: char| usize::from(c > '\u{2e80}') + 1;
    for path in mistakes() {
        let files = read(&path);
        for d in compile(&files).diagnostics {
            let marked = &files[0].text[d.span.clone()];
            if marked.is_empty() || marked.contains('\n') {
                continue;
            }
            let text = render_text_in(Lang::Zh, &files, std::slice::from_ref(&d), false);
            let lines: Vec<&str> = text.lines().collect();
            let carets = lines
                .iter()
                .position(|l| l.trim_start_matches([' ', '|']).starts_with('^'));
            let carets = carets.unwrap_or_else(|| panic!("no mark in\n{text}"));
            let start = lines[carets]
                .chars()
                .take_while(|c| *c != '^')
                .map(cells)
                .sum::<usize>();
            let length = lines[carets].chars().filter(|c| *c == '^').count();
            let mut cell = 0;
            let under: String = lines[carets - 1]
                .chars()
                .filter(|c| {
                    let at = cell;
                    cell += cells(*c);
                    (start..start + length).contains(&at)
                })
                .collect();
            assert_eq!(under, marked, "{text}");
        }
    }
}

#[test]
fn json_carries_both_languages_under_stable_codes() {
    let path = mistakes().remove(0);
    let files = read(&path);
    let found = compile(&files).diagnostics;
    let json: serde_json::Value = serde_json::from_str(&render_json(&files, &found)).unwrap();
    assert_eq!(json[0]["code"], "unknown-field");
    assert_eq!(json[0]["message"], "unknown field `txn.amout`");
    assert_eq!(json[0]["message_zh"], "没有 `txn.amout` 这个字段");
    assert_eq!(json[0]["help"], "did you mean `txn.amount`?");
    assert_eq!(json[0]["help_zh"], "是否要写 `txn.amount`？");
}
