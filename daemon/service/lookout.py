"""The chain, asked by the loop: every source on a thread of its own, so that one that is slow delays nobody."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from daemon.chain import Answer, Link
from daemon.errors import Transient
from daemon.service.discovering import discover
from daemon.service.pulse import Pulse
from daemon.service.rooms import Rooms

log = logging.getLogger(__name__)

_ATTEMPTS = 2
"""A source gets so many, each with its time-out."""
LEAST_OFTEN_S = 120.0
"""So often the player is asked also in silence: a track of two and a half minutes that begins just after a look has
been heard for 30 s at the next one, and is not over yet."""
_LOOK_AGAIN_S = 60.0
"""At the player, when it could not be asked or is not to be: a parked service is not asked by looking again."""


class Lookout:
    """Asks the sources. `take_up` begins work on at most so many of the tracks that wait, and answers how many."""

    def __init__(self, rooms: Rooms, pulse: Pulse, take_up: Callable[[int], int]) -> None:
        self._rooms = rooms
        self._pulse = pulse
        self._take_up = take_up
        self._threads = ThreadPoolExecutor(max(1, len(rooms.links)), thread_name_prefix="look")
        self._asked: dict[str, Future[Answer]] = {}
        self._contact = threading.Lock()
        self._asking = threading.Lock()
        self._is_over = False

    def look(self, told: Callable[[Answer], None] = lambda _answer: None) -> list[Answer]:
        """Asks all of them, and takes up what is found as the answers come: SYNC_BATCH tracks at most, new ones and
        those whose wait is over. A source that gives none in time is left to itself, and not asked again before it
        has answered. `told` hears each answer as it comes. First contact with Notion comes before all: raises what
        that raises."""
        self._make_contact()
        asked = [self._ask(link) for link in self._rooms.links]
        left = self._rooms.batch
        for answer in self._as_they_come(asked):
            told(answer)
            if answer.verdict == "found" and left:
                left -= self._take_up(left)
        if left:
            left -= self._take_up(left)
        answers = [
            future.result() if future.done() else Answer(link.name, "failed", text="it has not answered yet")
            for link, future in zip(self._rooms.links, asked, strict=True)
        ]
        _tell(answers, self._rooms.batch - left)
        return answers

    def look_at(self, link: Link) -> Answer:
        """Asks this one, between two looks at all of them, and takes up one track if there is a new one."""
        self._make_contact()
        answer = self._ask(link).result()
        if answer.verdict == "found":
            self._take_up(1)
        return answer

    def again_in_s(self, answer: Answer) -> float:
        """When a source of the moment that answered so is worth asking again."""
        if answer.verdict in ("found", "nothing new"):
            return min(self._rooms.look_again_in_s(answer.source), LEAST_OFTEN_S)
        return _LOOK_AGAIN_S

    def stop(self) -> None:
        """Asks nobody any more. Who is being asked is not waited for."""
        with self._asking:
            self._is_over = True
        self._threads.shutdown(wait=False)

    def _make_contact(self) -> None:
        with self._contact:
            self._rooms.adopt()

    def _ask(self, link: Link) -> Future[Answer]:
        """Asks it, or joins those who wait for its answer. Raises Transient once it is over."""
        with self._asking:
            if self._is_over:
                raise Transient(f"The program is stopping; {link.name} is asked at the next start.")
            under_way = self._asked.get(link.name)
            if under_way is None or under_way.done():
                under_way = self._asked[link.name] = self._threads.submit(self._discover, link)
            return under_way

    def _discover(self, link: Link) -> Answer:
        with self._pulse.watching(link.name):
            try:
                return discover(self._rooms, link)
            except Exception as error:
                log.exception("%s failed in a way that nobody foresaw", link.name)
                return Answer(
                    link.name, "failed", text=f"a defect of ours ({type(error).__name__}); the log has it all"
                )

    def _as_they_come(self, asked: list[Future[Answer]]) -> Iterator[Answer]:
        deadline = time.monotonic() + _ATTEMPTS * self._rooms.source_timeout_s
        pending = {*asked}
        while pending:
            done, pending = wait(pending, max(0.0, deadline - time.monotonic()), FIRST_COMPLETED)
            if not done:
                return
            yield from (future.result() for future in done)


def _tell(answers: list[Answer], taken: int) -> None:
    log.info("looked: %s; %d taken up", ", ".join(f"{one.source} {one.verdict}" for one in answers), taken)
    for answer in answers:
        if answer.verdict in ("failed", "parked"):
            log.warning("%s %s: %s", answer.source, answer.verdict, answer.text)
