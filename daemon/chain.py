"""Which track next: the fallback chain.

The track that plays on Spotify now; the newest SoundCloud likes; the newest Spotify liked tracks; else the newest row
in Notion that is not yet processed. Asking is a thin edge (`ask`); choosing is a pure decision over answers (`choose`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from itertools import islice, zip_longest
from typing import Any, Literal, TypeVar

from daemon.errors import AuthExpired, DaemonError, RateLimited, Transient
from daemon.models import TrackRef
from daemon.ports import TrackSource

T = TypeVar("T")

Kind = Literal["moment", "likes", "rows"]
"""How a source is read. `moment`: what it has is all there is. `likes`: newest first, until a run of known ones; what
stood there before us is the person's history, and waits for `--mode all`. `rows`: a list of orders; known ones are
passed over."""

Verdict = Literal["found", "nothing new", "failed", "parked", "not configured"]

Standing = Literal["new", "incomplete", "waiting", "settled"]
"""How the ledger knows a track: not at all; begun and not finished; put off until later; done with, however it went."""

_ATTEMPTS = 2
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


@dataclass(frozen=True, slots=True)
class Chosen:
    """The tracks to take up, and what every source said that was asked."""

    refs: tuple[TrackRef, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: a source, or the reason why there is none."""

    name: str
    open: Callable[[], TrackSource] | None
    """Opens the source when its turn comes: a client library costs more to import than a busy first source to ask."""
    missing: str = ""
    """What to set, where the source is not configured."""
    kind: Kind = "likes"


def walk(
    links: Iterable[Link],
    standing: Callable[[TrackRef], Standing],
    parked: Callable[[str], str | None],
    *,
    limit: int,
    lookback: int,
) -> Chosen:
    """Asks link after link until `limit` tracks are found. `parked` answers why a source may not be asked now."""
    return choose((_answer(link, standing, parked, limit, lookback) for link in links), limit)


def choose(answers: Iterable[Answer], limit: int) -> Chosen:
    """The first `limit` tracks in the order of the chain, each once; asks no further than it has to."""
    taken: dict[tuple[str, str], TrackRef] = {}
    heard: list[Answer] = []
    for answer in answers:
        heard.append(answer)
        for ref in answer.refs:
            taken.setdefault((ref.service, ref.id), ref)
        if len(taken) >= limit:
            break
    return Chosen(tuple(taken.values())[:limit], tuple(heard))


def worth_taking(
    refs: Sequence[TrackRef], standing: Callable[[TrackRef], Standing], *, limit: int, lookback: int
) -> Iterator[TrackRef]:
    """New tracks and incomplete ones, in order. `lookback` bounds how many known ones are looked at again."""
    known = found = 0
    for ref in refs:
        stands = standing(ref)
        if stands != "new":
            known += 1
        if stands == "new" or (stands == "incomplete" and known <= lookback):
            yield ref
            found += 1
            if found >= limit:
                return


def _answer(
    link: Link,
    standing: Callable[[TrackRef], Standing],
    parked: Callable[[str], str | None],
    limit: int,
    lookback: int,
) -> Answer:
    if link.open is None:
        return Answer(link.name, "not configured", text=link.missing)
    if (why := parked(link.name)) is not None:
        return Answer(link.name, "parked", text=why)
    return ask(link.open(), standing, limit=limit, lookback=lookback)


def ask(source: TrackSource, standing: Callable[[TrackRef], Standing], *, limit: int, lookback: int) -> Answer:
    """One source, at most twice; its errors become its answer."""
    refs: Sequence[TrackRef] = ()
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            refs = source.newest(limit + lookback)
            break
        except RateLimited as error:
            return Answer(source.name, "parked", text=str(error), park=_parking(error, error.retry_after_s))
        except AuthExpired as error:
            return Answer(source.name, "parked", text=str(error), park=_parking(error, None))
        except Transient as error:
            if attempt == _ATTEMPTS:
                return Answer(source.name, "failed", text=str(error))
        except DaemonError as error:
            return Answer(source.name, "failed", text=str(error))
    fresh = tuple(worth_taking(refs, standing, limit=limit, lookback=lookback))
    return Answer(source.name, "found" if fresh else "nothing new", fresh)


def _parking(error: RateLimited | AuthExpired, for_s: float | None) -> Parking | None:
    return Parking(error.service, for_s, str(error)) if error.service else None


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


def look_into(
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
        except RateLimited as error:
            return Answer(link.name, "parked", text=str(error), park=_parking(error, error.retry_after_s))
        except AuthExpired as error:
            return Answer(link.name, "parked", text=str(error), park=_parking(error, None))
        except Transient as error:
            if last or out_of_time():
                return Answer(link.name, "failed", text=str(error))
        except DaemonError as error:
            return Answer(link.name, "failed", text=str(error))
    raise AssertionError("the second attempt always answers")


def sift(refs: Iterable[TrackRef], knows: Callable[[TrackRef], bool], kind: Kind, reach: Reach) -> Sifted:
    """The new ones of what a source lists, newest first. Asks for no more of a lazy list than it needs."""
    if kind == "likes" and reach.first_contact:
        page = [ref for ref in islice(refs, _FIRST_PAGE) if not knows(ref)]
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
