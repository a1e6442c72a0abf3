"""What Discord's refusals mean, and in which order the ways to a message are tried."""

from __future__ import annotations

import json
import weakref
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest

from bot.delivery.budgets import channel_key
from bot.delivery.channels import (
    BotChannel,
    DeliveryChannels,
    DirectMessageChannel,
    SendFault,
    TokenChannel,
    fault_of,
)
from bot.delivery.discord_errors import DISCORD_ERRORS
from bot.domain.discord_limits import BOT_FILE_BYTES
from bot.domain.job.status_update import StatusUpdate
from bot.view.cards.renderer import status_card
from tests.support.discord_side import TOKEN, FakeClient, FakeInteraction, FakeRoute, ModLog, an_http_error
from tests.support.samples import a_job, a_picture
from tests.support.seals import SEAL

CARD = status_card(StatusUpdate(a_job()))


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (401, 50027, SendFault.TOKEN_EXPIRED),
        (404, 10015, SendFault.TOKEN_EXPIRED),
        (404, 10062, SendFault.TOKEN_EXPIRED),
        (401, 0, SendFault.TOKEN_EXPIRED),
        (404, 10008, SendFault.MESSAGE_GONE),
        (404, 0, SendFault.MESSAGE_GONE),
        (404, 10003, SendFault.CHANNEL_GONE),
        (403, 50001, SendFault.NO_ACCESS),
        (403, 50013, SendFault.NO_ACCESS),
        (403, 50007, SendFault.NO_ACCESS),
        (403, 0, SendFault.NO_ACCESS),
        (413, 0, SendFault.TOO_LARGE),
        (400, 40005, SendFault.TOO_LARGE),
        (400, 200000, SendFault.BLOCKED),
        (400, 200001, SendFault.BLOCKED),
        (400, 50035, SendFault.INVALID),
        (429, 0, SendFault.TRANSIENT),
        (500, 0, SendFault.TRANSIENT),
        (503, 0, SendFault.TRANSIENT),
        (524, 0, SendFault.TRANSIENT),
    ],
)
def test_each_refusal_of_discord_has_a_meaning(status: int, code: int, meaning: SendFault) -> None:
    assert fault_of(an_http_error(status, code)) is meaning


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        ConnectionResetError(),
        TimeoutError(),
        TypeError("a 429 in plain words"),
        KeyError("retry_after"),
        json.JSONDecodeError("a page that calls itself JSON", "<", 0),
    ],
)
def test_failures_of_the_connection_pass(error: Exception) -> None:
    assert isinstance(error, DISCORD_ERRORS)
    assert fault_of(error) is SendFault.TRANSIENT


def test_ways_are_tried_in_their_order_while_they_are_open() -> None:
    token, channel, direct = FakeRoute(closes_at_s=10), FakeRoute(), FakeRoute()
    direct.takes_progress = False
    channels = DeliveryChannels([token, channel, direct])
    assert channels.current(9.9) is token
    assert channels.current(10) is channel
    assert channels.for_final(9.9) == [token, channel, direct]
    assert channels.for_final(10) == [channel, direct]


def test_a_closed_way_stays_closed() -> None:
    token, direct = FakeRoute(), FakeRoute()
    direct.takes_progress = False
    channels = DeliveryChannels([token, direct])
    for _ in range(2):
        channels.close(token)
    assert channels.current(0) is None
    assert channels.for_final(0) == [direct]


def test_a_place_that_is_shut_closes_every_way_that_leads_there() -> None:
    token, channel, direct = FakeRoute(), FakeRoute(channel_key(30)), FakeRoute(("direct", "1"))
    channels = DeliveryChannels([token, channel, direct])
    channels.close(token, SendFault.NO_ACCESS)
    assert channels.for_final(0) == [direct]
    channels.close(direct, SendFault.NO_ACCESS)
    assert channels.for_final(0) == []


@pytest.fixture
def client() -> Any:
    return FakeClient()


def a_token_route(interaction: Any) -> TokenChannel:
    return TokenChannel(interaction, 500, closes_at_s=9.0)


async def test_a_token_edits_the_answer_to_its_interaction() -> None:
    interaction = FakeInteraction()
    route = a_token_route(interaction)
    assert (route.key, route.limit_bytes, route.closes_at_s) == (("token", TOKEN), 500, 9.0)
    await route.send(CARD, None)
    await route.send(CARD, [a_picture()])
    await route.send(CARD, [])
    left_alone, replaced, removed = interaction.mod_log.requests
    assert left_alone["attachments"] is discord.utils.MISSING
    assert [file.filename for file in replaced["attachments"]] == ["lighthouse.png"]
    assert removed["attachments"] == []


async def test_a_token_keeps_nothing_of_what_was_asked() -> None:
    class Payload(dict[str, str]):
        """One that can be watched."""

    mod_log = ModLog()
    data = Payload(prompt="a lighthouse")
    client = SimpleNamespace(seal=SEAL)
    interaction = SimpleNamespace(token=TOKEN, data=data, edit_original_response=mod_log.take, client=client)
    route = a_token_route(interaction)
    assert interaction.data is data  # whoever answers it reads on
    payload = weakref.ref(data)
    del interaction, data
    assert payload() is None
    await route.send(CARD, None)
    assert len(mod_log.requests) == 1


async def test_the_bot_edits_its_message_in_its_channel(client: Any) -> None:
    route = BotChannel(client, 30, 900)
    assert (route.key, route.limit_bytes, route.closes_at_s) == (
        ("channel", "30"),
        BOT_FILE_BYTES,
        float("inf"),
    )
    await route.send(CARD, None)
    await route.send(CARD, [a_picture(), a_picture("linked.png", content=None)])
    assert client.edited == [(30, 900), (30, 900)]
    assert client.channel.requests[0]["attachments"] is discord.utils.MISSING
    assert client.channel.attached[1] == ["lighthouse.png"]


async def test_a_direct_message_carries_the_job_as_its_nonce(client: Any) -> None:
    route = DirectMessageChannel(client, 1, 77)
    assert not route.takes_progress
    await route.send(CARD, [a_picture()])
    (request,) = client.direct.requests
    assert (client.written_to, request["nonce"]) == ([1], 77)
    await route.send(CARD, None)
    assert client.direct.attached == [["lighthouse.png"], []]


async def test_a_message_is_read_by_the_way_that_edits_it(client: Any) -> None:
    interaction: Any = FakeInteraction()
    by_token = TokenChannel(interaction, 500, closes_at_s=9.0, message_id=900)
    for route in (by_token, BotChannel(client, 30, 900)):
        await route.send(CARD, None)
        assert CARD.text in await route.seen()
    assert (interaction.mod_log.reads, client.channel.reads) == (1, 1)
    assert await DirectMessageChannel(client, 1, 77).seen() == ()
    assert await a_token_route(interaction).seen() == ()


async def test_every_way_mentions_nobody(client: Any) -> None:
    interaction = FakeInteraction()
    for route in (
        a_token_route(interaction),
        BotChannel(client, 30, 900),
        DirectMessageChannel(client, 1, 77),
    ):
        await route.send(CARD, None)
    for mod_log in (interaction.mod_log, client.channel, client.direct):
        assert mod_log.requests[0]["allowed_mentions"].to_dict() == {"parse": []}
