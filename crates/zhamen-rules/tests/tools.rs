//! The tools for rule writers, as functions from texts to texts.

use expect_test::expect;
use zhamen_engine::time::Calendar;
use zhamen_rules::tools::{coverage, diff, templates};
use zhamen_rules::{Compiled, Lang, SourceFile, compile, render_text, run_tests};

fn source(text: &str) -> Vec<SourceFile> {
    vec![SourceFile {
        name: "rules.toml".to_owned(),
        text: text.to_owned(),
    }]
}

fn compiled(files: &[SourceFile]) -> Compiled {
    let compiled = compile(files);
    assert!(
        compiled.set.is_some(),
        "{}",
        render_text(files, &compiled.diagnostics, false)
    );
    compiled
}

#[test]
fn every_template_compiles_without_a_word_and_passes_its_tests() {
    for template in templates::ALL {
        let files = source(&template.with_id("my-own-name"));
        let compiled = compiled(&files);
        let text = render_text(&files, &compiled.diagnostics, false);
        assert_eq!(text, "0 errors, 0 warnings\n", "{}", template.name);
        let set = compiled.set.as_ref().unwrap();
        let mut ids = set.rules.iter().map(|r| &*r.id);
        let mut verdicts = set.verdicts.iter().map(|v| &*v.id);
        assert!(
            ids.any(|id| id == "my-own-name") || verdicts.any(|id| id == "my-own-name"),
            "{}",
            template.name
        );
        let results = run_tests(&files, &compiled, &Calendar::default());
        assert!(!results.is_empty());
        for result in results {
            assert_eq!(result.failures, [], "{}: {}", template.name, result.name);
        }
    }
}

#[test]
fn templates_show_their_limits_from_both_sides() {
    let mut out = String::new();
    for template in templates::ALL {
        let files = source(template.text);
        let compiled = compiled(&files);
        let (_, coverage) = coverage::run(&compiled, &Calendar::default());
        out.push_str(&coverage.text(Lang::En));
    }
    expect![[r#"
        coverage burst-of-transfers ... 10 of 10

        coverage: 10 of 10 (100 %)
        coverage dormant-then-active ... 10 of 10

        coverage: 10 of 10 (100 %)
        coverage far-above-own-average ... 12 of 12

        coverage: 12 of 12 (100 %)
        coverage many-payers ... 7 of 7

        coverage: 7 of 7 (100 %)
        coverage money-in-then-out ... 9 of 9

        coverage: 9 of 9 (100 %)
        coverage new-payee ... 9 of 9

        coverage: 9 of 9 (100 %)
        coverage on-a-list ... 2 of 2

        coverage: 2 of 2 (100 %)
        coverage score-at-night ... 2 of 2
        coverage score-large ... 5 of 5

        coverage: 7 of 7 (100 %)
        coverage several-cards ... 5 of 5

        coverage: 5 of 5 (100 %)
    "#]]
    .assert_eq(&out);
}

fn compare(old: &str, new: &str) -> diff::Diff {
    let (old, new) = (source(old), source(new));
    let (a, b) = (compiled(&old), compiled(&new));
    let side = |files, compiled: &'static Compiled| diff::Side {
        files,
        compiled,
        set: compiled.set.as_ref().unwrap(),
    };
    // Tests only: the compiled sets live as long as the process.
    let (a, b): (&'static Compiled, &'static Compiled) =
        (Box::leak(Box::new(a)), Box::leak(Box::new(b)));
    diff::diff(side(&old, a), side(&new, b))
}

#[test]
fn comments_and_spelling_are_no_difference() {
    let old = templates::find("burst-of-transfers").unwrap().text;
    let new = format!("# reviewed\n{}", old.replace("10_000,", "10000,"));
    let diff = compare(old, &new);
    assert!(diff.is_empty(), "{}", diff.text(Lang::En));
}

#[test]
fn what_changed_and_what_must_warm_up() {
    let old = templates::find("burst-of-transfers").unwrap().text;
    let other = templates::find("several-cards").unwrap().text;
    let new = old
        .replace("mode = \"shadow\"", "mode = \"enforce\"")
        .replace("value = 10_000", "value = 20_000")
        .replace("value = 3,", "value = 4,")
        .replace("\"verify\"", "\"delay\"");
    let diff = compare(&format!("{old}{other}"), &new);
    let text = diff.text(Lang::En);
    let stable: String = text
        .lines()
        .filter(|l| !l.starts_with("sha256"))
        .map(|l| format!("{l}\n"))
        .collect();
    expect![[r#"
        ~ rule burst-of-transfers
            mode: "shadow" → "enforce"
            params.min_count.value: 3 → 4
            params.single_min.value: 10000 → 20000
            test: 2 tests → 2 tests
            then.action: "verify" → "delay"
            must warm up: window.out over 1h (counted differently)
        - rule several-cards
    "#]]
    .assert_eq(&stable);
}

#[test]
fn a_longer_window_looks_back_farther_and_a_shorter_one_is_full_at_once() {
    let old = templates::find("burst-of-transfers").unwrap().text;
    let longer = old.replace("over = \"1h\"", "over = \"2h\"");
    let diff = compare(old, &longer);
    assert_eq!(
        diff.blocks[0].warm_up,
        [diff::WarmUp {
            window: "window.out".to_owned(),
            over: "2h".to_owned(),
            reason: diff::Reason::LooksBackFarther,
        }]
    );
    assert_eq!(compare(&longer, old).blocks[0].warm_up, []);
}

#[test]
fn coverage_reads_a_rule_that_sets_itself_back_as_the_rule_read_itself() {
    let files = source(include_str!("data/self-reset.toml"));
    let compiled = compiled(&files);
    let (results, coverage) = coverage::run(&compiled, &Calendar::default());
    assert!(results.iter().all(|r| r.failures.is_empty()), "{results:?}");
    // The third transfer met the limit and so began the count anew; it was met all the same.
    expect![[r#"
        coverage every-third ... 4 of 5
            when `window.n >= params.third`: `window.n >= 3` never just above

        coverage: 4 of 5 (80 %)
    "#]]
    .assert_eq(&coverage.text(Lang::En));
    expect![[r#"
        覆盖 every-third … 4/5
            when `window.n >= params.third`：`window.n >= 3` 没有测到：略高于限值

        覆盖合计：4/5（80%）
    "#]]
    .assert_eq(&coverage.text(Lang::Zh));
}
