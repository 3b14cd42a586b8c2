"""Runs under essentia or librosa, where they are installed: a file's name comes in, what they hear goes out as JSON.

`listening_peers.py essentia|librosa`. One CPU thread; the seconds told are CPU seconds from sound in memory to answer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

_TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# Krumhansl and Kessler, "Tracing the dynamic changes in perceived tonal organization", Psychological Review 89, 1982
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)

Answer = tuple[str, Callable[[], float]]
"""What it is called, and how it is had: BPM, or a key from 0 (C) to 23 (Bm)."""


def essentia(path: str) -> Iterator[Answer]:
    """Objects are made anew for every file: some keep what they heard before."""
    import essentia.standard as es  # type: ignore[import-not-found]

    sound = es.MonoLoader(filename=path, sampleRate=44_100)()

    def key() -> float:
        tonic, mode, _ = es.KeyExtractor(profileType="bgate")(sound)
        return float(_TONICS.index(tonic) + 12 * (mode == "minor"))

    yield "tempo Percival", lambda: float(es.PercivalBpmEstimator()(sound))
    yield "tempo degara", lambda: float(es.RhythmExtractor2013(method="degara")(sound)[0])
    yield "key bgate", key


def librosa(path: str) -> Iterator[Answer]:
    import librosa as lr  # type: ignore[import-not-found]
    import numpy as np

    sound, rate = lr.load(path)

    def tempo() -> float:
        return float(np.ravel(lr.beat.beat_track(y=sound, sr=rate)[0])[0])

    def key() -> float:
        heard = lr.feature.chroma_cqt(y=sound, sr=rate).mean(axis=1)
        alike = [np.corrcoef(np.roll(of, tonic), heard)[0, 1] for of in (_MAJOR, _MINOR) for tonic in range(12)]
        return int(np.argmax(alike))

    yield "tempo", tempo
    yield "key", key


def _timed(ask: Callable[[], float]) -> dict[str, float]:
    begun = time.process_time()
    value = ask()
    return {"value": value, "cpu_s": time.process_time() - begun}


def main() -> None:
    peer: Callable[[str], Iterator[Answer]] = {"essentia": essentia, "librosa": librosa}[sys.argv[1]]
    for line in sys.stdin:
        answers: dict[str, Any] = {name: _timed(ask) for name, ask in peer(line.rstrip("\n"))}
        print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    main()
