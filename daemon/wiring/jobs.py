"""What child processes run (`daemon.children`). Plain JSON in, plain JSON out; sound stays on this side.

Each function is named by `daemon.wiring.childwork`, which is its only caller.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from daemon.models import Format, Heard, Json, Rendered, Tags
from daemon.ports import Progress

_DITHER_SEED = 1
"""Always the same, so that rendering again after a kill gives the same bytes."""


def fetch(*, url: str, service: str, into: str, access: Json, progress: Progress, keep_free_bytes: int = 0) -> Json:
    """Downloads the track at `url` into the folder `into`; answers a `Fetched`."""
    from integrations.ytdlp.fetching import fetch_audio

    if access.get("cache_dir"):  # else the JavaScript runtime would keep its own in the person's home
        os.environ["DENO_DIR"] = str(Path(access["cache_dir"]) / "deno")
    done = fetch_audio(
        url=url, service=service, into=into, access=access, progress=progress, keep_free_bytes=keep_free_bytes
    )
    return _dump(done)


def listen(*, audio: str, work: str, progress: Progress) -> Json:
    """Decodes `audio` once and tells everything about it; answers a `Heard`."""
    from daemon.pipeline.listening import bandwidth, ears
    from integrations import ffmpeg

    progress(None, "decoding")
    decoded = ffmpeg.decode(Path(audio))
    progress(None, "listening")
    sounds = ears.listen(decoded.samples, decoded.sample_rate_hz)
    fingerprint, peaks = Path(work) / "fingerprint.u32", Path(work) / "peaks.f32"
    fingerprint.write_bytes(sounds.fingerprint.astype("<u4").tobytes())
    peaks.write_bytes(sounds.peaks.astype("<f4").tobytes())
    heard = Heard(
        duration_s=decoded.duration_s,
        sample_rate_hz=decoded.sample_rate_hz,
        channels=decoded.channels,
        codec=decoded.codec,
        lossless=decoded.lossless,
        tempo=sounds.tempo,
        key=sounds.key,
        tuning_cents=sounds.tuning_cents,
        loudness=sounds.loudness,
        silence_start_s=sounds.silence_start_s,
        silence_end_s=sounds.silence_end_s,
        clipped_samples=sounds.clipped_samples,
        dc_offset=sounds.dc_offset,
        energy=sounds.energy,
        fingerprint_path=str(fingerprint),
        peaks_path=str(peaks),
        flags=sounds.flags,
        cutoff_hz=sounds.cutoff_hz,
        once_lossy=decoded.lossless and bandwidth.is_encoders(sounds.cutoff_hz),
        holes=sounds.silences.holes,
        sudden_stops=sounds.silences.stops,
        bitrate_kbps=decoded.bitrate_kbps,
    )
    return _dump(heard)


def render(
    *, audio: str, work: str, formats: list[str], bits: Literal[16, 24], tags: Json, progress: Progress
) -> list[Json]:
    """Renders and tags one file a format into `work`, all from the same integers; answers a list of `Rendered`."""
    from integrations import ffmpeg
    from integrations import tags as tagger

    progress(None, "decoding")
    decoded = ffmpeg.decode(Path(audio))
    pcm = ffmpeg.quantise(decoded.samples, decoded.sample_rate_hz, bits, seed=_DITHER_SEED)
    wanted = tags_from_json(tags)
    rendered = []
    for number, name in enumerate(formats):
        progress(number / len(formats), name)
        target = Path(work) / f"rendered.{Format(name).value}"
        draft = target.with_stem("draft")  # never written in place: the shelf may hold a hard link to an older one
        ffmpeg.render(pcm, Format(name), draft)
        tagger.write_verified(draft, wanted)
        draft.replace(target)
        size = target.stat().st_size
        rendered.append(_dump(Rendered(format=Format(name), path=str(target), size=size, sha256=_sha256(target))))
    return rendered


def tags_to_json(tags: Tags) -> Json:
    """Tags as JSON; the picture as base64."""
    packed: Json = TypeAdapter(Tags).dump_python(tags, mode="python")
    picture = tags.artwork_jpeg
    return {**packed, "artwork_jpeg": None if picture is None else base64.b64encode(picture).decode()}


def tags_from_json(packed: Json) -> Tags:
    """The reverse of `tags_to_json`."""
    picture = packed["artwork_jpeg"]
    return TypeAdapter(Tags).validate_python(
        {**packed, "artwork_jpeg": None if picture is None else base64.b64decode(picture)}
    )


def _dump(value: Any) -> Json:
    dumped: Json = TypeAdapter(type(value)).dump_python(value, mode="json")
    return dumped


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
