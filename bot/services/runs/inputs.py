"""Files on their way into a run: fetched and checked before anything is held, kept at Wiro, or sent along."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from bot.domain.catalogue.model import Model
from bot.domain.errors import StoreError
from bot.domain.job.job import Job
from bot.domain.request.files import InputFile, StoredFile, Upload
from bot.engines.port import (
    Engine,
    EngineAuthFailed,
    EngineBusy,
    EngineError,
    EngineNoFunds,
    EngineRateLimited,
    EngineRefused,
    EngineUnreachable,
    LinkedInput,
)
from bot.services.runs.ports import Sources, UploadStore

log = logging.getLogger(__name__)

MAX_AT_ONCE: Final = 2  # requests whose files are in memory at the same time


class Inputs:
    """Brings files to the engine."""

    def __init__(
        self,
        engine: Engine,
        sources: Sources,
        uploads: UploadStore,
        wall: Callable[[], float],
    ) -> None:
        self._engine = engine
        self._sources = sources
        self._uploads = uploads
        self._wall = wall
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)

    async def take_in(self, job: Job) -> tuple[InputFile, ...]:
        """The job's files, checked, with the address at Wiro where it took them. Raises InputRefused.

        What Wiro keeps already is left as it is; what its upload refuses is sent along with Run.
        """
        files = job.request.files
        if all(file.stored_url is not None for file in files):
            return files
        async with self._turns:
            return tuple([await self._one(file, job) for file in files])

    @asynccontextmanager
    async def carried(self, files: Sequence[InputFile]) -> AsyncIterator[tuple[Upload, ...]]:
        """The files that Wiro does not keep, with their bytes, for as long as the block runs.

        Raises InputRefused.
        """
        missing = [file for file in files if file.stored_url is None]
        if not missing:
            yield ()
            return
        async with self._turns:
            yield tuple([await self._sources.fetch(file) for file in missing])

    async def _one(self, file: InputFile, job: Job) -> InputFile:
        if file.stored_url is not None:
            return file
        upload = await self._sources.fetch(file)
        known = replace(
            file,
            filename=upload.filename,
            content_type=upload.content_type,
            size_bytes=len(upload.content),
        )
        if not self._engine.capabilities.keeps_files:
            return known
        try:
            stored = await self._recorded(upload, job)
        except StoreError as error:
            log.warning("%s is not kept at Wiro, as that cannot be recorded: %s", file.filename, error.reason)
            return known
        except EngineError as error:
            # One official client records uploads by API key that fail with `invalid-parameters` (July 2026).
            log.warning("Wiro did not keep %s: %s; it goes along with Run", file.filename, error.message)
            return known
        return replace(known, stored_url=stored.url)

    async def _recorded(self, upload: Upload, job: Job) -> StoredFile:
        """On record before it is sent, so that no crash leaves a file there that nobody knows of.

        Raises EngineError, StoreError.
        """
        guild_id = job.origin.guild_id or 0
        upload_id = await self._uploads.intend(job.job_id, job.origin.user_id, guild_id, self._wall())
        try:
            stored = await self._engine.store_input(upload, guild_id)
        except EngineError as error:
            if not may_have_arrived(error):
                await self._uploads.drop([upload_id])
            raise
        await self._uploads.kept(upload_id, stored.file_id, stored.url)
        return stored


def linked_inputs(files: Sequence[InputFile], model: Model) -> tuple[LinkedInput, ...]:
    """Those that the engine keeps, as a start names them."""
    links = []
    for file in files:
        if file.stored_url is not None:
            parameter = model.parameter(file.parameter_id)
            kind = parameter.kind if parameter is not None else None
            links.append(LinkedInput(file.parameter_id, file.stored_url, kind))
    return tuple(links)


def may_have_arrived(error: EngineError) -> bool:
    """Whether a file that was sent may be there although its upload failed so."""
    match error:
        case EngineRefused() | EngineAuthFailed() | EngineRateLimited() | EngineBusy() | EngineNoFunds():
            return False
        case EngineUnreachable():
            return error.may_have_arrived
        case _:
            return True
