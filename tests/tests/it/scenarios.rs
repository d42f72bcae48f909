//! Every file of `scenarios/`, whole and split by snapshots.

use zhamen_tests::scenario;

#[test]
fn every_scenario_gives_what_it_says_whole_and_split_anywhere() {
    let files = scenario::all();
    assert!(!files.is_empty(), "no scenarios found");
    let failed: Vec<_> = files
        .iter()
        .filter(|path| std::panic::catch_unwind(|| scenario::check(path)).is_err())
        .map(|path| path.file_name().unwrap_or_default())
        .collect();
    assert!(failed.is_empty(), "failed: {failed:?}");
}
