"""Discord's side of a status message: ways that record what was sent, and discord.py's refusals."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import discord

from bot.delivery.budgets import Key, token_key
from bot.domain.job.output_file import OutputFile
from bot.view.card import Card
from tests.support.samples import CHANNEL, GUILD
from tests.support.seals import SEAL

TOKEN = "tok"
TOKEN_KEY = token_key(TOKEN)


def an_http_error(status: int, code: int = 0) -> discord.HTTPException:
    """What discord.py raises for an answer of Discord."""
    response: Any = SimpleNamespace(status=status, reason="refused")
    kinds = {403: discord.Forbidden, 404: discord.NotFound, 503: discord.DiscordServerError}
    return kinds.get(status, discord.HTTPException)(response, {"code": code, "message": "refused"})


class FakeRoute:
    """One way to a message. `faults` fail the next sends; a closed `gate` holds them."""

    def __init__(self, key: Key = TOKEN_KEY, *, closes_at_s: float = float("inf")) -> None:
        self.key = key
        self.limit_bytes = 1_000
        self.closes_at_s = closes_at_s
        self.takes_progress = True
        self.sent: list[tuple[Card, Sequence[OutputFile] | None]] = []
        self.tried = 0
        self.faults: deque[Exception] = deque()
        self.gate = asyncio.Event()
        self.gate.set()
        self.in_flight = 0
        self.most_in_flight = 0
        self.on_send: Callable[[], None] = lambda: None
        self.reads = 0
        self.shows: list[str] = []  # the texts that a look finds

    async def send(self, card: Card, pictures: Sequence[OutputFile] | None) -> None:
        self.tried += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.on_send()
        try:
            await self.gate.wait()
            if self.faults:
                raise self.faults.popleft()
            self.sent.append((card, pictures))
        finally:
            self.in_flight -= 1

    async def seen(self) -> Sequence[str]:
        self.reads += 1
        if self.faults:
            raise self.faults.popleft()
        return self.shows

    @property
    def texts(self) -> list[str]:
        return [card.text for card, _ in self.sent]


class ModLog:
    """Where one kind of request arrives: remembers each one, fails as `faults` says."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: deque[Exception] = deque()
        self.view: discord.ui.LayoutView | None = None  # what stands there
        self.reads = 0
        self.gate = asyncio.Event()  # closed, a request hangs
        self.gate.set()

    async def take(self, **request: Any) -> None:
        self.requests.append(request)
        await self.gate.wait()
        if self.faults:
            raise self.faults.popleft()
        self.view = request["view"]

    async def look(self) -> Any:
        """The message as discord.py reads it."""
        self.reads += 1
        parts = self.view.to_components() if self.view is not None else []
        components = [discord.components._component_factory(part) for part in parts]
        return SimpleNamespace(components=components)

    @property
    def texts(self) -> list[str]:
        """All that each request shows, in one text."""
        return [text_of(request["view"]) for request in self.requests]

    @property
    def attached(self) -> list[list[str]]:
        """The names of each request's files; a request that leaves them alone has none here."""
        names = []
        for request in self.requests:
            files = request.get("attachments", request.get("files"))
            names.append([file.filename for file in files] if files is not discord.utils.MISSING else [])
        return names


def text_of(view: discord.ui.LayoutView) -> str:
    """All words of a message, as they would go over the wire."""
    components: Any = view.to_components()  # type: ignore[no-untyped-call]  # of discord.py
    return "\n".join(_contents(components))


def _contents(components: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for component in components:
        if "content" in component:
            yield component["content"]
        yield from _contents(component.get("components", ()))


class FakeInteraction:
    """An acknowledged interaction."""

    def __init__(self, interaction_id: int = 1) -> None:
        self.id = interaction_id
        self.token = TOKEN
        self.guild_id = GUILD
        self.channel_id = CHANNEL
        self.app_permissions = discord.Permissions(view_channel=True, send_messages=True)
        self.client = SimpleNamespace(seal=SEAL)
        self.mod_log = ModLog()
        self.followup = SimpleNamespace(fetch_message=self._fetch, send=self._send)
        self.taken_back: list[bool] = []  # shared by the copies that routes keep
        self.said_alone: list[str] = []
        self.alone_faults: deque[Exception] = deque()

    async def edit_original_response(self, **request: Any) -> None:
        await self.mod_log.take(**request)

    async def delete_original_response(self) -> None:
        if self.alone_faults:
            raise self.alone_faults.popleft()
        self.taken_back.append(True)

    async def _send(self, text: str, *, ephemeral: bool, **_: Any) -> None:
        if self.alone_faults:
            raise self.alone_faults.popleft()
        assert ephemeral
        self.said_alone.append(text)

    async def _fetch(self, _message_id: int) -> Any:
        return await self.mod_log.look()


class FakeClient:
    """The bot's own way: messages in channels, and direct messages."""

    seal = SEAL

    def __init__(self) -> None:
        self.channel = ModLog()
        self.direct = ModLog()
        self.edited: list[tuple[int, int]] = []
        self.written_to: list[int] = []

    def get_partial_messageable(self, channel_id: int) -> Any:
        def message(message_id: int) -> Any:
            async def edit(**request: Any) -> None:
                self.edited.append((channel_id, message_id))
                await self.channel.take(**request)

            return SimpleNamespace(edit=edit, fetch=self.channel.look)

        return SimpleNamespace(get_partial_message=message)

    async def create_dm(self, user: discord.Object) -> Any:
        self.written_to.append(user.id)
        return SimpleNamespace(send=self.direct.take)
