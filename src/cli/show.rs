//! `huiting show`: one call's words with the verdicts on them.

use std::io::IsTerminal;

use crate::{
    audio::DecodedBy,
    cli::{
        Context, Done, Failure,
        acting::{ActingArgument, acting},
        open::DatabaseArgument,
        sound::{channel_faults, measures, sounds},
        tables::{matched_name, speaker_name, topic_name, untranscribed_name},
    },
    lang::Lang,
    reports::masking::{masked_call_id, masked_name},
    review::{rights::Deed, workflow::Refusal},
    rules::{Evidence, Outcome, Topic, Verdict},
    store::{
        Store, StoreError,
        audit::Note,
        calls::{CallRow, StoredCall},
        recordings::RecordingRow,
        transcripts::TranscriptRow,
    },
    text::mask,
    time::Millis,
    transcribe::roles::RoleSource,
    transcript::{Speaker, Utterance},
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
    /// 不遮盖号码(手机号、证件号、卡号);库里有人员时只有合规可以,并记进日志
    #[arg(long)]
    unmasked: bool,
    #[command(flatten)]
    acting: ActingArgument,
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<Done, Failure> {
    let lang = context.lang;
    let mut store = arguments.db.open_existing(context)?;
    let stored = store
        .call(&arguments.call_id)
        .map_err(|error| Failure::say(&error, lang))?
        .ok_or_else(|| {
            let id = masked_call_id(&arguments.call_id);
            Failure(lang.pick(
                format!("库里没有编号为 {id} 的通话。看有哪些:huiting list"),
                format!("There is no call {id} in the database. See which there are: huiting list"),
            ))
        })?;
    may_see(arguments, &stored, &mut store, context)?;
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
    let recording = store
        .recording(&stored.call.recording)
        .map_err(|error| Failure::say(&error, lang))?;
    let page = Page {
        lang,
        decoded: recording.and_then(|recording| outside_decoder(&recording, lang)),
        colour: std::io::stdout().is_terminal(),
        all: arguments.all,
        masked: !arguments.unmasked,
    };
    tell_text!("{}", page.rendered(&stored, &transcript));
    Ok(Done::Fine)
}

/// Whoever is named must be given the call. Unmasked, where there are people, is for those with
/// the right to it, and is noted in the log.
fn may_see(
    arguments: &Arguments,
    stored: &StoredCall,
    store: &mut Store,
    context: &Context,
) -> Result<(), Failure> {
    let lang = context.lang;
    let failed = |error: StoreError| Failure::say(&error, lang);
    let call = &stored.call;
    if let Some(person) = arguments.acting.named(store, context)? {
        let units = store.units().map_err(failed)?;
        let (unit, agent) = (&call.metadata.unit, &call.metadata.agent_id);
        if !person.sees(&units, unit.as_deref(), agent.as_deref()) {
            let refusal = Refusal::NotSeen {
                person: person.id,
                role: person.role,
            };
            return Err(Failure::say(&refusal, lang));
        }
    }
    if arguments.unmasked && !store.people().map_err(failed)?.is_empty() {
        let person = arguments.acting.allowed(Deed::Unmask, store, context)?;
        let note = Note {
            action: "unmask",
            subject_kind: "recording",
            subject: &call.recording,
            ..Note::default()
        };
        store.note(&acting(&person), &note).map_err(failed)?;
    }
    Ok(())
}

/// `;AMR,由 ffmpeg 解码`.
fn outside_decoder(recording: &RecordingRow, lang: Lang) -> Option<String> {
    let format = &recording.facts.codec;
    (recording.facts.decoded_by == DecodedBy::Ffmpeg).then(|| {
        lang.pick(
            format!(";{format},由 ffmpeg 解码"),
            format!("; {format}, decoded by ffmpeg"),
        )
    })
}

/// How a call is shown.
struct Page {
    lang: Lang,
    /// What decoded the recording, where nothing built in did.
    decoded: Option<String>,
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
        let roles = self.roles(transcript);
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
        let decoded = self.decoded.as_deref().unwrap_or("");
        let points = call.score.points;
        format!(
            "{}  {}\n{roles}{incomplete}{decoded}\n{}{}{}\n\n",
            self.bold(&self.shown_id(call)),
            known.join("  "),
            channel_faults(&transcript.channel_faults, lang),
            measures(transcript.measures.as_ref(), lang)
                + &sounds(transcript.transcript.timeline.as_ref(), lang),
            self.bold(&lang.pick(
                format!("得分 {points},{qualified}(机器判定,未经人工复核)"),
                format!("Score {points}, {qualified} (by machine, not reviewed by a person)"),
            )),
        )
    }

    fn roles(&self, transcript: &TranscriptRow) -> String {
        let lang = self.lang;
        let mut roles = match transcript.role_source {
            RoleSource::Listed => lang.pick("角色:按通话清单", "roles: from the call list"),
            RoleSource::Words => lang.pick("角色:从话里判断", "roles: from the words"),
            RoleSource::Undecided => lang.pick(
                "角色:分不清谁是客服",
                "roles: nobody knows who is the agent",
            ),
            RoleSource::Voices => lang.pick(
                "角色:单声道,按嗓音分开,按话定角色",
                "roles: one channel; told apart by voice, roles from the words",
            ),
            RoleSource::OneChannel => lang.pick(
                "角色:单声道,分不开两个人的嗓音",
                "roles: one channel, the voices were not told apart",
            ),
        }
        .to_owned();
        if let Some(certainty) = transcript.role_certainty {
            roles.push_str(&lang.pick(
                format!("(把握 {certainty:.2})"),
                format!(" (certainty {certainty:.2})"),
            ));
        }
        if let Some(certainty) = transcript.against_list {
            roles.push('\n');
            roles.push_str(&lang.pick(
                format!("注意:话里听来角色与通话清单相反(把握 {certainty:.2})。仍按清单判定,请核对清单的 agent_channel"),
                format!("Note: by the words the roles are the other way round than the call list says (certainty {certainty:.2}). Judged by the list all the same; check its agent_channel"),
            ));
        }
        roles
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
        // A question mark where the speaker is not quite sure.
        let sure = match said.speaker_certainty {
            Some(certainty) if certainty < 0.99 && said.speaker != Speaker::Unknown => "?",
            _ => "",
        };
        let line = format!(
            "{mark}{:>3} {from}{}{sure}: {}",
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

    /// The call's id, in which the day and the time stay.
    fn shown_id(&self, call: &CallRow) -> String {
        match self.masked {
            true => masked_name(&call.call_id, &call.metadata),
            false => call.call_id.clone(),
        }
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
