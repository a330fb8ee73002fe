//! Dialogues of calls that never were: what an agent must say is said, or left out, as drawn.

use huiting::transcript::Speaker::{self, Agent, Customer};
use rand::{RngExt, rngs::StdRng, seq::IndexedRandom};

/// What kind of call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    PlanChange,
    DataPack,
    Broadband,
    Complaint,
    Refusal,
    Enquiry,
}

impl Scenario {
    pub const ALL: [(Scenario, u32); 6] = [
        (Scenario::PlanChange, 32),
        (Scenario::DataPack, 22),
        (Scenario::Broadband, 14),
        (Scenario::Complaint, 8),
        (Scenario::Refusal, 12),
        (Scenario::Enquiry, 12),
    ];

    pub fn business(self) -> &'static str {
        match self {
            Scenario::PlanChange => "plan-change",
            Scenario::DataPack => "data-pack",
            Scenario::Broadband => "broadband-renewal",
            Scenario::Complaint => "complaint",
            Scenario::Refusal => "value-added",
            Scenario::Enquiry => "enquiry",
        }
    }

    pub fn is_outbound(self) -> bool {
        !matches!(self, Scenario::Complaint | Scenario::Enquiry)
    }
}

/// Who the agent is, and how often something is left out: 0 never, 1 often.
pub struct Manner<'a> {
    pub agent_id: &'a str,
    pub surname: &'a str,
    pub carelessness: f64,
    pub customer_number: &'a str,
}

pub type Line = (Speaker, String);

struct Script<'a> {
    random: &'a mut StdRng,
    manner: &'a Manner<'a>,
    lines: Vec<Line>,
}

impl Script<'_> {
    fn agent(&mut self, choices: &[&str]) {
        self.line(Agent, choices);
    }

    fn customer(&mut self, choices: &[&str]) {
        self.line(Customer, choices);
    }

    fn line(&mut self, speaker: Speaker, choices: &[&str]) {
        let text = choices.choose(self.random).expect("not empty");
        self.lines.push((speaker, (*text).to_owned()));
    }

    /// Whether the agent does what must be done.
    fn careful(&mut self, usually_missed: f64) -> bool {
        !self
            .random
            .random_bool((usually_missed * self.manner.carelessness).min(1.0))
    }

    fn chance(&mut self, of: f64) -> bool {
        self.random.random_bool(of)
    }
}

/// A whole call, the same for the same state of `random`.
pub fn dialogue(scenario: Scenario, manner: &Manner<'_>, random: &mut StdRng) -> Vec<Line> {
    let mut script = Script {
        random,
        manner,
        lines: Vec::new(),
    };
    opening(&mut script, scenario);
    match scenario {
        Scenario::PlanChange => plan_change(&mut script),
        Scenario::DataPack => data_pack(&mut script),
        Scenario::Broadband => broadband(&mut script),
        Scenario::Complaint => complaint(&mut script),
        Scenario::Refusal => refusal(&mut script),
        Scenario::Enquiry => enquiry(&mut script),
    }
    if script.chance(0.006 * manner.carelessness) {
        script.agent(&["您爱办不办，我都说了三遍了。", "你听不懂吗？不办拉倒。"]);
    }
    script.agent(&["感谢您的接听，再见。", "祝您生活愉快，再见。"]);
    script.lines
}

fn opening(script: &mut Script<'_>, scenario: Scenario) {
    let (id, surname) = (script.manner.agent_id, script.manner.surname);
    let recorded = match script.careful(0.12) {
        true => "本次通话有录音。",
        false => "",
    };
    let own = match script.careful(0.08) {
        true => format!("您好，我是中国电信客户经理小{surname}，工号{id}，{recorded}"),
        false => format!("喂，您好，打扰您一下，{recorded}"),
    };
    script.lines.push((Agent, own));
    match scenario.is_outbound() {
        true => script.customer(&["你好，什么事？", "嗯，你说。", "喂，哪位？"]),
        false => script.customer(&["你好，我想问个事。", "喂，你好，我有个事。"]),
    }
}

fn plan_change(script: &mut Script<'_>) {
    script.agent(&[
        "您现在是八十九元套餐，想给您升到一百二十九元。",
        "看您每月流量都不够用，建议您升级到一百二十九元套餐。",
    ]);
    script.customer(&["可以，有什么要求吗？", "升了有什么好处？"]);
    script.agent(&["每月有六十个G流量，五百分钟通话，合约期两年。"]);
    script.customer(&["嗯，明白。", "好，我知道了。"]);
    if script.careful(0.14) {
        script.agent(&[
            "合约期两年，提前解约要付违约金。",
            "提前说明，合约期内取消要补交违约金。",
        ]);
        script.customer(&["知道了。", "行，我清楚了。"]);
    } else if script.chance(0.25) {
        script.agent(&["这个没有违约金的，您随时都能取消。"]);
        script.customer(&["那挺好。"]);
    }
    if script.careful(0.12) {
        script.agent(&[
            "流量用超了，每兆另收三分钱。",
            "超出套餐的流量，每个G收五元。",
        ]);
        script.customer(&["行。", "好的。"]);
    }
    if script.careful(0.11) {
        script.agent(&[
            "升级以后，原套餐就恢复不了了。",
            "换了以后，就不能再改回原来的套餐了。",
        ]);
        script.customer(&["明白。", "嗯，知道。"]);
    } else if script.chance(0.3) {
        script.agent(&["不满意的话，下个月再给您改回来就行。"]);
        script.customer(&["好。"]);
    }
    if script.chance(0.2) {
        let number = spoken_number(script.manner.customer_number);
        script.agent(&["麻烦您报一下办理的手机号。"]);
        script
            .lines
            .push((Customer, format!("我的号码是{number}。")));
    }
    if script.careful(0.13) {
        script.agent(&["跟您确认，升级一百二十九元套餐，对吗？"]);
        match script.chance(0.08) {
            true => script.customer(&["嗯。", "哦。"]),
            false => script.customer(&["是的，确认。", "对，同意办理。"]),
        }
    }
    executed(script);
}

fn data_pack(script: &mut Script<'_>) {
    script.agent(&[
        "给您推荐一个流量包，每月二十元，十个G流量。",
        "您可以加一个流量包，每月二十元，十个G。",
    ]);
    script.customer(&["行，那办一个吧。", "可以，开一个吧。"]);
    if script.careful(0.13) {
        script.agent(&["流量用超了，每兆另收三分钱。"]);
        script.customer(&["知道了。"]);
    }
    if script.careful(0.12) {
        script.agent(&["跟您再确认一下，办理二十元的流量包，对吗？"]);
        script.customer(&["对，确认办理。", "是的，确认。"]);
    }
    executed(script);
    if script.careful(0.16) {
        script.agent(&["不想用了，您可以发短信或者在手机营业厅APP里退订。"]);
        script.customer(&["好的。"]);
    }
}

fn broadband(script: &mut Script<'_>) {
    script.agent(&["您家的宽带下个月到期，续费一年七百二十元，您看续吗？"]);
    script.customer(&["续吧。", "行，那就续上。"]);
    if script.chance(0.1) {
        script.agent(&["绝对不会多扣您一分钱，我跟您保证。"]);
        script.customer(&["好。"]);
    }
    if script.careful(0.1) {
        script.agent(&["跟您确认，宽带续费一年，七百二十元，对吗？"]);
        script.customer(&["对，确认。"]);
    }
    executed(script);
}

fn complaint(script: &mut Script<'_>) {
    script.customer(&[
        "我要投诉，你们乱扣费！",
        "我要投诉，信号太差了，天天掉线！",
        "我要投诉你们营业厅，服务态度太差了。",
    ]);
    if script.careful(0.25) {
        script.agent(&[
            "非常抱歉给您带来不便，我马上给您登记。",
            "实在对不起，理解您的心情，我给您登记下来。",
        ]);
        script.customer(&["那什么时候给我答复？"]);
        script.agent(&["四十八小时之内会有专人给您回电话答复。"]);
    } else {
        script.agent(&["这个不归我们管。", "系统就是这样的，我也没办法。"]);
    }
    if script.chance(0.15) {
        script.customer(&["我的身份证号是三七零一零二一九九零零三零七八五一五，你给我记上。"]);
        script.agent(&["好的，记下了。"]);
    }
    script.customer(&["行吧。", "好，我等你们电话。"]);
}

fn refusal(script: &mut Script<'_>) {
    script.agent(&["给您推荐一个彩铃业务，每月六元，首月免费。"]);
    script.customer(&[
        "不需要。",
        "不办，资费太贵了。",
        "不用了，我准备转到移动去了，他们便宜。",
        "不要，你们信号不好。",
    ]);
    if script.careful(0.25) {
        script.agent(&["好的，那不打扰您了。"]);
        return;
    }
    script.agent(&["您再考虑一下，这个真的很划算。"]);
    script.customer(&["不需要，别再打了。"]);
    script.agent(&["就体验一个月，不喜欢可以不用的。"]);
    script.customer(&["说了不需要。"]);
    script.agent(&["那我先给您开通试试，行吗？"]);
    script.customer(&["不行，不要。"]);
}

fn enquiry(script: &mut Script<'_>) {
    script.customer(&[
        "我想查一下这个月的话费。",
        "我想问一下怎么开发票。",
        "我的流量还剩多少？",
    ]);
    script.agent(&["好的，马上为您查询。", "请稍等，我给您查一下。"]);
    script.agent(&[
        "查到了，您本月话费八十九元。",
        "您可以在手机营业厅APP里办理。",
    ]);
    script.customer(&["好的，谢谢。"]);
}

fn executed(script: &mut Script<'_>) {
    match script.careful(0.09) {
        true => script.agent(&[
            "好的，马上帮您办理，下个月一号生效。",
            "好的，已经为您办理成功，次月一号生效。",
        ]),
        false => script.agent(&["好的，已经为您办理好了。", "好，已经给您开通了。"]),
    }
    script.customer(&["好，谢谢。", "嗯，好的。"]);
}

/// 幺三八零零…
fn spoken_number(digits: &str) -> String {
    let word = |digit: char| {
        "零幺二三四五六七八九"
            .chars()
            .nth(digit.to_digit(10).unwrap_or(0) as usize)
    };
    digits.chars().filter_map(word).collect()
}
