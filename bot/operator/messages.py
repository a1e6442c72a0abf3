"""What the operator is told when the database or Discord cannot be used, and what to do about it."""

from __future__ import annotations

import aiohttp
import discord

from bot.domain.errors import DatabaseDamaged, DatabaseFull, DatabaseInUse, DatabaseTooNew, StoreError


def format_store_error(error: StoreError) -> str:
    """One sentence or two."""
    match error:
        case DatabaseInUse():
            return f"{error.reason}. Is the bot running already? Stop it, or set another DATABASE_URL."
        case DatabaseDamaged():
            return (
                f"The database cannot be used: {error.reason}. Put the newest backup in its place with "
                "`python -m bot restore FILE`, which keeps the damaged file aside."
            )
        case DatabaseTooNew():
            return (
                f"The database cannot be used: {error.reason}. Start the newer version of the bot, "
                "or restore a backup that this one made."
            )
        case DatabaseFull():
            return f"The database cannot be used: {error.reason}. Make room on its disk."
        case _:
            return f"The database cannot be used: {error.reason}. Check DATABASE_URL."


def format_end_of_serving(error: BaseException) -> str | None:
    """Why Discord or the database would not have the bot; None of what nobody foresaw."""
    match error:
        case discord.LoginFailure():
            return (
                "Discord does not accept DISCORD_TOKEN. Copy it anew from the Bot page of your application."
            )
        case discord.GatewayNotFound() | discord.ConnectionClosed():
            return f"Discord's gateway turned the bot away: {error}"
        case discord.HTTPException():
            return f"Discord refused the start (HTTP {error.status}): {error.text or 'no reason given'}"
        case aiohttp.ClientError() | OSError():
            return f"Discord cannot be reached at the moment ({type(error).__name__})."
        case StoreError():
            return format_store_error(error)
        case _:
            return None
