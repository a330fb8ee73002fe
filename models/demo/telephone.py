"""Telephone conditions: band 300-3400 Hz, A-law, mu-law, GSM full rate (libgsm), noise, hum, gain, cross-talk, clipped starts; and clips without speech.
All signals are float at 8 kHz with the scale of 16-bit samples."""
import ctypes, math
import numpy as np
from scipy.signal import butter, lfilter

BAND = butter(2, [250 / 4000, 3400 / 4000], btype="band")
try: GSM = ctypes.CDLL("libgsm.so.1"); GSM.gsm_create.restype = ctypes.c_void_p
except OSError: GSM = None


def mulaw(x):
    y = np.clip(x / 32768, -1, 1); y = np.sign(y) * np.log1p(255 * np.abs(y)) / math.log(256); y = np.round(y * 127) / 127
    return np.sign(y) * np.expm1(np.abs(y) * math.log(256)) / 255 * 32768


def alaw(x):
    A, L = 87.6, 1 + math.log(87.6); y = np.clip(np.abs(x) / 32768, 0, 1)
    c = np.where(y < 1 / A, A * y / L, (1 + np.log(np.maximum(A * y, 1))) / L); c = np.round(c * 127) / 127
    return np.sign(x) * np.where(c < 1 / L, c * L / A, np.exp(c * L - 1) / A) * 32768


def gsm(x):
    if GSM is None: return x
    h, k = ctypes.c_void_p(GSM.gsm_create()), ctypes.c_void_p(GSM.gsm_create()); n = len(x)
    s = np.zeros(-(-n // 160) * 160, np.int16); s[:n] = np.clip(x, -32768, 32767); o = np.zeros_like(s); f = ctypes.create_string_buffer(33)
    for i in range(0, len(s), 160):
        GSM.gsm_encode(h, ctypes.c_void_p(s.ctypes.data + 2 * i), f); GSM.gsm_decode(k, f, ctypes.c_void_p(o.ctypes.data + 2 * i))
    GSM.gsm_destroy(h); GSM.gsm_destroy(k)
    return o[:n].astype(np.float64)


def pink(n, rng):
    f = np.fft.rfft(rng.standard_normal(n)); f /= np.sqrt(np.maximum(1, np.arange(len(f)))); y = np.fft.irfft(f, n); return y / (y.std() + 1e-9)


def degrade(x, rng, other=None):
    """x: float; other: another utterance for cross-talk."""
    if rng.random() < 0.12: x = x.copy(); k = int(rng.uniform(0, 0.04) * 8000); x[:k] *= 0
    if other is not None and len(other) and rng.random() < 0.3:
        o = np.resize(other, len(x)); x = x + o * 10 ** (rng.uniform(-52, -32) / 20)
    if rng.random() < 0.6: x = lfilter(*BAND, x)
    x = x * 10 ** (rng.uniform(-20, 3) / 20)
    r = rng.random()
    if r < 0.75:
        p = np.mean(x * x) + 1e-9; k = rng.random(); n = rng.standard_normal(len(x)) if k < 0.65 else pink(len(x), rng)
        if k > 0.93: n = n * 0.3 + np.sin(2 * np.pi * rng.choice([50, 100, 150]) * np.arange(len(x)) / 8000)
        snr = rng.uniform(25, 55) if rng.random() < 0.7 else rng.uniform(12, 30)
        x = x + n * math.sqrt(p / (np.mean(n * n) + 1e-9) / 10 ** (snr / 10))
    r = rng.random()
    if r < 0.12: x = mulaw(x)
    elif r < 0.24: x = alaw(x)
    elif r < 0.34: x = gsm(x)
    return np.clip(x, -32768, 32767)


def nonspeech(n, rng, sr=8000):
    """n samples without words: silence, noises, ringback and other tones, chords, clicks."""
    t = np.arange(n) / sr; a = 10 ** rng.uniform(0.3, 3.9); k = rng.integers(0, 9)
    if k == 0: x = np.zeros(n)
    elif k == 1: x = rng.standard_normal(n) * a
    elif k == 2: x = pink(n, rng) * a
    elif k == 3: x = np.cumsum(rng.standard_normal(n)); x = x - np.convolve(x, np.ones(400) / 400, "same") if n > 400 else x; x = x / (x.std() + 1e-9) * a
    elif k == 4:  # ringback 1 s on, 4 s off at 450 Hz; busy 0.35/0.35
        on, off = [(1.0, 4.0), (0.35, 0.35), (0.7, 0.7), (2.0, 4.0)][rng.integers(0, 4)]; x = np.sin(2 * np.pi * rng.choice([400, 425, 440, 450, 480]) * t) * ((t + rng.uniform(0, 5)) % (on + off) < on) * a
        if rng.random() < 0.3: x = x + np.sin(2 * np.pi * 480 * t) * a * (x != 0)
    elif k in (5, 6):  # chords, melody with decays
        x = np.zeros(n); u = 0
        while u < n:
            d = int(rng.uniform(0.15, 1.6) * sr); m = min(d, n - u); tt = np.arange(m) / sr; f0 = 110 * 2 ** (rng.integers(0, 37) / 12); env = np.exp(-tt * rng.uniform(0, 4)) * np.minimum(1, tt / 0.01)
            for iv in ([0, 4, 7], [0, 3, 7], [0], [0, 5, 9], [0, 7], [0, 4, 7, 11])[rng.integers(0, 6)]:
                f = f0 * 2 ** (iv / 12); x[u:u + m] += env * sum(np.sin(2 * np.pi * f * h * tt) / h ** rng.uniform(0.8, 2) for h in range(1, 1 + int(min(5, 3800 // f))))
            u += m
        x = x / (x.std() + 1e-9) * a
    elif k == 7:  # clicks, dial tones
        x = np.zeros(n); i = rng.integers(0, n, rng.integers(1, 12)); x[i] = a * 4; x = lfilter([1], [1, -0.7], x)
        if rng.random() < 0.5: x += a * (np.sin(2 * np.pi * rng.choice([697, 770, 852, 941]) * t) + np.sin(2 * np.pi * rng.choice([1209, 1336, 1477]) * t)) * ((t * rng.uniform(1, 5)) % 1 < 0.4)
    else: x = rng.standard_normal(n) * a * (np.sin(2 * np.pi * rng.uniform(0.2, 3) * t) ** 2)  # breath-like
    if rng.random() < 0.5: x = x + rng.standard_normal(n) * 10 ** rng.uniform(0, 1.6)
    if sr == 8000 and rng.random() < 0.5: x = lfilter(*BAND, x)
    if rng.random() < 0.2: x = mulaw(x)
    return np.clip(x, -32768, 32767)
