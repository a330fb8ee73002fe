//! The schemas that editors use are those that the program checks by.

use std::path::Path;

use huiting::rules::{rule_schema, vocabulary_schema};

/// Compares a checked-in schema with the program's own. With `UPDATE_SCHEMA=1` it is written.
fn check(path: &str, schema: &serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let own = format!(
        "{}\n",
        serde_json::to_string_pretty(schema).expect("a schema is JSON")
    );
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("a folder");
        std::fs::write(&path, &own).expect("the schema can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == own,
        "{} is out of date: run UPDATE_SCHEMA=1 cargo test --test it schema",
        path.display()
    );
}

#[test]
fn rule_schema_is_current() {
    check("rules/schema.json", &rule_schema());
}

#[test]
fn vocabulary_schema_is_current() {
    check("rules/vocabulary-schema.json", &vocabulary_schema());
}
