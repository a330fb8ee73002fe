"""Text side of training: Whisper's tokens, words by jieba, phones and tones by pypinyin."""
import functools, json, os, re
import jieba
from pypinyin import pinyin, Style
from whisper.tokenizer import get_tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
tok = get_tokenizer(True, language="zh", task="transcribe")
SOT, ZH, TR, NOTS, TS0, EOT, NSP, VOCAB = tok.sot, 50260, 50359, 50363, 50364, 50257, tok.no_speech, 51865
SPECIAL = [EOT, SOT, ZH, TR, NOTS, NSP]
PH = json.load(open(os.path.join(HERE, "phones.json"), encoding="utf8"))
IPH = {i: p for p, i in PH.items()}
TONES = {t: i + 1 for i, t in enumerate(p + str(n) for p in PH if p[0] == "_" for n in range(1, 6))}
TONES.update({p: len(TONES) + 1 + i for i, p in enumerate(q for q in PH if q[0] != "_")})
jieba.setLogLevel(60); jieba.initialize()


@functools.lru_cache(200000)
def phones(text, tone=False):
    """Labels of initials and finals (with the tone where asked for)."""
    out = []
    for w in re.findall(r"[\u4e00-\u9fff]+|[A-Za-z]", text):
        if w.isascii():
            k = "L" + w.upper()
            if k in PH: out.append(TONES[k] if tone else PH[k])
            continue
        ini = pinyin(w, style=Style.INITIALS, strict=False); fin = pinyin(w, style=Style.FINALS, strict=False); t3 = pinyin(w, style=Style.TONE3, strict=False, neutral_tone_with_five=True)
        for i, f, t in zip(ini, fin, t3):
            if i[0] in PH: out.append(TONES[i[0]] if tone else PH[i[0]])
            if "_" + f[0] in PH:
                n = t[0][-1] if t[0][-1].isdigit() else "5"
                out.append(TONES["_" + f[0] + n] if tone else PH["_" + f[0]])
    return out


@functools.lru_cache(100000)
def words(text):
    """Words of at most four characters; a comma stays with the word before it."""
    out = []
    for w in jieba.cut(text.replace(",", "，"), HMM=False):
        if w in ",，":
            if out: out[-1] += "，"
        else:
            while len(w) > 4: out.append(w[:3]); w = w[3:]
            out.append(w)
    return out


_enc = {}
def encode(w):
    if w not in _enc: _enc[w] = tok.encode(w)
    return _enc[w]
