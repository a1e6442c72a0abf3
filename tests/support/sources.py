"""Files that members gave and folders at Wiro, kept in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bot.domain.request.errors import InputFault, InputRefused
from bot.domain.request.files import InputFile, SentFile, Upload


class MemorySources:
    """Has what `put` was given; everything else is gone. Who fetches waits for `gate`."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.faults: dict[str, InputRefused] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    def put(self, url: str, content: bytes = b"a picture") -> InputFile:
        self.contents[url] = content
        return InputFile("", url, url.rpartition("/")[2], "image/png", len(content))

    async def fetch(self, file: InputFile) -> Upload:
        self.fetched.append(file.source_url)
        await self.gate.wait()
        if file.source_url in self.faults:
            raise self.faults[file.source_url]
        content = self.contents.get(file.source_url)
        if content is None:
            raise InputRefused(file.filename, InputFault.UNAVAILABLE)
        return Upload(file.parameter_id, file.filename, content, file.content_type)


class MemoryUploads:
    """What was sent to Wiro, by the id of its upload: None until it was answered."""

    def __init__(self) -> None:
        self.urls: dict[int, str | None] = {}

    async def intend(self, job_id: int, user_id: int, guild_id: int, at_s: float) -> int:
        self.urls[len(self.urls) + 1] = None
        return len(self.urls)

    async def kept(self, upload_id: int, file_id: str, url: str | None) -> None:
        self.urls[upload_id] = url

    async def drop(self, upload_ids: Sequence[int]) -> None:
        for upload_id in upload_ids:
            del self.urls[upload_id]

    async def unused(self, user_id: int | None = None) -> Sequence[SentFile]:
        return [SentFile(upload_id, 0, None, url, 0.0, None) for upload_id, url in self.urls.items()]


class MemoryFolders:
    """The folders of servers."""

    def __init__(self) -> None:
        self.folders: dict[int, str] = {}

    async def folder_of(self, guild_id: int) -> str | None:
        return self.folders.get(guild_id)

    async def keep_folder(self, guild_id: int, folder_id: str) -> None:
        self.folders[guild_id] = folder_id

    async def forget_folder(self, guild_id: int) -> None:
        self.folders.pop(guild_id, None)
