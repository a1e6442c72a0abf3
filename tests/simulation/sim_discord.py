"""A simulated Discord under the bot's own routes: discord.py's exceptions, rate limits, closed ways."""

from __future__ import annotations

from collections.abc import Coroutine
from random import Random
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import discord

from bot.delivery import acceptance
from bot.delivery.budgets import Budgets
from tests.simulation.sim_messages import Message, Messages
from tests.simulation.sim_trace import Trace
from tests.simulation.sim_weather import Weather
from tests.simulation.sim_wire import Life, Wire

TOKEN_LIFE_S: Final = 900.0  # Discord docs, Receiving and responding
GIVEN_UP_S: Final = 5.0  # by the bot, for a passing state; what an attempt takes besides is not looked at
LIBRARY_TRIES: Final = 5  # discord.py 2.7.1, http.py and webhook/async_.py
_KINDS: Final = {403: discord.Forbidden, 404: discord.NotFound, 500: discord.DiscordServerError}


def an_http_error(status: int, code: int = 0) -> discord.HTTPException:
    """What discord.py raises for an answer of Discord."""
    response: Any = SimpleNamespace(status=status, reason="simulated")
    kind = discord.DiscordServerError if status >= 500 else _KINDS.get(status, discord.HTTPException)
    return kind(response, {"code": code, "message": "simulated"})


class _RateLimited(Exception):
    """An answer 429, which the library sleeps over."""

    def __init__(self, retry_after_s: float, scope: str) -> None:
        self.retry_after_s = retry_after_s
        self.scope = scope


class SimDiscord:
    """The world's side: judges every edit by `messages`."""

    def __init__(self, wire: Wire, weather: Weather, chance: Random, trace: Trace) -> None:
        self.wire = wire
        self.weather = weather
        self.chance = chance
        self.trace = trace
        self.messages = Messages(trace)
        self.down_until_s = 0.0
        self._buckets: dict[str, tuple[float, int]] = {}
        self.blocked_until_s: dict[int, float] = {}  # by channel: the limit that no header shows

    def take(self, key: str, channel_id: int) -> tuple[int, float]:
        """One request out of a bucket of 5 in 5 s. What remains and until when. Raises _RateLimited."""
        now_s = self.wire.loop.now_s
        if now_s < self.blocked_until_s.get(channel_id, 0.0):
            raise _RateLimited(self.blocked_until_s[channel_id] - now_s, "shared")
        resets_at_s, used = self._buckets.get(key, (0.0, 0))
        if now_s >= resets_at_s:
            resets_at_s, used = now_s + 5.0, 0
        if used >= 5:
            raise _RateLimited(resets_at_s - now_s, "user")
        self._buckets[key] = (resets_at_s, used + 1)
        return 4 - used, resets_at_s - now_s

    def may_limit(self, channel_id: int) -> None:
        """Limits that no count explains. Raises _RateLimited."""
        if self.weather.discord_shared and self.chance.random() < self.weather.discord_shared:
            self.blocked_until_s[channel_id] = self.wire.loop.now_s + 20.0
            raise _RateLimited(20.0, "shared")
        if self.weather.discord_429 and self.chance.random() < self.weather.discord_429:
            raise _RateLimited(self.chance.choice((0.3, 2.0, 12.0)), "user")


class SimClient:
    """One life's discord.Client, as far as the routes use it."""

    seal = None  # nothing is drawn here: cards go over the wire as they are

    def __init__(self, discord_: SimDiscord, life: Life, budgets: Budgets) -> None:
        self._discord = discord_
        self._life = life
        self._budgets = budgets

    # --- what the bot's routes call --------------------------------------------------------------

    def interaction(self, message: Message) -> Any:
        async def edit_original_response(**request: Any) -> None:
            await self._edit(message, request, through_token=True)

        async def fetch_message(_message_id: int) -> Any:
            return await self._fetch(message, through_token=True)

        is_open = message.channel_id not in self._discord.messages.closed_places
        return SimpleNamespace(
            id=message.job_id,
            client=self,
            token=message.token,
            channel_id=message.channel_id,
            guild_id=700,
            app_permissions=discord.Permissions(view_channel=is_open, send_messages=is_open),
            edit_original_response=edit_original_response,
            followup=SimpleNamespace(fetch_message=fetch_message),
        )

    def get_partial_messageable(self, channel_id: int) -> Any:
        def get_partial_message(message_id: int) -> Any:
            async def edit(**request: Any) -> None:
                await self._edit(self._discord.messages.by_id[message_id], request, through_token=False)

            async def fetch() -> Any:
                return await self._fetch(self._discord.messages.by_id[message_id], through_token=False)

            return SimpleNamespace(edit=edit, fetch=fetch)

        return SimpleNamespace(get_partial_message=get_partial_message)

    async def create_dm(self, user: discord.Object) -> Any:
        await self._request("POST", "/users/@me/channels", f"dm {user.id}", 0, lambda: None)

        async def send(*, view: Any, files: Any, nonce: int, allowed_mentions: Any) -> None:
            def act() -> None:
                if user.id in self._discord.messages.closed_members:
                    raise an_http_error(403, 50007)
                now_s = self._discord.wire.loop.now_s
                self._discord.messages.send_direct(nonce, str(nonce), view, now_s, user.id)

            await self._request("POST", f"/channels/{user.id}/messages", f"to {user.id}", 0, act)

        return SimpleNamespace(send=send)

    # --- one request, as discord.py makes it -----------------------------------------------------

    async def _edit(self, message: Message, request: dict[str, Any], *, through_token: bool) -> None:
        messages, card = self._discord.messages, request["view"]
        assert not request["allowed_mentions"].everyone, "an edit must not ping"
        channel_id, life = message.channel_id, self._life.number
        sent_s = self._discord.wire.loop.now_s

        def act() -> None:
            is_late = self._discord.wire.loop.now_s > sent_s + GIVEN_UP_S
            if not is_late:
                messages.asked(message, life)
            self._require_open(message, through_token=through_token)
            messages.show(message, card, life, is_late=is_late)
            message.is_forsaken |= not self._life.is_alive

        path, key = self._way(message, through_token=through_token)
        await self._about(message, self._request("PATCH", path, key, channel_id, act))

    async def _fetch(self, message: Message, *, through_token: bool) -> tuple[str, ...]:
        messages, life = self._discord.messages, self._life.number

        def act() -> tuple[str, ...]:
            messages.asked(message, life)
            self._require_open(message, through_token=through_token)
            return message.texts

        path, key = self._way(message, through_token=through_token)
        reading = self._request("GET", path, f"reading {key}", message.channel_id, act)
        texts: tuple[str, ...] = await self._about(message, reading)
        return texts

    def _way(self, message: Message, *, through_token: bool) -> tuple[str, str]:
        if through_token:
            return f"/webhooks/1/{message.token}/messages/@original", message.token
        channel_id = message.channel_id
        return f"/channels/{channel_id}/messages/{message.message_id}", f"channel {channel_id}"

    def _require_open(self, message: Message, *, through_token: bool) -> None:
        messages, channel_id = self._discord.messages, message.channel_id
        if through_token and self._discord.wire.loop.now_s > message.born_s + TOKEN_LIFE_S:
            raise an_http_error(401, 50027)
        if not through_token and message.is_private:
            self._discord.trace.fail(f"job {message.job_id}: its private message is edited as the bot")
        if channel_id in messages.closed_places:
            raise an_http_error(404, 10003) if channel_id % 2 else an_http_error(403, 50001)
        if message.is_deleted:
            raise an_http_error(404, 10008)

    async def _about(self, message: Message, request: Coroutine[Any, Any, Any]) -> Any:
        try:
            return await request
        except discord.HTTPException as error:
            if error.code == 10008:
                message.learnt_deleted.add(self._life.number)
            raise

    async def _request(self, method: str, path: str, key: str, channel_id: int, act: Any) -> Any:
        """The library's own retries: it sleeps over 429, and over most of the 5xx."""
        for attempt in range(LIBRARY_TRIES):
            try:
                return await self._attempt(method, path, key, channel_id, act)
            except _RateLimited as limit:
                self._observe(method, path, 429, limit)
                await self._discord.wire.pause(self._life, limit.retry_after_s)
            except discord.DiscordServerError as error:
                if error.status == 503 or attempt == LIBRARY_TRIES - 1:
                    raise
                await self._discord.wire.pause(self._life, 1 + attempt * 2)
        raise an_http_error(429)

    async def _attempt(self, method: str, path: str, key: str, channel_id: int, act: Any) -> Any:
        discord_, wire, weather = self._discord, self._discord.wire, self._discord.weather
        chance = discord_.chance
        if wire.loop.now_s < discord_.down_until_s:
            await wire.fail(self._life, an_http_error(503), wire.latency_s())
        if weather.discord_5xx and chance.random() < weather.discord_5xx:
            error = an_http_error(chance.choice((500, 502, 503)))
            if chance.random() < 0.3:
                await wire.call(self._life, act, lost=error)  # applied all the same
            await wire.fail(self._life, error, wire.latency_s())
        if weather.discord_reset and chance.random() < weather.discord_reset:
            reset = chance.choice((aiohttp.ServerDisconnectedError(), ConnectionResetError("reset")))
            if chance.random() < 0.5:
                await wire.call(self._life, act, lost=reset)
            await wire.fail(self._life, reset, wire.latency_s())
        if weather.discord_hang and chance.random() < weather.discord_hang:
            if chance.random() < 0.5:
                await wire.call(self._life, act, back_s=100.0)
            await wire.fail(self._life, TimeoutError(), 100.0)
        if method == "PATCH" and weather.discord_late and chance.random() < weather.discord_late:
            there_s = chance.choice((5.5, 8.0, 20.0, 60.0))
            await wire.call(self._life, act, there_s=there_s, lost=ConnectionResetError("late"))
        if weather.discord_text_429 and chance.random() < weather.discord_text_429:
            # discord.py 2.7.1 trips over a 429 whose body is text.
            await wire.fail(self._life, TypeError("string indices must be integers"), wire.latency_s())

        def arrive() -> tuple[tuple[int, float], Any]:
            left = discord_.take(key, channel_id)
            discord_.may_limit(channel_id)
            return left, act()

        left, result = await wire.call(self._life, arrive)
        self._observe(method, path, 200, None, left)
        return result

    def _observe(
        self,
        method: str,
        path: str,
        status: int,
        limit: _RateLimited | None,
        left: tuple[int, float] = (0, 0.0),
    ) -> None:
        if limit is not None:
            headers = {
                "Via": "1.1 simulated",
                "Retry-After": f"{limit.retry_after_s:.3f}",
                "X-RateLimit-Scope": limit.scope,
            }
        else:
            headers = {"X-RateLimit-Remaining": str(left[0]), "X-RateLimit-Reset-After": f"{left[1]:.3f}"}
        acceptance.observe(method, path, status)
        self._budgets.observe(method, path, status, headers)
