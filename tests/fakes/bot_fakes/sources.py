"""Files that members gave and folders at Wiro, kept in memory."""

from __future__ import annotations

import asyncio

from bot.domain.errors import InputFault, InputRefused
from bot.domain.files import InputFile, Upload


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
