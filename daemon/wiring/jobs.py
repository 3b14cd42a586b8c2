"""What child processes run (`daemon.children`). Plain JSON in, plain JSON out; sound stays on this side.

Each function is named by `daemon.wiring.childwork`, which is its only caller.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import TypeAdapter

from daemon.errors import NotFound, Refused
from daemon.models import Format, Heard, Json, Rendered, Tags
from daemon.pipeline.shelving.disk_errors import told_as_transient
from daemon.ports import Progress
from daemon.quality import LIMITED
from daemon.wiring import soundwork


def fetch(*, url: str, service: str, into: str, access: Json, progress: Progress, keep_free_bytes: int = 0) -> Json:
    """Downloads the track at `url` into the folder `into`; answers a `Fetched`."""
    from integrations.ytdlp.fetching import fetch_audio

    if access.get("cache_dir"):  # else the JavaScript runtime would keep its own in the person's home
        os.environ["DENO_DIR"] = str(Path(access["cache_dir"]) / "deno")
    done = fetch_audio(
        url=url, service=service, into=into, access=access, progress=progress, keep_free_bytes=keep_free_bytes
    )
    return _dump(done)


def listen(
    *,
    audio: str,
    work: str,
    progress: Progress,
    formats: Sequence[str] = tuple(Format),
    bits: Literal[16, 24] = 16,
    sample_rate_hz: int | None = None,
    keep_free_bytes: int = 0,
) -> Json:
    """Decodes `audio` once, block by block: hears everything about it and leaves the master for `render` in `work`.
    Answers a `Heard`. Raises BadMedia, also when none of the `formats` can hold so long a sound; Transient when
    `audio` is gone, or the disk is full or does not take it."""
    from daemon.pipeline.listening import bandwidth, ears
    from integrations import ffmpeg

    folder, wanted = Path(work), [Format(name) for name in formats]
    with told_as_transient(soundwork.WORK, folder):
        recipe = soundwork.recipe_of(Path(audio), bits, sample_rate_hz)
        with ffmpeg.open_sound(Path(audio)) as sound:
            facts = sound.facts
            hearing = ears.Ears(facts.channels, facts.sample_rate_hz)
            decoded, master = soundwork.make_master(sound, recipe, folder, progress, keep_free_bytes, hearing.hear)
        too_long = soundwork.too_long(wanted, soundwork.held(wanted, master))
        progress(None, "listening")
        sounds = hearing.sounds()
        fingerprint, peaks = folder / "fingerprint.u32", folder / "peaks.i8"
        fingerprint.write_bytes(sounds.fingerprint.astype("<u4").tobytes())
        peaks.write_bytes((sounds.peaks.clip(-1, 1) * 127).round().astype("i1").tobytes())
    flags = {
        "damaged packets": sound.damaged_packets > 0,
        "broken samples": sound.broken_samples > 0,
        "no mark at its end: may be cut short": not sound.says_its_end,
        LIMITED: master.limited > 0,
    }
    heard = Heard(
        duration_s=decoded / facts.sample_rate_hz,
        sample_rate_hz=facts.sample_rate_hz,
        channels=facts.channels,
        codec=facts.codec,
        lossless=facts.lossless,
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
        flags=(*sounds.flags, *(flag for flag, raised in flags.items() if raised), *too_long),
        cutoff_hz=sounds.cutoff_hz,
        once_lossy=facts.lossless and bandwidth.is_encoders(sounds.cutoff_hz),
        holes=sounds.silences.holes,
        sudden_stops=sounds.silences.stops,
        bitrate_kbps=facts.bitrate_kbps,
        limited_samples=master.limited,
    )
    return _dump(heard)


def render(
    *,
    audio: str,
    work: str,
    tags: Json,
    progress: Progress,
    formats: Sequence[str] = tuple(Format),
    bits: Literal[16, 24] = 16,
    sample_rate_hz: int | None = None,
    keep_free_bytes: int = 0,
) -> list[Json]:
    """Renders and tags one file a format into `work`, all from the same integers: the master that `listen` left, or
    where that is not there (or of another file, or otherwise made) one made again. The same bytes every time. Answers a
    list of `Rendered`, without the formats that cannot hold so long a sound. Raises as `listen` does."""
    from integrations import ffmpeg
    from integrations import tags as tagger

    folder, packed = Path(work), tags_from_json(tags)
    with told_as_transient(soundwork.WORK, folder), ExitStack() as clearing:
        recipe = soundwork.recipe_of(Path(audio), bits, sample_rate_hz)
        master = ffmpeg.find_master(folder, recipe)
        if master is None:
            with ffmpeg.open_sound(Path(audio)) as sound:
                _, master = soundwork.make_master(sound, recipe, folder, progress, keep_free_bytes)
        held = soundwork.held([Format(name) for name in formats], master)
        # Never written in place: the shelf may hold a hard link to an older one.
        drafts = {format_: folder / f"draft.{format_.value}" for format_ in held}
        for draft in drafts.values():
            clearing.callback(draft.unlink, missing_ok=True)
        soundwork.write(master, drafts, progress)
        return [_finished(tagger, draft, packed, format_, progress) for format_, draft in drafts.items()]


def _finished(tagger: ModuleType, draft: Path, tags: Tags, format_: Format, progress: Progress) -> Json:
    progress(None, f"tagging {format_.upper()}")
    tagger.write_verified(draft, tags)
    target, sha256 = draft.with_stem("rendered"), _sha256(draft)
    draft.replace(target)
    return _dump(Rendered(format=format_, path=str(target), size=target.stat().st_size, sha256=sha256))


def retag(*, path: str, tags: Json, progress: Progress) -> Json:
    """Writes these tags, and no others, into a file that the person has; answers whether that changed it, and how it
    looks now. Raises NotFound when it is gone, Refused when it may not be written to, BadMedia when it is not what its
    name says, Transient when somebody else is writing to it, or the disk is full or does not take it."""
    from integrations import tags as tagger

    file = Path(path)
    progress(None, f"tagging {file.name}")
    with told_as_transient("OUT_DIR", file.parent):
        try:
            return _dump(tagger.rewrite(file, tags_from_json(tags)))
        except FileNotFoundError as error:
            raise NotFound(f"{path} is not there any more.") from error
        except PermissionError as error:
            raise Refused(f"{path} may not be written to by this program.") from error


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
