"""Tags in the frames that DJ programs read: MP4 atoms in M4A, ID3 in WAV and AIFF.

Only what `Tags` gives is written. A field that it leaves out stays in the file as it is, and so does every frame that
is not ours: a DJ program's cues and grids keep their bytes. Several artists are one line, `A, B`, in the frame that
players show (of several values most show the first alone), and beside it separate values in `ARTISTS`, as Picard does.

A comment is ours only until a person has written, changed or removed one: from then on it is left alone.
"""

from __future__ import annotations

from integrations.tags.rewriting import Rewritten, rewrite
from integrations.tags.values import settled
from integrations.tags.writing import read, write, write_verified

__all__ = ["Rewritten", "read", "rewrite", "settled", "write", "write_verified"]
