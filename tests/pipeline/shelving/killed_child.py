"""`python -m tests.pipeline.shelving.killed_child ROOT WORK NTH`: shelves, and kills itself at the nth write."""

import os
import signal
import sys
from pathlib import Path

from tests.pipeline.shelving.crate import Crate
from tests.pipeline.shelving.kills import KillAt

if __name__ == "__main__":
    root, work, nth = sys.argv[1:]
    crate = Crate(Path(root), Path(work))
    crate.shelve(crate.rendered(), checkpoint=KillAt(int(nth), lambda _: os.kill(os.getpid(), signal.SIGKILL)))
