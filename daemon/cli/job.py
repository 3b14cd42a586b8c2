"""`cratekeeper job <verb> <input>`: an order done here and now, in this process, to its end.

It is not written down as an order of the daemon's: what it names may be on this computer alone, and who types waits.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from daemon.cli import exits, runs
from daemon.cli.dry_run import with_a_copied_ledger
from daemon.cli.faces import face
from daemon.cli.modes import watched_house
from daemon.cli.signals import until_stopped
from daemon.errors import DaemonError, NeedsPerson, Permanent
from daemon.jobs.verbs import Blocked, Complete, Failed, GoOn, Later, Verb, Wording, in_words
from daemon.logs import tamed
from daemon.models import Json
from daemon.secrets import Masker
from daemon.service.errands import errands
from daemon.service.errands.desk import Desk
from daemon.service.errands.lines import LINES
from daemon.service.finding import Find, Found
from daemon.service.oneshot import one_shot
from daemon.service.rooms import Rooms
from daemon.settings import Settings
from daemon.wiring.by_hand import refs_of
from daemon.wiring.outside import Outside

log = logging.getLogger("cratekeeper")

_BY = "command line"
_MISREAD = 2
"""What click answers to a wrong usage."""
_SILENT_FOR_S = 2.0
"""Who waits no longer wants no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a person asked for on the command line."""

    verb: str
    input: str
    as_json: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What comes out of it."""

    state: str
    code: int
    text: str
    links: Sequence[str] = ()


def job(order: Order, env_file: Path | None) -> int:
    """Does it; answers the exit code. Raises what ends the run, and has told it to whoever wants JSON."""
    try:
        if order.verb.strip().casefold() not in {line.name for line in LINES}:
            return _say(order, _misread(f"“{order.verb}” is none of our jobs."), Masker([]))
        loaded = runs.loaded_from(env_file)
        with runs.made_ready(loaded) as masker:
            said = until_stopped(lambda stop: _done(order, loaded.settings, masker, stop))
            return _say(order, said, masker)
    except DaemonError as error:
        if order.as_json:
            _echo(order, Said(state="failed", code=exits.code_of(error), text=str(error)))
        raise


def _done(order: Order, settings: Settings, masker: Masker, stop: threading.Event) -> Said:
    with _desk(order, settings, masker) as desk:
        verb = errands(desk).must(order.verb)
        try:
            asked = verb.read(Wording.of(order.input))
        except Permanent as error:
            return _misread(str(error))
        if order.dry_run:
            return _would(verb, asked, order.input)
        return _to_its_end(desk.rooms, verb, asked, stop)


@contextmanager
def _desk(order: Order, settings: Settings, masker: Masker) -> Iterator[Desk]:
    """A house to work in; for a dry run one with a copy of the ledger."""
    quiet = order.as_json or order.dry_run
    with contextlib.ExitStack() as stack:
        tell = stack.enter_context(contextlib.nullcontext(lambda _told: None) if quiet else face(masker))
        scratch = None
        if order.dry_run:
            settings = stack.enter_context(with_a_copied_ledger(settings))
            scratch = settings.var_dir
        outside = Outside(settings, masker.add, scratch=scratch)
        rooms = stack.enter_context(watched_house(settings, tell, masker, outside))
        yield Desk(rooms=rooms, refs_of=lambda text: refs_of(text, outside), by=_BY, takes_paths=True)


def _would(verb: Verb[Any], asked: Any, text: str) -> Said:
    what = f"Would do: {verb.name} {text}".rstrip() + f". {verb.help}" if verb.would is None else verb.would(asked)
    text = f"A dry run: nothing is changed, here or outside.\n{what}"
    return Said(state="dry run", code=exits.DONE, text=text)


# --- to its end ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _News:
    """What it is at, on stderr, for whoever has to wait."""

    spoken_at: float = field(default_factory=time.monotonic)
    last: str = ""

    def tell(self, text: str) -> None:
        now = time.monotonic()
        if text and text != self.last and now - self.spoken_at >= _SILENT_FOR_S:
            self.spoken_at, self.last = now, text
            log.info("%s", text)

    def count(self, done: int, of_all: int) -> None:
        if of_all > 1:
            log.info("%d of %d", done, of_all)


def _to_its_end(rooms: Rooms, verb: Verb[Any], asked: Any, stop: threading.Event) -> Said:
    """Portion after portion; the tracks that it waits for are seen through here, or by the daemon beside us. What is
    put off for longer than a person waits ends it: it says until when."""
    news = _News()
    memory: Json = {}
    seen_through: frozenset[str] = frozenset()
    while not stop.is_set():
        try:
            portion = verb.work(asked, memory)
        except NeedsPerson as error:
            choices = [f"{number}  {choice.label}" for number, choice in enumerate(error.choices, start=1)]
            portion = Blocked(question="\n".join([error.question, *choices]))
        except Permanent as error:
            portion = Failed(reason=str(error))
        if not isinstance(portion, GoOn):
            return _ended(portion)
        memory = json.loads(json.dumps(portion.memory))  # as the ledger would give it back
        news.tell(portion.text)
        if portion.tracks:
            if seen_through.issuperset(portion.tracks):
                return Said(state="later", code=exits.LATER, text=portion.text)
            one_shot(rooms, f"job {verb.name}", _these(portion.tracks), news.count, stop)
            seen_through = seen_through.union(portion.tracks)
        elif portion.wait_s:
            rooms.outbox.carry_due(stopping=stop.is_set)  # perhaps nobody else is here to do it
            stop.wait(portion.wait_s)
    raise KeyboardInterrupt


def _these(tracks: tuple[str, ...]) -> Find:
    return lambda _rooms: Found(tracks)


def _ended(portion: Complete | Blocked | Later | Failed) -> Said:
    match portion:
        case Complete():
            return Said(state="complete", code=exits.DONE, text=portion.text, links=portion.links)
        case Blocked():
            return Said(state="blocked", code=exits.FAILED, text=portion.question)
        case Later():
            return Said(state="later", code=exits.LATER, text=portion.why)
        case Failed():
            return Said(state="failed", code=exits.FAILED, text=portion.reason)


# --- said ------------------------------------------------------------------------------------------------------------


def _misread(sentence: str) -> Said:
    return Said(state="misread", code=_MISREAD, text=f"{sentence} There are: {in_words(LINES)}.")


def _say(order: Order, said: Said, masker: Masker) -> int:
    said = Said(
        state=said.state, code=said.code, text=masker.mask(said.text), links=[masker.mask(link) for link in said.links]
    )
    _echo(order, said)
    return said.code


def _echo(order: Order, said: Said) -> None:
    if order.as_json:
        values = {
            "verb": order.verb,
            "input": order.input,
            "exit_code": said.code,
            "state": said.state,
            "text": said.text,
            "links": list(said.links),
        }
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    lines = [*said.text.splitlines(), *said.links]
    click.echo("\n".join(map(tamed, lines)), err=said.state == "misread")
