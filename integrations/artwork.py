"""Cover pictures: fetched within limits, and made into what every player shows.

What services and pages name as a picture may be anything: too large, endless, slow, no picture, or made to harm. All of
it ends as "no picture", which is no failure.
"""

from __future__ import annotations

import io
import ipaddress
import logging
import re
import time
from collections.abc import Callable

import httpx
from PIL import Image, ImageOps, ImageStat

_log = logging.getLogger(__name__)

_SIDE_PX = 1400
_JPEG_LIMIT_BYTES = 1_000_000
_QUALITIES = (92, 88, 82, 75, 65, 50, 35)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What services send. Pillow knows some forty more, each with a decoder that a hostile file could aim at."""
_PIXEL_LIMIT = 50_000_000
"""Seven thousand pixels square: far above any cover, and 200 MB at worst while it is decoded."""
_SCAN_LIMIT = 100
"""A progressive JPEG has about ten; each one goes over all of the picture, and costs its sender a few bytes."""
_SCAN_MARK = b"\xff\xda"

_YOUTUBE = re.compile(r"https?://i\d*\.ytimg\.com/vi(_webp)?/(?P<id>[\w-]+)/")
_SOUNDCLOUD = re.compile(r"(?P<begin>https?://[\w.-]+\.sndcdn\.com/(artworks|avatars)-.+)-[0-9a-z]+\.(?P<end>jpg|png)$")

_BAR_SHARE = 1 / 8
"""Of a picture of 4:3 that shows one of 16:9, above and below."""
_BLACK = 16


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
        """A square JPEG, at most 1,400 px and 1 MB, of the largest picture that the service has; None when there is no
        picture to be had. Never raises."""
        for address in largest_first(url):
            try:
                data = self._fetch(address)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
                _log.info("No cover from %s: %s", address, _first_line(error))
                return None  # who does not answer would not answer for a smaller one
            except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
                # Python's own ValueError stands for addresses that cannot even be encoded.
                _log.info("No cover from %s: %s", address, _first_line(error))
                continue
            if picture := square_jpeg(data):
                return picture
            _log.info("No cover from %s: %d bytes that are no usable picture.", address, len(data))
        return None

    def _fetch(self, url: str) -> bytes:
        """The body. Raises httpx's errors, and ValueError when it is too large, takes longer than the timeout, or would
        come from where the address does not point."""
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
                # What is compressed twice may be a bomb, and a picture gains nothing by it: it is not unpacked below.
                headers={"Accept-Encoding": "identity"},
                event_hooks={"request": [_stays_outside(url)]},
            ) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            self._not_too_large(int(response.headers.get("Content-Length", 0)))
            for part in response.iter_raw():
                data += part
                self._not_too_large(len(data))
                # httpx's timeout counts anew for every part; a drip could go on for ever.
                if self._clock() > deadline:
                    raise ValueError(f"not complete after {self._timeout_s:g} s")
        return bytes(data)

    def _not_too_large(self, size: int) -> None:
        if size > self._max_bytes:
            raise ValueError(f"more than {self._max_bytes:,} bytes")


def largest_first(url: str) -> list[str]:
    """The addresses under which the services keep larger versions of that picture, and the address itself. Not each of
    them is always there: YouTube lists what it is sure of, SoundCloud's original may be too large for us."""
    found = [url]
    if video := _YOUTUBE.match(url):
        names = ("maxresdefault.jpg", None, "hqdefault.jpg")
        found = [f"https://i.ytimg.com/vi/{video['id']}/{name}" if name else url for name in names]
    elif picture := _SOUNDCLOUD.match(url):
        found = [f"{picture['begin']}-{size}.{picture['end']}" for size in ("original", "t500x500")] + [url]
    return list(dict.fromkeys(found))


def _stays_outside(url: str) -> Callable[[httpx.Request], None]:
    """Refuses to be led from a public address to one in the person's own network, as far as the address tells."""
    from_inside = _is_inside(httpx.URL(url).host)

    def check(request: httpx.Request) -> None:
        if not from_inside and _is_inside(request.url.host):
            raise ValueError(f"it leads to {request.url.host}, in your own network")

    return check


def _is_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def square_jpeg(data: bytes) -> bytes | None:
    """The middle of the picture as a baseline JPEG: square, at most 1,400 px, under 1 MB, never enlarged. None for
    anything that is not a picture, or has more pixels than any cover."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _PIXEL_LIMIT:
                return None
            if picture.format == "JPEG" and data.count(_SCAN_MARK) > _SCAN_LIMIT:
                return None
            return _compressed(_squared(_without_bars(_opaque(_upright(picture)))))
    except Exception:  # noqa: BLE001 -- over hostile bytes Pillow's decoders raise whatever they stumble upon
        return None


def _upright(picture: Image.Image) -> Image.Image:
    # A JPEG can be decoded at a fraction of its size, which saves most of the work on a large one.
    picture.draft("RGB", (_SIDE_PX, _SIDE_PX))
    return ImageOps.exif_transpose(picture)


def _opaque(picture: Image.Image) -> Image.Image:
    """In RGB; what is transparent stands on white."""
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at white
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layers = picture.convert("RGBA")
    white = Image.new("RGBA", layers.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB")


def _without_bars(picture: Image.Image) -> Image.Image:
    """YouTube's smaller pictures are of 4:3, with black above and below what is of 16:9: the bars are not the cover."""
    bar = round(picture.height * _BAR_SHARE)
    if bar < 2 or abs(picture.width * 3 - picture.height * 4) > 4:
        return picture
    edges = [picture.crop((0, top, picture.width, top + bar - 1)) for top in (0, picture.height - bar + 1)]
    if max(ImageStat.Stat(edge.convert("L")).mean[0] for edge in edges) > _BLACK:
        return picture
    return picture.crop((0, bar, picture.width, picture.height - bar))


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
