"""Where results go, and how everything stands."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from daemon import founding
from daemon.chain import Link
from daemon.login import consent as consents
from daemon.models import Check, Service, TrackRef
from daemon.ports import Board, Cabinet, Relatives, RowReader, TaskBoard
from daemon.wiring.outside.connections import plain
from daemon.wiring.outside.links import Links
from daemon.wiring.outside.sound import Sound

if TYPE_CHECKING:
    from integrations.spotify import SpotifySession


_PAGE = re.compile(r"https?://[^\s/]+\.[^\s/]+/\S*", re.IGNORECASE)


class Standing(Links, Sound):
    """Notion, Eagle, and what doctor asks."""

    @property
    def has_eagle(self) -> bool:
        """Eagle is served where the person has said anything about it; its default address alone means nothing."""
        return bool({"eagle_api_base", "eagle_library_path"} & self._settings.model_fields_set)

    def board(self) -> Board:
        return self._board

    def row_reader(self) -> RowReader:
        from integrations.notion import NotionRows

        return NotionRows(self._tracks_table)

    def relatives(self) -> Relatives:
        return self._relatives

    def task_board(self) -> TaskBoard:
        """Agent-Tasks, at the pace of all of Notion."""
        return self._task_board

    def issue_board(self) -> TaskBoard:
        """Issues+Questions, likewise."""
        return self._issue_board

    @staticmethod
    def ref_of_address(column: str, text: str) -> TrackRef | None:
        """The track that an address column leads to."""
        from integrations.notion.addresses import pointers

        found = pointers({column: text})
        return next((_typed(service, *place) for service, place in found.items()), None)

    @staticmethod
    def ref_of_title(text: str) -> TrackRef | None:
        """Where a link leads to that was put into a title, or into a column: a track, or any other page."""
        from integrations.notion.addresses import pointers

        columns = ("Spotify URL", "SoundCloud URL", "YouTube URL")
        for column in columns:
            for service, place in pointers({column: text.strip()}).items():
                return _typed(service, *place)
        is_page = _PAGE.fullmatch(text.strip()) is not None
        return _typed(Service.WEB, text.strip(), text.strip()) if is_page else None

    def cabinet(self) -> Cabinet:
        return self._cabinet

    def checks(self) -> Iterator[tuple[str, Callable[[], Check]]]:
        """What doctor asks of the outside, in the order in which a person sets it up."""
        yield (
            "Notion",
            lambda: self.board().check() if self.has_notion else _unset("Notion", "NOTION_TOKEN and TRACKS_DB_ID"),
        )
        # That one of them is not set is said with what it costs, where all that the settings leave out is said.
        if self.has_tasks:
            yield founding.AGENT_TASKS, lambda: self.task_board().check()
        if self.has_issues:
            yield founding.ISSUES, lambda: self.issue_board().check()
        for link in self.links():
            if link.name == "notion":
                continue  # the board's check says it already
            yield link.name, self._check_of(link)
        if self._settings.spotify_client_id:
            yield "Spotify log-in", self._check_consent
        yield "yt-dlp", _check_ytdlp
        yield "ffmpeg", _check_ffmpeg
        yield "AcoustID", lambda: self._acoustid.check() if self.recogniser else _unset("AcoustID", "ACOUSTID_API_KEY")
        yield "Eagle", lambda: self.cabinet().check() if self.has_eagle else _unset("Eagle", "EAGLE_API_BASE")

    @staticmethod
    def _check_of(link: Link) -> Callable[[], Check]:
        def check() -> Check:
            if link.open is None:
                return Check(name=link.name, level="ok", text=f"off; {link.missing}.")
            return link.open().check()

        return check

    def login_marks(self) -> dict[str, str]:
        """By service: a hash of what we log in with, so that a corrected setting ends the wait for it."""
        settings = self._settings
        about = {
            "notion": (
                plain(settings.notion_token),
                settings.tracks_db_id,
                settings.agent_tasks_db_id,
                settings.issues_db_id,
            ),
            "eagle": (plain(settings.eagle_token), settings.eagle_api_base, settings.eagle_library_path),
            "soundcloud": (plain(settings.soundcloud_oauth_token), settings.soundcloud_profile),
            "acoustid": (plain(settings.acoustid_api_key), settings.acoustid_api_base),
            "youtube": (str(settings.ytdlp_cookies_file), plain(settings.ytdlp_proxy)),
        }
        return {service: hashlib.sha256(repr(words).encode()).hexdigest()[:16] for service, words in about.items()}

    def spotify_login(self) -> SpotifySession:
        """For `login spotify`, which closes it."""
        return self._spotify

    def consent_warning(self, now: float) -> str | None:
        """What there is to say of the log-in's end; None while it is far away or not ours to know."""
        consent = self._spotify.consent() if self._settings.spotify_client_id else None
        return consents.warning(consent, now) if consent else None

    def _check_consent(self) -> Check:
        return consents.check(self._spotify.consent(), time.time(), ignores_seed=self._spotify.ignores_seed())


def _typed(service: Service, track_id: str, url: str) -> TrackRef:
    return TrackRef(service=service, id=track_id, url=url, found_in="notion")


def _unset(name: str, settings: str) -> Check:
    return Check(name=name, level="ok", text=f"off; set {settings} to use it.")


def _check_ytdlp() -> Check:
    from integrations.ytdlp.checking import check

    return check()


def _check_ffmpeg() -> Check:
    from integrations.ytdlp.checking import check_ffmpeg

    return check_ffmpeg()
