"""/imagine from the slash to the picture, seen from outside: Discord, Wiro and the books agree."""

import re
from collections.abc import Awaitable, Callable
from decimal import Decimal

from bot.view.files.metadata import marked
from sandbox.discord import Limits
from sandbox.wiro.painter import paint
from tests.e2e.blackbox.blackbox_house import BotHarness, fetched, labels

Opened = Callable[..., Awaitable[BotHarness]]

STAGES = ["Sending to Wiro", "In Wiro's queue", "Preparing the model", "Drawing", "Finishing"]


async def test_a_prompt_becomes_a_picture_in_one_message(opened: Opened) -> None:
    house = await opened(paint=paint)
    gates = [house.hold(at) for at in ("task_queue", "task_assign", "task_output", "task_postprocess_start")]
    bot = await house.start(EDIT_INTERVAL_S="0.1")
    asked = house.imagine(house.alice, "a red fox in the snow", seed=77, steps=12, aspect="3:2")
    await asked.acked()
    assert asked.ack_type == 5
    assert asked.ack_s is not None
    assert asked.ack_s < 3
    for words, gate in zip((*STAGES[1:3], "12 of 12", STAGES[4]), gates, strict=True):
        await house.shows(asked, words)
        gate.set()
    message = await house.ended(asked)

    assert house.seen_by(house.bob) == [message]
    assert message is asked.original
    assert asked.followups == []
    texts = [revision.text for revision in message.revisions]
    seen = [next((stage for stage in STAGES if stage in text), None) for text in texts[:-1]]
    places = [STAGES.index(stage) for stage in seen if stage is not None]
    assert places == sorted(places)
    assert {STAGES[place] for place in places} >= {"In Wiro's queue", "Preparing the model", "Drawing"}
    assert any("12 of 12" in text for text in texts)

    (task,) = house.wiro.books.tasks
    assert (house.runs, task.seed, task.prompt) == (1, 77, "a red fox in the snow")
    (file,) = message.shown_files()
    assert message.attachments == [file]
    (download,) = house.wiro.books.requests_to("cdn/")
    made = await fetched(f"{house.wiro.base_url}/{download.path.removeprefix('cdn/')}")
    assert file.data == marked(made, "image/png")
    assert (file.width, file.height) == (1216, 832)
    facts = message.text().splitlines()[-1]
    assert "seed `77`" in facts
    assert "1216 × 832" in facts
    assert f"{Decimal(task.elapsedseconds):.1f} s" in facts
    cost = re.search(r"\$([\d.]+)", facts)
    assert cost is not None
    assert abs(Decimal(cost[1]) - Decimal(task.totalcost)) < Decimal("0.0001")
    assert {"Again", "Info", "Delete"} <= set(labels(message))

    await house.recorded(bot, 1)
    books = await house.stop(bot)
    assert (books.stages, books.kinds) == (["SUCCEEDED"], ["post"])
    assert books.posted == house.billed == Decimal(task.totalcost)
    assert books.jobs[0]["is_delivered"] == 1
    assert bot.stdout == ""


async def test_every_option_reaches_wiro_and_four_pictures_come_back(opened: Opened) -> None:
    house = await opened(limits=Limits())
    bot = await house.start(LOG_FORMAT="json")
    asked = house.imagine(
        house.alice,
        "two owls",
        negative_prompt="blur",
        width=512,
        height=640,
        steps=5,
        guidance=4.5,
        count=4,
    )
    message = await house.ended(asked)
    sent = house.wiro.books.requests_to("Run/")[0].fields
    assert sent["prompt"] == "two owls"
    assert sent["negativePrompt"] == "blur"
    assert [str(sent[name]) for name in ("width", "height", "steps", "scale", "samples")] == [
        "512",
        "640",
        "5",
        "4.5",
        "4",
    ]
    assert 0 < int(sent["seed"]) < 2**32
    assert len(message.shown_files()) == 4
    assert len({file.data for file in message.shown_files()}) == 4
    assert "4 pictures" in message.text()
    assert f"seed `{sent['seed']}`" in message.text()
    info = await house.bob.click(message, "Info").answered()
    assert info.is_ephemeral
    for fact in ("two owls", "blur", str(sent["seed"]), "512 × 640", "4.5"):
        assert fact in info.text()
    typed = house.alice.autocomplete(house.channel, "imagine", {"model": "stable"}, focused="model")
    await typed.acked()
    assert typed.choices
    assert typed.choices[0]["value"] == "stabilityai/stable-diffusion-3-medium"
    chosen = house.imagine(house.alice, "two owls", model=house.wiro_models()[1])
    await house.ended(chosen)
    assert [task.model for task in house.wiro.books.tasks][1] == house.wiro_models()[1]
    books = await house.stop(bot)
    assert books.posted == house.billed


async def test_a_private_picture_and_one_in_a_direct_message_stay_between_two(opened: Opened) -> None:
    house = await opened(limits=Limits())
    bot = await house.start()
    private = house.imagine(house.alice, "a secret garden", private=True)
    direct = house.imagine(house.bob, "a diary", where=house.discord.direct_channel(house.bob))
    message = await house.ended(private)
    assert message.is_ephemeral
    assert message.shown_files()
    assert (await house.ended(direct)).shown_files()
    again = house.alice.click(message, "Again")
    repeated = await house.ended(again)
    assert repeated.is_ephemeral
    assert house.channel.messages(house.bob) == []
    seeds = {task.seed for task in house.wiro.books.tasks if task.prompt == "a secret garden"}
    assert len(seeds) == 2
    books = await house.stop(bot)
    assert books.kinds == ["post"] * 3
    assert books.posted == house.billed
