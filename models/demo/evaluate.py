#!/usr/bin/env python3
"""Character error of a ggml model on two-channel calls (WAV, FLAC, MP3) with whisper.cpp (pywhispercpp): greedy, no fallback, one thread.
usage: evaluate.py MODEL.bin CALLS_DIR [--mono] [--full] [--no-timestamps] [--margin S] [--pause S] [--limit N] [--skip N] [--quiet]
       evaluate.py MODEL.bin CALLS_DIR --table [--limit N]     fitted and full windows, with and without timestamps, and clips without words"""
import argparse, glob, json, os, re, time
import numpy as np, soundfile
from scipy.signal import resample_poly

MAP = {"G": "吉", "两": "二", "幺": "一"}
clean = lambda t: re.sub(r"[^\u4e00-\u9fffA-Za-z0-9]", "", t)


def edit(a, b):
    """Edit distance and the operations of the best path."""
    D = np.zeros((len(a) + 1, len(b) + 1), np.int32); D[:, 0] = range(len(a) + 1); D[0] = range(len(b) + 1)
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1): D[i, j] = min(D[i-1, j] + 1, D[i, j-1] + 1, D[i-1, j-1] + (a[i-1] != b[j-1]))
    i, j, ops = len(a), len(b), []
    while i or j:
        if i and j and D[i, j] == D[i-1, j-1] + (a[i-1] != b[j-1]): i, j = i - 1, j - 1; ops.append(("=" if a[i] == b[j] else "s", i, j))
        elif i and D[i, j] == D[i-1, j] + 1: i -= 1; ops.append(("d", i, j))
        else: j -= 1; ops.append(("i", i, j))
    return int(D[-1, -1]), ops[::-1]


def cut(x, sr=8000, pause=0.2, longest=10.0, pad=0.08):
    """Segments of speech: frames of 20 ms above the floor, joined over pauses shorter than `pause`."""
    n = len(x) // 160; e = 10 * np.log10((x[:n * 160].reshape(n, 160).astype(np.float64) ** 2).mean(1) + 1e-9)
    floor = np.percentile(e, 10); top = np.percentile(e, 98)
    if top - floor < 8: return []
    on = e > max(floor + 6, top - 38); out = []; i = 0
    idx = np.flatnonzero(on)
    for k in idx:
        if out and k - out[-1][1] <= pause * 50: out[-1][1] = k + 1
        else: out.append([k, k + 1])
    res = []
    for a, b in out:
        if b - a < 4: continue
        res.append((max(0.0, a * 0.02 - pad), min(len(x) / sr, b * 0.02 + pad)))
    return res


class Engine:
    def __init__(self, path, timestamps=True):
        from pywhispercpp.model import Model
        self.ts = timestamps
        null = os.open(os.devnull, os.O_WRONLY); old = os.dup(2); os.dup2(null, 2)
        try: self.m = Model(path, n_threads=1, print_realtime=False, print_progress=False, print_timestamps=False)
        finally: os.dup2(old, 2); os.close(old); os.close(null)

    def run(self, y16, full=False, margin=0.3):
        """16 kHz float -> [(from, to, text)]"""
        sec = len(y16) / 16000
        ctx = 0 if full else min(1500, max(64, int(-(-(sec + margin) * 50 // 64)) * 64))
        if len(y16) < 3200: y16 = np.concatenate([y16, np.zeros(3200 - len(y16), np.float32)])
        S = self.m.transcribe(y16.astype(np.float32), language="zh", translate=False, audio_ctx=ctx, temperature=0.0, temperature_inc=0.0, no_context=True, no_timestamps=not self.ts, single_segment=False, suppress_blank=True, greedy={"best_of": 1})
        return [(s.t0 / 100, s.t1 / 100, s.text) for s in S]


def read(p):
    """Samples of a call [n, channels] at 8 kHz, 16-bit scale. p: its truth file's path without the ending."""
    f = next(p + e for e in (".wav", ".flac", ".mp3") if os.path.exists(p + e)); x, rate = soundfile.read(f, dtype="float32", always_2d=True)
    if rate != 8000: x = resample_poly(x, 8000, rate)
    return x * 32768


to16 = lambda x: resample_poly(x.astype(np.float32), 2, 1) / 32768


def pack(segs, limit=28.0):
    out = []
    for a, b in segs:
        if out and b - out[-1][0] <= limit: out[-1][1] = b
        else: out.append([a, b])
    return out


def evaluate(engine, calls, mono=False, full=False, margin=0.3, limit=0, pause=0.2, skip=0):
    err = ref_n = 0; worst = []; lag = []; t0 = time.time(); audio = 0; conf = {}
    files = sorted(glob.glob(os.path.join(calls, "*.json")))[skip:][:limit or None]
    for f in files:
        truth = json.load(open(f, encoding="utf8")); x = read(f[:-5]).astype(np.float32)
        chans = [(x.mean(1), truth["turns"])] if mono else [(x[:, c], [t for t in truth["turns"] if t["speaker"] == s]) for c, s in ((0, "agent"), (1, "customer"))]
        for y, turns in chans:
            segs = cut(y, pause=pause)
            if full: segs = pack(segs)
            words = []
            for a, b in segs:
                audio += b - a
                for u, v, t in engine.run(to16(y[int(a * 8000):int(b * 8000)]), full, margin): words.append((a + u, a + v, clean(t)))
            hyp = "".join(w[2] for w in words); ref = "".join(clean(t["text"]) for t in turns)
            d, ops = edit(ref, hyp); err += d; ref_n += len(ref)
            own = [k for k, t in enumerate(turns) for _ in clean(t["text"])]; e = [0] * len(turns); H = [""] * len(turns); last = 0
            tm = [w for w in words for _ in w[2]]; first = {}; end = {}
            for o, i, j in ops:
                k = own[min(i, len(own) - 1)]
                if o != "=": e[k] += 1
                if o != "d": H[k] += hyp[j]
                if o == "s": conf[(ref[i], hyp[j])] = conf.get((ref[i], hyp[j]), 0) + 1
                if o != "d" and own[min(i, len(own) - 1)] == k and o != "i":  # times of what was heard in place of the turn, right or wrong
                    first.setdefault(k, tm[j][0]); end[k] = tm[j][1]
            for k, t in enumerate(turns):
                worst.append((e[k], truth["id"], t["speaker"], clean(t["text"]), H[k]))
                if k in first: lag.append(max(abs(first[k] - t["from_ms"] / 1000), abs(end[k] - t["to_ms"] / 1000)))
                else: lag.append(9.9)
    return {"cer": err / max(1, ref_n), "err": err, "chars": ref_n, "worst": sorted(worst, key=lambda w: -w[0]), "within200": float(np.mean(np.array(lag) <= 0.2)), "seconds": time.time() - t0, "audio": audio, "conf": sorted(conf.items(), key=lambda c: -c[1])}


def line(r): return f"CER {r['cer']:.4f} ({r['err']}/{r['chars']}), turns with both ends within 200 ms {r['within200']:.3f}, {r['audio']:.0f} s of speech in {r['seconds']:.1f} s"


def table(a):
    """What issue 6 asks for, in one go."""
    rows = {}
    for ts in (True, False):
        for full in (False, True):
            r = rows[ts, full] = evaluate(Engine(a.model, ts), a.calls, a.mono, full, a.margin, a.limit, a.pause, a.skip); print(f"{'full 30 s' if full else 'fitted'} windows, {'with' if ts else 'without'} timestamps: {line(r)}", flush=True)
    c = lambda ts, full: rows[ts, full]["cer"]
    print(f"full against fitted windows: {c(True, True) - c(True, False):+.4f} with timestamps, {c(False, True) - c(False, False):+.4f} without (wanted within 0.02)")
    print(f"without against with timestamps: {c(False, False) - c(True, False):+.4f} fitted, {c(False, True) - c(True, True):+.4f} full (wanted within 0.03)", flush=True)
    import nonspeech
    nonspeech.main(a.model, True, False)


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("model"); ap.add_argument("calls"); ap.add_argument("--mono", action="store_true"); ap.add_argument("--full", action="store_true"); ap.add_argument("--no-timestamps", action="store_true"); ap.add_argument("--table", action="store_true")
    ap.add_argument("--margin", type=float, default=0.3); ap.add_argument("--pause", type=float, default=0.2); ap.add_argument("--limit", type=int, default=0); ap.add_argument("--skip", type=int, default=0); ap.add_argument("--quiet", action="store_true"); ap.add_argument("--all", action="store_true"); a = ap.parse_args()
    if a.table: table(a)
    else:
        r = evaluate(Engine(a.model, not a.no_timestamps), a.calls, a.mono, a.full, a.margin, a.limit, a.pause, a.skip); print(line(r))
        if not a.quiet:
            for w in r["worst"][:None if a.all else 10]: print(f"  {w[0]} {w[1]} {w[2]}: {w[3]} | {w[4]}")
            print("  " + " ".join(f"{x}>{y}:{n}" for (x, y), n in r["conf"][:40]))
