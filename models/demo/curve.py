#!/usr/bin/env python3
"""Draws the training log.  usage: curve.py training-curve.jsonl OUT.svg
Share of characters that are right when the truth is fed back, by step: decoder runs, then the joint runs in fitted (thick) and full windows (thin)."""
import json, sys

rows = [json.loads(l) for l in open(sys.argv[1], encoding="utf8")]
W, H, n = 760, 320, len(rows)
X = lambda i: 50 + 690 * i / max(1, n - 1)
Y = lambda v: 280 - 250 * v
out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{W}" height="{H}" font-family="sans-serif" font-size="11"><rect width="{W}" height="{H}" fill="white"/>']
for v in (0, 0.25, 0.5, 0.75, 1): out.append(f'<line x1="50" x2="740" y1="{Y(v):.0f}" y2="{Y(v):.0f}" stroke="#ddd"/><text x="20" y="{Y(v) + 4:.0f}">{v}</text>')
for key, width in (("text_accuracy", 1.8), ("full_text_accuracy", 0.9)):
    for run in sorted({r["run"] for r in rows}):
        line = [f"{X(i):.0f},{Y(r[key]):.0f}" for i, r in enumerate(rows) if r["run"] == run and key in r]
        if line: out.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="#36c" stroke-width="{width}"/>')
last = None
for i, r in enumerate(rows):
    if r["run"] != last: last = r["run"]; out.append(f'<line x1="{X(i):.0f}" x2="{X(i):.0f}" y1="30" y2="280" stroke="#bbb" stroke-dasharray="3 3"/><text x="{X(i) + 2:.0f}" y="298">run {last}: {r["mode"]}</text>')
open(sys.argv[2], "w", encoding="utf8").write("\n".join(out + ["</svg>\n"]))
