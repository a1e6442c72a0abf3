"""Requests on their way in: put on record as soon as they are acknowledged, so that none is left thinking."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from bot.domain.errors import StoreError
from bot.domain.intake import Intake
from bot.domain.job import Origin
from bot.jobs.tasks import TaskOwner

log = logging.getLogger(__name__)


class IntakeStore(Protocol):
    """Raises the StoreError family. A reservation takes the intake of its message away."""

    async def put_down(self, intake: Intake) -> None: ...

    async def take_away(self, message_id: int) -> None: ...

    async def left_over(self) -> Sequence[Intake]: ...


class Apologies(Protocol):
    """Tells members of requests that a restart cut short."""

    async def tell(self, intake: Intake) -> bool:
        """False: not now, another try may work."""
        ...


class Intakes:
    """Nobody waits for its writes: they join the groups of others, and a request is not held up by them."""

    def __init__(self, store: IntakeStore, apologies: Apologies, owner: TaskOwner) -> None:
        self._store = store
        self._apologies = apologies
        self._owner = owner
        self._open: dict[int, int] = {}  # by interaction: the message of its answer
        self._left: deque[Intake] | None = None

    @contextmanager
    def on_record(self, interaction_id: int, origin: Origin, job_id: int | None = None) -> Iterator[None]:
        """From the acknowledgement to the job, which bears the interaction's id unless another is given.

        A block that fails leaves it on record until `told`.
        """
        message_id = origin.message_id
        if message_id is not None:
            self._open[interaction_id] = message_id
            place = (origin.channel_id, origin.user_id, origin.is_private)
            self._write(self._store.put_down(Intake(message_id, job_id or interaction_id, *place)))
        yield
        self._open.pop(interaction_id, None)

    def told(self, interaction_id: int) -> None:
        """Whoever asked has been told why nothing comes of it."""
        message_id = self._open.pop(interaction_id, None)
        if message_id is not None:
            self._write(self._store.take_away(message_id))

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
            await self._store.take_away(intake.message_id)
        return not self._left

    def _write(self, writing: Coroutine[Any, Any, None]) -> None:
        self._owner.start("intake", self._written(writing))

    async def _written(self, writing: Coroutine[Any, Any, None]) -> None:
        try:
            await writing
        except StoreError as error:
            log.warning("a request on its way in is not on record: %s", error.reason)
