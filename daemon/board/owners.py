"""Whose a column is (docs: settings-and-schema). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Owner = Literal["daemon", "shared", "once", "person"]
"""Ours alone; ours until the person changes it; filled once where it is empty; never written."""

OWNERS: Mapping[str, Owner] = {
    "Status": "daemon",
    "Downloaded": "daemon",
    "Processed At": "daemon",
    "M4A File Path": "daemon",
    "WAV File Path": "daemon",
    "AIFF File Path": "daemon",
    "Eagle File ID": "daemon",
    "Fingerprint": "daemon",
    "Source Quality": "daemon",
    "Match Evidence": "daemon",
    "BPM Confidence": "daemon",
    "Loudness (LUFS)": "daemon",
    "Sync Error": "daemon",
    "Download Source": "daemon",
    "Title": "shared",
    "Artist Name": "shared",
    "Artist": "shared",
    "Album": "shared",
    "Spotify ID": "shared",
    "Spotify URL": "shared",
    "SoundCloud URL": "shared",
    "YouTube URL": "shared",
    "ISRC": "shared",
    "Duration (s)": "shared",
    "BPM": "shared",
    "Key": "shared",
    "Camelot": "shared",
    "Genre": "shared",
    "Image URL": "shared",
    "Release Date": "shared",
    "Playlists": "once",
    "Source": "once",
    "DateAdded": "once",
    "Redo": "person",
    "Locked Fields": "person",
    "Last Used": "person",
}


def owner_of(column: str) -> Owner:
    """The owner of a column, by our name for it; one that is not ours is the person's."""
    return OWNERS.get(column, "person")
