"""What an error means for a track: wait, ask, metadata only, or failed; pure."""

from __future__ import annotations

from daemon.errors import AuthExpired, BadMedia, DaemonError, NeedsPerson, Permanent, Protected, Transient
from daemon.errors_json import from_json
from daemon.models import Asked, Failed, Json, MetadataOnly, Outcome, Postponed

_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 6 * 3600.0
_LOGIN_WAIT_S = 3600.0
"""A log-in needs a person; looked at again this often, so that nothing has to be restarted once it is mended."""
_HOPELESS_AFTER = 6
"""A fault that is no service's (a worker that dies, say) is tried this often before it counts as the track's own."""


def outcome_of(error: Json, step: str, *, attempt: int, now: float) -> Outcome:
    """The outcome for an error (as `errors_json` packs it) that ended `attempt` (the first is 1) in `step`."""
    return _outcome(from_json(error), step, attempt, now)


def _outcome(error: DaemonError, step: str, attempt: int, now: float) -> Outcome:
    if isinstance(error, Transient):
        if error.service is None and attempt >= _HOPELESS_AFTER:
            return Failed(reason=f"{error} (tried {attempt} times)", step=step)
        wait_s = error.retry_after_s if error.retry_after_s is not None else backoff_s(attempt)
        return Postponed(reason=str(error), not_before=now + wait_s, service=error.service)
    if isinstance(error, AuthExpired):
        return Postponed(reason=str(error), not_before=now + _LOGIN_WAIT_S, service=error.service)
    if isinstance(error, NeedsPerson):
        return Asked(question=error.question, choices=error.choices)
    if isinstance(error, Protected):
        return MetadataOnly(reason=str(error))
    if isinstance(error, (BadMedia, Permanent)):
        return Failed(reason=str(error), step=step)
    return Failed(reason=f"A defect of ours in the step {step}: {error}. The log has the details.", step=step)


def backoff_s(attempt: int) -> float:
    """How long to wait after this attempt when nobody said: one minute, then four times as long each time."""
    return min(_FIRST_WAIT_S * 4.0 ** (attempt - 1), _LONGEST_WAIT_S)
