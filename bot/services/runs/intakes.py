"""Requests on their way in: put on record as soon as they are acknowledged, so that none is left thinking."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import StoreError
from bot.domain.request.intake import Intake
from bot.domain.request.origin import Origin
from bot.services.runs.ports import Apologies, IntakeStore
from bot.services.tasks import TaskOwner

log = logging.getLogger(__name__)


class Intakes:
    """Nobody waits for its writes: one is under way at most, and what comes meanwhile is the next one's."""

    def __init__(self, store: IntakeStore, apologies: Apologies, owner: TaskOwner) -> None:
        self._store = store
        self._apologies = apologies
        self._owner = owner
        self._open: dict[int, int] = {}  # by interaction: the message of its answer
        self._left: deque[Intake] | None = None
        self._to_put_down: dict[int, Intake] = {}  # by message
        self._to_take_away: list[int] = []
        self._is_writing = False

    def put_down(self, interaction_id: int, origin: Origin, job_id: int | None = None) -> None:
        """An interaction that Discord has just answered to; twice is once."""
        message_id = origin.message_id
        if message_id is None or interaction_id in self._open:
            return
        self._open[interaction_id] = message_id
        place = (origin.channel_id, origin.user_id, origin.is_private)
        self._to_put_down[message_id] = Intake(message_id, job_id or interaction_id, *place)
        self._write_soon()

    @contextmanager
    def on_record(self, interaction_id: int, origin: Origin, job_id: int | None = None) -> Iterator[None]:
        """From the acknowledgement to the job, which bears the interaction's id unless another is given.

        A block that fails leaves it on record until `told`.
        """
        self.put_down(interaction_id, origin, job_id)
        yield
        message_id = self._open.pop(interaction_id, None)
        if message_id is not None:  # its reservation was quicker
            self._to_put_down.pop(message_id, None)

    def told(self, interaction_id: int) -> None:
        """Whoever asked has been told why nothing comes of it."""
        message_id = self._open.pop(interaction_id, None)
        if message_id is not None and self._to_put_down.pop(message_id, None) is None:
            self._to_take_away.append(message_id)
            self._write_soon()

    async def tell_left_over(self) -> bool:
        """Tell everybody whose request the last process left behind. False: some are still to be told.

        Begun before the first interaction of this one.
        """
        if self._left is None:
            self._left = deque(await self._store.left_over())
        for _ in range(len(self._left)):
            intake = self._left.popleft()
            if not await self._apologies.tell(intake):
                self._left.append(intake)
                continue
            await self._store.change([], [intake.message_id])
        return not self._left

    def _write_soon(self) -> None:
        if not self._is_writing:
            self._is_writing = True
            self._owner.start("intakes", self._write())

    async def _write(self) -> None:
        try:
            while self._to_put_down or self._to_take_away:
                put_down, self._to_put_down = list(self._to_put_down.values()), {}
                take_away, self._to_take_away = self._to_take_away, []
                try:
                    await self._store.change(put_down, take_away)
                except StoreError as error:
                    log.warning("requests on their way in are not on record: %s", error.reason)
        finally:
            self._is_writing = False
