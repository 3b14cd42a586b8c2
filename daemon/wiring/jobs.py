"""What child processes run (`daemon.children`). Plain JSON in, plain JSON out; sound stays on this side.

Each function is named by `daemon.wiring.childwork`, which is its only caller.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from daemon.models import Format, Heard, Json, Rendered, Source, Tags
from daemon.ports import Progress


def fetch(*, source: Json, into: str, options: Json, progress: Progress) -> Json:
    """Downloads `source` into the folder `into`; answers a `Fetched`."""
    from integrations import ytdlp

    chosen = TypeAdapter(Source).validate_python(source)
    settings = TypeAdapter(ytdlp.YtdlpSettings).validate_python(options)
    fetched = ytdlp.fetch_audio(chosen, Path(into), settings, progress)
    return _dump(fetched)


def listen(*, audio: str, work: str, progress: Progress) -> Json:
    """Decodes `audio` once and tells everything about it; answers a `Heard`."""
    from daemon.pipeline import listening
    from integrations import ffmpeg

    progress(None, "decoding")
    decoded = ffmpeg.decode(Path(audio))
    progress(0.4, "listening")
    sounds = listening.listen(decoded.samples, decoded.sample_rate_hz)
    fingerprint, peaks = Path(work) / "fingerprint.u32", Path(work) / "peaks.f32"
    fingerprint.write_bytes(sounds.fingerprint.astype("<u4").tobytes())
    peaks.write_bytes(sounds.peaks.astype("<f4").tobytes())
    heard = Heard(
        duration_s=decoded.samples.shape[1] / decoded.sample_rate_hz,
        sample_rate_hz=decoded.sample_rate_hz,
        channels=decoded.samples.shape[0],
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
    )
    return _dump(heard)


def render(*, audio: str, work: str, formats: list[str], bits: int, tags: Json, progress: Progress) -> list[Json]:
    """Renders and tags one file a format into `work`; answers a list of `Rendered`."""
    from integrations import ffmpeg
    from integrations import tags as tagger

    progress(None, "decoding")
    decoded = ffmpeg.decode(Path(audio))
    wanted = tags_from_json(tags)
    rendered = []
    for number, name in enumerate(formats):
        format_ = Format(name)
        progress(number / len(formats), name)
        target = Path(work) / f"rendered.{format_.value}"
        ffmpeg.render(decoded.samples, decoded.sample_rate_hz, bits, format_, target)
        tagger.write_verified(target, wanted)
        rendered.append(Rendered(format=format_, path=str(target), size=target.stat().st_size, sha256=_sha256(target)))
    return [_dump(file) for file in rendered]


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
