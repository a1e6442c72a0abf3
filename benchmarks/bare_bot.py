"""The floor of memory and start-up: discord.py's own bot with no intents and no commands."""

from __future__ import annotations

import asyncio
import os

import discord
import yarl
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

Route.BASE = os.environ["DISCORD_API_URL"]
DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(
    os.environ["DISCORD_API_URL"].replace("http", "ws", 1).split("/api")[0] + "/gateway"
)


async def main() -> None:
    bot = commands.Bot(command_prefix=commands.when_mentioned, intents=discord.Intents.none())
    async with bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
