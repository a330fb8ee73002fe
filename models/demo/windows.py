"""Windows of sound with the words in them, for training from the sound: fitted to the speech, or 30 s long, or without words."""
import json, os
import numpy as np
from scipy.signal import resample_poly
import telephone
from features import Shards

FRAME = 160  # samples at 8 kHz: 20 ms


class Spoken(Shards):
    """Shards with times.py's word times; rows (shard, offset, samples, words)."""
    def __init__(self, paths): super().__init__(paths); self.paths, self.all, self.read = paths, self.rows, [0] * len(paths); self.rows = []; self.refresh()
    def refresh(self):
        of = {}
        for r in self.all: of.setdefault(r[0], []).append(r)
        for k, p in enumerate(self.paths):
            L = open(p + ".times", encoding="utf8").read().split("\n")[:-1] if os.path.exists(p + ".times") else []
            for i in range(self.read[k], min(len(L), len(of.get(k, [])))):
                W = json.loads(L[i]); r = of[k][i]
                if W: self.rows.append((k, r[1], r[2], W))
            self.read[k] = min(len(L), len(of.get(k, [])))
        self.rows.sort(key=lambda r: r[2]); self.lengths = np.array([r[2] for r in self.rows])
    def one(self, rng): return self.rows[rng.integers(len(self.rows))]
    def near(self, n, samples, rng):
        """n rows of about this length"""
        i = int(np.searchsorted(self.lengths, samples)); a = max(0, min(len(self.rows) - 1, i - 6 * n)); b = min(len(self.rows), a + 12 * n)
        return [self.rows[k] for k in rng.integers(a, b, n)]


def spoken(sh, rng, rows, lead, gap, tail, limit, cut=0.0):
    """Rows one after the other at 8 kHz, at most `limit` samples -> degraded sound, words [text, first frame, last frame].
    lead, gap, tail: seconds (from, to); cut: chance that the first row begins in the middle, as whisper.cpp goes on within a window."""
    t = int(rng.uniform(*lead) * 8000) // FRAME * FRAME; start = t; parts, words = [(0, np.zeros(t))], []
    for k, r in enumerate(rows):
        x, W = sh.audio(r), r[3]
        if k == 0 and len(W) > 2 and rng.random() < cut:
            j = int(rng.integers(1, len(W) - 1)); b = max(0, W[j][1] - int(rng.integers(0, 3))); x = x[b * FRAME:]; W = [[w, max(0, u - b), v - b] for w, u, v in W[j:]]; t = start = int(rng.integers(0, 3)) * FRAME; parts = [(0, np.zeros(t))]
        if k:
            t += int(rng.uniform(*gap) * 8000) // FRAME * FRAME
            if rng.random() < 0.7: x = x * 10 ** (rng.uniform(-6, 6) / 20)
        if t >= limit: break
        parts.append((t, x[:limit - t])); words += [[w, u + t // FRAME, v + t // FRAME] for w, u, v in W if (v + t // FRAME) * FRAME <= limit + 480]; t += -(-len(x) // FRAME) * FRAME
        if t >= limit: break
    n = min(limit, t + int(rng.uniform(*tail) * 8000)); y = np.zeros(n)
    for o, x in parts: m = min(n, o + len(x)); y[o:m] += x[:m - o]
    if start > 4000 and rng.random() < 0.12: y[:start] += telephone.nonspeech(start, rng)  # ringback, a melody and so on before the first word
    return resample_poly(telephone.degrade(y, rng, sh.audio(sh.one(rng))), 2, 1).astype(np.float32) / 32768, [[w, u, min(v, n // FRAME)] for w, u, v in words if u < n // FRAME]


def empty(rng, samples):
    """Sound without words at 16 kHz."""
    if rng.random() < 0.4: return telephone.nonspeech(samples, rng, 16000).astype(np.float32) / 32768
    return resample_poly(telephone.nonspeech(samples // 2, rng), 2, 1).astype(np.float32) / 32768


def pad(ys, frames):
    X = np.zeros((len(ys), frames * 320), np.float32)
    for i, y in enumerate(ys): X[i, :min(X.shape[1], len(y))] = y[:X.shape[1]]
    return X


def fitted(sh, rng, budget, noise):
    """A batch of windows fitted to the speech -> sound [B, samples at 16 kHz], words of each."""
    several = rng.random() < 0.3; target = rng.uniform(3, 11) if several else min(10.0, max(0.4, sh.one(rng)[2] / 8000)); B = max(2, min(40, int(budget / 50 / (target + 1.0)))); out = []
    for r in sh.near(B, target * 8000, rng):
        if rng.random() < noise: out.append((empty(rng, int(rng.uniform(0.15, target + 0.5) * 16000)), [])); continue
        if several:
            rows, total = [], 0.0
            while len(rows) < 7:
                q = sh.one(rng)
                if rows and total + q[2] / 8000 + 0.4 > target: break
                rows.append(q); total += q[2] / 8000 + 0.5
        else: rows = [r]
        out.append(spoken(sh, rng, rows, (0, 0.5) if rng.random() < 0.5 else (0.05, 0.12), (0.1, 0.9), (0, 0.4), 8000 * 14, 0.12))
    n = max(len(y) for y, _ in out) / 320 + rng.uniform(5, 40); n = int(min(1500, -(-n // 64) * 64))
    return pad([y for y, _ in out], n), [W for _, W in out]


def full(sh, rng, count, noise):
    """Windows of 30 s: one utterance anywhere, several far apart or close together, or no words at all."""
    out = []
    for _ in range(count):
        if rng.random() < noise: out.append((empty(rng, int((30.0 if rng.random() < 0.6 else rng.uniform(0.5, 30)) * 16000)), [])); continue
        k = rng.random(); limit = 8000 * 30 if rng.random() < 0.5 else int(8000 * rng.uniform(8, 30))
        if k < 0.22: rows = [sh.one(rng)]; lead = (0, 1.0) if rng.random() < 0.5 else (0, 24); gap = (0.1, 0.9)
        else:
            lead = (0, 0.6) if rng.random() < 0.75 else (0.5, 6); gap = (0.1, 0.9) if k < 0.5 else (0.3, 6.0); rows, total = [], sum(lead) / 2
            while total < limit / 8000 and len(rows) < 24: q = sh.one(rng); rows.append(q); total += q[2] / 8000 + sum(gap) / 2
        out.append(spoken(sh, rng, rows, lead, gap, (0, 1.0) if rng.random() < 0.6 else (0, 28), limit if k >= 0.22 else 8000 * 30, 0.3))
    return pad([y for y, _ in out], 1500), [W for _, W in out]
