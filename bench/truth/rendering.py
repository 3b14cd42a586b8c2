"""The grooves of a seed as files: played by FluidSynth, finished as records are, and kept for the next run."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import soxr

from bench.truth import sound
from bench.truth.grooves import Groove, grooves
from bench.truth.sound import Coding, Sound

_SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
_INSTALL = "apt-get install fluidsynth fluid-soundfont-gm"
_RATE_HZ = 44_100
_GAIN = "0.35"

_SILENT = 1e-4
_LEFT_AT_THE_END_S = 0.5
_SATURATION, _LOUD_PEAK, _USUAL_PEAK = 0.45, 0.97, 0.8
_HISS_DBFS = -46


@dataclass(frozen=True, slots=True)
class Piece:
    """A groove, and the file that it can be heard in."""

    groove: Groove
    path: Path


def rendered(seed: int, folder: Path, workers: int = 2) -> list[Piece]:
    """All 48 pieces of a seed, in `folder`; those that are there already are not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [Piece(groove, folder / f"{groove.name}.{sound.FLAC.suffix}") for groove in grooves(seed)]
    missing = [piece for piece in pieces if not piece.path.exists()]
    if missing:
        _insist_on_fluidsynth()
    with ThreadPoolExecutor(workers) as pool:
        for _ in pool.map(_render, missing):
            pass
    return pieces


def copied(piece: Piece, coding: Coding) -> Piece:
    """The same piece in another codec, beside the first."""
    copy = Piece(piece.groove, piece.path.with_suffix(f".{coding.suffix}"))
    if not copy.path.exists():
        original, rate_hz = sound.read(piece.path)
        sound.write(original, copy.path, coding, rate_hz)
    return copy


def _insist_on_fluidsynth() -> None:
    if not shutil.which("fluidsynth") or not _SOUND_FONT.exists():
        raise click.ClickException(f"the grooves are played by FluidSynth, which is not here; install it: {_INSTALL}")


def _render(piece: Piece) -> None:
    sound.write(_finished(_played(piece.groove), piece.groove), piece.path, sound.FLAC)


def _played(groove: Groove) -> Sound:
    with tempfile.TemporaryDirectory() as folder:
        score, played = Path(folder, "score.mid"), Path(folder, "played.raw")
        score.write_bytes(groove.score.as_file())
        subprocess.run([*_fluidsynth(played), str(_SOUND_FONT), str(score)], check=True, capture_output=True)
        stereo: Sound = np.fromfile(played, "<i2").reshape(-1, 2).astype(np.float32)
    if groove.cents:
        stereo = soxr.resample(stereo, _RATE_HZ * 2 ** (groove.cents / 1200), _RATE_HZ, "HQ")
    return np.ascontiguousarray(stereo.T) / np.float32(32768)


def _fluidsynth(output: Path) -> Iterator[str]:
    """The same samples every time: one core, no live input."""
    yield from ("fluidsynth", "-ni", "-q", "-g", _GAIN, "-r", str(_RATE_HZ), "-o", "synth.cpu-cores=1")
    yield from ("-T", "raw", "-O", "s16", "-F", str(output))


def _finished(played: Sound, groove: Groove) -> Sound:
    """Cut off where the last sound has died away, brought to level, and hissing if that groove does."""
    heard = np.flatnonzero(np.abs(played).max(axis=0) > _SILENT)
    whole = played[:, : heard[-1] + int(_LEFT_AT_THE_END_S * _RATE_HZ)]
    if groove.loud:
        driven = np.tanh(whole * (_SATURATION / np.sqrt((whole**2).mean())))
        levelled = driven * (_LOUD_PEAK / np.abs(driven).max())
    else:
        levelled = whole * (_USUAL_PEAK / np.abs(whole).max())
    if groove.noisy:
        hiss = np.random.default_rng(groove.noise_seed).normal(0, 10 ** (_HISS_DBFS / 20), whole.T.shape)
        levelled = levelled + hiss.T.astype(np.float32)
    finished: Sound = np.clip(levelled, -1, 1).astype(np.float32)
    return finished
