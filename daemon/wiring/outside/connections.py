"""What is opened once, when it is first used."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from daemon import founding
from daemon.ports import Board, Cabinet, Relatives, TaskBoard
from daemon.settings import Settings

if TYPE_CHECKING:
    from integrations.acoustid import AcoustId
    from integrations.notion import NotionEdge, Table
    from integrations.spotify import SpotifySession
    from integrations.ytdlp.options import Access

SCRATCH = "scratch"
"""A folder for what nobody needs once the process is gone: copies of cookies, say."""
_TOKEN_CACHE = "spotify-token.json"  # noqa: S105 -- a file's name


class Connections:
    """The clients of the outside systems."""

    def __init__(
        self, settings: Settings, learnt: Callable[[str], None] | None = None, *, scratch: Path | None = None
    ) -> None:
        """`learnt` is told every secret that comes from outside. With a `scratch` folder nothing is kept elsewhere,
        but for a log-in that would be lost."""
        self._settings = settings
        self._learnt = learnt
        self._scratch = scratch
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    @property
    def has_notion(self) -> bool:
        return bool(self._settings.notion_token and self._settings.tracks_db_id)

    @property
    def has_tasks(self) -> bool:
        return bool(self._settings.notion_token and self._settings.agent_tasks_db_id)

    @property
    def has_issues(self) -> bool:
        return bool(self._settings.notion_token and self._settings.issues_db_id)

    @property
    def tracks_database(self) -> str:
        return self._settings.tracks_db_id or ""

    @property
    def tasks_database(self) -> str:
        return self._settings.agent_tasks_db_id or ""

    @property
    def issues_database(self) -> str:
        return self._settings.issues_db_id or ""

    @cached_property
    def _spotify(self) -> SpotifySession:
        from integrations.spotify import SpotifySession

        settings = self._settings
        session = SpotifySession(
            settings.spotify_client_id or "",
            plain(settings.spotify_client_secret),
            settings.spotify_redirect_uri,
            settings.var_dir / _TOKEN_CACHE,
            refresh_token=plain(settings.spotify_refresh_token),
            api_url=settings.spotify_api_url,
            accounts_url=settings.spotify_accounts_url,
            timeout_s=settings.source_timeout_s,
            learnt=self._learnt,
            keeps_access=self._scratch is None,
        )
        self._open.callback(session.close)
        return session

    @cached_property
    def _notion(self) -> NotionEdge:
        from integrations.notion import NotionEdge

        settings = self._settings
        return self._open.enter_context(
            NotionEdge(
                plain(settings.notion_token) or "",
                base_url=settings.notion_base_url,
                timeout_s=settings.source_timeout_s,
                requests_per_s=settings.notion_requests_per_s,
            )
        )

    @cached_property
    def _tracks_table(self) -> Table:
        from integrations.notion import TRACKS, Table

        return Table(self._notion, self._settings.tracks_db_id or "", TRACKS)

    @cached_property
    def _board(self) -> Board:
        from integrations.notion import NotionBoard

        return NotionBoard(self._notion, self._tracks_table)

    @cached_property
    def _relatives(self) -> Relatives:
        from integrations.notion import NotionRelatives

        return NotionRelatives(self._notion, self._tracks_table)

    @cached_property
    def _task_board(self) -> TaskBoard:
        from integrations.notion import AGENT_TASKS, NotionTasks, Table

        return NotionTasks(
            Table(self._notion, self.tasks_database, AGENT_TASKS, service="agent-tasks"), founding.AGENT_TASKS
        )

    @cached_property
    def _issue_board(self) -> TaskBoard:
        from integrations.notion import ISSUES, NotionTasks, Table

        return NotionTasks(Table(self._notion, self.issues_database, ISSUES, service="issues"), founding.ISSUES)

    @cached_property
    def _cabinet(self) -> Cabinet:
        from integrations.eagle import EagleCabinet

        settings = self._settings
        library = Path(settings.eagle_library_path) if settings.eagle_library_path else None
        cabinet = EagleCabinet(settings.eagle_api_base, library, plain(settings.eagle_token), settings.source_timeout_s)
        self._open.callback(cabinet.close)
        return cabinet

    @cached_property
    def _acoustid(self) -> AcoustId:
        from integrations.acoustid import AcoustId

        settings = self._settings
        acoustid = AcoustId(
            plain(settings.acoustid_api_key) or "", settings.acoustid_api_base, settings.source_timeout_s
        )
        self._open.callback(acoustid.close)
        return acoustid

    @cached_property
    def _access(self) -> Access:
        from integrations.ytdlp.options import Access

        settings = self._settings
        return Access(
            proxy=plain(settings.ytdlp_proxy),
            insecure=settings.ytdlp_insecure,
            cookies_file=str(settings.ytdlp_cookies_file) if settings.ytdlp_cookies_file else None,
            cache_dir=str((self._scratch or settings.var_dir) / "ytdlp-cache"),
            extractor_args=plain(settings.ytdlp_extractor_args) or "",
            soundcloud_token=plain(settings.soundcloud_oauth_token),
            timeout_s=settings.source_timeout_s,
            scratch_dir=str((self._scratch or settings.var_dir) / SCRATCH),
        )


def plain(secret: SecretStr | None) -> str | None:
    """The secret itself, for whom it is meant."""
    return secret.get_secret_value() if secret else None
