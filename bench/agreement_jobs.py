"""What `agreement` has done in worker processes: a file decoded and listened to, as the daemon does it."""

from __future__ import annotations

from pathlib import Path

from daemon.models import Json
from daemon.pipeline.listening import ears
from daemon.ports import Progress
from integrations import ffmpeg


def heard(*, audio: str, progress: Progress) -> Json:
    """Its loudness in LUFS, its true peak in dB, and the words of its fingerprint."""
    del progress
    decoded = ffmpeg.decode(Path(audio))
    sounds = ears.listen(decoded.samples, decoded.sample_rate_hz)
    return {
        "integrated_lufs": sounds.loudness.integrated_lufs,
        "true_peak_dbtp": sounds.loudness.true_peak_dbtp,
        "fingerprint": sounds.fingerprint.tolist(),
    }
