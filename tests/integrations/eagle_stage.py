"""Our Eagle part before the loopback Eagle, with a secret that can be recognised."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from integrations.eagle import EagleCabinet
from integrations.sandbox.eagle import EagleTwin
from integrations.sandbox.faults import Faults
from integrations.sandbox.server import RequestLog, Server

TOKEN = "SECRET-eagle-token"
LIBRARY = "/libraries/Crate.library"


@dataclass
class EagleStage:
    twin: EagleTwin
    url: str
    faults: Faults
    log: RequestLog
    patience_s: float
    opened: list[EagleCabinet] = field(default_factory=list)

    def cabinet(self, **changes: Any) -> EagleCabinet:
        usual: dict[str, Any] = {
            "base_url": self.url,
            "library_path": Path(LIBRARY),
            "token": TOKEN,
            "timeout_s": self.patience_s,
        }
        cabinet = EagleCabinet(**(usual | changes))
        self.opened.append(cabinet)
        return cabinet


@contextlib.contextmanager
def eagle_stage(patience_s: float = 20.0) -> Iterator[EagleStage]:
    twin = EagleTwin(library_path=LIBRARY, token=TOKEN)
    faults, log = Faults(), RequestLog()
    with Server(twin, faults=faults, log=log) as server:
        stage = EagleStage(twin, server.url, faults, log, patience_s)
        try:
            yield stage
        finally:
            for cabinet in stage.opened:
                cabinet.close()
