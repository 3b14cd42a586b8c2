"""The whole job as a script of an afternoon does it: a program or a library for each question, one after another.

fpcalc, ffmpeg's ebur128 and silencedetect, librosa for the tempo and again for the key, ffmpeg for each of the three
files, mutagen for their tags. Each is a process, and pays for its start and its imports every time, as such a script
does. librosa and mutagen live in an environment of their own, which is kept; they are pinned, the rest of it is what
pip finds.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench import kept, peers
from bench.costs import cost_of, environment

_PACKAGES = ("librosa==0.11.0", "mutagen==1.48.1")
_PROGRAMS = ("ffmpeg", "fpcalc")

# Its libraries would share out the work among threads that wait for each other in a loop: more CPU for the same answer.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

_FPCALC = 'fpcalc -raw -length 0 "$0" || test $? = 3'
"""3 is its complaint about the end of some WebM files; the fingerprint is whole."""
_TEMPO = """
import sys, librosa
sound, rate = librosa.load(sys.argv[1])
tempo, _ = librosa.beat.beat_track(y=sound, sr=rate)
print(float(tempo[0] if hasattr(tempo, "__len__") else tempo))
"""
_KEY = """
import sys, librosa, numpy
sound, rate = librosa.load(sys.argv[1])
print(numpy.argmax(librosa.feature.chroma_cqt(y=sound, sr=rate).mean(axis=1)))
"""
_TAGS = """
import sys
from mutagen import aiff, id3, mp4, wave
cover = open(sys.argv[4], "rb").read()
file = mp4.MP4(sys.argv[1])
file["\\xa9nam"], file["\\xa9ART"], file["tmpo"] = "Four Minutes", "Nobody", [124]
file["covr"] = [mp4.MP4Cover(cover, mp4.MP4Cover.FORMAT_JPEG)]
file.save()
for kind, name in ((wave.WAVE, sys.argv[2]), (aiff.AIFF, sys.argv[3])):
    file = kind(name)
    file.add_tags()
    for frame in (id3.TIT2(text="Four Minutes"), id3.TPE1(text="Nobody"), id3.TBPM(text="124"), id3.TKEY(text="Am")):
        file.tags.add(frame)
    file.tags.add(id3.APIC(mime="image/jpeg", type=3, data=cover))
    file.save()
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One of its processes, and the CPU seconds of that, its children's included."""

    name: str
    cpu_s: float


class Naive:
    """The sequence, to be run on files. Check `why_not` first."""

    def __init__(self, work: Path, artwork: Path) -> None:
        self._work = work
        self._artwork = artwork
        self._python = str(kept.environment("librosa", _PACKAGES))

    @staticmethod
    def why_not() -> str | None:
        """What has to be installed before it can run here; None when nothing has."""
        if reasons := list(filter(None, map(peers.missing, _PROGRAMS))):
            return "; ".join(reasons)
        try:
            kept.environment("librosa", _PACKAGES)
        except subprocess.CalledProcessError as error:
            last = (error.stderr or b"").decode(errors="replace").strip().rpartition("\n")[2]
            return f"left out: pip cannot install {' and '.join(_PACKAGES)} here ({last})"
        return None

    def run(self, audio: Path) -> list[Step]:
        """Everything once. Raises RuntimeError with the words of the step that failed."""
        environ = {**environment(), **_ONE_THREAD}
        return [
            Step(name, cost_of(command, environ=environ, cwd=self._work).cpu_s)
            for name, command in self._commands(audio)
        ]

    def _commands(self, audio: Path) -> Iterator[tuple[str, list[str]]]:
        ffmpeg = ["ffmpeg", "-hide_banner", "-nostdin", "-v", "error", "-y", "-i", str(audio), "-map", "0:a:0"]
        m4a, wav, aiff = (str(self._work / f"naive.{ending}") for ending in ("m4a", "wav", "aiff"))
        python = [self._python, "-W", "ignore", "-c"]
        yield "fpcalc", ["sh", "-c", _FPCALC, str(audio)]
        yield "ffmpeg ebur128", [*ffmpeg, "-af", "ebur128=peak=true", "-f", "null", os.devnull]
        yield (
            "ffmpeg silencedetect",
            [*ffmpeg, "-af", "silencedetect=noise=-60dB:duration=0.5", "-f", "null", os.devnull],
        )
        yield "librosa tempo", [*python, _TEMPO, str(audio)]
        yield "librosa key", [*python, _KEY, str(audio)]
        yield "ffmpeg ALAC", [*ffmpeg, "-c:a", "alac", "-sample_fmt", "s16p", m4a]
        yield "ffmpeg WAV", [*ffmpeg, "-c:a", "pcm_s16le", wav]
        yield "ffmpeg AIFF", [*ffmpeg, "-c:a", "pcm_s16be", aiff]
        yield "mutagen tags", [*python, _TAGS, m4a, wav, aiff, str(self._artwork)]
