//! Typical mistakes and what the compiler says about them: each `tests/data/bad/NAME.toml` has its
//! diagnostics in `NAME.txt`, rewritten by `UPDATE_EXPECT=1`.

use std::path::Path;

use zhamen_rules::{Severity, SourceFile, compile, render_json, render_text};

#[test]
fn typical_mistakes() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bad");
    let mut names: Vec<_> = dir
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    names.sort();
    assert!(names.len() >= 25);
    for path in names {
        let file = SourceFile {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            text: std::fs::read_to_string(&path).unwrap(),
        };
        let files = [file];
        let compiled = compile(&files);
        let errors = compiled
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error);
        assert_eq!(errors, compiled.set.is_none());
        let text = render_text(&files, &compiled.diagnostics, false);
        expect_test::expect_file![path.with_extension("txt")].assert_eq(&text);
        let json: serde_json::Value =
            serde_json::from_str(&render_json(&files, &compiled.diagnostics)).unwrap();
        assert_eq!(json.as_array().unwrap().len(), compiled.diagnostics.len());
    }
}
