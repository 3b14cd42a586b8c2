"""Eagle on loopback: the Web API V2 of the desktop app, over one open library.

`EAGLE_API_BASE` is the server's address.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from daemon.models import Json
from integrations.sandbox.server import Request, Response

_PREFIX = "/api/v2/"
_PAGE_USUAL, _PAGE_MOST = 50, 1000
_BATCH_MOST = 1000
_APP: Json = {"version": "4.0.0", "prereleaseVersion": None, "buildVersion": "build21", "platform": "darwin"}
_SOURCES = ("path", "url", "base64", "bookmarkURL")
_CHANGEABLE = ("name", "tags", "folders", "annotation", "url", "star", "isDeleted")


class EagleTwin:
    """One library. Importing is asynchronous, as in the real one: an added item is seen from the `imports_after`th
    later request on (0: at once; change it at any time), and never if its file has gone by then. Two items of one
    file are nothing that it would mention."""

    name = "eagle"

    def __init__(
        self,
        *,
        library_path: str,
        token: str | None = None,
        imports_after: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.library_path = library_path
        """The library that is open."""
        self.imports_after = imports_after
        self._token = token
        self._clock = clock
        self._items: dict[str, Json] = {}
        self._folders: dict[str, Json] = {}
        self._importing: list[tuple[int, Json]] = []
        self._requests = 0
        self._lock = threading.Lock()

    # --- for whoever looks on ----------------------------------------------------------------------------------------

    @property
    def items(self) -> list[Json]:
        """Every item that is in the library by now, oldest first."""
        with self._lock:
            self._import_due()
            return [dict(item) for item in self._items.values()]

    def dump(self) -> Json:
        """Everything in the library, for `load`."""
        with self._lock:
            importing = [[due - self._requests, item] for due, item in self._importing]
            return {"items": list(self._items.values()), "folders": list(self._folders.values()), "due": importing}

    def load(self, dumped: Json) -> None:
        """The library as it was when `dump` was called."""
        with self._lock:
            self._items = {item["id"]: item for item in dumped["items"]}
            self._folders = {folder["id"]: folder for folder in dumped["folders"]}
            self._importing = [(self._requests + left, item) for left, item in dumped["due"]]

    # --- the API -----------------------------------------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        with self._lock:
            self._requests += 1
            self._import_due()
            if self._token is not None and request.query.get("token") != self._token:
                return _error("Invalid token", 401)
            try:
                return self._route(request)
            except _Refusal as refusal:
                return _error(str(refusal), 400)

    def _route(self, request: Request) -> Response:
        asked = {**request.query, **(request.json() if request.method == "POST" else {})}
        match request.method, request.path.removeprefix(_PREFIX):
            case "GET", "app/info":
                return _success(_APP)
            case "GET", "library/info":
                return _success(self._library())
            case "POST", "item/add":
                return _success(self._add(asked))
            case "GET" | "POST", "item/get":
                return _success(_page(self._found(asked), asked))
            case "POST", "item/update":
                return _success(self._update(asked))
            case "GET" | "POST", "folder/get":
                wanted = [folder for folder in self._folders.values() if asked.get("id") in (None, folder["id"])]
                return _success(_page(wanted, asked))
            case "POST", "folder/create":
                return _success(self._create_folder(asked))
        return _error("Not found", 404)

    def _library(self) -> Json:
        return {
            "name": Path(self.library_path).stem,
            "path": self.library_path,
            "modificationTime": self._now_ms(),
            "applicationVersion": "4.0",
            "folders": [folder for folder in self._folders.values() if folder["parent"] is None],
            "smartFolders": [],
            "quickAccess": [],
            "tagGroups": [],
        }

    def _add(self, asked: Json) -> Json:
        if "items" not in asked:
            return {"id": self._start_import(asked)}
        if len(asked["items"]) > _BATCH_MOST:
            raise _Refusal(f"items: at most {_BATCH_MOST}")
        return {"ids": [self._start_import(item) for item in asked["items"]]}

    def _start_import(self, wanted: Json) -> str:
        if sum(source in wanted for source in _SOURCES) != 1:
            raise _Refusal(f"Exactly one of {', '.join(_SOURCES)} is required")
        file = Path(wanted["path"]) if "path" in wanted else None
        if file is not None and not file.is_file():
            raise _Refusal(f"File does not exist: {file}")
        item = {
            "id": wanted.get("id") or secrets.token_hex(7).upper()[:13],
            "name": wanted.get("name") or (file.stem if file else "untitled"),
            "ext": file.suffix.removeprefix(".") if file else "",
            "size": file.stat().st_size if file else 0,
            "url": wanted.get("website", ""),
            "tags": list(wanted.get("tags", ())),
            "folders": list(wanted.get("folders", ())),
            "annotation": wanted.get("annotation", ""),
            "star": 0,
            "isDeleted": False,
            "modificationTime": self._now_ms(),
        }
        self._importing.append((self._requests + self.imports_after, item | {"path": str(file) if file else None}))
        self._import_due()
        return str(item["id"])

    def _import_due(self) -> None:
        for due, item in list(self._importing):
            if due > self._requests:
                continue
            self._importing.remove((due, item))
            kept = {name: value for name, value in item.items() if name != "path"}
            if item["path"] is None or Path(item["path"]).is_file():
                self._items[kept["id"]] = kept

    def _found(self, asked: Json) -> list[Json]:
        ids = set(asked["ids"].split(",") if isinstance(asked.get("ids"), str) else asked.get("ids", ()))
        if "id" in asked:
            ids.add(asked["id"])
        return [
            item
            for item in self._items.values()
            if (not ids or item["id"] in ids) and asked.get("url") in (None, item["url"])
        ]

    def _update(self, asked: Json) -> Json:
        item = self._items.get(asked.get("id", ""))
        if item is None:
            raise _Refusal("Item does not exist")
        item.update({name: asked[name] for name in _CHANGEABLE if name in asked}, modificationTime=self._now_ms())
        return item

    def _create_folder(self, asked: Json) -> Json:
        if not asked.get("name"):
            raise _Refusal("name is required")
        parent = asked.get("parent")
        if parent is not None and parent not in self._folders:
            raise _Refusal("Parent folder does not exist")
        folder: Json = {
            "id": secrets.token_hex(7).upper()[:13],
            "name": asked["name"],
            "description": asked.get("description", ""),
            "parent": parent,
            "children": [],
            "modificationTime": self._now_ms(),
            "tags": [],
        }
        self._folders[folder["id"]] = folder
        if parent is not None:
            self._folders[parent]["children"].append({"id": folder["id"], "name": folder["name"]})
        return folder

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


class _Refusal(Exception):
    """What the app says no to."""


def _success(data: Json) -> Response:
    return Response.of_json({"status": "success", "data": data})


def _error(message: str, status: int) -> Response:
    return Response.of_json({"status": "error", "message": message}, status)


def _page(lines: Sequence[Json], asked: Json) -> Json:
    limit, offset = int(asked.get("limit", _PAGE_USUAL)), int(asked.get("offset", 0))
    if not 1 <= limit <= _PAGE_MOST:
        raise _Refusal(f"limit must be between 1 and {_PAGE_MOST}")
    return {"data": list(lines[offset : offset + limit]), "total": len(lines), "offset": offset, "limit": limit}
