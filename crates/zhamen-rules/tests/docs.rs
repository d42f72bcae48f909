//! What `docs/` says of rules: the reference is what the code says, every recipe runs.

use expect_test::expect_file;
use zhamen_engine::time::Calendar;
use zhamen_rules::tools::{Lang, reference};
use zhamen_rules::{SourceFile, compile, render_text, run_tests};

#[test]
fn the_reference_is_what_the_code_says() {
    expect_file!["../../../docs/rule-reference.zh.md"].assert_eq(&reference::markdown(Lang::Zh));
    expect_file!["../../../docs/rule-reference.en.md"].assert_eq(&reference::markdown(Lang::En));
}

#[test]
fn every_recipe_of_the_cookbook_checks_without_a_word_and_passes_its_tests() {
    let cookbook = include_str!("../../../docs/cookbook.md");
    let recipes: Vec<&str> = cookbook
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(recipes.len() >= 5);
    for recipe in recipes {
        let files = vec![SourceFile {
            name: "recipe.toml".to_owned(),
            text: recipe.to_owned(),
        }];
        let compiled = compile(&files);
        // Notes tell costs; anything above is a mistake of the page.
        let complaints: Vec<_> = compiled
            .diagnostics
            .iter()
            .filter(|d| d.severity != zhamen_rules::Severity::Note)
            .cloned()
            .collect();
        let told = render_text(&files, &complaints, false);
        assert_eq!(told, "0 errors, 0 warnings\n");
        for result in run_tests(&files, &compiled, &Calendar::default()) {
            assert_eq!(result.failures, [], "{}: {}", result.rule, result.name);
        }
    }
}
