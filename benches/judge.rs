//! How fast stored words are judged, and what that costs against simpler ways.
//!
//! Everything runs in this one process on the same text, one way after the other, several
//! rounds in turn, and the best round of each counts. Figures are characters a second on one
//! core unless said otherwise; compare them as ratios.
//!
//! - *whole pack*: normalise, listen by character and sound, judge all rules, as `recheck` does
//! - *listening alone*: the same without the rules' conditions
//! - *bare automaton*: aho-corasick finding the same literals in the normalised text, overlapping
//! - *daachorse*: the same by its character-wise automaton
//! - *one regex a phrase*: a loop of one regular expression for each phrase
//! - the three kinds of aho-corasick automaton under the whole pack
//! - packs of 10, 100 and 1,000 generated rules
//!
//! `cargo bench --bench judge [-- --calls N] [--only-pack]`; the second leaves out everything but
//! the whole pack and listening, for a profiler.

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use huiting::{
    call::{CallMetadata, Direction},
    lang::{Lang, Say},
    rules::{RuleSet, Scratch, SourceFile, dialogue, load_dir},
    text::Normalised,
    transcript::{Speaker, Transcript, Utterance},
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rayon::prelude::*;

/// Characters of a generated call.
const CALL_CHARACTERS: usize = 1500;
const ROUNDS: usize = 3;

fn main() {
    let mut calls = 400;
    let mut only_pack = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--only-pack" {
            only_pack = true;
        } else if argument == "--calls" {
            calls = arguments
                .next()
                .and_then(|n| n.parse().ok())
                .expect("--calls N");
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pack = || match RuleSet::read(&root.join("rules")) {
        Ok(rules) => rules,
        Err(error) => panic!("{}", error.say(Lang::En)),
    };
    let rules = pack();
    let transcripts = generated(&sentences(root), calls);
    let texts: Vec<Normalised> = transcripts
        .iter()
        .flat_map(|call| call.utterances.iter())
        .map(|utterance| Normalised::of(&utterance.text))
        .collect();
    let characters: usize = transcripts.iter().map(characters_of).sum();
    println!(
        "{calls} calls, {characters} characters, {} rules, {} cues, {} literals",
        rules.rules().len(),
        rules.cues().len(),
        rules.literals().len()
    );

    let whole = best(|| judge_all(&rules, &transcripts));
    let listening = best(|| listen_all(&rules, &transcripts));
    let speed = |took: Duration| characters as f64 / took.as_secs_f64();
    if only_pack {
        println!(
            "  whole pack {:.0} characters/s, listening {:.0}",
            speed(whole),
            speed(listening)
        );
        return;
    }
    let normalising = best(|| {
        for call in &transcripts {
            for utterance in &call.utterances {
                black_box(Normalised::of(&utterance.text));
            }
        }
    });
    let haystacks: Vec<String> = texts
        .iter()
        .map(|text| text.chars().iter().collect())
        .collect();
    let literals = rules.literals();
    let bare = AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(&literals)
        .expect("the literals fit");
    let automaton = best(|| {
        for haystack in &haystacks {
            black_box(bare.find_overlapping_iter(haystack).count());
        }
    });
    let charwise: daachorse::CharwiseDoubleArrayAhoCorasick<u32> =
        daachorse::CharwiseDoubleArrayAhoCorasick::new(&literals).expect("the literals fit");
    let daachorse = best(|| {
        for haystack in &haystacks {
            black_box(charwise.find_overlapping_iter(haystack).count());
        }
    });
    let regexes: Vec<regex::Regex> = rules
        .cues()
        .iter()
        .flat_map(|cue| cue.all_phrases())
        .filter_map(|phrase| regex::Regex::new(&phrase.as_regex()).ok())
        .collect();
    // The loop is so slow that a part of the text must do.
    let part = &haystacks[..haystacks.len().div_ceil(20)];
    let part_characters: usize = part.iter().map(|text| text.chars().count()).sum();
    let looped = best(|| {
        for haystack in part {
            for regex in &regexes {
                black_box(regex.find_iter(haystack).count());
            }
        }
    });

    let looped = part_characters as f64 / looped.as_secs_f64();
    let whole_speed = speed(whole);
    let line = |name: &str, speed: f64| {
        println!(
            "  {name:32} {:>12.0} characters/s, whole pack / this = {:.3}",
            speed,
            whole_speed / speed
        );
    };
    line("whole pack", whole_speed);
    line("listening alone", speed(listening));
    line("normalising alone", speed(normalising));
    line("bare automaton", speed(automaton));
    line("daachorse, charwise", speed(daachorse));
    line(&format!("one regex a phrase ({})", regexes.len()), looped);

    for (name, kind) in [
        ("noncontiguous NFA", AhoCorasickKind::NoncontiguousNFA),
        ("contiguous NFA", AhoCorasickKind::ContiguousNFA),
        ("DFA", AhoCorasickKind::DFA),
    ] {
        let rules = pack().with_automaton(kind);
        let took = best(|| judge_all(&rules, &transcripts));
        println!(
            "  {name:32} {:>12.0} characters/s, {} KiB",
            speed(took),
            rules.automata().written.memory_bytes() / 1024
        );
    }

    let together = best(|| {
        transcripts.par_iter().for_each(|call| {
            black_box(rules.judge(&outbound(), call));
        });
    });
    let threads = rayon::current_num_threads();
    let rate = speed(together);
    println!(
        "  {threads} threads: {rate:.0} characters/s; a million calls of {CALL_CHARACTERS} characters would take {:.1} minutes (extrapolated, without the database)",
        1e6 * CALL_CHARACTERS as f64 / rate / 60.0
    );

    println!("  time an utterance by pack size:");
    let utterances: usize = transcripts.iter().map(|call| call.utterances.len()).sum();
    let mut first = None;
    for count in [10, 100, 1000] {
        let rules = generated_pack(count);
        let took = best(|| judge_all(&rules, &transcripts));
        let each = took.as_secs_f64() * 1e6 / utterances as f64;
        let first = *first.get_or_insert(each);
        println!(
            "    {count:5} rules: {each:.2} µs, {:.1} times that of 10",
            each / first
        );
    }
}

fn best(mut way: impl FnMut()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            way();
            begun.elapsed()
        })
        .min()
        .expect("there are rounds")
}

fn outbound() -> CallMetadata {
    CallMetadata {
        direction: Some(Direction::Outbound),
        ..CallMetadata::default()
    }
}

fn judge_all(rules: &RuleSet, transcripts: &[Transcript]) {
    let call = outbound();
    for transcript in transcripts {
        black_box(rules.judge(&call, transcript));
    }
}

fn listen_all(rules: &RuleSet, transcripts: &[Transcript]) {
    let mut scratch = Scratch::default();
    for transcript in transcripts {
        black_box(rules.listen(transcript, &mut scratch));
    }
}

fn characters_of(transcript: &Transcript) -> usize {
    let said = transcript.utterances.iter();
    said.map(|utterance| utterance.text.chars().count()).sum()
}

/// What agents and customers say in the labelled dialogues.
fn sentences(root: &Path) -> Vec<(Speaker, String)> {
    let path = root.join("fixtures/dialogues/dialogues.jsonl");
    let text = std::fs::read_to_string(path).expect("the dialogues are in the repository");
    dialogue::parse_lines(&text)
        .expect("they are dialogues")
        .into_iter()
        .flat_map(|dialogue| dialogue.transcript.utterances)
        .map(|utterance| (utterance.speaker, utterance.text))
        .collect()
}

/// Calls of about 1,500 characters, their utterances drawn from real ones.
fn generated(sentences: &[(Speaker, String)], calls: usize) -> Vec<Transcript> {
    let mut random = StdRng::seed_from_u64(2026);
    (0..calls)
        .map(|_| {
            let mut transcript = Transcript::default();
            let mut characters = 0;
            while characters < CALL_CHARACTERS {
                let (speaker, text) = sentences.choose(&mut random).expect("there are some");
                characters += text.chars().count();
                transcript
                    .utterances
                    .push(Utterance::written(*speaker, text));
            }
            transcript
        })
        .collect()
}

/// Rules of three cues each, of random words.
fn generated_pack(count: usize) -> RuleSet {
    let mut random = StdRng::seed_from_u64(7);
    let common: Vec<char> = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开美总从无情己面最女但现前些所同日手又行意动方期它头经长儿回位分爱老因很给名法间斯知世什两次使身者被高已亲其进此话常与活正感".chars().collect();
    let mut word = || -> String {
        let length = random.random_range(2..5);
        (0..length)
            .map(|_| *common.choose(&mut random).expect("there are some"))
            .collect()
    };
    let mut phrases = || {
        (0..8)
            .map(|_| format!("\"{{{}|{}}}{{~4}}{}\"", word(), word(), word()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let files = (0..count)
        .map(|number| SourceFile {
            path: format!("compliance/generated-{number}.toml"),
            text: format!(
                "id = \"generated-{number}\"\ntitle = \"生成的规则\"\nseverity = \"minor\"\nwhy = \"测速\"\nremedy = \"无\"\nbasis = [\"无\"]\n\
                 [cues.begun]\nspeaker = \"agent\"\nphrases = [{}]\n[cues.told]\nspeaker = \"agent\"\nphrases = [{}]\n[cues.denied]\nspeaker = \"agent\"\nphrases = [{}]\n\
                 [when]\nall = [\"begun\"]\n[require]\nall = [\"told\"]\n[forbid]\nany = [\"denied\"]\n",
                phrases(), phrases(), phrases()
            ),
        })
        .collect();
    load_dir(files).unwrap_or_else(|error| panic!("{}", error.say(Lang::En)))
}
