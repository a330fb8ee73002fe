#!/usr/bin/env python3
"""Speak random sentences through libespeak-ng (no subprocess) into 8 kHz PCM and JSON Lines.
usage: synth.py N OUT SEED [--fixtures DIR] [--voices train|held]     writes OUT.pcm, OUT.jsonl"""
import argparse, ctypes, json, random, time
import numpy as np
from scipy.signal import resample_poly
import voices

lib = ctypes.CDLL("libespeak-ng.so.1")
SR = lib.espeak_Initialize(2, 500, None, 0)
buf = []
CB = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def _cb(w, n, e):
    if n > 0 and w: buf.append(np.ctypeslib.as_array(w, shape=(n,)).copy())
    return 0
cb = CB(_cb)
lib.espeak_SetSynthCallback(cb)
cur = None


def say(text, voice, rate, pitch, rng=50):
    global cur
    name = "cmn-latn-pinyin" + ("+" + voice if voice else "")
    if cur != name:
        if lib.espeak_SetVoiceByName(name.encode()) != 0: raise RuntimeError(name)
        cur = name
    for k, v in ((1, rate), (3, pitch), (4, rng)): lib.espeak_SetParameter(k, v, 0)
    buf.clear(); b = text.encode() + b"\0"
    lib.espeak_Synth(b, len(b), 0, 1, 0, 1, None, None); lib.espeak_Synchronize()
    return np.concatenate(buf) if buf else np.zeros(0, np.int16)


def to8k(x): return np.clip(resample_poly(x.astype(np.float32), 160, 441), -32768, 32767).astype(np.int16)


def trim(x, th=150):
    i = np.flatnonzero(np.abs(x) > th)
    return x[max(0, i[0] - 160):i[-1] + 160] if len(i) else x[:0]


def speak(s, voice, rate, pitch, rng=50): return trim(to8k(say(s.replace(",", " , ").replace("，", " , ").replace("。", " . "), voice, rate, pitch, rng)))


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("n", type=int); ap.add_argument("out"); ap.add_argument("seed", type=int); ap.add_argument("--fixtures"); ap.add_argument("--voices", default="train")
    a = ap.parse_args()
    import textgen
    from overlap import Guard
    bad = Guard(a.fixtures) if a.fixtures else (lambda t: False)
    rnd = random.Random(a.seed); textgen.R.seed(a.seed); V = voices.TRAIN if a.voices == "train" else voices.HELD_OUT
    f = open(a.out + ".pcm", "wb"); g = open(a.out + ".jsonl", "w", encoding="utf8"); off = i = dropped = 0; t = time.time()
    while i < a.n:
        s = textgen.sentence()
        if not s: continue
        if bad(s): dropped += 1; continue
        v, r, p = rnd.choice(V), rnd.randint(140, 215), rnd.randint(25, 75)
        x = speak(s, v, r, p, rnd.choice([50, 50, 50, rnd.randint(35, 65)]))
        if len(x) < 1200 or len(x) > 8000 * 12: continue
        f.write(x.tobytes()); g.write(json.dumps({"o": off, "n": len(x), "t": s, "v": v}, ensure_ascii=False) + "\n"); off += len(x); i += 1
        if i % 500 == 0: f.flush(); g.flush()
        if i % 5000 == 0: print(i, f"{off/8000/3600:.1f} h, {time.time()-t:.0f} s, {dropped} dropped for overlap", flush=True)
    f.close(); g.close(); print("done", i, f"{off/8000/3600:.2f} h, {time.time()-t:.0f} s, {dropped} dropped for overlap")
