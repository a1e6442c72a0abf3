"""The floor of acknowledging: discord.py with one command that defers and does nothing else."""

from __future__ import annotations

import asyncio
import os

import discord
from discord import app_commands
from discord.ext import commands

from benchmarks.own_api import use_stand_in


@app_commands.command(description="A picture")
async def imagine(interaction: discord.Interaction[commands.Bot], prompt: str) -> None:  # noqa: ARG001 — Discord sends it
    await interaction.response.defer()


async def main() -> None:
    use_stand_in()
    bot = commands.Bot(command_prefix=commands.when_mentioned, intents=discord.Intents.none())
    bot.tree.add_command(imagine)
    async with bot:
        await bot.start(os.environ["DISCORD_TOKEN"])


if __name__ == "__main__":
    asyncio.run(main())
