"""Files of sound, written and read by PyAV: FLAC for the truth, MP3 and Opus for its copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import av.audio
import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]
"""(channels, samples), full scale being 1."""

_SECOND_FRAMES = 44_100


@dataclass(frozen=True, slots=True)
class Coding:
    """How a file is encoded."""

    name: str
    suffix: str
    codec: str
    bit_rate: int | None = None
    rate_hz: int = 44_100
    compression_level: int | None = None
    """What the encoder may spend on it, in the encoder's own numbers."""


FLAC = Coding("FLAC", "flac", "flac")
MP3_128 = Coding("MP3 128k", "mp3", "libmp3lame", 128_000, compression_level=7)
OPUS_96 = Coding("Opus 96k", "opus", "libopus", 96_000, 48_000)


def write(sound: Sound, path: Path, coding: Coding, rate_hz: int = 44_100) -> None:
    """Sixteen bits of stereo sound into a new file, which is there whole or not at all."""
    samples = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    partial = path.with_name(f"{path.name}.part")
    with av.open(str(partial), "w", format=path.suffix[1:]) as container:
        stream = container.add_stream(coding.codec, rate=coding.rate_hz, layout="stereo")
        assert isinstance(stream, av.AudioStream)
        if coding.compression_level is not None:
            stream.codec_context.options = {"compression_level": str(coding.compression_level)}
        if coding.bit_rate:
            stream.bit_rate = coding.bit_rate
        resampler = av.AudioResampler(format=stream.format, layout="stereo", rate=coding.rate_hz)
        for start in range(0, samples.shape[1], _SECOND_FRAMES):
            interleaved = np.ascontiguousarray(samples[:, start : start + _SECOND_FRAMES].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout="stereo")
            frame.sample_rate, frame.pts = rate_hz, start
            for resampled in resampler.resample(frame):
                container.mux(stream.encode(resampled))
        for resampled in resampler.resample(None):
            container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))
    partial.rename(path)


def read(path: Path) -> tuple[Sound, int]:
    """The sound and its rate in Hz."""
    resampler = av.AudioResampler(format="fltp", layout="stereo")
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        decoded = [
            resampled.to_ndarray() for frame in container.decode(stream) for resampled in resampler.resample(frame)
        ]
        rate_hz = stream.rate
    return np.concatenate(decoded, axis=1).astype(np.float32, copy=False), rate_hz


def duration_s(path: Path) -> float:
    """By what the container says."""
    with av.open(str(path)) as container:
        assert container.duration is not None
        return container.duration / av.time_base
