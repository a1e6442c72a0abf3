"""The Discord client: no intents, no mentions, the cogs, and the one border where a failure is told."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Ratelimit, Route

from bot.domain.clock import Clock
from bot.domain.errors import BotError, ButtonUnknown, CommandOutdated, LimitReached
from bot.jobs.browse import Browser
from bot.jobs.cases import Cases
from bot.jobs.catalogue import Catalogue
from bot.jobs.forms import Forms
from bot.jobs.house import Houses
from bot.jobs.purse import Purse
from bot.jobs.remix import Remixes
from bot.jobs.reports import Reports
from bot.jobs.service import Jobs
from bot.jobs.styles import Styles
from bot.view.answers import ALREADY_ACKNOWLEDGED, NO_POSTSCRIPT, Postscript, refuse
from bot.view.board import StatusBoard
from bot.view.buttons import BUTTONS, is_on, is_ours
from bot.view.card import (
    Action,
    CaseAction,
    CasePress,
    DraftAction,
    DraftPress,
    Go,
    GoAction,
    MemberAction,
    MemberPress,
    ModelAction,
    ModelPress,
    Pick,
    PickAction,
    TextPress,
)
from bot.view.first_answers import FirstAnswers
from bot.view.log_channel import ModeratorsDesk
from bot.view.payloads import is_as_registered

log = logging.getLogger(__name__)

RESUME_TRIES: Final = 2  # at an address that does not answer, before the gateway's own is dialled
EDIT_ROUTE: Final = "PATCH /channels/{channel_id}/messages/{message_id}"
EDITS_IN_A_WINDOW: Final = 4  # one below what Discord allows in 5 s (seen in its headers, 2026)
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
Press: TypeAlias = Callable[[Interaction, int], Awaitable[None]]
CaseHandler: TypeAlias = Callable[[Interaction, CasePress], Awaitable[None]]
RefusalHandler: TypeAlias = Callable[[Interaction, LimitReached], Awaitable[Postscript]]
MemberHandler: TypeAlias = Callable[[Interaction, MemberPress], Awaitable[None]]
DraftHandler: TypeAlias = Callable[[Interaction, DraftPress], Awaitable[None]]
ModelHandler: TypeAlias = Callable[[Interaction, ModelPress], Awaitable[None]]
TextHandler: TypeAlias = Callable[[Interaction, TextPress], Awaitable[None]]
PickHandler: TypeAlias = Callable[[Interaction, Pick], Awaitable[None]]
GoHandler: TypeAlias = Callable[[Interaction, Go], Awaitable[None]]
FormHandler: TypeAlias = Callable[[Interaction, str], Awaitable[None]]  # the form's custom id


@dataclass(frozen=True, slots=True)
class Services:
    """What cogs are given in their `setup`, each just what it uses."""

    jobs: Jobs
    houses: Houses
    purse: Purse
    cases: Cases
    reports: Reports
    catalogue: Catalogue
    forms: Forms
    remixes: Remixes
    browser: Browser
    styles: Styles
    board: StatusBoard
    desk: ModeratorsDesk
    clock: Clock
    background: tuple[Callable[[], None], ...]  # what begins when the bot does


class Tree(app_commands.CommandTree[commands.Bot]):
    """Slash commands; every failure of one ends here."""

    async def interaction_check(self, interaction: discord.Interaction[commands.Bot], /) -> bool:
        """Let through what came as it was registered; anything else was made up, or is from long ago."""
        if is_as_registered(cast(Interaction, interaction)):
            return True
        if interaction.type is discord.InteractionType.application_command:
            await _tell(interaction, CommandOutdated())
        return False

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


class BotGate(asyncio.Event):
    """What discord.py asks before each request with the bot's token: open unless Discord said to wait.

    Its own gate is shut for the pause of a global 429 and stays shut for ever when that request is cancelled
    meanwhile (discord.py 2.7.1, http.py, request).
    """

    def __init__(self, pause_s: Callable[[], float]) -> None:
        super().__init__()
        self._pause_s = pause_s

    def is_set(self) -> bool:
        return self._pause_s() <= 0

    async def wait(self) -> Literal[True]:
        while (pause_s := self._pause_s()) > 0:  # noqa: ASYNC110 — time alone opens it
            await asyncio.sleep(pause_s)
        return True


class FirstEdits:
    """Lets the first edits of a channel's messages go out side by side.

    discord.py 2.7.1 sends one alone until an answer has told the limit, so a first one that hangs would hold
    up every other message of its channel (http.py, Ratelimit).
    """

    def __init__(self, find: Callable[[str], Ratelimit]) -> None:
        self._find = find

    def __call__(self, key: str) -> Ratelimit:
        found = self._find(key)
        is_new = found.limit == found.remaining == 1 and not found.dirty and found.outgoing == 0
        if is_new and key.startswith(EDIT_ROUTE):
            found.limit = found.remaining = EDITS_IN_A_WINDOW
        return found


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
        self.first_answers = FirstAnswers()
        self._services: Services | None = None
        self._presses: dict[Action, Press] = {}
        self._member_presses: dict[MemberAction, MemberHandler] = {}
        self._case_presses: dict[CaseAction, CaseHandler] = {}
        self._model_presses: dict[ModelAction, ModelHandler] = {}
        self._text_handler: TextHandler | None = None
        self._refusal_handler: RefusalHandler | None = None
        self._forms: dict[str, FormHandler] = {}
        self._draft_presses: dict[DraftAction, DraftHandler] = {}
        self._picks: dict[PickAction, PickHandler] = {}
        self._goes: dict[GoAction, GoHandler] = {}

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

    def on_model_press(self, action: ModelAction, handler: ModelHandler) -> None:
        """Let a cog answer one kind of button of a model."""
        self._model_presses[action] = handler

    def answers_model_press(self, action: ModelAction) -> bool:
        """Whether a cog answers it: a button that nobody answers is not offered."""
        return action in self._model_presses

    def on_text_press(self, handler: TextHandler) -> None:
        """Let a cog answer the buttons that turn the pages of a text."""
        self._text_handler = handler

    def on_pick(self, action: PickAction, handler: PickHandler) -> None:
        """Let a cog answer one kind of button under results."""
        self._picks[action] = handler

    def on_go(self, action: GoAction, handler: GoHandler) -> None:
        """Let a cog answer one kind of confirmation."""
        self._goes[action] = handler

    def on_draft_press(self, action: DraftAction, handler: DraftHandler) -> None:
        """Let a cog answer one kind of button of a form's card."""
        self._draft_presses[action] = handler

    def on_form(self, kind: str, handler: FormHandler) -> None:
        """Let a cog answer forms whose custom id begins with `kind` and a colon."""
        self._forms[kind] = handler

    def on_refusal(self, handler: RefusalHandler) -> None:
        """Let a cog say more to a member at a limit."""
        self._refusal_handler = handler

    async def setup_hook(self) -> None:
        self.http._global_over = BotGate(self.services.board.bot_pause_s)  # noqa: SLF001 — no other hook
        self.http.get_ratelimit = FirstEdits(self.http.get_ratelimit)  # type: ignore[method-assign]  # no other hook
        self.http.ws_connect = GatewayDial(self.http.ws_connect)  # type: ignore[method-assign]  # no other hook
        # First of all: neither the gateway nor the list of commands is needed to bring a picture home.
        taken_up = await self.services.jobs.take_up()
        if taken_up:
            log.info("taking up %d unfinished jobs", taken_up)
        if self._is_own_api:
            _, gateway_url, _ = await self.http.get_bot_gateway()
            DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)
        self.add_dynamic_items(*BUTTONS)
        for cog in COGS:
            await self.load_extension(cog)
        await self.tree.sync()
        for start in self.services.background:
            start()

    async def on_interaction(self, interaction: Interaction) -> None:
        """A button or form whose id is none of ours, made up or from long ago, gets a sentence too."""
        if interaction.type in {discord.InteractionType.component, discord.InteractionType.modal_submit}:
            data: Mapping[str, Any] = interaction.data or {}
            custom_id = str(data.get("custom_id", ""))
            form = self._forms.get(custom_id.partition(":")[0])
            if form is not None and interaction.type is discord.InteractionType.modal_submit:
                await self._answered(interaction, form(interaction, custom_id))
            elif not self._is_answered_elsewhere(interaction, custom_id):
                await refuse(interaction, ButtonUnknown(custom_id))

    def _is_answered_elsewhere(self, interaction: Interaction, custom_id: str) -> bool:
        """Whether discord.py hands this press to a button of ours."""
        is_press = interaction.type is discord.InteractionType.component
        data: Mapping[str, Any] = interaction.data or {}
        is_button = data.get("component_type") == discord.ComponentType.button.value
        return is_press and is_button and is_ours(custom_id) and is_on(interaction.message, custom_id)

    async def close(self) -> None:
        """discord.py 2.7.1 leaves its wait for the first servers behind, which fails on the closed client."""
        try:
            await super().close()
        finally:
            waiting = self._connection._ready_task  # noqa: SLF001 — see above
            if waiting is not None:
                waiting.cancel()

    def answering(self) -> set[asyncio.Task[Any]]:
        """Commands and buttons that are being answered. discord.py 2.7.1 names their tasks so."""
        names = ("CommandTree-invoker", "discord-ui-", "discord.py: on_interaction")
        return {task for task in asyncio.all_tasks() if task.get_name().startswith(names)}

    async def on_ready(self) -> None:
        log.info("connected to Discord as %s", self.user)

    async def on_job_button(self, interaction: Interaction, action: Action, job_id: int) -> None:
        await self._answered(interaction, self._presses[action](interaction, job_id))

    async def on_member_button(self, interaction: Interaction, press: MemberPress) -> None:
        await self._answered(interaction, self._member_presses[press.action](interaction, press))

    async def on_case_button(self, interaction: Interaction, press: CasePress) -> None:
        await self._answered(interaction, self._case_presses[press.action](interaction, press))

    async def on_text_button(self, interaction: Interaction, press: TextPress) -> None:
        if self._text_handler is not None:
            await self._answered(interaction, self._text_handler(interaction, press))

    async def on_draft_button(self, interaction: Interaction, press: DraftPress) -> None:
        await self._answered(interaction, self._draft_presses[press.action](interaction, press))

    async def on_model_button(self, interaction: Interaction, press: ModelPress) -> None:
        await self._answered(interaction, self._model_presses[press.action](interaction, press))

    async def on_pick_button(self, interaction: Interaction, press: Pick | Go) -> None:
        if isinstance(press, Go):
            await self._answered(interaction, self._goes[press.action](interaction, press))
        else:
            await self._answered(interaction, self._picks[press.action](interaction, press))

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
