"""What becomes of an answer whose request was cut short: its message says so, or a direct message does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

import discord

from bot.delivery.channels import SendFault, fault_of
from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.domain.request.intake import Intake
from bot.view.actions.seal import seal_of
from bot.view.card import Card, Tone
from bot.view.layout import NO_MENTIONS, layout_of

log = logging.getLogger(__name__)

TIMEOUT_S: Final = 15.0  # for one request to Discord
WORDS: Final = (
    "### Interrupted\n"
    "The bot was restarted before this request began. Nothing was held and nothing was charged; "
    "please ask for it again."
)


class Apologies:
    """Implements the port of the intakes over discord.py, with the bot's own token: no other is on record."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def tell(self, intake: Intake) -> bool:
        """In the message that still says "is thinking…". One that its member alone sees cannot be reached."""
        refused = (
            SendFault.NO_ACCESS if intake.is_private else await self._tried(self._edit(intake), "edited")
        )
        if refused in {None, SendFault.MESSAGE_GONE}:
            return True
        if refused is SendFault.TRANSIENT:
            return False
        return await self._tried(self._write_to(intake), "written") is not SendFault.TRANSIENT

    async def _edit(self, intake: Intake) -> None:
        channel = self._client.get_partial_messageable(intake.channel_id)
        view = layout_of(Card(Tone.FAILED, WORDS), seal_of(self._client))
        await channel.get_partial_message(intake.message_id).edit(view=view, allowed_mentions=NO_MENTIONS)

    async def _write_to(self, intake: Intake) -> None:
        direct = await self._client.create_dm(discord.Object(intake.user_id))
        text = f"{WORDS}\n-# You asked for this in <#{intake.channel_id}>."
        # With a nonce, one that is sent again after a crash in between is still one message.
        view = layout_of(Card(Tone.FAILED, text), seal_of(self._client))
        await direct.send(view=view, nonce=intake.message_id, allowed_mentions=NO_MENTIONS)

    async def _tried(self, request: Coroutine[Any, Any, None], what: str) -> SendFault | None:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await request
        except DISCORD_ERRORS as error:
            refused = fault_of(error)
            log.info("an interrupted request is not %s: %s", what, refused.name)
            return refused
        return None
