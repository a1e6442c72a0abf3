"""The options of /limits: what a moderator names is checked before anything is looked up or written."""

from __future__ import annotations

from typing import Any, Final, TypeAlias, cast

import discord
from discord import AppCommandOptionType, ChannelType, app_commands
from discord.app_commands import AppCommandChannel, AppCommandThread

from bot.discord.client import Interaction
from bot.domain.catalogue.errors import ModelUnknown
from bot.domain.limits.limit import Audience, Measure, Window
from bot.domain.limits.policies import LimitKey
from bot.domain.moderation.errors import SubjectFault, SubjectRefused
from bot.domain.request.errors import OptionsConflict
from bot.domain.request.requester import ChannelContext, Requester
from bot.services.catalogue.service import Catalogue

MEASURES: Final = {"runs": Measure.RUNS, "spend": Measure.SPEND, "at-once": Measure.AT_ONCE}
WINDOWS: Final = {"hour": Window.HOUR, "day": Window.DAY, "week": Window.WEEK, "month": Window.MONTH}

Channel: TypeAlias = AppCommandChannel | AppCommandThread
Someone: TypeAlias = discord.Member | discord.User


class ServerChannel(app_commands.Transformer):
    """A channel or thread as Discord resolves it, or None for an id that it does not resolve.

    discord.py's own channel options ask the cache or end in an error that no sentence belongs to.
    """

    @property
    def type(self) -> AppCommandOptionType:
        return AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[ChannelType]:
        return [
            ChannelType.text,
            ChannelType.news,
            ChannelType.voice,
            ChannelType.stage_voice,
            ChannelType.forum,
            ChannelType.media,
            ChannelType.public_thread,
            ChannelType.private_thread,
            ChannelType.news_thread,
        ]

    async def transform(
        self, interaction: discord.Interaction[discord.Client], value: object, /
    ) -> Channel | SubjectRefused:
        if not isinstance(value, AppCommandChannel | AppCommandThread):
            return SubjectRefused(SubjectFault.CHANNEL_ELSEWHERE)
        states = _resolved(interaction, "channels", value.id).get("guild_id", interaction.guild_id)
        if value.type not in self.channel_types or str(states) != str(interaction.guild_id):
            return SubjectRefused(SubjectFault.CHANNEL_ELSEWHERE)
        return value


ChannelOption: TypeAlias = app_commands.Transform[Channel | SubjectRefused, ServerChannel]


def channel_of(option: Channel | SubjectRefused | None) -> Channel | None:
    """Raises SubjectRefused for a channel that is not one of this server."""
    if isinstance(option, SubjectRefused):
        raise option
    return option


def audience_of(
    interaction: Interaction,
    role: discord.Role | None,
    member: Someone | None,
    *,
    whole_server: bool | None,
) -> tuple[Audience, int]:
    """For whom a limit is, and the id of the role or member. Raises OptionsConflict."""
    named = {"role": role is not None, "member": member is not None, "whole_server": bool(whole_server)}
    given = [name.replace("_", " ") for name, is_given in named.items() if is_given]
    if len(given) > 1:
        raise OptionsConflict(given[0], given[1])
    if whole_server:
        return Audience.SERVER, 0
    if member is not None:
        return Audience.MEMBER, member.id
    if role is not None and role.id != interaction.guild_id:  # the role @everyone has the server's own id
        return Audience.ROLE, role.id
    return Audience.EVERYONE, 0


def check_present(role: discord.Role | None, member: Someone | None) -> None:
    """Raises SubjectRefused for a role that Discord does not resolve, a member who left, a bot."""
    if role is not None and not isinstance(role, discord.Role):
        raise SubjectRefused(SubjectFault.ROLE_ELSEWHERE)
    if member is not None:
        present(member)


def present(member: Someone) -> discord.Member:
    """Raises SubjectRefused for somebody who is not on the server, or a bot."""
    if not isinstance(member, discord.Member):
        raise SubjectRefused(SubjectFault.MEMBER_LEFT)
    if member.bot:
        raise SubjectRefused(SubjectFault.MEMBER_IS_BOT)
    return member


def dimension_of(measure: str, per: str, channel: Channel | None, model: str) -> LimitKey:
    """What a limit counts; jobs at once are counted whatever the window named."""
    chosen = MEASURES[measure]
    window = Window.EVER if chosen is Measure.AT_ONCE else WINDOWS[per]
    return LimitKey(chosen, window, channel.id if channel is not None else 0, model)


async def known_slug(catalogue: Catalogue, model: str | None) -> str:
    """The slug as limits name it, empty for every model. Raises ModelUnknown."""
    if model is None:
        return ""
    found = await catalogue.model(model)
    slug = found.slug.lower()
    # Where Wiro does not answer, the catalogue gives any name the benefit of the doubt; a limit need not.
    listed = {summary.slug.lower() for summary in catalogue.suggestions(slug, 100)}
    if found.parameters is None and slug != catalogue.default_model.lower() and slug not in listed:
        raise ModelUnknown(model)
    return slug


def member_requester(interaction: Interaction, member: discord.Member, place: ChannelContext) -> Requester:
    """Another member as rules see them, with the roles that Discord resolved for this interaction."""
    role_ids = _resolved(interaction, "members", member.id).get("roles", ())
    return Requester(member.id, frozenset(int(role_id) for role_id in role_ids), place)


def channel_context_at(interaction: Interaction, channel: Channel) -> ChannelContext:
    """A channel that was named, as rules see it."""
    match channel:
        case AppCommandThread():
            return ChannelContext(interaction.guild_id, channel.id, channel.parent_id)
        case _:
            return ChannelContext(interaction.guild_id, channel.id, None, channel.is_nsfw())


def _resolved(interaction: discord.Interaction[discord.Client], kind: str, snowflake: int) -> dict[str, Any]:
    """What Discord states in this very interaction about an object that an option names."""
    data = cast(dict[str, Any], interaction.data or {})
    found: dict[str, Any] = data.get("resolved", {}).get(kind, {}).get(str(snowflake), {})
    return found
