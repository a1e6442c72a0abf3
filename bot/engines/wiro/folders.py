"""Files that Wiro keeps, in one folder for each Discord server."""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakValueDictionary

from bot.domain.errors import StoreError
from bot.domain.request.files import StoredFile, Upload
from bot.engines.port import EngineError, EngineRefused
from bot.engines.wiro.ports import Folders, WiroApi

log = logging.getLogger(__name__)


class FolderUploads:
    """Uploads into folders. Owns a folder's making: one for each server, once."""

    def __init__(self, api: WiroApi, folders: Folders) -> None:
        self._api = api
        self._folders = folders
        self._making: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def upload(self, file: Upload, guild_id: int) -> StoredFile:
        """Raises the EngineError family."""
        folder_id = await self._folder(guild_id)
        try:
            return await self._api.upload(file, folder_id)
        except EngineRefused:
            if folder_id is None:
                raise
        # Refused for the folder, which may have been deleted at Wiro, or for itself: without one it shows.
        stored = await self._api.upload(file, None)
        await self._forget_folder(guild_id)
        return stored

    async def _folder(self, guild_id: int) -> str | None:
        lock = self._making.setdefault(guild_id, asyncio.Lock())
        async with lock:
            try:
                folder_id = await self._folders.folder_of(guild_id)
                if folder_id is None:
                    name = f"discord-{guild_id}" if guild_id else "discord-direct"
                    folder_id = (await self._api.create_folder(name)).file_id
                    await self._folders.keep_folder(guild_id, folder_id)
            except (StoreError, EngineError) as error:
                log.warning("no folder at Wiro for server %d: %s", guild_id, type(error).__name__)
                return None
            return folder_id

    async def _forget_folder(self, guild_id: int) -> None:
        """The next file makes another."""
        log.warning("the folder of server %d is gone at Wiro", guild_id)
        try:
            await self._folders.forget_folder(guild_id)
        except StoreError as error:
            log.warning("the folder of server %d is still on record: %s", guild_id, error.reason)
