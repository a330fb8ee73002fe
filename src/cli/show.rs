//! `huiting show`: one call's words with the verdicts on them.

use std::io::IsTerminal;

use crate::{
    cli::{
        Context, Done, Failure,
        open::DatabaseArgument,
        tables::{matched_name, speaker_name, topic_name, untranscribed_name},
    },
    lang::Lang,
    rules::{Evidence, Outcome, Topic, Verdict},
    store::{calls::StoredCall, transcripts::TranscriptRow},
    text::mask,
    time::Millis,
    transcribe::roles::RoleSource,
    transcript::Utterance,
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "例:\n  huiting show demo-03\n  huiting show demo-03 --all\n\n文字旁的 ▸ 是判定所依据的话;问号表示听得没把握。"
)]
pub(super) struct Arguments {
    /// 通话编号(见 huiting list)
    #[arg(value_name = "通话编号")]
    call_id: String,
    #[command(flatten)]
    db: DatabaseArgument,
    /// 合格和不适用的规则也列出
    #[arg(long)]
    all: bool,
    /// 不遮盖号码(手机号、证件号、卡号)
    #[arg(long)]
    unmasked: bool,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let store = arguments.db.open_existing(context)?;
    let stored = store
        .call(&arguments.call_id)
        .map_err(|error| Failure::say(&error, lang))?
        .ok_or_else(|| {
            let id = mask(&arguments.call_id);
            Failure(lang.pick(
                format!("库里没有编号为 {id} 的通话。看有哪些:huiting list"),
                format!("There is no call {id} in the database. See which there are: huiting list"),
            ))
        })?;
    let transcript = store
        .transcript(&stored.call.recording, &stored.call.model)
        .map_err(|error| Failure::say(&error, lang))?
        .ok_or_else(|| {
            Failure(
                lang.pick(
                    "这通电话的文字已不在库里,请重新扫描这段录音".to_owned(),
                    "This call's transcript is no longer in the database; scan the recording again"
                        .to_owned(),
                ),
            )
        })?;
    let page = Page {
        lang,
        colour: std::io::stdout().is_terminal(),
        all: arguments.all,
        masked: !arguments.unmasked,
    };
    print!("{}", page.rendered(&stored, &transcript));
    Ok(Done::Fine)
}

/// How a call is shown.
struct Page {
    lang: Lang,
    colour: bool,
    all: bool,
    masked: bool,
}

impl Page {
    fn rendered(&self, stored: &StoredCall, transcript: &TranscriptRow) -> String {
        let mut out = self.head(stored, transcript);
        for verdict in &stored.call.verdicts {
            if self.all || matches!(verdict.outcome, Outcome::Violation | Outcome::CannotJudge) {
                out.push_str(&self.verdict(verdict));
            }
        }
        for reason in &stored.call.reasons {
            out.push_str(&self.reason(reason));
        }
        out.push('\n');
        let gaps = &transcript.transcript.untranscribed;
        let mut gaps = gaps.iter().peekable();
        for (turn, said) in transcript.transcript.utterances.iter().enumerate() {
            let from = said.span.map_or(Millis(0), |span| span.from);
            while let Some(gap) = gaps.next_if(|gap| gap.span.from <= from) {
                out.push_str(&self.gap(gap));
            }
            out.push_str(&self.utterance(turn, said, &stored.call.verdicts));
        }
        for gap in gaps {
            out.push_str(&self.gap(gap));
        }
        out
    }

    fn head(&self, stored: &StoredCall, transcript: &TranscriptRow) -> String {
        let call = &stored.call;
        let lang = self.lang;
        let known = [
            call.metadata
                .started_at
                .map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()),
            call.metadata.unit.clone(),
            call.metadata.agent_id.as_ref().map(|id| {
                let name = call.metadata.agent_name.as_deref().unwrap_or("");
                lang.pick(format!("坐席 {id} {name}"), format!("agent {id} {name}"))
                    .trim()
                    .to_owned()
            }),
            call.metadata.business.clone(),
            Some(stored.duration.to_string()),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        let roles = match transcript.role_source {
            RoleSource::Listed => lang.pick("角色:按通话清单", "roles: from the call list"),
            RoleSource::Words => lang.pick("角色:从话里判断", "roles: from the words"),
            RoleSource::Undecided => lang.pick(
                "角色:分不清谁是客服",
                "roles: nobody knows who is the agent",
            ),
            RoleSource::OneChannel => lang.pick(
                "角色:单声道,分不清说话人",
                "roles: one channel, speakers not told apart",
            ),
        };
        let qualified = if call.score.qualified {
            lang.pick("合格", "qualified")
        } else {
            lang.pick("不合格", "not qualified")
        };
        let incomplete = if stored.incomplete {
            lang.pick(";录音不完整", "; the recording is incomplete")
        } else {
            ""
        };
        let points = call.score.points;
        format!(
            "{}  {}\n{roles}{incomplete}\n{}\n\n",
            self.bold(&self.hidden(&call.call_id)),
            known.join("  "),
            self.bold(&lang.pick(
                format!("得分 {points},{qualified}(机器判定,未经人工复核)"),
                format!("Score {points}, {qualified} (by machine, not reviewed by a person)"),
            )),
        )
    }

    fn verdict(&self, verdict: &Verdict) -> String {
        let name = verdict.outcome.name(self.lang);
        let name = match verdict.outcome {
            Outcome::Violation => self.painted("31", name),
            Outcome::CannotJudge => self.painted("33", name),
            _ => name.to_owned(),
        };
        let reason = self.lang.pick(&verdict.reason.zh, &verdict.reason.en);
        let mut out = format!("[{name}] {}  {}\n", verdict.rule_id, self.hidden(reason));
        for evidence in &verdict.evidence {
            out.push_str(&self.evidence(evidence));
        }
        out
    }

    /// Why the customer called, leaves or refuses.
    fn reason(&self, reason: &Topic) -> String {
        let topic = topic_name(&reason.topic, self.lang);
        let title = self.lang.pick(&reason.title, &reason.title_en);
        let mut out = format!("[{topic}] {title}\n");
        for evidence in &reason.evidence {
            out.push_str(&self.evidence(evidence));
        }
        out
    }

    fn evidence(&self, evidence: &Evidence) -> String {
        let lang = self.lang;
        let at = evidence
            .span
            .map(|span| format!(" {}", span.from))
            .unwrap_or_default();
        let sure = evidence
            .probability
            .map(|p| lang.pick(format!(",把握 {p:.2}"), format!(", certainty {p:.2}")))
            .unwrap_or_default();
        format!(
            "    #{}{at} {}:“{}” ({}:{}{sure}{})\n",
            evidence.turn + 1,
            speaker_name(evidence.speaker, lang),
            self.hidden(&evidence.text),
            evidence.cue,
            matched_name(evidence.matched, lang),
            if evidence.doubtful {
                lang.pick(",存疑", ", doubtful")
            } else {
                ""
            },
        )
    }

    fn utterance(&self, turn: usize, said: &Utterance, verdicts: &[Verdict]) -> String {
        let decided = verdicts
            .iter()
            .filter(|verdict| matches!(verdict.outcome, Outcome::Violation | Outcome::CannotJudge))
            .any(|verdict| verdict.at.contains(&turn));
        let mark = if decided { "▸" } else { " " };
        let from = said
            .span
            .map(|span| format!("{} ", span.from))
            .unwrap_or_default();
        let line = format!(
            "{mark}{:>3} {from}{}: {}",
            turn + 1,
            speaker_name(said.speaker, self.lang),
            self.hidden(said.text.trim())
        );
        format!("{}\n", if decided { self.bold(&line) } else { line })
    }

    fn gap(&self, gap: &crate::transcript::Untranscribed) -> String {
        format!(
            "   –  {} {}: ({}–{}, {})\n",
            gap.span.from,
            speaker_name(gap.speaker, self.lang),
            gap.span.from,
            gap.span.to,
            untranscribed_name(gap.cause, self.lang)
        )
    }

    fn hidden(&self, text: &str) -> String {
        if self.masked {
            mask(text).into_owned()
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, text: &str) -> String {
        self.painted("1", text)
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
