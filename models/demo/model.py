"""Loading and saving of checkpoints (float16, about 5 MB), and of the first recipe's format."""
import os
import torch
from net import Net
import lang


def sizes(sd): return 1 + max(int(k.split(".")[1]) for k in sd if k.startswith("dec.")), 1 + max(int(k.split(".")[1]) for k in sd if k.startswith("enc."))


def build(ids, d, nenc, ndec, tone=True): return Net(d, nenc, ndec, len(ids), lang.VOCAB - len(ids), len(lang.PH) + 1, len(lang.TONES) + 1 if tone else 0)


def load(path, ids=None, ndec=None):
    """Network and metadata. `ids`: the vocabulary wanted (rows of new tokens start from the stand-in's)."""
    ck = torch.load(path, map_location="cpu", weights_only=False); sd = {k: v.float() for k, v in ck["net"].items()}; nd, ne = sizes(sd); old = ck["ids"]
    ids = ids or old; net = build(ids, ck["D"], ne, ndec or nd); e = net.emb.data.clone(); at = {t: i for i, t in enumerate(old)}
    for i, t in enumerate(ids): e[i] = sd["emb"][at[t]] if t in at else sd["emb"][-1] + 0.02 * torch.randn(ck["D"])
    e[-1] = sd["emb"][-1]; sd["emb"] = e; own = net.state_dict()
    sd = {k: v for k, v in sd.items() if k in own and own[k].shape == v.shape}; missing = net.load_state_dict(sd, strict=False).missing_keys
    for i in range(nd, ndec or nd):  # further text layers begin as the identity
        b = net.dec[i]
        for m in (b.attn.out, b.cross_attn.out, b.mlp[2]): m.weight.data.zero_(); m.bias.data.zero_()
    return net, {"ids": ids, "D": ck["D"], "step": ck.get("step", 0), "missing": missing}


def save(path, net, ids, d, **more):
    tmp = path + ".tmp"; torch.save({"net": {k: (v.half() if v.is_floating_point() else v).cpu() for k, v in net.state_dict().items() if k != "pos"}, "ids": ids, "D": d, **more}, tmp); os.replace(tmp, path)
