"""Cover pictures: fetched within limits, and made into what every player shows."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable

import httpx
from PIL import Image, ImageOps

_log = logging.getLogger(__name__)

_SIDE_PX = 1400
_JPEG_LIMIT_BYTES = 1_000_000
_QUALITIES = (92, 88, 82, 75, 65, 50, 35)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What services send. Pillow knows some forty more, each with a decoder that a hostile file could aim at."""
_PIXEL_LIMIT = 50_000_000
"""Seven thousand pixels square: far above any cover, and 200 MB at worst while it is decoded."""


class CoverArt:
    """Fetches covers (port `Artwork`). `proxy` and `verify` are httpx's; proxies named in the environment are not
    used, so that only the settings decide where a request goes."""

    def __init__(
        self,
        timeout_s: float,
        *,
        max_bytes: int = 20_000_000,
        proxy: str | None = None,
        verify: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._proxy = proxy
        self._verify = verify
        self._clock = clock

    def jpeg(self, url: str) -> bytes | None:
        """A square JPEG, at most 1,400 px and 1 MB; None when there is no picture to be had. Never raises."""
        try:
            data = self._fetch(url)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # Python's own ValueError stands for addresses that cannot even be encoded.
            _log.info("No cover from %s: %s", url, str(error).partition("\n")[0])
            return None
        picture = square_jpeg(data)
        if picture is None:
            _log.info("No cover from %s: %d bytes that are no usable picture.", url, len(data))
        return picture

    def _fetch(self, url: str) -> bytes:
        """The body. Raises httpx's errors, and ValueError when it is too large or takes longer than the timeout."""
        deadline = self._clock() + self._timeout_s
        data = bytearray()
        with (
            httpx.Client(
                timeout=self._timeout_s,
                proxy=self._proxy,
                verify=self._verify,
                follow_redirects=True,
                max_redirects=5,
                trust_env=False,
            ) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            for part in response.iter_bytes():
                data += part
                if len(data) > self._max_bytes:
                    raise ValueError(f"more than {self._max_bytes:,} bytes")
                # httpx's timeout counts anew for every part; a drip could go on for ever.
                if self._clock() > deadline:
                    raise ValueError(f"not complete after {self._timeout_s:g} s")
        return bytes(data)


def square_jpeg(data: bytes) -> bytes | None:
    """The middle of the picture as a baseline JPEG: square, at most 1,400 px, under 1 MB, never enlarged. None for
    anything that is not a picture, or has more pixels than any cover."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _PIXEL_LIMIT:
                return None
            return _compressed(_squared(_opaque(_upright(picture))))
    except Exception:  # noqa: BLE001 -- over hostile bytes Pillow's decoders raise whatever they stumble upon
        return None


def _upright(picture: Image.Image) -> Image.Image:
    # A JPEG can be decoded at a fraction of its size, which saves most of the work on a large one.
    picture.draft("RGB", (_SIDE_PX, _SIDE_PX))
    return ImageOps.exif_transpose(picture)


def _opaque(picture: Image.Image) -> Image.Image:
    """In RGB; what is transparent stands on white."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layers = picture.convert("RGBA")
    white = Image.new("RGBA", layers.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB")


def _squared(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    target = min(side, _SIDE_PX)
    return square if side == target else square.resize((target, target), Image.Resampling.LANCZOS)


def _compressed(picture: Image.Image) -> bytes | None:
    """The best quality that stays under the limit."""
    for quality in _QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True)
        if file.tell() < _JPEG_LIMIT_BYTES:
            return file.getvalue()
    return None
