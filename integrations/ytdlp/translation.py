"""What yt-dlp's errors mean to us. It has few classes of its own and says the rest in English sentences, so this reads
both, and the warnings that went before: a refused player request, say, is only a warning to it.
"""

from __future__ import annotations

import email.utils
import errno
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from pathlib import Path

import yt_dlp.version
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import ContentTooShortError, ExtractorError, GeoRestrictedError, UnsupportedError

from daemon.errors import AuthExpired, DaemonError, NotFound, Protected, RateLimited, Refused, Transient, Unreachable

SHOWN = {"soundcloud": "SoundCloud", "youtube": "YouTube", "web": "That website"}
"""The services' names as people write them."""

_ANY_SITE = "web"
"""No service that could be parked: the trouble of one site is not the next one's."""

_TEN_MINUTES_S = 600.0
_HOUR_S = 3600.0


class Failure(StrEnum):
    """Everything that can go wrong, by what is to be done about it."""

    NETWORK = auto()
    RATE_LIMITED = auto()
    RESTING = auto()
    """Asked too often for this session: up to an hour."""
    BOT_CHECK = auto()
    LOGIN_NEEDED = auto()
    """The service wants to know who we are, or no longer believes it."""
    MEMBERS_ONLY = auto()
    """This one is for adults or members; the service itself is open to us."""
    COOKIES = auto()
    """The cookies file is no cookies file."""
    FORBIDDEN = auto()
    """The page itself answered 403."""
    CLOSED = auto()
    """What is open to everybody answered 403 to us."""
    MEDIA_REFUSED = auto()
    """The page was shown, the audio itself answered 403."""
    GONE = auto()
    REGION = auto()
    PROTECTED = auto()
    PREVIEW = auto()
    """Half a minute for everybody, the rest for subscribers."""
    NO_FORMATS = auto()
    NO_JS_RUNTIME = auto()
    NEEDS_PROGRAM = auto()
    """A stream of a kind that yt-dlp leaves to ffmpeg and the like; no service that we search has one."""
    NOT_YET = auto()
    UNSUPPORTED = auto()
    DISK_FULL = auto()
    OUTDATED = auto()


_SENTENCES: tuple[tuple[str, Failure], ...] = (
    (r"not a bot|captcha challenge|ip is likely being blocked", Failure.BOT_CHECK),
    (r"try again later|rate-limited by youtube", Failure.RESTING),
    (r"drm.protected|requires payment|premium members|rental", Failure.PROTECTED),
    (r"available in your country|geo.?restriction|from your location", Failure.REGION),
    (r"premieres in|will begin in|is not currently live", Failure.NOT_YET),
    (
        r"private video|is private|video unavailable|no longer available|been removed|terminated|does not exist",
        Failure.GONE,
    ),
    (r"members.only|channel's members|confirm your age|age.restricted|inappropriate", Failure.MEMBERS_ONLY),
    (r"sign in|log ?in|--cookies|registered users", Failure.LOGIN_NEEDED),
    (r"unsupported url|no suitable extractor|is not a valid url|unsupported protocol", Failure.UNSUPPORTED),
    (r"no space left|disk quota", Failure.DISK_FULL),
    (r"download detected but .*could not be (found|run)", Failure.NEEDS_PROGRAM),
)
"""First match wins: “Sign in to confirm you're not a bot” is a bot check, “Private video. Sign in …” is gone."""

_NO_FORMATS = re.compile(r"requested format is not available|no video formats found|only images are available")
_NO_RUNTIME = re.compile(r"javascript runtime")
_NO_ANSWER = re.compile(
    r"got error|unable to download|timed out|connection|bytes read"
    r"|did not get any data|incomplete data|failed to parse json"
)
_STATUS = re.compile(r"http error (\d{3})")


def classify(error: BaseException, notes: Sequence[str] = ()) -> Failure:
    """The kind of failure; `notes` are the warnings that yt-dlp gave before."""
    chain = list(_chain(error))
    said = _plain(" ".join(str(link) for link in chain))
    noted = _plain(" ".join(notes))
    return (
        _by_class(chain)
        or _by_sentence(said)
        or _by_status(chain, said)
        or _by_transport(chain, said)
        or _by_notes(said, noted)
        or Failure.OUTDATED
    )


def translate(
    error: BaseException,
    *,
    service: str,
    what: str,
    notes: Sequence[str] = (),
    forbidden: Failure = Failure.FORBIDDEN,
) -> DaemonError:
    """What we raise in its place. `what` is the thing in question, as the person knows it; `forbidden` is what a 403
    means there."""
    failure = classify(error, notes)
    failure = forbidden if failure is Failure.FORBIDDEN else failure
    return say(failure, service=service, what=what, retry_after_s=_retry_after_s(error))


def say(failure: Failure, *, service: str, what: str, retry_after_s: float | None = None) -> DaemonError:
    """The error of our own for a kind of failure, with its sentence and the next step."""
    verdict = _VERDICTS[failure]
    sentence = verdict.sentence.format(
        service=SHOWN.get(service, service), what=what, version=yt_dlp.version.__version__
    )
    if issubclass(verdict.raises, AuthExpired):
        return Refused(sentence) if service == _ANY_SITE else verdict.raises(sentence, service=service)
    if issubclass(verdict.raises, Transient):
        return verdict.raises(
            sentence,
            service=service if verdict.parks_service and service != _ANY_SITE else None,
            retry_after_s=retry_after_s if retry_after_s is not None else verdict.retry_after_s,
        )
    return verdict.raises(sentence)


def no_room(folder: Path, *, free: int, keep: int, service: str, what: str) -> Transient:
    """The error of our own for a download that would take what MIN_FREE_GB keeps free."""
    return Transient(
        f"The disk of VAR_DIR ({folder}) has {free / 1e9:.2f} GB free, and MIN_FREE_GB keeps {keep / 1e9:.2f} GB: "
        f"{what} is not fetched from {SHOWN.get(service, service)} any further. Make room there, or set MIN_FREE_GB "
        "lower; it goes on where it stopped.",
        retry_after_s=_TEN_MINUTES_S,
    )


@dataclass(frozen=True, slots=True)
class _Verdict:
    raises: type[DaemonError]
    sentence: str
    retry_after_s: float | None = None
    parks_service: bool = True
    """False: the trouble is ours or this track's; the service may be asked for others."""


_VERDICTS: dict[Failure, _Verdict] = {
    Failure.NETWORK: _Verdict(
        Unreachable, "{service} did not answer properly ({what}). It is tried again by itself.", None
    ),
    Failure.RATE_LIMITED: _Verdict(
        RateLimited,
        "{service} asks us to slow down ({what}). It is tried again when the pause is over.",
        _TEN_MINUTES_S,
    ),
    Failure.RESTING: _Verdict(
        RateLimited,
        "{service} has been asked too often and shows nothing for up to an hour ({what}). It is tried again then.",
        _HOUR_S,
    ),
    Failure.BOT_CHECK: _Verdict(
        RateLimited,
        "{service} wants proof that we are no robot ({what}). It rests for an hour; cookies of a signed-in browser "
        "(YTDLP_COOKIES_FILE) or another connection (YTDLP_PROXY) help.",
        _HOUR_S,
    ),
    Failure.LOGIN_NEEDED: _Verdict(
        AuthExpired,
        "{service} wants a log-in, or no longer accepts ours ({what}). Export fresh cookies of a signed-in browser to "
        "the file that YTDLP_COOKIES_FILE names (for SoundCloud: set SOUNDCLOUD_OAUTH_TOKEN anew).",
    ),
    Failure.MEMBERS_ONLY: _Verdict(
        Refused,
        "{service} shows {what} to adults or members only. Choose another source, or give the cookies of a browser "
        "that may see it (YTDLP_COOKIES_FILE).",
    ),
    Failure.COOKIES: _Verdict(
        AuthExpired, "The file that YTDLP_COOKIES_FILE names cannot be read as cookies: export it again ({what})."
    ),
    Failure.FORBIDDEN: _Verdict(
        NotFound, "{service} does not show {what} to us (403): it is private. Open it in a browser to see."
    ),
    Failure.CLOSED: _Verdict(
        RateLimited,
        "{service} keeps {what} closed to us (403): it takes us for a robot. It rests for an hour; see that "
        "`cratekeeper doctor` is content with yt-dlp, or use another connection (YTDLP_PROXY).",
        _HOUR_S,
    ),
    Failure.MEDIA_REFUSED: _Verdict(
        Unreachable,
        "{service} shows {what} but refuses its audio (403). It is tried again later; if that goes on, update yt-dlp "
        "(this is {version}).",
        _HOUR_S,
        parks_service=False,
    ),
    Failure.GONE: _Verdict(NotFound, "{service} no longer has {what}, or it is private. Choose another source."),
    Failure.REGION: _Verdict(
        Refused, "{service} does not offer {what} in this country. Choose another source, or set YTDLP_PROXY."
    ),
    Failure.PROTECTED: _Verdict(
        Protected,
        "{service} has {what} with copy protection or for sale only. It is left alone: buy it, or choose "
        "another source.",
    ),
    Failure.PREVIEW: _Verdict(
        Protected, "{service} plays only a preview of {what} without a subscription. Choose another source."
    ),
    Failure.NO_FORMATS: _Verdict(
        Protected, "{service} offers no full-length audio for {what}. Buy it, or choose another source."
    ),
    Failure.NO_JS_RUNTIME: _Verdict(
        Unreachable,
        "{service} gives no audio without a JavaScript runtime ({what}). Install again (it comes with Deno), and run "
        "`cratekeeper doctor`.",
        _HOUR_S,
    ),
    Failure.NEEDS_PROGRAM: _Verdict(
        Refused,
        "{service} has {what} only as a stream that takes another program. Install ffmpeg, or choose another source.",
    ),
    Failure.NOT_YET: _Verdict(
        Refused,
        "{service} has no finished recording at {what}: it is live, or still to come. Take it up "
        "again when it is over.",
    ),
    Failure.UNSUPPORTED: _Verdict(
        Refused, "{what} is not a link that leads to a track. Give the address of one track."
    ),
    Failure.DISK_FULL: _Verdict(
        Transient,
        "{service}: there is no room left for {what} on the disk of VAR_DIR. Make room there; set MIN_FREE_GB higher, "
        "so that it is noticed before the disk is full.",
        _TEN_MINUTES_S,
        parks_service=False,
    ),
    Failure.OUTDATED: _Verdict(
        Unreachable,
        "{service} answered {what} in a way that yt-dlp {version} does not understand. Update yt-dlp; it is tried "
        "again in an hour.",
        _HOUR_S,
    ),
}


# --- reading errors --------------------------------------------------------------------------------------------------


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that is wrapped in it, the outermost first."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        wrapped = getattr(link, "exc_info", None) or (None, None, None)
        waiting += [wrapped[1], getattr(link, "cause", None), link.__cause__, link.__context__]


def _plain(text: str) -> str:
    return text.replace("’", "'").lower()


def _by_class(chain: Sequence[BaseException]) -> Failure | None:
    for link in chain:
        if isinstance(link, GeoRestrictedError):
            return Failure.REGION
        if isinstance(link, UnsupportedError):
            return Failure.UNSUPPORTED
        if isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT):
            return Failure.DISK_FULL
    return None


def _by_sentence(said: str) -> Failure | None:
    return next((failure for pattern, failure in _SENTENCES if re.search(pattern, said)), None)


def _by_status(chain: Sequence[BaseException], said: str) -> Failure | None:
    told = next((link.status for link in chain if isinstance(link, HTTPError)), None)
    if told is None and (found := _STATUS.search(said)):
        told = int(found[1])
    of_a_page = any(isinstance(link, ExtractorError) for link in chain)
    return None if told is None else _of_status(told, of_a_page=of_a_page)


def _of_status(status: int, *, of_a_page: bool) -> Failure:
    if status == 403:
        return Failure.FORBIDDEN if of_a_page else Failure.MEDIA_REFUSED
    known = {401: Failure.LOGIN_NEEDED, 404: Failure.GONE, 410: Failure.GONE, 429: Failure.RATE_LIMITED}
    return known.get(status, Failure.REGION if status == 451 else Failure.NETWORK)


def _by_transport(chain: Sequence[BaseException], said: str) -> Failure | None:
    if _NO_FORMATS.search(said):
        return None
    silent = any(isinstance(link, RequestError | ContentTooShortError | OSError) for link in chain)
    return Failure.NETWORK if silent or _NO_ANSWER.search(said) else None


def _by_notes(said: str, noted: str) -> Failure | None:
    """What went wrong earlier, where the error itself only says that nothing was left."""
    if found := _STATUS.search(noted):
        status = _of_status(int(found[1]), of_a_page=True)
        return Failure.CLOSED if status is Failure.FORBIDDEN else status
    if _NO_FORMATS.search(said):
        return Failure.NO_JS_RUNTIME if _NO_RUNTIME.search(noted) else Failure.NO_FORMATS
    return Failure.NETWORK if _NO_ANSWER.search(noted) else None


def _retry_after_s(error: BaseException) -> float | None:
    """What the service asked for: seconds or a date."""
    for link in _chain(error):
        if isinstance(link, HTTPError) and (asked := link.response.headers.get("Retry-After")):
            return _seconds_until(asked, now=time.time())
    return None


def _seconds_until(asked: str, *, now: float) -> float | None:
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - now)
    except ValueError:
        return None
