"""Real files, broken and whole: one or two of each kind that `bench proof` makes, listened to as the program does."""

from __future__ import annotations

import pytest

from bench.proof_files import Case, bad, good, judge, wrong_recordings

_SHORT_S = 10.0
_CUT_S = 52.0
"""The shortest of which 3 % are more than services err by."""


def one_of_each(cases) -> list[Case]:
    kinds: dict[str, Case] = {}
    for case in cases:
        kinds.setdefault(case.kind, case)
    return list(kinds.values())


def names(cases):
    return [f"{case.kind} ({case.name})" for case in cases]


BAD, GOOD = one_of_each(bad(_SHORT_S, _CUT_S)), one_of_each(good(_SHORT_S))


@pytest.mark.parametrize("case", BAD, ids=names(BAD))
def test_a_bad_file_is_refused_or_flagged(case, tmp_path):
    verdict, why = judge(case, tmp_path)

    assert verdict in ("refused", "flagged")
    assert why


@pytest.mark.parametrize("case", GOOD, ids=names(GOOD))
def test_a_good_file_is_not_refused(case, tmp_path):
    verdict, why = judge(case, tmp_path)

    assert verdict != "refused", why


def test_another_recording_of_the_right_length_is_beyond_it(tmp_path):
    assert judge(next(wrong_recordings(_SHORT_S)), tmp_path) == ("passed", "")
