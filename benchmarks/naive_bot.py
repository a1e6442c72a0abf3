"""The bot as it is usually written: a socket for each task, and an awaited edit for each event of it."""

from __future__ import annotations

import asyncio
import io
import json
import os

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from benchmarks.own_api import use_stand_in

WIRO = os.environ["WIRO_API_URL"]


class Naive(commands.Bot):
    async def setup_hook(self) -> None:
        self.session = aiohttp.ClientSession()
        self.tree.add_command(imagine)


@app_commands.command(description="A picture")
async def imagine(interaction: discord.Interaction[Naive], prompt: str) -> None:
    await interaction.response.defer()
    session = interaction.client.session
    async with session.post(
        f"{WIRO}/Run/stabilityai/stable-diffusion-3-medium", json={"prompt": prompt}
    ) as answer:
        started = await answer.json()
    async with session.ws_connect(os.environ["WIRO_SOCKET_URL"]) as socket:
        await socket.send_json({"type": "task_info", "tasktoken": started["socketaccesstoken"]})
        async for message in socket:
            frame = json.loads(message.data)
            if frame["type"] == "task_postprocess_end":
                break
            step = frame.get("message") or {}
            text = f"{step['stepCurrent']} of {step['stepTotal']}" if step else frame["type"]
            await interaction.edit_original_response(content=text)
    async with session.post(f"{WIRO}/Task/Detail", json={"taskid": started["taskid"]}) as answer:
        (task,) = (await answer.json())["tasklist"]
    async with session.get(task["outputs"][0]["url"]) as answer:
        picture = await answer.read()
    file = discord.File(io.BytesIO(picture), "0.png")
    await interaction.edit_original_response(content=prompt, attachments=[file])


async def main() -> None:
    use_stand_in()
    bot = Naive(command_prefix=commands.when_mentioned, intents=discord.Intents.none())
    async with bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
