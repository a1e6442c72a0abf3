"""What release 0.1.0 left goes on: its database, its unfinished pictures, the buttons of its messages."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.e2e.bot.bot_world import World
from tests.support.store_samples import restored

DUMP = Path(__file__).parents[2] / "integration/store/release_0_1_0.sql"


def with_ids(world: World, unfinished: Any, ended: Any) -> str:
    """The dump, as if that release had run here: jobs 201 and 102 stand in these messages."""
    dump = DUMP.read_text(encoding="utf-8")
    guild, channel = world.guild.id, world.art.id
    dump = dump.replace(",30,30,700,701,", f",30,30,700,{unfinished.id},")
    dump = dump.replace(",30,30,700,602,", f",30,30,700,{ended.id},")
    for old, member in ((1, world.alice), (2, world.bob)):
        dump = dump.replace(f",{old},30,30,700,", f",{member.id},{channel},{channel},{guild},")
        dump = dump.replace(f",700,{old},30,30,", f",{guild},{member.id},{channel},{channel},")
        dump = dump.replace(f"'member',700,{old},", f"'member',{guild},{member.id},")
    return dump.replace("'server',700,", f"'server',{guild},")


def with_buttons_of(world: World, message: Any, job_id: int) -> None:
    """The message with the custom ids that release 0.1.0 gave to the buttons of this job."""

    def rename(node: Any) -> None:
        for value in node.values() if isinstance(node, dict) else node:
            if isinstance(value, (dict, list)):
                rename(value)
        if isinstance(node, dict) and str(node.get("custom_id", "")).startswith("job:"):
            action = node["custom_id"].split(":")[2].partition("~")[0]
            node["custom_id"] = f"job:{job_id}:{action}"

    rename(world.env.backend.get_message(message.channel.id, message.id).components)


async def test_its_database_and_its_messages_are_carried_over(world: World, tmp_path: Path) -> None:
    ended, _ = await world.draw(world.alice, "an ended picture")
    unfinished, _ = await world.draw(world.alice, "an unfinished picture")
    await world.shut_down()
    dump = with_ids(world, unfinished.response.message, ended.response.message)
    restored(dump, tmp_path / "bot.sqlite3")
    with_buttons_of(world, ended.response.message, 102)
    runs = world.runs
    await world.come_back()
    world.application.bot.seal = replace(world.application.bot.seal, made_at_s=time.time())

    await world.showing(unfinished, "a lighthouse at dusk")
    card = await world.ending(unfinished)
    assert len(card.pictures) == 1
    assert world.runs == runs + 1  # of six that had not ended it is the one that surely was never sent

    info = await world.bob.click(ended.response.message, custom_id="job:102:info")
    assert "a lighthouse at dusk" in world.card(info).text
    again = await world.bob.click(ended.response.message, custom_id="job:102:again")
    assert "a lighthouse at dusk" in (await world.ending(again)).text
    assert world.runs == runs + 2
