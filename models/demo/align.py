"""Viterbi alignment of a label sequence to CTC log probabilities: the mean frame of each label, -1 where none."""
import numba as nb, numpy as np


@nb.njit(cache=True)
def viterbi(lp, lab):
    T = lp.shape[0]; L = len(lab); S = 2 * L + 1
    d = np.full((T, S), -1e30, np.float32); bp = np.zeros((T, S), np.int8)
    d[0, 0] = lp[0, 0]
    if S > 1: d[0, 1] = lp[0, lab[0]]
    for t in range(1, T):
        for s in range(S):
            k = 0 if s % 2 == 0 else lab[s // 2]
            b = d[t-1, s]; w = 0
            if s > 0 and d[t-1, s-1] > b: b = d[t-1, s-1]; w = 1
            if s > 1 and s % 2 == 1 and lab[s // 2] != lab[s // 2 - 1] and d[t-1, s-2] > b: b = d[t-1, s-2]; w = 2
            d[t, s] = b + lp[t, k]; bp[t, s] = w
    s = S - 1
    if S > 1 and d[T-1, S-2] > d[T-1, S-1]: s = S - 2
    out = np.full(L, -1.0, np.float32); cnt = np.zeros(L, np.float32)
    for t in range(T - 1, -1, -1):
        if s % 2 == 1:
            if out[s // 2] < 0: out[s // 2] = 0
            out[s // 2] += t; cnt[s // 2] += 1
        s -= bp[t, s]
    for i in range(L): out[i] = out[i] / cnt[i] if cnt[i] > 0 else -1.0
    return out
