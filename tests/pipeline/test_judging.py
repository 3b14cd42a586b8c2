"""What an error means for a track, case by case."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from daemon.errors import (
    AuthExpired,
    BadMedia,
    DaemonError,
    NeedsPerson,
    NotFound,
    Protected,
    RateLimited,
    Refused,
    Transient,
    Unreachable,
)
from daemon.errors_json import from_json, to_json
from daemon.models import Asked, Choice, Failed, MetadataOnly, Postponed
from daemon.pipeline.judging import backoff_s, outcome_of, own_faults_in
from daemon.pipeline.shelving.disk_errors import told_as_transient

NOW = 1_000_000.0
CHOICE = Choice(label="a", value="https://example.invalid/a", why="title 90%")


@pytest.mark.parametrize(
    ("error", "attempt", "expected"),
    [
        (
            RateLimited("r", service="youtube", retry_after_s=90),
            1,
            Postponed(reason="r", not_before=NOW + 90, service="youtube"),
        ),
        (
            RateLimited("r", service="youtube", retry_after_s=0),
            1,
            Postponed(reason="r", not_before=NOW, service="youtube"),
        ),
        (Unreachable("u", service="spotify"), 1, Postponed(reason="u", not_before=NOW + 60, service="spotify")),
        (Unreachable("u", service="spotify"), 99, Postponed(reason="u", not_before=NOW + 21600, service="spotify")),
        (Transient("t"), 5, Postponed(reason="t", not_before=NOW + backoff_s(5), own_fault=True)),
        (Transient("t"), 6, Failed(reason="t (tried 6 times)", step="fetch")),
        (Transient("t", retry_after_s=600), 6, Postponed(reason="t", not_before=NOW + 600)),
        (Unreachable("u", service="spotify"), 10_000, Postponed(reason="u", not_before=NOW + 21600, service="spotify")),
        (Transient("t", retry_after_s=float("inf")), 1, Postponed(reason="t", not_before=NOW + 7 * 86400)),
        (Transient("t", retry_after_s=float("nan")), 1, Postponed(reason="t", not_before=NOW)),
        (AuthExpired("a", service="spotify"), 1, Postponed(reason="a", not_before=NOW + 3600, service="spotify")),
        (NeedsPerson("which?", [CHOICE]), 1, Asked(question="which?", choices=(CHOICE,))),
        (Protected("p"), 1, MetadataOnly(reason="p")),
        (NotFound("n"), 1, Failed(reason="n", step="fetch")),
        (BadMedia("b"), 1, Failed(reason="b", step="fetch")),
        (Refused("r"), 1, Failed(reason="r", step="fetch")),
    ],
)
def test_every_kind_of_error_has_its_outcome(error, attempt, expected):
    assert outcome_of(to_json(error), "fetch", attempt=attempt, own_faults=attempt - 1, now=NOW) == expected


def test_a_drive_that_is_away_is_waited_for_however_long_that_takes():
    away = to_json(Transient("OUT_DIR: /music does not answer. Plug the drive in."))
    assert isinstance(outcome_of(away, "shelve", attempt=1000, own_faults=999, now=NOW), Postponed)
    assert isinstance(outcome_of(away, "listen", attempt=1000, own_faults=999, now=NOW), Failed)


@pytest.mark.parametrize("refusal", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EACCES, errno.EIO, errno.EBUSY])
@pytest.mark.parametrize("step", ["listen", "render", "shelve"])
def test_a_disk_that_refuses_wears_no_track_out(refusal, step):
    with pytest.raises(Transient, match="goes on by itself") as told, told_as_transient("VAR_DIR", Path("/var/crate")):
        raise OSError(refusal, "refused")
    outcome = outcome_of(to_json(told.value), step, attempt=1000, own_faults=999, now=NOW)
    assert outcome == Postponed(reason=str(told.value), not_before=NOW + 600)


OWN, OTHERS = {"kind": "postponed", "own_fault": True}, {"kind": "postponed", "own_fault": False}


@pytest.mark.parametrize(
    ("endings", "own_faults"),
    [
        ([], 0),
        ([OWN, OTHERS, OWN], 2),
        ([OTHERS, {"kind": "postponed"}], 0),
        ([OWN, OWN, {"kind": "failed"}], 0),
        ([OWN, OWN, {"kind": "failed"}, OTHERS, OWN], 1),
        ([OWN, {"kind": "filed"}, OWN, OWN], 2),
        ([OWN, {"kind": "asked"}, OWN, {"kind": "metadata_only"}, OTHERS], 0),
    ],
)
def test_patience_begins_anew_once_a_track_came_to_an_end(endings, own_faults):
    assert own_faults_in(endings) == own_faults


def test_a_bug_is_called_ours():
    outcome = outcome_of(to_json(DaemonError("fetch: ZeroDivisionError")), "fetch", attempt=1, own_faults=0, now=NOW)
    assert isinstance(outcome, Failed)
    assert "defect of ours" in outcome.reason


def test_the_waits_grow_and_have_an_end():
    waits = [backoff_s(attempt) for attempt in range(1, 10)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (60, 21600)


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("später", service="spotify", retry_after_s=1.5),
        Unreachable("u"),
        AuthExpired("a", service="notion"),
        NeedsPerson("which?", [CHOICE]),
        Protected("p"),
        DaemonError("d"),
    ],
)
def test_an_error_survives_the_way_through_json(error):
    back = from_json(to_json(error))
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert vars(back) == vars(error)


def test_waiting_for_a_service_does_not_wear_a_track_out():
    crash = to_json(Transient("the worker died"))
    assert isinstance(outcome_of(crash, "listen", attempt=50, own_faults=0, now=NOW), Postponed)
