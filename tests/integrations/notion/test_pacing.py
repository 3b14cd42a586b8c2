"""How often Notion is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.notion.pacing import LOWEST_PER_S, Pace


class Time:
    """A clock that goes on while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds


def paced(time: Time, per_s: float = 3.0, burst: int = 10) -> Pace:
    return Pace(per_s, burst, clock=time, sleep=time.sleep)


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    time = Time()
    pace = paced(time)
    for _ in range(10):
        pace.take()
    assert time.now == 1000
    for _ in range(30):
        pace.take()
    assert time.now == pytest.approx(1010, abs=0.01)


def test_what_is_not_used_is_saved_up_to_a_burst() -> None:
    time = Time()
    pace = paced(time)
    for _ in range(20):
        pace.take()
    time.now += 3600
    before = time.now
    for _ in range(10):
        pace.take()
    assert time.now == before
    pace.take()
    assert time.now > before


def test_each_complaint_halves_the_rate_but_not_for_ever() -> None:
    time = Time()
    pace = paced(time)
    pace.complained()
    assert pace.per_s == 1.5
    for _ in range(20):
        pace.complained()
    assert pace.per_s == LOWEST_PER_S


def test_the_rate_recovers_slowly_and_no_further() -> None:
    pace = paced(Time())
    pace.complained()
    pace.answered()
    assert 1.5 < pace.per_s < 1.6
    for _ in range(100):
        pace.answered()
    assert pace.per_s == 3.0


def test_a_rate_below_the_lowest_stays_what_it_is() -> None:
    pace = paced(Time(), per_s=0.1)
    pace.complained()
    assert pace.per_s == 0.1


def test_a_clock_that_does_not_see_the_sleep_stops_nobody() -> None:
    slept_s: list[float] = []
    pace = Pace(3.0, 10, clock=lambda: 5.0, sleep=slept_s.append)
    for _ in range(40):
        pace.take()
    assert sum(slept_s) == pytest.approx(10, abs=0.01)


def test_a_clock_that_goes_back_stops_nobody() -> None:
    time = Time()
    pace = paced(time)
    for _ in range(10):
        pace.take()
    time.now -= 500
    pace.take()
    assert time.now == pytest.approx(500.33, abs=0.01)


Act = tuple[str, float]
ACTS = st.lists(
    st.tuples(st.sampled_from(["take", "take", "take", "wait", "complained", "answered"]), st.floats(0, 20)),
    max_size=80,
)


@given(ACTS, st.sampled_from([0.1, 0.5, 3.0, 50.0]), st.integers(1, 12))
def test_no_span_of_time_sees_more_than_it_may(acts: list[Act], per_s: float, burst: int) -> None:
    time = Time()
    pace = paced(time, per_s, burst)
    sent: list[float] = []
    doing: dict[str, Callable[[], None]] = {"complained": pace.complained, "answered": pace.answered}
    for act, seconds in acts:
        if act == "take":
            pace.take()
            sent.append(time.now)
        elif act == "wait":
            time.now += seconds
        else:
            doing[act]()
    for first, begin in enumerate(sent):
        for last in range(first, len(sent)):
            assert last - first + 1 <= burst + per_s * (sent[last] - begin) + 1e-3


def test_those_who_wait_are_served_in_turn() -> None:
    may_go = threading.Semaphore(0)

    def sleep(_seconds: float) -> None:
        may_go.acquire()

    pace = Pace(1.0, 1, clock=lambda: 5.0, sleep=sleep)
    pace.take()
    served: list[int] = []
    threads: list[threading.Thread] = []

    def take(number: int) -> None:
        pace.take()
        served.append(number)

    for number in range(6):
        threads.append(threading.Thread(target=take, args=(number,)))
        threads[-1].start()
        while pace.waiting < number + 1:
            threads[-1].join(0.001)
    may_go.release(6)
    for thread in threads:
        thread.join()
    assert served == list(range(6))


def test_who_is_interrupted_while_waiting_holds_up_nobody() -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    time = Time()
    pace = Pace(1.0, 1, clock=time, sleep=interrupted)
    pace.take()
    with pytest.raises(KeyboardInterrupt):
        pace.take()
    time.now += 1
    pace.take()
    assert pace.waiting == 0
