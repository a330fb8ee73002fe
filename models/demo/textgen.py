"""Random Mandarin sentences of telecom calls: a grammar of alternatives [a|b], optional parts (a) and rules {x};
random frequent words; pseudo sentences by part of speech.  `textgen.py N [SEED]` prints N sentences."""
import os
import random
import re

CN = "零一二三四五六七八九"
R = random.Random(1)
pick = lambda *a: R.choice(a)


def cn_num(n, liang=True):
    """Spoken form of 0 <= n < 100000."""
    if n < 10: return CN[n]
    if n < 20: return "十" + (CN[n % 10] if n % 10 else "")
    if n < 100: return CN[n // 10] + "十" + (CN[n % 10] if n % 10 else "")
    for unit, name in ((10000, "万"), (1000, "千"), (100, "百")):
        if n >= unit:
            h, r = n // unit, n % unit
            s = ("两" if h == 2 and (unit > 100 or R.random() < 0.55) and liang else cn_num(h)) + name
            if r == 0: return s
            if r * 10 < unit: return s + "零" + cn_num(r)
            if r < 100: return s + ("一" if 10 <= r < 20 else "") + cn_num(r)
            if r % (unit // 10) == 0 and R.random() < 0.35: return s + CN[r // (unit // 10)]
            return s + cn_num(r)


def digits(k): return "".join(R.choice(CN if R.random() < 0.85 else "零一幺八六五") for _ in range(k))
def phone(): return pick("一", "一", "幺") + R.choice("三五七八九") + digits(9)


SURN = ("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金"
        "陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文")
GIVEN = ("明华强伟芳娜敏静丽军杰涛磊洋勇艳霞平刚超秀英慧红玉建国志文海波雪梅春兰晓东婷婷佳宇欣怡子涵浩然雨桐梓萱一凡思远俊峰")
PRICES = [5, 6, 8, 9, 10, 12, 15, 18, 19, 20, 25, 28, 29, 30, 35, 38, 39, 40, 46, 49, 50, 58, 59, 60, 68, 69, 70, 79, 80, 88, 89, 90, 99, 100, 109, 119, 128, 129,
          139, 149, 159, 168, 169, 179, 188, 189, 199, 200, 218, 229, 238, 259, 269, 289, 299, 300, 329, 339, 360, 369, 399, 480, 499, 500, 599, 600, 640, 699, 720, 780,
          800, 840, 899, 960, 999, 1000, 1080, 1200, 1299, 1500, 1800, 2000, 2400, 2999, 3000, 3600]


def price():
    n = R.choice(PRICES) if R.random() < 0.7 else R.randint(1, 999)
    r = R.random()
    if r < 0.50: return cn_num(n) + "元"
    if r < 0.70: return cn_num(n) + "块钱"
    if r < 0.87: return cn_num(n) + "块"
    if r < 0.91: return cn_num(n)
    if r < 0.95: return cn_num(R.randint(1, 60)) + "块" + R.choice("一二五八九")
    return cn_num(R.randint(1, 60)) + pick("元", "块") + R.choice("一二五八九") + "毛"


def fen(): return pick(R.choice("一二三五") + "分钱", "两分钱", "三分", "二分九", "两分九", R.choice("一二三五") + "毛钱", R.choice("一二三五") + "毛", R.choice("一两二三五") + "块钱", "零点二九元", "三分钱")
def gb():
    n = cn_num(R.choice([1, 2, 3, 5, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 150, 200]) if R.random() < 0.75 else R.randint(1, 300))
    if n == "二": n = "两"
    return n + pick("个G", "个G", "G", "个吉", "个吉", "吉", "个吉流量", "G流量", "个G的流量", "兆", "百兆")


def day():
    r = R.random()
    if r < 0.4: return pick("今天", "明天", "后天", "下个月一号", "次月一号", "下月一号", "次月", "当月", "立即", "二十四小时内", "本月底", "下周一", "月底之前", "这个月", "下个月", "今天晚上", "明天上午", "昨天", "前天")
    if r < 0.7: return pick("下个月", "这个月", "本月", "下月", "每月", "上个月", "") + cn_num(R.randint(1, 31)) + "号"
    if r < 0.85: return cn_num(R.randint(1, 12)) + "月" + cn_num(R.randint(1, 31)) + pick("号", "日")
    return pick("星期", "周", "礼拜", "下周") + R.choice("一二三四五六")


def clock(): return pick("", "上午", "下午", "晚上", "早上", "中午") + cn_num(R.randint(1, 12)) + "点" + pick("", "", "半", "钟", "左右")
def percent(): return "百分之" + cn_num(R.choice([5, 10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80, 85, 90, 95, R.randint(1, 100)]))
def span():
    return pick("一年", "两年", "三年", "半年", "一年半", "十二个月", "二十四个月", "三十六个月", "六个月", "三个月", "十八个月", cn_num(R.randint(1, 36)) + "个月", "一个月", "两个月", "一周", "两天", "三天", "四天", "五天", "七天", "十五天", "半个月")


F = {
    "price": price, "fen": fen, "gb": gb, "day": day, "clock": clock, "pct": percent, "span": span, "phone": phone,
    "n": lambda: cn_num(R.randint(1, 99)), "d": lambda: R.choice("一二三四五六七八九"), "d2": lambda: R.choice("一两三四五六七八九"), "gh": lambda: digits(R.choice([3, 4, 4, 4, 4, 5])),
    "code": lambda: digits(R.choice([4, 6, 6])), "d4": lambda: digits(4), "min": lambda: cn_num(R.choice([50, 100, 150, 200, 300, 500, 600, 800, 1000, 1500, 2000])) + "分钟",
    "mb": lambda: pick("一百兆", "两百兆", "三百兆", "五百兆", "一千兆", "千兆", "百兆", "两千兆", "五十兆"),
    "name": lambda: R.choice(SURN) + pick("先生", "女士", "小姐", "经理", "老师", "阿姨", "大哥", "大姐", "师傅", "总", "主任"),
    "nick": lambda: "小" + R.choice(SURN), "full": lambda: R.choice(SURN) + "".join(R.choice(GIVEN) for _ in range(R.choice([1, 2, 2]))), "sur": lambda: R.choice(SURN),
}
G = {}
exec(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "grammar.py"), encoding="utf8").read(), {"G": G})
OPT = re.compile(r"\(([^()]*)\)")
ALT = re.compile(r"\[([^\[\]()]*)\]")
SLOT = re.compile(r"\{(\w+)\}")


def expand(t, depth=0):
    for _ in range(200):
        m = OPT.search(t)
        if m:
            t = t[:m.start()] + (m.group(1) if R.random() < 0.45 else "") + t[m.end():]
            continue
        m = ALT.search(t)
        if not m: break
        t = t[:m.start()] + R.choice(m.group(1).split("|")) + t[m.end():]
    return SLOT.sub(lambda m: F[m.group(1)]() if m.group(1) in F else expand(R.choice(G[m.group(1)]), depth + 1), t)


_W = None


def lexicon():
    """jieba's words of up to four characters with frequency and part of speech."""
    global _W
    if _W is None:
        import jieba
        L = []
        for l in open(os.path.join(os.path.dirname(jieba.__file__), "dict.txt"), encoding="utf8"):
            w, f, p = l.split()
            if 1 <= len(w) <= 4 and all("\u4e00" <= c <= "\u9fff" for c in w): L.append((int(f), w, p))
        L.sort(reverse=True)
        L = L[:14000]
        pos = {}
        for f, w, p in L: pos.setdefault(p[0] if p[0] not in "vn" else p[:1], []).append((f, w))
        _W = ([w for _, w, _ in L], [f ** 0.5 for f, _, _ in L], {k: ([w for _, w in v], [max(1, f) ** 0.6 for f, _ in v]) for k, v in pos.items()})
    return _W


def rand_words():
    w, p, _ = lexicon()
    return "".join(R.choices(w, p, k=R.randint(1, 6)))


PAT = ["r v n", "r d v n 了", "n v n", "a 的 n", "r v 了 m n", "d v n", "r 的 n d a", "n 在 s v", "t r v n", "把 n v 了", "r 不 v n", "n 和 n", "r 想 v n", "r 能 v n 吗", "n 很 a", "被 n v 了", "t n v", "v 一下 n", "r 说 n 要 v", "没 v 过 n", "r 们 d v", "从 s 到 s"]


def pseudo():
    pos = lexicon()[2]
    return "".join(R.choices(*pos[x])[0] if x in pos else x for x in R.choice(PAT).split())


FILL = ["嗯", "呃", "那个", "就是", "这个", "然后", "哎", "啊", "您看", "是这样的", "对", "好", "哦", "行", "好的", "那", "诶", "喂", "先生", "女士", "不好意思", "是这样", "您好"]
AL, CL = None, None


def sentence():
    r = R.random()
    a = lambda: expand(R.choice(G["A"]))
    c = lambda: expand(R.choice(G["C"]))
    if r < 0.36: t = a()
    elif r < 0.57: t = c()
    elif r < 0.63: t = c() + "," + c()
    elif r < 0.67: t = a() + "," + a()
    elif r < 0.73: t = R.choice(FILL) + "," + (a() if R.random() < 0.5 else c())
    elif r < 0.76:
        x, y = a(), a()
        t = x[:len(x) // 2] + y[len(y) // 2:]
    elif r < 0.80:  # one clause of a sentence
        t = R.choice(a().split(","))
    elif r < 0.83: t = pick("{price}", "{gb}", "{phone}", "{code}", "{day}", "{clock}", "{name}", "{full}", "{gh}", "{pct}", "{span}", "{op}", "工号{gh}", "{n}{n}") and expand(pick("{price}", "{gb}", "{phone}", "{code}", "{day}{clock}", "{name}", "{full}", "{pct}", "{span}", "{op}", "工号{gh}", "{price},{gb}", "{span}{price}", "{d}{d}{d}{d}{d}{d}"))
    elif r < 0.91: t = rand_words()
    else: t = pseudo()
    t = re.sub("[。、，]", ",", t).replace("?", "").strip(",")
    return re.sub(",+", ",", t)


if __name__ == "__main__":
    import sys
    R.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    for _ in range(int(sys.argv[1])): print(sentence())
