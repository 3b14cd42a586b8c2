"""The values everybody speaks in: frozen, small, and made of strings and numbers, so that they cross a process or a
database as JSON without loss. Sound is never in them: files are named by path. Units stand in the names.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal


class Service(StrEnum):
    """Whom an id or an address belongs to."""

    SPOTIFY = "spotify"
    SOUNDCLOUD = "soundcloud"
    YOUTUBE = "youtube"
    NOTION = "notion"
    EAGLE = "eagle"
    WEB = "web"
    """Any other site that yt-dlp knows; only for links that a person gave by hand."""
    FILE = "file"
    """A file on the person's own disk."""


class Format(StrEnum):
    """A rendered file's kind; the value is its file name extension."""

    M4A = "m4a"
    WAV = "wav"
    AIFF = "aiff"


class Status(StrEnum):
    """Where a track stands, in the words that Notion shows. The last two are orders of the person's."""

    QUEUED = "Queued"
    PROCESSING = "Processing"
    DONE = "Done"
    DUPLICATE = "Duplicate"
    METADATA_ONLY = "Metadata only"
    NEEDS_REVIEW = "Needs review"
    FAILED = "Failed"
    REJECTED = "Rejected"
    SKIP = "Skip"


# --- who is it -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An id that one service knows a track by. The ledger allows each one once."""

    service: Service
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What is known of a recording before it is heard."""

    title: str
    """As the service writes it, with the words for its version: `Strobe (Radio Edit)`."""
    artists: tuple[str, ...] = ()
    """The main artists, as the service orders them. Until `daemon.identity` has looked, everybody who is credited."""
    featured: tuple[str, ...] = ()
    remixers: tuple[str, ...] = ()
    """Who remixed or edited it; such a one is no main artist."""
    version: tuple[str, ...] = ()
    """What sort of recording it is, in the words of `daemon.identity.versions`, sorted; empty: the original."""
    album: str | None = None
    duration_s: float | None = None
    isrc: str | None = None
    """Nominates a twin; never decides (ISRCs are sometimes wrong or reused)."""
    genre: str | None = None
    release_date: str | None = None
    """ISO 8601, as exact as the service is: `2024`, `2024-03` or `2024-03-01`."""
    artwork_url: str | None = None
    aliases: tuple[Alias, ...] = ()
    """Every id that this answer proves to be the same recording (a relinked Spotify id, say)."""
    urls: dict[Service, str] = field(default_factory=dict)
    """The page for people at each service."""
    origins: dict[str, str] = field(default_factory=dict)
    """Who said it: by field name (`isrc`, `album` …) the service, or `title` for what was read out of the title."""

    @property
    def artist(self) -> str:
        """The main artists in one line, for people and for tags."""
        return ", ".join(self.artists)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRef:
    """Something a source pointed at: an id at a service, and what the source happened to say of it."""

    service: Service
    id: str
    url: str
    found_in: str
    """The source's name in the chain: `spotify-playing`, `soundcloud-likes`, `spotify-liked`, `notion`, `url`."""
    playlist: str | None = None
    """The playlist it was found in; names the folder on the shelf."""
    told: Track | None = None
    """What the source told us already, where that is enough to spare a call."""

    @property
    def alias(self) -> Alias:
        return Alias(service=self.service, id=self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A row of the Tracks database as it stands there."""

    id: str
    created_at: str
    """ISO 8601, as exact as Notion is: the minute."""
    edited_at: str
    """The same, of the last edit by anybody."""
    values: dict[str, Any]
    """Plain values under our column names, for the columns that are there and could be read whole."""
    ref: TrackRef | None
    """What its addresses point at, with everything that the row tells; None for a row without one."""
    in_trash: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the person's Tracks database is built, as far as it concerns us."""

    place: str
    """Which database, and which of its data sources, in words."""
    columns: dict[str, str]
    """By our name of a column: what it is there, so that another one under the same name is told from it."""
    missing: tuple[str, ...] = ()
    mistyped: tuple[str, ...] = ()
    """A sentence for each column of a type that we cannot use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """A line of a list that leads nowhere: what it named is deleted or private."""

    service: Service
    id: str | None
    """None where the service does not even say which one it was."""
    found_in: str
    """As in `TrackRef`."""


# --- where the audio comes from --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place where the audio may be had, as a search or a page describes it."""

    service: Service
    id: str
    url: str
    title: str
    channel: str = ""
    """Uploader or channel name."""
    artists: tuple[str, ...] = ()
    """Where the service says so itself (Art Tracks)."""
    duration_s: float | None = None
    views: int | None = None
    verified: bool = False
    live: bool = False

    @property
    def place(self) -> str:
        """What it is known by when a person has decided about it: `youtube:dQw4w9WgXcQ`."""
        return f"{self.service.value}:{self.id}"


Verdict = Literal["accept", "ask", "decline"]
"""Take it; let the person decide; it is not the one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A candidate, how well it fits, and everything that speaks for it and against it."""

    candidate: Candidate
    score: float
    """0 to 1."""
    verdict: Verdict
    evidence: str
    """One line a person understands."""
    parts: dict[str, float] = field(default_factory=dict)
    """The single scores, 0 to 1, by name: `artists`, `title`, `duration` …"""
    as_version: str | None = None
    """Where the person prefers another version than the one liked, and this is it: `Extended Mix`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The candidate that was chosen, and why."""

    candidate: Candidate
    score: float
    """0 to 1."""
    evidence: str
    """One line a person understands: why this one."""
    trusted: bool = False
    """A person said so: whether it is the right recording is no longer asked, only whether it is whole."""
    as_version: str | None = None
    """As in `Weighed`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A recording that a fingerprint is known to belong to."""

    score: float
    """0 to 1: how sure the register is that it is this fingerprint."""
    recording_id: str
    """MusicBrainz' id."""
    title: str
    artists: tuple[str, ...] = ()
    duration_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A download, complete on disk."""

    path: str
    size: int
    service: Service
    url: str
    codec: str | None = None
    """As the service names it: `opus`, `mp4a.40.2`, `mp3`."""
    bitrate_kbps: float | None = None
    duration_s: float | None = None
    """What the service claims; the decode counts for itself."""
    format_id: str | None = None


# --- what was heard --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """How fast, and how sure we are."""

    bpm: float
    confidence: float
    """0 to 1."""
    alternative_bpm: float | None = None
    """Half or double: what a person might mean instead."""
    steady: bool = True
    """False when the tempo drifts through the track."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The tonal centre, in the three spellings that people use."""

    name: str
    """Musical: `Am`, `F#`, `Eb`."""
    camelot: str
    """`8A`."""
    open_key: str
    """`1m`."""
    confidence: float
    runner_up: str | None = None
    """The musical name of the second best."""


KeyNotation = Literal["musical", "camelot", "open-key"]
"""Which of the three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """BS.1770-4 and EBU R128."""

    integrated_lufs: float | None
    """None for silence: the gate leaves nothing."""
    range_lu: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Everything one decode told us."""

    duration_s: float
    """Samples counted, not what the container says."""
    sample_rate_hz: int
    channels: int
    codec: str
    lossless: bool
    tempo: Tempo | None
    """None where there is no pulse to speak of."""
    key: Key | None
    """None where nothing is tuned."""
    tuning_cents: float
    loudness: Loudness
    silence_start_s: float
    silence_end_s: float
    clipped_samples: int
    dc_offset: float
    energy: float
    """0 to 1, for sorting a crate by drive."""
    fingerprint_path: str
    """Chromaprint words, little-endian uint32, in the work folder."""
    peaks_path: str
    """The wave in a thousand pairs of signed bytes, lowest and highest sample, full scale 127; in the work folder."""
    flags: tuple[str, ...] = ()
    """What a person should know: `silent`, `one ear`, `clipped`, `drifting tempo` …"""
    cutoff_hz: float | None = None
    """Where the sound breaks off as if cut with a knife; None where it does not, or not below the rate's own limit."""
    once_lossy: bool = False
    """A lossless file with a lossy encoder's cut-off."""
    holes: tuple[tuple[float, float], ...] = ()
    """Start and length in seconds of every silence that is cut out of loud sound as with a knife."""
    sudden_stops: tuple[tuple[float, float], ...] = ()
    """The same, of those that begin and end faster than most music does."""
    bitrate_kbps: float | None = None
    """What the container says, or its size over its length."""
    limited_samples: int = 0
    """How many samples lay beyond full scale and are held at it in the files that are made."""


# --- files -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A finished, tagged file in the work folder."""

    format: Format
    path: str
    size: int
    sha256: str


def collision_key(path: str) -> str:
    """Equal for two paths that a file system blind to case, or to how an accent is spelt, takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


ShelfRole = Literal["library", "backup", "wav_backup"]
"""`library` is ours to keep true; the others are inboxes of other programs: delivered once, never looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A file where the person wants it."""

    role: ShelfRole
    format: Format
    path: str
    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """What goes into a file's tags. None means: leave that frame out."""

    title: str
    artists: tuple[str, ...] = ()
    remixer: str | None = None
    """All remixers in one line."""
    album: str | None = None
    date: str | None = None
    genre: str | None = None
    bpm: float | None = None
    initial_key: str | None = None
    isrc: str | None = None
    comment: str | None = None
    artwork_jpeg: bytes | None = None
    replaygain_track_gain_db: float | None = None
    replaygain_track_peak: float | None = None
    provenance: dict[str, str] = field(default_factory=dict)
    """Source service and address, codec and bitrate, lossy or not, tool version, fingerprint id."""


# --- how it ended ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """Done: the files are on the shelf."""

    files: tuple[Shelved, ...]
    kind: Literal["filed"] = "filed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same recording is in the crate already."""

    of: str
    """Our key of the track that is there."""
    evidence: str
    kind: Literal["duplicate"] = "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataOnly:
    """A full row, no files, and no error: the audio is not to be had."""

    reason: str
    kind: Literal["metadata_only"] = "metadata_only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer the person can give to a question."""

    label: str
    value: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Only the person can decide."""

    question: str
    choices: tuple[Choice, ...] = ()
    kind: Literal["asked"] = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """Not now: the service asks for patience, or a volume is away."""

    reason: str
    not_before: float
    """Unix seconds."""
    service: str | None = None
    own_fault: bool = False
    """Neither a service nor a disk is to blame: too many of these, and the track has failed."""
    kind: Literal["postponed"] = "postponed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Trying again changes nothing until somebody changes something."""

    reason: str
    step: str
    kind: Literal["failed"] = "failed"


Outcome = Filed | Duplicate | MetadataOnly | Asked | Postponed | Failed


# --- the state of the outside ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of `doctor`."""

    name: str
    level: Literal["ok", "warning", "problem"]
    text: str
    todo: str = ""
    """What to do; empty when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's yes to a service, which does not last for ever."""

    given_at: float
    """Unix seconds."""
    known: bool = True
    """False: nobody told us the day, so it counts from the first use."""


Json = dict[str, Any]
"""A JSON object, as it comes from or goes to the outside."""
