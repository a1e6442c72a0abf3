"""The bot's SQLite file read by a second pair of eyes: plain SQL, nothing of the bot's own code."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

PICO = 10**12

Row = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """Everything on record after the process has gone. Jobs are in the order of their asking."""

    jobs: list[Row]
    reservations: dict[int, Row]
    resolutions: dict[int, Row]
    usage: list[Row]

    @property
    def stages(self) -> list[str]:
        return [job["stage"] for job in self.jobs]

    @property
    def kinds(self) -> list[str | None]:
        """How each job was settled: "post", "void", "write_off", or None while it is held."""
        return [self.resolutions.get(job["job_id"], {}).get("kind") for job in self.jobs]

    @property
    def posted(self) -> Decimal:
        """Dollars charged to members."""
        return self._resolved("post")

    @property
    def written_off(self) -> Decimal:
        return self._resolved("write_off")

    def job(self, prompt: str) -> Row:
        (found,) = [job for job in self.jobs if job["prompt"] == prompt]
        return found

    def kind(self, prompt: str) -> str | None:
        kind: str | None = self.resolutions.get(self.job(prompt)["job_id"], {}).get("kind")
        return kind

    def _resolved(self, kind: str) -> Decimal:
        pico = sum(row["amount_pico"] for row in self.resolutions.values() if row["kind"] == kind)
        return Decimal(pico) / PICO

    def check(self) -> None:
        """One hold for each job, at most one settlement, and counters that equal the sums."""
        assert {job["job_id"] for job in self.jobs} == set(self.reservations)
        assert set(self.resolutions) <= set(self.reservations)
        members: dict[int, list[int]] = {}
        for job_id, held in self.reservations.items():
            totals = members.setdefault(held["user_id"], [0, 0, 0, 0])
            resolution = self.resolutions.get(job_id)
            if resolution is None:
                totals[1] += 1
                totals[3] += held["amount_pico"]
            elif resolution["kind"] == "post":
                totals[0] += 1
                totals[2] += resolution["amount_pico"]
        names = ("runs_used", "runs_held", "spend_used_pico", "spend_held_pico")
        for subject in ("member", "person"):  # on one server, and wherever they are
            counted: dict[int, list[int]] = {}
            for row in self.usage:
                if row["subject"] == subject and row["window"] == "day" and row["subject_id"] in members:
                    sums = counted.setdefault(row["subject_id"], [0, 0, 0, 0])
                    for place, name in enumerate(names):
                        sums[place] += row[name]
            assert counted == members, subject


def read_books(database: Path, scratch: Path) -> Books:
    """Reads a copy, write-ahead log included, so that looking changes nothing."""
    scratch.mkdir(parents=True, exist_ok=True)
    for file in database.parent.glob(f"{database.name}*"):
        shutil.copy(file, scratch / file.name)
    with closing(sqlite3.connect(scratch / database.name)) as connection:
        connection.row_factory = sqlite3.Row
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"

        def rows(table: str, order: str) -> list[Row]:
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY {order}")]  # noqa: S608 — names of our own

        return Books(
            jobs=rows("jobs", "job_id"),
            reservations={row["job_id"]: row for row in rows("reservation", "job_id")},
            resolutions={row["job_id"]: row for row in rows("resolution", "job_id")},
            usage=rows("usage", "starts_at_s"),
        )
