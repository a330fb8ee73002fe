//! The file of a model's weights: a head of `key = value` lines, then one piece a line.
//!
//! ```text
//! huiting-weights = 1
//! cue = penalty-stated
//! trained-on = 3f6c…
//! bias = -1.25
//!
//! 违约→2.500
//! ~wei yue→0.812
//! ```
//!
//! (`→` stands for a tab.)

use std::{fmt::Write, ops::Range};

use super::Model;

/// Weights nearer to nothing than this are not worth a line.
const LIGHTEST: f64 = 0.1;

/// Writes a model; the same model gives the same text.
pub fn write(model: &Model, cue: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "huiting-weights = 1");
    let _ = writeln!(text, "cue = {cue}");
    let _ = writeln!(text, "trained-on = {}", model.trained_on);
    let _ = writeln!(text, "bias = {:.4}", model.bias);
    text.push('\n');
    let mut weights: Vec<(&String, f64)> = model
        .weights
        .iter()
        .map(|(gram, weight)| (gram, *weight))
        .filter(|(_, weight)| weight.abs() >= LIGHTEST)
        .collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    for (gram, weight) in weights {
        let _ = writeln!(text, "{gram}\t{weight:.3}");
    }
    text
}

/// Reads a model back.
///
/// # Errors
/// The place and what is wrong there: another format, another cue, a line without a number.
pub fn read(text: &str, cue: &str) -> Result<Model, (Range<usize>, String)> {
    let mut model = Model {
        digest: blake3::hash(text.as_bytes()).to_hex().to_string(),
        ..Model::default()
    };
    let mut at = 0;
    let mut head = true;
    let mut version = false;
    for line in text.split_inclusive('\n') {
        let span = at..at + line.trim_end().len();
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let wrong = |detail: &str| Err((span.clone(), detail.to_owned()));
        if line.is_empty() {
            head = false;
            continue;
        }
        if !head {
            let parsed = line
                .split_once('\t')
                .and_then(|(gram, weight)| Some((gram, weight.parse::<f64>().ok()?)));
            match parsed.filter(|(_, weight)| weight.is_finite()) {
                Some((gram, weight)) => model.weights.insert(gram.to_owned(), weight),
                None => return wrong("a piece, a tab and a number belong here"),
            };
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            return wrong("`key = value` belongs here");
        };
        let value = value.trim();
        match key.trim() {
            "huiting-weights" if value == "1" => version = true,
            "huiting-weights" => return wrong("another version of the format"),
            "cue" if value == cue => {}
            "cue" => return wrong("these are the weights of another cue"),
            "trained-on" => value.clone_into(&mut model.trained_on),
            "bias" => match value.parse::<f64>() {
                Ok(bias) if bias.is_finite() => model.bias = bias,
                _ => return wrong("a number belongs here"),
            },
            _ => return wrong("unknown key"),
        }
    }
    if version {
        Ok(model)
    } else {
        Err((0..0, "no line `huiting-weights = 1`".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = "huiting-weights = 1\ncue = a\ntrained-on = 0f\nbias = -1.2500\n\n违约\t2.500\n~wei yue\t-0.500\n";
        let model = read(text, "a").expect("weights");
        assert_eq!(write(&model, "a"), text);
    }

    #[test]
    fn what_is_wrong() {
        let check = |text: &str, expected: &str| {
            let (_, detail) = read(text, "a").expect_err("an error");
            assert!(detail.contains(expected), "{detail}");
        };
        check("", "huiting-weights");
        check("huiting-weights = 2\n", "version");
        check("huiting-weights = 1\ncue = b\n", "another cue");
        check("huiting-weights = 1\nbias = x\n", "number");
        check("huiting-weights = 1\n\n违约 2\n", "tab");
        check("huiting-weights = 1\n\n违约\tNaN\n", "number");
        check("whatever\n", "key = value");
    }
}
