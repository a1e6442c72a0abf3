"""Files members send: folders, uploads, and the inputs of a Run, each at an address of its own."""

from __future__ import annotations

import random
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sandbox.wiro import answers
from sandbox.wiro.answers import ApiError
from sandbox.wiro.intake import Body, SentFile
from sandbox.wiro.ledger import random_key

_MEMORY_BYTES = 256 * 2**20
_FOLDER_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Stored:
    """A file kept under its access key."""

    name: str
    content_type: str
    data: bytes = field(repr=False)
    is_uploaded: bool = False  # by File/Upload, not with a Run


class FileStore:
    """Keeps the newest 256 MiB; older files are gone, as on a service with limited retention."""

    def __init__(
        self, *, chance: random.Random, clock: Callable[[], float], file_base: Callable[[], str]
    ) -> None:
        self._chance = chance
        self._clock = clock
        self._file_base = file_base
        self._files: OrderedDict[str, Stored] = OrderedDict()
        self._held_bytes = 0

    def keep(self, file: SentFile, *, is_uploaded: bool = False) -> tuple[str, str]:
        """(access key, address) of the stored file."""
        key = random_key(self._chance)
        self._files[key] = Stored(file.name, file.content_type, file.data, is_uploaded=is_uploaded)
        self._held_bytes += len(file.data)
        while self._held_bytes > _MEMORY_BYTES and len(self._files) > 1:
            _, gone = self._files.popitem(last=False)
            self._held_bytes -= len(gone.data)
        return key, f"{self._file_base()}/{key}/{quote(file.name, safe='')}"

    @property
    def names(self) -> list[str]:
        """What is kept, the oldest first."""
        return [stored.name for stored in self._files.values()]

    def withdraw(self, address: str, *, with_uploads: bool) -> None:
        """Let go of the file at an address of ours; one that came by Upload only where that is wished."""
        key = address.rpartition("/")[0].rpartition("/")[2]
        stored = self._files.get(key)
        if stored is not None and (with_uploads or not stored.is_uploaded):
            del self._files[key]
            self._held_bytes -= len(stored.data)

    def fetch(self, access_key: str, name: str) -> Stored | None:
        stored = self._files.get(access_key)
        return stored if stored is not None and stored.name == name else None

    def create_folder(self, body: Body) -> dict[str, Any]:
        """Body of FolderCreate. Raises ApiError 0 for a missing or odd name."""
        name = str(body.fields.get("name") or "")
        if not name:
            raise ApiError(0, "Request parameter [name] required")
        if not _FOLDER_NAME.fullmatch(name):
            raise answers.invalid_parameters()
        parent = body.fields.get("parentid") or body.fields.get("parentId") or ""
        entry = self._entry(name, str(parent)) | {"size": "0", "contenttype": ""}
        return {"list": [entry]}

    def upload(self, body: Body) -> dict[str, Any]:
        """Body of Upload. Raises ApiError 0 without a part named `file`."""
        file = next((sent for sent in body.files if sent.part == "file"), None)
        if file is None:
            raise ApiError(0, "Request files [file] required")
        key, url = self.keep(file, is_uploaded=True)
        parent = body.fields.get("folderid") or body.fields.get("folderId") or ""
        entry = self._entry(file.name, str(parent))
        entry |= {"size": str(len(file.data)), "contenttype": file.content_type, "url": url, "accesskey": key}
        return {"list": [entry]}

    def _entry(self, name: str, parent_id: str) -> dict[str, Any]:
        return {
            "id": f"{self._chance.getrandbits(128):032x}",
            "name": name,
            "parentid": parent_id,
            "addedtime": str(int(self._clock())),
        }
