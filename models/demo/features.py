"""Audio side of training: log-mel features, composing of utterances, and the cache of encoder outputs with word times."""
import json, os, random
import numpy as np, torch, whisper
from scipy.signal import resample_poly
import lang, telephone
from align import viterbi

FILT = torch.from_numpy(np.load(os.path.join(os.path.dirname(whisper.__file__), "assets", "mel_filters.npz"))["mel_80"])
WIN = torch.hann_window(400)


def logmel(x):
    """x [B, samples at 16 kHz] -> [B, 80, T]"""
    st = torch.stft(x, 400, 160, window=WIN.to(x.device), return_complex=True, pad_mode="reflect")[..., :-1].abs() ** 2
    m = torch.clamp(FILT.to(x.device) @ st, min=1e-10).log10(); mx = m.amax(dim=(1, 2), keepdim=True)
    return (torch.maximum(m, mx - 8.0) + 4.0) / 4.0


class Shards:
    """PCM shards of synth.py; rows (shard, offset, samples, text)."""
    def __init__(self, paths):
        self.pcm, self.rows = [], []
        for k, p in enumerate(paths):
            pcm = np.memmap(p + ".pcm", dtype=np.int16, mode="r"); self.pcm.append(pcm)
            for l in open(p + ".jsonl", encoding="utf8"):
                if not l.endswith("\n"): break
                r = json.loads(l)
                if r["o"] + r["n"] <= len(pcm): self.rows.append((k, r["o"], r["n"], r["t"]))
    def audio(self, r): return self.pcm[r[0]][r[1]:r[1] + r[2]].astype(np.float64)


def compose(items, sh, rng, lead=0.5, tail=0.4, gap=(0.15, 0.9), other=None):
    """Utterances one after the other, degraded; -> 16 kHz float, [(from, to, text)] in seconds."""
    parts = [np.zeros(int(rng.uniform(0, lead) * 8000))]; t = len(parts[0]); segs = []
    for k, r in enumerate(items):
        if k: n = int(rng.uniform(*gap) * 8000); parts.append(np.zeros(n)); t += n
        x = sh.audio(r)
        if k and rng.random() < 0.7: x = x * 10 ** (rng.uniform(-6, 6) / 20)
        segs.append((t / 8000, (t + len(x)) / 8000, r[3])); parts.append(x); t += len(x)
    parts.append(np.zeros(int(rng.uniform(0.0, tail) * 8000)))
    x = telephone.degrade(np.concatenate(parts), rng, other)
    return resample_poly(x, 2, 1).astype(np.float32) / 32768, segs


def pad_batch(ys, rng, unit=64):
    """Zeros up to a multiple of `unit` encoder frames (20 ms), as the recogniser's windows have."""
    L = max(len(y) for y in ys) + int(rng.uniform(0, 0.5) * 16000); L = min(480000, -(-L // (320 * unit)) * 320 * unit)
    X = np.zeros((len(ys), L), np.float32)
    for i, y in enumerate(ys): X[i, :min(L, len(y))] = y[:L]
    return torch.from_numpy(X)


def word_times(segs, lp):
    """Words with first and last frame by CTC alignment; None if it fails. lp [T, phones] log probabilities."""
    c, W = [], []
    for _, _, tx in segs:
        for w in lang.words(tx): ph = lang.phones(w); W.append((w, len(c), len(c) + len(ph))); c += ph
    if not c or 2 * len(c) + 1 > len(lp): return None
    f = viterbi(lp, np.array(c, np.int64))
    if (f < 0).any(): return None
    out = []
    for k, (w, x, y) in enumerate(W):
        if y <= x: continue
        b = int(f[x]) - 3; e = int(f[y - 1]) + 3
        out.append([w, max(0, b), e])
    for k in range(len(out) - 1):
        if out[k][2] >= out[k + 1][1]: m = (out[k][2] + out[k + 1][1]) // 2; out[k][2] = max(out[k][1] + 1, m); out[k + 1][1] = max(m, out[k][2])
    for k in range(len(out)): out[k][2] = min(max(out[k][2], out[k][1] + 1), len(lp) - 1)
    return out
