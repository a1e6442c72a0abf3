"""Turns discord.py to the stand-in, without any code of the bot that the bare ones are a floor for."""

from __future__ import annotations

import os

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


def use_stand_in() -> None:
    """The API that DISCORD_API_URL names, and the gateway beside it."""
    api = os.environ["DISCORD_API_URL"]
    Route.BASE = api
    gateway = api.replace("http", "ws", 1).split("/api")[0] + "/gateway"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
