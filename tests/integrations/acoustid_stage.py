"""Our AcoustID part before the loopback AcoustID, with a key that can be recognised, and on a clock of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from integrations.acoustid import AcoustId
from integrations.sandbox.acoustid import AcoustIdTwin
from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server

KEY = "SECRET-acoustid-key"


def sound(seed: int, count: int = 400) -> list[int]:
    """Made-up Chromaprint words that move by a few bits, as real ones do."""
    random = np.random.default_rng(seed)
    turns = np.uint32(1) << random.integers(0, 32, (3, count)).astype(np.uint32)
    words: list[int] = np.bitwise_xor.accumulate(np.bitwise_or.reduce(turns)).tolist()
    return words


def another_rip(words: list[int], bit_error: float = 0.02, seed: int = 1) -> list[int]:
    """The same recording in another codec: some of its bits differ."""
    random = np.random.default_rng(seed)
    flips = (random.random((len(words), 32)) < bit_error) @ (np.uint64(1) << np.arange(32, dtype=np.uint64))
    ripped: list[int] = (np.array(words, np.uint64) ^ flips).tolist()
    return ripped


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds


@dataclass
class AcoustIdStage:
    twin: AcoustIdTwin
    url: str
    faults: Faults
    log: RequestLog
    patience_s: float
    clock: Clock = field(default_factory=Clock)
    opened: list[AcoustId] = field(default_factory=list)

    def acoustid(self, **changes: Any) -> AcoustId:
        usual: dict[str, Any] = {
            "api_key": KEY,
            "base_url": self.url,
            "timeout_s": self.patience_s,
            "pause": self.clock.pause,
            "clock": self.clock,
        }
        acoustid = AcoustId(**(usual | changes))
        self.opened.append(acoustid)
        return acoustid


@contextlib.contextmanager
def acoustid_stage(patience_s: float = 20.0) -> Iterator[AcoustIdStage]:
    twin = AcoustIdTwin(KEY)
    faults, log = Faults(), RequestLog()
    with Server(twin, faults=faults, log=log) as server:
        stage = AcoustIdStage(twin, server.url, faults, log, patience_s)
        try:
            yield stage
        finally:
            for acoustid in stage.opened:
                acoustid.close()
