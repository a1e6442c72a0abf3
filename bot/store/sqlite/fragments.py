"""What several statements say alike: constants of ours, put into their text. Values are always bound."""

from __future__ import annotations

from typing import Final

# Word for word the conditions of the partial indexes, or SQLite will not use them.
IS_RUNNING: Final = "stage NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED')"
HAS_ENDED: Final = "stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED')"
IS_UNFINISHED: Final = f"is_delivered = 0 OR {IS_RUNNING}"
IS_PAST: Final = f"is_delivered = 1 AND {HAS_ENDED}"

SOME_IDS: Final = "(SELECT value FROM json_each(?))"

# What names a counter: the primary key of `usage`. `window` is a reserved word of SQL.
_COUNTER: Final = ("subject", "guild_id", "subject_id", "channel_id", "model", '"window"', "starts_at_s")
COUNTER: Final = ", ".join(_COUNTER)

# What a reservation `h` holds, with all that it was raised by.
HELD: Final = """(
    h.amount_pico + coalesce((SELECT sum(amount_pico) FROM hold_raise WHERE hold_raise.job_id = h.job_id), 0)
)"""


def counter_of(table: str) -> str:
    """The columns that name a counter, out of this table."""
    return ", ".join(f"{table}.{column}" for column in _COUNTER)


def same_counter(table: str) -> str:
    """Whether a row of `usage` is the counter that a row of the other table names."""
    return " AND ".join(f"usage.{column} = {table}.{column}" for column in _COUNTER)


def halves(amount: str, condition: str) -> tuple[str, str]:
    """The sum of amounts in two columns, to be put together by `whole`: past 64 bits a sum is an error."""
    return (
        f"coalesce(sum({amount} >> 32) FILTER (WHERE {condition}), 0)",
        f"coalesce(sum({amount} & 4294967295) FILTER (WHERE {condition}), 0)",
    )


def whole(high: int, low: int) -> int:
    return (high << 32) + low
