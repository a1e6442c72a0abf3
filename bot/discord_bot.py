"""The Discord client: no intents, no mentions, the cogs, and the one border where a failure is told."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.domain.clock import Clock
from bot.domain.errors import BotError, ButtonUnknown, CommandOutdated, LimitReached
from bot.jobs.cases import Cases
from bot.jobs.catalogue import Catalogue
from bot.jobs.house import Houses
from bot.jobs.purse import Purse
from bot.jobs.reports import Reports
from bot.jobs.service import Jobs
from bot.view.answers import ALREADY_ACKNOWLEDGED, NO_POSTSCRIPT, Postscript, refuse
from bot.view.board import StatusBoard
from bot.view.buttons import BUTTONS, is_ours
from bot.view.card import Action, CaseAction, CasePress, MemberAction, MemberPress
from bot.view.log_channel import ModeratorsDesk

log = logging.getLogger(__name__)

RESUME_TRIES: Final = 2  # at an address that does not answer, before the gateway's own is dialled
COGS: Final = (
    "cogs.generate",
    "cogs.jobs",
    "cogs.account",
    "cogs.history",
    "cogs.limits",
    "cogs.rules",
    "cogs.cases",
    "cogs.usage",
    "cogs.privacy",
)

Interaction: TypeAlias = discord.Interaction[discord.Client]
Press: TypeAlias = Callable[[Interaction, int], Awaitable[None]]
CaseHandler: TypeAlias = Callable[[Interaction, CasePress], Awaitable[None]]
RefusalHandler: TypeAlias = Callable[[Interaction, LimitReached], Awaitable[Postscript]]
MemberHandler: TypeAlias = Callable[[Interaction, MemberPress], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Services:
    """What cogs are given in their `setup`, each just what it uses."""

    jobs: Jobs
    houses: Houses
    purse: Purse
    cases: Cases
    reports: Reports
    catalogue: Catalogue
    board: StatusBoard
    desk: ModeratorsDesk
    clock: Clock
    background: tuple[Callable[[], None], ...]  # what begins when the bot does


class Tree(app_commands.CommandTree[commands.Bot]):
    """Slash commands; every failure of one ends here."""

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


class GatewayDial:
    """Opens gateway connections, and leaves a dead resume address for the gateway's own.

    discord.py 2.7.1 would dial the resume address for ever (client.py, connect; discord.py issue 10511).
    """

    def __init__(self, dial: Callable[..., Awaitable[Any]]) -> None:
        self._dial = dial
        self._tries = 0

    async def __call__(self, url: str, **options: Any) -> Any:
        if self._tries >= RESUME_TRIES:
            url = str(DiscordWebSocket.DEFAULT_GATEWAY.with_query(yarl.URL(url).query))
        self._tries += 1  # before its outcome: a try that hangs is cancelled from outside
        socket = await self._dial(url, **options)
        self._tries = 0
        return socket


class StudioBot(commands.Bot):
    """Commands and buttons. Interactions come without any intent (Discord docs, Gateway intents, 2026)."""

    def __init__(self, *, is_own_api: bool = False, **options: Any) -> None:
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
        self._is_own_api = is_own_api
        self._services: Services | None = None
        self._presses: dict[Action, Press] = {}
        self._member_presses: dict[MemberAction, MemberHandler] = {}
        self._case_presses: dict[CaseAction, CaseHandler] = {}
        self._refusal_handler: RefusalHandler | None = None

    @property
    def services(self) -> Services:
        """For `setup` of cogs. Raises RuntimeError before `serve`."""
        if self._services is None:
            raise RuntimeError("the services are not wired yet")
        return self._services

    def serve(self, services: Services) -> None:
        """Give the bot what its cogs need. Called once, before it starts."""
        self._services = services

    def on_press(self, action: Action, handler: Press) -> None:
        """Let a cog answer one kind of button of a job."""
        self._presses[action] = handler

    def on_member_press(self, action: MemberAction, handler: MemberHandler) -> None:
        """Let a cog answer one kind of button that is for one member alone."""
        self._member_presses[action] = handler

    def on_case_press(self, action: CaseAction, handler: CaseHandler) -> None:
        """Let a cog answer one kind of button of a case."""
        self._case_presses[action] = handler

    def on_refusal(self, handler: RefusalHandler) -> None:
        """Let a cog say more to a member at a limit."""
        self._refusal_handler = handler

    async def setup_hook(self) -> None:
        self.http.ws_connect = GatewayDial(self.http.ws_connect)  # type: ignore[method-assign]  # no other hook
        if self._is_own_api:
            _, gateway_url, _ = await self.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        self.add_dynamic_items(*BUTTONS)
        for cog in COGS:
            await self.load_extension(cog)
        await self.tree.sync()
        taken_up = await self.services.jobs.take_up()
        if taken_up:
            log.info("taking up %d unfinished jobs", taken_up)
        for start in self.services.background:
            start()

    async def on_interaction(self, interaction: Interaction) -> None:
        """A button or form whose id is none of ours, made up or from long ago, gets a sentence too."""
        if interaction.type in {discord.InteractionType.component, discord.InteractionType.modal_submit}:
            data: Mapping[str, Any] = interaction.data or {}
            custom_id = str(data.get("custom_id", ""))
            if not is_ours(custom_id):
                await refuse(interaction, ButtonUnknown(custom_id))

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s", self.user)

    async def on_job_button(self, interaction: Interaction, action: Action, job_id: int) -> None:
        await self._answered(interaction, self._presses[action](interaction, job_id))

    async def on_member_button(self, interaction: Interaction, press: MemberPress) -> None:
        await self._answered(interaction, self._member_presses[press.action](interaction, press))

    async def on_case_button(self, interaction: Interaction, press: CasePress) -> None:
        await self._answered(interaction, self._case_presses[press.action](interaction, press))

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
            "an interaction came twice, as a resumed connection may repeat it; it was answered before"
        )
        return
    if not isinstance(error, BotError):
        log.error("a command failed", exc_info=error)
    client = interaction.client
    more = await client.postscript(interaction, error) if isinstance(client, StudioBot) else NO_POSTSCRIPT
    await refuse(interaction, error, more)


def use_api(url: str) -> None:
    """Point discord.py at another API, given with or without its path and version.

    discord.py 2.7.1 keeps the address in a class attribute (http.Route.BASE).
    """
    base = url.rstrip("/")
    if not yarl.URL(base).path.strip("/"):
        base += "/api"
    if not re.search(r"/v\d+$", base):
        base += "/v10"
    Route.BASE = base
