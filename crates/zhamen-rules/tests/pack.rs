//! The files that others rely on must pass as they are: the sample of the language and the
//! standard pack.

use std::path::Path;

use zhamen_rules::{Severity, compile, load, render_text};

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
