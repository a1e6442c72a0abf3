"""What the operator is told when the database cannot be used, and what to do about it."""

from __future__ import annotations

from bot.domain.errors import DatabaseDamaged, DatabaseFull, DatabaseInUse, DatabaseTooNew, StoreError


def database_words(error: StoreError) -> str:
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
