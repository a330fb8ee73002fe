//! What speakers say while they look for words: fillers and broken-off beginnings.
//!
//! Only repeats that nobody means are taken out. Chinese repeats on purpose (看看, 谢谢, 好好,
//! 考虑考虑, 对对对) and so do numbers (一一零), so the lists name what may go, not what may stay.

/// Heard everywhere, mean nothing anywhere.
pub(super) fn is_always_filler(c: char) -> bool {
    matches!(c, '呃')
}

/// Fillers when they stand alone between two pauses, but parts of words or sentences elsewhere
/// (额度, 好啊, 哎呀).
pub(super) fn is_filler_alone(c: char) -> bool {
    matches!(c, '额' | '啊' | '唔' | '诶' | '欸' | '唉')
}

/// The weakest assent when it is said first or last, a filler in the middle of a sentence.
pub(super) const HUM: char = '嗯';

/// What makes one word of [`HUM`] before it: 嗯嗯, 嗯呐, 嗯哪.
pub(super) fn continues_hum(c: char) -> bool {
    matches!(c, '嗯' | '呐' | '哪')
}

/// Pronouns and glue words that are never doubled on purpose: 我我我们, 这这个.
pub(super) fn is_never_doubled(c: char) -> bool {
    matches!(
        c,
        '我' | '您'
            | '你'
            | '他'
            | '她'
            | '它'
            | '咱'
            | '俺'
            | '这'
            | '那'
            | '就'
            | '的'
            | '在'
            | '把'
            | '给'
            | '跟'
            | '从'
            | '被'
            | '让'
            | '因'
            | '但'
            | '所'
            | '也'
            | '怎'
            | '什'
            | '如'
            | '额'
    )
}

/// Two-character words that are never doubled on purpose: 那个那个, 就是……就是.
pub(super) fn is_never_doubled_pair(first: char, second: char) -> bool {
    contains(NEVER_DOUBLED_PAIRS, first, second)
}

const NEVER_DOUBLED_PAIRS: &[&str] = &[
    "那个", "这个", "就是", "然后", "我们", "咱们", "你们", "您的", "你的", "我的", "因为", "所以",
    "如果", "但是", "这边", "那边", "还有", "其实", "另外", "或者", "并且", "而且", "这样", "那么",
    "我是", "您这", "的话", "给您", "跟您",
];

/// Whether a word begins so: 违违约金 is a stammered 违约金, 看看到 is no stammer.
pub(super) fn begins_word(first: char, second: char) -> bool {
    contains(STAMMERED_WORDS, first, second)
}

/// The first two characters of words of the trade whose first character is not doubled on purpose
/// before them.
const STAMMERED_WORDS: &[&str] = &[
    "违约", "合约", "合同", "套餐", "流量", "办理", "开通", "取消", "确认", "确定", "提前", "提交",
    "解约", "解除", "赔偿", "恢复", "变更", "更换", "升级", "费用", "话费", "资费", "宽带", "业务",
    "生效", "自动", "续费", "续订", "退订", "录音", "工号", "投诉", "移动", "联通", "电信", "中国",
    "超出", "超过", "月租", "优惠", "免费", "赠送", "扣费", "收费", "每月", "每兆", "每分", "次月",
    "下个", "下月", "本月", "本次", "本人", "客服", "客户", "营业", "短信", "验证", "密码", "身份",
    "通话", "语音", "网络", "手机", "号码", "协议", "期限", "到期", "立即", "马上", "已经", "可以",
    "不用", "不会", "不收", "不能", "不需", "不是", "没有", "没法", "需要", "应该", "受理", "原来",
    "以后", "之后", "时候", "什么", "怎么", "为您", "为什", "介绍", "推荐", "活动", "产品", "服务",
    "设备", "补交", "补缴", "剩余", "返还", "承诺", "最低", "消费", "限速", "降速", "含有", "包含",
];

fn contains(words: &[&str], first: char, second: char) -> bool {
    words.iter().any(|word| {
        let mut chars = word.chars();
        chars.next() == Some(first) && chars.next() == Some(second)
    })
}

/// Characters of numerals repeat because the number does.
pub(super) fn is_numeral(c: char) -> bool {
    c.is_ascii_digit()
        || matches!(
            c,
            '零' | '一'
                | '二'
                | '三'
                | '四'
                | '五'
                | '六'
                | '七'
                | '八'
                | '九'
                | '十'
                | '百'
                | '千'
                | '万'
                | '亿'
                | '两'
                | '幺'
                | '半'
                | '点'
                | '洞'
                | '拐'
                | '勾'
        )
}
