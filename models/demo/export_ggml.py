#!/usr/bin/env python3
"""Write a checkpoint as a ggml Whisper model (f16).  usage: export_ggml.py CKPT.pt OUT.bin"""
import base64, os, struct, sys
import numpy as np, whisper
import lang, model

net, meta = model.load(sys.argv[1]); d = meta["D"]; W = net.export(meta["ids"]); A = os.path.join(os.path.dirname(whisper.__file__), "assets"); mel = np.load(A + "/mel_filters.npz")["mel_80"].astype("<f4")
tmp = sys.argv[2] + ".tmp"
with open(tmp, "wb") as f:
    f.write(struct.pack("<12i", 0x67676d6c, lang.VOCAB, 1500, d, d // 64, len(net.enc), 448, d, d // 64, len(net.dec), 80, 1)); f.write(struct.pack("<2i", *mel.shape)); f.write(mel.tobytes())
    tok = [base64.b64decode(l.split()[0]) for l in open(A + "/multilingual.tiktoken", "rb") if l.strip()]; f.write(struct.pack("<i", len(tok)))
    for t in tok: f.write(struct.pack("<i", len(t))); f.write(t)
    for name, t in W.items():
        x = t.numpy()
        if name in ("encoder.conv1.bias", "encoder.conv2.bias"): x = x.reshape(-1, 1)
        half = x.ndim >= 2 and not name.endswith("positional_embedding") and not name.startswith("encoder.conv") or name in ("encoder.conv1.weight", "encoder.conv2.weight")
        b = name.encode(); f.write(struct.pack("<3i", x.ndim, len(b), 1 if half else 0)); f.write(struct.pack(f"<{x.ndim}i", *x.shape[::-1])); f.write(b); f.write(np.ascontiguousarray(x.astype("<f2" if half else "<f4")).tobytes())
os.replace(tmp, sys.argv[2]); print(os.path.getsize(sys.argv[2]), "bytes", len(W), "tensors", "step", meta["step"])
