"""Programs of others that a bench asks about a file: ffmpeg's `ebur128` and Chromaprint's `fpcalc`, from Debian.

What they answer is kept: the same version asked the same about the same bytes is not run again.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench import kept

_FFMPEG_WORDS = ("-hide_banner", "-nostdin", "-nostats")
_HELD = "aformat=sample_fmts=s32"
"""Integers: samples beyond full scale are held at it, as in the files that we make and whose levels we tell."""
_INTEGRATED = f"{_HELD},ebur128=metadata=1,ametadata=mode=print:file=-"
_SILENCE_S = 0.5
"""Before the file, because the filter's resampler mirrors what it begins with, and finds peaks in that: a tone that
begins with a jump gets 0.5 dB more than it has. After the file, because the filter tells its peaks at the end of whole
tenths of a second only."""
_LIFT_DB = 60
"""It tells them with three decimals, of full scale: too few for quiet sound unless that is lifted before."""
_TRUE_PEAK = (
    f"{_HELD},volume={_LIFT_DB}dB:precision=double,adelay={1000 * _SILENCE_S:.0f}:all=1,apad=pad_dur={_SILENCE_S},"
    "ebur128=peak=true:metadata=1,ametadata=mode=print:file=-"
)
_NOTHING_HEARD_LUFS = -70.0
"""What the filter answers when its gate leaves nothing."""


_FPCALC_ENDS = (0, 3)
"""3 after some Opus files in WebM: it has the whole fingerprint, and complains about the end of the file."""


def missing(program: str) -> str | None:
    """What to do when that program is not there; None when it is."""
    if shutil.which(program):
        return None
    package = {"ffmpeg": "ffmpeg", "fpcalc": "libchromaprint-tools"}[program]
    return f"left out: there is no {program} here. On Debian and Ubuntu: apt install {package}"


@dataclass(frozen=True, slots=True)
class Levels:
    """What ffmpeg says; None where it hears nothing."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None


def levels(file: Path) -> Levels:
    """Loudness and true peak by `ebur128`, with all the decimals that it has. Its summary has one, so its metadata are
    read: the last ones stand for the whole file."""
    said = kept.answer(
        ("ffmpeg", _version("ffmpeg"), _INTEGRATED, _TRUE_PEAK),
        file,
        lambda: {
            "integrated": _last("lavfi.r128.I", _ffmpeg(file, _INTEGRATED)),
            "peak": _last("lavfi.r128.true_peak", _ffmpeg(file, _TRUE_PEAK)),
        },
    )
    integrated, peak = said["integrated"], said["peak"]
    return Levels(
        integrated_lufs=integrated if integrated is not None and integrated > _NOTHING_HEARD_LUFS else None,
        true_peak_dbtp=20 * float(np.log10(peak)) - _LIFT_DB if peak else None,
    )


def words(file: Path) -> npt.NDArray[np.uint32]:
    """Chromaprint's fingerprint of the whole length, by `fpcalc`."""
    command = ["fpcalc", "-raw", "-length", "0"]
    said = kept.answer(
        (*command, _version("fpcalc")),
        file,
        lambda: re.findall(r"^FINGERPRINT=(.*)$", _output([*command, str(file)], _FPCALC_ENDS), re.M)[0].split(","),
    )
    return np.array([int(word) for word in said if word], np.uint32)


def _ffmpeg(file: Path, filters: str) -> str:
    return _output(["ffmpeg", *_FFMPEG_WORDS, "-v", "error", "-i", str(file), "-map", "0:a:0", "-af", filters, *_AWAY])


_AWAY = ("-f", "null", "-")


def _last(key: str, metadata: str) -> float | None:
    values = re.findall(rf"^{re.escape(key)}=(\S+)$", metadata, re.MULTILINE)
    return float(values[-1]) if values else None


@cache
def _version(program: str) -> str:
    return _output([program, "-version"]).partition("\n")[0]


def _output(command: list[str], ends: Container[int] = (0,)) -> str:
    ended = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if ended.returncode not in ends:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr}")
    return ended.stdout
