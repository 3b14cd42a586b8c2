"""How a link becomes a filed track: the order of work, once, top to bottom.

`ingest` is a workflow: each call below it that has a step's name is recorded when it ends, and after a kill the work
goes on behind the last one. Everything before `shelve` is disposable; everything after is repeatable by id. The steps
themselves are in `daemon.pipeline.steps`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from daemon.errors import BadMedia, DaemonError, NotFound, Permanent, Protected, Refused
from daemon.errors_json import to_json
from daemon.models import (
    Duplicate,
    Fetched,
    Filed,
    Heard,
    Json,
    MetadataOnly,
    Outcome,
    Rendered,
    Source,
    Track,
)
from daemon.pipeline.steps import Order, Steps

if TYPE_CHECKING:
    from daemon.engine import Engine

WORKFLOW = "ingest"


def flow_id(track_id: str, attempt: int) -> str:
    """The workflow's id: submitting the same attempt again does nothing, for ever; a new attempt is a new id."""
    return f"track:{track_id}:{attempt}"


@dataclass(frozen=True, slots=True)
class _Recorded:
    """The steps, each wrapped by the engine."""

    resolve: Callable[[Order], Track]
    known: Callable[[Order, Track], Duplicate | None]
    liked_place: Callable[[Order, Track], tuple[Source, ...]]
    search: Callable[[Order, Track], tuple[Source, ...]]
    fetch: Callable[[Order, Source, int], Fetched]
    listen: Callable[[Order, Track, Fetched], Heard]
    claim_sound: Callable[[Order, Heard], Duplicate | None]
    render: Callable[[Order, Track, Fetched, Heard], tuple[Rendered, ...]]
    shelve: Callable[[Order, Track, tuple[Rendered, ...]], Filed]
    judge: Callable[[Order, str, Json], Outcome]
    conclude: Callable[[Order, Outcome], Outcome]


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
    found = _get_audio(order, track, step)
    if isinstance(found, MetadataOnly):
        return found
    fetched, heard = found
    if twin := step.claim_sound(order, heard):
        return twin
    rendered = step.render(order, track, fetched, heard)
    return step.shelve(order, track, rendered)


def _get_audio(order: Order, track: Track, step: _Recorded) -> tuple[Fetched, Heard] | MetadataOnly:
    """The first source, in order of worth, that can be had whole and proves right."""
    refusals: list[Permanent] = []
    for look in (step.liked_place, step.search):
        for source in look(order, track):
            try:
                fetched = step.fetch(order, source, len(refusals))
                return fetched, step.listen(order, track, fetched)
            except (Protected, NotFound, Refused, BadMedia) as refusal:
                refusals.append(refusal)
    if refusals and not any(isinstance(refusal, Protected) for refusal in refusals):
        raise refusals[-1]
    reason = "; ".join(str(refusal) for refusal in refusals) or "No search found this recording."
    return MetadataOnly(reason=reason)
