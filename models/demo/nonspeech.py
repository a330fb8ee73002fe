#!/usr/bin/env python3
"""40 s each of silence, pink noise, chords and ringback through a ggml model; prints the characters heard (none are wanted).
usage: nonspeech.py MODEL.bin [--full] [--all]     8 s windows fitted to the clip; --full: 30 s windows too; --all: more kinds"""
import sys
import numpy as np
from evaluate import Engine, clean
from telephone import pink

RATE = 16000


def clips(more):
    n = 40 * RATE; t = np.arange(n) / RATE; rng = np.random.default_rng(5); env = np.exp(-(t % 0.5) * 2)
    c = {"silence": np.zeros(n), "pink noise": pink(n, rng) * 0.05, "chords": sum(0.06 * np.sin(2 * np.pi * f * t) for f in (261.6, 329.6, 392.0)) * env, "ringback": 0.2 * np.sin(2 * np.pi * 450 * t) * (t % 5 < 1)}
    if more:
        c |= {"faint noise": rng.standard_normal(n) * 3e-4, "white noise": rng.standard_normal(n) * 0.02, "loud pink noise": pink(n, rng) * 0.2, "busy": 0.2 * np.sin(2 * np.pi * 450 * t) * (t % 0.7 < 0.35),
              "music": sum(0.05 * np.sin(2 * np.pi * 220 * 2 ** (np.floor(t * 4) * 5 % 13 / 12) * h * t) / h for h in (1, 2, 3))}
    return c


def main(model, full, more):
    total = 0
    for whole in [False] + [True] * full:
        for ts in (True, False):
            e = Engine(model, ts); w = (30 if whole else 8) * RATE
            for name, x in clips(more).items():
                h = "".join(clean(s[2]) for i in range(0, len(x), w) for s in e.run(x[i:i + w].astype(np.float32), whole)); total += len(h)
                print(f"{'with' if ts else 'without'} timestamps, {name}, {'full' if whole else '8 s'} windows: {len(h)} characters {h[:30]}", flush=True)
    print("total", total)


if __name__ == "__main__": main(sys.argv[1], "--full" in sys.argv, "--all" in sys.argv)
