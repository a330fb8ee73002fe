#!/usr/bin/env python3
"""Train the network, resumable.  usage: train.py decoder|all MINUTES OUT.pt [INIT.pt] (options below)
decoder: the encoder stands still, its outputs come from cache.py's files (FEATS);  all: everything, from synth.py's shards (SHARDS).
Continues from OUT.pt where it exists (its step, its average), else from INIT.pt, else from nothing."""
import argparse, glob, json, math, os, random, sys, time
from collections import Counter
import numpy as np, torch, torch.nn as nn, torch.nn.functional as F
import lang, model

ap = argparse.ArgumentParser(); ap.add_argument("mode", choices=["decoder", "all"]); ap.add_argument("minutes", type=float); ap.add_argument("out"); ap.add_argument("init", nargs="?")
ap.add_argument("--feats", nargs="*", default=[]); ap.add_argument("--shards", nargs="*", default=[]); ap.add_argument("--vocab", default=os.path.join(lang.HERE, "vocab.json"))
ap.add_argument("--lr", type=float, default=1e-3); ap.add_argument("--end-lr", type=float, default=0.05, help="share of --lr at the end of the run"); ap.add_argument("--warm", type=int, default=60); ap.add_argument("--frames", type=int, default=12000, help="encoder frames a batch")
ap.add_argument("--threads", type=int, default=1); ap.add_argument("--width", type=int, default=128); ap.add_argument("--layers", type=int, default=3); ap.add_argument("--plain", type=float, default=0.25, help="share of sequences without timestamps")
ap.add_argument("--corrupt", type=float, default=0.06, help="share of wrong tokens fed back"); ap.add_argument("--align", type=float, default=0.3, help="weight of the attention loss"); ap.add_argument("--ema", type=float, default=0.998)
ap.add_argument("--multi", type=float, default=0.15); ap.add_argument("--long", type=float, default=0.05); ap.add_argument("--noise", type=float, default=0.03); ap.add_argument("--seed", type=int, default=1); ap.add_argument("--ctc", type=float, default=0.15); ap.add_argument("--tone-warm", type=int, default=0, help="steps in which the tone head learns without moving the encoder"); ap.add_argument("--shift", type=float, default=0.1, help="share of batches placed later in the 30 s window, so that late positions are learnt cheaply"); ap.add_argument("--fresh", action="store_true")
ap.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu"); ap.add_argument("--peer", help="another run's OUT.pt: every 60 steps the two exchange weights and go on from the mean"); ap.add_argument("--curve", help="JSON Lines of step, time, losses")
a = ap.parse_args()
torch.set_num_threads(a.threads); torch.manual_seed(a.seed); dev = a.device
SOT, ZH, TR, NOTS, TS0, EOT, NSP = lang.SOT, lang.ZH, lang.TR, lang.NOTS, lang.TS0, lang.EOT, lang.NSP
used = json.load(open(a.vocab)); ids = used + lang.SPECIAL + list(range(TS0, lang.VOCAB)); remap = {t: i for i, t in enumerate(ids)}; U = len(used)
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
if a.mode == "decoder":
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
        if rng.random() < 0.5: return [SOT, ZH, TR, TS0], [NSP, None, NSP, EOT], None
        return [SOT, ZH, TR, NOTS, random.choice(used)], [NSP, None, None, NSP, EOT], None
    plain = rng.random() < a.plain; q = [SOT, ZH, TR] + ([NOTS] if plain else []); own = [None] * len(q); inp = list(q)
    for k, (w, b, e) in enumerate(W):
        t = [z for z in lang.encode(w) if z in remap]; n = max(1, len(t))
        if plain: q += t; inp += t; own += [b + (e - b) * (j + 0.5) / n for j in range(len(t))]; continue
        jit = lambda v: min(1500, max(0, v + off + (int(rng.integers(-2, 3)) if rng.random() < 0.25 else 0)))
        q += [TS0 + b + off] + t + [TS0 + e + off]; inp += [TS0 + jit(b)] + t + [TS0 + jit(e)]; own += [b + 2.0] + [b + 3 + (e - b - 5) * (j + 0.5) / n for j in range(len(t))] + [e - 2.0]
    q.append(EOT); inp.append(EOT); own.append(None); q, inp, own = q[:440], inp[:440], own[:440]
    if a.corrupt: inp = [random.choice(used) if z < EOT and rng.random() < a.corrupt else z for z in inp]
    lab = q[1:]; lab[0] = ZH
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
    ce = F.cross_entropy(lg, lab[pick]); ga = torch.zeros((), device=dev)
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
    import features, telephone
    sh = features.Shards(a.shards); data = sh

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
            if random.random() < 0.4:
                f = random.randint(0, 8); f0 = random.randint(0, 55); mel[b, f0:f0 + f] = mel[b].mean()
                t = random.randint(0, 10); t0 = random.randint(0, max(0, mel.shape[2] - t - 1)); mel[b, :, t0:t0 + t] = mel[b].mean()
        return mel

net.train(); t0 = time.time(); last = t0; acc = Counter(); seen = 0; first = step
print(f"{a.mode} on {dev}: {sum(p.numel() for p in params)/1e6:.2f} M parameters, {len(ids)} tokens, {len(data.rows)} rows, from {start} step {step}", flush=True)
log = open(a.curve, "a") if a.curve else None


def store():
    model.save(a.out, type("E", (), {"state_dict": lambda s: ema})(), ids, D, step=step); model.save(a.out + ".last", net, ids, D, step=step)
    torch.save({"mode": a.mode, "opt": opt.state_dict()}, a.out + ".opt.tmp"); os.replace(a.out + ".opt.tmp", a.out + ".opt")


while True:
    fr = (time.time() - t0) / (a.minutes * 60)
    if fr >= 1: break
    lr = a.lr * min(1, (step - first + 1) / warm) * (a.end_lr + (1 - a.end_lr) * 0.5 * (1 + math.cos(math.pi * fr)))
    for g in opt.param_groups: g["lr"] = lr
    if a.mode == "decoder":
        xa, Ws = data.batch(); ce, ga, ta = decoder_loss(xa, Ws); loss = ce + a.align * ga; ctc = torch.zeros(())
    else:
        mel, segs = audio_batch(); off = int(rng.integers(0, 1500 - mel.shape[2] // 2)) if mel.shape[2] < 2900 and rng.random() < a.shift else 0
        xa = net.encode(spec_aug(mel).to(dev), [off] * len(segs) if off else None); lp = F.log_softmax(net.ctc(xa).float(), -1); lpn = lp.detach().cpu().numpy(); T = xa.shape[1]
        Ws = [features.word_times(s, l) if s else [] for s, l in zip(segs, lpn)]; keep = [i for i, W in enumerate(Ws) if W is not None]
        ce, ga, ta = decoder_loss(xa[keep], [Ws[i] for i in keep], off) if keep else [xa.sum() * 0.0] * 3; sp = [i for i, s in enumerate(segs) if s]
        ctc = torch.zeros((), device=dev)
        if sp:
            for head, tone in ((lp, False), (F.log_softmax(net.tone(xa.detach() if step < a.tone_warm else xa).float(), -1), True)):
                L = [[z for _, _, tx in segs[i] for z in lang.phones(tx, tone)] for i in sp]
                ctc = ctc + F.ctc_loss(head.transpose(0, 1)[:, sp].cpu(), torch.tensor([z for l in L for z in l]), torch.full((len(sp),), T), torch.tensor([len(l) for l in L]), zero_infinity=True)
        loss = ce + a.align * ga + a.ctc * ctc
    opt.zero_grad(set_to_none=True); loss.backward(); nn.utils.clip_grad_norm_(params, 1.0); opt.step(); step += 1; seen += len(Ws)
    with torch.no_grad():
        d = min(a.ema, (step - first + 1) / (step - first + 10)) if not raw else a.ema
        for k, v in net.state_dict().items():
            if k in ema and v.is_floating_point(): ema[k].lerp_(v, 1 - d)
    acc.update(n=1, ce=ce.item(), ga=ga.item(), ta=ta.item(), ctc=ctc.item())
    if step % 50 == 0:
        n = acc["n"]; row = {"mode": a.mode, "step": step, "minutes": round((time.time() - t0) / 60, 2), "lr": round(lr, 6), "ce": round(acc["ce"] / n, 4), "align": round(acc["ga"] / n, 4), "text_accuracy": round(acc["ta"] / n, 4), "ctc": round(acc["ctc"] / n, 4), "seen": seen}
        print(json.dumps(row), flush=True); acc.clear()
        if log: log.write(json.dumps(row) + "\n"); log.flush()
        if a.mode == "decoder" and step % 100 == 0: data.refresh()
    if a.peer and step % 60 == 0:
        model.save(a.out + ".peer", net, ids, D, step=step)
        if os.path.exists(a.peer + ".peer") and time.time() - os.path.getmtime(a.peer + ".peer") < 300:
            try:
                other = torch.load(a.peer + ".peer", map_location="cpu", weights_only=False)["net"]
                with torch.no_grad():
                    for k, p in net.named_parameters():
                        if p.requires_grad: p.lerp_(other[k].float().to(dev), 0.5)
            except Exception as e: print("peer:", e)
    if time.time() - last > 120: last = time.time(); store()
store(); print("done", step, f"{(time.time()-t0)/60:.1f} min", flush=True)
