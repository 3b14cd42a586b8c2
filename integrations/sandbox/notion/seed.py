"""A workspace as `settings-and-schema.md` describes it."""

from __future__ import annotations

from typing import Literal

from daemon.models import Json
from integrations.sandbox.notion.twin import NotionTwin

_TEXT_COLUMNS = (
    "Artist Name",
    "Album",
    "Spotify ID",
    "ISRC",
    "Key",
    "Camelot",
    "M4A File Path",
    "WAV File Path",
    "AIFF File Path",
    "Eagle File ID",
    "Fingerprint",
    "Download Source",
    "Source Quality",
    "Match Evidence",
    "Sync Error",
)
_URL_COLUMNS = ("Spotify URL", "SoundCloud URL", "YouTube URL", "Image URL")
_NUMBER_COLUMNS = ("Duration (s)", "BPM", "BPM Confidence", "Loudness (LUFS)")
_DATE_COLUMNS = ("DateAdded", "Processed At", "Release Date", "Last Used")
_CHECKBOX_COLUMNS = ("Downloaded", "Redo")
_OPTION_COLUMNS = {"Source": "select", "Genre": "select", "Locked Fields": "multi_select"}
_STATUS_OPTIONS = ("Queued", "Processing", "Done", "Needs review", "Failed", "Rejected", "Skip")
"""What a person's own status column might offer: not every word of ours."""
_TASK_STATUS_OPTIONS = ("Not Started", "In Progress", "Complete", "Blocked", "Failed")
_PRIORITY_OPTIONS = ("Critical", "High", "Medium", "Low")
_JOB_OPTIONS = ("sync", "redo", "verify", "choose", "enrich", "report", "pause", "resume")


def seed_tracks_database(twin: NotionTwin, *, status: Literal["select", "status"] = "select") -> str:
    """A Tracks database with every column, beside the Artists and Playlists that it refers to. Answers its id."""
    return twin.create_database(
        "Tracks",
        {
            "Title": "title",
            "Artist": _relation(twin, "Artists"),
            "Playlists": _relation(twin, "Playlists"),
            "Status": ("status", _options(_STATUS_OPTIONS)) if status == "status" else "select",
            **dict.fromkeys(_TEXT_COLUMNS, "rich_text"),
            **dict.fromkeys(_URL_COLUMNS, "url"),
            **dict.fromkeys(_NUMBER_COLUMNS, "number"),
            **dict.fromkeys(_DATE_COLUMNS, "date"),
            **dict.fromkeys(_CHECKBOX_COLUMNS, "checkbox"),
            **_OPTION_COLUMNS,
        },
    )


def seed_agent_tasks_database(
    twin: NotionTwin, tracks_db_id: str, *, status: Literal["select", "status"] = "select"
) -> str:
    """An Agent-Tasks database with every column, whose `Track` leads to that Tracks database. Answers its id."""
    return twin.create_database(
        "Agent-Tasks",
        {
            "Name": "title",
            **_asked(status),
            "Source Agent": "rich_text",
            "Result": "rich_text",
            "Job": ("select", _options(_JOB_OPTIONS)),
            "Input": "rich_text",
            "Track": _relation_to(twin, tracks_db_id),
            "Dedupe Key": "rich_text",
        },
    )


def seed_issues_database(twin: NotionTwin, *, status: Literal["select", "status"] = "select") -> str:
    """An Issues+Questions database with every column. Answers its id."""
    return twin.create_database("Issues+Questions", {"Name": "title", **_asked(status), "Dedupe Key": "rich_text"})


def _asked(status: Literal["select", "status"]) -> dict[str, str | tuple[str, Json]]:
    return {
        "Status": (status, _options(_TASK_STATUS_OPTIONS)),
        "Priority": ("select", _options(_PRIORITY_OPTIONS)),
        "Description": "rich_text",
    }


def _relation(twin: NotionTwin, title: str) -> tuple[str, Json]:
    """A column that points to a new database of that title."""
    return _relation_to(twin, twin.create_database(title, {"Name": "title"}))


def _relation_to(twin: NotionTwin, database_id: str) -> tuple[str, Json]:
    data_source_id = twin.data_source_ids(database_id)[0]
    target = {"database_id": database_id, "data_source_id": data_source_id}
    return "relation", {**target, "type": "single_property", "single_property": {}}


def _options(names: tuple[str, ...]) -> Json:
    return {"options": [{"name": name} for name in names]}
