//! The files that others rely on must pass as they are: the sample of the language and the
//! standard pack.

use std::path::Path;

use zhamen_engine::time::Calendar;
use zhamen_rules::{Severity, compile, load, render_text, run_tests};

fn check(path: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let files = load(&path).unwrap();
    let compiled = compile(&files);
    let errors = compiled
        .diagnostics
        .iter()
        .any(|d| d.severity == Severity::Error);
    let text = render_text(&files, &compiled.diagnostics, false);
    assert!(!errors, "{text}");
    assert!(compiled.set.is_some());
}

#[test]
fn the_sample_passes() {
    check("tests/data/rules-sample.toml");
}

#[test]
fn the_standard_pack_passes() {
    check("../../configs/rules");
}

/// Runs the tests of `path` without a holiday calendar.
fn run(path: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let files = load(&path).unwrap();
    let compiled = compile(&files);
    let results = run_tests(&files, &compiled, &Calendar::default());
    assert!(!results.is_empty());
    let failed: Vec<_> = results.iter().flat_map(|r| r.diagnostics()).collect();
    assert!(failed.is_empty(), "{}", render_text(&files, &failed, false));
}

#[test]
fn the_sample_s_tests_pass() {
    run("tests/data/rules-sample.toml");
}

#[test]
fn the_standard_pack_s_tests_pass() {
    run("../../configs/rules");
}
