"""The whole bot between a stand-in Wiro on loopback and a simulated Discord, with people to use it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import discord
import simcord

from bot.app import Application, Runtime, opened
from bot.delivery.responses import UNKNOWN_INTERACTION
from bot.domain.clock import Clock
from bot.domain.errors import BotError
from bot.settings import load_settings
from bot.view.actions.seal import MARK
from sandbox.demo.simulated_discord import SimulatedFiles, Slot, let_refusals_through, spawn_outside
from sandbox.wiro.accounts import Account
from sandbox.wiro.faults import Hold
from sandbox.wiro.ledger import TaskView
from sandbox.wiro.pace import Pace
from sandbox.wiro.server import WiroSandbox
from tests.support.clocks import PATIENCE_S, until

ACCOUNT = Account("k" * 32, "s" * 64)
QUICK = Pace(scale=0.02)  # a picture takes about a tenth of a second
HELD_S = 60.0  # of a task's own time; on the wall clock until the test lets go

Build = Callable[..., Awaitable["World"]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a message with Components V2 shows: its words, its buttons by label, its pictures and files."""

    text: str = ""
    buttons: Mapping[str, str] = field(default_factory=dict)  # label to custom id, the last of each label
    custom_ids: tuple[str, ...] = ()  # of all buttons
    pictures: tuple[str, ...] = ()  # file names in galleries
    galleries: int = 0
    colour: int | None = None

    @property
    def has_ended(self) -> bool:
        return "Info" in self.buttons


def seen(components: Iterable[Mapping[str, Any]]) -> Seen:
    """Read the JSON of a message's components (Discord docs, Components reference, 2026)."""
    nodes = list(_nodes(components))
    galleries = [node for node in nodes if node["type"] == 12]
    boxes = [node for node in nodes if node["type"] == 17]
    return Seen(
        text="\n".join(node["content"] for node in nodes if node["type"] == 10),
        buttons={node["label"]: node["custom_id"] for node in nodes if node["type"] == 2},
        custom_ids=tuple(node["custom_id"] for node in nodes if node["type"] == 2),
        pictures=tuple(item["media"]["url"].rpartition("/")[2] for g in galleries for item in g["items"]),
        galleries=len(galleries),
        colour=boxes[0].get("accent_color") if boxes else None,
    )


def _nodes(components: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for node in components:
        yield node
        yield from _nodes(node.get("components", ()))
        if "accessory" in node:
            yield from _nodes([node["accessory"]])


class Brake:
    """The sandbox's sleep: a task that is held stays where it is until the test lets it go."""

    def __init__(self) -> None:
        self._passes = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        if seconds >= HELD_S * QUICK.scale:
            await self._passes.acquire()
        else:
            await asyncio.sleep(seconds)

    def let_go(self, tasks: int = 1) -> None:
        for _ in range(tasks):
            self._passes.release()


class World:
    """One server with two members and a moderator, the running bot, and Wiro's stand-in."""

    def __init__(
        self,
        folder: Path,
        wiro: WiroSandbox,
        brake: Brake,
        settings: Mapping[str, Any],
        stack: AsyncExitStack,
    ) -> None:
        self.wiro = wiro
        self.let_go = brake.let_go
        self._folder = folder
        self._settings = settings
        self._stack = stack
        self._opened = AsyncExitStack()
        self._slot = Slot()
        self._skipped_s = 0.0
        self.chance = Random(7)
        self.application: Application
        self.env: simcord.Env

    async def start(self) -> None:
        """Open the bot, then Discord around it, then let people in."""
        await self._open()
        self._slot.env = self.env = env = simcord.Env(
            self.application.bot, check_errors=False, settle_timeout=PATIENCE_S
        )
        let_refusals_through(env)
        await env.start()
        self._stack.push_async_callback(self._stop)
        self.guild = env.create_guild("Picture Club")
        self.art = self.guild.create_text_channel("art")
        self.sketches = self.guild.create_text_channel("sketches")
        moderates = self.guild.create_role("mods", permissions=discord.Permissions(manage_messages=True))
        self.alice = self.guild.add_member(env.create_user("alice"))
        self.bob = self.guild.add_member(env.create_user("bob"))
        self.mod = self.guild.add_member(env.create_user("morgan"), roles=[moderates])

    async def _open(self) -> None:
        given = {
            "discord_token": "simulated",
            "wiro_api_key": ACCOUNT.api_key,
            "wiro_api_secret": ACCOUNT.api_secret,
            "wiro_api_url": self.wiro.api_url,
            "wiro_socket_url": self.wiro.socket_url,
            "wiro_output_hosts": self.wiro.host,
            "database_url": f"sqlite:///{self._folder / 'bot.sqlite3'}",
            "edit_interval_s": 0.02,
        }
        settings = load_settings(_env_file=None, **{**given, **self._settings})
        # perf_counter: the simulated Discord replaces time.monotonic inside handlers.
        clock = Clock(time.time, lambda: time.perf_counter() + self._skipped_s)
        around = Runtime(clock, self.chance, spawn_outside(self._slot), SimulatedFiles(self._slot))
        self.application = await self._opened.enter_async_context(opened(settings, around))
        bot = self.application.bot
        bot.seal = replace(bot.seal, made_at_s=0.0)  # the simulated Discord's ids are of January 2026

    async def _stop(self) -> None:
        await self.shut_down()
        await self.env.shutdown()

    async def shut_down(self) -> None:
        """End the bot as a stop of its process does: what is unfinished stays on record."""
        await self.application.services.jobs.drain()
        await self._opened.aclose()

    async def restart(self, **settings: Any) -> None:
        """A new bot on the same database, the same Discord and the same Wiro."""
        await self.shut_down()
        await self.come_back(**settings)

    async def come_back(self, **settings: Any) -> None:
        """The second half of a restart."""
        self._settings = {**self._settings, **settings}
        self._opened = AsyncExitStack()
        await self._open()
        await self.env.restart_bot(self.application.bot)

    def skip(self, seconds: float) -> None:
        """Let the bot's own steady clock jump ahead."""
        self._skipped_s += seconds

    # --- what people do --------------------------------------------------------------------------

    async def imagine(self, actor: Any, prompt: str, channel: Any = None, **options: Any) -> Any:
        """/imagine in a channel; the handle of the interaction."""
        return await actor.slash(channel or self.art, "imagine", prompt=prompt, **options)

    async def draw(self, actor: Any, prompt: str, **options: Any) -> tuple[Any, Seen]:
        """/imagine and wait until its ending is shown and on record; the handle and the ending's card."""
        before = self.application.services.jobs.running
        asked = await self.imagine(actor, prompt, **options)
        seen = await self.ending(asked)
        await until(lambda: self.application.services.jobs.running <= before, "the job to be over")
        return asked, seen

    async def press(self, actor: Any, asked: Any, label: str) -> Any:
        """Click a button of the message that answers `asked`."""
        return await actor.click(asked.response.message, custom_id=self.card(asked).buttons[label])

    async def ask(self, actor: Any, command: str, channel: Any = None) -> str:
        """The words that a command answers to its asker alone."""
        answer = await actor.slash(channel or self.art, command)
        assert answer.response.ephemeral
        return self.card(answer).text

    # --- what people see ----------------------------------------------------------------------------

    def card(self, asked: Any) -> Seen:
        """The present look of the message that answers an interaction."""
        return seen(asked.response.components) if asked.response is not None else Seen()

    async def ending(self, asked: Any) -> Seen:
        """Wait for the ending of a job; its card."""
        await until(lambda: self.card(asked).has_ended, f"an ending; it shows {self.card(asked)}")
        return self.card(asked)

    async def showing(self, asked: Any, words: str) -> Seen:
        """Wait until the message says these words."""
        await until(lambda: words in self.card(asked).text, f"{words!r}; it shows {self.card(asked)}")
        return self.card(asked)

    def refusal(self, asked: Any) -> str:
        """The one sentence that a refused asker alone was told; nothing else may be left behind."""
        answers = [answer for answer in (asked.response, *asked.followups) if answer is not None]
        assert [answer.ephemeral for answer in answers] == [True]
        return str(answers[0].content)

    def told(self, asked: Any) -> str:
        """What a presser alone was told in a follow-up."""
        (followup,) = asked.followups
        assert followup.ephemeral
        return str(followup.content)

    def edits(self, asked: Any) -> list[Seen]:
        """Every state sent to the message of an interaction through its token, in order."""
        path = f"/webhooks/{self.env.bot.application_id}/{asked._interaction.token}/messages/@original"
        return [seen(r.json["components"]) for r in self.requests("PATCH", path)]

    def channel_edits(self, asked: Any) -> list[Seen]:
        """As `edits`, through the bot's own route."""
        path = f"/channels/{asked.response.channel_id}/messages/{asked.response.id}"
        return [seen(r.json["components"]) for r in self.requests("PATCH", path)]

    def requests(self, method: str, path: str) -> list[Any]:
        return [r for r in self.env.http_requests if r.method == method and r.path == path]

    def messages(self, viewer: Any, channel: Any = None) -> list[discord.Message]:
        return list((channel or self.art).history(viewer=viewer))

    def letters(self, member: Any) -> list[discord.Message]:
        """The direct messages between a member and the bot, oldest first."""
        return list(member.user.dm_channel.history(viewer=member.user))

    # --- what Wiro saw --------------------------------------------------------------------------------

    @property
    def tasks(self) -> tuple[TaskView, ...]:
        return self.wiro.ledger.tasks

    @property
    def runs(self) -> int:
        """How often Run was called."""
        return len(self.wiro.ledger.requests_to("Run/"))

    def parameters(self) -> Mapping[str, Any]:
        """The body of the newest Run."""
        return self.wiro.ledger.requests_to("Run/")[-1].fields

    def hold(self, *statuses: str, prompt: str = "") -> None:
        """Tasks (with this word in the prompt) stay in each of these statuses until `let_go`."""
        for status in statuses:
            self.wiro.faults.add(Hold(status, HELD_S), prompt=prompt, times=None)

    async def idle(self) -> None:
        """Wait until no job is followed any more."""
        await until(lambda: self.application.services.jobs.running == 0, "every job to be over")


def unforeseen(errors: Iterable[BaseException]) -> list[BaseException]:
    """Refusals reach the command tree as errors too; they are the bot's way to say no."""
    causes = [getattr(error, "original", error) for error in errors]
    # What Discord has given up waiting for has nobody left to be told.
    return [
        cause
        for cause in causes
        if not isinstance(cause, BotError) and getattr(cause, "code", None) != UNKNOWN_INTERACTION
    ]


def unmarked(world: World) -> list[str]:
    """Buttons and forms that were sent without the bot's mark. A form's own is for all its fields."""
    found = []
    for request in world.env.http_requests:
        body = request.json if isinstance(request.json, dict) else {}
        body = (body.get("data") or body) if "/interactions/" in request.path else body
        nodes = _nodes(body.get("components") or ())
        ids = [body["custom_id"]] if "custom_id" in body else [n.get("custom_id") for n in nodes]
        found += [f"{request.method} {request.path}: {i}" for i in ids if i and not re.search(f"{MARK}$", i)]
    return found


def pinging(world: World) -> list[str]:
    """Requests that say something without forbidding every mention."""
    found = []
    for request in world.env.http_requests:
        body = request.json if isinstance(request.json, dict) else {}
        is_form = "/interactions/" in request.path and body.get("type") == 9  # it is no message
        body = body.get("data") or body if "/interactions/" in request.path else body
        says = {"content", "components", "embeds"} & set(body)
        if says and not is_form and body.get("allowed_mentions") != {"parse": []}:
            found.append(f"{request.method} {request.path}: {body.get('allowed_mentions')}")
    return found
