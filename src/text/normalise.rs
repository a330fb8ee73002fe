//! Text as the rules match it, and for each of its characters the place in the original.
//!
//! One pass from left to right. Spelling: simplified characters, half width, lower case, one
//! form for variants (帐 账). Structure: white space and punctuation are no characters, but are
//! remembered as pauses and sentence breaks between characters. Speech: fillers and broken-off
//! repeats go (see [`super::hesitation`]). Every character that stays comes from exactly one
//! character of the original; nothing is inserted or reordered.

use super::{hesitation, script};

/// Text as the rules match it, with the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Normalised {
    original: String,
    chars: Vec<char>,
    /// Where each character stands in the original, in characters; strictly rising.
    positions: Vec<u32>,
    /// What stands between each character and the one before it.
    gaps: Vec<Gap>,
    original_length: u32,
    /// What stands after the last character.
    end: Gap,
    /// Index after the last ellipsis, to look for a repeat around it.
    after_ellipsis: usize,
}

/// What stood between two neighbouring characters, as a set of bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Gap(u8);

impl Gap {
    const NONE: Gap = Gap(0);
    const SPACE: Gap = Gap(1);
    const PAUSE: Gap = Gap(2);
    const ELLIPSIS: Gap = Gap(4 | 2);
    const SENTENCE: Gap = Gap(8 | 2);
    const QUESTION: Gap = Gap(16 | 8 | 2);

    fn and(self, other: Gap) -> Gap {
        Gap(self.0 | other.0)
    }

    fn is_pause(self) -> bool {
        self.0 & 2 != 0
    }

    fn is_ellipsis(self) -> bool {
        self.0 & 4 != 0
    }

    fn is_sentence(self) -> bool {
        self.0 & 8 != 0
    }

    fn is_question(self) -> bool {
        self.0 & 16 != 0
    }

    fn is_space(self) -> bool {
        self.0 & 1 != 0
    }
}

impl Normalised {
    /// Reads speech: spelling made one, fillers and broken-off repeats taken out.
    pub fn of(original: &str) -> Normalised {
        Normalised::read(original, true)
    }

    /// Reads what somebody wrote on purpose, such as a phrase of a rule: spelling made one,
    /// but every character that can be matched stays (额, 不不不).
    pub fn spelled(original: &str) -> Normalised {
        Normalised::read(original, false)
    }

    fn read(original: &str, spoken: bool) -> Normalised {
        let converted;
        let source = if script::may_be_traditional(original) {
            converted = script::simplified(original);
            converted.as_str()
        } else {
            original
        };
        let expected = source.len() / 3 + 4;
        let mut text = Normalised {
            original: original.to_owned(),
            chars: Vec::with_capacity(expected),
            positions: Vec::with_capacity(expected),
            gaps: Vec::with_capacity(expected),
            original_length: 0,
            end: Gap::NONE,
            after_ellipsis: 0,
        };
        let spaces = if cut_into_words(source) {
            Gap::SPACE
        } else {
            Gap::SPACE.and(Gap::PAUSE)
        };
        let mut position = 0;
        let mut gap = Gap::NONE;
        let mut before = None;
        let mut last_letter = None;
        let mut rest = source.chars();
        while let Some(c) = rest.next() {
            match meaning(c, before, &rest) {
                Meaning::Letter(letter) => {
                    if gap == Gap::SPACE
                        && is_chinese(letter)
                        && last_letter.is_some_and(is_chinese)
                    {
                        gap = spaces;
                    }
                    last_letter = Some(letter);
                    gap = if spoken {
                        text.hear(letter, position, gap)
                    } else {
                        text.keep(letter, position, gap);
                        Gap::NONE
                    };
                }
                Meaning::Between(more) => gap = gap.and(more),
                Meaning::Space => gap = gap.and(Gap::SPACE),
            }
            before = Some(c);
            position += 1;
        }
        text.original_length = position;
        text.end = gap;
        if spoken {
            text.hear_end();
        }
        text
    }

    fn keep(&mut self, c: char, position: u32, gap: Gap) {
        self.chars.push(c);
        self.positions.push(position);
        self.gaps.push(gap);
    }

    /// Takes in the next character as heard, and takes out what it shows to be a filler or a
    /// broken-off beginning. Returns the gap to carry on to the next character.
    fn hear(&mut self, c: char, position: u32, gap: Gap) -> Gap {
        if hesitation::is_always_filler(c) {
            return gap;
        }
        let gap = self.without_last_fillers(c, gap);
        if self.chars.last() == Some(&c)
            && !gap.is_pause()
            && hesitation::is_never_doubled(c)
            && let Some(last) = self.positions.last_mut()
        {
            *last = position;
            return Gap::NONE;
        }
        self.keep(c, position, gap);
        if !gap.is_pause() {
            self.drop_stammer();
        }
        self.drop_repeated_words();
        if gap.is_ellipsis() {
            self.after_ellipsis = self.chars.len() - 1;
        }
        Gap::NONE
    }

    /// With the next character known, the last ones may turn out to have been fillers.
    fn without_last_fillers(&mut self, next: char, mut gap: Gap) -> Gap {
        while let Some(last) = self.chars.len().checked_sub(1)
            && self.last_is_filler(next, gap)
        {
            gap = self.gaps[last].and(gap);
            self.remove(last, last + 1);
        }
        gap
    }

    fn last_is_filler(&self, next: char, gap: Gap) -> bool {
        let last = self.chars.len() - 1;
        let (c, own) = (self.chars[last], self.gaps[last]);
        if hesitation::is_filler_alone(c) {
            // 啊？ is a sentence of its own.
            return gap.is_pause() && !gap.is_sentence() && self.begins_after_pause(last);
        }
        let first = last == 0 || own.is_sentence();
        let one_of_two = last > 0 && self.chars[last - 1] == c && !own.is_pause();
        c == hesitation::HUM
            && !first
            && !gap.is_sentence()
            && !one_of_two
            && !hesitation::continues_hum(next)
    }

    /// Fillers at the very end have no next character.
    fn hear_end(&mut self) {
        while let Some(last) = self.chars.len().checked_sub(1)
            && self.chars[last] == '额'
            && self.begins_after_pause(last)
        {
            self.end = self.gaps[last].and(self.end);
            self.remove(last, last + 1);
        }
    }

    /// 违违约金, 是、是那个, 受……受理: the last two characters show that what was said before
    /// them was their own beginning.
    fn drop_stammer(&mut self) {
        while let [.., first, again, next] = self.chars[..] {
            if first != again || hesitation::is_numeral(first) {
                return;
            }
            let at = self.chars.len() - 3;
            let between = self.gaps[at + 1];
            let alone = self.begins_after_pause(at);
            let stammer = !between.is_sentence()
                && if hesitation::begins_word(again, next) {
                    !between.is_pause() || between.is_ellipsis() || alone
                } else {
                    between.is_pause() && alone
                };
            if !stammer {
                return;
            }
            self.drop_first_of_repeat(at, 1);
        }
    }

    /// 那个那个, and after an ellipsis any two to four characters said again: 有一个……有一个.
    fn drop_repeated_words(&mut self) {
        let length = self.chars.len();
        if let [.., a, b, c, d] = self.chars[..]
            && a == c
            && b == d
            && !self.gaps[length - 2].is_sentence()
            && !self.gaps[length - 3].is_pause()
            && !self.gaps[length - 1].is_pause()
            && hesitation::is_never_doubled_pair(a, b)
        {
            self.drop_first_of_repeat(length - 4, 2);
            return;
        }
        let again = self.after_ellipsis;
        let size = length - again.min(length);
        if again < size || !(2..=4).contains(&size) {
            return;
        }
        let first = again - size;
        if self.chars[first..again] == self.chars[again..]
            && !self.gaps[again].is_sentence()
            && self.begins_after_pause(first)
            && !self.gaps[first + 1..again].iter().any(|gap| gap.is_pause())
            && !self.chars[again..]
                .iter()
                .all(|&c| hesitation::is_numeral(c))
        {
            self.drop_first_of_repeat(first, size);
        }
    }

    /// Drops `size` characters from `at` on, which those after them repeat. What stood before
    /// them now stands before the repeat.
    fn drop_first_of_repeat(&mut self, at: usize, size: usize) {
        self.gaps[at + size] = self.gaps[at];
        self.remove(at, at + size);
        self.after_ellipsis = 0;
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.chars.drain(from..to);
        self.positions.drain(from..to);
        self.gaps.drain(from..to);
    }

    fn begins_after_pause(&self, index: usize) -> bool {
        index == 0 || self.gaps[index].is_pause()
    }

    /// The characters that can be matched.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    /// Where the character `index` stands in the original, as a half-open range in characters.
    /// Beyond the last character: the empty range at the original's end.
    pub fn origin(&self, index: usize) -> (usize, usize) {
        match self.positions.get(index) {
            Some(&position) => (position as usize, position as usize + 1),
            None => (self.original_length as usize, self.original_length as usize),
        }
    }

    /// The stretch of the original, in characters, from the character `from` to the last one
    /// before `to`, with all that stands between them. Empty only when `from..to` is empty or
    /// beyond the text; always within the original.
    pub fn original_range(&self, from: usize, to: usize) -> (usize, usize) {
        let begin = self.origin(from).0;
        if to <= from {
            return (begin, begin);
        }
        let last = to.min(self.chars.len()).max(1) - 1;
        (begin, self.origin(last).1.max(begin))
    }

    /// Whether a sentence ended between this character and the one before it. The edges of the
    /// text are such breaks.
    pub fn sentence_break_before(&self, index: usize) -> bool {
        index == 0 || self.gaps.get(index).is_none_or(|gap| gap.is_sentence())
    }

    /// Whether a question mark is written between this character and the one before it, or after
    /// the last one. At the text's beginning there is none.
    pub fn question_before(&self, index: usize) -> bool {
        index > 0 && self.gaps.get(index).unwrap_or(&self.end).is_question()
    }

    /// Whether any pause is written between this character and the one before it: a sentence
    /// break, a comma, an ellipsis, a space between Chinese characters. The edges count.
    pub fn pause_before(&self, index: usize) -> bool {
        index == 0 || self.gaps.get(index).is_none_or(|gap| gap.is_pause())
    }

    /// Whether white space stands before this character, pause or not (5G 20元).
    pub(super) fn space_before(&self, index: usize) -> bool {
        self.gaps.get(index).is_some_and(|gap| gap.is_space())
    }

    pub fn original(&self) -> &str {
        &self.original
    }

    /// The original's characters `from..to`, cut to what there is.
    pub fn quote(&self, from: usize, to: usize) -> &str {
        let mut ends = self
            .original
            .char_indices()
            .map(|(byte, _)| byte)
            .chain([self.original.len()]);
        let Some(begin) = ends.nth(from) else {
            return "";
        };
        if to <= from {
            return "";
        }
        let end = ends.nth(to - from - 1).unwrap_or(self.original.len());
        &self.original[begin..end]
    }
}

/// What a character of the text is to the matcher.
enum Meaning {
    Letter(char),
    Between(Gap),
    Space,
}

fn meaning(c: char, before: Option<char>, after: &std::str::Chars) -> Meaning {
    match c {
        '\u{4e00}'..='\u{9fff}' => Meaning::Letter(one_variant(c)),
        '0'..='9' | 'a'..='z' => Meaning::Letter(c),
        'A'..='Z' => Meaning::Letter(c.to_ascii_lowercase()),
        '，' | '、' => Meaning::Between(Gap::PAUSE),
        '？' | '?' => Meaning::Between(Gap::QUESTION),
        '。' | '！' | '；' | '!' | ';' | '｡' | '\n' | '\r' => Meaning::Between(Gap::SENTENCE),
        '…' | '⋯' | '‥' => Meaning::Between(Gap::ELLIPSIS),
        '.' | '．' => full_stop(before, after),
        ',' if thousands_follow(before, after.clone()) => Meaning::Between(Gap::NONE),
        '\u{ff01}'..='\u{ff5e}' => {
            let half = char::from_u32(c as u32 - 0xfee0)
                .expect("the full-width block maps onto printable ASCII");
            meaning(half, None, &"".chars())
        }
        '%' | '‰' | '¥' | '$' => Meaning::Letter(c),
        '￥' => Meaning::Letter('¥'),
        '〇' => Meaning::Letter('零'),
        '“' | '”' | '‘' | '’' | '"' | '\'' | '「' | '」' | '『' | '』' | '《' | '》' | '〈'
        | '〉' | '·' => Meaning::Between(Gap::NONE),
        c if c.is_whitespace() => Meaning::Space,
        c if c.is_alphanumeric() => Meaning::Letter(lower(c)),
        c if is_invisible(c) => Meaning::Between(Gap::NONE),
        _ => Meaning::Between(Gap::PAUSE),
    }
}

/// A space between Chinese characters is where a recogniser heard a pause, unless the text was
/// cut into words, so that there are spaces everywhere.
fn cut_into_words(text: &str) -> bool {
    let spaces = text.bytes().filter(|&byte| byte == b' ').count();
    spaces > 0 && spaces * 4 > text.chars().count()
}

fn is_chinese(c: char) -> bool {
    c >= '\u{2e80}'
}

/// A decimal point, an ellipsis typed as dots, the end of a sentence, or something else.
fn full_stop(before: Option<char>, after: &std::str::Chars) -> Meaning {
    let next = after.clone().next();
    let dot = |c: Option<char>| matches!(c, Some('.' | '．'));
    if digit(before).is_some() && digit(next).is_some() {
        Meaning::Letter('.')
    } else if dot(before) || dot(next) {
        Meaning::Between(Gap::ELLIPSIS)
    } else if next.is_none_or(char::is_whitespace) {
        Meaning::Between(Gap::SENTENCE)
    } else {
        Meaning::Between(Gap::PAUSE)
    }
}

/// The comma of 1,000.
fn thousands_follow(before: Option<char>, after: std::str::Chars) -> bool {
    let mut digits = 0;
    for c in after.take(4) {
        if digit(Some(c)).is_none() {
            break;
        }
        digits += 1;
    }
    digit(before).is_some() && digits == 3
}

fn digit(c: Option<char>) -> Option<u32> {
    match c? {
        c @ '0'..='9' => Some(c as u32 - '0' as u32),
        c @ '０'..='９' => Some(c as u32 - '０' as u32),
        _ => None,
    }
}

/// Characters that are written either way for the same word here. Rules and speech both pass
/// through this, so nothing is lost where they differ (蚊帐).
fn one_variant(c: char) -> char {
    match c {
        '妳' => '你',
        '帐' => '账',
        '祇' => '只',
        '惟' => '唯',
        c => c,
    }
}

fn lower(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Marks, joiners and control characters: nobody hears or sees them by themselves.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
#[path = "normalise_tests.rs"]
mod tests;
