#!/usr/bin/env python3
"""Read a ggml Whisper file of this recipe back into a checkpoint, to go on from a shipped model.
usage: import_ggml.py MODEL.bin OUT.pt [HEADS]     HEADS: ctc-heads.npz beside this script (the phone heads, which the
ggml file does not hold), or a checkpoint; without them the heads begin afresh."""
import json, os, struct, sys
import numpy as np, torch
import lang, model


def read(path):
    """openai-whisper's tensor names -> float32 tensors, and the sizes in the header."""
    with open(path, "rb") as f:
        b = f.read()
    at = 0
    def ints(n):
        nonlocal at
        v = struct.unpack_from(f"<{n}i", b, at); at += 4 * n
        return v
    h = ints(12)
    if h[0] != 0x67676d6c: raise SystemExit(f"{path}: not a ggml file")
    m = ints(2); at += 4 * m[0] * m[1]
    for _ in range(ints(1)[0]):
        n = ints(1)[0]; at += n
    out = {}
    while at < len(b):
        nd, ln, half = ints(3); shape = ints(nd)[::-1]; name = b[at:at + ln].decode(); at += ln
        n = int(np.prod(shape)); x = np.frombuffer(b, "<f2" if half else "<f4", n, at); at += x.nbytes
        out[name] = torch.from_numpy(x.astype(np.float32).reshape(shape))
    return out, {"d": h[3], "enc": h[5], "dec": h[9]}


def load(path, heads=None):
    W, s = read(path); used = json.load(open(os.path.join(lang.HERE, "vocab.json"))); ids = used + lang.SPECIAL + list(range(lang.TS0, lang.VOCAB)); net = model.build(ids, s["d"], s["enc"], s["dec"])
    E = W.pop("decoder.token_embedding.weight"); free = next(t for t in range(lang.TS0) if t not in set(ids)); sd = {"emb": torch.cat([E[torch.tensor(ids)], E[free:free + 1]]), "dpos": W.pop("decoder.positional_embedding")}
    for k, v in W.items():
        p = k.split("."); side = {"encoder": "enc", "decoder": "dec"}[p[0]]
        if p[1] == "positional_embedding": continue
        n = ".".join([side] + p[2:]) if p[1] == "blocks" else ("ln_post." if p[1] == "ln_post" else "ln." if p[1] == "ln" else p[1] + ".") + p[2]
        sd[n] = v.squeeze(-1) if p[1].startswith("conv") and p[2] == "bias" else v
    own = set(net.state_dict()) - {"pos"}
    if heads and heads.endswith(".npz"): sd |= {k: torch.from_numpy(v.astype(np.float32)) for k, v in np.load(heads).items()}
    elif heads: sd |= {k: v.float() for k, v in torch.load(heads, map_location="cpu", weights_only=False)["net"].items() if k.startswith(("ctc.", "tone."))}
    lost = {k for k in own - set(sd) if not k.startswith(("ctc.", "tone."))}
    if lost or set(sd) - own: raise SystemExit(f"{path}: tensors do not fit: {sorted(lost)} {sorted(set(sd) - own)}")
    net.load_state_dict(sd, strict=False)
    return net, ids, s["d"], sorted(own - set(sd))


if __name__ == "__main__":
    net, ids, d, fresh = load(*([sys.argv[1]] + sys.argv[3:4])); model.save(sys.argv[2], net, ids, d, step=0)
    print(sys.argv[2], sum(p.numel() for p in net.parameters()), "parameters; begun afresh:", fresh or "none")
