"""One YoutubeDL per call: opened, asked, closed, and its errors translated."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from yt_dlp.cookies import YoutubeDLCookieJar
from yt_dlp.utils import YoutubeDLError

from daemon.errors import DaemonError
from integrations.ytdlp.downloader import Downloader
from integrations.ytdlp.options import Access, options
from integrations.ytdlp.translation import Failure, classify, say, translate

_log = logging.getLogger(__name__)

_ODD_ANSWERS = (LookupError, TypeError, AttributeError, ValueError)
"""What extractors fall over when a service answers well-formed nonsense: outside their own try-blocks these escape."""

_SOUNDCLOUD_EXTRACTORS = ("Soundcloud", "SoundcloudUser", "SoundcloudSet", "SoundcloudPlaylist")
_DEAD_TOKEN = "Provided authorization token is invalid"  # noqa: S105 -- a sentence of yt-dlp's

_COPIES = "cratekeeper-ytdlp-"
"""How the folders with copies of the cookies begin; `tempfile` makes each for its owner alone."""

Info = dict[str, Any]
"""yt-dlp's info dict."""


@dataclass(slots=True)
class Notes:
    """yt-dlp's logger: everything goes to our log, and warnings are remembered for the translation of errors."""

    warnings: list[str] = field(default_factory=list)

    def debug(self, message: str) -> None:
        _log.debug("%s", message)

    def info(self, message: str) -> None:
        _log.debug("%s", message)

    def warning(self, message: str) -> None:
        self.warnings.append(message)
        _log.debug("yt-dlp: %s", message)

    def error(self, message: str) -> None:
        _log.debug("%s", message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list that is being read."""

    title: str | None
    entries: Iterator[Info | None]
    """Each as the list itself tells it; None for a line that leads nowhere."""


@dataclass(slots=True, kw_only=True)
class Session:
    """An open YoutubeDL. Every method raises only what `daemon.errors` draws."""

    ydl: Any
    service: str
    notes: Notes

    def look(self, url: str) -> Info:
        """What the service says of `url`, unprocessed."""
        info: Info = self._asked(url, lambda: self.ydl.extract_info(url, download=False, process=False))
        return info

    def describe(self, url: str) -> Info:
        """What the service says of the one track at `url`, in full."""
        info: Info = self._asked(url, lambda: self.ydl.extract_info(url, download=False))
        return info

    def entries(self, url: str) -> Iterator[Info | None]:
        """A list's entries as they come, page by page, each as the list itself tells it."""
        yield from self.listing(url, forbidden=Failure.CLOSED).entries

    def listing(self, url: str, *, forbidden: Failure = Failure.FORBIDDEN) -> Listing:
        """The list at `url`, its entries to come as they are asked for. `forbidden` is what a 403 means there."""
        info = self._asked(url, lambda: self.ydl.extract_info(url, download=False, process=False), forbidden=forbidden)
        return Listing(title=info.get("title"), entries=self._following(url, info.get("entries") or (), forbidden))

    def _following(self, url: str, entries: Iterable[Info | None], forbidden: Failure) -> Iterator[Info | None]:
        following = iter(entries)
        end: Info = {}
        while (entry := self._asked(url, lambda: next(following, end), forbidden)) is not end:
            yield entry

    def download(self, url: str, looked: Info) -> Info:
        """Takes what `look` found and downloads it."""
        try:
            return cast("Info", self.ydl.process_ie_result(looked, download=True))
        except YoutubeDLError as error:
            raise self._translated(error, url) from error

    def _asked(self, what: str, ask: Callable[[], Any], forbidden: Failure = Failure.FORBIDDEN) -> Any:
        try:
            answer = ask()
        except YoutubeDLError as error:
            raise self._translated(error, what, forbidden) from error
        except _ODD_ANSWERS as error:
            raise say(Failure.OUTDATED, service=self.service, what=what) from error
        self._refuse_dead_token()
        return answer

    def _translated(self, error: YoutubeDLError, what: str, forbidden: Failure = Failure.FORBIDDEN) -> DaemonError:
        return translate(error, service=self.service, what=what, notes=self.notes.warnings, forbidden=forbidden)

    def _refuse_dead_token(self) -> None:
        """yt-dlp would carry on as a guest, and the person would never hear of it. It says the same when the question
        got no answer."""
        said = next((warning for warning in self.notes.warnings if _DEAD_TOKEN in warning), None)
        if said is not None:
            failure = classify(YoutubeDLError(said), self.notes.warnings)
            unanswered = failure in (Failure.NETWORK, Failure.RATE_LIMITED)
            raise say(failure if unanswered else Failure.LOGIN_NEEDED, service=self.service, what="the token")


@contextmanager
def opened(
    access: Access,
    service: str,
    *,
    extractors: Sequence[str],
    build: Callable[..., Info] = options,
    changes: Info | None = None,
) -> Iterator[Session]:
    """A session that is closed at the end. `build` makes the parameters (`options`, or one with its signature),
    `changes` are laid over them. Raises ConfigError, and AuthExpired for a cookies file that cannot be read."""
    with _copied(access.cookies_file, access.scratch_dir, service) as cookies:
        notes = Notes()
        params = build(access, extractors=extractors, cookies_copy=cookies, logger=notes)
        with Downloader({**params, **(changes or {})}) as ydl:
            _keep_token_to(ydl, extractors)
            yield Session(ydl=ydl, service=service, notes=notes)


@contextmanager
def _copied(cookies_file: str | None, scratch_dir: str | None, service: str) -> Iterator[Path | None]:
    """yt-dlp rewrites its cookie file when it closes: it gets one of its own. Read here first, because over a bad one
    yt-dlp would fail while closing, and hide what went before. Without cookies there is no folder: a killed download
    would leave it."""
    if cookies_file is None:
        yield None
        return
    if scratch_dir is not None:
        Path(scratch_dir).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_COPIES, dir=scratch_dir) as folder:
        try:
            copy = Path(shutil.copy(cookies_file, Path(folder) / "cookies.txt"))
            YoutubeDLCookieJar(str(copy)).load()
        except (OSError, ValueError) as error:
            raise say(Failure.COOKIES, service=service, what=cookies_file) from error
        yield copy


def sweep(scratch_dir: Path) -> None:
    """Removes the copies of cookies that killed runs left below `scratch_dir`. Only where no other run of ours is at
    work there: it could not tell its copies from theirs."""
    for folder in scratch_dir.glob(f"{_COPIES}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _keep_token_to(ydl: Any, extractors: Iterable[str]) -> None:
    """SoundCloud's extractors keep the signed-in header in a class attribute, for the whole process: one session's
    token would stick to all that follow. Instances of this session share one of their own instead."""
    if any(name.startswith("soundcloud") for name in extractors):
        headers: dict[str, str] = {}
        for key in _SOUNDCLOUD_EXTRACTORS:
            ydl.get_info_extractor(key)._HEADERS = headers
