//! Evidence as other programs read it.

use serde_json::{Value, json};

use super::verdict::Evidence;

/// Turn, quoted text, cue and how it matched; for a trained model, the pieces that decided.
pub fn quote(evidence: &Evidence) -> Value {
    let mut quoted = json!({
        "turn": evidence.turn,
        "text": evidence.text,
        "cue": evidence.cue,
        "matched": evidence.matched.as_str(),
    });
    if evidence.doubtful {
        quoted["doubtful"] = Value::from(true);
    }
    if !evidence.grams.is_empty() {
        quoted["grams"] = Value::from(evidence.grams.clone());
    }
    quoted
}
