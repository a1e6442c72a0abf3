"""Seeded trouble on every side at once: what goes wrong, when, and what must hold in the end."""

import asyncio
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sandbox.discord import Channel, Fault, Interaction, Message
from sandbox.discord.entities import SEND_MESSAGES, VIEW_CHANNEL
from sandbox.wiro.faults import (
    BUSY,
    Drop,
    DropSocket,
    Duplicate,
    FailTask,
    Hold,
    ListLag,
    Moment,
    Mute,
    OneTaskPerSocket,
    RefuseSocket,
    Reorder,
    RequestFault,
    SilentSocket,
    StderrNoise,
    Strange,
    TaskFault,
    rate_limited,
    server_error,
)
from tests.e2e.blackbox.blackbox_books import PICO, Books
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness, labels
from tests.e2e.blackbox.blackbox_process import BotProcess

SETTLED_WITHIN_S = 900.0  # only a hang takes so long
PUT_RIGHT_WITHIN_S = 900.0
PASSING = "held · asked"  # in every state of a job that has not ended
SETTINGS = {"UNKNOWN_GRACE_S": "3", "SILENCE_S": "0.7", "LOG_LEVEL": "INFO"}

_LIMITED = {"message": "You are being rate limited.", "retry_after": 0.3, "global": False}
_GLOBAL = {**_LIMITED, "global": True}
_USER = {"Retry-After": "1", "X-RateLimit-Scope": "user"}

LATE: dict[str, Any] = {"kind": "slow", "hang_s": 6.0}  # carried out a second after the bot has given it up
EDIT_FAULTS: list[dict[str, Any]] = [
    {"status": 500},
    {"status": 502, "body": "<html>bad gateway</html>"},
    {"status": 503},
    {"kind": "reset"},
    {"kind": "reset", "after": True},
    {"kind": "close"},
    {"kind": "close", "after": True},
    {"kind": "hang", "hang_s": 3.0},
    LATE,
    {"status": 429, "body": _LIMITED, "headers": _USER},
    {"status": 429, "body": _LIMITED, "headers": {**_USER, "X-RateLimit-Scope": "shared"}},
    {"status": 429, "body": _GLOBAL, "headers": {**_USER, "X-RateLimit-Scope": "global"}},
    {"status": 429, "body": "slow down", "headers": {"Retry-After": "1"}},
    {"status": 429, "body": "error code: 1015", "headers": {"Retry-After": "2"}, "via": False},
    {"status": 429, "body": {"message": "no seconds in here"}, "headers": _USER},
    {"status": 500, "body": "{", "headers": {"Content-Type": "application/json"}},
]
TOKEN_ENDS: list[dict[str, Any]] = [
    {"status": 401, "body": {"message": "Invalid Webhook Token", "code": 50027}},
    {"status": 404, "body": {"message": "Unknown Webhook", "code": 10015}},
]
TASK_FAULTS: list[TaskFault] = [
    DropSocket("task_output", breaks=2),
    DropSocket("task_assign", close_code=1011),
    DropSocket("task_end", close_code=1013),
    Mute(),
    Mute(frozenset({"task_postprocess_end"})),
    Duplicate(3),
    Reorder(),
    Strange(),
    StderrNoise(),
    FailTask(),
    Hold("task_queue", 15),
    Hold("task_output", 15),
    Hold("task_postprocess_start", 15),
]
RUN_FAULTS: list[RequestFault] = [
    Drop(),
    Drop(Moment.BEFORE),
    server_error(502),
    server_error(504, moment=Moment.AFTER),
    BUSY,
    rate_limited(1),
]


@dataclass
class Wish:
    """One request, and what was done to its message on purpose."""

    prompt: str
    asked: Interaction
    is_taken_away: bool = False
    may_be_late: bool = False  # an edit of it may be carried out after its ending
    is_forsaken: bool = False  # it had ended when the bot was killed or stopped: nobody looks at it again


@dataclass
class Chaos:
    """One seed's story. `play` it, then `judge` what is left."""

    harness: BlackboxHarness
    seed: int
    jobs: int = 12
    wishes: list[Wish] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    doomed: set[int] = field(default_factory=set)  # channels that are deleted or shut in this story

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)
        guild = self.harness.guild
        self.channels = [
            self.harness.channel,
            *(self.harness.discord.add_channel(guild, f"c{n}") for n in "12"),
        ]
        self.people = [
            self.harness.alice,
            self.harness.bob,
            *(self.harness.discord.add_member(guild, f"m{n}") for n in "12"),
        ]

    async def play(self) -> Books:
        self.harness.may_show_tracebacks = True  # discord.py logs each failed connection with its traceback
        bot = await self.harness.start(**SETTINGS)
        self._plan_wiro()
        happenings = self._plan_happenings()
        for number in range(self.jobs):
            self._ask(number)
            await asyncio.sleep(self.chance.uniform(0, 0.15))
            while happenings and number >= happenings[0][0]:
                bot = await self._happen(happenings.pop(0)[1], bot)
        for _, happening in happenings:
            bot = await self._happen(happening, bot)
            await asyncio.sleep(self.chance.uniform(0, 0.5))
        self._note("waiting")
        for fault in self.faults:
            if fault.times is None:
                fault.remove()
        bot = await self._settled(bot)
        await self._put_right()
        return await self.harness.stop(bot)

    # What is asked and what goes wrong with it

    def _ask(self, number: int) -> None:
        prompt = f"wish {number:02}"
        place = self.chance.choice(self.channels)
        if place.id not in self.harness.discord.world.channels or place.id in self.doomed:
            place = self.channels[0]
        options = {"private": True} if self.chance.random() < 0.2 else {}
        asked = self.harness.imagine(self.chance.choice(self.people), prompt, where=place, **options)
        wish = Wish(prompt, asked)
        self.wishes.append(wish)
        token = rf"/webhooks/\d+/{re.escape(asked.token)}/messages/@original$"
        if self.chance.random() < 0.6:
            fault = self.chance.choice(EDIT_FAULTS)
            wish.may_be_late = fault is LATE
            times = self.chance.randint(1, 3)
            self.faults.append(self.harness.discord.fault("PATCH", token, times=times, **fault))
            self._note(f"{prompt}: {times} x {fault}")
        if self.chance.random() < 0.15:
            fault = self.chance.choice(TOKEN_ENDS)
            self.faults.append(self.harness.discord.fault("PATCH", token, times=50, **fault))
            self._note(f"{prompt}: {fault}")
        if self.chance.random() < 0.15:
            self.harness.discord.world.emit("INTERACTION_CREATE", asked.payload, self.harness.guild, 0)

    def _plan_wiro(self) -> None:
        script = self.harness.wiro.faults
        for number in range(self.jobs):
            prompt = f"wish {number:02}"
            if self.chance.random() < 0.6:
                fault = self.chance.choice(TASK_FAULTS)
                script.add(fault, prompt=prompt)
                self._note(f"{prompt}: {fault}")
            if self.chance.random() < 0.25:
                run_fault = self.chance.choice(RUN_FAULTS)
                script.add(run_fault, path="Run/", prompt=prompt)
                script.add(ListLag(self.chance.uniform(0, 1)), prompt=prompt)
                self._note(f"{prompt}: Run {run_fault}")
        for _ in range(self.chance.randint(0, 3)):
            sockets = [SilentSocket(), RefuseSocket(503), RefuseSocket(429), OneTaskPerSocket()]
            script.add(self.chance.choice(sockets), nth=self.chance.randint(1, 5))
        script.add(server_error(503), path="Task/Detail", nth=self.chance.randint(1, 9), times=3)
        script.add(Drop(), path="Task/Detail", nth=self.chance.randint(1, 20), times=2)
        script.add(server_error(500), path="Task/List", times=self.chance.randint(0, 2))

    def _plan_happenings(self) -> list[tuple[int, str]]:
        kinds = [
            "drop",
            "op7",
            "op9",
            "delete",
            "delete",
            "kill",
            "stop",
            "shut",
            "gone",
            "edits down",
            "old",
        ]
        chosen = self.chance.sample(kinds, self.chance.randint(2, 5))
        return sorted((self.chance.randrange(self.jobs), kind) for kind in chosen)

    async def _happen(self, kind: str, bot: BotProcess) -> BotProcess:
        discord, harness = self.harness.discord, self.harness
        self._note(f"after {len(self.wishes)} wishes: {kind}")
        match kind:
            case "drop":
                await discord.gateway.drop()
            case "op7":
                discord.gateway.ask_reconnect()
            case "op9":
                discord.gateway.invalidate(resumable=self.chance.random() < 0.5)
            case "delete":
                wish = self.chance.choice(self.wishes)
                if wish.asked.original is not None and not wish.asked.original.is_ephemeral:
                    discord.delete_message(wish.asked.original)
                    wish.is_taken_away = True
            case "kill":
                await bot.kill()
                self._forsake()
                return await harness.start(**SETTINGS)
            case "stop":
                await bot.terminate()
                self._forsake()
                return await harness.start(**SETTINGS)
            case "shut":
                await self._shut_and_reopen(self.channels[1])
            case "gone":
                self._delete(self.channels[2])
            case "edits down":
                await self._outage()
            case _:
                discord.advance(901)  # every token of before is dead
        return bot

    def _forsake(self) -> None:
        for wish in self.wishes:
            message = wish.asked.original
            if wish.may_be_late and message is not None:
                wish.is_forsaken |= any(PASSING not in revision.text for revision in message.revisions)

    async def _outage(self) -> None:
        outage = self.harness.discord.fault("PATCH", ".", times=None, status=self.chance.choice([500, 503]))
        self.faults.append(outage)
        await asyncio.sleep(self.chance.uniform(0.5, 2))
        outage.remove()

    async def _shut_and_reopen(self, channel: Channel) -> None:
        everyone = self.harness.guild.everyone
        self.harness.discord.set_overwrite(channel, everyone, deny=VIEW_CHANNEL | SEND_MESSAGES)
        self.doomed.add(channel.id)
        await asyncio.sleep(self.chance.uniform(0.2, 1.5))
        self.harness.discord.set_overwrite(channel, everyone)

    def _delete(self, channel: Channel) -> None:
        self.doomed.add(channel.id)
        self.harness.discord.delete_channel(channel)
        for wish in self.wishes:
            wish.is_taken_away |= wish.asked.channel is channel

    def _note(self, text: str) -> None:
        self.events.append(text)

    # The end

    async def _settled(self, bot: BotProcess) -> BotProcess:
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while not self._is_over():
                await asyncio.sleep(0.2)
                assert bot.is_alive, "the bot has gone"
        return bot

    async def _put_right(self) -> None:
        """Until the last late edit has come, and no ending is left overwritten."""
        late = [
            wish.asked
            for wish in self.wishes
            if wish.may_be_late
            and not (wish.is_taken_away or wish.is_forsaken or wish.asked.channel.id in self.doomed)
        ]
        if not late:
            return
        try:
            async with asyncio.timeout(PUT_RIGHT_WITHIN_S):
                is_right = False
                while not is_right:
                    await asyncio.sleep(0.2)
                    is_right = not self._has_edits_to_come() and not any(_is_overwritten(one) for one in late)
        except TimeoutError:
            return  # the judge names what is wrong

    def _has_edits_to_come(self) -> bool:
        return any(one.method == "PATCH" and not one.took_s for one in self.harness.discord.requests)

    def _is_over(self) -> bool:
        """Whether every job is settled and told, by a copy that may be torn: then the next one tells."""
        open_jobs = """SELECT count(*) FROM jobs LEFT JOIN resolution USING (job_id)
                       WHERE is_delivered = 0 OR (resolution.job_id IS NULL AND NOT is_charge_open)"""
        with TemporaryDirectory() as scratch:
            for file in self.harness.database.parent.glob(f"{self.harness.database.name}*"):
                shutil.copy(file, scratch)
            try:
                with closing(sqlite3.connect(Path(scratch) / self.harness.database.name)) as connection:
                    return bool(connection.execute(open_jobs).fetchone() == (0,))
            except sqlite3.Error:
                return False

    def judge(self, books: Books) -> None:
        wiro, discord = self.harness.wiro, self.harness.discord
        tasks = Counter(task.prompt for task in wiro.ledger.tasks)
        assert max(tasks.values()) == 1, tasks
        by_prompt = {job["prompt"]: job for job in books.jobs}
        assert len(by_prompt) == len(books.jobs)
        for task in wiro.ledger.tasks:
            job = by_prompt[task.prompt]
            resolution = books.resolutions[job["job_id"]]
            charged = Decimal(resolution["amount_pico"]) / PICO
            assert charged == (Decimal(task.totalcost) if task.is_terminal else 0), task.prompt
        assert books.posted + books.written_off == self.harness.billed
        for wish in self.wishes:
            self._judge_message(wish, by_prompt.get(wish.prompt))
        in_channels = [message for channel in self.channels for message in channel.messages()]
        owners = Counter(id(message) for message in in_channels)
        assert set(owners.values()) <= {1}
        assert len(in_channels) <= len(self.wishes)
        invalid = [one for one in discord.invalid_requests if one.status != 429]
        assert len(invalid) <= 2 + sum(fault.used for fault in self.faults), invalid
        storms = Counter(int(at_s) for at_s in self._identifies())
        assert all(count <= 3 for count in storms.values())

    def _identifies(self) -> list[float]:
        return self.harness.discord.gateway.identified_at_s

    def _judge_message(self, wish: Wish, job: dict[str, Any] | None) -> None:
        message = wish.asked.original
        if job is None or message is None or wish.is_taken_away or wish.is_forsaken:
            return  # not on record when the bot was killed, or taken away on purpose
        letters = [
            letter
            for letter in self.harness.discord.direct_channel(wish.asked.user).messages()
            if wish.prompt in letter.text()
        ]
        shown = [one for one in (message, *letters) if _is_ending(one)]
        kept_out = message.channel.id in self.doomed
        assert shown or kept_out, f"{wish.prompt}: nobody was told: {message.text()}"
        assert len(letters) <= (1 if message.is_ephemeral or kept_out else 0), wish.prompt
        if job["stage"] == "SUCCEEDED" and shown:
            assert all(len(one.shown_files()) == 1 for one in shown), wish.prompt


def _is_overwritten(asked: Interaction) -> bool:
    message = asked.original
    if message is None or message.deleted:
        return False
    return PASSING in message.text() and any(PASSING not in one.text for one in message.revisions)


def _is_ending(message: Message) -> bool:
    return "Info" in labels(message)
