"""/imagine from the slash to the picture, seen from outside: Discord, Wiro and the books agree."""

import re
from decimal import Decimal

from bot.view.files.metadata import marked
from sandbox.discord import Limits
from sandbox.wiro.painter import paint
from tests.e2e.blackbox.blackbox_harness import Opened, fetched, labels

STAGES = ["Sending to Wiro", "In Wiro's queue", "Preparing the model", "Drawing", "Finishing"]


async def test_a_prompt_becomes_a_picture_in_one_message(opened: Opened) -> None:
    harness = await opened(paint=paint)
    gates = [
        harness.hold(at) for at in ("task_queue", "task_assign", "task_output", "task_postprocess_start")
    ]
    bot = await harness.start(EDIT_INTERVAL_S="0.1")
    asked = harness.imagine(harness.alice, "a red fox in the snow", seed=77, steps=12, aspect="3:2")
    await asked.acked()
    assert asked.ack_type == 5
    assert asked.ack_s is not None
    assert asked.ack_s < 3
    for words, gate in zip((*STAGES[1:3], "12 of 12", STAGES[4]), gates, strict=True):
        await harness.shows(asked, words)
        gate.set()
    message = await harness.ended(asked)

    assert harness.seen_by(harness.bob) == [message]
    assert message is asked.original
    assert asked.followups == []
    texts = [revision.text for revision in message.revisions]
    seen = [next((stage for stage in STAGES if stage in text), None) for text in texts[:-1]]
    places = [STAGES.index(stage) for stage in seen if stage is not None]
    assert places == sorted(places)
    assert {STAGES[place] for place in places} >= {"In Wiro's queue", "Preparing the model", "Drawing"}
    assert any("12 of 12" in text for text in texts)

    (task,) = harness.wiro.ledger.tasks
    assert (harness.runs, task.seed, task.prompt) == (1, 77, "a red fox in the snow")
    (file,) = message.shown_files()
    assert message.attachments == [file]
    (download,) = harness.wiro.ledger.requests_to("cdn/")
    made = await fetched(f"{harness.wiro.base_url}/{download.path.removeprefix('cdn/')}")
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

    await harness.recorded(bot, 1)
    books = await harness.stop(bot)
    assert (books.stages, books.kinds) == (["SUCCEEDED"], ["post"])
    assert books.posted == harness.billed == Decimal(task.totalcost)
    assert books.jobs[0]["is_delivered"] == 1
    assert bot.stdout == ""


async def test_every_option_reaches_wiro_and_four_pictures_come_back(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    bot = await harness.start(LOG_FORMAT="json")
    asked = harness.imagine(
        harness.alice,
        "two owls",
        negative_prompt="blur",
        width=512,
        height=640,
        steps=5,
        guidance=4.5,
        count=4,
    )
    message = await harness.ended(asked)
    sent = harness.wiro.ledger.requests_to("Run/")[0].fields
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
    info = await harness.bob.click(message, "Info").answered()
    assert info.is_ephemeral
    for fact in ("two owls", "blur", str(sent["seed"]), "512 × 640", "4.5"):
        assert fact in info.text()
    typed = harness.alice.autocomplete(harness.channel, "imagine", {"model": "stable"}, focused="model")
    await typed.acked()
    assert typed.choices
    assert typed.choices[0]["value"] == "stabilityai/stable-diffusion-3-medium"
    chosen = harness.imagine(harness.alice, "two owls", model=harness.wiro_models()[1])
    await harness.ended(chosen)
    assert [task.model for task in harness.wiro.ledger.tasks][1] == harness.wiro_models()[1]
    books = await harness.stop(bot)
    assert books.posted == harness.billed


async def test_a_private_picture_and_one_in_a_direct_message_stay_between_two(opened: Opened) -> None:
    harness = await opened(limits=Limits())
    bot = await harness.start()
    private = harness.imagine(harness.alice, "a secret garden", private=True)
    direct = harness.imagine(harness.bob, "a diary", where=harness.discord.direct_channel(harness.bob))
    message = await harness.ended(private)
    assert message.is_ephemeral
    assert message.shown_files()
    assert (await harness.ended(direct)).shown_files()
    again = harness.alice.click(message, "Again")
    repeated = await harness.ended(again)
    assert repeated.is_ephemeral
    assert harness.channel.messages(harness.bob) == []
    seeds = {task.seed for task in harness.wiro.ledger.tasks if task.prompt == "a secret garden"}
    assert len(seeds) == 2
    books = await harness.stop(bot)
    assert books.kinds == ["post"] * 3
    assert books.posted == harness.billed
