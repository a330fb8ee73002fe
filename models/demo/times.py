#!/usr/bin/env python3
"""Word times of synth.py's utterances, once for all training: CTC alignment of a checkpoint's encoder on the clean sound.
usage: times.py CKPT.pt SHARD... [--fixtures DIR]     writes SHARD.times: one JSON line a row, [[word, first frame, last frame]...] or null; 20 ms frames.
Rows which share a run of eight characters with a fixture get null (synth.py keeps them out; this is for shards made before a fixture was added).
Goes on where it stopped; waits for a shard still being written until SHARD.done exists."""
import argparse, json, os, time
import numpy as np, torch, torch.nn.functional as F
from scipy.signal import resample_poly
from features import Shards, logmel, pad_batch, word_times
from model import load
from overlap import Guard

ap = argparse.ArgumentParser(); ap.add_argument("ckpt"); ap.add_argument("shards", nargs="+"); ap.add_argument("--fixtures"); a = ap.parse_args()
bad = Guard(a.fixtures) if a.fixtures else (lambda t: False)
torch.set_num_threads(1); net, _ = load(a.ckpt); net.eval(); rng = np.random.default_rng(0)
for p in a.shards:
    n = sum(1 for _ in open(p + ".times", encoding="utf8")) if os.path.exists(p + ".times") else 0; t0 = time.time()
    while True:
        finished = os.path.exists(p + ".done"); sh = Shards([p])
        while n < len(sh.rows):
            part = list(range(n, min(len(sh.rows), n + 500))); order = sorted(part, key=lambda i: sh.rows[i][2]); got = {}; i = 0
            while i < len(order):
                B = max(1, min(48, int(120 * 8000 / (sh.rows[order[min(len(order) - 1, i + 24)]][2] + 4000)))); b = order[i:i + B]; i += B
                X = pad_batch([resample_poly(sh.audio(sh.rows[k]), 2, 1).astype(np.float32) / 32768 for k in b], rng, 16)
                with torch.no_grad(): lp = F.log_softmax(net.ctc(net.encode(logmel(X))).float(), -1).numpy()
                for j, k in enumerate(b):
                    end = -(-sh.rows[k][2] // 160); W = None if bad(sh.rows[k][3]) else word_times([(0, 0, sh.rows[k][3])], np.ascontiguousarray(lp[j][:end + 4]))
                    if W: W[0][1] = 0; W[-1][2] = max(W[-1][1] + 1, end); W = [[w, min(x, end - 1), min(y, end)] for w, x, y in W]  # the shards are trimmed to the sound
                    got[k] = W
            with open(p + ".times", "a", encoding="utf8") as f: f.write("".join(json.dumps(got[k], ensure_ascii=False) + "\n" for k in part))
            n += len(part); print(p, n, f"{time.time()-t0:.0f} s", sum(v is None for v in got.values()), "without", flush=True)
        if finished: break
        time.sleep(3)
