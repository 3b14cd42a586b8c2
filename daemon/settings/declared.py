"""Every setting there is: name, type, default, one line of help, secret or not. Declared here and nowhere else.

The name in the environment is the field's name in capitals. What is a `SecretStr` is a secret: no repr and no message
shows it, and `daemon.secrets` masks it in all that is written. The line under a field is its help, for `.env.example`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from daemon import file_template
from daemon.models import Format, KeyNotation, Status
from daemon.settings import readers


def _read_by(reader: Callable[[str], Any]) -> BeforeValidator:
    """Text goes through the reader; a value that is given in code is taken as it is, and checked for its type alone."""
    return BeforeValidator(lambda value: reader(value.strip()) if isinstance(value, str) else value)


def _at_home(path: Path, info: ValidationInfo) -> Path:
    """The path below the folder that `load` names. Never below the current one: cron's is another, and so would be
    the ledger."""
    base: Path | None = (info.context or {}).get("base")
    if not path.is_absolute() and base is None:
        raise ValueError("write the whole path.")
    return path if base is None else base / path


def _read_place(value: object, info: ValidationInfo) -> object:
    return _at_home(readers.place(str(value)), info) if isinstance(value, str | Path) else value


def _read_eagle_library(value: object, info: ValidationInfo) -> object:
    """Eagle may run on a Windows machine; its path is then compared as Eagle writes it."""
    if not isinstance(value, str) or readers.is_elsewhere(value):
        return value
    return str(_read_place(value, info))


def _checked_extractor_args(text: str) -> str:
    readers.extractor_args(text)
    return text


def _checked_template(text: str) -> str:
    file_template.parts_of(text)
    return text


Place = Annotated[Path, BeforeValidator(_read_place)]
NotionId = Annotated[str, _read_by(readers.notion_id)]
WebAddress = Annotated[str, _read_by(readers.web_address)]
Token = Annotated[SecretStr, _read_by(readers.token)]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LogFormat = Literal["text", "json"]
SOURCES = ("spotify-playing", "soundcloud-likes", "spotify-liked", "notion")
"""The links of the chain, in their usual order."""
_OURS_IN_VAR_DIR = ("work", "waiting", "owed", "quarantine", "scratch")
SAMPLE_RATES_HZ = (44_100, 48_000, 88_200, 96_000)
VERSIONS = ("as-liked", "extended", "radio", "instrumental")
"""The versions of a track that somebody may want instead of the one they came across."""


class Settings(BaseModel):
    """Everything a person can set, checked; every path in it is absolute. Made by `daemon.settings.load`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    # --- Notion ------------------------------------------------------------------------------------------------------

    notion_token: Token | None = None
    """Token of your Notion integration. Without it everything stays in the local ledger."""
    tracks_db_id: NotionId | None = None
    """The Tracks database: its address pasted from Notion, or the id in it."""
    artists_db_id: NotionId | None = None
    """The Artists database. Without it no artist pages are kept."""
    agent_tasks_db_id: NotionId | None = None
    """The Agent-Tasks database, where questions to you go. Without it none are asked in Notion."""
    issues_db_id: NotionId | None = None
    """The Issues+Questions database. Without it no issues are written to Notion."""
    playlists_db_id: NotionId | None = None
    """The Playlists database. Without it the Playlists column is left alone."""
    notion_base_url: Annotated[str, _read_by(readers.notion_address)] = "https://api.notion.com"
    """Where Notion's API is."""
    notion_requests_per_s: Annotated[int, _read_by(readers.whole_number(1, 1_000))] = 3
    """Requests a second that Notion is asked at most, on average. It bears about three; less where it complains."""
    track_tasks: Annotated[bool, _read_by(readers.yes_or_no)] = False
    """yes: each new track gets a task in Agent-Tasks that follows it, so that other agents see the work."""
    hand_over: Annotated[tuple[tuple[Status, str], ...], _read_by(readers.handovers)] = ()
    """Who gets a task when a track has come to that end: Done: Mixer; Needs review: Librarian. Without it nobody."""
    notion_webhook_token: Token | None = None
    """Verification token of a Notion webhook subscription. Without it changes are found by polling."""

    # --- Spotify -----------------------------------------------------------------------------------------------------

    spotify_client_id: Annotated[str, _read_by(readers.token)] | None = None
    """Client ID of your app at developer.spotify.com/dashboard. Without it Spotify is off."""
    spotify_client_secret: Token | None = None
    """Client secret of that app. Not needed: without it the log-in uses PKCE."""
    spotify_redirect_uri: Annotated[str, _read_by(readers.redirect_address)] = "http://127.0.0.1:8766/callback"
    """Where the log-in's answer goes; the same must stand among that app's Redirect URIs."""
    spotify_refresh_token: Token | None = None
    """A refresh token that was got elsewhere, for a machine without a browser."""
    spotify_api_url: Annotated[str, _read_by(readers.spotify_api_address)] = "https://api.spotify.com/v1/"
    """Where Spotify's API is."""
    spotify_accounts_url: WebAddress = "https://accounts.spotify.com"
    """Where Spotify's log-in is."""

    # --- SoundCloud --------------------------------------------------------------------------------------------------

    soundcloud_profile: Annotated[str, _read_by(readers.soundcloud_profile)] | None = None
    """User name whose likes are read: the NAME of soundcloud.com/NAME. Without it SoundCloud likes are off."""
    soundcloud_oauth_token: Token | None = None
    """Your own OAuth token, for the quality that your own account has."""

    # --- Downloads, by yt-dlp ----------------------------------------------------------------------------------------

    ytdlp_cookies_file: Place | None = None
    """A cookies.txt for yt-dlp. It works on a copy; your file is never changed."""
    ytdlp_proxy: Annotated[SecretStr, _read_by(readers.proxy_address)] | None = None
    """A proxy for yt-dlp: http://user:password@host:port, or socks5://…"""
    ytdlp_insecure: Annotated[bool, _read_by(readers.yes_or_no)] = False
    """yes: yt-dlp does not check certificates. Only for a proxy that you trust."""
    ytdlp_extractor_args: Annotated[SecretStr, _read_by(_checked_extractor_args)] | None = None
    """As on yt-dlp's command line: youtube:player_client=…;player_skip=… (several separated by blanks)."""
    downloads_at_once: Annotated[int, _read_by(readers.whole_number(1, 8))] = 2
    """Downloads that run at the same time, at most."""
    download_gap_s: Annotated[int, _read_by(readers.whole_number(0, 3_600))] = 2
    """Seconds from the beginning of one download to that of the next from the same service, at least."""
    min_free_gb: Annotated[int, _read_by(readers.whole_number(0, 10_000))] = 2
    """Gigabytes that are left free on every disk; what would need them waits."""
    version_preference: Annotated[tuple[str, ...], _read_by(readers.several(*VERSIONS))] = ("as-liked",)
    """Which version is fetched, the most wanted first: as-liked, extended, radio, instrumental."""
    youtube_api_key: Token | None = None
    """Accepted from older files, and not used: yt-dlp does the searching."""

    # --- Your library ------------------------------------------------------------------------------------------------

    file_formats: Annotated[tuple[Format, ...], _read_by(readers.several(*Format))] = tuple(Format)
    """Which files are made of each track: m4a (ALAC), wav, aiff."""
    sample_bits: Annotated[Literal[16, 24], _read_by(readers.number_of(16, 24))] = 16
    """Bits of a sample in those files: 16, or 24."""
    sample_rate_hz: Annotated[int, _read_by(readers.number_of(*SAMPLE_RATES_HZ))] | None = None
    """Their samples a second: 44100, 48000, 88200 or 96000. Without it each track keeps what it came with."""
    key_notation: Annotated[KeyNotation, _read_by(readers.one_of(*get_args(KeyNotation)))] = "musical"
    """How the key is written into the tags: musical (Am), camelot (8A) or open-key (1m)."""
    file_template: Annotated[str, _read_by(_checked_template)] = file_template.DEFAULT
    """Folders and name below OUT_DIR; also {album}, {year}, {genre}, {bpm}, {key}, {camelot}, {remixer}, {version}."""
    out_dir: Place = Field(default=Path("var/music"), validate_default=True)
    """The library: {playlist or Unassigned}/{Artist} - {Title}.m4a and .aiff."""
    backup_dir: Place | None = None
    """Gets a second copy of each M4A: a DJ program's auto-import folder."""
    wav_backup_dir: Place | None = None
    """Gets the WAV: a player's auto-add folder. Without it the WAV is beside the others in OUT_DIR."""

    # --- Eagle -------------------------------------------------------------------------------------------------------

    eagle_api_base: WebAddress = "http://localhost:41595"
    """Where the Eagle app answers."""
    eagle_library_path: Annotated[str, BeforeValidator(_read_eagle_library)] | None = None
    """The library that must be open in Eagle before anything is added there."""
    eagle_token: Token | None = None
    """Eagle's API token, for an Eagle on another machine."""

    # --- Checking what was downloaded --------------------------------------------------------------------------------

    acoustid_api_key: Token | None = None
    """From acoustid.org/new-application. With it each download is checked to be the recording it claims to be."""
    acoustid_api_base: WebAddress = "https://api.acoustid.org"
    """Where AcoustID answers."""

    # --- The loop ----------------------------------------------------------------------------------------------------

    sync_interval_s: Annotated[int, _read_by(readers.whole_number(1, 86_400))] = 300
    """Seconds from one look for new tracks to the next."""
    sync_batch: Annotated[int, _read_by(readers.whole_number(1, 1_000))] = 5
    """Tracks that one look takes up at most."""
    source_timeout_s: Annotated[int, _read_by(readers.whole_number(1, 600))] = 30
    """Seconds that a source may take to answer."""
    source_lookback: Annotated[int, _read_by(readers.whole_number(0, 1_000))] = 5
    """Known tracks of a source that are looked at again, in case they are incomplete."""

    sources: Annotated[tuple[str, ...], _read_by(readers.several(*SOURCES))] = SOURCES
    """The fallback chain: what is asked, and in which order. Leave one out to switch it off."""
    playing_heard_s: Annotated[int, _read_by(readers.whole_number(0, 600))] = 30
    """Seconds that a track must have played on Spotify before it counts."""
    spotify_playlists: Annotated[tuple[str, ...], _read_by(readers.links)] = ()
    """Playlists of your own to watch, by link, separated by blanks. Their name becomes the folder."""
    soundcloud_playlists: Annotated[tuple[str, ...], _read_by(readers.links)] = ()
    """SoundCloud sets to watch, by link, separated by blanks. Their name becomes the folder."""

    # --- What is kept ------------------------------------------------------------------------------------------------

    var_dir: Place = Field(default=Path("var"), validate_default=True)
    """Folder of the ledger, the log-ins and the work files."""
    database_url: Annotated[SecretStr, _read_by(readers.database_address)] | None = None
    """PostgreSQL for several machines: postgresql://user:password@host/database. Without it SQLite in VAR_DIR."""

    # --- The status page ---------------------------------------------------------------------------------------------

    http_host: Annotated[str, _read_by(readers.host)] = "127.0.0.1"
    """Where the status page listens. Any address that other machines can reach needs HTTP_TOKEN."""
    http_port: Annotated[int, _read_by(readers.whole_number(0, 65_535))] = 8765
    """Its port; 0 takes any that is free."""
    http_token: Token | None = Field(default=None, validate_default=True)
    """Token of the status page: who has it may see the page."""

    # --- Word to you -------------------------------------------------------------------------------------------------

    notify_urls: tuple[SecretStr, ...] = ()
    """Where to send word of what needs you: Apprise addresses, separated by blanks."""

    # --- The log -----------------------------------------------------------------------------------------------------

    log_level: Annotated[
        LogLevel, _read_by(readers.one_of(*get_args(LogLevel), also={"warn": "WARNING", "fatal": "CRITICAL"}))
    ] = "INFO"
    """DEBUG, INFO, WARNING, ERROR or CRITICAL."""
    log_format: Annotated[LogFormat, _read_by(readers.one_of(*get_args(LogFormat)))] = "text"
    """text, or json: one object a line."""

    @field_validator("notify_urls", mode="before")
    @classmethod
    def _several_addresses(cls, value: object) -> object:
        return readers.notify_addresses(value) if isinstance(value, str) else value

    @field_validator("backup_dir", "wav_backup_dir")
    @classmethod
    def _is_an_inbox(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        library: Path | None = info.data.get("out_dir")
        if value is not None and library is not None and value.resolve() == library.resolve():
            raise ValueError("OUT_DIR is the same folder: name the folder of the other program, or leave this empty.")
        return value

    @field_validator("var_dir")
    @classmethod
    def _is_nobody_elses(cls, value: Path, info: ValidationInfo) -> Path:
        ours = [value.resolve(), *((value / name).resolve() for name in _OURS_IN_VAR_DIR)]
        for name in ("out_dir", "backup_dir", "wav_backup_dir"):
            folder: Path | None = info.data.get(name)
            if folder is not None and (folder.resolve() in ours or set(folder.resolve().parents) & set(ours[1:])):
                raise ValueError(
                    f"{name.upper()} is where this program keeps its work files: name another folder there."
                )
        return value

    @field_validator("backup_dir")
    @classmethod
    def _gets_what_is_made(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and Format.M4A not in info.data.get("file_formats", tuple(Format)):
            raise ValueError("it gets the M4A, which FILE_FORMATS leaves out: add m4a there, or leave this empty.")
        return value

    @field_validator("wav_backup_dir")
    @classmethod
    def _gets_the_wav(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        formats = info.data.get("file_formats", tuple(Format))
        if value is not None and Format.WAV not in formats:
            raise ValueError("it gets the WAV, which FILE_FORMATS leaves out: add wav there, or leave this empty.")
        if value is not None and formats == (Format.WAV,):
            raise ValueError("OUT_DIR would stay empty: add m4a or aiff to FILE_FORMATS, or leave this empty.")
        return value

    @field_validator("http_token")
    @classmethod
    def _guards_the_page(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and not readers.is_loopback(info.data.get("http_host", "127.0.0.1")):
            raise ValueError(
                "HTTP_HOST lets other machines see the status page: set a token for it here, "
                "or leave HTTP_HOST empty to keep the page to this machine."
            )
        return value

    @property
    def ledger_url(self) -> SecretStr:
        """SQLAlchemy's address of the ledger."""
        return self._database("ledger.db")

    @property
    def engine_url(self) -> SecretStr:
        """The address of the engine's own tables."""
        return self._database("engine.db")

    @property
    def extractor_args(self) -> dict[str, dict[str, list[str]]]:
        """YTDLP_EXTRACTOR_ARGS as `YoutubeDL` takes them; empty when unset."""
        given = self.ytdlp_extractor_args
        return readers.extractor_args(given.get_secret_value()) if given else {}

    def _database(self, file_name: str) -> SecretStr:
        return self.database_url or SecretStr(f"sqlite:///{self.var_dir / file_name}")


@dataclass(frozen=True, slots=True)
class Declared:
    """One setting, as people see it."""

    name: str
    """`TRACKS_DB_ID`."""
    help: str
    default: str
    """As one would write it; empty where there is none."""
    secret: bool


def declarations() -> tuple[Declared, ...]:
    """Every setting, in the order in which a person wants to read them."""
    return tuple(
        Declared(
            name=name.upper(),
            help=field.description or "",
            default=_as_text(field.default),
            secret=_holds_secret(field.annotation),
        )
        for name, field in Settings.model_fields.items()
    )


def _as_text(default: object) -> str:
    if default is None or default == ():
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return ", ".join(default) if isinstance(default, tuple) else str(default)


def _holds_secret(annotation: object) -> bool:
    return annotation is SecretStr or any(_holds_secret(part) for part in get_args(annotation))
