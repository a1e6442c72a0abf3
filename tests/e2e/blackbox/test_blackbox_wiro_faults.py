"""Wiro at its worst: lost answers, busy, silent, duplicated, unreachable. Never two Runs for one wish."""

import asyncio
from dataclasses import replace

from sandbox.wiro.faults import (
    BUSY,
    GARBAGE,
    NO_FUNDS,
    UNAUTHORISED,
    Bill,
    Drop,
    DropSocket,
    Duplicate,
    Hold,
    LateCdn,
    LateCharge,
    ListLag,
    Moment,
    Mute,
    Refuse,
    RefuseSocket,
    Reorder,
    SilentSocket,
    Strange,
    TaskFault,
    rate_limited,
    server_error,
)
from tests.e2e.blackbox.blackbox_harness import FOREVER_S, Opened, labels
from tests.support.clocks import until


async def test_a_lost_answer_is_looked_for_and_never_sent_again(opened: Opened) -> None:
    harness = await opened()
    script = harness.wiro.faults
    script.add(Drop(), path="Run/", prompt="reply lost")
    script.add(Drop(), path="Run/", prompt="listed late").add(ListLag(0.7), prompt="listed late")
    script.add(server_error(moment=Moment.AFTER), path="Run/", prompt="gateway fell over")
    script.add(replace(GARBAGE, moment=Moment.AFTER), path="Run/", prompt="garbage")
    script.add(Drop(Moment.BEFORE), path="Run/", prompt="request lost")
    bot = await harness.start(UNKNOWN_GRACE_S="2")
    prompts = ["reply lost", "listed late", "gateway fell over", "garbage"]
    asked = [harness.imagine(harness.alice, prompt) for prompt in prompts]
    lost = harness.imagine(harness.alice, "request lost", seed=5)
    await harness.shows(lost, "checking whether it took the request")
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    message = await harness.ended(lost)
    assert "was not sent a second time and nothing was charged" in message.text()
    assert labels(message)[:3] == ["Retry", "Info", "Delete"]
    assert harness.runs == 5
    assert len(harness.wiro.ledger.tasks) == 4
    assert "4 of 50 used, 0 held" in await harness.quota(harness.alice)

    retried = harness.alice.click(message, "Retry")
    assert (await harness.ended(retried)).shown_files()
    assert harness.wiro.ledger.tasks[-1].seed == 5
    books = await harness.stop(bot)
    assert books.stages.count("SUCCEEDED") == 5
    assert books.kinds.count("void") == 1
    assert books.posted == harness.billed


async def test_who_stops_a_run_pays_once_wiro_charges_for_it_also_after_a_kill(opened: Opened) -> None:
    harness = await opened()
    script = harness.wiro.faults
    script.add(Hold("task_output", FOREVER_S), prompt="stopped").add(LateCharge(6, totalcost="0.002"))
    bot = await harness.start(UNKNOWN_GRACE_S="2")
    asked = harness.imagine(harness.alice, "stopped")
    running = await harness.shows(asked, "Drawing")
    harness.alice.click(running, "Cancel")
    told = (await harness.ended(asked)).text()
    assert "Wiro may still charge for the time it ran: you pay that, $" in told
    assert "0 of 50 used, 1 held" in await harness.quota(harness.alice)
    await harness.recorded(bot, 1)
    await bot.kill()
    assert harness.books().kinds == [None]

    bot = await harness.start(UNKNOWN_GRACE_S="2")
    charged = [("post", 2 * 10**9)]
    await until(lambda: harness.rows("SELECT kind, amount_pico FROM resolution") == charged)
    assert "1 of 50 used, 0 held" in await harness.quota(harness.alice)
    history = await harness.alice.slash(harness.channel, "history").answered()
    assert "cancelled, $0.002" in history.text()
    assert running.text() == told, "it says what is true before and after"
    books = await harness.stop(bot)
    assert books.posted == harness.billed
    assert harness.runs == 1


async def test_when_wiro_is_full_members_are_served_in_turn_and_see_their_place(opened: Opened) -> None:
    harness = await opened(max_running=1)
    harness.wiro.faults.add(Hold("task_output", FOREVER_S), prompt="alice 1")
    bot = await harness.start()
    first = harness.imagine(harness.alice, "alice 1")
    running = await harness.shows(first, "Drawing")
    line = []
    for who, prompt in ((harness.alice, "alice 2"), (harness.alice, "alice 3"), (harness.bob, "bob 1")):
        line.append(harness.imagine(who, prompt))
        await harness.shows(line[-1], "place 1" if len(line) == 1 else "place 2")
    await harness.shows(line[1], "place 3")
    harness.alice.click(running, "Cancel")
    for asked in line:
        assert (await harness.ended(asked)).shown_files()
    order = [task.prompt for task in harness.wiro.ledger.tasks]
    assert order == ["alice 1", "alice 2", "bob 1", "alice 3"]
    books = await harness.stop(bot)
    assert books.kinds == [None, "post", "post", "post"]  # what was stopped may yet be charged
    assert books.posted == harness.billed


async def test_own_limit_is_kept_and_busy_or_rate_limited_runs_wait_their_turn(opened: Opened) -> None:
    harness = await opened()
    harness.wiro.faults.add(BUSY, path="Run/", prompt="busy")
    harness.wiro.faults.add(rate_limited(1), path="Run/", prompt="limited")
    bot = await harness.start(WIRO_MAX_RUNNING="2")
    prompts = ["busy", "limited", "third", "fourth", "fifth"]
    asked = [harness.imagine(harness.alice, prompt) for prompt in prompts]
    most = 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, sum(not task.is_terminal for task in harness.wiro.ledger.tasks))
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    for one in asked:
        assert (await harness.ended(one)).shown_files()
    watching.cancel()
    assert 1 <= most <= 2
    assert len(harness.wiro.ledger.tasks) == 5
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 5
    assert books.posted == harness.billed


async def test_whatever_the_sockets_do_every_picture_arrives_once(opened: Opened) -> None:
    harness = await opened()
    script = harness.wiro.faults
    faults: dict[str, TaskFault] = {
        "reset": DropSocket("task_output", breaks=2),
        "closed": DropSocket("task_assign", close_code=1011),
        "mute": Mute(),
        "endless": Mute(frozenset({"task_postprocess_end"})),
        "double": Duplicate(3),
        "reordered": Reorder(),
        "strange": Strange(),
        "late": LateCdn(0.6),
    }
    for prompt, fault in faults.items():
        script.add(fault, prompt=prompt)
    script.add(SilentSocket(), nth=1).add(RefuseSocket(), nth=2)
    script.add(server_error(503), path="Task/Detail", times=3)
    bot = await harness.start(SILENCE_S="0.7")
    channels = [harness.channel, harness.discord.add_channel(harness.guild, "more")]
    asked = [
        harness.imagine(harness.alice, prompt, where=channels[number % 2])
        for number, prompt in enumerate(faults)
    ]
    for one in asked:
        assert len((await harness.ended(one)).shown_files()) == 1
    assert harness.runs == len(faults)
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * len(faults)
    assert books.posted == harness.billed
    assert harness.wiro.socket_connections == 0


async def test_refusals_of_wiro_are_told_in_words_and_held_money_is_given_back(opened: Opened) -> None:
    harness = await opened()
    script = harness.wiro.faults
    script.add(UNAUTHORISED, path="Run/", prompt="key withdrawn")
    script.add(NO_FUNDS, path="Run/", prompt="no funds")
    script.add(Refuse(3, "Prompt is against the rules of @everyone."), path="Run/", prompt="rules")
    script.add(Bill("NaN"), prompt="odd bill").add(Bill("-1"), prompt="negative bill")
    bot = await harness.start(UNKNOWN_GRACE_S="1")
    told = {
        "key withdrawn": "Wiro does not accept the bot's key. Nothing was charged",
        "no funds": "has run out of money. Nothing was charged",
        "rules": "Wiro did not take this request: Prompt is against the rules",
    }
    for prompt, words in told.items():
        message = await harness.ended(harness.imagine(harness.alice, prompt))
        assert words in message.text()
    assert "0 of 50 used, 0 held" in await harness.quota(harness.alice)
    odd = [harness.imagine(harness.bob, prompt) for prompt in ("odd bill", "negative bill")]
    for asked in odd:
        assert (await harness.ended(asked)).shown_files()
    await harness.wiro.stop()
    message = await harness.ended(harness.imagine(harness.alice, "nobody there"))
    assert "Wiro could not be reached, so nothing was sent and nothing was charged" in message.text()
    assert labels(message)[0] == "Retry"
    books = await harness.stop(bot)
    # What nobody can believe keeps its hold until Wiro says something else.
    assert books.kinds == ["void", "void", "void", None, None, "void"]
    assert books.posted < 1
