"""The independent checker: Wiro's books, the database by plain SQL and the member's message, nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tests.crash.crash_wiro import BookedTask

PICO: Final = 10**12
_ENDED: Final = ("SUCCEEDED", "FAILED", "CANCELLED")


def violations(tasks: Sequence[BookedTask], database: Path, messages: Path) -> list[str]:
    """Everything that is lost, paid twice or told wrongly, each a sentence."""
    told = [json.loads(line) for line in messages.read_text().splitlines()] if messages.exists() else []
    with closing(sqlite3.connect(database)) as sqlite:
        sqlite.row_factory = sqlite3.Row
        jobs = {row["job_id"]: row for row in sqlite.execute("SELECT * FROM jobs")}
        return [
            *_wrong_tasks(tasks, jobs),
            *_wrong_amounts(tasks, sqlite),
            *_open_or_unended(sqlite, jobs),
            *_wrong_counters(sqlite),
            *_wrong_tellings(jobs, tasks, told),
            *_damage(sqlite),
        ]


def _wrong_tasks(tasks: Sequence[BookedTask], jobs: dict[int, sqlite3.Row]) -> Iterator[str]:
    asked = Counter((row["prompt"], row["seed"]) for row in jobs.values())
    run = Counter((task.prompt, task.seed) for task in tasks)
    for key, count in run.items():
        if count > asked[key]:
            yield f"{count} tasks were run for {asked[key]} job(s) with the seed {key[1]}"
    owners = Counter(row["task_id"] for row in jobs.values() if row["task_id"] is not None)
    for task in tasks:
        if not task.is_terminal:
            yield f"task {task.task_id} has not ended"
        if owners[task.task_id] != 1:
            yield f"task {task.task_id} belongs to {owners[task.task_id]} jobs"


def _wrong_amounts(tasks: Sequence[BookedTask], sqlite: sqlite3.Connection) -> Iterator[str]:
    late = {task.task_id: task.is_charged_late for task in tasks}
    billed_pico = {task.task_id: int(Decimal(task.totalcost) * PICO) for task in tasks}
    rows = sqlite.execute(
        "SELECT job_id, jobs.task_id, hold_pico, charge_until_s, resolution.kind,"
        "       resolution.amount_pico AS paid_pico, coalesce(late_bill.amount_pico, 0) AS late_pico"
        " FROM resolution JOIN jobs USING (job_id) LEFT JOIN late_bill USING (job_id)"
    ).fetchall()
    booked_pico = sum(row["paid_pico"] + row["late_pico"] for row in rows)
    if booked_pico != sum(billed_pico.values()):
        yield f"the ledger has {booked_pico} picodollars, Wiro billed {sum(billed_pico.values())}"
    for row in rows:
        bill = billed_pico.get(row["task_id"], 0)
        if row["paid_pico"] + row["late_pico"] != bill:
            booked = f"{row['paid_pico']} and late {row['late_pico']}"
            yield f"job {row['job_id']} is resolved with {booked}, its task was billed {bill}"
        is_waited_for = late.get(row["task_id"]) and row["charge_until_s"] is not None
        if is_waited_for and row["kind"] == "post" and row["paid_pico"] > row["hold_pico"]:
            yield f"job {row['job_id']}: {row['paid_pico']} is the member's late, {row['hold_pico']} was held"


def _open_or_unended(sqlite: sqlite3.Connection, jobs: dict[int, sqlite3.Row]) -> Iterator[str]:
    reserved = {row[0] for row in sqlite.execute("SELECT job_id FROM reservation")}
    resolved = {row[0] for row in sqlite.execute("SELECT job_id FROM resolution")}
    for job_id in reserved - resolved:
        yield f"the reservation of job {job_id} is open"
    if reserved != jobs.keys():
        yield f"jobs {sorted(jobs)} have the reservations {sorted(reserved)}"
    for job_id, row in jobs.items():
        if row["stage"] not in _ENDED:
            yield f"job {job_id} is {row['stage']}"
        elif not row["is_delivered"]:
            yield f"job {job_id} is not marked as told"


def _wrong_counters(sqlite: sqlite3.Connection) -> Iterator[str]:
    """Each counter against the sums of its own reservations, added up here."""
    sums: dict[tuple[Any, ...], list[int]] = {}
    booked = sqlite.execute(
        "SELECT u.subject, u.guild_id, u.subject_id, u.channel_id, u.model, u.window, u.starts_at_s,"
        "       h.amount_pico AS held_pico, r.kind, r.amount_pico AS paid_pico,"
        "       coalesce(late_bill.amount_pico, 0) AS late_pico"
        " FROM reservation_usage AS u JOIN reservation AS h USING (job_id)"
        " LEFT JOIN resolution AS r USING (job_id) LEFT JOIN late_bill USING (job_id)"
    )
    for *key, held_pico, kind, paid_pico, late_pico in booked:
        figures = sums.setdefault(tuple(key), [0, 0, 0, 0])
        if kind is None:
            figures[1] += 1
            figures[3] += held_pico
        elif kind == "post" or (kind == "write_off" and key[0] == "operator"):
            figures[0] += 1
            figures[2] += paid_pico
        if late_pico and key[0] == "operator":
            figures[0] += kind == "void"
            figures[2] += late_pico
    counted = sqlite.execute(
        "SELECT subject, guild_id, subject_id, channel_id, model, window, starts_at_s,"
        "       runs_used, runs_held, spend_used_pico, spend_held_pico FROM usage"
    )
    counters = {tuple(row[:7]): list(row[7:]) for row in counted}
    for key in sums.keys() | counters.keys():
        if sums.get(key, [0, 0, 0, 0]) != counters.get(key):
            yield f"the counter {key} says {counters.get(key)}, its reservations add up to {sums.get(key)}"


def _wrong_tellings(
    jobs: dict[int, sqlite3.Row], tasks: Sequence[BookedTask], told: Sequence[dict[str, Any]]
) -> Iterator[str]:
    by_id = {task.task_id: task for task in tasks}
    for job_id, row in jobs.items():
        endings = {json.dumps(line, sort_keys=True) for line in told if line["job_id"] == job_id}
        if len(endings) != 1:
            yield f"the member of job {job_id} was told {len(endings)} endings: {sorted(endings)}"
            continue
        ending = json.loads(endings.pop())
        task = by_id.get(row["task_id"])
        if task is not None and task.is_charged_late and not ending["cost_pico"]:
            ending["cost_pico"] = row["cost_pico"]  # nobody could tell the member by then
        recorded = {name: row[name] for name in ("stage", "cause", "task_id", "cost_pico")}
        if recorded != {name: ending[name] for name in recorded}:
            yield f"job {job_id} is recorded as {recorded} and was told as {ending}"
        outputs = [output["name"] for output in json.loads(row["outputs"])]
        if ending["pictures"] != outputs or bool(outputs) != (row["stage"] == "SUCCEEDED"):
            yield f"job {job_id}, {row['stage']}, was shown {ending['pictures']} and has {outputs}"
        if row["stage"] == "SUCCEEDED" and (task is None or task.pexit != "0"):
            yield f"job {job_id} was told as a success, its task says {task}"
    for line in told:
        if line["job_id"] not in jobs:
            yield f"job {line['job_id']} was told and is not on record"


def _damage(sqlite: sqlite3.Connection) -> Iterator[str]:
    (verdict,) = sqlite.execute("PRAGMA integrity_check").fetchone()
    if verdict != "ok":
        yield f"the database is damaged: {verdict}"
    for row in sqlite.execute("PRAGMA foreign_key_check"):
        yield f"a row of {row[0]} belongs to no row of {row[2]}"
