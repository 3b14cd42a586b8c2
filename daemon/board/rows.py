"""What stands in a track's Notion row: the ledger's state under our column names; pure.

`None` means: nothing to say, and clears the cell where we wrote something before. Which column of the person's it goes
to, and in which shape, is the integration's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from daemon.ledger.tracks import TrackRow
from daemon.models import Format, Service, Shelved, Status
from daemon.quality import remarks, source_quality

KEY_COLUMNS: Mapping[Service, str] = {
    Service.SPOTIFY: "Spotify ID",
    Service.SOUNDCLOUD: "SoundCloud URL",
    Service.YOUTUBE: "YouTube URL",
}
"""Where a row is found again by, before one is created."""

_ASKED_ABOUT = 3

_LAST_KEY = "Download Source"

PATH_COLUMNS: Mapping[Format, str] = {
    Format.M4A: "M4A File Path",
    Format.WAV: "WAV File Path",
    Format.AIFF: "AIFF File Path",
}
_UNFINISHED = (Status.QUEUED, Status.PROCESSING)
_SHOWN_REASON = (Status.FAILED, Status.NEEDS_REVIEW, Status.METADATA_ONLY, Status.DUPLICATE, Status.QUEUED)


def row_of(
    row: TrackRow,
    files: Sequence[Shelved],
    eagle_id: str | None,
    fingerprint: str | None,
) -> dict[str, Any]:
    """Every value that we have a column for."""
    return {
        **_identity(row),
        **_state(row, eagle_id),
        **_provenance(row),
        **_sound(row),
        **_paths(files),
        "Fingerprint": fingerprint,
    }


def keys_of(row: Mapping[str, Any]) -> dict[str, str]:
    """By what a row for this track would be found. A file of the person's own, or a page of the wide web, has no column
    of its own; where its sound came from is as good."""
    keys = {column: row[column] for column in KEY_COLUMNS.values() if row.get(column)}
    return keys or {column: row[column] for column in (_LAST_KEY,) if row.get(column)}


def _identity(row: TrackRow) -> dict[str, Any]:
    track = row.track
    spotify = next((alias.id for alias in track.aliases if alias.service is Service.SPOTIFY), None)
    return {
        "Title": track.title or None,
        "Artist Name": ", ".join(track.artists) or None,
        "Album": track.album,
        "Source": row.found_in,
        "Spotify ID": spotify,
        "Spotify URL": track.urls.get(Service.SPOTIFY),
        "SoundCloud URL": track.urls.get(Service.SOUNDCLOUD),
        "YouTube URL": track.urls.get(Service.YOUTUBE),
        "ISRC": track.isrc,
        "Duration (s)": None if track.duration_s is None else round(track.duration_s, 1),
        "Genre": track.genre,
        "Image URL": track.artwork_url,
        "Release Date": _full_date(track.release_date),
        "DateAdded": _moment(row.created_at),
    }


def _state(row: TrackRow, eagle_id: str | None) -> dict[str, Any]:
    filed = row.status is Status.DONE
    return {
        "Status": row.status.value,
        "Downloaded": filed,
        "Processed At": None if row.status in _UNFINISHED else _moment(row.updated_at),
        "Sync Error": row.reason if row.status in _SHOWN_REASON else None,
        "Eagle File ID": eagle_id,
    }


def _provenance(row: TrackRow) -> dict[str, Any]:
    heard, fetched, source = row.heard, row.fetched, row.source
    return {
        "Download Source": f"{fetched.service.value}: {fetched.url}" if fetched else None,
        "Source Quality": "; ".join([source_quality(heard, fetched), *remarks(heard)]) if heard and fetched else None,
        "Match Evidence": _asked_about(row) or (f"{source.score:.2f}: {source.evidence}" if source else None),
    }


def _asked_about(row: TrackRow) -> str | None:
    """What a person who is asked can choose from: they see it where they are asked."""
    if row.status is not Status.NEEDS_REVIEW:
        return None
    doubtful = [one for one in row.weighed if one.verdict == "ask"][:_ASKED_ABOUT]
    lines = [
        f"{number}. {one.candidate.title} ({one.candidate.channel}) {one.candidate.url}: {one.evidence}"
        for number, one in enumerate(doubtful, start=1)
    ]
    return "\n".join(lines) or None


def _sound(row: TrackRow) -> dict[str, Any]:
    heard = row.heard
    tempo, key = (heard.tempo, heard.key) if heard else (None, None)
    loudness = heard.loudness.integrated_lufs if heard else None
    return {
        "BPM": tempo.bpm if tempo else None,
        "BPM Confidence": round(tempo.confidence, 2) if tempo else None,
        "Key": key.name if key else None,
        "Camelot": key.camelot if key else None,
        "Loudness (LUFS)": None if loudness is None else round(loudness, 1),
    }


def _paths(files: Sequence[Shelved]) -> dict[str, Any]:
    """The library's file of each format; where the library has none (a WAV for an inbox), where it was delivered to."""
    paths: dict[str, str | None] = dict.fromkeys(PATH_COLUMNS.values())
    for file in sorted(files, key=lambda one: one.role == "library"):
        paths[PATH_COLUMNS[file.format]] = file.path
    return paths


def _full_date(date: str | None) -> str | None:
    """Notion wants a whole day: `2024` becomes its first."""
    return None if date is None else (date + "-01-01")[:10] if len(date) == 4 else (date + "-01")[:10]


def _moment(unix_s: float) -> str:
    """To the minute, as Notion shows it: a second that differs is no change."""
    return datetime.fromtimestamp(unix_s, UTC).replace(second=0, microsecond=0).isoformat()
