"""A request for a picture as it arrives: acknowledged, on record, and shown by its interaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.delivery.responses import acknowledge
from bot.discord.client import BotClient, Interaction
from bot.domain.request.origin import Origin
from cogs.origins import origin_of


class Arrivals:
    """What every cog that starts jobs does first."""

    def __init__(self, bot: BotClient) -> None:
        self._status_messages = bot.delivery.status_messages
        self._intakes = bot.services.intakes

    @asynccontextmanager
    async def arrived(
        self, interaction: Interaction, *, is_private: bool, job_id: int | None = None
    ) -> AsyncIterator[Origin]:
        """Submit within the block, where a block that fails leaves no job. The place of the job.

        It bears the interaction's id unless another is given.
        """

        def put_down(message_id: int) -> None:
            origin = origin_of(interaction, message_id, is_private=is_private)
            self._intakes.put_down(interaction.id, origin, job_id)

        message_id = await acknowledge(interaction, ephemeral=is_private, on_answer=put_down)
        origin = origin_of(interaction, message_id, is_private=is_private)
        with (
            self._intakes.on_record(interaction.id, origin, job_id),
            self._status_messages.attached(interaction, job_id),
        ):
            yield origin
