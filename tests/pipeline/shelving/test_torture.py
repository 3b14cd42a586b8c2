"""The same as the simulated kills, with processes that really die."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.shelving.crate import Crate
from tests.pipeline.shelving.kills import KillAt


def shelve_in_a_child(crate: Crate, nth: int) -> int:
    arguments = [str(crate.root), str(crate.work), str(nth)]
    child = [sys.executable, "-m", "tests.pipeline.shelving.killed_child", *arguments]
    return subprocess.run(child, cwd=Path(__file__).parents[3], timeout=60, check=False).returncode


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_kill_9_at_every_write(tmp_path, other_disk):
    count = KillAt()
    reference = Crate(tmp_path / "reference", other_disk)
    reference.shelve(reference.rendered(), checkpoint=count)
    reference.collect()
    expected = reference.visible()
    for nth, where in enumerate(count.passed, start=1):
        crate = Crate(tmp_path / f"killed-{nth}", other_disk)
        crate.library.mkdir()
        (crate.library / "another's.m4a").write_bytes(b"another's")
        assert shelve_in_a_child(crate, nth) == -signal.SIGKILL, where
        seen = crate.visible()
        assert seen.pop("library/another's.m4a") == b"another's"
        assert set(seen.values()) <= set(expected.values()), where
        crate.collect()
        assert shelve_in_a_child(crate, 0) == 0
        crate.collect()
        assert crate.visible() == {**expected, "library/another's.m4a": b"another's"}, where
        assert crate.leftovers() == [], where
