//! Every construct of the language in the smallest rule that shows it: the tests beside the rules in
//! `tests/data/constructs/` run through the engine and fail when the construct is broken.

use std::path::Path;

use zhamen_engine::time::Calendar;
use zhamen_rules::{Severity, compile, load, render_text, run_tests};

#[test]
fn every_construct() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/constructs");
    let mut paths: Vec<_> = dir.read_dir().unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut failed = String::new();
    let mut ran = 0;
    for path in paths {
        let files = load(&path).unwrap();
        let compiled = compile(&files);
        let mut findings = compiled.diagnostics.clone();
        findings.retain(|d| d.severity == Severity::Error);
        let results = run_tests(&files, &compiled, &Calendar::default());
        ran += results.len();
        findings.extend(results.iter().flat_map(|r| r.diagnostics()));
        if !findings.is_empty() {
            failed.push_str(&render_text(&files, &findings, false));
        }
    }
    assert!(failed.is_empty(), "{failed}");
    assert!(ran >= 60, "{ran}");
}
