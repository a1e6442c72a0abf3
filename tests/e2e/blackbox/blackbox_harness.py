"""Both stand-ins on loopback, the people of one server, and the bot between them as a child process."""

import asyncio
import re
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
from PIL import Image

from sandbox.discord import Channel, DiscordStandIn, Interaction, Limits, Message, Person
from sandbox.wiro.accounts import Account, signature
from sandbox.wiro.faults import Hold
from sandbox.wiro.fixtures import SAMPLE_MODELS
from sandbox.wiro.pace import Pace
from sandbox.wiro.painter import Subject
from sandbox.wiro.server import WiroSandbox
from tests.e2e.blackbox.blackbox_books import Books, read_books
from tests.e2e.blackbox.blackbox_process import BotProcess
from tests.support.clocks import PATIENCE_S, until
from tests.support.images import saved

DISCORD_TOKEN = "canary-discord.token-5f1c.0a7e93d2b64c"
WIRO_KEY = "canary-wiro-key-8d20b7"
WIRO_SECRET = "canary-wiro-secret-c49e51"
MANAGE_GUILD = 1 << 5
MANAGE_MESSAGES = 1 << 13
FOREVER_S = 100_000.0  # of the sandbox's pace: held until it is stopped
_PACE = Pace(scale=0.05)
# And a little more for each further hold: figures that no other rest of a task has; billed as such.
_HELD_S = 17.25


def small_picture(subject: Subject) -> bytes:
    """A quick PNG that still depends on the seed."""
    seed = subject.seed * 31 + subject.index
    return saved(Image.new("RGB", (64, 48), (seed % 256, seed // 256 % 256, 90)))


class Brake:
    """A sleep for the sandbox: whoever is held waits until a test lets it go."""

    def __init__(self) -> None:
        self._gates: dict[float, asyncio.Event] = {}

    def gate(self) -> tuple[float, asyncio.Event]:
        """For how long, on the sandbox's pace, and what ends it."""
        held_s = _HELD_S + len(self._gates) / 64
        self._gates[held_s * _PACE.scale] = gate = asyncio.Event()
        return held_s, gate

    async def sleep(self, seconds: float) -> None:
        if (gate := self._gates.get(seconds)) is not None:
            await gate.wait()
        else:
            await asyncio.sleep(seconds)

    def let_go(self) -> None:
        for gate in self._gates.values():
            gate.set()


class BlackboxHarness:
    """A server with alice and bob, a moderator and a channel; `start` brings the bot in."""

    def __init__(self, folder: Path, discord: DiscordStandIn, wiro: WiroSandbox, brake: Brake) -> None:
        self.folder = folder
        self._cwd = folder / "cwd"  # empty, so that no .env is read
        self._cwd.mkdir()
        self.discord = discord
        self.wiro = wiro
        self.brake = brake
        self.guild = discord.add_guild()
        self.channel: Channel = discord.add_channel(self.guild, "art")
        self.alice: Person = discord.add_member(self.guild, "alice")
        self.bob: Person = discord.add_member(self.guild, "bob")
        moderators = discord.add_role(self.guild, "Moderators", permissions=MANAGE_MESSAGES)
        self.mod: Person = discord.add_member(self.guild, "mod", roles=[moderators])
        self.processes: list[BotProcess] = []
        self.may_show_tracebacks = False

    @property
    def database(self) -> Path:
        return self.folder / "data" / "bot.sqlite3"

    def settings(self, **changed: str | None) -> dict[str, str]:
        """The environment of the bot; None leaves a setting out."""
        values: dict[str, str | None] = {
            "DISCORD_TOKEN": DISCORD_TOKEN,
            "DISCORD_API_URL": self.discord.api_url,
            "WIRO_API_KEY": WIRO_KEY,
            "WIRO_API_SECRET": WIRO_SECRET,
            "WIRO_API_URL": self.wiro.api_url,
            "WIRO_SOCKET_URL": self.wiro.socket_url,
            "WIRO_OUTPUT_HOSTS": "127.0.0.1",
            "DISCORD_CDN_HOSTS": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "EDIT_INTERVAL_S": "0.25",
            # Wide, so that members and crowds meet the limits that a test is about.
            "DEFAULT_AT_ONCE": "1000",
            "GUILD_SPEND_PER_DAY": "1000",
            "USER_SPEND_PER_DAY": "1000",
            "LOG_LEVEL": "DEBUG",
            **changed,
        }
        return {name: value for name, value in values.items() if value is not None}

    async def launch(self, *arguments: str, **changed: str | None) -> BotProcess:
        """A child that may end by itself."""
        bot = await BotProcess.launch(self._cwd, self.settings(**changed), *arguments)
        self.processes.append(bot)
        return bot

    async def start(self, **changed: str | None) -> BotProcess:
        """A bot that is connected."""
        await self.discord.until(lambda: not self.discord.gateway.is_connected, what="an empty gateway")
        bot = await self.launch(**changed)
        connected = asyncio.create_task(self.discord.connected(PATIENCE_S))
        ended = asyncio.create_task(bot.exited())
        await asyncio.wait({connected, ended}, return_when=asyncio.FIRST_COMPLETED)
        for task in (connected, ended):
            task.cancel()
        outcome = await asyncio.gather(connected, ended, return_exceptions=True)
        assert bot.is_alive, bot.output[-2000:]
        assert outcome[0] is None, bot.output[-2000:]
        return bot

    # What people do and see

    def imagine(
        self, who: Person, prompt: str, *, where: Channel | None = None, force: bool = False, **options: Any
    ) -> Interaction:
        return who.slash(where or self.channel, "imagine", {"prompt": prompt, **options}, force=force)

    async def shows(self, asked: Interaction, *words: str, timeout_s: float = PATIENCE_S) -> Message:
        """The answer, once its text has one of these words."""

        def holds() -> bool:
            message = asked.original
            return message is not None and any(word in message.text() for word in words)

        await asked.until(holds, timeout_s=timeout_s, what=f"one of {words}")
        assert asked.original is not None
        return asked.original

    async def ended(self, asked: Interaction, *, timeout_s: float = PATIENCE_S) -> Message:
        """The status message, once it shows an ending."""

        def holds() -> bool:
            message = asked.original
            return message is not None and "Info" in labels(message)

        await asked.until(holds, timeout_s=timeout_s, what="an ending")
        assert asked.original is not None
        return asked.original

    async def refused(self, asked: Interaction) -> str:
        """The one sentence that the asker alone was told; nothing else was left behind."""
        await asked.until(lambda: any(not message.is_loading for message in asked.messages), what="a refusal")
        (message,) = [message for message in asked.messages if not message.is_loading]
        assert message.is_ephemeral
        assert message.seen_by is asked.user
        own = asked.original if asked.original is not asked.source else None
        assert own is None or own.deleted or own is message
        text, *further = message.text().split("\n")  # what would still fit stands below the reason
        assert text.endswith(".")
        assert all(line.startswith("This would still fit") for line in further), further
        return text

    async def said(self, who: Person, command: str, **options: Any) -> str:
        """What a command answers to its requester alone."""
        message = await who.slash(self.channel, command, options, force=True).answered()
        assert message.is_ephemeral
        return message.text()

    def add_manager(self, name: str = "greta") -> Person:
        """A new member with Manage Server."""
        managers = self.discord.add_role(self.guild, "Managers", permissions=MANAGE_GUILD)
        return self.discord.add_member(self.guild, name, roles=[managers])

    async def recorded(self, bot: BotProcess, deliveries: int) -> None:
        """Until the bot has written down that it told so many endings: some time after they are seen."""
        told = re.compile(r"job \d+: (?:succeeded|failed|cancelled), \w+")
        await until(lambda: len(told.findall(bot.output)) >= deliveries)

    async def quota(self, who: Person) -> str:
        return (await who.slash(self.channel, "quota").answered()).text()

    def seen_by(self, who: Person) -> list[Message]:
        """What this person sees in the channel, without what was made for them alone."""
        return [one for one in self.channel.messages(who) if not one.is_ephemeral and not one.deleted]

    # What Wiro saw

    def wiro_models(self) -> list[str]:
        return [model.slug for model in SAMPLE_MODELS]

    @property
    def runs(self) -> int:
        """Run requests, accepted or not."""
        return len(self.wiro.ledger.requests_to("Run/"))

    @property
    def billed(self) -> Decimal:
        return sum((Decimal(task.totalcost) for task in self.wiro.ledger.tasks), Decimal(0))

    def hold(self, status: str, *, prompt: str = "", times: int | None = 1) -> asyncio.Event:
        """So many tasks (with this word in the prompt) stay in this status until it is set, or `let_go`."""
        held_s, gate = self.brake.gate()
        self.wiro.faults.add(Hold(status, held_s), prompt=prompt, times=times)
        return gate

    def let_go(self) -> None:
        """Nobody is held any more."""
        self.brake.let_go()

    # The end

    async def stop(self, bot: BotProcess) -> Books:
        """Ends the bot in good order and opens its books."""
        code, _ = await bot.terminate()
        assert code == 0, bot.output[-2000:]
        return self.books()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in a copy of the database, whose owner may be running."""
        scratch = self.folder / f"copy-{time.monotonic_ns()}"
        scratch.mkdir()
        for file in self.database.parent.glob(f"{self.database.name}*"):
            shutil.copy(file, scratch / file.name)
        with closing(sqlite3.connect(scratch / self.database.name)) as connection:
            return connection.execute(query).fetchall()

    def sql(self, statement: str) -> None:
        """Change the database while nobody has it open."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement)

    def books(self) -> Books:
        scratch = self.folder / f"copy-{time.monotonic_ns()}"
        books = read_books(self.database, scratch)
        books.check()
        return books

    async def close(self) -> None:
        """Ends every child, then looks for what must never be found, whatever the test was about."""
        for bot in self.processes:
            await bot.kill()
            print(bot.output)  # noqa: T201 — pytest shows it when the test has failed
        self._nobody_was_pinged()
        self._no_secret_is_anywhere()
        output = "".join(bot.output for bot in self.processes)
        assert self.may_show_tracebacks or "Traceback" not in output
        assert "Exception ignored" not in output
        assert "never retrieved" not in output
        assert "was never awaited" not in output

    def _nobody_was_pinged(self) -> None:
        for message in self._messages():
            for revision in message.revisions:
                assert revision.allowed_mentions == {"parse": []}, revision
                assert not revision.pinged

    def _no_secret_is_anywhere(self) -> None:
        account = Account(WIRO_KEY, WIRO_SECRET)
        nonces = {request.headers.get("x-nonce", "") for request in self.wiro.ledger.requests} - {""}
        secrets = {DISCORD_TOKEN, WIRO_KEY, WIRO_SECRET, *self.discord.world.by_token}
        secrets |= {task.token for task in self.wiro.ledger.tasks}
        secrets |= {signature(account, nonce) for nonce in nonces}
        places = {f"process {number}": bot.output.encode() for number, bot in enumerate(self.processes)}
        places |= {str(file): file.read_bytes() for file in self.folder.rglob("*") if file.is_file()}
        places["messages"] = "\n".join(message.text() for message in self._messages()).encode()
        for place, content in places.items():
            for secret in secrets:
                assert secret.encode() not in content, f"{secret[:12]}… in {place}"

    def _messages(self) -> list[Message]:
        return [message for channel in self.discord.world.channels.values() for message in channel.history]


def labels(message: Message) -> list[str]:
    return [button.label for button in message.buttons()]


Opened = Callable[..., Awaitable[BlackboxHarness]]  # the fixture `opened`: keywords as here


@asynccontextmanager
async def open_harness(
    folder: Path, *, limits: Limits | None = None, key_only: bool = False, **wiro: Any
) -> AsyncIterator[BlackboxHarness]:
    """`wiro` goes to the sandbox; `limits` are Discord's, none where none are given."""
    account = Account(WIRO_KEY, "" if key_only else WIRO_SECRET)
    brake = Brake()
    wiro = {"paint": small_picture, "pace": _PACE, "sleep": brake.sleep, **wiro}
    async with (
        DiscordStandIn(token=DISCORD_TOKEN, limits=limits or Limits.off()) as discord,
        WiroSandbox(accounts=[account], **wiro) as sandbox,
    ):
        harness = BlackboxHarness(folder, discord, sandbox, brake)
        try:
            yield harness
        finally:
            await harness.close()


async def fetched(url: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
        return await answer.read()


async def same_day() -> None:
    """Limits turn over at midnight UTC; a test that counts them does not begin just before."""
    left_s = 86_400 - time.time() % 86_400
    if left_s < 30:
        await asyncio.sleep(left_s + 0.1)
