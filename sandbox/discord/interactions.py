"""One interaction from the click to its answers: the record the server keeps and the handle a test holds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from sandbox.discord.channels import Channel, Message
from sandbox.discord.entities import User
from sandbox.discord.problems import Json
from sandbox.discord.times import PATIENCE_S, Changes

ACK_WITHIN_S = 3.0  # Discord docs, Receiving and Responding, "Interaction Callback"
TOKEN_LIVES_S = 900.0  # the same page: "Interaction tokens are valid for 15 minutes"


class Asked(IntEnum):
    """What kind of interaction it is, numbered as Discord numbers them."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


@dataclass(eq=False)
class Interaction:
    id: int
    token: str
    kind: Asked
    user: User
    channel: Channel
    changes: Changes
    created_s: float
    """By the stand-in's movable clock: the token's life is measured from here."""
    source: Message | None = None
    opener: "Interaction | None" = None
    """For a modal: the interaction whose answer opened it."""
    payload: Json = field(default_factory=dict)
    sent_at_s: float = field(default_factory=time.monotonic)
    acked_at_s: float | None = None
    ack_type: int | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None

    @property
    def ack_s(self) -> float | None:
        """Seconds from sending the event to receiving the callback."""
        return None if self.acked_at_s is None else self.acked_at_s - self.sent_at_s

    @property
    def is_too_late(self) -> bool:
        return time.monotonic() - self.sent_at_s > ACK_WITHIN_S

    @property
    def messages(self) -> list[Message]:
        """Everything the answers wrote, oldest first, without what was deleted."""
        mine = [self.original] if self.original is not None and self.original is not self.source else []
        return [message for message in (*mine, *self.followups) if not message.deleted]

    async def acked(self, timeout_s: float = PATIENCE_S) -> "Interaction":
        """Returns itself once the bot has called back; TimeoutError where it never does, or too late."""
        await self.until(lambda: self.acked_at_s is not None, timeout_s=timeout_s, what="an acknowledgement")
        return self

    async def answered(self, timeout_s: float = PATIENCE_S) -> Message:
        """The first message that is more than "… is thinking": the original, or a followup without one."""
        await self.until(lambda: bool(self._shown()), timeout_s=timeout_s, what="an answer with content")
        return self._shown()[0]

    async def until(
        self, holds: Callable[[], bool], *, timeout_s: float = PATIENCE_S, what: str = "a condition"
    ) -> None:
        await self.changes.until(holds, timeout_s=timeout_s, what=f"{what} of interaction {self.kind.name}")

    def _shown(self) -> list[Message]:
        return [message for message in self.messages if not message.is_loading]


def metadata(interaction: Interaction) -> Json:
    """`interaction_metadata` of the messages an interaction writes."""
    guild = interaction.channel.guild
    body: Json = {
        "id": str(interaction.id),
        "type": int(interaction.kind),
        "user": interaction.user.payload(),
        "authorizing_integration_owners": {"0": str(guild.id) if guild else "0"},
    }
    if interaction.kind is Asked.COMMAND:
        body["name"] = interaction.payload["data"]["name"]
    if interaction.kind is Asked.COMPONENT and interaction.source is not None:
        body["interacted_message_id"] = str(interaction.source.id)
    if interaction.kind is Asked.MODAL and interaction.opener is not None:
        body["triggering_interaction_metadata"] = metadata(interaction.opener)
    return body
