"""Whom the operator lets use the bot, and where: above all that servers decide."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.moderation.errors import AdmissionFault, NotAdmitted
from bot.domain.request.requester import Requester


@dataclass(frozen=True, slots=True)
class Admission:
    """Ids are Discord snowflakes. No `guild_ids` at all means every server."""

    guild_ids: frozenset[int] = frozenset()
    blocked_user_ids: frozenset[int] = frozenset()
    takes_direct_messages: bool = True

    def check_place(self, guild_id: int | None) -> None:
        """Raises NotAdmitted where the bot does not serve; None is a direct message."""
        if guild_id is None:
            if not self.takes_direct_messages:
                raise NotAdmitted(AdmissionFault.DIRECT_MESSAGE)
        elif self.guild_ids and guild_id not in self.guild_ids:
            raise NotAdmitted(AdmissionFault.SERVER)

    def check(self, requester: Requester) -> None:
        """Raises NotAdmitted."""
        self.check_place(requester.channel.guild_id)
        if requester.user_id in self.blocked_user_ids:
            raise NotAdmitted(AdmissionFault.PERSON)


EVERYBODY = Admission()
