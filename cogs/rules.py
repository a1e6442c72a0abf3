"""/rules: moderators say where, with which models and words, and for whom the bot works here."""

from __future__ import annotations

import asyncio
from typing import ClassVar, Final

import discord
from discord import app_commands
from discord.app_commands import Choice, Range
from discord.ext import commands

from bot.delivery.mod_log import DiscordModLog
from bot.delivery.responses import acknowledge, acknowledge_press, fill, require_manager
from bot.discord.client import BotClient, Interaction
from bot.domain.clock import Clock
from bot.domain.moderation.audit import (
    AuditEntry,
    AuditQuery,
    Change,
    ChannelChange,
    LogChannelChange,
    MemberChange,
    ModelChange,
    PicturesChange,
    WordChange,
)
from bot.domain.moderation.errors import (
    BlockFault,
    BlockRefused,
    PatternFault,
    PatternRefused,
    SubjectFault,
    SubjectRefused,
)
from bot.domain.moderation.picture_rules import WHOLE_SERVER
from bot.domain.moderation.rules import ChannelRule, GuildRules, Match, ModelRule, PictureRule, WordRule
from bot.domain.records.since import parse_since
from bot.services.catalogue.service import Catalogue
from bot.services.guild_settings.patterns import as_typed, word_rule
from bot.services.guild_settings.service import GuildSettingsService
from bot.view.actions.buttons import AuditAction, AuditButton
from bot.view.card import Card
from bot.view.cards.audit import audit_card
from bot.view.cards.rules import changed_card, show_card, trial_card, unchanged_card
from bot.view.text.changes import format_change
from bot.view.text.rules import NOTHING, format_word_kind
from cogs.limit_options import ChannelOption, channel_of, known_slug
from cogs.model_options import model_choices

MAX_WORDS: Final = 500  # every prompt is held against each of them
AUDIT_ACTION: Final = "read the audit log"

_CHANNEL_RULES: Final = {"allow": ChannelRule.ALLOW, "deny": ChannelRule.DENY, "reset": None}
_MODEL_RULES: Final = {
    "allow": ModelRule.ALLOW,
    "deny": ModelRule.DENY,
    "adult": ModelRule.ADULT,
    "not adult": ModelRule.GENERAL,
    "reset": None,
}

_PICTURE_RULES: Final = {
    "own only": PictureRule.OWN,
    "own and bot-made": PictureRule.MADE_HERE,
    "anyone": PictureRule.ANYONE,
    "reset": None,
}


# guild_only() would leave the tree's direct messages standing (discord.py 2.7.1 merges what is not set).
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.default_permissions(manage_guild=True)
class Rules(commands.GroupCog, group_name="rules", group_description="What the bot may do here"):
    """Changes are made one after the other, so that each says truly what was there before."""

    word: ClassVar[app_commands.Group] = app_commands.Group(
        name="word", description="Words and patterns that refuse a prompt"
    )

    def __init__(
        self, guild_settings: GuildSettingsService, mod_log: DiscordModLog, catalogue: Catalogue, clock: Clock
    ) -> None:
        self._guild_settings = guild_settings
        self._mod_log = mod_log
        self._catalogue = catalogue
        self._clock = clock
        self._changing = asyncio.Lock()

    @app_commands.command(description="All rules of this server")
    async def show(self, interaction: Interaction) -> None:
        require_manager(interaction, "read the rules")
        await acknowledge(interaction, ephemeral=True)
        await fill(interaction, show_card(await self._rules(interaction)))

    @app_commands.command(description="Allow or deny the bot in a channel")
    @app_commands.describe(
        channel="Its threads are meant too", action="As soon as one channel is allowed, the others are not"
    )
    @app_commands.choices(action=[Choice(name=name, value=name) for name in _CHANNEL_RULES])
    async def channel(self, interaction: Interaction, channel: ChannelOption, action: str) -> None:
        require_manager(interaction, "set rules")
        place = channel_of(channel)
        if place is None:
            raise SubjectRefused(SubjectFault.CHANNEL_ELSEWHERE)
        await acknowledge(interaction, ephemeral=True)
        after = _CHANNEL_RULES[action]
        async with self._changing:
            before = dict((await self._rules(interaction)).channels).get(place.id)
            entry = self._entry(interaction, ChannelChange(place.id, before, after))
            if before is not after:
                await self._guild_settings.set_channel_rule(place.id, after, entry)
        await fill(interaction, _done(entry, is_changed=before is not after))

    @app_commands.command(description="Allow, deny or mark a model as adult")
    @app_commands.describe(
        model="A Wiro model",
        action="As soon as one model is allowed, the others are not; adult: age-restricted channels only",
    )
    @app_commands.choices(action=[Choice(name=name, value=name) for name in _MODEL_RULES])
    async def model(self, interaction: Interaction, model: Range[str, 1, 100], action: str) -> None:
        require_manager(interaction, "set rules")
        await acknowledge(interaction, ephemeral=True)
        after = _MODEL_RULES[action]
        # A model that Wiro has no more can still be reset.
        slug = (await known_slug(self._catalogue, model)) if after is not None else model.strip().lower()
        async with self._changing:
            before = dict((await self._rules(interaction)).models).get(slug)
            entry = self._entry(interaction, ModelChange(slug, before, after))
            if before is not after:
                await self._guild_settings.set_model_rule(slug, after, entry)
        await fill(interaction, _done(entry, is_changed=before is not after))

    @model.autocomplete("model")
    async def suggest_models(self, interaction: Interaction, current: str) -> list[Choice[str]]:
        return model_choices(self._catalogue, interaction, current)

    @app_commands.command(description="Whose pictures may go into a model")
    @app_commands.describe(
        allow="What members may use; who lends theirs to nobody is always left out",
        channel="For this channel and its threads alone; nothing for the whole server",
    )
    @app_commands.choices(allow=[Choice(name=name, value=name) for name in _PICTURE_RULES])
    async def pictures(
        self, interaction: Interaction, allow: str, channel: ChannelOption | None = None
    ) -> None:
        require_manager(interaction, "set rules")
        place = channel_of(channel)
        channel_id = place.id if place is not None else WHOLE_SERVER
        await acknowledge(interaction, ephemeral=True)
        after = _PICTURE_RULES[allow]
        async with self._changing:
            before = dict((await self._rules(interaction)).pictures).get(channel_id)
            entry = self._entry(interaction, PicturesChange(channel_id, before, after))
            if before is not after:
                await self._guild_settings.set_picture_rule(channel_id, after, entry)
        await fill(interaction, _done(entry, is_changed=before is not after))

    # --- words -----------------------------------------------------------------------------------

    @word.command(name="add", description="Refuse prompts with this word, phrase or /pattern/")
    @app_commands.describe(
        text="A word or phrase, whole words in any case; or /pattern/ in RE2 syntax",
        match="tolerant, unless you say exact: look-alike letters, bl00d, bloood and b l o o d, too",
    )
    @app_commands.choices(match=[Choice(name=match.value, value=match.value) for match in reversed(Match)])
    async def add_word(
        self, interaction: Interaction, text: Range[str, 1, 300], match: str = Match.TOLERANT.value
    ) -> None:
        require_manager(interaction, "set rules")
        await acknowledge(interaction, ephemeral=True)
        word = await asyncio.to_thread(word_rule, text, Match(match))  # a large pattern takes its time
        async with self._changing:
            known = (await self._rules(interaction)).words
            if len(known) >= MAX_WORDS and not any(map(word.is_same, known)):
                raise PatternRefused(PatternFault.TOO_MANY)
            entry = self._entry(interaction, WordChange(word, before=False, after=True))
            is_changed = await self._guild_settings.add_word(word, entry)
        await fill(interaction, _done(entry, is_changed=is_changed))

    @word.command(name="remove", description="Allow a word or pattern again")
    @app_commands.describe(text="As it stands in /rules show")
    async def remove_word(self, interaction: Interaction, text: Range[str, 1, 300]) -> None:
        require_manager(interaction, "set rules")
        await acknowledge(interaction, ephemeral=True)
        asked = WordRule(*as_typed(text))
        async with self._changing:
            words = (await self._rules(interaction)).words
            known = next(filter(asked.is_same, words), None)
            if known is None:
                await fill(interaction, unchanged_card(format_word_kind(asked), NOTHING))
                return
            entry = self._entry(interaction, WordChange(known, before=True, after=False))
            is_changed = await self._guild_settings.remove_word(known, entry)
        await fill(interaction, _done(entry, is_changed=is_changed))

    @word.command(name="test", description="Try a prompt against the words; nothing is stored")
    @app_commands.describe(text="A prompt")
    async def test_word(self, interaction: Interaction, text: Range[str, 1, 2_000]) -> None:
        require_manager(interaction, "test rules")
        await acknowledge(interaction, ephemeral=True)
        matches = await self._guild_settings.matching_words(interaction.guild_id or 0, text)
        await fill(interaction, trial_card(text, matches))

    # --- members ---------------------------------------------------------------------------------

    @app_commands.command(description="Keep a member from using the bot")
    @app_commands.describe(member="Who may not use the bot here any more")
    async def block(self, interaction: Interaction, member: discord.Member | discord.User) -> None:
        require_manager(interaction, "block members")
        if member.id == interaction.user.id:
            raise BlockRefused(BlockFault.SELF)
        if member.bot:
            raise BlockRefused(BlockFault.BOT)
        await acknowledge(interaction, ephemeral=True)
        # Who has left can be blocked: they may come back.
        if await self._mod_log.is_manager(interaction.guild_id or 0, member.id):
            raise BlockRefused(BlockFault.MANAGER)
        await self._set_blocked(interaction, member.id, is_blocked=True)

    @app_commands.command(description="Let a member use the bot again")
    @app_commands.describe(member="Who was blocked")
    async def unblock(self, interaction: Interaction, member: discord.Member | discord.User) -> None:
        require_manager(interaction, "unblock members")
        await acknowledge(interaction, ephemeral=True)
        await self._set_blocked(interaction, member.id, is_blocked=False)

    async def _set_blocked(self, interaction: Interaction, user_id: int, *, is_blocked: bool) -> None:
        entry = self._entry(interaction, MemberChange(user_id, before=not is_blocked, after=is_blocked))
        async with self._changing:
            is_changed = await self._guild_settings.set_blocked(user_id, entry, is_blocked=is_blocked)
        await fill(interaction, _done(entry, is_changed=is_changed))

    # --- the log channel -------------------------------------------------------------------------

    @app_commands.command(description="Where changes, requests and reports are shown; no channel: nowhere")
    @app_commands.describe(channel="A channel that the bot can write to")
    async def log(self, interaction: Interaction, channel: ChannelOption | None = None) -> None:
        require_manager(interaction, "set the log channel")
        place = channel_of(channel)
        await acknowledge(interaction, ephemeral=True)
        after = place.id if place is not None else None
        async with self._changing:
            before = (await self._rules(interaction)).log_channel_id
            entry = self._entry(interaction, LogChannelChange(before, after))
            if after is not None and not await self._mod_log.introduce(after):
                raise SubjectRefused(SubjectFault.CHANNEL_CLOSED)
            if before != after:
                await self._guild_settings.set_log_channel(after, entry)
        await fill(interaction, _done(entry, is_changed=before != after))

    # --- the audit log ---------------------------------------------------------------------------

    @app_commands.command(description="Who changed and decided what here, newest first")
    @app_commands.describe(
        member="Only what this member did, or what was about them",
        since="A date such as 2026-11-01 (UTC), or how long ago: 12h, 7d, 2w",
    )
    async def audit(
        self,
        interaction: Interaction,
        member: discord.Member | discord.User | None = None,
        since: Range[str, 1, 40] | None = None,
    ) -> None:
        require_manager(interaction, AUDIT_ACTION)
        since_s = parse_since(since, self._clock.wall()) if since is not None else 0
        await acknowledge(interaction, ephemeral=True)
        query = AuditQuery(interaction.guild_id or 0, member.id if member is not None else 0, since_s)
        await fill(interaction, audit_card(await self._guild_settings.audit_log(query)))

    async def show_audit_page(self, interaction: Interaction, press: AuditAction) -> None:
        """Another page of the audit log, in the place of the one before."""
        require_manager(interaction, AUDIT_ACTION)
        await acknowledge_press(interaction)
        query = AuditQuery(
            interaction.guild_id or 0, press.member_id, press.since_s, max(1, press.page), press.newest_id
        )
        await fill(interaction, audit_card(await self._guild_settings.audit_log(query)))

    async def _rules(self, interaction: Interaction) -> GuildRules:
        return (await self._guild_settings.of(interaction.guild_id)).rules

    def _entry(self, interaction: Interaction, change: Change) -> AuditEntry:
        return AuditEntry(interaction.guild_id or 0, interaction.user.id, change, self._clock.wall())


def _done(entry: AuditEntry, *, is_changed: bool) -> Card:
    words = format_change(entry.change)
    return changed_card(words) if is_changed else unchanged_card(words.subject, words.after)


async def setup(bot: BotClient) -> None:
    services = bot.services
    cog = Rules(services.guild_settings, bot.delivery.mod_log, services.catalogue, services.clock)
    bot.on_press(AuditButton.OLDER, cog.show_audit_page)
    bot.on_press(AuditButton.NEWER, cog.show_audit_page)
    await bot.add_cog(cog)
