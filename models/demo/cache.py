#!/usr/bin/env python3
"""Encoder outputs of a checkpoint on disk, for training the decoder alone (three times faster than training both).
usage: cache.py CKPT OUT SEED PCM_SHARDS... [--from A --to B] [--multi SHARE] [--long SHARE] [--noise SHARE] [--repeat N]"""
import argparse, json, random, time
import numpy as np, torch, torch.nn.functional as F
from features import Shards, compose, pad_batch, logmel, word_times
from model import load
import telephone

ap = argparse.ArgumentParser(); ap.add_argument("ckpt"); ap.add_argument("out"); ap.add_argument("seed", type=int); ap.add_argument("shards", nargs="+")
ap.add_argument("--from", dest="lo", type=int, default=0); ap.add_argument("--to", dest="hi", type=int, default=10**9); ap.add_argument("--multi", type=float, default=0.12); ap.add_argument("--long", type=float, default=0.0)
ap.add_argument("--noise", type=float, default=0.03); ap.add_argument("--full", action="store_true", help="every window 30 s long, as many clips without speech as --noise says"); ap.add_argument("--threads", type=int, default=1); a = ap.parse_args()
torch.set_num_threads(a.threads); rng = np.random.default_rng(a.seed); random.seed(a.seed)
net, meta = load(a.ckpt); net.eval(); sh = Shards(a.shards); rows = sh.rows[a.lo:a.hi]
f = open(a.out + ".f16", "wb"); g = open(a.out + ".jsonl", "w", encoding="utf8"); off = 0; t0 = time.time(); done = 0
order = list(range(len(rows))); random.shuffle(order); k = 0
while k < len(order):
    # a chunk of items sorted by length, so that batches waste little
    items = []
    while len(items) < (128 if a.full else 512) and k < len(order):
        r = rng.random()
        if r < a.noise: items.append([]); continue
        if r < a.noise + a.long: want, n = rng.uniform(14, 28), 12
        elif r < a.noise + a.long + a.multi: want, n = rng.uniform(3, 11), int(rng.integers(2, 5))
        else: want, n = 99, 1
        it = []; tot = 0
        while len(it) < n and k < len(order):
            q = rows[order[k]]; d = q[2] / 8000 + 0.6
            if it and tot + d > want: break
            it.append(q); tot += d; k += 1
        if it: items.append(it)
    ys = []
    for it in items:
        if it: other = sh.audio(random.choice(rows)); ys.append(compose(it, sh, rng, other=other))
        else: n = int(rng.uniform(0.2, 29.9 if a.full else 8.0) * 8000); x = telephone.nonspeech(n, rng); from_ = np.interp(np.arange(2 * n) / 2, np.arange(n), x); ys.append((from_.astype(np.float32) / 32768, []))
    ys = [y for y in ys if len(y[0]) < 480000]; ys.sort(key=lambda y: len(y[0])); i = 0
    while i < len(ys):
        B = 8 if a.full else max(1, min(48, int(240 * 16000 / (len(ys[min(len(ys) - 1, i + 8)][0]) + 16000)))); b = ys[i:i + B]; i += B
        X = pad_batch([y for y, _ in b], rng)
        if a.full: X = F.pad(X, (0, 480000 - X.shape[1]))
        with torch.no_grad(): xa = net.encode(logmel(X)); lp = F.log_softmax(net.ctc(xa).float(), -1).numpy()
        xa = xa.half().numpy()
        for j, (y, segs) in enumerate(b):
            # own window of each: its length rounded up to 64 frames, up to what was encoded
            W = word_times(segs, lp[j]) if segs else []
            if W is None: continue
            T = xa.shape[1]; f.write(np.ascontiguousarray(xa[j]).tobytes()); g.write(json.dumps({"o": off, "T": T, "w": W}, ensure_ascii=False) + "\n"); off += T; done += 1
    f.flush(); g.flush(); print(done, k, f"{time.time()-t0:.0f} s", flush=True)
