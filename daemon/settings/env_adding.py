"""New lines at the end of a `.env`. No line that is there is changed, and a crash leaves the file as it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


def add_to_env_file(path: Path, values: Mapping[str, str]) -> None:
    """Writes a `NAME=value` line for each. The file keeps its mode and its owner; behind a link it is the file that is
    changed. Raises OSError."""
    path = path.resolve()
    before = path.read_bytes()
    line_end = b"\r\n" if b"\r\n" in before else b"\n"
    gap = b"" if not before or before.endswith(b"\n") else line_end
    lines = [f"{name}={value}".encode() + line_end for name, value in values.items()]
    stands = path.stat()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join([before, gap, *lines]))
            file.flush()
            os.fchmod(file.fileno(), stands.st_mode & 0o7777)
            with suppress(PermissionError):  # only root may give a file away
                os.fchown(file.fileno(), stands.st_uid, stands.st_gid)
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
