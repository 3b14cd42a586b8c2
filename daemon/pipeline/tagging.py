"""What is written into a file's tags; pure."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping

from daemon.models import Fetched, Heard, Tags, Track
from daemon.quality import source_quality

REPLAYGAIN_REFERENCE_LUFS = -18.0
"""ReplayGain 2.0."""


def tags_for(track: Track, heard: Heard, fetched: Fetched, cover: bytes | None) -> Tags:
    """Everything we know, under the names that DJ programs read."""
    loudness = heard.loudness
    gain = None if loudness.integrated_lufs is None else REPLAYGAIN_REFERENCE_LUFS - loudness.integrated_lufs
    peak = None if loudness.true_peak_dbtp is None else 10 ** (loudness.true_peak_dbtp / 20)
    return Tags(
        title=track.title,
        artists=track.artists,
        album=track.album,
        date=track.release_date,
        genre=track.genre,
        bpm=heard.tempo.bpm if heard.tempo else None,
        initial_key=heard.key.name if heard.key else None,
        isrc=track.isrc,
        artwork_jpeg=cover,
        replaygain_track_gain_db=None if gain is None else round(gain, 2),
        replaygain_track_peak=None if peak is None else round(peak, 6),
        provenance=dict(provenance(heard, fetched)),
    )


def provenance(heard: Heard, fetched: Fetched) -> Mapping[str, str]:
    """Where the sound comes from, and what it was before it was lossless."""
    return {
        "source": fetched.service.value,
        "source_url": fetched.url,
        "source_quality": source_quality(heard, fetched),
        "tool": f"cratekeeper {importlib.metadata.version('cratekeeper')}",
    }
