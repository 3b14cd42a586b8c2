"""What an error means for a track: wait, ask, metadata only, or failed; pure."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.errors import AuthExpired, DaemonError, NeedsPerson, Permanent, Protected, Transient
from daemon.errors_json import from_json
from daemon.models import Asked, Failed, Json, MetadataOnly, Outcome, Postponed

_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 6 * 3600.0
_LOGIN_WAIT_S = 3600.0
"""A log-in needs a person; looked at again this often, so that nothing has to be restarted once it is mended."""
_MOST_ASKED_S = 7 * 24 * 3600.0
"""What a Retry-After is believed: nonsense in it must not mean never."""
_GROWTHS = 6
"""As many as lead from the first wait past the longest."""
_HOPELESS_AFTER = 6
"""A fault that is no service's (a worker that dies, say) is tried this often before it counts as the track's own."""
_WAITED_FOR = frozenset({"shelve"})
"""Steps that fail for no track's sake: a drive is away or full, and comes back however long that takes."""


def outcome_of(error: Json, step: str, *, attempt: int, own_faults: int, now: float) -> Outcome:
    """The outcome for an error (as `errors_json` packs it) that ended `attempt` (the first is 1) in `step`.
    `own_faults` counts the earlier tries that nothing else was to blame for: waiting for a service or a disk does not
    wear a track out.
    """
    return _outcome(from_json(error), step, attempt, own_faults, now)


def _outcome(error: DaemonError, step: str, attempt: int, own_faults: int, now: float) -> Outcome:
    if isinstance(error, Transient):
        own = _is_own_fault(error, step)
        if own and own_faults + 1 >= _HOPELESS_AFTER:
            return Failed(reason=f"{error} (tried {own_faults + 1} times)", step=step)
        not_before = now + _wait_s(error, attempt)
        return Postponed(reason=str(error), not_before=not_before, service=error.service, own_fault=own)
    if isinstance(error, AuthExpired):
        return Postponed(reason=str(error), not_before=now + _LOGIN_WAIT_S, service=error.service)
    if isinstance(error, NeedsPerson):
        return Asked(question=error.question, choices=error.choices)
    if isinstance(error, Protected):
        return MetadataOnly(reason=str(error))
    if isinstance(error, Permanent):
        return Failed(reason=str(error), step=step)
    return Failed(reason=f"A defect of ours in the step {step}: {error}. The log has the details.", step=step)


def _is_own_fault(error: Transient, step: str) -> bool:
    """Whether this wears the track out. Who named a time meant it."""
    return error.service is None and error.retry_after_s is None and step not in _WAITED_FOR


def _wait_s(error: Transient, attempt: int) -> float:
    if error.retry_after_s is None:
        return backoff_s(attempt)
    return min(max(0.0, error.retry_after_s), _MOST_ASKED_S)


def own_faults_in(endings: Iterable[Json]) -> int:
    """How often a track was put off for its own sake since it last came to an end, by its endings so far, oldest first.
    Whoever has it tried once more has it tried as patiently as before."""
    count = 0
    for ending in endings:
        if ending.get("kind") != "postponed":
            count = 0
        elif ending.get("own_fault"):
            count += 1
    return count


def backoff_s(attempt: int) -> float:
    """How long to wait after this attempt when nobody said: one minute, then four times as long each time."""
    return min(_FIRST_WAIT_S * 4.0 ** min(attempt - 1, _GROWTHS), _LONGEST_WAIT_S)
