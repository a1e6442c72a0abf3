"""The floor of memory and start-up: discord.py's own bot with no intents and no commands."""

from __future__ import annotations

import asyncio
import os

import discord
from discord.ext import commands

from benchmarks.own_api import use_stand_in


async def main() -> None:
    use_stand_in()
    bot = commands.Bot(command_prefix=commands.when_mentioned, intents=discord.Intents.none())
    async with bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
