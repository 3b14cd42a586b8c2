"""Cover pictures: real pictures through Pillow, a real client against a loopback server, and all that goes wrong."""

import gzip
import io
import itertools
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from integrations.artwork import CoverArt, largest_first, square_jpeg
from integrations.sandbox import faults
from integrations.sandbox.faults import Faults
from integrations.sandbox.server import Authority, Request, RequestLog, Response, Server


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    image = Image.open(io.BytesIO(data))
    image.load()
    assert image.format == "JPEG"
    assert image.mode == "RGB"
    return image


COVER = encoded(Image.new("RGB", (300, 300), "red"))

# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "side"),
    [((300, 300), 300), ((500, 300), 300), ((300, 501), 300), ((1400, 1400), 1400), ((2000, 1600), 1400), ((1, 9), 1)],
)
def test_is_square_and_never_enlarged(size, side):
    assert opened(square_jpeg(encoded(Image.new("RGB", size)))).size == (side, side)


def test_keeps_the_middle():
    wide = Image.new("RGB", (300, 100), "blue")
    ImageDraw.Draw(wide).rectangle((100, 0, 199, 99), fill="red")
    red, green, blue = np.asarray(opened(square_jpeg(encoded(wide, "PNG")))).mean(axis=(0, 1))
    assert red > 240
    assert green < 15
    assert blue < 15


def test_stands_upright():
    lying = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(lying).rectangle((0, 0, 199, 99), fill="black")
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    upright = np.asarray(opened(square_jpeg(encoded(lying, exif=exif))))
    assert upright[:80].mean() > 240
    assert upright[120:].mean() < 15


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_reads_what_services_send(kind):
    assert opened(square_jpeg(encoded(Image.new("RGB", (120, 120), "green"), kind))).size == (120, 120)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_reads_every_kind_of_pixel(mode):
    assert opened(square_jpeg(encoded(Image.new(mode, (64, 64)), "PNG"))).size == (64, 64)


def test_reads_printers_colours():
    assert opened(square_jpeg(encoded(Image.new("CMYK", (64, 64))))).size == (64, 64)


def test_sixteen_bits_of_grey_keep_their_shades():
    grey = np.asarray(opened(square_jpeg(encoded(Image.new("I;16", (64, 64), 128 * 256), "PNG"))))
    assert abs(grey.mean() - 128) < 3


def test_of_a_moving_picture_it_is_the_first():
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        moving = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        assert np.asarray(opened(square_jpeg(moving)))[..., 0].mean() > 240


def test_the_black_bars_of_a_small_youtube_picture_are_not_the_cover():
    small = Image.new("RGB", (480, 360), "black")
    ImageDraw.Draw(small).rectangle((0, 45, 479, 314), fill="red")
    cover = opened(square_jpeg(encoded(small)))
    assert cover.size == (270, 270)
    assert np.asarray(cover)[..., 0].min() > 200


@pytest.mark.parametrize("fill", ["white", "black"])
def test_a_picture_of_the_same_shape_without_bars_keeps_its_height(fill):
    drawn = Image.new("RGB", (480, 360), fill)
    ImageDraw.Draw(drawn).rectangle((0, 0, 479, 30), fill="red")
    assert opened(square_jpeg(encoded(drawn))).size == (360, 360)


def test_a_jpeg_of_endless_scans_is_none():
    """A few bytes each, and each one is work over the whole picture."""
    data = encoded(Image.new("RGB", (64, 64), "red"), progressive=True)
    last = data.rindex(b"\xff\xda")
    assert opened(square_jpeg(data[:-2] + data[last:-2] * 80 + data[-2:])).size == (64, 64)
    assert square_jpeg(data[:-2] + data[last:-2] * 100 + data[-2:]) is None


def test_transparent_is_white():
    clear = encoded(Image.new("RGBA", (64, 64), (255, 0, 0, 0)), "PNG")
    assert np.asarray(opened(square_jpeg(clear))).min() > 250


def test_stays_under_one_megabyte():
    noise = np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    data = square_jpeg(encoded(Image.fromarray(noise), "PNG"))
    assert opened(data).size == (1400, 1400)
    assert data is not None
    assert len(data) < 1_000_000


def png_that_claims(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        COVER[:200],
        encoded(Image.new("1", (4_001, 4_000)), "PNG"),
        encoded(Image.new("L", (4_000, 2_501)), "WEBP"),
        encoded(Image.new("L", (5_001, 5_000))),
        encoded(Image.new("L", (1_399, 11_440))),
        png_that_claims(60_000, 60_000),
        encoded(Image.new("RGB", (64, 64)), "TIFF"),
    ],
    ids=[
        "empty",
        "text",
        "svg",
        "postscript",
        "cut",
        "large",
        "large webp",
        "large jpeg",
        "narrow",
        "3600 megapixels",
        "tiff",
    ],
)
def test_what_is_no_usable_picture_is_none(data):
    assert square_jpeg(data) is None


def of_kind(kind: str, mode: str, size: tuple[int, int], **options: object) -> bytes:
    image = Image.new(mode, size)
    if mode == "P":
        image.putpalette(bytes(range(256)) * 3)
    return encoded(image, kind, **options)


def moving(kind: str, size: tuple[int, int]) -> bytes:
    frames = [Image.new("RGBA", size, colour) for colour in ("red", (0, 0, 255, 90))]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


LARGEST = (4_000, 4_000)
LARGEST_WEBP = (4_000, 2_500)
LARGEST_JPEG = (5_000, 5_000)
WHOLE_JPEG = (2_799, 5_716)
"""As large as can be without being decoded at a fraction."""

HEAVIEST: dict[str, Callable[[], bytes]] = {
    "png rgba": lambda: of_kind("PNG", "RGBA", LARGEST),
    "png grey": lambda: of_kind("PNG", "LA", LARGEST),
    "png rgb": lambda: of_kind("PNG", "RGB", LARGEST),
    "png 16 bit": lambda: of_kind("PNG", "I;16", LARGEST),
    "png palette": lambda: of_kind("PNG", "P", LARGEST, transparency=bytes(256)),
    "png moving": lambda: moving("PNG", LARGEST),
    "gif": lambda: of_kind("GIF", "P", LARGEST, transparency=0, disposal=2),
    "webp": lambda: of_kind("WEBP", "RGBA", LARGEST_WEBP),
    "webp moving": lambda: moving("WEBP", LARGEST_WEBP),
    "jpeg": lambda: of_kind("JPEG", "RGB", LARGEST_JPEG, progressive=True, subsampling=0),
    "jpeg cmyk": lambda: of_kind("JPEG", "CMYK", LARGEST_JPEG, progressive=True),
    "jpeg whole": lambda: of_kind("JPEG", "CMYK", WHOLE_JPEG, progressive=True),
}


@pytest.mark.skipif(sys.platform != "linux", reason="measured as Linux counts it")
@pytest.mark.parametrize("name", HEAVIEST)
def test_the_largest_picture_stays_within_bounds(name, tmp_path):
    """A few kilobytes, made to harm, must not take the machine's memory: all this happens in the daemon itself."""
    path = tmp_path / "picture"
    path.write_bytes(HEAVIEST[name]())
    said = subprocess.run(
        [sys.executable, "-m", "tests.integrations.artwork_peak", str(path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=100,
    ).stdout
    assert int(said) < 250_000_000


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB")])
def test_a_large_one_stands_upright_too(kind, mode):
    lying = Image.new(mode, (1_600, 1_500), "white")
    ImageDraw.Draw(lying).rectangle((0, 0, 799, 1_499), fill="black")
    exif = Image.Exif()
    exif[0x0112] = 6  # on its side
    upright = np.asarray(opened(square_jpeg(encoded(lying, kind, exif=exif))))
    assert upright[:690].mean() < 15
    assert upright[710:].mean() > 240


def test_a_large_transparent_one_has_no_dark_seams():
    """What is transparent has a colour too, which must not run into its neighbours."""
    half = Image.new("RGBA", (2_000, 2_000), (0, 0, 0, 0))
    ImageDraw.Draw(half).rectangle((0, 0, 1_999, 999), fill="white")
    assert np.asarray(opened(square_jpeg(encoded(half, "PNG")))).min() > 250


def test_transparent_bars_are_no_black_ones():
    drawn = Image.new("RGBA", (480, 360), (0, 0, 0, 0))
    ImageDraw.Draw(drawn).rectangle((0, 45, 479, 314), fill="red")
    assert opened(square_jpeg(encoded(drawn, "PNG"))).size == (360, 360)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF"]), st.binary(min_size=1, max_size=40), st.integers(0, 400))
def test_damage_never_raises(kind, damage, at):
    data = bytearray(encoded(Image.linear_gradient("L"), kind))
    data[at : at + len(damage)] = damage
    picture = square_jpeg(bytes(data))
    assert picture is None or opened(picture).width > 0


# --- fetching --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PictureHost:
    name: str = "pictures"
    files: dict[str, Response] = field(default_factory=dict)

    def answer(self, request: Request) -> Response:
        return self.files.get(request.path, Response(404, b"not here"))


@dataclass(slots=True)
class Host:
    pictures: PictureHost
    faults: Faults
    log: RequestLog
    server: Server

    def url(self, path: str) -> str:
        return self.server.url + path

    @property
    def page(self) -> str:
        """The person points here, so that covers may come from here."""
        return self.url("/track")


@pytest.fixture
def host() -> Iterator[Host]:
    pictures, orders, log = PictureHost(), Faults(), RequestLog()
    pictures.files["/cover.jpg"] = Response.of_bytes(COVER, "image/jpeg")
    with Server(pictures, faults=orders, log=log) as server:
        yield Host(pictures, orders, log, server)


def test_fetches_a_cover(host):
    assert opened(CoverArt(5).jpeg(host.url("/cover.jpg"), host.page)).size == (300, 300)


@pytest.mark.parametrize(
    ("url", "addresses"),
    [
        ("https://i.scdn.co/image/ab67616d0000b273", ["https://i.scdn.co/image/ab67616d0000b273"]),
        (
            "https://i.ytimg.com/vi_webp/dQw4w9WgXcQ/sddefault.webp",
            [
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg",
                "https://i.ytimg.com/vi_webp/dQw4w9WgXcQ/sddefault.webp",
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
            ],
        ),
        (
            "https://i9.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg",
            [
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg",
                "https://i9.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg",
                "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
            ],
        ),
        (
            "https://i1.sndcdn.com/artworks-000-a1B-large.jpg",
            [
                "https://i1.sndcdn.com/artworks-000-a1B-original.jpg",
                "https://i1.sndcdn.com/artworks-000-a1B-t500x500.jpg",
                "https://i1.sndcdn.com/artworks-000-a1B-large.jpg",
            ],
        ),
        ("https://example.com/artworks-000-large.jpg", ["https://example.com/artworks-000-large.jpg"]),
        ("", [""]),
    ],
)
def test_the_largest_is_asked_for_first(url, addresses):
    assert largest_first(url) == addresses


@pytest.fixture
def services(host):
    """The same pictures under every name there is."""
    with Server(host.pictures, faults=host.faults, log=host.log, authority=Authority()) as proxy:
        yield CoverArt(5, max_bytes=100_000, proxy=proxy.url, verify=False)


def picture(side: int) -> Response:
    return Response.of_bytes(encoded(Image.new("RGB", (side, side), "red")), "image/jpeg")


def test_where_the_largest_is_missing_or_none_or_too_large_the_next_one_serves(host, services):
    begin = "/artworks-1"
    host.pictures.files |= {f"{begin}-large.jpg": picture(100), f"{begin}-t500x500.jpg": picture(500)}
    for original in (None, Response(200, b"<html>"), Response(200, bytes(100_001)), Response(503)):
        if original:
            host.pictures.files[f"{begin}-original.jpg"] = original
        assert opened(services.jpeg(f"https://i1.sndcdn.com{begin}-large.jpg")).size == (500, 500)
    host.pictures.files[f"{begin}-original.jpg"] = picture(900)
    assert opened(services.jpeg(f"https://i1.sndcdn.com{begin}-large.jpg")).size == (900, 900)


INSIDE = [
    "http://127.0.0.1:{port}/cover.jpg",
    "http://127.1:{port}/cover.jpg",
    "http://2130706433:{port}/cover.jpg",
    "http://0x7f.0.0.1:{port}/cover.jpg",
    "http://[::1]:{port}/cover.jpg",
    "http://[::ffff:127.0.0.1]:{port}/cover.jpg",
    "http://[fe80::1]/cover.jpg",
    "http://localhost:{port}/cover.jpg",
    "http://LOCALHOST.:{port}/cover.jpg",
    "http://192.168.1.1/cover.jpg",
    "http://192.168.257/cover.jpg",
    "http://100.64.0.1/cover.jpg",
    "http://169.254.169.254/cover.jpg",
    "http://printer.local/cover.jpg",
    "http://router/cover.jpg",
    "file:///etc/hostname",
]


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize("page", [None, "https://i.example.com/track", "http://127.0.0.1:1/track", "file:///a/\ud800"])
def test_nothing_leads_into_the_persons_own_network(host, services, inside, page):
    inside = inside.format(port=host.server.url.rpartition(":")[2])
    host.pictures.files["/cover.jpg"] = picture(100)
    host.pictures.files["/moved"] = Response(302, b"", (("Location", inside),))
    assert services.jpeg(inside, page) is None
    assert CoverArt(5).jpeg(inside, page) is None
    assert host.log.of() == []
    assert services.jpeg("https://i.example.com/moved", page) is None
    assert [line.path for line in host.log.of()] == ["/moved"]
    assert services.jpeg("https://i.example.com/cover.jpg", page) is not None


def test_where_the_track_itself_is_its_cover_may_be_too(host, services):
    host.pictures.files["/cover.jpg"] = picture(100)
    host.pictures.files["/moved"] = Response(302, b"", (("Location", host.url("/cover.jpg")),))
    assert CoverArt(5).jpeg(host.url("/cover.jpg"), host.page) is not None
    assert services.jpeg("https://i.example.com/moved", host.page) is not None
    for port in ("", ":80"):
        assert services.jpeg(f"http://nas.local{port}/cover.jpg", "http://nas.local/track") is not None
    assert services.jpeg("http://nas.local/cover.jpg", "https://nas.local/track") is None
    assert services.jpeg("http://nas.local/cover.jpg", "http://other.local/track") is None


def test_what_is_compressed_twice_is_not_unpacked(host):
    bomb = gzip.compress(bytes(100_000_000))
    host.pictures.files["/packed"] = Response(200, bomb, (("Content-Encoding", "gzip"),))
    tracemalloc.start()
    try:
        assert CoverArt(5).jpeg(host.url("/packed"), host.page) is None
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_follows_a_redirect_but_not_for_ever(host):
    host.pictures.files["/moved"] = Response(302, b"", (("Location", "/cover.jpg"),))
    host.pictures.files["/round"] = Response(302, b"", (("Location", "/round"),))
    assert CoverArt(5).jpeg(host.url("/moved"), host.page) is not None
    assert CoverArt(5).jpeg(host.url("/round"), host.page) is None


@pytest.mark.parametrize(
    "fault",
    [
        faults.server_error(503),
        faults.rate_limited(),
        faults.html(200),
        faults.html(502),
        faults.reset(),
        faults.lost(),
        faults.cut(100),
        faults.answer(200, b"", "image/jpeg"),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_a_fault_means_no_cover(host, fault):
    host.faults.add("pictures", fault)
    assert CoverArt(5).jpeg(host.url("/cover.jpg"), host.page) is None
    assert CoverArt(5).jpeg(host.url("/cover.jpg"), host.page) is not None


def test_a_server_that_says_nothing_is_given_up(host):
    host.faults.add("pictures", faults.slow(30))
    assert CoverArt(0.05).jpeg(host.url("/cover.jpg"), host.page) is None


def test_a_drip_is_given_up(host):
    hours = itertools.count(0, 3600)
    assert CoverArt(5, clock=lambda: float(next(hours))).jpeg(host.url("/cover.jpg"), host.page) is None


def test_what_is_too_large_is_not_taken(host):
    assert CoverArt(5, max_bytes=len(COVER) - 1).jpeg(host.url("/cover.jpg"), host.page) is None
    assert CoverArt(5, max_bytes=len(COVER)).jpeg(host.url("/cover.jpg"), host.page) is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cover.jpg",
        "file:///etc/hostname",
        "ftp://127.0.0.1/x",
        "http://",
        "http://[",
        "http://\ud800/",
        "http://127.0.0.1:1/x",
    ],
)
def test_an_address_that_leads_nowhere_is_no_cover(url):
    assert CoverArt(1).jpeg(url) is None


def test_goes_through_the_proxy_it_is_given_and_no_other(host, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert CoverArt(5).jpeg(host.url("/cover.jpg"), host.page) is not None
    with Server(host.pictures, faults=Faults(), log=host.log, authority=Authority()) as proxy:
        through = CoverArt(5, proxy=proxy.url, verify=False)
        assert through.jpeg("https://i.example.com/cover.jpg") is not None
        assert CoverArt(5, proxy=proxy.url).jpeg("https://i.example.com/cover.jpg") is None
    assert host.log.of()[-1].host == "i.example.com"
