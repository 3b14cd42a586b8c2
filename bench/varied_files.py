"""Fifty-five files that have little in common: every usual rate, width, depth and codec, from 5 s to 5 minutes.

Made on the spot, and kept: the next run finds them unless what they are made by has changed since. Five of them are
signals to test meters with. Those are no sound to know again: in what Chromaprint listens to, 28 to 3,520 Hz, they
hold nothing, or noise alone, or one tone that leaves it.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np

from bench import kept, proof_files
from bench import varied_sounds as sounds
from bench.proof_files import LOSSLESS, LOSSY, Codec
from integrations.sandbox import music
from integrations.sandbox.music import Samples

CODECS = {
    **LOSSY,
    **LOSSLESS,
    "opus 24": Codec("ogg", "libopus", 24, rate_hz=48_000),
    "aac 48": Codec("mp4", "aac", 48),
    "aac 256": Codec("mp4", "aac", 256),
    "mp3 64": Codec("mp3", "libmp3lame", 64),
}


@dataclass(frozen=True, slots=True)
class File:
    """One of them, by how it is made."""

    sound: Callable[[int, float], Samples]
    rate_hz: int
    duration_s: float
    codec: str
    mono: bool = False
    is_test_signal: bool = False

    @property
    def name(self) -> str:
        width = "mono" if self.mono else "stereo"
        sound = self.sound.__name__.replace("_", " ")
        return f"{sound}, {self.codec}, {self.rate_hz / 1000:g} kHz {width}, {self.duration_s:g} s"


FILES = (
    # what is downloaded every day
    File(sounds.mastered, 48_000, 240, "opus 160"),
    File(sounds.mastered_too, 44_100, 240, "aac 128"),
    File(sounds.dense, 44_100, 200, "mp3 320"),
    File(sounds.bright, 48_000, 180, "ogg opus 128"),
    File(sounds.dense, 44_100, 150, "aac 256"),
    File(sounds.mastered, 44_100, 300, "mp3 128"),
    File(sounds.bright, 44_100, 90, "vorbis 160"),
    File(sounds.mastered_too, 44_100, 60, "flac 16"),
    File(sounds.bright, 44_100, 60, "mp3 VBR"),
    File(sounds.dense, 48_000, 45, "aiff"),
    # loud
    File(sounds.clipped, 44_100, 60, "wav 16"),
    File(sounds.clipped, 48_000, 60, "opus 160"),
    File(sounds.clipped, 44_100, 60, "mp3 128"),
    File(sounds.clipped, 96_000, 20, "flac 24"),
    File(sounds.clipped_below, 44_100, 45, "flac 16"),
    File(sounds.clipped_below, 32_000, 45, "mp3 64", mono=True),
    File(sounds.hot, 44_100, 30, "wav float"),
    File(sounds.hot, 48_000, 30, "wav float", mono=True),
    File(sounds.hot, 44_100, 40, "aac 192"),
    File(sounds.hot, 48_000, 40, "opus 64"),
    File(sounds.dense, 22_050, 40, "mp3 64"),
    File(sounds.white_clipped, 44_100, 10, "wav 16", is_test_signal=True),
    File(sounds.square, 48_000, 16, "flac 16"),
    # quiet, and silent for long
    File(sounds.quiet, 44_100, 60, "flac 24"),
    File(sounds.quiet, 48_000, 60, "opus 160"),
    File(sounds.quiet, 44_100, 30, "wav 16"),
    File(sounds.very_quiet, 48_000, 40, "wav 24"),
    File(sounds.with_long_silence, 44_100, 150, "mp3 192"),
    File(sounds.with_long_silence, 48_000, 120, "flac 24"),
    File(sounds.with_long_silence, 48_000, 90, "opus 64", mono=True),
    File(sounds.crescendo, 44_100, 100, "alac"),
    File(sounds.crescendo, 32_000, 60, "aac 96"),
    # other rates and widths
    File(sounds.mastered, 8_000, 40, "wav 16", mono=True),
    File(sounds.mastered_too, 11_025, 40, "wav 16"),
    File(sounds.mastered, 22_050, 60, "aac 48", mono=True),
    File(sounds.mastered_too, 24_000, 60, "mp3 64"),
    File(sounds.bright, 32_000, 45, "mp3 128"),
    File(sounds.bright, 88_200, 20, "flac 24"),
    File(sounds.mastered_too, 96_000, 30, "wav 24"),
    File(sounds.mastered, 96_000, 30, "alac", mono=True),
    File(sounds.bright, 192_000, 12, "flac 24"),
    File(sounds.in_one_ear, 44_100, 40, "aac 128"),
    File(sounds.off_centre, 44_100, 40, "aiff"),
    # no music
    File(sounds.speech_like, 22_050, 90, "mp3 64", mono=True),
    File(sounds.speech_like, 48_000, 60, "opus 24", mono=True),
    File(sounds.speech_like, 44_100, 45, "flac 16"),
    File(sounds.bursts, 44_100, 40, "flac 16"),
    File(sounds.clicks, 48_000, 20, "wav 24", is_test_signal=True),
    File(sounds.quarter_sine, 44_100, 8, "wav 16", is_test_signal=True),
    File(sounds.nearly_quarter_sines, 48_000, 12, "wav float", is_test_signal=True),
    File(sounds.organ, 32_000, 36, "aac 96"),
    File(sounds.organ, 48_000, 40, "opus 64"),
    File(sounds.sweep, 44_100, 30, "flac 24", is_test_signal=True),
    File(sounds.rumble, 44_100, 20, "alac"),
    File(sounds.hiss, 96_000, 5, "wav 24"),
)


def path_of(file: File) -> Path:
    """The file, made now or found from an earlier run."""
    codec = CODECS[file.codec]
    recipe = hashlib.sha256(f"{file.name} {codec}".encode()).hexdigest()[:8]
    path = kept.folder("varied-files", _version()) / f"{file.sound.__name__}-{recipe}.{codec.container}"
    return kept.made(path, lambda: _encoded(file))


def _encoded(file: File) -> bytes:
    sound = file.sound(file.rate_hz, file.duration_s)
    if file.mono:
        sound = np.ascontiguousarray(sound[:1])
    return proof_files.encode(sound, CODECS[file.codec], file.rate_hz)


@cache
def _version() -> str:
    """Changes with the rooms that the sound comes from, and with the encoders."""
    texts = [inspect.getsource(room) for room in (sounds, music)]
    texts += [inspect.getsource(makes) for makes in (proof_files.music, proof_files.tilted, proof_files.encode)]
    return hashlib.sha256("".join([*texts, av.__version__]).encode()).hexdigest()[:12]
