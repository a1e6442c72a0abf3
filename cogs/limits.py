"""/limits: moderators set, clear, read, explain and grant what members may use."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.delivery.responses import acknowledge, fill, require_manager
from bot.discord.client import BotClient, Interaction
from bot.domain.clock import Clock
from bot.domain.limits.amounts import parse_amount
from bot.domain.limits.policies import Grant, LimitPolicy
from bot.domain.moderation.audit import AuditEntry, GrantChange, LimitChange
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings.service import GuildSettingsService
from bot.services.limits.service import LimitService
from bot.view.cards.limits import changed_card, cleared_card, explain_card, granted_card, table_card
from bot.view.text.limits import Reader
from cogs.limit_options import (
    MEASURES,
    WINDOWS,
    ChannelOption,
    audience_of,
    channel_context_at,
    channel_of,
    check_present,
    dimension_of,
    known_slug,
    member_requester,
    present,
)
from cogs.limit_readings import defaults, readings
from cogs.limit_roll import gone_of
from cogs.model_options import model_choices
from cogs.origins import channel_context_of, requester_of

_SELECTORS: Final = {
    "measure": "What is limited: pictures asked for, dollars, or pictures at the same time",
    "per": "In which window; a day if you say nothing",
    "role": "For each member with this role",
    "member": "For this member alone",
    "channel": "Only in this channel and its threads",
    "model": "Only with this model",
    "whole_server": "For all members together instead of each",
}
_CHOICES: Final = {
    "measure": [Choice(name=name, value=name) for name in MEASURES],
    "per": [Choice(name=name, value=name) for name in WINDOWS],
}


# guild_only() would leave the tree's direct messages standing (discord.py 2.7.1 merges what is not set).
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
class Limits(commands.GroupCog, group_name="limits", group_description="Who may use how much here"):
    """Changes are made one after the other, so that each says truly what was there before."""

    def __init__(
        self,
        guild_settings: GuildSettingsService,
        limit_service: LimitService,
        catalogue: Catalogue,
        clock: Clock,
    ) -> None:
        self._guild_settings = guild_settings
        self._limit_service = limit_service
        self._catalogue = catalogue
        self._clock = clock
        self._changing = asyncio.Lock()

    @app_commands.command(name="set", description="Limit what members may use")
    @app_commands.describe(
        amount="A whole number, or dollars such as 2 or 0.50; 0 is none at all", **_SELECTORS
    )
    @app_commands.choices(**_CHOICES)
    async def set_limit(
        self,
        interaction: Interaction,
        measure: str,
        amount: str,
        per: str = "day",
        role: discord.Role | None = None,
        member: discord.Member | discord.User | None = None,
        channel: ChannelOption | None = None,
        model: Range[str, 1, 100] | None = None,
        whole_server: bool | None = None,
    ) -> None:
        require_manager(interaction, "set limits")
        parsed = parse_amount(amount, MEASURES[measure])
        audience, audience_id = audience_of(interaction, role, member, whole_server=whole_server)
        check_present(role, member)
        place = channel_of(channel)
        await acknowledge(interaction, ephemeral=True)
        slug = await known_slug(self._catalogue, model)
        rule = LimitPolicy(audience, audience_id, dimension_of(measure, per, place, slug), parsed)
        async with self._changing:
            before = await self._amount_of(interaction, rule)
            await self._guild_settings.set_limit(rule, self._entry(interaction, rule, before, parsed))
        await fill(interaction, changed_card(rule, before))

    @app_commands.command(description="Take a limit away")
    @app_commands.describe(**_SELECTORS)
    @app_commands.choices(**_CHOICES)
    async def clear(
        self,
        interaction: Interaction,
        measure: str,
        per: str = "day",
        role: discord.Role | None = None,
        member: discord.Member | discord.User | None = None,
        channel: ChannelOption | None = None,
        model: Range[str, 1, 100] | None = None,
        whole_server: bool | None = None,
    ) -> None:
        require_manager(interaction, "clear limits")
        audience, audience_id = audience_of(interaction, role, member, whole_server=whole_server)
        slug = (model or "").strip().lower()  # a model that Wiro has no more can still be named
        dimension = dimension_of(measure, per, channel_of(channel), slug)
        rule = LimitPolicy(audience, audience_id, dimension, 0)
        await acknowledge(interaction, ephemeral=True)
        async with self._changing:
            before = await self._amount_of(interaction, rule)
            entry = self._entry(interaction, rule, before, None)
            is_cleared = await self._guild_settings.clear_limit(rule, entry)
        await fill(interaction, cleared_card(rule, before if is_cleared else None))

    @app_commands.command(description="Every limit of this server")
    @app_commands.describe(page="Which page, where there are several")
    async def show(self, interaction: Interaction, page: Range[int, 1, 1_000] = 1) -> None:
        require_manager(interaction, "read the limits")
        await acknowledge(interaction, ephemeral=True)
        rules = (await self._guild_settings.of(interaction.guild_id)).limits
        gone = await gone_of(interaction.guild, rules)
        await fill(interaction, table_card(rules, await defaults(self._limit_service), page, gone))

    @app_commands.command(description="Which limit binds a member here, and why")
    @app_commands.describe(member="You, if you name nobody", channel="This one, if you name none")
    async def explain(
        self,
        interaction: Interaction,
        member: discord.Member | discord.User | None = None,
        channel: ChannelOption | None = None,
    ) -> None:
        require_manager(interaction, "ask about others; `/quota` tells you about yourself")
        named = channel_of(channel)
        place = channel_context_of(interaction) if named is None else channel_context_at(interaction, named)
        is_self = member is None or member.id == interaction.user.id
        requester = (
            replace(requester_of(interaction), channel=place)
            if member is None or is_self
            else member_requester(interaction, present(member), place)
        )
        await acknowledge(interaction, ephemeral=True)
        default_model = self._catalogue.default_model
        statuses, rules = await readings(self._guild_settings, self._limit_service, requester, default_model)
        reader = Reader(requester.user_id, requester.role_ids, is_addressed=is_self)
        where = f"<#{place.channel_id}>"
        await fill(interaction, explain_card(statuses, rules, reader, where, self._clock.wall()))

    @app_commands.command(description="Give a member something extra until their limits start again")
    @app_commands.describe(
        member="Who gets it",
        measure="Pictures or dollars",
        amount="A whole number, or dollars such as 2 or 0.50",
    )
    @app_commands.choices(measure=[Choice(name=name, value=name) for name in ("runs", "spend")])
    async def grant(
        self,
        interaction: Interaction,
        member: discord.Member | discord.User,
        measure: str,
        amount: str,
    ) -> None:
        require_manager(interaction, "grant")
        chosen = MEASURES[measure]
        parsed = parse_amount(amount, chosen, least=1)
        requester = member_requester(interaction, present(member), channel_context_of(interaction))
        await acknowledge(interaction, ephemeral=True)
        at_s = self._clock.wall()
        change = GrantChange(member.id, chosen, parsed)
        entry = AuditEntry(interaction.guild_id or 0, interaction.user.id, change, at_s)
        await self._guild_settings.grant(Grant(member.id, chosen, parsed, at_s), entry)
        default_model = self._catalogue.default_model
        statuses, _ = await readings(self._guild_settings, self._limit_service, requester, default_model)
        await fill(interaction, granted_card(member.id, chosen, parsed, statuses))

    @set_limit.autocomplete("model")
    @clear.autocomplete("model")
    async def suggest_models(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return model_choices(self._catalogue, interaction, current)

    async def _amount_of(self, interaction: Interaction, rule: LimitPolicy) -> int | None:
        settings = await self._guild_settings.of(interaction.guild_id)
        same = (rule.audience, rule.audience_id, rule.dimension)
        return next(
            (r.amount for r in settings.limits if (r.audience, r.audience_id, r.dimension) == same), None
        )

    def _entry(
        self, interaction: Interaction, rule: LimitPolicy, before: int | None, after: int | None
    ) -> AuditEntry:
        change = LimitChange(rule.audience, rule.audience_id, rule.dimension, before, after)
        return AuditEntry(interaction.guild_id or 0, interaction.user.id, change, self._clock.wall())


async def setup(bot: BotClient) -> None:
    services = bot.services
    await bot.add_cog(
        Limits(services.guild_settings, services.limit_service, services.catalogue, services.clock)
    )
