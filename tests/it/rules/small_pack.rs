//! A few small rules for tests of the language.

use huiting::rules::{RuleSet, SourceFile, load_dir};

pub const VOCABULARY: &str = r#"
[cues.order-executed]
title   = "办理"
speaker = "agent"
phrases = ["{马上|这就|现在}{就|}{帮|给|为}您{办理|办|开通|提交}", "已经{帮|给|为}您{办理|办好|开通|提交}", "给您办好了"]
unless  = ["可以{马上|现在}{帮|给|为}您{办理|办|开通}"]

[cues.contract-term]
title   = "合约期"
speaker = "agent"
phrases = ["合约期", "协议期", "用满{~6}月", "在网{number}个月"]
unless  = ["没有合约期", "没有协议期"]

[cues.confirm-asked]
speaker = "agent"
phrases = ["您{~2}确认{~4}吗", "对吗", "对吧", "同意{办理|}吗"]

[cues.order-restated]
speaker = "agent"
phrases = ["{跟|给}您{~2}{确认|核对|核实}{~12}{套餐|元|宽带}"]

[cues.first-assent]
speaker = "customer"
phrases = ["可以", "行", "好的", "办一个"]

[cues.confirm-question]
title   = "二次确认"
speaker = "agent"
any-of  = "confirm-asked"
beside  = "order-restated"
after   = "first-assent"

[cues.assent]
title     = "明确同意"
speaker   = "customer"
phrases   = ["是的", "可以", "好的", "同意", "确认", "办吧", "^对"]
weak      = ["^{嗯|啊|哦|嗯嗯}$"]
answer-to = "confirm-question"

[cues.another-order]
speaker = "agent"
phrases = ["{顺便|另外|再}{也|}给您开通"]
"#;

pub const PENALTY: &str = r#"
id       = "penalty-disclosure"
title    = "违约金告知"
title-en = "Penalty disclosed"
severity = "critical"
basis    = ["…"]
why      = "客户不知道提前解约要付钱。"
remedy   = "办理前说明违约金。"

[cues.penalty-stated]
title   = "说明违约金"
speaker = "agent"
phrases = ["违约金", "{提前|没到期}{~6}{赔|补交|补缴|扣}"]
unless  = ["没有违约金", "不收违约金"]

[cues.penalty-asked]
speaker = "customer"
phrases = ["提前{~12}{赔|违约金}"]

[cues.penalty-half-answered]
title     = "含糊的回答"
speaker   = "agent"
weak      = ["^{嗯|啊|哦}{嗯|}$"]
answer-to = "penalty-asked"

[cues.penalty-denied]
title   = "否认违约金"
speaker = "agent"
phrases = ["{没有|不收|不用}{~2}违约金", "随时{都|}{能|可以}取消"]

[each]
cue   = "order-executed"
apart = "another-order"

[when]
all = ["contract-term"]

[require]
any = [
  { cue = "penalty-stated", before = "order-executed" },
  { cue = "penalty-half-answered", before = "order-executed" },
]

[forbid]
any = ["penalty-denied"]

[[examples]]
name     = "没有告知"
dialogue = """
客服: 这个合约期是二十四个月,我现在帮您办理。
客户: 好的。
客服: 已经为您开通了。
"""
verdict  = "violation"
evidence = ["现在帮您办理"]

[[examples]]
name     = "先告知"
dialogue = """
客服: 合约期两年,提前解约要付违约金。
客户: 好的。
客服: 这就给您办理。
"""
verdict  = "pass"
evidence = ["违约金"]

[[examples]]
name     = "没有合约"
dialogue = """
客服: 没有合约期,这就给您办理。
"""
verdict  = "not-applicable"

[[examples]]
name     = "含糊"
dialogue = """
客服: 协议期两年。
客户: 提前拆了是不是要赔钱?
客服: 嗯嗯。
客户: 那办吧。
客服: 这就给您办理。
"""
verdict  = "cannot-judge"
"#;

pub const CONFIRMATION: &str = r#"
id       = "double-confirmation"
title    = "二次确认"
severity = "critical"
why      = "…"
remedy   = "…"

[each]
cue   = "order-executed"
apart = "another-order"

[require]
all = [{ cue = "assent", before = "order-executed" }]

[[examples]]
name     = "确认了"
dialogue = """
客服: 给您办八十九元套餐好吗?
客户: 可以。
客服: 跟您确认,八十九元套餐,对吗?
客户: 是的。
客服: 这就给您办理。
"""
verdict  = "pass"

[[examples]]
name     = "只嗯了一声"
dialogue = """
客服: 给您办八十九元套餐好吗?
客户: 可以。
客服: 跟您确认,八十九元套餐,对吗?
客户: 嗯。
客服: 这就给您办理。
"""
verdict  = "cannot-judge"
evidence = ["嗯"]

[[examples]]
name     = "先办后问"
dialogue = """
客服: 给您办八十九元套餐好吗?
客户: 可以。
客服: 给您办好了。
客服: 跟您确认,八十九元套餐,对吗?
客户: 是的。
"""
verdict  = "violation"
evidence = ["给您办好了"]

[[examples]]
name     = "没有办理"
dialogue = """
客服: 您好。
"""
verdict  = "not-applicable"
"#;

pub const REFUSAL: &str = r#"
id       = "refusal-respected"
title    = "拒绝后停止营销"
severity = "major"
why      = "…"
remedy   = "…"

[cues.refusal]
title   = "拒绝"
speaker = "customer"
phrases = ["不需要", "不办", "不用"]

[cues.sales-attempt]
title   = "再次营销"
speaker = "agent"
phrases = ["您再考虑", "特别划算", "办一个{试试|}", "还送"]

[cues.interest]
speaker = "customer"
phrases = ["多少钱", "那还可以"]

[when]
all = ["refusal"]

[forbid]
any = [{ cue = "sales-attempt", after = "refusal", min = 2, reset-by = "interest" }]

[[examples]]
name     = "劝一次"
dialogue = """
客户: 我不需要。
客服: 还送路由器呢。
客户: 不用。
客服: 好的,再见。
"""
verdict  = "pass"

[[examples]]
name     = "劝两次"
dialogue = """
客户: 我不需要。
客服: 还送路由器呢。
客户: 不用。
客服: 您再考虑考虑。
"""
verdict  = "violation"
evidence = ["您再考虑"]

[[examples]]
name     = "中间又有兴趣"
dialogue = """
客户: 我不需要。
客服: 还送路由器呢。
客户: 那还可以,多少钱?
客服: 二十,特别划算。
客户: 那不办了。
客服: 您再考虑考虑。
"""
verdict  = "pass"

[[examples]]
name     = "没有拒绝"
dialogue = """
客服: 特别划算。
"""
verdict  = "not-applicable"
"#;

pub fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

/// The rules of this file, compiled.
pub fn small_pack() -> RuleSet {
    let files = vec![
        file("vocabulary/order.toml", VOCABULARY),
        file("compliance/penalty-disclosure.toml", PENALTY),
        file("compliance/double-confirmation.toml", CONFIRMATION),
        file("service/refusal-respected.toml", REFUSAL),
    ];
    match load_dir(files) {
        Ok(rules) => rules,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}
