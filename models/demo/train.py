#!/usr/bin/env python3
"""Train the network, resumable.  usage: train.py ctc|decoder|all MINUTES OUT.pt [INIT.pt] (options below)
ctc: the encoder from nothing, with the decoder along, from synth.py's shards (SHARDS), aligned as it goes;
decoder: the encoder stands still, its outputs come from cache.py's files (FEATS);
all: everything, from the sound in fitted and in full windows, with times.py's word times beside the shards.
Continues from OUT.pt where it exists (its step, its average), else from INIT.pt, else from nothing."""
import argparse, glob, json, math, os, random, sys, time
from collections import Counter
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
import lang, model

ap = argparse.ArgumentParser(); ap.add_argument("mode", choices=["ctc", "decoder", "all"]); ap.add_argument("minutes", type=float); ap.add_argument("out"); ap.add_argument("init", nargs="?")
ap.add_argument("--feats", nargs="*", default=[]); ap.add_argument("--shards", nargs="*", default=[]); ap.add_argument("--vocab", default=os.path.join(lang.HERE, "vocab.json"))
ap.add_argument("--lr", type=float, default=1e-3); ap.add_argument("--end-lr", type=float, default=0.05, help="share of --lr at the end of the run"); ap.add_argument("--warm", type=int, default=60); ap.add_argument("--frames", type=int, default=12000, help="encoder frames a batch")
ap.add_argument("--threads", type=int, default=1); ap.add_argument("--width", type=int, default=128); ap.add_argument("--layers", type=int, default=3); ap.add_argument("--plain", type=float, default=0.25, help="share of sequences without timestamps")
ap.add_argument("--corrupt", type=float, default=0.06, help="share of wrong tokens fed back"); ap.add_argument("--align", type=float, default=0.3, help="weight of the attention loss"); ap.add_argument("--ema", type=float, default=0.998)
ap.add_argument("--multi", type=float, default=0.15); ap.add_argument("--long", type=float, default=0.05); ap.add_argument("--noise", type=float, default=0.03); ap.add_argument("--seed", type=int, default=1); ap.add_argument("--ctc", type=float, default=0.15); ap.add_argument("--tone", type=float, default=0.5, help="weight of the tones' CTC loss against the phones'"); ap.add_argument("--tone-warm", type=int, default=0, help="steps in which the tone head learns without moving the encoder"); ap.add_argument("--shift", type=float, default=0.1, help="share of batches placed later in the 30 s window, so that late positions are learnt cheaply"); ap.add_argument("--still", action="store_true", help="all: the encoder stands still (less than half the work a step)"); ap.add_argument("--spec-aug", type=float, default=0.3); ap.add_argument("--fresh", action="store_true")
ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu"); ap.add_argument("--workers", type=int, default=1, help="processes which train the same weights in shared memory, each at its own pace (processor only)"); ap.add_argument("--part", type=float, nargs=2, default=[0.0, 1.0], help="which part of the learning rate's course this run is"); ap.add_argument("--full", type=int, default=2, help="30 s windows a step (all)"); ap.add_argument("--curve", help="JSON Lines of step, time, losses")
a = ap.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(a.seed); dev = a.device
SOT, ZH, TR, NOTS, TS0, EOT, NSP = lang.SOT, lang.ZH, lang.TR, lang.NOTS, lang.TS0, lang.EOT, lang.NSP
used = json.load(open(a.vocab)); ids = used + lang.SPECIAL + list(range(TS0, lang.VOCAB)); remap = {t: i for i, t in enumerate(ids)}; U = len(used); REST = -1; remap[REST] = len(ids)
start = a.out if os.path.exists(a.out) and not a.fresh else a.init
step = 0
if start:
    net, meta = model.load(start, ids, a.layers); step = meta["step"] if start == a.out else 0
else:
    net = model.build(ids, a.width, 4, a.layers)
    with torch.no_grad():
        for k, t in enumerate(ids):
            if t >= TS0: net.emb[k] = 0.05 * net.pos[min(1499, t - TS0)]
net.to(dev); D = net.d; random.seed(a.seed + 1000003 * step); rng = np.random.default_rng(a.seed + 1000003 * step)
raw = {k: v.float() for k, v in torch.load(a.out + ".last", map_location="cpu", weights_only=False)["net"].items()} if os.path.exists(a.out + ".last") and start == a.out else None
ema = {k: v.detach().clone() for k, v in net.state_dict().items() if k != "pos"}
if raw: net.load_state_dict(raw, strict=False)  # OUT.pt holds the average, OUT.pt.last the weights themselves
if a.mode == "decoder" or a.still:
    for n, p in net.named_parameters(): p.requires_grad_(not n.startswith(("conv", "enc.", "ln_post", "ctc", "tone")))
params = [p for p in net.parameters() if p.requires_grad]; opt = torch.optim.AdamW(params, lr=a.lr, betas=(0.9, 0.98), weight_decay=0.01, fused=True); warm = a.warm
if start == a.out and os.path.exists(a.out + ".opt"):
    try:
        st = torch.load(a.out + ".opt", map_location="cpu", weights_only=False)
        if st["mode"] == a.mode: opt.load_state_dict(st["opt"]); warm = 5
    except Exception as e: print("optimiser begins afresh:", e)


# ---- sequences
def sequence(W, off=0):
    """(inputs, labels, target frame of each label or None) of one utterance: W words with frames."""
    if not W:
        # whisper.cpp bars no-speech and end as first tokens, so what is left must be harmless: a first timestamp, or with
        # timestamps barred a token so improbable (the stand-in for 50,000) that the mean probability says no speech as well
        if rng.random() < 0.5: return [SOT, ZH, TR, TS0], [NSP, None, NSP if rng.random() < 0.8 else TS0, EOT], None
        return [SOT, ZH, TR, NOTS, REST if rng.random() < 0.6 else random.choice(used)], [NSP, None, None, NSP if rng.random() < 0.85 else REST, EOT], None
    plain = rng.random() < a.plain; q = [SOT, ZH, TR] + ([NOTS] if plain else []); own = [None] * len(q); inp = list(q)
    for k, (w, b, e) in enumerate(W):
        t = [z for z in lang.encode(w) if z in remap]; n = max(1, len(t))
        if plain: q += t; inp += t; own += [b + (e - b) * (j + 0.5) / n for j in range(len(t))]; continue
        jit = lambda v: min(1500, max(0, v + off + (int(rng.integers(-2, 3)) if rng.random() < 0.25 else 0)))
        first = k == 0 and b + off > 50  # whisper.cpp bars a first timestamp after 1.00 s
        q += [TS0 + (50 if first else b + off)] + t + [TS0 + e + off]; inp += [TS0 + (50 - int(50 * rng.random() ** 4) if first else jit(b))] + t + [TS0 + jit(e)]; own += [None if first else b + 2.0] + [b + 3 + (e - b - 5) * (j + 0.5) / n for j in range(len(t))] + [e - 2.0]
    q.append(EOT); inp.append(EOT); own.append(None); n = 4 + 222; q, inp, own = q[:n], inp[:n], own[:n]  # whisper.cpp decodes 220 tokens
    if a.corrupt: inp = [random.choice(used) if 0 <= z < EOT and rng.random() < a.corrupt else z for z in inp]
    lab = q[1:]; lab[2] = None if plain else lab[2]
    return inp[:-1], lab, own[1:]


def collate(Ws, off=0):
    S = [sequence(W, off) for W in Ws]; L = max(len(s[0]) for s in S); B = len(S)
    inp = torch.full((B, L), remap[EOT]); lab = torch.full((B, L), -100); cen = np.full((B, L), -99.0, np.float32)
    for i, (x, y, o) in enumerate(S):
        inp[i, :len(x)] = torch.tensor([remap[z] for z in x]); lab[i, :len(y)] = torch.tensor([-100 if z is None else remap[z] for z in y])
        if o: cen[i, :len(o)] = [-99 if c is None else c for c in o]
    return inp.to(dev), lab.to(dev), torch.from_numpy(cen).to(dev)


def decoder_loss(xa, Ws, off=0):
    inp, lab, cen = collate(Ws, off); pick = lab >= 0; lg = net.decode(inp, xa, weights=a.align > 0, pick=pick, rows=None if rng.random() < 0.12 else U + len(lang.SPECIAL) + min(1501, xa.shape[1] + off + 2))  # later timestamps only now and then
    lab[lab == remap[REST]] = lg.shape[-1] - 1; ce = F.cross_entropy(lg, lab[pick]); ga = torch.zeros((), device=dev)
    if a.align > 0:
        r = cen > -50; t = torch.arange(xa.shape[1], device=dev); M = ((t[None] - cen[r][:, None]).abs() <= 6).float()
        if len(M): ga = sum(-torch.log((b.cross_attn.w[r] * M).sum(-1) + 1e-3).mean() for b in net.dec) / len(net.dec)
    with torch.no_grad(): acc = (lg.argmax(-1) == lab[pick]).float(); text = lab[pick] < U; ta = acc[text].mean() if text.any() else acc.mean()
    return ce, ga, ta


# ---- data
class Feats:
    def __init__(self): self.rows, self.mem, self.known = [], {}, set()
    def refresh(self):
        for p in a.feats:
            for q in sorted(glob.glob(p + ".jsonl")):
                q = q[:-6]
                if q in self.known or not os.path.exists(q + ".done"): continue
                self.known.add(q); self.mem[q] = np.memmap(q + ".f16", dtype=np.float16, mode="r").reshape(-1, D)
                self.rows += [(q, r["o"], r["T"], r["w"]) for r in map(json.loads, open(q + ".jsonl", encoding="utf8"))]
        self.rows.sort(key=lambda r: r[2]); self.start = {}
        for i, r in enumerate(self.rows): self.start.setdefault(r[2], []).append(i)
        for t in self.start.values(): t.sort(key=lambda i: sum(2 + 1.6 * len(w[0]) for w in self.rows[i][3]))  # neighbours have sequences of about one length
        self.sizes = list(self.start); self.p = np.array([len(self.start[t]) * t for t in self.sizes], float); self.p /= self.p.sum()
    def batch(self):
        T = self.sizes[rng.choice(len(self.sizes), p=self.p)]; B = max(2, min(160, a.frames // T)); S = self.start[T]; k = random.randint(0, max(0, len(S) - B)); near = S[max(0, k - B):k + 2 * B]; near = near[len(near) // 3:][:2 * B] if len(near) > 2 * B else near; pick = random.sample(near, min(B, len(near)))
        X = np.stack([self.mem[self.rows[i][0]][self.rows[i][1]:self.rows[i][1] + T] for i in pick]); return torch.from_numpy(X.astype(np.float32)).to(dev), [self.rows[i][3] for i in pick]


if a.mode == "decoder":
    data = Feats()
    while True:
        data.refresh() if glob.glob(os.path.dirname(a.feats[0]) + "/*.done") else None
        if data.rows: break
        time.sleep(2)
else:
    import features, telephone, windows
    sh = windows.Spoken(a.shards) if a.mode == "all" else features.Shards(a.shards); data = sh
    while a.mode == "all" and len(sh.rows) < 500: time.sleep(5); sh.refresh()  # times.py has begun only just now

    def audio_batch():
        """utterances of about the same length"""
        r = rng.random(); ys = []
        if r < a.long: tgt = rng.uniform(12, 28)
        elif r < a.long + a.multi: tgt = rng.uniform(3, 11)
        else: tgt = min(10.0, max(0.5, sh.rows[rng.integers(len(sh.rows))][2] / 8000))
        B = max(2, min(64, int(a.frames / 50 / (tgt + 1.0))))
        if r < a.long + a.multi:
            for _ in range(B):
                it, tot = [], 0
                while len(it) < 14:
                    q = sh.rows[rng.integers(len(sh.rows))]
                    if it and tot + q[2] / 8000 + 0.5 > tgt: break
                    it.append(q); tot += q[2] / 8000 + 0.6
                ys.append(features.compose(it, sh, rng, other=sh.audio(q)))
        else:
            cand = [sh.rows[rng.integers(len(sh.rows))] for _ in range(B * 10)]; cand.sort(key=lambda q: abs(q[2] / 8000 - tgt))
            ys = [features.compose([q], sh, rng, other=sh.audio(cand[-1])) for q in cand[:B]]
        ys = [y if len(y[0]) <= 480000 else (y[0][:480000], [s for s in y[1] if s[1] <= 29.9]) for y in ys]
        for i in range(len(ys)):
            if rng.random() < a.noise: n = len(ys[i][0]) // 2; x = telephone.nonspeech(n, rng); ys[i] = (np.interp(np.arange(2 * n) / 2, np.arange(n), x).astype(np.float32) / 32768, [])
        X = features.pad_batch([y for y, _ in ys], rng)
        if r < a.long and rng.random() < 0.5 or rng.random() < 0.01: X = F.pad(X, (0, 480000 - X.shape[1]))
        return features.logmel(X), [s for _, s in ys]

    def spec_aug(mel):
        for b in range(mel.shape[0]):
            if random.random() < a.spec_aug:
                f = random.randint(0, 8); f0 = random.randint(0, 55); mel[b, f0:f0 + f] = mel[b].mean()
                t = random.randint(0, 10); t0 = random.randint(0, max(0, mel.shape[2] - t - 1)); mel[b, :, t0:t0 + t] = mel[b].mean()
        return mel

net.train(); t0 = time.time(); first = step; log = open(a.curve, "a") if a.curve else None; wall = Counter()
print(f"{a.mode} on {dev}: {sum(p.numel() for p in params)/1e6:.2f} M parameters, {len(ids)} tokens, {len(data.rows)} rows, from {start} step {step}", flush=True)


def store():
    model.save(a.out, type("E", (), {"state_dict": lambda s: ema})(), ids, D, step=step); model.save(a.out + ".last", net, ids, D, step=step)
    st = opt.state_dict(); st["state"] = {k: v | {"exp_avg": v["exp_avg"].bfloat16()} for k, v in st["state"].items()}  # stays under 16 MiB; loading makes it float32 again
    torch.save({"mode": a.mode, "opt": st}, a.out + ".opt.tmp"); os.replace(a.out + ".opt.tmp", a.out + ".opt")


def tick(name, since): now = time.time(); wall[name] += now - since; return now


def phone_loss(lp, labels):
    """CTC loss of log probabilities [B, T, labels] for the labels of each."""
    L = [torch.tensor(l) for l in labels]
    return F.ctc_loss(lp.transpose(0, 1).cpu(), torch.cat(L), torch.full((len(L),), lp.shape[1]), torch.tensor([len(l) for l in L]), zero_infinity=True)


def heard(mel, Ws, off, segs=None):
    """Losses of one batch of sound: (sum, characters', attention's, CTC's, share of right tokens). segs: to be aligned first."""
    u = time.time(); keep = list(range(len(mel)))
    with torch.set_grad_enabled(not a.still): xa = net.encode(spec_aug(mel).to(dev), [off] * len(mel) if off else None); lp = F.log_softmax(net.ctc(xa).float(), -1)
    if segs is not None:
        lpn = lp.detach().cpu().numpy(); Ws = [features.word_times(s, l) if s else [] for s, l in zip(segs, lpn)]; keep = [i for i in keep if Ws[i] is not None]
        sp = [i for i, s in enumerate(segs) if s]; text = [[x[2] for x in segs[i]] for i in sp]
    else: sp = [i for i in keep if Ws[i]]; text = [[w[0] for w in Ws[i]] for i in sp]
    u = tick("encoder", u); ce, ga, ta = decoder_loss(xa[keep], [Ws[i] for i in keep], off) if keep else [xa.sum() * 0.0] * 3; u = tick("decoder", u); ctc = xa.sum() * 0.0
    if sp and not a.still:
        ctc = phone_loss(lp[sp], [[z for x in t for z in lang.phones(x)] for t in text])
        if xa.shape[1] < 800 and a.tone: ctc = ctc + a.tone * phone_loss(F.log_softmax(net.tone(xa[sp].detach() if step < a.tone_warm else xa[sp]).float(), -1), [[z for x in t for z in lang.phones(x, True)] for t in text])
    tick("ctc", u)
    return ce + a.align * ga + a.ctc * ctc, ce, ga, ctc, ta


def train(worker):
    """Until the time is over. Several workers share the weights and each has its own optimiser; the first one stores."""
    global step, rng
    if worker: rng = np.random.default_rng(a.seed + 1000003 * step + 7919 * worker); random.seed(a.seed + 1000003 * step + 7919 * worker); torch.manual_seed(worker)
    last = time.time(); acc = Counter()
    while (fr := (time.time() - t0) / (a.minutes * 60)) < 1:
        part = a.part[0] + (a.part[1] - a.part[0]) * fr; lr = a.lr * min(1, (step - first + 1) / warm) * (a.end_lr + (1 - a.end_lr) * 0.5 * (1 + math.cos(math.pi * part)))
        for g in opt.param_groups: g["lr"] = lr
        opt.zero_grad(set_to_none=True); u = time.time(); n = 0
        if a.mode == "decoder":
            xa, Ws = data.batch(); u = tick("data", u); ce, ga, ta = decoder_loss(xa, Ws); loss = ce + a.align * ga; n = len(Ws); acc.update(ce=ce.item(), ga=ga.item(), ta=ta.item()); u = time.time(); loss.backward(); tick("backward", u)
        elif a.mode == "ctc":
            mel, segs = audio_batch(); off = int(rng.integers(0, 1500 - mel.shape[2] // 2)) if mel.shape[2] < 2900 and rng.random() < a.shift else 0; tick("data", u)
            loss, ce, ga, ctc, ta = heard(mel, None, off, segs); n = len(segs); acc.update(ce=ce.item(), ga=ga.item(), ta=ta.item(), ctc=ctc.item()); u = time.time(); loss.backward(); tick("backward", u)
        else:
            for kind in ["fitted"] * (a.frames > 0) + ["full"] * (a.full > 0):
                u = time.time(); X, Ws = windows.fitted(sh, rng, a.frames, a.noise) if kind == "fitted" else windows.full(sh, rng, a.full, a.noise); mel = features.logmel(torch.from_numpy(X))
                off = int(rng.integers(0, 1500 - X.shape[1] // 320)) if kind == "fitted" and X.shape[1] < 460000 and rng.random() < a.shift else 0; tick("data", u)
                loss, ce, ga, ctc, ta = heard(mel, Ws, off); n += len(Ws); p = "" if kind == "fitted" else "full_"; acc.update({p + "ce": ce.item(), p + "ga": ga.item(), p + "ta": ta.item(), p + "ctc": ctc.item()}); u = time.time(); loss.backward(); tick("backward", u)
        u = time.time(); nn.utils.clip_grad_norm_(params, 1.0); opt.step(); step += 1; seen[worker] += n; acc.update(n=1)
        if worker == 0:
            with torch.no_grad():
                d = min(a.ema, (step - first + 1) / (step - first + 10)) if not raw else a.ema
                for k, v in net.state_dict().items():
                    if k in ema and v.is_floating_point(): ema[k].lerp_(v, 1 - d)
        tick("step", u)
        if step % 50 == 0:
            n = acc["n"]; row = {"mode": a.mode, "step": step, "minutes": round((time.time() - t0) / 60, 2), "lr": round(lr, 6)} | {v: round(acc[k] / n, 4) for k, v in {"ce": "ce", "ga": "align", "ta": "text_accuracy", "ctc": "ctc", "full_ce": "full_ce", "full_ga": "full_align", "full_ta": "full_text_accuracy", "full_ctc": "full_ctc"}.items() if k in acc} | {"seen": int(seen.sum())}
            print(json.dumps(row | {"worker": worker, "wall": {k: round(v / sum(wall.values()), 2) for k, v in wall.items()}}), flush=True); acc.clear()
            if log and worker == 0: log.write(json.dumps(row) + "\n"); log.flush()
            if step % 100 == 0 and a.mode != "ctc": data.refresh()
        if worker == 0 and time.time() - last > 120: last = time.time(); store()


seen = torch.zeros(max(1, a.workers), dtype=torch.long).share_memory_(); others = []
if a.workers > 1:
    import torch.multiprocessing as mp
    net.share_memory(); others = [mp.get_context("fork").Process(target=train, args=(k,)) for k in range(1, a.workers)]
    for p in others: p.start()
train(0)
for p in others: p.join()
store(); print("done", step, f"{(time.time()-t0)/60:.1f} min", flush=True)
