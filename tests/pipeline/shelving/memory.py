"""The shelf's memory: in a JSON file, so that it outlives a killed child; or in dicts, where there are thousands."""

import json
from pathlib import Path

from daemon.models import Format, ShelfRole, Shelved, collision_key


class FileMemory:
    def __init__(self, file: Path):
        self._file = file

    def record(self, track_id: str, shelved: Shelved) -> None:
        """What the caller of `shelve` does with its answer."""
        self._keep("files", f"{track_id}/{shelved.role}/{shelved.format}", shelved.path)

    def was_delivered(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        return self.path_of(track_id, role, format) is not None

    def was_taken_back(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        return False

    def path_of(self, track_id: str, role: ShelfRole, format: Format) -> str | None:
        return self._all("files").get(f"{track_id}/{role}/{format}")

    def owner_of(self, path: str) -> str | None:
        wanted = collision_key(path)
        return next((key.split("/")[0] for key, at in self._all("files").items() if collision_key(at) == wanted), None)

    def recall(self, name: str) -> str | None:
        return self._all("notes").get(name)

    def remember(self, name: str, value: str) -> None:
        self._keep("notes", name, value)

    def _all(self, kind: str) -> dict[str, str]:
        return self._content().get(kind, {})

    def _content(self) -> dict[str, dict[str, str]]:
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    def _keep(self, kind: str, name: str, value: str) -> None:
        content = self._content()
        content.setdefault(kind, {})[name] = value
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(content))
        draft.replace(self._file)


class MemoryInMemory:
    def __init__(self):
        self._files: dict[tuple[str, ShelfRole, Format], str] = {}
        self._owners: dict[str, str] = {}
        self._notes: dict[str, str] = {}

    def record(self, track_id: str, shelved: Shelved) -> None:
        self._files[track_id, shelved.role, shelved.format] = shelved.path
        self._owners[collision_key(shelved.path)] = track_id

    def paths(self) -> list[str]:
        return list(self._files.values())

    def was_delivered(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        return (track_id, role, format) in self._files

    def was_taken_back(self, track_id: str, role: ShelfRole, format: Format) -> bool:
        return False

    def path_of(self, track_id: str, role: ShelfRole, format: Format) -> str | None:
        return self._files.get((track_id, role, format))

    def owner_of(self, path: str) -> str | None:
        return self._owners.get(collision_key(path))

    def recall(self, name: str) -> str | None:
        return self._notes.get(name)

    def remember(self, name: str, value: str) -> None:
        self._notes[name] = value
