"""How a link becomes a filed track: the order of work, once, top to bottom.

`ingest` is a workflow: each call below it that has a step's name is recorded when it ends, and after a kill the work
goes on behind the last one. Everything before `shelve` is disposable; everything after is repeatable by id. The steps
themselves are in `daemon.pipeline.steps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.errors import BadMedia, DaemonError, NotFound, Permanent, Protected, Refused, Unreachable
from daemon.errors_json import to_json
from daemon.models import (
    Duplicate,
    Fetched,
    Filed,
    Heard,
    Json,
    Outcome,
    Postponed,
    Rendered,
    Source,
    Track,
)
from daemon.pipeline.sources import cannot_be_used, titled
from daemon.pipeline.steps import Order, Steps

if TYPE_CHECKING:
    from daemon.engine import Engine

WORKFLOW = "ingest"

_SET_ASIDE_FROM_ATTEMPT = 3
"""From this attempt on, what cannot be fetched keeps its track from the next source no longer: once or twice it may be
the line, or the service; then it is this one place."""


def flow_id(track_id: str, attempt: int) -> str:
    """The workflow's id: submitting the same attempt again does nothing, for ever; a new attempt is a new id."""
    return f"track:{track_id}:{attempt}"


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The steps, each wrapped by the engine."""

    resolve: Callable[[Order], Track]
    known: Callable[[Order, Track], Duplicate | None]
    enrich: Callable[[Order, Track], Track]
    pinned: Callable[[Order], tuple[Source, ...]]
    preferred: Callable[[Order, Track], tuple[Source, ...]]
    liked_place: Callable[[Order, Track], tuple[Source, ...]]
    search: Callable[[Order, Track], tuple[Source, ...]]
    none_left: Callable[[Order, Track, tuple[str, ...], bool], Outcome]
    fetch: Callable[[Order, Source, int], Fetched]
    listen: Callable[[Order, Track, Source, Fetched], Heard]
    recognise: Callable[[Order, Track, Source, Fetched, Heard], str]
    claim_sound: Callable[[Order, Track, Source, Heard], Duplicate | None]
    render: Callable[[Order, Track, Fetched, Heard], tuple[Rendered, ...]]
    shelve: Callable[[Order, Track, tuple[Rendered, ...]], Filed | Postponed]
    judge: Callable[[Order, str, Json], Outcome]
    conclude: Callable[[Order, Outcome], Outcome]


@dataclass(frozen=True, slots=True)
class _Audio:
    """A download that is whole and right."""

    source: Source
    fetched: Fetched
    heard: Heard


def register(engine: Engine, steps: Steps) -> None:
    """Makes the workflow known to the engine. Before `engine.start`, once."""
    recorded = _Recorded(**{name: engine.step(name, getattr(steps, name)) for name in _Recorded.__slots__})

    def ingest(order: Order) -> Outcome:
        try:
            outcome = _follow(order, recorded)
        except DaemonError as error:
            outcome = recorded.judge(order, error.step or "", to_json(error))
        return recorded.conclude(order, outcome)

    engine.workflow(WORKFLOW, ingest)


def _follow(order: Order, step: _Recorded) -> Outcome:
    track = step.resolve(order)
    if twin := step.known(order, track):
        return twin
    track = step.enrich(order, track)
    audio = _get_audio(order, track, step)
    if not isinstance(audio, _Audio):
        return audio
    if twin := step.claim_sound(order, track, audio.source, audio.heard):
        return twin
    track = titled(track, audio.source)
    rendered = step.render(order, track, audio.fetched, audio.heard)
    return step.shelve(order, track, rendered)


def _get_audio(order: Order, track: Track, step: _Recorded) -> _Audio | Outcome:
    """The first source, in order of worth, that can be had whole and proves right. Raises the first trouble of a
    fetch that was set aside, when nothing else would do: that source may still be had later."""
    refusals: list[Permanent] = []
    troubles: list[Unreachable] = []
    for number, source in enumerate(_in_order_of_worth(order, track, step)):
        try:
            fetched = step.fetch(order, source, number)
            heard = step.listen(order, track, source, fetched)
            step.recognise(order, track, source, fetched, heard)
            return _Audio(source, fetched, heard)
        except Unreachable as trouble:
            if order.attempt < _SET_ASIDE_FROM_ATTEMPT or trouble.step != "fetch":
                raise
            troubles.append(trouble)
        except (Protected, NotFound, Refused, BadMedia) as refusal:
            if source.trusted:
                raise cannot_be_used(source, str(refusal)) from refusal
            refusals.append(refusal)
    if troubles:
        raise troubles[0]
    is_protected = any(isinstance(refusal, Protected) for refusal in refusals)
    return step.none_left(order, track, tuple(str(refusal) for refusal in refusals), is_protected)


def _in_order_of_worth(order: Order, track: Track, step: _Recorded) -> Iterator[Source]:
    """What a person chose stands alone; the next place is looked into only when nothing of the one before would do."""
    if chosen := step.pinned(order):
        yield from chosen
        return
    for look in (step.preferred, step.liked_place, step.search):
        yield from look(order, track)
