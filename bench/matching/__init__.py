"""Which search hit is the recording that was liked: right, wrong, asked and declined, and what weighing costs.

`python -m bench matching` judges everything. `python -m bench.matching --tuning --misses` shows what went wrong, and
why, in the half that may be tuned on (`--class NAME` for one class). Of the half kept back nobody sees more than its
numbers, and its made-up cases have words that the other half never shows.
"""

from __future__ import annotations

from bench.matching.report import Verdicts, verdicts

__all__ = ["Verdicts", "measure"]


def measure() -> Verdicts:
    """Both halves, the two baselines, and the time."""
    return verdicts()
