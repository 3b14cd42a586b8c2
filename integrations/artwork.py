"""Cover pictures: fetched within limits, and made into what every player shows.

What services and pages name as a picture may be anything: too large, endless, slow, no picture, or made to harm. All of
it ends as "no picture", which is no failure.
"""

from __future__ import annotations

import io
import ipaddress
import logging
import re
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import httpx
from PIL import Image, ImageOps, ImageStat

_log = logging.getLogger(__name__)

_SIDE_PX = 1400
_JPEG_LIMIT_BYTES = 1_000_000
_QUALITIES = (92, 88, 82, 75, 65, 50, 35)
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""What services send. Pillow knows some forty more, each with a decoder that a hostile file could aim at."""
_PIXEL_LIMIT = 16_000_000
"""Four thousand pixels square, above any cover. It counts what is decoded, of which two layers may stand at once: a few
kilobytes must not cost the daemon a gigabyte."""
_WEBP_PIXEL_LIMIT = 10_000_000
"""Its decoder holds four layers of its own."""
_JPEG_PIXEL_LIMIT = 25_000_000
"""Of one that is decoded at a fraction of its size: eight bytes for each pixel of the whole stand there meanwhile."""
_SCAN_LIMIT = 100
"""A progressive JPEG has about ten; each one goes over all of the picture, and costs its sender a few bytes."""
_SCAN_MARK = b"\xff\xda"

_YOUTUBE = re.compile(r"https?://i\d*\.ytimg\.com/vi(_webp)?/(?P<id>[\w-]+)/")
_SOUNDCLOUD = re.compile(r"(?P<begin>https?://[\w.-]+\.sndcdn\.com/(artworks|avatars)-.+)-[0-9a-z]+\.(?P<end>jpg|png)$")

_PORTS = {"http": 80, "https": 443}
_INSIDE_NAMES = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".home", ".intranet", ".fritz.box")
"""What routers call the machines behind them."""

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

    def jpeg(self, url: str, page: str | None = None) -> bytes | None:
        """A square JPEG, at most 1,400 px and 1 MB, of the largest picture that the service has; None when there is no
        picture to be had. Never raises.

        Nothing is asked of the person's own network, whoever names an address there, but of the very host of `page`,
        the track's own address: where the person pointed, its cover may be too."""
        for address in largest_first(url):
            try:
                data = self._fetch(address, page)
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

    def _fetch(self, url: str, page: str | None) -> bytes:
        """The body. Raises httpx's errors, and ValueError when it is too large, takes longer than the timeout, or would
        come from the person's own network."""
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
                event_hooks={"request": [_stays_outside(page)]},
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


def _stays_outside(page: str | None) -> Callable[[httpx.Request], None]:
    """Refuses every address in the person's own network, as far as it tells, also those that another one leads to; but
    for the host and port of the page."""
    allowed = None
    with suppress(httpx.InvalidURL, ValueError):  # a page may be anything that names a track: a folder, say
        allowed = _host_and_port(httpx.URL(page or ""))

    def check(request: httpx.Request) -> None:
        if _is_inside(request.url) and _host_and_port(request.url) != allowed:
            raise ValueError(f"{request.url.host} is in your own network, and the track is not there")

    return check


def _host_and_port(url: httpx.URL) -> tuple[bytes, int | None]:
    return url.raw_host, url.port or _PORTS.get(url.scheme)


def _is_inside(url: httpx.URL) -> bool:
    host = url.raw_host.decode("ascii").lower().removesuffix(".")  # as it goes over the line
    if ":" in host:
        return not ipaddress.IPv6Address(host).is_global
    try:
        # Not only four numbers are an address to the system: 127.1, 0x7f.1 and 2130706433 are this machine.
        return not ipaddress.IPv4Address(socket.inet_aton(host)).is_global
    except OSError:
        return "." not in host or host.endswith(_INSIDE_NAMES)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def square_jpeg(data: bytes) -> bytes | None:
    """The middle of the picture as a baseline JPEG: square, at most 1,400 px, under 1 MB, never enlarged. None for
    anything that is not a picture, or has more pixels than any cover."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if _is_too_much(picture, data):
                return None
            square = _square(picture)
        return _compressed(ImageOps.exif_transpose(_opaque(square)))
    except Exception:  # noqa: BLE001 -- over hostile bytes Pillow's decoders raise whatever they stumble upon
        return None


def _is_too_much(picture: Image.Image, data: bytes) -> bool:
    """More than we want to decode. Nothing is decoded yet."""
    if picture.format == "WEBP":
        return _pixels(picture) > _WEBP_PIXEL_LIMIT
    if picture.format == "JPEG":
        if _pixels(picture) > _JPEG_PIXEL_LIMIT or data.count(_SCAN_MARK) > _SCAN_LIMIT:
            return True
        picture.draft("RGB", (_SIDE_PX, _SIDE_PX))  # from here on it is as large as it will be decoded
    return _pixels(picture) > _PIXEL_LIMIT


def _pixels(picture: Image.Image) -> int:
    return picture.width * picture.height


def _square(picture: Image.Image) -> Image.Image:
    """The middle, made small before anything else is done to it: up to here every layer is as large as the picture."""
    left, top, right, bottom = _without_bars(picture)
    side = min(right - left, bottom - top)
    left, top = left + (right - left - side) // 2, top + (bottom - top - side) // 2
    box = (left, top, left + side, top + side)
    if side <= _SIDE_PX:
        return picture.crop(box)
    return _smooth(picture).resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS, box)


def _smooth(picture: Image.Image) -> Image.Image:
    """With pixels that can be averaged: the numbers of a palette cannot."""
    if picture.mode.startswith("I"):
        return picture if picture.mode == "I" else picture.convert("I")
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    return picture if picture.mode == mode else picture.convert(mode)


def _opaque(picture: Image.Image) -> Image.Image:
    """In RGB; what is transparent stands on white."""
    if picture.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at white
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    layers = picture.convert("RGBA")
    white = Image.new("RGBA", layers.size, "white")
    white.alpha_composite(layers)
    white.info = picture.info  # which way is up
    return white.convert("RGB")


def _without_bars(picture: Image.Image) -> tuple[int, int, int, int]:
    """Left, top, right, bottom. YouTube's smaller pictures are of 4:3, with black above and below what is of 16:9: the
    bars are not the cover."""
    width, height = picture.size
    bar = round(height * _BAR_SHARE)
    if bar < 2 or abs(width * 3 - height * 4) > 4:
        return 0, 0, width, height
    for edge in (0, height - bar + 1):
        if ImageStat.Stat(_opaque(picture.crop((0, edge, width, edge + bar - 1))).convert("L")).mean[0] > _BLACK:
            return 0, 0, width, height
    return 0, bar, width, height - bar


def _compressed(picture: Image.Image) -> bytes | None:
    """The best quality that stays under the limit."""
    for quality in _QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True)
        if file.tell() < _JPEG_LIMIT_BYTES:
            return file.getvalue()
    return None
