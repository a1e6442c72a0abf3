"""The Discord client: no intents, no mentions, the cogs, and the one border where a failure is told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final, TypeAlias, cast

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket

from bot.delivery.build import Delivery
from bot.delivery.initial_responses import InitialResponseLimiter
from bot.delivery.responses import (
    ALREADY_ACKNOWLEDGED,
    NO_POSTSCRIPT,
    UNKNOWN_INTERACTION,
    Postscript,
    refuse,
)
from bot.discord.discordpy_patches import BotGate, FirstEdits, GatewayDial
from bot.discord.payloads import is_as_registered
from bot.domain.errors import BotError
from bot.domain.limits.limit import LimitReached
from bot.domain.moderation.errors import NotAdmitted
from bot.domain.request.interactions import ButtonUnknown, CommandOutdated
from bot.services.build import Services
from bot.view.actions.buttons import Action
from bot.view.actions.component import ActionButton, is_on, read
from bot.view.actions.seal import Seal

log = logging.getLogger(__name__)

COGS: Final = (
    "cogs.generate",
    "cogs.run",
    "cogs.remix",
    "cogs.picture_input",
    "cogs.styles",
    "cogs.models",
    "cogs.jobs",
    "cogs.texts",
    "cogs.account",
    "cogs.history",
    "cogs.limits",
    "cogs.rules",
    "cogs.cases",
    "cogs.usage",
    "cogs.privacy",
)

Interaction: TypeAlias = discord.Interaction[discord.Client]
RefusalHandler: TypeAlias = Callable[[Interaction, LimitReached], Awaitable[Postscript]]
FormHandler: TypeAlias = Callable[[Interaction, str], Awaitable[None]]  # the form's custom id


PRIVACY: Final = "privacy"  # the command that answers everywhere


class Tree(app_commands.CommandTree[commands.Bot]):
    """Slash commands; every failure of one ends here."""

    async def interaction_check(self, interaction: discord.Interaction[commands.Bot], /) -> bool:
        """Let through what came as it was registered; anything else was made up, or is from long ago.

        And only where the operator lets the bot work: a member's records are theirs everywhere.
        """
        is_command = interaction.type is discord.InteractionType.application_command
        if not is_as_registered(cast(Interaction, interaction)):
            if is_command:
                await _tell(interaction, CommandOutdated())
            return False
        client, data = interaction.client, cast("Mapping[str, Any]", interaction.data or {})
        if isinstance(client, BotClient) and data.get("name") != PRIVACY:
            try:
                client.services.guild_settings.admission.check_place(interaction.guild_id)
            except NotAdmitted as refused:
                if is_command:
                    await _tell(interaction, refused)
                return False
        return True

    async def on_error(
        self, interaction: discord.Interaction[commands.Bot], error: app_commands.AppCommandError, /
    ) -> None:
        match error:
            case app_commands.CommandInvokeError():
                await _tell(interaction, error.original)
            case app_commands.TransformerError() | app_commands.CommandSignatureMismatch():
                await _tell(interaction, CommandOutdated())
            case app_commands.CommandNotFound():
                await _tell(interaction, CommandOutdated())
            case _:
                await _tell(interaction, error)


class BotClient(commands.Bot):
    """Commands and buttons. Interactions come without any intent (Discord docs, Gateway intents, 2026)."""

    def __init__(self, seal: Seal, *, is_own_api: bool = False, **options: Any) -> None:
        # No voice here, and nothing to install for it.
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=discord.Intents.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=False
            ),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            **options,
        )
        self.seal = seal
        self._is_own_api = is_own_api
        self.initial_responses = InitialResponseLimiter()
        self._services: Services | None = None
        self._delivery: Delivery | None = None
        self._press_handlers: dict[Enum, Callable[[Interaction, Any], Awaitable[None]]] = {}
        self._refusal_handler: RefusalHandler | None = None
        self._forms: dict[str, FormHandler] = {}

    @property
    def services(self) -> Services:
        """For `setup` of cogs. Raises RuntimeError before `serve`."""
        if self._services is None:
            raise RuntimeError("the services are not wired yet")
        return self._services

    @property
    def delivery(self) -> Delivery:
        """As `services`."""
        if self._delivery is None:
            raise RuntimeError("the delivery is not wired yet")
        return self._delivery

    def serve(self, services: Services, delivery: Delivery) -> None:
        """Give the bot what its cogs need. Called once, before it starts."""
        self._services, self._delivery = services, delivery

    def on_press(self, action: Enum, handler: Callable[[Interaction, Any], Awaitable[None]]) -> None:
        """Let a cog answer one kind of button."""
        self._press_handlers[action] = handler

    def answers(self, action: Enum) -> bool:
        """Whether a cog answers it: a button that nobody answers is not offered."""
        return action in self._press_handlers

    def on_form(self, kind: str, handler: FormHandler) -> None:
        """Let a cog answer forms whose custom id begins with `kind` and a colon."""
        self._forms[kind] = handler

    def on_refusal(self, handler: RefusalHandler) -> None:
        """Let a cog say more to a member at a limit."""
        self._refusal_handler = handler

    async def setup_hook(self) -> None:
        self.http._global_over = BotGate(self.delivery.status_messages.bot_pause_s)  # noqa: SLF001 — no other hook
        self.http.get_ratelimit = FirstEdits(self.http.get_ratelimit)  # type: ignore[method-assign]  # no other hook
        self.http.ws_connect = GatewayDial(self.http.ws_connect)  # type: ignore[method-assign]  # no other hook
        # First of all: neither the gateway nor the list of commands is needed to bring a picture home.
        resumed = await self.services.jobs.resume()
        if resumed:
            log.info("taking up %d unfinished jobs", resumed)
        if self._is_own_api:
            _, gateway_url, _ = await self.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        self.add_dynamic_items(ActionButton)
        for cog in COGS:
            await self.load_extension(cog)
        await self.tree.sync()
        self.services.start_background()

    async def on_interaction(self, interaction: Interaction) -> None:
        """A button or form whose id is none of ours, made up or from long ago, gets a sentence too."""
        if interaction.type in {discord.InteractionType.component, discord.InteractionType.modal_submit}:
            data: Mapping[str, Any] = interaction.data or {}
            custom_id = str(data.get("custom_id", ""))
            opened = self._opened(interaction)
            form = self._forms.get((opened or "").partition(":")[0])
            is_form = interaction.type is discord.InteractionType.modal_submit
            if opened is not None and form is not None and is_form:
                await self._answered(interaction, form(interaction, opened))
            elif opened is None or not self._is_answered_elsewhere(interaction, custom_id):
                await refuse(interaction, ButtonUnknown(custom_id))

    def _opened(self, interaction: Interaction) -> str | None:
        """The custom id without its mark; None where this bot never made it."""
        data: Mapping[str, Any] = interaction.data or {}
        message = interaction.message
        return self.seal.opened(str(data.get("custom_id", "")), message.id if message is not None else None)

    def _is_answered_elsewhere(self, interaction: Interaction, custom_id: str) -> bool:
        """Whether discord.py hands this press to a button of ours."""
        is_press = interaction.type is discord.InteractionType.component
        data: Mapping[str, Any] = interaction.data or {}
        is_button = data.get("component_type") == discord.ComponentType.button.value
        is_ours = read(custom_id) is not None
        return is_press and is_button and is_ours and is_on(interaction.message, custom_id)

    async def close(self) -> None:
        """discord.py 2.7.1 leaves its wait for the first servers behind, which fails on the closed client.

        It may run out while the client closes, and begin until the gateway is closed.
        """
        self._end_wait_for_servers()
        try:
            await super().close()
        finally:
            self._end_wait_for_servers()

    def _end_wait_for_servers(self) -> None:
        waiting = self._connection._ready_task  # noqa: SLF001 — no other way
        if waiting is not None:
            waiting.cancel()

    def answering(self) -> set[asyncio.Task[Any]]:
        """Commands and buttons that are being answered. discord.py 2.7.1 names their tasks so."""
        names = ("CommandTree-invoker", "discord-ui-", "discord.py: on_interaction")
        return {task for task in asyncio.all_tasks() if task.get_name().startswith(names)}

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s", self.user)

    async def pressed(self, interaction: Interaction, action: Action) -> None:
        """Where buttons lead. What this bot never made is answered by `on_interaction`."""
        if self._opened(interaction) is not None:
            await self._answered(interaction, self._press_handlers[action.action](interaction, action))

    async def postscript(self, interaction: Interaction, error: Exception) -> Postscript:
        """What a refusal says besides its reason. A failure to find it out is logged, not told."""
        if self._refusal_handler is None or not isinstance(error, LimitReached):
            return NO_POSTSCRIPT
        try:
            return await self._refusal_handler(interaction, error)
        except BotError as failure:
            log.warning("no way out could be found for a refusal: %s", type(failure).__name__)
        except Exception:
            log.exception("no way out could be found for a refusal")
        return NO_POSTSCRIPT

    async def _answered(self, interaction: Interaction, answer: Awaitable[None]) -> None:
        """The other half of the border: buttons do not pass through the command tree."""
        try:
            await answer
        except Exception as error:  # noqa: BLE001 — the border of Discord's interactions: logged and told
            await _tell(interaction, error)


async def _tell(interaction: discord.Interaction[commands.Bot] | Interaction, error: Exception) -> None:
    if isinstance(error, discord.HTTPException) and error.code == ALREADY_ACKNOWLEDGED:
        log.warning(
            "an interaction came twice: it was answered before. A resumed connection may repeat one; "
            "if it goes on, another process uses this DISCORD_TOKEN"
        )
        return
    if isinstance(error, discord.HTTPException) and error.code == UNKNOWN_INTERACTION:
        log.warning(
            "a command was not answered within Discord's 3 seconds and has lapsed: nothing was started. "
            "If it goes on, this machine or its network is too busy"
        )
        return
    client = interaction.client
    is_cut_short = isinstance(error, RuntimeError) and client.is_closed()  # its session is closed, too
    if not isinstance(error, BotError) and not is_cut_short:
        log.error("a command failed", exc_info=error)
    more = await client.postscript(interaction, error) if isinstance(client, BotClient) else NO_POSTSCRIPT
    if await refuse(interaction, error, more) and isinstance(client, BotClient):
        client.services.intakes.told(interaction.id)
