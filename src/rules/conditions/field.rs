//! A column of the call list has, or has not, one of these values.

use super::{Finding, Node, UnknownBecause};
use crate::rules::{engine::View, reason::Words, truth::Truth};

#[derive(Debug)]
pub struct Field {
    pub name: String,
    /// `is` (true) or `is-not` (false) one of `values`.
    pub is: bool,
    pub values: Vec<String>,
}

impl Field {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let value = view.call.field(&self.name);
        let value = value.as_deref().map(str::trim).filter(|v| !v.is_empty());
        match value {
            None => {
                Finding::of(node, Truth::Unknown, Vec::new()).because(UnknownBecause::FieldMissing)
            }
            Some(value) => {
                let among = self.values.iter().any(|wanted| wanted == value);
                let words = Words::same(format!("{} = {value}", self.name));
                Finding::of(node, Truth::of(among == self.is), Vec::new()).measured(words)
            }
        }
    }
}
