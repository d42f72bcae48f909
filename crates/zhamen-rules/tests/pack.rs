//! The files that others rely on must pass as they are: the sample of the language, the standard
//! pack and the rules of other products.

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

/// Not even a warning.
fn check_clean(path: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let files = load(&path).unwrap();
    let compiled = compile(&files);
    let told: Vec<_> = compiled
        .diagnostics
        .into_iter()
        .filter(|d| d.severity != Severity::Note)
        .collect();
    assert!(told.is_empty(), "{}", render_text(&files, &told, false));
}

#[test]
fn the_standard_pack_passes() {
    check("../../configs/rules");
    check_clean("../../configs/rules");
}

#[test]
fn the_rules_of_other_products_pass() {
    check("../../configs/rules/peers");
    check_clean("../../configs/rules/peers");
}

#[test]
fn the_standard_pack_leaves_the_rules_of_other_products_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/rules");
    let files = load(&path).unwrap();
    assert!(files.iter().all(|f| !f.name.contains("tazama")));
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

#[test]
fn the_tests_of_the_rules_of_other_products_pass() {
    run("../../configs/rules/peers");
}
