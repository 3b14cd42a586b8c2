"""What is written into a file's tags; pure."""

from __future__ import annotations

import hashlib
import importlib.metadata

from daemon.models import Fetched, Heard, KeyNotation, Tags, Track
from daemon.quality import bitrate_kbps, source_quality
from daemon.spelling import comment_for, spelt, title_with_guests

REPLAYGAIN_REFERENCE_LUFS = -18.0
"""ReplayGain 2.0."""

_FINGERPRINT_ID_CHARACTERS = 32


def tags_for(
    track: Track,
    heard: Heard,
    fetched: Fetched,
    cover: bytes | None,
    *,
    key_notation: KeyNotation = "musical",
    fingerprint_id: str | None = None,
) -> Tags:
    """Everything we know, under the names that DJ programs read."""
    loudness = heard.loudness
    gain = None if loudness.integrated_lufs is None else REPLAYGAIN_REFERENCE_LUFS - loudness.integrated_lufs
    peak = None if loudness.true_peak_dbtp is None else 10 ** (loudness.true_peak_dbtp / 20)
    return Tags(
        title=title_with_guests(track),
        artists=track.artists,
        remixer=", ".join(track.remixers) or None,
        album=track.album,
        date=track.release_date,
        genre=track.genre,
        bpm=heard.tempo.bpm if heard.tempo else None,
        initial_key=spelt(heard.key, key_notation) if heard.key else None,
        isrc=track.isrc,
        comment=comment_for(heard, fetched),
        artwork_jpeg=cover,
        replaygain_track_gain_db=None if gain is None else round(gain, 2),
        replaygain_track_peak=None if peak is None else round(peak, 6),
        provenance=provenance(heard, fetched, fingerprint_id),
    )


def provenance(heard: Heard, fetched: Fetched, fingerprint_id: str | None = None) -> dict[str, str]:
    """Where the sound comes from, and what it was before it was lossless."""
    bitrate = bitrate_kbps(heard, fetched)
    known = {
        "source": fetched.service.value,
        "source_url": fetched.url,
        "source_codec": heard.codec,
        "source_bitrate": None if bitrate is None else f"{bitrate:.0f}",
        "source_lossless": "yes" if heard.lossless else "no",
        "source_quality": source_quality(heard, fetched),
        "fingerprint": fingerprint_id,
        "tool": f"cratekeeper {importlib.metadata.version('cratekeeper')}",
    }
    return {name: value for name, value in known.items() if value}


def fingerprint_id(words: bytes) -> str:
    """A short name for a fingerprint: of its Chromaprint words, little-endian uint32 as they stand in the work folder,
    the beginning of their SHA-256. The words themselves are in the ledger."""
    return hashlib.sha256(words).hexdigest()[:_FINGERPRINT_ID_CHARACTERS]
