"""A program for a test: says how many bytes of memory it took, at the worst moment, to make a cover of a picture.

`python -m tests.integrations.artwork_peak FILE`, on Linux only.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from integrations.artwork import square_jpeg


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    data = Path(sys.argv[1]).read_bytes()
    small = io.BytesIO()
    Image.new("RGB", (8, 8)).save(small, "WEBP")  # every decoder is loaded now
    before = _peak_bytes()
    if square_jpeg(data) is None:
        sys.exit("no picture: this measures nothing")
    sys.stdout.write(f"{_peak_bytes() - before}\n")


if __name__ == "__main__":
    main()
