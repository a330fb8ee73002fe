//! How often characters occur in calls, roughly: to look for phrases by their rarest piece.

use std::{collections::HashMap, sync::OnceLock};

/// The characters that calls are full of, the most frequent first (counted in the test
/// dialogues). The exact order does not matter.
const FREQUENT: &str = "您个的一我了好是十不那这月三用给五二九就有号百话要下零通元办吧套餐八你以在到量行吗理能么\
流可再天啊上四说年钱对多费六会机电信分合看换小没跟确生中约认动录音块提后续请现两效工开经谢们还超嗯国客回每来收次里手\
钟想完打服发短问也户为见点时意交同期怎七老包哦都退什升带着按前移少宽之得网边联样去接先明自业已视频家第成兆复云扣出事\
马快本呢便务过码知加千够算帮听营厅核员内等改外周降正首订需送查部太价违金道原免或变今主速卡级恢全";

/// So many of the most frequent characters are the glue of speech: 您的, 是不, 一个.
const GLUE: usize = 60;

/// Whether the character is so frequent that next to it a like-sounding one proves nothing.
pub fn is_glue(c: char) -> bool {
    rank(c).is_some_and(|rank| rank < GLUE)
}

/// The character's place among the frequent ones.
fn rank(c: char) -> Option<usize> {
    static RANKS: OnceLock<HashMap<char, usize>> = OnceLock::new();
    let ranks = RANKS.get_or_init(|| {
        FREQUENT
            .chars()
            .filter(|c| !c.is_whitespace())
            .enumerate()
            .map(|(rank, c)| (c, rank))
            .collect()
    });
    ranks.get(&c).copied()
}

/// The share of a character among all that are said.
fn share(c: char) -> f64 {
    match rank(c) {
        Some(rank) => 0.25 / (rank as f64 + 8.0),
        None => 0.0005,
    }
}

/// How often, by character of speech, the text is met. The first character counts whole; what
/// follows is no chance any more once a word has begun, so it counts less.
pub fn expected(text: &[char]) -> f64 {
    match text.split_first() {
        None => 1.0,
        Some((&first, rest)) => rest
            .iter()
            .fold(share(first), |product, &c| product * share(c).powf(0.7)),
    }
}
