"""Files that should be in the library and are not. A drive that is away hides its files; it does not lose them."""

from __future__ import annotations

from pathlib import Path

from daemon.ledger import Ledger
from daemon.pipeline.shelving.shelf import folder_memo
from daemon.pipeline.shelving.volumes import Here, facts_of, judge_library


def lost(ledger: Ledger, library: Path, track_id: str) -> list[str]:
    """The paths of this track's files below `library` that are not there, while the library is. Elsewhere nobody can
    tell a missing file from a missing drive."""
    known = ledger.memos.recall(folder_memo("library", library))
    if known is None or not isinstance(judge_library(facts_of(library), known), Here):
        return []
    ours = [file.shelved.path for file in ledger.files.of(track_id) if file.shelved.role == "library"]
    return [path for path in ours if Path(path).is_relative_to(library) and not Path(path).exists()]
