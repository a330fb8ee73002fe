"""Whisper's shape with a compact embedding (only tokens in use, one stand-in for the others); exports openai-whisper's tensor names."""
import math
import torch, torch.nn as nn, torch.nn.functional as F


def sinusoids(length, channels, max_timescale=10000):
    inc = math.log(max_timescale) / (channels // 2 - 1); inv = torch.exp(-inc * torch.arange(channels // 2))
    s = torch.arange(length)[:, None] * inv[None]; return torch.cat([s.sin(), s.cos()], 1)


class MHA(nn.Module):
    def __init__(s, d, h):
        super().__init__(); s.h = h; s.query = nn.Linear(d, d); s.key = nn.Linear(d, d, bias=False); s.value = nn.Linear(d, d); s.out = nn.Linear(d, d)
    def forward(s, x, xa=None, causal=False, bias=None, weights=False):
        src = x if xa is None else xa; B, T, D = x.shape; S = src.shape[1]; f = lambda t, n: t.view(B, n, s.h, D // s.h).transpose(1, 2)
        if weights:  # the cross attention's weights are wanted for the alignment loss
            w = (f(s.query(x), T) @ f(s.key(src), S).transpose(-1, -2)).float() * (D // s.h) ** -0.5
            if bias is not None: w = w + bias
            w = w.softmax(-1); s.w = w[:, 0]; o = w.to(x.dtype) @ f(s.value(src), S)
        else: o = F.scaled_dot_product_attention(f(s.query(x), T), f(s.key(src), S), f(s.value(src), S), attn_mask=bias, is_causal=causal)
        return s.out(o.transpose(1, 2).reshape(B, T, D))


class Block(nn.Module):
    def __init__(s, d, h, cross):
        super().__init__(); s.attn = MHA(d, h); s.attn_ln = nn.LayerNorm(d)
        if cross: s.cross_attn = MHA(d, h); s.cross_attn_ln = nn.LayerNorm(d)
        s.cross = cross; s.mlp = nn.Sequential(nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d)); s.mlp_ln = nn.LayerNorm(d)
    def forward(s, x, xa=None, bias=None, weights=False):
        x = x + s.attn(s.attn_ln(x), causal=s.cross, bias=None if s.cross else bias)
        if s.cross: x = x + s.cross_attn(s.cross_attn_ln(x), xa, bias=bias, weights=weights)
        return x + s.mlp(s.mlp_ln(x))


class Net(nn.Module):
    def __init__(s, d, nenc, ndec, K, NU, nctc, ntone=0, nctx=448):
        super().__init__(); h = d // 64; s.d = d
        s.conv1 = nn.Conv1d(80, d, 3, padding=1); s.conv2 = nn.Conv1d(d, d, 3, stride=2, padding=1)
        s.register_buffer("pos", sinusoids(1500, d)); s.enc = nn.ModuleList(Block(d, h, False) for _ in range(nenc)); s.ln_post = nn.LayerNorm(d)
        s.emb = nn.Parameter(torch.randn(K + 1, d) * 0.03); s.dpos = nn.Parameter(torch.randn(nctx, d) * 0.01)
        s.dec = nn.ModuleList(Block(d, h, True) for _ in range(ndec)); s.ln = nn.LayerNorm(d); s.ctc = nn.Linear(d, nctc); s.logNU = math.log(NU)
        if ntone: s.tone = nn.Linear(d, ntone)
    def encode(s, mel, off=None):
        x = F.gelu(s.conv1(mel)); x = F.gelu(s.conv2(x)).transpose(1, 2).contiguous(); T = x.shape[1]
        x = x + (s.pos[:T] if off is None else torch.stack([s.pos[o:o + T] for o in off])).to(x.dtype)
        for b in s.enc: x = b(x)
        return s.ln_post(x)
    def decode(s, tok, xa, bias=None, weights=False, pick=None, rows=None):
        """pick: boolean mask of the positions whose logits are wanted; rows: only the first rows of the vocabulary (and the stand-in)."""
        x = s.emb[tok] + s.dpos[:tok.shape[1]]
        for b in s.dec: x = b(x, xa, bias, weights)
        x = s.ln(x)
        if pick is not None: x = x[pick]
        lg = F.linear(x, s.emb if rows is None else torch.cat([s.emb[:rows], s.emb[-1:]])).float()
        return torch.cat([lg[..., :-1], lg[..., -1:] + s.logNU], -1)
    def export(s, ids, dims_vocab=51865):
        """State in openai-whisper's names, float32; rows of unused tokens all equal the stand-in's."""
        o = {}
        E = s.emb[-1:].repeat(dims_vocab, 1).clone(); E[torch.tensor(ids)] = s.emb[:-1]
        o["decoder.token_embedding.weight"] = E; o["decoder.positional_embedding"] = s.dpos; o["encoder.positional_embedding"] = s.pos
        for a in ("conv1", "conv2"):
            for p in ("weight", "bias"): o[f"encoder.{a}.{p}"] = getattr(getattr(s, a), p)
        for pre, bl in (("encoder", s.enc), ("decoder", s.dec)):
            for i, b in enumerate(bl):
                for k, v in b.state_dict().items(): o[f"{pre}.blocks.{i}.{k}"] = v
        for p in ("weight", "bias"): o[f"encoder.ln_post.{p}"] = getattr(s.ln_post, p); o[f"decoder.ln.{p}"] = getattr(s.ln, p)
        return {k: v.detach().float().cpu().clone() for k, v in o.items()}
