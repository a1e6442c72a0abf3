"""The floor of every message: one socket in, one PATCH out, one file passed on, with nothing between.

`python -m benchmarks.relay DISCORD WIRO PROMPT INTERACTION_TOKEN [quiet]` runs one task to its end; quiet: it
edits nothing before the picture.
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp

from benchmarks.discord_rest import APPLICATION_ID
from benchmarks.wiro_side import SLUG


async def relay(discord: str, wiro: str, prompt: str, interaction_token: str, manner: str = "") -> None:
    url = f"{discord}/api/v10/webhooks/{APPLICATION_ID}/{interaction_token}/messages/@original"
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{wiro}/v1/Run/{'/'.join(SLUG)}", json={"prompt": prompt}) as answer:
            started = await answer.json()
        async with session.ws_connect(f"{wiro}/v1") as socket:
            await socket.send_json({"type": "task_info", "tasktoken": started["socketaccesstoken"]})
            async for message in socket:
                frame = json.loads(message.data)
                if frame["type"] == "task_output" and manner != "quiet":
                    step = frame["message"]
                    text = f"{step['stepCurrent']} of {step['stepTotal']}"
                    async with session.patch(url, json={"content": text}) as answer:
                        await answer.read()
                elif frame["type"] == "task_postprocess_end":
                    break
        async with session.post(f"{wiro}/v1/Task/Detail", json={"taskid": started["taskid"]}) as answer:
            (task,) = (await answer.json())["tasklist"]
        async with session.get(task["outputs"][0]["url"]) as answer:
            picture = await answer.read()
        form = aiohttp.FormData()
        form.add_field("payload_json", "{}", content_type="application/json")
        form.add_field("files[0]", picture, filename="0.png", content_type="image/png")
        async with session.patch(url, data=form) as answer:
            await answer.read()


if __name__ == "__main__":
    asyncio.run(relay(*sys.argv[1:6]))
