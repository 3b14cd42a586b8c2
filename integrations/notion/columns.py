"""Our columns, and how they are found among the person's. The table is `settings-and-schema.md`; the rest is pure.

Names are compared without case and outer spaces, and the type must fit too. Only Title is found by its type alone when
no name fits: a database has exactly one such column, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from daemon.models import Json, Status

STATUS_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    Status.QUEUED: ("To do", "Todo", "To-do", "Not started", "New", "Pending", "Backlog", "Inbox", "Waiting"),
    Status.PROCESSING: ("In progress", "Running", "Working", "Doing", "Downloading", "Active"),
    Status.DONE: ("Complete", "Completed", "Finished", "Processed", "Synced", "Success"),
    Status.DUPLICATE: ("Duplicated", "Dupe", "Double"),
    Status.METADATA_ONLY: ("Metadata", "No audio", "Info only"),
    Status.NEEDS_REVIEW: ("Review", "To review", "In review", "Needs attention", "Question", "Blocked"),
    Status.FAILED: ("Error", "Failure", "Broken"),
    Status.REJECTED: ("Reject", "Declined", "Never"),
    Status.SKIP: ("Skipped", "Ignore", "Ignored"),
}
"""What people call our status words. No word stands under two of ours, so that reading back is certain."""

TASK_STATUS_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "Not Started": ("To do", "Todo", "To-do", "Not-started", "Open", "New", "Queued", "Pending", "Backlog", "Inbox"),
    "In Progress": ("In-progress", "Doing", "Working", "Running", "Active", "Started", "Processing", "WIP"),
    "Complete": ("Completed", "Done", "Finished", "Resolved", "Solved", "Fixed", "Closed", "Success"),
    "Blocked": ("Waiting", "On hold", "Stuck", "Paused", "Needs input", "Needs attention", "Needs review", "Question"),
    "Failed": ("Error", "Failure", "Broken"),
}
"""The same for tasks. What waits is no order to begin: "Waiting" is Blocked here."""
PRIORITY_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "Critical": ("Urgent", "Highest", "Blocker", "Emergency", "P0"),
    "High": ("Important", "Major", "P1"),
    "Medium": ("Normal", "Middle", "Moderate", "Default", "P2"),
    "Low": ("Lowest", "Minor", "P3", "P4"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One of ours."""

    name: str
    types: tuple[str, ...]
    """Accepted types; the first is the one that we create."""
    aliases: tuple[str, ...] = ()
    scaled_aliases: Mapping[str, float] = field(default_factory=dict)
    """Aliases that count in another unit, with what one of our units is there."""
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For columns of fixed words: what people call each of them."""
    names_columns: bool = False
    """Its values are names of columns."""

    def names(self) -> Iterable[tuple[str, float]]:
        """Every name it goes by, with its scale; our own first."""
        return [(name, 1.0) for name in (self.name, *self.aliases)] + list(self.scaled_aliases.items())


def _text(name: str, *aliases: str) -> Column:
    return Column(name=name, types=("rich_text",), aliases=aliases)


def _of(name: str, *types: str, aliases: tuple[str, ...] = ()) -> Column:
    return Column(name=name, types=types, aliases=aliases)


TRACKS: tuple[Column, ...] = (
    _of("Title", "title", aliases=("Name",)),
    _text("Artist Name", "Artists", "Artist"),
    _of("Artist", "relation", aliases=("Artists",)),
    _text("Album"),
    _of("Source", "select"),
    _text("Spotify ID", "SpotifyID", "Spotify Track ID"),
    _of("Spotify URL", "url", aliases=("Spotify Link",)),
    _of("SoundCloud URL", "url", aliases=("Soundcloud URL",)),
    _of("YouTube URL", "url"),
    _text("ISRC", "Track ISRC"),
    Column(
        name="Duration (s)",
        types=("number",),
        aliases=("Audio Duration (seconds)",),
        scaled_aliases={"Duration (ms)": 1000.0},
    ),
    _of("BPM", "number", aliases=("AverageBpm", "Tempo")),
    _of("Key", "rich_text", "select"),
    _of("Genre", "select", "multi_select", aliases=("Genres",)),
    _of("Image URL", "url"),
    _of("DateAdded", "date"),
    _of("Playlists", "relation", aliases=("Playlist",)),
    _of("Redo", "checkbox"),
    _of("Downloaded", "checkbox", aliases=("DL",)),
    Column(name="Status", types=("select", "status"), synonyms=STATUS_SYNONYMS),
    _of("Processed At", "date"),
    _text("M4A File Path", "M4A Path"),
    _text("WAV File Path", "WAV Path"),
    _text("AIFF File Path", "AIFF Path"),
    _text("Eagle File ID", "Eagle ID", "EagleID"),
    _text("Fingerprint"),
    _text("Download Source"),
    _text("Source Quality"),
    _text("Match Evidence"),
    _of("BPM Confidence", "number"),
    _of("Camelot", "rich_text", "select"),
    _of("Loudness (LUFS)", "number"),
    _of("Release Date", "date"),
    _of("Last Used", "date"),
    _text("Sync Error"),
    Column(name="Locked Fields", types=("multi_select",), names_columns=True),
)

_ASKED: tuple[Column, ...] = (
    Column(name="Status", types=("select", "status"), synonyms=TASK_STATUS_SYNONYMS),
    Column(name="Priority", types=("select", "status"), synonyms=PRIORITY_SYNONYMS),
    _text("Description"),
)
_KEY = _text("Dedupe Key", "DedupeKey")

AGENT_TASKS: tuple[Column, ...] = (
    _of("Name", "title", aliases=("Task Name",)),
    *_ASKED,
    _text("Source Agent"),
    _text("Result"),
    # No status column: such a one is never empty, and what it begins with would be an order in every stranger's row.
    _of("Job", "select"),
    _text("Input"),
    _of("Track", "relation"),
    _KEY,
)

ISSUES: tuple[Column, ...] = (_of("Name", "title"), *_ASKED, _KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Where one of our columns lives in the person's table."""

    column: Column
    name: str
    """As the person spells it."""
    type: str
    property_id: str = ""
    """Stays when it is renamed; another column under the same name has another one."""
    scale: float = 1.0
    """What one of our units is there."""
    options: tuple[str, ...] = ()
    """Of a select, status or multi-select, as the schema was read."""
    points_to: str | None = None
    """Of a relation: the id of the data source that its rows are in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistyped:
    """A column of ours by name, but of a type that we cannot use."""

    ours: str
    name: str
    type: str
    wanted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A data source seen through our columns."""

    database_title: str
    data_source_id: str
    data_source_name: str
    columns: Mapping[str, Fitted]
    """By our name."""
    missing: tuple[str, ...]
    mistyped: tuple[Mistyped, ...]
    one_of: int = 1
    """How many data sources the database has."""

    @property
    def place(self) -> str:
        """Which data source it is, in words."""
        if self.one_of == 1 and self.data_source_name in ("", self.database_title):
            return f'"{self.database_title}"'
        return f'data source "{self.data_source_name}" of database "{self.database_title}"'

    def columns_called(self, name: str) -> list[str]:
        """Our columns that a person means by `name`: by their own spelling, or else by ours, or by an alias (which may
        stand for two of them). As it is where it means none."""
        wanted = _folded(name)
        theirs = [ours for ours, fitted in self.columns.items() if _folded(fitted.name) == wanted]
        ours_too = [column.name for column in TRACKS if _folded(column.name) == wanted]
        aliases = [column.name for column in TRACKS if any(_folded(one) == wanted for one, _scale in column.names())]
        return theirs or ours_too or aliases or [name]


@dataclass(frozen=True, slots=True)
class _Real:
    name: str
    schema: Json

    @property
    def type(self) -> str:
        return str(self.schema["type"])


def fit_source(columns: Sequence[Column], source: Json, database_title: str) -> Fit:
    """A data source as the API tells it, seen through `columns`."""
    real = [_Real(name, schema) for name, schema in source["properties"].items()]
    taken: dict[str, Fitted] = {}
    for column in columns:
        fitted = _fit(column, [there for there in real if there.name not in {fit.name for fit in taken.values()}])
        if fitted is not None:
            taken[column.name] = fitted
    used = {fitted.name for fitted in taken.values()}
    lacking = [column for column in columns if column.name not in taken]
    mistyped = [wrong for column in lacking if (wrong := _mistyped(column, real, used))]
    wrong_names = {wrong.ours for wrong in mistyped}
    return Fit(
        database_title=database_title,
        data_source_id=source["id"],
        data_source_name="".join(piece["plain_text"] for piece in source["title"]),
        columns=taken,
        missing=tuple(column.name for column in lacking if column.name not in wrong_names),
        mistyped=tuple(mistyped),
    )


def best_fit(fits: Sequence[Fit]) -> Fit:
    """The data source with the most of our columns; of equal ones the first."""
    return replace(max(fits, key=lambda fit: len(fit.columns)), one_of=len(fits))


def _fit(column: Column, real: Sequence[_Real]) -> Fitted | None:
    for name, scale in column.names():
        for there in _spelt(name, real):
            if there.type in column.types:
                return _fitted(column, there, scale)
    if "title" in column.types:
        return next((_fitted(column, there, 1.0) for there in real if there.type == "title"), None)
    return None


def _fitted(column: Column, there: _Real, scale: float) -> Fitted:
    config = there.schema[there.type]
    return Fitted(
        column=column,
        name=there.name,
        type=there.type,
        property_id=str(there.schema.get("id", "")),
        scale=scale,
        options=tuple(option["name"] for option in config.get("options", ())),
        points_to=config.get("data_source_id") if there.type == "relation" else None,
    )


def _mistyped(column: Column, real: Sequence[_Real], used: set[str]) -> Mistyped | None:
    for name, _scale in column.names():
        for there in _spelt(name, real):
            if there.name not in used:
                return Mistyped(ours=column.name, name=there.name, type=there.type, wanted=column.types)
    return None


def _spelt(name: str, real: Sequence[_Real]) -> list[_Real]:
    """The columns of that name; the exact spelling first."""
    alike = [there for there in real if _folded(there.name) == _folded(name)]
    return sorted(alike, key=lambda there: there.name != name)


def _folded(name: str) -> str:
    return name.strip().casefold()
