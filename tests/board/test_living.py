"""The board, lived with: random edits, writes, outages, lost answers, kills and two machines."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.board.living import BoardLife, ledgers

LIVES = 300
STEPS = 25


@pytest.mark.timeout(600)
def test_whatever_happens_every_row_is_right_no_edit_is_lost_and_none_is_there_twice():
    # The same lives each time: `python -m bench board_life` goes on to others.
    plan = settings(
        max_examples=LIVES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    with ledgers():
        run_state_machine_as_test(BoardLife, settings=plan)
