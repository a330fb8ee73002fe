//! The two automata: one over characters, one over syllables.
//!
//! They find the words of all lists of alternatives; nothing that they report is a match before a
//! pattern is verified. So characters and syllables may share a code where that makes a table smaller.

use std::sync::Arc;

use aho_corasick::{
    AhoCorasick, AhoCorasickBuilder, AhoCorasickKind, Anchored, MatchKind,
    automaton::{Automaton, StateID},
    nfa::contiguous,
};

use super::{
    candidates::Candidates,
    pattern::{Branches, Pattern},
    words::Words,
};
use crate::text::{Accents, SyllableId, fold, readings, syllable_count};

/// The automata over the words of all lists of alternatives, and what stands on them.
#[derive(Debug)]
pub struct Automata {
    pub words: Words,
    pub written: LiteralAutomaton,
    /// Left out when nothing is to be heard by sound.
    pub sound: Option<SoundAutomaton>,
    pub candidates: Candidates,
}

impl Automata {
    pub fn build(patterns: &[Pattern], lists: &[Arc<Branches>], kind: AhoCorasickKind) -> Automata {
        let (words, texts) = Words::of(lists);
        let sounding = || patterns.iter().filter(|p| p.sound_anchor.is_some());
        let accents = sounding().fold(Accents::NONE, |all, own| all.union(own.accents));
        let mut by_sound: Vec<u32> = sounding()
            .flat_map(Pattern::all_lists)
            .flat_map(|list| words.of_list(list).iter().map(|own| own.word))
            // One character by itself is never another by sound.
            .filter(|&word| words.length(word) > 1)
            .collect();
        by_sound.sort_unstable();
        by_sound.dedup();
        let by_sound: Vec<(u32, &[char])> = by_sound
            .into_iter()
            .map(|word| (word, texts[word as usize].as_slice()))
            .collect();
        Automata {
            written: LiteralAutomaton::build(&texts, kind),
            sound: Some(SoundAutomaton::build(&by_sound, accents)),
            candidates: Candidates::of(patterns, lists),
            words,
        }
    }
}

/// The automaton over characters.
///
/// A character is two bytes: a code for those that occur in some literal, the first byte with
/// its high bit set, the second without, so that no match can begin in the middle.
#[derive(Debug)]
pub struct LiteralAutomaton {
    automaton: AhoCorasick,
    codes: Codes,
    lengths: Vec<u8>,
}

impl LiteralAutomaton {
    pub(super) fn build(texts: &[Vec<char>], kind: AhoCorasickKind) -> LiteralAutomaton {
        let codes = Codes::of(texts.iter().map(Vec::as_slice));
        let encoded: Vec<Vec<u8>> = texts
            .iter()
            .map(|text| text.iter().flat_map(|&c| codes.code(c)).collect())
            .collect();
        let automaton = AhoCorasickBuilder::new()
            .match_kind(MatchKind::Standard)
            .kind(Some(kind))
            .build(&encoded)
            .expect("literals are a few thousand short texts, far below the automaton's limits");
        LiteralAutomaton {
            automaton,
            codes,
            lengths: texts.iter().map(|text| text.len() as u8).collect(),
        }
    }

    /// Calls `found` with the character at which a word begins, and the word's number.
    /// `bytes` is room for the encoded text, kept between calls.
    pub fn scan(&self, text: &[char], bytes: &mut Vec<u8>, mut found: impl FnMut(usize, u32)) {
        bytes.clear();
        for &c in text {
            bytes.extend(self.codes.code(c));
        }
        for hit in self.automaton.find_overlapping_iter(bytes.as_slice()) {
            let word = hit.pattern().as_usize();
            let start = hit.end() / 2 - usize::from(self.lengths[word]);
            found(start, word as u32);
        }
    }

    /// How many literals there are.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The memory that the automaton takes, in bytes.
    pub fn memory_bytes(&self) -> usize {
        self.automaton.memory_usage()
    }
}

/// Two bytes for each character; one code for all that no literal has.
#[derive(Debug)]
struct Codes {
    /// By the character's number, up to the end of the table; beyond it nothing has a code.
    table: Vec<[u8; 2]>,
}

const NO_CODE: [u8; 2] = [0x80, 0];

impl Codes {
    fn of<'w>(texts: impl Iterator<Item = &'w [char]>) -> Codes {
        let mut chars: Vec<char> = texts.flatten().copied().collect();
        chars.sort_unstable();
        chars.dedup();
        let size = chars.last().map_or(0, |&last| last as usize + 1);
        let mut table = vec![NO_CODE; size];
        for (index, &c) in chars.iter().enumerate() {
            // Code 0 is for all others. Beyond 16,383 characters codes are shared, which costs
            // a verification and nothing else.
            let code = index % 0x3fff + 1;
            table[c as usize] = [0x80 | (code >> 7) as u8, (code & 0x7f) as u8];
        }
        Codes { table }
    }

    fn code(&self, c: char) -> [u8; 2] {
        self.table.get(c as usize).copied().unwrap_or(NO_CODE)
    }
}

/// The automaton over syllables. A character stands for all its readings at once, so that the
/// scan follows a small set of states rather than one.
#[derive(Debug)]
pub struct SoundAutomaton {
    automaton: contiguous::NFA,
    start: StateID,
    codes: SyllableCodes,
    lengths: Vec<u8>,
    /// The word of each automaton pattern; several patterns (readings) share one word.
    words: Vec<u32>,
}

impl SoundAutomaton {
    /// An automaton over words, each with its number.
    pub(super) fn build(texts: &[(u32, &[char])], accents: Accents) -> SoundAutomaton {
        let codes = SyllableCodes::of(texts.iter().map(|&(_, text)| text), accents);
        let mut encoded: Vec<Vec<u8>> = Vec::new();
        let mut words: Vec<u32> = Vec::new();
        for &(word, text) in texts {
            let mut sounds: Vec<Vec<u8>> = vec![Vec::new()];
            for &c in text {
                let own = codes.of_char(c);
                sounds = sounds
                    .iter()
                    .flat_map(|sound| {
                        own.iter()
                            .map(move |&code| [sound.as_slice(), &[code]].concat())
                    })
                    .collect();
            }
            words.extend(sounds.iter().map(|_| word));
            encoded.extend(sounds);
        }
        let automaton = contiguous::Builder::new()
            .match_kind(MatchKind::Standard)
            .build(&encoded)
            .expect("literals are a few thousand short texts, far below the automaton's limits");
        let start = automaton
            .start_state(Anchored::No)
            .expect("the automaton is built for searches that begin anywhere");
        SoundAutomaton {
            start,
            codes,
            lengths: encoded.iter().map(|sound| sound.len() as u8).collect(),
            words,
            automaton,
        }
    }

    /// Calls `found` with the character at which a word begins, and the word's number; perhaps
    /// more than once for the same. `states` is room for the states, kept between calls.
    pub fn scan(
        &self,
        text: &[char],
        states: &mut Vec<StateID>,
        mut found: impl FnMut(usize, u32),
    ) {
        states.clear();
        states.push(self.start);
        let mut next: Vec<StateID> = Vec::with_capacity(8);
        for (index, &c) in text.iter().enumerate() {
            let codes = self.codes.of_char(c);
            if codes.is_empty() {
                states.clear();
                states.push(self.start);
                continue;
            }
            next.clear();
            for &state in states.iter() {
                for &code in codes {
                    let reached = self.automaton.next_state(Anchored::No, state, code);
                    if !next.contains(&reached) {
                        next.push(reached);
                    }
                }
            }
            std::mem::swap(states, &mut next);
            for &state in states.iter() {
                if !self.automaton.is_match(state) {
                    continue;
                }
                for number in 0..self.automaton.match_len(state) {
                    let pattern = self.automaton.match_pattern(state, number).as_usize();
                    let start = index + 1 - usize::from(self.lengths[pattern]);
                    found(start, self.words[pattern]);
                }
            }
        }
    }

    /// How many sequences of syllables there are.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }
}

/// The codes of each character's readings, syllables that no literal has left out.
#[derive(Debug)]
struct SyllableCodes {
    codes: Vec<u8>,
    /// Where in `codes` the set of each character ends; it begins where the one before ends.
    ends: Vec<u32>,
}

/// Beyond the Chinese characters of the basic plane nothing has a sound.
const LAST_WITH_SOUND: usize = 0x9fff;

impl SyllableCodes {
    fn of<'w>(texts: impl Iterator<Item = &'w [char]>, accents: Accents) -> SyllableCodes {
        let mut used = vec![false; syllable_count()];
        for &syllable in texts.flatten().flat_map(|&c| readings(c)) {
            used[usize::from(fold(syllable, accents))] = true;
        }
        let mut code_of = vec![None; syllable_count()];
        let folded = (0..syllable_count()).filter(|&syllable| used[syllable]);
        for (index, syllable) in folded.enumerate() {
            code_of[syllable] = Some((index % 255 + 1) as u8);
        }
        let mut codes = Vec::new();
        let mut ends = Vec::with_capacity(LAST_WITH_SOUND + 1);
        for number in 0..=LAST_WITH_SOUND {
            let begin = codes.len();
            let own = char::from_u32(number as u32).map_or(&[] as &[SyllableId], readings);
            for &syllable in own {
                if let Some(code) = code_of[usize::from(fold(syllable, accents))]
                    && !codes[begin..].contains(&code)
                {
                    codes.push(code);
                }
            }
            ends.push(codes.len() as u32);
        }
        SyllableCodes { codes, ends }
    }

    fn of_char(&self, c: char) -> &[u8] {
        let number = c as usize;
        if number > LAST_WITH_SOUND {
            return &[];
        }
        let begin = if number == 0 {
            0
        } else {
            self.ends[number - 1]
        };
        &self.codes[begin as usize..self.ends[number] as usize]
    }
}
