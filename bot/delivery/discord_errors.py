"""What a request to Discord can fail with: its answers, the connection, the library's slips."""

from __future__ import annotations

from typing import Final

import aiohttp
import discord

# discord.py lets aiohttp's errors through.
CONNECTION_ERRORS: Final = (aiohttp.ClientError, OSError)

# discord.py 2.7.1 slips on bodies that it does not expect: a 429 whose body is text or lacks retry_after,
# JSON that is none, a success in plain words.
BODY_ERRORS: Final = (TypeError, KeyError, ValueError, AttributeError)

# What a request to Discord can fail with: Discord's answers, the connection, those slips.
DISCORD_ERRORS: Final = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError, *BODY_ERRORS)

# While the bot stops: aiohttp has but a plain RuntimeError for a session that is closed.
LATE_ERRORS: Final = (*DISCORD_ERRORS, RuntimeError)
