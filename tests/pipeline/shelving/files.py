"""Work files to shelve."""

import hashlib
from pathlib import Path

from daemon.models import Format, Rendered

SOUND = b"sound" * 250_000


def rendered_file(work: Path, format: Format = Format.M4A, content: bytes = SOUND) -> Rendered:
    """More than one chunk of it, so that a copy has an inside to be killed in. Made as rendering does: a new file,
    renamed, because the old one may be on the shelf under a second name."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"{hashlib.sha256(content).hexdigest()[:8]}.{format}"
    draft = path.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(path)
    return Rendered(format=format, path=str(path), size=len(content), sha256=hashlib.sha256(content).hexdigest())
