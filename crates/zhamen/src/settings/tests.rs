//! What an operator sees when settings are wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::layers::Layers;
use super::{Settings, read};

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    read(&Layers {
        file: Some((PathBuf::from("zhamen.toml"), file.to_owned())),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        flags: Vec::new(),
    })
    .map_err(|mistakes| mistakes.to_string())
}

fn check(file: &str, environment: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&load(file, environment).expect_err("there are mistakes"));
}

#[test]
fn the_defaults_are_sound_and_equal_to_the_engines() {
    let settings = load("", &[]).expect("no mistakes");
    let policy = settings.policy();
    let default = zhamen_engine::entry::Policy::default();
    // The tables come from files; everything else must be what the engine has without settings.
    let tables = zhamen_engine::entry::Policy {
        calendar: policy.calendar.clone(),
        stations: policy.stations.clone(),
        default_station: policy.default_station.clone(),
        forms: policy.forms.clone(),
        ..default
    };
    assert_eq!(policy, tables);
}

#[test]
fn the_file_wins_over_defaults_and_the_environment_over_the_file() {
    let file = "[engine]\nlateness = \"2h\"\nlate_after = \"9s\"\n[kafka.client]\n\"security.protocol\" = \"SASL_SSL\"\n";
    let environment = [
        ("ZHAMEN__ENGINE__LATENESS", "3h"),
        ("ZHAMEN__KAFKA__BROKERS", "a:9092, b:9092"),
        ("ZHAMEN__KAFKA__TRANSACTIONS", "false"),
        ("ZHAMEN__KAFKA__CLIENT__SASL_PASSWORD", "secret"),
        ("ZHAMEN__KAFKA__CREATE__SHARDS", "12"),
        ("OTHER", "ignored"),
    ];
    let settings = load(file, &environment).expect("no mistakes");
    assert_eq!(settings.engine.lateness_ms, 3 * 3_600_000);
    assert_eq!(settings.engine.late_after_ms, 9_000);
    assert_eq!(settings.engine.dedupe_horizon_ms, 48 * 3_600_000);
    assert_eq!(settings.kafka.brokers, ["a:9092", "b:9092"]);
    assert_eq!(settings.kafka.create.shards, 12);
    assert!(!settings.kafka.transactions);
    assert_eq!(
        settings.kafka.client,
        [
            ("sasl.password".to_owned(), "secret".to_owned()),
            ("security.protocol".to_owned(), "SASL_SSL".to_owned()),
        ]
    );
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    check(
        r#"
[engine]
lateness = "an hour"
late_afer = "5s"

[decisions]
rejected = "explode"

[kafka]
brokers = []
create.shards = 0
topics.alerts = "bank.decisions.v1"

[kafka.client]
acks = 1

[rates]
XXX = "1"
USD = "-7"

[[source]]
name = "ccb-core"
topics = ["bank.transfers.v1"]
[[source]]
name = "ccb-core"
topics = ["bank.transfers.v2"]
bank = "CCB"

[rulez]
"#,
        &[
            ("ZHAMEN__SNAPSHOTS__KEEP", "none"),
            ("ZHAMEN__KAFKA__BROKRES", "x:1"),
        ],
        expect![[r#"
            15 mistakes in the settings
              zhamen.toml:7: decisions.rejected: must be one of allow inquire verify delay hold
              zhamen.toml:4: engine.late_afer: unknown key; did you mean late_after?
              zhamen.toml:3: engine.lateness: must be a duration such as "500ms", "5s", "30m", "1h30m" or "7d"
              zhamen.toml:10: kafka.brokers: must name at least one broker, host:port
              environment ZHAMEN__KAFKA__BROKRES: kafka.brokres: unknown key; did you mean brokers?
              zhamen.toml:15: kafka.client.acks: is zhamen's own to set: delivery depends on it
              zhamen.toml:11: kafka.create.shards: must be a whole number from 1 to 1024, both included
              zhamen.toml:12: kafka.topics.alerts: has the same name as decisions
              zhamen.toml:19: rates.USD: must be a number above 0, such as "7.10"
              zhamen.toml:18: rates.XXX: is not a currency of ISO 4217 with a minor unit
              zhamen.toml:29: rulez: unknown key; did you mean rules?
              environment ZHAMEN__SNAPSHOTS__KEEP: snapshots.keep: must be a whole number from 2 to 1000, both included
              zhamen.toml:27: source[1].bank: unknown key; did you mean banks?
              zhamen.toml:25: source[1].name: "ccb-core" is listed twice
              zhamen.toml:26: source[1].topics: "bank.transfers.v2" is no input topic"#]],
    );
}

#[test]
fn a_broker_has_a_port_and_secrets_are_not_shown() {
    check(
        "[kafka]\nbrokers = \"kafka-1\"\n[privacy]\npseudonym_key = \"hush\"\nalgorithm = \"md5\"\n",
        &[],
        expect![[r#"
            3 mistakes in the settings
              zhamen.toml:2: kafka.brokers: "kafka-1" is not host:port
              zhamen.toml:5: privacy.algorithm: must be one of hmac-sha256 hmac-sm3
              zhamen.toml:4: privacy.pseudonym_key: must have at least 16 bytes"#]],
    );
}

#[test]
fn broken_toml_names_its_line() {
    check(
        "[engine]\nlateness = \"1h\"\nlateness = \"2h\"\n",
        &[],
        expect![[r#"
            1 mistake in the settings
              zhamen.toml:3: duplicate key"#]],
    );
}

#[test]
fn mistakes_in_the_tables_are_told_with_the_others() {
    check(
        "holidays = \"/nowhere/holidays.toml\"\n[engine]\nlateness = 5\n",
        &[],
        expect![[r#"
            2 mistakes in the settings
              /nowhere/holidays.toml: cannot read it: No such file or directory (os error 2)
              zhamen.toml:3: engine.lateness: must be a duration such as "500ms", "5s", "30m", "1h30m" or "7d""#]],
    );
}

#[test]
fn flags_win_and_their_mistakes_name_them() {
    let flag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let mut layers = Layers {
        environment: [("ZHAMEN__ENGINE__LATENESS".to_owned(), "3h".to_owned())].into(),
        flags: vec![flag("engine.lateness", "4h")],
        ..Layers::default()
    };
    let settings = read(&layers).expect("no mistakes");
    assert_eq!(settings.engine.lateness_ms, 4 * 3_600_000);
    layers.flags = vec![flag("engine.lateness", "4"), flag("engine.earliness", "1h")];
    let mistakes = read(&layers).expect_err("two mistakes").to_string();
    expect![[r#"
        2 mistakes in the settings
          --set: engine.earliness: unknown key
          --set: engine.lateness: must be a duration such as "500ms", "5s", "30m", "1h30m" or "7d""#]]
    .assert_eq(&mistakes);
}
