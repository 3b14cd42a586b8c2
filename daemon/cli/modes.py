"""What each mode does: find its tracks, run, and say how it went."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

import click

from daemon.cli import card
from daemon.cli.faces import face
from daemon.cli.heap import share_one_heap
from daemon.cli.signals import until_stopped
from daemon.pipeline.telling import Tell
from daemon.secrets import Masker
from daemon.service.finding import Find, again, by_chain, by_hand, everything
from daemon.service.oneshot import one_shot
from daemon.service.pausing import in_words, paused_since
from daemon.service.rooms import Rooms
from daemon.settings import Settings
from daemon.tasks.defects import DefectWatch
from daemon.wiring.by_hand import refs_of
from daemon.wiring.house import open_house
from daemon.wiring.outside import Outside

log = logging.getLogger("cratekeeper")

DEFAULT_LIMIT = 10
_NOTHING = {"reprocess": "Nothing has failed, and no file is missing."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for on the command line."""

    mode: str
    url: str | None = None
    limit: int | None = None
    as_json: bool = False


def run(wish: Wish, settings: Settings, masker: Masker) -> int:
    """Does it; answers the exit code."""
    if wish.mode == "daemon":
        share_one_heap()
        return until_stopped(lambda stop: _daemon(settings, masker, stop), leaves_within_s=None)
    if wish.mode == "status":
        return _status(wish, settings, masker)
    return until_stopped(lambda stop: _one_shot(wish, settings, masker, stop))


def _one_shot(wish: Wish, settings: Settings, masker: Masker, stop: threading.Event) -> int:
    outside = Outside(settings, masker.add)
    # A card for one track; for many, how many are done.
    quiet = contextlib.nullcontext(lambda _told: None) if wish.as_json else face(masker)
    with quiet as tell, watched_house(settings, tell, masker, outside) as rooms:
        if (since := paused_since(rooms.ledger)) is not None:
            log.warning("the daemon is %s; this run works all the same", in_words(since))
        ended = one_shot(rooms, wish.mode, _find(wish, outside), _count, stop)
        code = card.exit_code(ended, rooms.ledger)
        if wish.as_json:
            text = json.dumps(card.as_values(ended, rooms.ledger, mode=wish.mode, code=code), ensure_ascii=False)
        else:
            text = card.of_run(ended, rooms.ledger, nothing=_NOTHING.get(wish.mode, "Nothing new."))
    click.echo(masker.mask(text))
    return code


def _find(wish: Wish, outside: Outside) -> Find:
    limit = wish.limit or DEFAULT_LIMIT
    finds: dict[str, Callable[[], Find]] = {
        "single": lambda: by_chain(1),
        "batch": lambda: by_chain(limit),
        "url": lambda: by_hand(refs_of(wish.url or "", outside)),
        "all": lambda: everything,
        "reprocess": lambda: again(limit),
    }
    return finds[wish.mode]()


def _count(done: int, of_all: int) -> None:
    if of_all > 1:
        log.info("%d of %d", done, of_all)


def _daemon(settings: Settings, masker: Masker, stop: threading.Event) -> int:
    from daemon.service.loop import loop
    from daemon.service.systemd import Notifier

    with face(masker) as tell, watched_house(settings, tell, masker) as rooms:
        return loop(rooms, stop, Notifier())


def _status(wish: Wish, settings: Settings, masker: Masker) -> int:
    from daemon.cli.status import status

    with watched_house(settings, lambda _told: None, masker) as rooms:
        return status(rooms, masker, as_json=wish.as_json)


@contextlib.contextmanager
def watched_house(settings: Settings, tell: Tell, masker: Masker, outside: Outside | None = None) -> Iterator[Rooms]:
    """The house; what nobody foresaw in it becomes an issue."""
    with open_house(settings, tell, outside or Outside(settings, masker.add)) as rooms:
        watch = DefectWatch(rooms.ledger, version=version("cratekeeper"), mask=masker.mask, clock=rooms.clock)
        logging.getLogger().addHandler(watch)
        try:
            yield rooms
        finally:
            logging.getLogger().removeHandler(watch)
