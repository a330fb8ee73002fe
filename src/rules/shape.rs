//! Whether a file has the shape that the schema asks for: unknown keys, missing keys, wrong
//! kinds of values, all of them at once and each with its place.
//!
//! The schema is the one that editors use, so that both say the same.

use std::ops::Range;

use serde_json::Value;
use toml::{
    Spanned,
    de::{DeArray, DeFloat, DeInteger, DeTable, DeValue},
};

use super::{diagnostics::Problem, problem_words::nearest};

/// Everything in which the document differs from the schema.
///
/// What differs is taken out of the document, and what is missing is put in as nothing much, so
/// that the rest can be read and checked as well. What was put in stands nowhere: its place is
/// `0..0`.
pub fn check_shape(
    root: &mut Spanned<DeValue<'_>>,
    schema: &Value,
) -> Vec<(Problem, Range<usize>)> {
    let mut checker = Checker {
        root: schema,
        problems: Vec::new(),
    };
    let span = root.span();
    checker.value(root.get_mut(), span, schema);
    checker.problems
}

/// The value that a Chinese word for it means, as people write it at first.
fn meant(word: &str, known: &[String]) -> Option<String> {
    let value = match word.trim() {
        "客服" | "坐席" => "agent",
        "客户" | "用户" => "customer",
        "一票否决" | "致命" => "fatal",
        "重度" | "严重" => "critical",
        "中度" => "major",
        "轻度" => "minor",
        "草稿" => "draft",
        "试用" | "试行" => "trial",
        "启用" | "生效" => "active",
        "停用" => "retired",
        "合格" => "pass",
        "违规" => "violation",
        "不适用" => "not-applicable",
        "待人工" => "cannot-judge",
        _ => return None,
    };
    known.iter().find(|own| *own == value).cloned()
}

struct Checker<'s> {
    root: &'s Value,
    problems: Vec<(Problem, Range<usize>)>,
}

impl<'s> Checker<'s> {
    /// Whether the value can be read as the schema says.
    fn value<'v>(
        &mut self,
        value: &mut DeValue<'v>,
        span: Range<usize>,
        schema: &'s Value,
    ) -> bool {
        let choices = self.choices(schema);
        let own = kind(value);
        let fitting = choices
            .iter()
            .copied()
            .find(|choice| types(choice).iter().any(|wanted| fits(own, wanted)));
        let values = known_values(&choices);
        let Some(choice) = fitting else {
            let expected = choices.iter().flat_map(|c| types(c)).find(|t| *t != "null");
            self.problem(
                Problem::WrongType {
                    expected: name_of(expected.unwrap_or("string")),
                    found: own,
                },
                span,
            );
            return false;
        };
        match value {
            DeValue::Table(table) => self.table(table, span, choice),
            DeValue::Array(items) => {
                if let Some(schema) = choice.get("items") {
                    *items = std::mem::replace(items, DeArray::new())
                        .into_iter()
                        .filter_map(|mut item| {
                            let span = item.span();
                            self.value(item.get_mut(), span, schema).then_some(item)
                        })
                        .collect();
                }
            }
            DeValue::String(text) if !values.is_empty() && !values.iter().any(|v| v == text) => {
                let problem = Problem::UnknownValue {
                    value: text.to_string(),
                    nearest: meant(text, &values)
                        .or_else(|| nearest(text, values.iter().map(String::as_str))),
                    known: values,
                };
                self.problem(problem, span);
                return false;
            }
            _ => {}
        }
        true
    }

    fn table<'v>(&mut self, table: &mut DeTable<'v>, span: Range<usize>, schema: &'s Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        let mut wrong = Vec::new();
        for (key, mut value) in std::mem::replace(table, DeTable::new()) {
            let name = key.get_ref().to_string();
            let known = properties.and_then(|known| known.get(&name));
            let right = match (known, others) {
                (None, Some(Value::Bool(false))) => {
                    self.unknown_key(&name, key.span(), properties);
                    false
                }
                (Some(schema), _) | (None, Some(schema)) if schema.is_object() => {
                    let span = value.span();
                    self.value(value.get_mut(), span, schema)
                }
                _ => true,
            };
            if right {
                table.insert(key, value);
            } else {
                wrong.push(name);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if table.iter().any(|(own, _)| own.get_ref() == key) {
                continue;
            }
            if !wrong.iter().any(|name| name == key) {
                self.problem(Problem::MissingKey(key.to_owned()), span.clone());
            }
            if let Some(schema) = properties.and_then(|known| known.get(key)) {
                let nothing = self.nothing(schema);
                table.insert(
                    Spanned::new(0..0, key.to_owned().into()),
                    Spanned::new(0..0, nothing),
                );
            }
        }
    }

    fn unknown_key(
        &mut self,
        name: &str,
        span: Range<usize>,
        properties: Option<&serde_json::Map<String, Value>>,
    ) {
        let mut known: Vec<String> = properties
            .map(|known| known.keys().cloned().collect())
            .unwrap_or_default();
        known.sort();
        let problem = Problem::UnknownKey {
            key: name.to_owned(),
            nearest: nearest(name, known.iter().map(String::as_str)),
            known,
        };
        self.problem(problem, span);
    }

    /// A value that the schema takes and that says nothing.
    fn nothing<'v>(&self, schema: &'s Value) -> DeValue<'v> {
        let choices = self.choices(schema);
        if let Some(value) = known_values(&choices).first() {
            return DeValue::String(value.clone().into());
        }
        let kinds = choices.iter().flat_map(|choice| types(choice));
        for kind in kinds {
            match kind {
                "array" => return DeValue::Array(DeArray::new()),
                "object" => {
                    let mut table = DeTable::new();
                    self.fill(&mut table, choices[0]);
                    return DeValue::Table(table);
                }
                "boolean" => return DeValue::Boolean(false),
                "integer" => return DeValue::Integer(DeInteger::default()),
                "number" => return DeValue::Float(DeFloat::default()),
                _ => {}
            }
        }
        DeValue::String("".into())
    }

    fn fill(&self, table: &mut DeTable<'_>, schema: &'s Value) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if let Some(schema) = properties.and_then(|known| known.get(key)) {
                let nothing = self.nothing(schema);
                table.insert(
                    Spanned::new(0..0, key.to_owned().into()),
                    Spanned::new(0..0, nothing),
                );
            }
        }
    }

    /// The schema's alternatives, references followed.
    fn choices(&self, schema: &'s Value) -> Vec<&'s Value> {
        let schema = self.follow(schema);
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(choices) = schema.get(key).and_then(Value::as_array) {
                return choices
                    .iter()
                    .flat_map(|choice| self.choices(choice))
                    .collect();
            }
        }
        vec![schema]
    }

    fn follow(&self, schema: &'s Value) -> &'s Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.root
                    .pointer(pointer)
                    .map_or(schema, |found| self.follow(found))
            }
            None => schema,
        }
    }

    fn problem(&mut self, problem: Problem, span: Range<usize>) {
        self.problems.push((problem, span));
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "datetime",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "table",
    }
}

/// The kinds of value that a schema without alternatives takes. A date is a string with the
/// format of one.
fn types(schema: &Value) -> Vec<&str> {
    if schema.get("format").and_then(Value::as_str) == Some("date") {
        return vec!["datetime"];
    }
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec!["string"],
    }
}

fn fits(own: &str, wanted: &str) -> bool {
    own == wanted || own == "table" && wanted == "object" || own == "integer" && wanted == "number"
}

/// The name of a JSON kind as problems use it.
fn name_of(kind: &str) -> &'static str {
    match kind {
        "object" => "table",
        "integer" => "integer",
        "number" => "number",
        "boolean" => "boolean",
        "array" => "array",
        "datetime" => "datetime",
        _ => "string",
    }
}

/// The texts that the alternatives allow; empty when any text will do.
fn known_values(choices: &[&Value]) -> Vec<String> {
    let mut values = Vec::new();
    for choice in choices {
        if let Some(several) = choice.get("enum").and_then(Value::as_array) {
            values.extend(several.iter().filter_map(Value::as_str).map(str::to_owned));
        } else if let Some(one) = choice.get("const").and_then(Value::as_str) {
            values.push(one.to_owned());
        } else if types(choice).contains(&"string") {
            return Vec::new();
        }
    }
    values
}
