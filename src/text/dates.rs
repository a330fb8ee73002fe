//! Dates as they are said: 2026年3月1号, 三月十五号, 次月一号, 下个月, 明天, 月底, 下周三.
//!
//! A spoken date says some of its parts and leaves the others to the day of the call, so the
//! parts are kept as said.

use super::{
    numerals::{Numeral, Reader, Style, numeral},
    quantities::word_at,
};

/// The parts of a date that were said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpokenDate {
    pub year: Option<When>,
    /// 1 … 12.
    pub month: Option<When>,
    pub week: Option<When>,
    /// Of the month, 1 … 31.
    pub day: Option<When>,
    /// 1 Monday … 7 Sunday.
    pub weekday: Option<u8>,
}

/// A year, month, week or day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// The one of this number.
    Is(u16),
    /// So many after the current one: 0 this month, 1 next month, -1 last month.
    After(i8),
    /// The last one: 月底.
    Last,
}

use When::{After, Is, Last};

const NOTHING: SpokenDate = SpokenDate {
    year: None,
    month: None,
    week: None,
    day: None,
    weekday: None,
};

const fn year(years: i8) -> SpokenDate {
    SpokenDate {
        year: Some(After(years)),
        ..NOTHING
    }
}

const fn month(months: i8) -> SpokenDate {
    SpokenDate {
        month: Some(After(months)),
        ..NOTHING
    }
}

const fn week(weeks: i8) -> SpokenDate {
    SpokenDate {
        week: Some(After(weeks)),
        ..NOTHING
    }
}

const fn day(days: i8) -> SpokenDate {
    SpokenDate {
        day: Some(After(days)),
        ..NOTHING
    }
}

/// Longer words first where one begins like another.
const WORDS: [(&str, SpokenDate); 55] = [
    ("今年", year(0)),
    ("本年度", year(0)),
    ("本年", year(0)),
    ("明年", year(1)),
    ("后年", year(2)),
    ("去年", year(-1)),
    ("前年", year(-2)),
    ("当月", month(0)),
    ("本月", month(0)),
    ("这个月", month(0)),
    ("这月", month(0)),
    ("本账期", month(0)),
    ("下下个月", month(2)),
    ("下个月", month(1)),
    ("下一个月", month(1)),
    ("下月", month(1)),
    ("次月", month(1)),
    ("下一个账期", month(1)),
    ("下个账期", month(1)),
    ("下一账期", month(1)),
    ("下账期", month(1)),
    ("次账期", month(1)),
    ("上个月", month(-1)),
    ("上月", month(-1)),
    ("今天", day(0)),
    ("今日", day(0)),
    ("今晚", day(0)),
    ("今儿", day(0)),
    ("本日", day(0)),
    ("当天", day(0)),
    ("当日", day(0)),
    ("即日", day(0)),
    ("明天", day(1)),
    ("明日", day(1)),
    ("明儿", day(1)),
    ("明早", day(1)),
    ("明晚", day(1)),
    ("次日", day(1)),
    ("第二天", day(1)),
    ("隔天", day(1)),
    ("翌日", day(1)),
    ("大后天", day(3)),
    ("后天", day(2)),
    ("昨天", day(-1)),
    ("昨日", day(-1)),
    ("昨晚", day(-1)),
    ("大前天", day(-3)),
    ("前天", day(-2)),
    ("这个星期", week(0)),
    ("这周", week(0)),
    ("本周", week(0)),
    ("下个星期", week(1)),
    ("下个礼拜", week(1)),
    ("下周", week(1)),
    ("上周", week(-1)),
];

/// The first characters of relative dates; those of figures are the numerals'.
pub(super) fn may_begin(c: char) -> bool {
    matches!(
        c,
        '今' | '本'
            | '明'
            | '后'
            | '去'
            | '前'
            | '当'
            | '这'
            | '下'
            | '次'
            | '上'
            | '即'
            | '第'
            | '隔'
            | '翌'
            | '大'
            | '昨'
            | '月'
            | '年'
            | '周'
            | '星'
            | '礼'
    )
}

/// The date that begins at `from`, and where it ends.
///
/// `number` is the numeral at `from`, if there is one.
pub(super) fn date_at(
    reader: Reader,
    from: usize,
    number: Option<Numeral>,
) -> Option<(SpokenDate, usize)> {
    if may_begin(reader.at(from)?) {
        return relative(reader, from);
    }
    if reader.before(from).is_some_and(|c| "第每".contains(c)) {
        return None;
    }
    let number = number?;
    written(reader, from, &number)
        .or_else(|| from_year(reader, &number))
        .or_else(|| from_month(reader, &number, NOTHING))
        .or_else(|| from_day(reader, from, &number, NOTHING))
}

fn relative(reader: Reader, from: usize) -> Option<(SpokenDate, usize)> {
    if let Some(found) = weekday(reader, from, NOTHING).or_else(|| edge(reader, from, NOTHING)) {
        return Some(found);
    }
    let (word, date, to) = WORDS
        .into_iter()
        .find_map(|(word, date)| Some((word, date, word_at(reader, from, word)?)))?;
    if belongs_to_another_word(reader, from, word, to) {
        return None;
    }
    let next = reader.joined(to).and_then(|_| numeral(reader, to));
    let more = if date.year.is_some() {
        next.and_then(|number| from_month(reader, &number, date))
            .or_else(|| edge(reader, to, date))
    } else if date.month.is_some() {
        next.and_then(|number| from_day(reader, to, &number, date))
            .or_else(|| edge(reader, to, date))
            .or_else(|| month_edge(reader, to, date))
    } else if date.week.is_some() {
        next.is_none_or(|number| number.to == to + 1)
            .then(|| weekday_digit(reader, to, date))
            .flatten()
    } else {
        None
    };
    Some(more.unwrap_or((date, to)))
}

/// 证明年限, 马上月底, 三次月租.
fn belongs_to_another_word(reader: Reader, from: usize, word: &str, to: usize) -> bool {
    let before = reader.before(from).unwrap_or(' ');
    let taken = match word.chars().next() {
        Some('明') => "说证声表注写标文".contains(before),
        Some('上') => "马网线晚早加以身手面赶".contains(before),
        Some('下') => "一线以等剩名余留查降".contains(before),
        Some('次') => "每多几首再两".contains(before) || super::numerals::digit(before).is_some(),
        Some('本') => "基成根资样版".contains(before),
        Some('当') => "应相适".contains(before),
        Some('后') => "先以之然最".contains(before),
        _ => false,
    };
    let month_word = word.ends_with('月');
    taken || month_word && reader.joined_is(to, "租卡供")
}

/// 月底, 月初, 年底, 年初, after a date or alone.
fn edge(reader: Reader, at: usize, date: SpokenDate) -> Option<(SpokenDate, usize)> {
    let word = |word: &str| {
        if date == NOTHING {
            word_at(reader, at, word)
        } else {
            reader.word(at, word)
        }
    };
    let any = |words: &[&str]| words.iter().find_map(|name| word(name));
    let (whole, to) = if let Some(to) = any(&["月底", "月末"]) {
        (
            SpokenDate {
                month: Some(date.month.unwrap_or(After(0))),
                day: Some(Last),
                ..date
            },
            to,
        )
    } else if let Some(to) = any(&["月初"]) {
        (
            SpokenDate {
                month: Some(date.month.unwrap_or(After(0))),
                day: Some(Is(1)),
                ..date
            },
            to,
        )
    } else if let Some(to) = any(&["年底", "年末"]).or_else(|| date.year.and_then(|_| any(&["底"])))
    {
        (
            SpokenDate {
                month: Some(Is(12)),
                day: Some(Last),
                ..with_year(date)
            },
            to,
        )
    } else if let Some(to) = any(&["年初"]) {
        (
            SpokenDate {
                month: Some(Is(1)),
                day: Some(Is(1)),
                ..with_year(date)
            },
            to,
        )
    } else {
        return None;
    };
    Some((whole, to))
}

fn with_year(date: SpokenDate) -> SpokenDate {
    SpokenDate {
        year: Some(date.year.unwrap_or(After(0))),
        ..date
    }
}

/// 底, 末, 初 and 份 after a month.
fn month_edge(reader: Reader, at: usize, date: SpokenDate) -> Option<(SpokenDate, usize)> {
    let day = match reader.joined(at)? {
        '底' | '末' => Some(Last),
        '初' => Some(Is(1)),
        '份' => None,
        _ => return None,
    };
    Some((SpokenDate { day, ..date }, at + 1))
}

/// 周三, 星期天, 礼拜一.
fn weekday(reader: Reader, from: usize, date: SpokenDate) -> Option<(SpokenDate, usize)> {
    ["周", "星期", "礼拜"]
        .into_iter()
        .filter_map(|word| word_at(reader, from, word))
        .find_map(|at| weekday_digit(reader, at, date))
}

fn weekday_digit(reader: Reader, at: usize, date: SpokenDate) -> Option<(SpokenDate, usize)> {
    let digit = match reader.joined(at)? {
        '日' | '天' | '末' => 7,
        c @ ('一' | '二' | '三' | '四' | '五' | '六') => super::numerals::chinese_digit(c)?,
        _ => return None,
    };
    // 本周一次, 一周三天.
    let counts = digit < 7
        && reader.joined(at + 1).is_some_and(|c| {
            super::numerals::is_counted(c) || super::numerals::multiplier(c).is_some()
        });
    (!counts).then_some((
        SpokenDate {
            weekday: Some(digit),
            ..date
        },
        at + 1,
    ))
}

/// 2026-03-01, 2026/3/1, 2026.03.01.
fn written(reader: Reader, from: usize, number: &Numeral) -> Option<(SpokenDate, usize)> {
    let figures = |from: usize, longest: usize| -> Option<(u16, usize)> {
        let digits = (from..from + longest)
            .map_while(|at| reader.at(at).and_then(|c| c.to_digit(10)))
            .collect::<Vec<_>>();
        let value = digits.iter().fold(0, |sum, &digit| sum * 10 + digit as u16);
        (!digits.is_empty()).then_some((value, from + digits.len()))
    };
    let separator = |at: usize| -> Option<usize> {
        if reader.at(at)? == '.' {
            return Some(at + 1);
        }
        let (from, to) = (reader.0.origin(at - 1).1, reader.0.origin(at).0);
        matches!(reader.0.quote(from, to), "-" | "/" | "－" | "／").then_some(at)
    };
    if !matches!(number.style, Style::Digits(_)) {
        return None;
    }
    let (year, at) = figures(from, 4)?;
    let (month, at) = figures(separator(at)?, 2)?;
    let (day, at) = figures(separator(at)?, 2)?;
    let valid =
        (1900..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    valid.then_some((
        SpokenDate {
            year: Some(Is(year)),
            month: Some(Is(month)),
            day: Some(Is(day)),
            ..NOTHING
        },
        at,
    ))
}

/// 二零二六年, 2026年三月, 二六年三月.
fn from_year(reader: Reader, number: &Numeral) -> Option<(SpokenDate, usize)> {
    let to = reader.word(number.to, "年")?;
    let said = u16::try_from(number.amount.as_whole()?).ok()?;
    let short = matches!(number.style, Style::Digits(2) | Style::Sequence(2));
    let year = match number.style {
        Style::Digits(4) | Style::Sequence(4) if (1900..=2100).contains(&said) => said,
        _ if short => 2000 + said,
        _ => return None,
    };
    let date = SpokenDate {
        year: Some(Is(year)),
        ..NOTHING
    };
    let more = reader
        .joined(to)
        .and_then(|_| numeral(reader, to))
        .and_then(|month| from_month(reader, &month, date))
        .or_else(|| edge(reader, to, date));
    match more {
        Some(more) => Some(more),
        // 24年 alone is a length of time.
        None if short && !matches!(number.style, Style::Sequence(_)) => None,
        None => Some((date, to)),
    }
}

/// 三月, 三月十五号, 十二月底, 十二月份.
fn from_month(reader: Reader, number: &Numeral, date: SpokenDate) -> Option<(SpokenDate, usize)> {
    let to = reader.word(number.to, "月")?;
    let month = small(number, 12)?;
    if reader.at(number.to - 1) == Some('两') || reader.joined_is(to, "租供付结薪卡功费") {
        return None;
    }
    let date = SpokenDate {
        month: Some(Is(month)),
        ..date
    };
    let more = reader
        .joined(to)
        .and_then(|_| numeral(reader, to))
        .and_then(|day| from_day(reader, to, &day, date));
    Some(
        more.or_else(|| month_edge(reader, to, date))
            .unwrap_or((date, to)),
    )
}

/// 一号, 十五日.
fn from_day(
    reader: Reader,
    from: usize,
    number: &Numeral,
    date: SpokenDate,
) -> Option<(SpokenDate, usize)> {
    let day = small(number, 31)?;
    let to = number.to + 1;
    let said = match reader.joined(number.to)? {
        '号' => {
            !reader.joined_is(to, "楼线门店厅院机卡键码段客员坐座台桌库文令")
                && !reader.before(from).is_some_and(|c| "号工第".contains(c))
        }
        '日' => !reader.joined_is(to, "包租均内以之游卡常") || date.month.is_some(),
        _ => false,
    };
    said.then_some((
        SpokenDate {
            day: Some(Is(day)),
            ..date
        },
        to,
    ))
}

/// A whole number from 1 to `largest`, not said digit by digit (零三号 is a name).
fn small(number: &Numeral, largest: u64) -> Option<u16> {
    let whole = number.amount.as_whole()?;
    let counts = (1..=largest).contains(&whole) && !matches!(number.style, Style::Sequence(_));
    counts.then_some(whole as u16)
}
