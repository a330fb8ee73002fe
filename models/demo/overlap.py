#!/usr/bin/env python3
"""Runs of eight characters and more shared by training text and the fixtures.
usage: overlap.py TEXT.jsonl... --fixtures FIXTURES_DIR [--n 8]   (TEXT: JSON Lines with "t")"""
import argparse, glob, json, os, re
clean = lambda t: re.sub(r"[^\u4e00-\u9fffA-Za-z0-9]", "", t)


def fixture_sentences(d):
    S = set()
    for f in glob.glob(os.path.join(d, "**", "*.jsonl"), recursive=True):
        for l in open(f, encoding="utf8"):
            r = json.loads(l)
            S.update(clean(t["t"]) for t in r.get("turns", [])); S.add(clean(r.get("text", "")))
    for f in glob.glob(os.path.join(d, "calls", "*.json")): S.update(clean(t["text"]) for t in json.load(open(f, encoding="utf8"))["turns"])
    S.discard("")
    return S


def grams(S, n=8): return {s[i:i + n] for s in S for i in range(len(s) - n + 1)}


class Guard:
    """True for a text that shares a run of n characters with any fixture sentence."""
    def __init__(self, d, n=8): self.n, self.g = n, grams(fixture_sentences(d), n)
    def __call__(self, t):
        t = clean(t); return any(t[i:i + self.n] in self.g for i in range(len(t) - self.n + 1))


if __name__ == "__main__":
    ap = argparse.ArgumentParser(); ap.add_argument("src", nargs="+"); ap.add_argument("--fixtures", required=True); ap.add_argument("--n", type=int, default=8); a = ap.parse_args()
    g = Guard(a.fixtures, a.n); fx = fixture_sentences(a.fixtures); long = {s for s in fx if len(s) >= a.n}; n = hit = whole = 0
    for p in a.src:
        for l in open(p, encoding="utf8"):
            t = clean(json.loads(l)["t"]); n += 1; hit += g(t); whole += t in long
    print(f"{n} training sentences, {len(fx)} fixture sentences ({len(long)} of {a.n} characters and more): {hit} ({100*hit/max(1,n):.2f} %) share a run of {a.n}, {whole} are a whole fixture sentence")
