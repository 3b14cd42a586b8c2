"""Which track next: the fallback chain.

The track that plays on Spotify now; the newest SoundCloud likes; the newest Spotify liked tracks; else the newest rows
in Notion that are not yet processed. Finding and taking are two things: whatever a source has that is new goes into the
ledger first (`ask`, `sift`), so that twenty likes between two looks are twenty tracks; how many of them are taken up
now, and in which turn, is decided afterwards (`in_turn`). Deciding is pure; asking is a thin edge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from itertools import islice, zip_longest
from typing import Any, Literal, TypeVar

from daemon.errors import AuthExpired, DaemonError, Permanent, RateLimited, Transient, Trouble, trouble_of
from daemon.models import TrackRef
from daemon.ports import TrackSource

T = TypeVar("T")

Kind = Literal["moment", "likes", "rows"]
"""How a source is read. `moment`: what it has is all there is. `likes`: newest first, until a run of known ones; what
stood there before us is the person's history, and waits for `--mode all`. `rows`: a list of orders; known ones are
passed over."""

Verdict = Literal["found", "nothing new", "failed", "parked", "not configured"]

_FIRST_PAGE = 50
"""How far a source of likes is looked at on first contact, so that its history is told from what comes after."""
_NOBODY: Any = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source said."""

    source: str
    verdict: Verdict
    refs: tuple[TrackRef, ...] = ()
    """What to take up, newest first; only with `found`."""
    text: str = ""
    """Why, for the person, where it is not plain."""
    before: tuple[TrackRef, ...] = ()
    """On first contact: what stood there before us, and is not taken up by itself."""
    park: Parking | None = None
    """Set when the service asks for patience or a log-in: the caller keeps it."""


@dataclass(frozen=True, slots=True)
class Parking:
    """A service that is not to be asked for a while."""

    service: str
    for_s: float | None
    reason: str
    kind: Trouble = "wait"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: a source, or the reason why there is none."""

    name: str
    open: Callable[[], TrackSource] | None
    """Opens the source when its turn comes: a client library costs more to import than a busy first source to ask."""
    missing: str = ""
    """What to set, where the source is not configured."""
    kind: Kind = "likes"
    settle: Callable[[], None] = lambda: None
    """Called once what was found is in the ledger."""


def _parking(error: RateLimited | AuthExpired | Permanent, for_s: float | None) -> Parking | None:
    return Parking(error.service, for_s, str(error), trouble_of(error)) if error.service else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a source is looked at."""

    lookback: int
    """How many known likes in a row end the look."""
    batch: int
    """How many rows, or how many likes on first contact, are taken."""
    first_contact: bool = False


@dataclass(frozen=True, slots=True)
class Sifted:
    """What a source listed, told apart."""

    new: tuple[TrackRef, ...]
    before: tuple[TrackRef, ...] = ()


def ask(
    link: Link, knows: Callable[[TrackRef], bool], reach: Reach, *, out_of_time: Callable[[], bool] = lambda: False
) -> Answer:
    """One source, at most twice; its errors become its answer. A look that runs `out_of_time` counts as failed, and
    nothing of it is kept: half a list would hide the other half."""
    if link.open is None:
        return Answer(link.name, "not configured", text=link.missing)
    for last in (False, True):
        try:
            sifted = sift(_in_time(link.open().newest_first(), out_of_time), knows, link.kind, reach)
            return Answer(link.name, "found" if sifted.new else "nothing new", sifted.new, before=sifted.before)
        except DaemonError as error:
            is_passing = isinstance(error, Transient) and not isinstance(error, RateLimited)
            if last or not is_passing or out_of_time():
                return trouble(link.name, error)
    raise AssertionError("the second attempt always answers")


def trouble(source: str, error: DaemonError) -> Answer:
    """What a source says by this error."""
    if isinstance(error, RateLimited):
        return Answer(source, "parked", text=str(error), park=_parking(error, error.retry_after_s))
    if isinstance(error, AuthExpired):
        return Answer(source, "parked", text=str(error), park=_parking(error, None))
    if isinstance(error, Permanent) and error.service:
        return Answer(source, "parked", text=str(error), park=_parking(error, None))
    return Answer(source, "failed", text=str(error))


def sift(refs: Iterable[TrackRef], knows: Callable[[TrackRef], bool], kind: Kind, reach: Reach) -> Sifted:
    """The new ones of what a source lists, newest first. Asks for no more of a lazy list than it needs."""
    if kind == "likes" and reach.first_contact:
        page = [ref for ref in islice(refs, max(_FIRST_PAGE, reach.batch + reach.lookback)) if not knows(ref)]
        return Sifted(tuple(page[: reach.batch]), tuple(page[reach.batch :]))
    new: list[TrackRef] = []
    run = 0
    for ref in refs:
        if knows(ref):
            run += ref.playlist is None  # known tracks of a newly liked set say nothing of the likes behind it
            if kind == "likes" and run >= max(1, reach.lookback):
                break
            continue
        run = 0
        new.append(ref)
        if kind == "rows" and len(new) >= reach.batch:
            break
    return Sifted(tuple(new))


def in_turn(lines: Mapping[str, Sequence[T]], order: Collection[str], limit: int) -> list[T]:
    """At most `limit` of what waits, one of each source in turn, in the order of the chain (unknown sources last): a
    busy first source starves nobody."""
    names = [*(name for name in order if name in lines), *(name for name in lines if name not in order)]
    rounds = zip_longest(*(lines[name] for name in names), fillvalue=_NOBODY)
    return list(islice((one for one in joined.from_iterable(rounds) if one is not _NOBODY), limit))


def _in_time(refs: Iterable[TrackRef], out_of_time: Callable[[], bool]) -> Iterator[TrackRef]:
    for ref in refs:
        if out_of_time():
            raise Transient("it took longer than SOURCE_TIMEOUT_S to list")
        yield ref
