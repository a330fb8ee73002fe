//! The JSON Schema of rule and vocabulary files, made from the raw shapes.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::raw::{RawRule, RawVocabulary};

/// The schema of a rule file (draft 7, as editors of TOML take it).
pub fn rule_schema() -> Value {
    schema::<RawRule>("Huiting rule")
}

/// The schema of a vocabulary file.
pub fn vocabulary_schema() -> Value {
    schema::<RawVocabulary>("Huiting vocabulary")
}

fn schema<T: schemars::JsonSchema>(title: &str) -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    schema["title"] = Value::from(title);
    schema
}
