"""Sound whose tempo, key, tuning and level are known, because it is made here."""

import numpy as np

DRUM_S = 0.25


def sine(frequency_hz, duration_s, rate, *, dbfs=0.0, phase=0.0):
    t = np.arange(round(duration_s * rate)) / rate
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * frequency_hz * t + phase)).astype(np.float32)


def stereo(channel):
    return np.stack([channel, channel])


def noise(duration_s, rate, *, level=0.1, seed=1):
    return (level * np.random.default_rng(seed).standard_normal(round(duration_s * rate))).astype(np.float32)


def drums(rate, seed=1):
    """One kick, snare and hat each, by the letters that patterns are written in."""
    t = np.arange(round(DRUM_S * rate)) / rate
    hiss = np.random.default_rng(seed).standard_normal(len(t))
    return {
        "k": np.sin(2 * np.pi * (50 * t + 1.8 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.1),
        "s": 0.5 * (hiss + np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.06),
        "h": 0.2 * np.diff(hiss, prepend=0) * np.exp(-t / 0.02),
    }


def groove(bpm, duration_s, rate, pattern, *, jitter_s=0.0, seed=1):
    """The pattern's lines (sixteen steps, a letter where that drum is hit) bar by bar; `bpm` may be a function of the
    share of the duration that has passed."""
    kit = drums(rate, seed)
    random = np.random.default_rng(seed)
    sound = np.zeros(round((duration_s + 1) * rate), np.float32)
    time_s, step = 0.0, 0
    while time_s < duration_s:
        for line in pattern:
            if line[step % 16] != ".":
                hit = kit[line[step % 16]]
                at = max(0, round((time_s + random.normal(0, jitter_s)) * rate))
                room = sound[at : at + len(hit)]
                room += hit[: len(room)]
        time_s += 15 / (bpm(time_s / duration_s) if callable(bpm) else bpm)
        step += 1
    return 0.5 * sound[: round(duration_s * rate)]


def chord(notes, duration_s, rate, *, cents=0.0):
    """MIDI notes, each with six harmonics, struck and dying away."""
    t = np.arange(round(duration_s * rate)) / rate
    envelope = np.minimum(1, t / 0.01) * np.exp(-t / (duration_s / 2))
    sound = np.zeros(len(t))
    for note in notes:
        frequency_hz = 440 * 2 ** ((note - 69 + cents / 100) / 12)
        sound += sum(np.sin(2 * np.pi * frequency_hz * h * t + h) / h**1.5 for h in range(1, 7))
    return (0.08 * envelope * sound).astype(np.float32)


def progression(chords, bars, bar_s, rate, *, cents=0.0):
    """The chords one after another, a bar each, round and round."""
    made = [chord(notes, bar_s, rate, cents=cents) for notes in chords]
    return np.concatenate([made[bar % len(made)] for bar in range(bars)])
