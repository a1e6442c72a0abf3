"""What members and moderators do: they ask, cancel, press Retry and delete messages, all by chance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.errors import Refusal, StoreError
from bot.domain.request.origin import Origin
from bot.domain.request.requester import ChannelContext, Requester
from bot.domain.request.run_request import RunRequest
from tests.simulation.sim_engine import CHANNELS, GUILD, Engine
from tests.simulation.sim_messages import Message
from tests.simulation.sim_wiro import MODEL

if TYPE_CHECKING:
    from tests.simulation.sim_run import Simulation


class Members:
    """The people of a world. What they start dies with the engine that serves them."""

    def __init__(self, run: Simulation) -> None:
        self._run = run
        self.submitted = 0

    def somebody_asks(self, number: int) -> None:
        chance, engine = self._run.chance, self._run.engine
        if engine is None or not engine.is_ready:
            return  # nobody acknowledges the command
        user_id = chance.randint(1, self._run.members)
        is_twin = chance.random() < 0.1
        prompt, seed = ("a lighthouse", 4) if is_twin else (f"picture {number}", None)
        self._command(RunRequest(MODEL, prompt, seed=seed), user_id, None)

    def _command(self, request: RunRequest, user_id: int, repeats: int | None) -> None:
        """An acknowledged command, or a press of Retry on the ending of the job `repeats`."""
        chance, engine = self._run.chance, self._run.engine
        if engine is None or not engine.is_ready:
            return
        self.submitted += 1
        job_id = 10_000 + self.submitted
        closed = self._run.world.discord.messages.closed_places
        # A channel that is gone takes no commands; one that is closed to the bot does.
        channel_id = chance.choice([c for c in CHANNELS if c not in closed or c % 2 == 0])
        message = Message(
            message_id=50_000 + self.submitted,
            job_id=job_id,
            channel_id=channel_id,
            user_id=user_id,
            token=f"tok{job_id}",
            born_s=self._run.loop.now_s,
            is_private=chance.random() < 0.1,
        )
        self._run.world.discord.messages.add(message)
        if chance.random() < 0.05:
            self._run.world.discord.messages.closed_members.add(user_id)
        self._run.start_task(self._carry_out(engine, message, request, repeats))
        if chance.random() < 0.03:
            self._run.start_task(self._carry_out(engine, message, request, repeats))  # the gateway replays
        if chance.random() < 0.12:
            self._run.loop.fate(30 * chance.random(), self._press_cancel, message)
        if chance.random() < 0.04:
            self._run.loop.fate(30 * chance.random(), self._delete, message)
        if chance.random() < 0.4 and repeats is None:
            self._run.loop.fate(400 * chance.random(), self._press_retry, message)

    async def _carry_out(
        self, engine: Engine, message: Message, request: RunRequest, repeats: int | None
    ) -> None:
        origin = Origin(
            user_id=message.user_id,
            channel_id=message.channel_id,
            guild_id=GUILD,
            message_id=message.message_id,
            is_private=message.is_private,
            attachment_limit_bytes=10_485_760,
        )
        requester = _requester(message)
        try:
            with engine.board.attached(engine.client.interaction(message)):
                if repeats is not None:
                    await engine.jobs.again(
                        repeats, message.job_id, origin, replace(requester, is_alone=True), is_retry=True
                    )
                else:
                    await engine.jobs.submit(message.job_id, request, origin, requester)
        except (Refusal, StoreError) as error:
            self._run.trace.note("refused", type(error).__name__)

    def _press_cancel(self, message: Message) -> None:
        engine = self._run.engine
        if engine is not None and engine.is_ready and not message.is_deleted and message.ending is None:
            self._run.start_task(self._cancelling(engine, message))

    async def _cancelling(self, engine: Engine, message: Message) -> None:
        self._run.trace.note("cancel-pressed", message.job_id)
        try:
            await engine.jobs.cancel(message.job_id, _requester(message))
        except (Refusal, StoreError):
            return

    def _press_retry(self, message: Message) -> None:
        if message.can_retry and not message.is_deleted:
            self._run.trace.note("retry-pressed", message.job_id)
            self._command(RunRequest(MODEL, ""), message.user_id, message.job_id)

    def _delete(self, message: Message) -> None:
        message.is_deleted = True
        self._run.trace.note("deleted", message.job_id)


def _requester(message: Message) -> Requester:
    return Requester(message.user_id, frozenset(), ChannelContext(GUILD, message.channel_id))
