"""One message in trouble and its neighbours: a hang, a 429 in every dress, an outage. Nobody waits for it."""

import re
from typing import Any

import pytest

from sandbox.discord import Interaction, Limits
from sandbox.discord.buckets import Limit
from tests.e2e.blackbox.blackbox_brake import Opened, drawing, held_harness
from tests.e2e.blackbox.blackbox_harness import BlackboxHarness
from tests.support.clocks import until
from tests.support.denied import Denied

LIMITED = {"message": "You are being rate limited.", "retry_after": 1.0, "global": False}
SCOPE = "X-RateLimit-Scope"


def edits_of(harness: BlackboxHarness, asked: Interaction, *, since: int = 0) -> list[Any]:
    assert asked.original is not None
    path = re.compile(rf"{re.escape(asked.token)}/messages/|/messages/{asked.original.id}$")
    return [
        one for one in harness.discord.requests[since:] if one.method == "PATCH" and path.search(one.path)
    ]


def path_of(asked: Interaction, *, by_token: bool) -> str:
    assert asked.original is not None
    return f"{re.escape(asked.token)}/messages/@original$" if by_token else f"/messages/{asked.original.id}$"


@pytest.mark.parametrize("by_token", [True, False])
async def test_a_message_that_hangs_delays_no_other(opened: Opened, *, by_token: bool) -> None:
    harness, brake = await held_harness(opened, limits=Limits(channel_edit=Limit(50, 5.0)))
    bot = await harness.start()
    asked = await drawing(harness, 6, channels=2)
    slow, *others = asked
    if not by_token:
        await bot.terminate()
    hang = harness.discord.fault("PATCH", path_of(slow, by_token=by_token), kind="hang", times=None)
    since = len(harness.discord.requests)
    if not by_token:
        bot = await harness.start()
        await until(lambda: any(not one.status for one in edits_of(harness, slow)))
    brake.let_go()
    for one in others:
        assert (await harness.ended(one)).shown_files()
    assert {edit.status for edit in edits_of(harness, slow, since=since)} == {0}  # they hang still
    hang.remove()
    assert (await harness.ended(slow)).shown_files()  # once the hanging one was given up
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 6


async def test_a_429_is_left_alone_for_as_long_as_it_says(opened: Opened) -> None:
    harness, brake = await held_harness(opened, at="task_assign", limits=Limits())
    bot = await harness.start()
    faults: list[dict[str, Any]] = [
        {"body": LIMITED, "headers": {"Retry-After": "1", SCOPE: "user"}},
        {"body": "slow down", "headers": {"Retry-After": "2"}},
        {"body": {"message": "no seconds in here"}, "headers": {"Retry-After": "2", SCOPE: "user"}},
    ]
    long = {"Retry-After": "60"}  # to the end of the test
    *limited, free = asked = [harness.imagine(harness.alice, f"number {number}") for number in range(7)]
    for one in asked:
        await harness.shows(one, "Preparing")
    for one, fault in zip(limited[:3], faults, strict=True):
        harness.discord.fault("PATCH", path_of(one, by_token=True), status=429, times=1, **fault)
    for one, fault in zip(limited[3:], faults, strict=True):
        longer = fault | {"headers": fault["headers"] | long}
        harness.discord.fault("PATCH", path_of(one, by_token=True), status=429, times=1, **longer)
    brake.let_go()
    assert (await harness.ended(free)).shown_files()
    assert [edits_of(harness, one)[-1].status for one in limited[3:]] == [429] * 3
    for one, fault in zip(limited[:3], faults, strict=True):
        assert (await harness.ended(one)).shown_files()
        edits = edits_of(harness, one)
        (refused,) = [number for number, edit in enumerate(edits) if edit.status == 429]
        pause_s = edits[refused + 1].at_s - edits[refused].at_s
        assert pause_s >= float(fault["headers"]["Retry-After"]) - 0.1, fault
    await harness.stop(bot)


async def test_a_429_of_cloudflare_stops_every_edit(opened: Opened) -> None:
    harness, brake = await held_harness(opened, at="task_assign", limits=Limits())
    bot = await harness.start()
    asked = [harness.imagine(harness.alice, f"number {number}") for number in range(4)]
    for one in asked:
        await harness.shows(one, "Preparing")
    ban = {"status": 429, "body": "error code: 1015", "headers": {"Retry-After": "2"}, "via": False}
    harness.discord.fault("PATCH", "/messages/", times=1, **ban)
    busy = Denied(bot.pid)
    brake.let_go()
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    (banned,) = [edit for edit in harness.discord.requests if edit.status == 429]
    after = [edit.at_s - banned.at_s for edit in harness.discord.requests if edit.method == "PATCH"]
    on_its_way_s = 0.1 + busy.seconds
    assert not [later_s for later_s in after if on_its_way_s < later_s < 1.9]
    await harness.stop(bot)


async def test_a_global_429_on_a_dropped_edit_does_not_silence_the_bot(opened: Opened) -> None:
    harness, brake = await held_harness(opened, at="task_assign", limits=Limits())
    bot = await harness.start()
    asked = [harness.imagine(harness.alice, f"number {number}") for number in range(3)]
    for one in asked:
        await harness.shows(one, "Preparing")
    await bot.terminate()
    body = {**LIMITED, "retry_after": 0.5, "global": True}
    headers = {"Retry-After": "1", SCOPE: "global", "X-RateLimit-Global": "true"}
    harness.discord.fault(
        "PATCH", r"/channels/\d+/messages/\d+$", status=429, body=body, headers=headers, times=2
    )
    bot = await harness.start()
    await until(lambda: any(one.status == 429 for one in harness.discord.requests))
    brake.let_go()
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    await harness.stop(bot)


async def test_an_outage_of_every_way_loses_no_ending(opened: Opened) -> None:
    harness, brake = await held_harness(opened, limits=Limits())
    bot = await harness.start()
    asked = [*await drawing(harness, 3), harness.imagine(harness.bob, "a secret", private=True)]
    await harness.shows(asked[-1], "Drawing")
    outage = harness.discord.fault("PATCH", "/messages/", status=503, times=None)
    brake.let_go()
    await until(lambda: all(task.is_terminal for task in harness.wiro.ledger.tasks))
    await until(lambda: outage.used >= 8)
    outage.remove()
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 4
