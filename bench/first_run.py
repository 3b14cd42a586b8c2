"""`make run` from an empty folder, its network time apart; the second `make run`; what the environment weighs.

Once with empty caches, which downloads everything; then offline from the caches that this filled. The difference is
the network, with the unpacking that uv does while it downloads. Beside it stands the demo alone, in an environment
that is there already.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.costs import ROOT, Cost, cost_of, environment, wall_of
from bench.report import Number, Report

_TIMES = 3
_HEAVIEST = 12
_BLOCK_BYTES = 512
"""What `st_blocks` counts in, everywhere."""
_MB = 2**20


def measure() -> Report:
    with tempfile.TemporaryDirectory(prefix="cratekeeper-bench-") as name:
        folder = Path(name)
        caches = {**environment(), "UV_CACHE_DIR": str(folder / "uv"), "PIP_CACHE_DIR": str(folder / "pip")}
        # `make` must find the clone's own environment, not the one that the bench runs in.
        caches.pop("VIRTUAL_ENV", None)
        online = _make_run(_clone(folder), caches)
        offline_environ = {**caches, **_offline(folder, caches)}
        clones = [_clone(folder) for _ in range(_TIMES)]
        offline = [_make_run(clone, offline_environ) for clone in clones]
        again = [_make_run(clone, offline_environ) for clone in clones]
        demo = [_demo_anew(clone, offline_environ) for clone in clones]
        weights = _weights(clones[0] / ".venv")
    return Report(
        name="first_run",
        about="a clone of HEAD in an empty folder; the demo's track included.",
        numbers=(*_times(online, offline, again, demo), *_heaviest(weights)),
    )


def _times(online: Cost, offline: list[Cost], again: list[Cost], demo: list[Cost]) -> Iterator[Number]:
    floor = wall_of("the demo alone, from the start", demo, "floor")
    from_caches = wall_of("make run, offline from full caches", offline)
    first = wall_of("make run, everything downloaded", [online])
    network_s = first.median - from_caches.median
    yield first.over(from_caches)
    yield Number(what="… of which network and unpacking", unit="s", runs=(network_s,), role="part")
    yield from_caches.over(floor)
    yield wall_of("make run, the second time", again).over(floor)
    yield floor


def _clone(folder: Path) -> Path:
    target = Path(tempfile.mkdtemp(dir=folder))
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(target)], check=True)
    return target


def _make_run(clone: Path, environ: Mapping[str, str]) -> Cost:
    return cost_of(["make", f"PYTHON={sys.executable}", "run"], environ=environ, cwd=clone)


def _demo_anew(clone: Path, environ: Mapping[str, str]) -> Cost:
    anew = clone / "var" / "demo"
    anew.rename(anew.with_name("demo-before"))
    return cost_of([str(clone / ".venv/bin/python"), "-m", "daemon", "demo"], environ=environ, cwd=clone)


def _offline(folder: Path, caches: Mapping[str, str]) -> dict[str, str]:
    """Settings with which neither pip nor uv may ask anybody. pip's cache answers only behind its index, so it gets a
    folder of files."""
    wheels = folder / "wheels"
    lock = ROOT / "requirements/bootstrap.lock"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--require-hashes",
        "-r",
        str(lock),
        "-d",
        str(wheels),
    ]
    subprocess.run(command, env=dict(caches), check=True, capture_output=True)
    return {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}


def _heaviest(weights: Counter[str]) -> Iterator[Number]:
    total = sum(weights.values())
    yield Number(what="the environment", unit="MB on disk", runs=(total / _MB,))
    for name, size in weights.most_common(_HEAVIEST):
        yield Number(what=name, unit="MB on disk", runs=(size / _MB,), role="part", beside=f"{size / total:.0%}")


def _weights(environment_dir: Path) -> Counter[str]:
    """Bytes on disk by what they belong to: a package with its libraries, or a program."""
    [packages] = environment_dir.glob("lib/python*/site-packages")
    weights: Counter[str] = Counter()
    for file in environment_dir.rglob("*"):
        if file.is_symlink() or not file.is_file():
            continue
        if file.is_relative_to(packages):
            owner = file.relative_to(packages).parts[0].removesuffix(".libs").lower()
        else:
            owner = "/".join(file.relative_to(environment_dir).parts[:2])  # `bin/deno`
        weights[owner] += file.stat().st_blocks * _BLOCK_BYTES
    return weights
