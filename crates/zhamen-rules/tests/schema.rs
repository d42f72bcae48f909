//! The schema for editors: it is what the code says, and it admits every rule file we have.

use std::path::Path;

use expect_test::expect_file;
use serde_json::Value;
use zhamen_rules::tools::schema;

#[test]
fn the_schema_is_what_the_code_says() {
    let text = format!("{:#}\n", schema::json_schema());
    expect_file!["../schema/rule-file.schema.json"].assert_eq(&text);
}

/// Why a value does not fit; the keywords the schema uses, no others.
fn misfit(value: &Value, schema: &Value, root: &Value, at: &str) -> Option<String> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(&name[1..]).expect("a definition");
        return misfit(value, target, root, at);
    }
    let no = |what: &str| Some(format!("{at}: {what}: {value}"));
    if let Some(any) = schema.get("anyOf").and_then(Value::as_array)
        && any.iter().all(|s| misfit(value, s, root, at).is_some())
    {
        return no("none of the alternatives");
    }
    if schema
        .get("enum")
        .and_then(Value::as_array)
        .is_some_and(|w| !w.contains(value))
    {
        return no("not one of the words");
    }
    let is = |ty: &str| match ty {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("a type of no rule file: {other}"),
    };
    let fits = match &schema["type"] {
        Value::String(ty) => is(ty),
        Value::Array(types) => types.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    if !fits {
        return no("wrong type");
    }
    if let Some(items) = schema.get("items") {
        let mut all = value.as_array().into_iter().flatten().enumerate();
        return all.find_map(|(i, v)| misfit(v, items, root, &format!("{at}[{i}]")));
    }
    let object = value.as_object()?;
    let needed = schema["required"].as_array().into_iter().flatten();
    for key in needed.filter_map(Value::as_str) {
        if !object.contains_key(key) {
            return no(&format!("without {key}"));
        }
    }
    object.iter().find_map(|(key, value)| {
        let own = schema["properties"].get(key);
        let more = schema.get("additionalProperties");
        let place = format!("{at}.{key}");
        match own.or(more) {
            Some(Value::Bool(false)) => Some(format!("{place}: no such key")),
            Some(schema) => misfit(value, schema, root, &place),
            None => None,
        }
    })
}

#[test]
fn it_admits_every_rule_file_there_is() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = schema::json_schema();
    let mut seen = 0;
    for dir in [
        "../../configs/rules",
        "../../configs/rules/peers",
        "templates",
        "tests/data/constructs",
    ] {
        for entry in std::fs::read_dir(here.join(dir)).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            let value: Value = toml::from_str(&text).expect("TOML");
            let name = path.display().to_string();
            assert_eq!(misfit(&value, &schema, &schema, &name), None);
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} files show little");
}

#[test]
fn it_refuses_what_check_refuses() {
    let schema = schema::json_schema();
    let good = include_str!("../templates/new-payee.toml");
    let refused = |bad: &str| {
        let value: Value = toml::from_str(bad).expect("TOML");
        misfit(&value, &schema, &schema, "file").expect("a reason")
    };
    let misspelt = refused(&good.replace("unless =", "unles ="));
    assert!(
        misspelt.contains("file.rule[0].unles: no such key"),
        "{misspelt}"
    );
    let mode = refused(&good.replace("\"shadow\"", "\"shade\""));
    assert!(mode.contains("not one of the words"), "{mode}");
    let then = refused(&good.replace("action = \"inquire\", ", ""));
    assert!(then.contains("without action"), "{then}");
}
