"""Ending the work between any two writes."""

from collections.abc import Callable


class Killed(BaseException):
    """Like a kill: no `except Exception` sees it, so nothing is tidied up."""


class KillAt:
    """A checkpoint that ends the work at its `nth` call; 0 never does, and only counts."""

    def __init__(self, nth: int = 0, kill: Callable[[str], None] | None = None):
        self.passed: list[str] = []
        self._nth = nth
        self._kill = kill or self._raise

    def __call__(self, where: str) -> None:
        self.passed.append(where)
        if len(self.passed) == self._nth:
            self._kill(where)

    @staticmethod
    def _raise(where: str) -> None:
        raise Killed(where)
