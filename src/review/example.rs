//! An overturned finding as an example for its rule: what people decided, tested from now on.

use toml::Value;

use crate::{
    call::CallMetadata,
    rules::Outcome,
    text::mask,
    transcript::{Speaker, Transcript},
};

/// An `[[examples]]` table to put at the end of a rule file. Numbers of people are covered.
pub fn toml(
    finding_id: &str,
    call: &CallMetadata,
    transcript: &Transcript,
    verdict: Outcome,
) -> String {
    let mut text = format!(
        "\n[[examples]]\nname    = {}\n",
        quoted(&format!(
            "撤销的问题单 {}",
            finding_id.get(..8).unwrap_or(finding_id)
        ))
    );
    let mut fields = Vec::new();
    if let Some(direction) = call.direction {
        fields.push(format!("direction = {}", quoted(direction.as_str())));
    }
    for (name, value) in [("business", &call.business), ("channel", &call.channel)] {
        if let Some(value) = value {
            fields.push(format!("{name} = {}", quoted(&mask(value))));
        }
    }
    if let Some(date) = call.date() {
        fields.push(format!("date = {date}"));
    }
    if !fields.is_empty() {
        text.push_str(&format!("call    = {{ {} }}\n", fields.join(", ")));
    }
    text.push_str("dialogue = \"\"\"\n");
    for utterance in &transcript.utterances {
        let said = mask(&utterance.text).replace(['\n', '\r'], " ");
        let said = said.trim();
        if said.is_empty() {
            continue;
        }
        let who = match utterance.speaker {
            Speaker::Agent => "客服",
            Speaker::Customer => "客户",
            Speaker::Unknown => "不明",
        };
        let escaped = said.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&format!("{who}: {escaped}\n"));
    }
    text.push_str(&format!("\"\"\"\nverdict = {}\n", quoted(verdict.as_str())));
    text
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Utterance;

    #[test]
    fn is_toml_without_numbers() {
        let transcript = Transcript {
            utterances: vec![
                Utterance::written(Speaker::Agent, "您好,\"贵宾\" C:\\"),
                Utterance::written(Speaker::Customer, "我的号码是13800138000"),
            ],
            ..Transcript::default()
        };
        let call = CallMetadata {
            business: Some("plan-change".into()),
            ..CallMetadata::default()
        };
        let text = toml("3fa9c1d2e0b45566", &call, &transcript, Outcome::Pass);
        assert!(!text.contains("13800138000"), "{text}");
        let read: toml::Table = text.parse().expect("TOML");
        let example = &read["examples"][0];
        assert_eq!(example["verdict"].as_str(), Some("pass"));
        let dialogue = example["dialogue"].as_str().expect("text");
        assert!(
            dialogue.starts_with("客服: 您好,\"贵宾\" C:\\\n客户: "),
            "{dialogue}"
        );
    }
}
