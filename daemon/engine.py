"""Durable steps and queues. The only module that knows dbos.

A *workflow* is a function whose every step is recorded when it ends: after a kill it goes on behind the last recorded
step. Steps run at least once, so their effects are made to be repeatable; what they return is small and crosses the
database as JSON by its type annotation. What a step raises of `daemon.errors` is recorded like a result, and raised
again in the workflow; anything else is a bug, logged here once with its traceback and recorded as `Defect`.

Why it is shaped so, trap by trap: docs/decisions/0003-engine.md.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, get_type_hints

from dbos import DBOS, DBOSClient
from dbos._serialization import Serializer
from pydantic import TypeAdapter

from daemon.errors import DaemonError
from daemon.errors_json import from_json, to_json

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

PIPELINE_VERSION = "3"
"""Raised only when recorded steps change their order or meaning; appending steps is safe. Work that an older version
left unfinished is cancelled at start and begun anew from the ledger."""

_APPLICATION = "cratekeeper"
_SCHEMA = "dbos"
_LISTENER_POLL_S = 0.5
_REMEMBERED_S = 90 * 24 * 3600.0
_MAX_RECOVERIES = 1000
"""A laptop is closed often; only a step that kills its process every time should ever get here."""

Active = frozenset({"ENQUEUED", "PENDING", "DELAYED"})


class Defect(DaemonError):
    """A bug of ours inside a step. The traceback is in the log; the person is told which step, and that it is ours."""


class Stopping(BaseException):
    """Raised in a step while the engine stops: the workflow stays where it is, and goes on at the next start.

    Not an Exception, so that nothing on the way records it as an outcome.
    """


@dataclass(frozen=True, slots=True)
class Queue:
    """A line of waiting workflows."""

    name: str
    at_once: int
    """How many of them one process runs at the same time."""
    poll_s: float
    """How long a submitted workflow may lie before it is seen."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A workflow as the engine remembers it."""

    id: str
    status: str
    executor_id: str | None

    @property
    def active(self) -> bool:
        return self.status in Active


class Engine:
    """One process's engine. Register steps and workflows first, then `start`; `stop` leaves everything resumable.

    dbos keeps its registry in module globals, so there is one Engine in a process at a time.
    """

    def __init__(self, url: str, *, host_id: str, queues: Sequence[Queue], version: str) -> None:
        self._url = url
        self._host_id = host_id
        self._queues = tuple(queues)
        self._version = version
        self._workflows: dict[str, Callable[..., Any]] = {}
        self._stopping = threading.Event()
        self._running = 0
        self._quiet = threading.Condition()
        # Without a handler of its own dbos would print past our log filter.
        logging.getLogger("dbos").addHandler(logging.NullHandler())
        DBOS(
            config={
                "name": _APPLICATION,
                "system_database_url": url,
                "dbos_system_schema": _SCHEMA,
                "executor_id": host_id,
                "application_version": version,
                "serializer": _Json(),
                "log_level": "WARNING",
                "notification_listener_polling_interval_sec": _LISTENER_POLL_S,
            }
        )

    # --- registering -------------------------------------------------------------------------------------------------

    def step(self, name: str, function: Callable[P, R]) -> Callable[P, R]:
        """`function` as a recorded step. Its return annotation says how its result crosses the database."""
        result = _adapter_of(function)

        @DBOS.step(name=name)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
            with self._one_more():
                try:
                    return {"ok": result.dump_python(function(*args, **kwargs), mode="json")}
                except Exception as error:
                    if self._stopping.is_set():
                        raise Stopping from error  # perhaps we caused it ourselves, by ending a child
                    if isinstance(error, DaemonError):
                        return {"error": to_json(error)}
                    log.exception("the step %s failed in a way that nobody foresaw", name)
                    return {"defect": f"{name}: {type(error).__name__}: {error}"}

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            answer = recorded(*args, **kwargs)
            if "ok" not in answer:
                error = from_json(answer["error"]) if "error" in answer else Defect(answer["defect"])
                error.step = name
                raise error
            value: R = result.validate_python(answer["ok"])
            return value

        return call

    def workflow(self, name: str, function: Callable[[Any], Any]) -> None:
        """Registers `function` of one argument under `name`; both sides cross the database by their annotations."""
        hints = get_type_hints(function)
        argument = TypeAdapter(next(hint for key, hint in hints.items() if key != "return"))
        result = _adapter_of(function)

        @DBOS.workflow(name=name, max_recovery_attempts=_MAX_RECOVERIES)
        def recorded(payload: Any) -> Any:
            return result.dump_python(function(argument.validate_python(payload)), mode="json")

        self._workflows[name] = recorded

    # --- life --------------------------------------------------------------------------------------------------------

    def start(self, listen_to: Iterable[str]) -> None:
        """Opens the database, takes up what this host left, and serves the named queues."""
        DBOS.listen_queues(list(listen_to))
        DBOS.launch()
        for queue in self._queues:
            DBOS.register_queue(
                queue.name,
                worker_concurrency=queue.at_once,
                polling_interval_sec=queue.poll_s,
                on_conflict="always_update",
            )

    def stop(self, grace_s: float, interrupt: Callable[[], None] = lambda: None) -> bool:
        """Takes no new work, calls `interrupt` (which ends child processes), waits up to `grace_s` for steps to end.

        What did not end stays as it is and resumes at the next start. Answers whether every step ended in time; when
        not, the process must leave by `os._exit`, because Python would wait for the step's thread.
        """
        self._stopping.set()
        interrupt()
        with self._quiet:
            ended = self._quiet.wait_for(lambda: self._running == 0, timeout=grace_s)
        DBOS.destroy(destroy_registry=True)
        return ended

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def check_stopping(self) -> None:
        """For long steps: raises `Stopping` when the engine is about to stop."""
        if self._stopping.is_set():
            raise Stopping

    # --- work --------------------------------------------------------------------------------------------------------

    def submit(self, workflow: str, flow_id: str, payload: Any, *, queue: str) -> None:
        """Puts a workflow into a queue. An id that was ever submitted is left as it is: nothing runs twice."""
        DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": workflow,
                "queue_name": queue,
                "workflow_id": flow_id,
                "app_version": self._version,
            },
            payload,
        )

    def flow(self, flow_id: str) -> Flow | None:
        """What became of a workflow; None when it was never submitted."""
        found = DBOS.list_workflows(workflow_ids=[flow_id], load_input=False, load_output=False)
        return _flow(found[0]) if found else None

    def active(self) -> frozenset[str]:
        """The ids of all workflows that wait or run, here or on another host."""
        found = DBOS.list_workflows(status=sorted(Active), load_input=False, load_output=False)
        return frozenset(flow.workflow_id for flow in found)

    def forget_finished(self, older_than_s: float = _REMEMBERED_S) -> int:
        """Drops the engine's rows of what ended long ago (the ledger remembers it); answers how many."""
        before = datetime.fromtimestamp(time.time() - older_than_s, UTC).isoformat()
        done = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"], completed_before=before, load_input=False, load_output=False
        )
        ids = [flow.workflow_id for flow in done]
        if ids:
            DBOS.delete_workflows(ids)
        return len(ids)

    def wait(
        self, flow_id: str, *, poll_s: float = 0.1, timeout_s: float | None = None, stop: threading.Event | None = None
    ) -> Flow | None:
        """Waits until the workflow is no longer active (one that the engine never had, or has forgotten, is not). None
        when it still is after `timeout_s`, or when `stop` is set."""
        return _wait(self.flow, flow_id, poll_s, timeout_s, stop)

    def left_by_other_versions(self) -> list[str]:
        """Cancels what another version of the pipeline left unfinished here, or an older one in a queue; answers its
        ids.

        Work that runs on other hosts is theirs to finish: they may not be upgraded yet. What this host itself began
        under a newer version (somebody went back) nobody else would ever go on with.
        """
        unfinished = DBOS.list_workflows(status=sorted(Active), load_input=False, load_output=False)
        left = [flow.workflow_id for flow in unfinished if self._is_left(flow)]
        if left:
            DBOS.cancel_workflows(left)
        return left

    def _is_left(self, flow: Any) -> bool:
        if flow.status != "PENDING":
            return _is_older(flow.app_version, self._version)
        return bool(flow.executor_id == self._host_id and flow.app_version != self._version)

    def left_by_hosts(self, host_ids: Sequence[str]) -> list[str]:
        """Cancels what hosts that are surely dead left unfinished, and answers its ids.

        Not resumed here: their recorded steps name files in a work folder that is on the other machine.
        """
        others = [host_id for host_id in host_ids if host_id != self._host_id]  # who asks is not dead
        if not others:
            return []
        left = DBOS.list_workflows(status="PENDING", executor_id=others, load_input=False, load_output=False)
        ids = [flow.workflow_id for flow in left]
        if ids:
            DBOS.cancel_workflows(ids)
        return ids

    def _one_more(self) -> _Count:
        self.check_stopping()
        return _Count(self)

    def _count(self, by: int) -> None:
        with self._quiet:
            self._running += by
            self._quiet.notify_all()


class _Count:
    """Counts a running step, so that `stop` knows when all is quiet."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        self._engine._count(+1)

    def __exit__(self, *_: object) -> None:
        self._engine._count(-1)


class EngineClient:
    """Hands work to the process that holds the engine on this database, and watches it. Runs nothing itself."""

    def __init__(self, url: str, *, version: str) -> None:
        self._version = version
        # Whoever holds the engine may not have opened this database yet. Several may do this at the same time.
        DBOS.migrate(url, schema=_SCHEMA)
        self._client = DBOSClient(
            system_database_url=url, dbos_system_schema=_SCHEMA, serializer=_Json(), application_name=_APPLICATION
        )

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.destroy()

    def submit(self, workflow: str, flow_id: str, payload: Any, *, queue: str) -> None:
        """As `Engine.submit`."""
        self._client.enqueue(
            {
                "workflow_name": workflow,
                "queue_name": queue,
                "workflow_id": flow_id,
                "app_version": self._version,
            },
            payload,
        )

    def flow(self, flow_id: str) -> Flow | None:
        """As `Engine.flow`."""
        found = self._client.list_workflows(workflow_ids=[flow_id], load_input=False, load_output=False)
        return _flow(found[0]) if found else None

    def wait(
        self, flow_id: str, *, poll_s: float = 0.3, timeout_s: float | None = None, stop: threading.Event | None = None
    ) -> Flow | None:
        """As `Engine.wait`."""
        return _wait(self.flow, flow_id, poll_s, timeout_s, stop)


def _is_older(version: str | None, ours: str) -> bool:
    """Whether work was begun by a program before ours. A newer host's work is not ours to end."""
    if version is None or not (version.isdigit() and ours.isdigit()):
        return version != ours
    return int(version) < int(ours)


def _wait(
    look: Callable[[str], Flow | None],
    flow_id: str,
    poll_s: float,
    timeout_s: float | None,
    stop: threading.Event | None,
) -> Flow | None:
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    stop = stop or threading.Event()
    while True:
        flow = look(flow_id)
        if flow is None or not flow.active:
            return flow or Flow(id=flow_id, status="FORGOTTEN", executor_id=None)
        if deadline is not None and time.monotonic() >= deadline:
            return None
        if stop.wait(poll_s):
            return None


def _flow(status: Any) -> Flow:
    return Flow(id=status.workflow_id, status=status.status, executor_id=status.executor_id)


def _adapter_of(function: Callable[..., R]) -> TypeAdapter[R]:
    hints: Mapping[str, Any] = get_type_hints(function)
    return TypeAdapter(hints["return"])


class _Json(Serializer):
    """dbos pickles by default; JSON can be read by people and survives a renamed class."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=_describe, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        value = json.loads(serialized_data)
        if isinstance(value, dict) and "__exception__" in value:
            return Defect(value["__exception__"])
        return value

    def name(self) -> str:
        return "json"


def _describe(value: Any) -> Any:
    """Only dbos's own exceptions come here: our steps and workflows return JSON."""
    if isinstance(value, BaseException):
        return {"__exception__": f"{type(value).__name__}: {value}"}
    raise TypeError(f"{type(value).__name__} cannot be recorded: steps return values of daemon.models")
