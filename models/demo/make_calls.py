#!/usr/bin/env python3
"""Speak the dialogues of a JSONL file as two-channel calls with chosen voices (default: those kept out of training); WAV and truth JSON.
usage: make_calls.py DIALOGUES.jsonl OUTDIR [--ids demo-] [--voices held|unheard|train] [--seed S]"""
import argparse, json, os, random, wave, zlib
import numpy as np
from scipy.signal import lfilter
import voices
from synth import speak
from telephone import BAND

ap = argparse.ArgumentParser(); ap.add_argument("src"); ap.add_argument("out"); ap.add_argument("--ids", default="demo-"); ap.add_argument("--voices", default="held"); ap.add_argument("--seed", type=int, default=3); a = ap.parse_args()
os.makedirs(a.out, exist_ok=True); V = {"held": voices.HELD_OUT, "unheard": voices.UNHEARD, "train": voices.TRAIN}[a.voices]; n = 0
for line in open(a.src, encoding="utf8"):
    d = json.loads(line)
    if not d["id"].startswith(a.ids): continue
    rng = random.Random(zlib.crc32(d["id"].encode()) + a.seed); pair = rng.sample(V, 2); set_ = [(v, rng.randint(150, 195), rng.randint(35, 62)) for v in pair]; parts, t = [], int(8000 * rng.uniform(0.4, 1.5))
    for turn in d["turns"]:
        c = 0 if turn["s"] == "agent" else 1; x = speak(turn["t"], *set_[c]); parts.append((c, t, x, turn)); t += len(x) + int(8000 * rng.uniform(0.25, 0.9))
    m = t + int(8000 * rng.uniform(0.5, 1.5)); y = np.zeros((m, 2))
    for c, o, x, _ in parts: y[o:o + len(x), c] += x
    for c in (0, 1): y[:, c] = (lfilter(*BAND, y[:, c]) + np.random.RandomState(zlib.crc32(d["id"].encode()) % 2**31 + c).randn(m) * rng.uniform(4, 25)) * (0.5 if c == 0 else rng.uniform(0.3, 0.5))
    y = y + 0.003 * y[:, ::-1]
    with wave.open(os.path.join(a.out, d["id"] + ".wav"), "wb") as w: w.setnchannels(2); w.setsampwidth(2); w.setframerate(8000); w.writeframes(np.clip(y, -32768, 32767).astype("<i2").tobytes())
    json.dump({"id": d["id"], "voices": pair, "turns": [{"speaker": p[3]["s"], "from_ms": p[1] // 8, "to_ms": (p[1] + len(p[2])) // 8, "text": p[3]["t"]} for p in parts]}, open(os.path.join(a.out, d["id"] + ".json"), "w", encoding="utf8"), ensure_ascii=False, indent=1); n += 1
print(n, "calls with", V)
