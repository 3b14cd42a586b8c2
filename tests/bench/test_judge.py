"""What is counted as right, wrong, asked and declined, and the intervals beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bench.matching import judge
from bench.matching.__main__ import main
from bench.matching.cases import Case, candidate
from bench.matching.judge import Choice, Judged, Share, Tally, tally, wilson
from bench.matching.report import Table
from daemon.models import Track

RIGHT, WRONG, OTHER = (
    candidate(name, title, "Somebody", 224.0, 1000, verified=False, live=False)
    for name, title in (("r", "Mira Vale - Copper Line"), ("w", "Mira Vale - Home"), ("o", "Copper kettles"))
)
CASE = Case(
    name="originals/0",
    kind="originals",
    origin="generated",
    number=0,
    track=Track(title="Copper Line", artists=("Mira Vale",), duration_s=224.0),
    candidates=(WRONG, RIGHT, OTHER),
    right=frozenset({RIGHT.id}),
)
ABSENT = replace(CASE, right=frozenset())


@pytest.mark.parametrize(
    ("case", "choice", "outcome", "asked_well", "missed"),
    [
        (CASE, Choice(RIGHT), "right", False, False),
        (CASE, Choice(WRONG), "wrong", False, True),
        (ABSENT, Choice(RIGHT), "wrong", False, True),
        (CASE, Choice(None, (WRONG, RIGHT)), "asked", True, True),
        (CASE, Choice(None, (WRONG,)), "asked", False, True),
        (CASE, Choice(None), "declined", False, True),
        (ABSENT, Choice(None), "declined", False, False),
        (CASE, Choice(RIGHT, (WRONG,)), "right", False, False),
    ],
)
def test_an_outcome(case, choice, outcome, asked_well, missed):
    judged = Judged(case, choice)
    assert (judged.outcome, judged.asked_well, judged.missed) == (outcome, asked_well, missed)


def test_a_tally_and_its_shares():
    choices = [(CASE, Choice(RIGHT))] * 6 + [(CASE, Choice(WRONG))] + [(ABSENT, Choice(WRONG))]
    choices += [(CASE, Choice(None, (RIGHT,))), (CASE, Choice(None)), (ABSENT, Choice(None))]
    sums = tally(Judged(*pair) for pair in choices)
    assert sums == Tally(cases=11, there=9, right=6, wrong=2, asked=1, asked_well=1, declined=2)
    assert sums.wrong_share == Share(2, 8)
    assert sums.right_share == Share(6, 9)
    assert sums.asked_share == Share(1, 11)


def test_a_share_shows_its_counts():
    assert str(Share(1, 10)) == "10.00% = 1/10 [1.79%, 40.42%]"


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (1, 10, 0.0179, 0.4042),
        (50, 100, 0.4038, 0.5962),
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),  # the same
        (0, 20, 0.0, 0.1611),  # the same
        (1, 29, 0.0061, 0.1718),  # the same
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilsons_interval(part, whole, low, high):
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 5000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_the_interval_holds_the_share(pair):
    low, high = wilson(*pair)
    assert 0.0 <= low <= pair[0] / pair[1] + 1e-12
    assert pair[0] / pair[1] - 1e-12 <= high <= 1.0


def test_the_first_hit():
    assert judge.judge([CASE], judge.first_hit)[0].outcome == "wrong"
    assert judge.judge([replace(CASE, candidates=())], judge.first_hit)[0].outcome == "declined"


def test_the_token_ratio():
    assert judge.token_ratio(CASE.track, CASE.candidates, ()).taken == RIGHT
    assert judge.token_ratio(CASE.track, (OTHER,), ()).taken is None
    assert judge.token_ratio(CASE.track, (), ()).taken is None


def test_ours_takes_an_exact_fit_and_leaves_another_title():
    assert judge.ours(CASE.track, (OTHER, RIGHT), ("as-liked",)).taken == RIGHT
    assert judge.ours(CASE.track, (OTHER,), ("as-liked",)).taken is None


def test_what_goes_wrong_inside_says_in_which_case():
    def broken(*_):
        raise ValueError("oh")

    with pytest.raises(ValueError, match="oh") as caught:
        judge.judge([CASE], broken)
    assert caught.value.__notes__ == ["in the case originals/0"]


def _table(sums: Tally) -> str:
    table = Table(name="generated", classes={"originals": sums}, beyond={}, whole=sums, baselines={}, held=True)
    return table.as_text()


def test_what_is_wanted_is_met_or_not():
    good = _table(Tally(cases=1000, there=900, right=828, wrong=4, asked=60, declined=108))
    assert good.count("  met: ") == 3
    assert "NOT MET" not in good
    bad = _table(Tally(cases=1000, there=900, right=827, wrong=5, asked=61, declined=107))
    assert bad.count("NOT MET: ") == 3


def test_nobody_looks_into_the_half_that_is_kept_back():
    refused = CliRunner().invoke(main, ["--misses"])
    assert refused.exit_code == 2
    assert "kept back" in refused.output


def test_the_tuning_half_shows_what_was_missed_and_nothing_else():
    shown = CliRunner().invoke(main, ["--tuning", "--misses", "--class", "same_name"])
    assert shown.exit_code == 0
    assert "generated, for tuning" in shown.output
    assert "baseline: first hit" in shown.output
    numbers = [word.rpartition("/")[2] for word in shown.output.split() if word.startswith("same_name/")]
    assert all(int(number.rstrip(":")) % 2 == 0 for number in numbers)
