"""The invariants that need the whole picture: the books now and then, everything at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from bot.store.sqlite.audit import discrepancies
from tests.simulation.sim_trace import Trace
from tests.support.virtual_loop import VirtualLoop

if TYPE_CHECKING:
    from tests.simulation.sim_engine import Engine, World


# What ran when a bill came that nobody had foreseen is held for as much from then on.
_HELD: Final = """(
    {0}.amount_pico + coalesce((SELECT sum(amount_pico) FROM hold_raise WHERE job_id = {0}.job_id), 0)
)"""
_UNRAISED: Final = f"""
SELECT h.job_id, r.job_id
FROM resolution AS r JOIN reservation AS cause USING (job_id)
JOIN reservation AS h ON h.model = cause.model AND h.job_id <> cause.job_id
JOIN jobs ON jobs.job_id = h.job_id
WHERE r.amount_pico > 3 * {_HELD.format("cause")} AND h.reserved_at_s <= r.resolved_at_s
  AND jobs.stage NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED') AND {_HELD.format("h")} < r.amount_pico
"""  # noqa: S608 — put together from constants of ours


def check_books(world: World, trace: Trace) -> None:
    """Counters equal the sums of their reservations, and whatever else the ledger promises."""
    found = discrepancies(world.disk.sqlite)
    if found:
        trace.fail(found[0])
    for job_id, cause_id in world.disk.sqlite.execute(_UNRAISED):
        trace.fail(f"job {job_id} runs on with less than the surprise of job {cause_id}")


def check_the_end(world: World, engine: Engine | None, loop: VirtualLoop, trace: Trace) -> None:
    """All quiet: the ledger is what Wiro billed, everybody was told, nothing is left over."""
    check_books(world, trace)
    _check_open(world, trace)
    _check_bills(world, trace)
    _check_told(world, trace)
    _check_endings_stand(world, trace)
    if engine is not None:
        _check_leavings(engine, loop, trace)


def _check_open(world: World, trace: Trace) -> None:
    rows = world.disk.sqlite.execute(
        "SELECT jobs.job_id, stage, is_delivered, resolution.kind"
        " FROM jobs LEFT JOIN resolution USING (job_id)"
        " WHERE stage NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED') OR NOT is_delivered"
        " OR resolution.job_id IS NULL"
    ).fetchall()
    if rows:
        trace.fail(f"left undone: {[tuple(row) for row in rows]}")


def _check_bills(world: World, trace: Trace) -> None:
    """Task by task, against Wiro's books; where a price could not be read, the hold was posted."""
    booked: dict[str, int] = {}
    owners: Counter[str] = Counter()
    holds: dict[str, int] = {}
    paid: dict[str, int] = {}  # by members, of what was not on record when their run ended for them
    for task_id, kind, amount_pico, hold_pico, is_waited_for in world.disk.sqlite.execute(
        "SELECT task_id, kind, resolution.amount_pico, hold_pico, charge_until_s IS NOT NULL"
        " FROM jobs JOIN resolution USING (job_id)"
        " WHERE task_id IS NOT NULL"
        " UNION ALL SELECT late_bill.task_id, 'late', late_bill.amount_pico, hold_pico, 1"
        " FROM late_bill JOIN jobs USING (job_id)"
    ):
        owners[task_id] += kind not in {"void", "late"}
        paid[task_id] = paid.get(task_id, 0) + (amount_pico if kind == "post" and is_waited_for else 0)
        booked[task_id] = booked.get(task_id, 0) + amount_pico
        holds[task_id] = hold_pico
    for task in world.wiro.tasks.values():
        if task.end is None:
            trace.fail(f"task {task.task_id} has not ended")
        expected = task.billed.pico if task.is_readable else holds.get(task.task_id, -1)
        found = booked.get(task.task_id)
        if found is None and expected == 0:
            continue
        # A task stopped before its unreadable price was due was billed nothing.
        if found != expected and not (not task.is_readable and found == task.billed.pico):
            trace.fail(f"task {task.task_id} was billed {expected}, the ledger has {found}")
        if task.is_late and paid.get(task.task_id, 0) > holds.get(task.task_id, 0):
            trace.fail(f"task {task.task_id} costs its member {paid[task.task_id]} late, more than was held")
        if owners[task.task_id] > 1:
            trace.fail(f"task {task.task_id} was charged {owners[task.task_id]} times")
    strange = booked.keys() - world.wiro.tasks.keys()
    if strange:
        trace.fail(f"the ledger names tasks that never were: {sorted(strange)}")


def _check_told(world: World, trace: Trace) -> None:
    messages = world.discord.messages
    for job_id, stage in world.disk.sqlite.execute("SELECT job_id, stage FROM jobs").fetchall():
        message = messages.by_job[job_id]
        places = messages.told.get(job_id, [])
        if len(places) > 1 and not message.is_private and "direct" in places:
            is_reachable = message.channel_id not in messages.closed_places and not message.is_deleted
            if is_reachable and places[0] == "message":
                trace.fail(f"job {job_id} was told {len(places)} times: {places}")
        if places or message.is_deleted:
            continue
        is_closed = message.channel_id in messages.closed_places
        has_channel = not message.is_private and not is_closed
        # Shut out of a channel that stands, the bot keeps the ending in the member's history.
        is_barred = is_closed and message.channel_id % 2 == 0 and not message.is_private
        has_direct = message.user_id not in messages.closed_members and not is_barred
        if has_channel or has_direct:
            trace.fail(f"the member of job {job_id} ({stage}) was never told how it ended")


def _check_endings_stand(world: World, trace: Trace) -> None:
    """A late edit has the last word nowhere, but where nobody was left or let in to look."""
    messages = world.discord.messages
    for message in messages.by_id.values():
        is_reachable = message.channel_id not in messages.closed_places and not message.is_deleted
        if message.is_overwritten and is_reachable and not message.is_forsaken:
            trace.fail(f"job {message.job_id} has ended, and its message says {message.texts[0]!r}")


def _check_leavings(engine: Engine, loop: VirtualLoop, trace: Trace) -> None:
    left = {
        "tasks": sorted(task.get_name() for task in loop.living),
        "timers": loop.timers,
        "owned tasks": len(engine.owner),
        "jobs": engine.jobs.running,
        "waiting": len(engine.queue),
        "running": engine.queue.running,
        "sockets": len(engine.engine.sockets),
        "feeds": len(engine.sockets.feeds),
        "messages": len(engine.board._messages),
        "attached": len(engine.board._attached),
        "tokens": [key for key in engine.budgets._windows if key[0] == "token"],
        "channels of tokens": len(engine.budgets._channel_of),
        "tickets": len(engine.queue._tickets),
        "pictures": len(engine.jobs._context.delivery._collected),
        "lookups": len(engine.catalogue._lookups),
    }
    for what, number in left.items():
        if number:
            trace.fail(f"left over: {what} {number}")
